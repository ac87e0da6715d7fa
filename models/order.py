"""The order of cards within a stage, and of stages within a pipeline: fractional indexes.

A thing that is put between two others gets a key between theirs, so that a move writes one row. Keys are compared
bytewise. See https://www.figma.com/blog/realtime-editing-of-ordered-sequences/.
"""

from fractional_indexing import generate_key_between, generate_n_keys_between

#: Putting things into the same gap again and again makes keys longer. Beyond this the neighbours are spread anew.
LONGEST_KEY = 120


def between(lower: str | None, upper: str | None) -> str:
    """A key after `lower` and before `upper`; None is the end on that side."""
    key: str = generate_key_between(lower, upper)
    return key


def spread(count: int) -> list[str]:
    """This many keys, evenly spread, in order."""
    keys: list[str] = generate_n_keys_between(None, None, n=count)
    return keys
