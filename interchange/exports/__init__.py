"""A firm, or what is held of a person, written to files."""
