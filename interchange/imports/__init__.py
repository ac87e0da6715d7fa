"""Files of what a firm kept elsewhere, read line by line and taken over."""
