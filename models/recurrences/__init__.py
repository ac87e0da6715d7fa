"""Jobs that come again: when they do, and what makes them."""
