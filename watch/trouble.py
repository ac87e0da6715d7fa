"""What can go wrong, and whether trying again helps."""


class Trouble(Exception):
    """It ends the program. The message is for whoever started it: what is wrong, and what to do."""


class Lost(Exception):
    """The connection is gone, or the server could not answer: try again in a while."""


class TokenRefused(Exception):
    """The token is not good any more: try again with a new one."""
