"""Taking over what a firm kept elsewhere: lines of files, by the commands that its people use."""
