"""What goes in and out as files: a firm whole, in documented open formats."""
