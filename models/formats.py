"""What is kept in a format that changes with the versions of the program."""


class LaterFormat(Exception):
    """A later version of the program kept this. What is to be done because of it is left to one that knows it."""

    def __init__(self, what: str, format: int) -> None:
        super().__init__(f"{what} is kept in format {format}, which this version does not know.")
