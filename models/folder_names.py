"""What folders may be called, at an account and in a template."""

import re

from models.errors import Invalid
from models.reasons import Reason
from models.texts import LABEL

#: What some systems take for a part of a path, or for no name.
_OF_PATHS = re.compile(r'[/\\:*?"<>|]')


def folder_name(value: str, *path: str | int) -> str:
    """A folder's name as it is kept, or `Invalid`."""
    path = path or ("name",)
    name = LABEL.check(value, *path)
    expect_no_path(name, *path)
    return name


def expect_no_path(name: str, *path: str | int) -> None:
    """`Invalid` for what some systems would take for another place."""
    if found := _OF_PATHS.search(name):
        told = f"A folder's name has no {found[0]}: some systems take it for a part of a path. Take it out."
        raise Invalid(told, *path, reason=Reason.CHARACTER, character=f"U+{ord(found[0]):04X}")
    if name.startswith(".") or name.endswith("."):
        told = "A folder's name neither begins nor ends with a dot: some systems take that for another folder."
        raise Invalid(told, *path, reason=Reason.CHARACTER, character="U+002E")
