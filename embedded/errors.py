"""The one error of this package."""


class EmbeddedError(Exception):
    """The message is one line for the person at the terminal: what is wrong and what to do about it."""
