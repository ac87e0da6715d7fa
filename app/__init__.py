"""The application of one server process."""
