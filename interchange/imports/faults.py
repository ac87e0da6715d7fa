"""What is wrong with a file as a whole, or with how it is to be read."""


class FileRefused(Exception):
    """Nothing of the file is taken over. The message is one line: what is wrong, and what to do about it."""
