"""What is wrong with an archive, or with where it is to go."""


class Unrestorable(Exception):
    """A firm cannot be restored. The message is for the person who has the archive: what is wrong, and where. Nothing
    was changed."""
