"""What a file may be called: a name, and no path, that every file system takes and that shows what it is."""

import re
from unicodedata import normalize

from pathvalidate import sanitize_filename

from models.errors import Invalid
from models.invisible import BLANK, hidden, without_breaks
from models.reasons import Reason
from models.rows.files import LONGEST_NAME
from models.texts import named_character

#: They turn what follows around: `exe.pdf` may be the end of a name that ends in `fdp.exe`.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_SEPARATOR = re.compile(r"[/\\]")
#: In bytes. What is longer is no ending, but a name with a dot in it.
_LONGEST_ENDING = 20
#: In bytes: what is put to a name that Windows keeps for devices, or may be.
_PUT_TO = 4


def file_name(value: str, *path: str | int) -> str:
    """The name as it is kept: NFC, at most 255 bytes of UTF-8, without what Windows does not take. `Invalid` for a
    path, and for what is not seen or turns the rest around: whoever sends that means no name."""
    path = path or ("name",)
    value = normalize("NFC", without_breaks(value)).strip(BLANK)
    if (found := _SEPARATOR.search(value)) is not None:
        told = f"This is a path. Send the file's name alone, without {found[0]!r}."
        raise Invalid(told, *path, reason=Reason.CHARACTER, character=named_character(found[0]))
    turning = _TURNING.search(value)
    if (character := hidden(value) or (turning and turning[0])) is not None:
        told = f"A name is visible text: take out the character {named_character(character)}."
        raise Invalid(told, *path, reason=Reason.CHARACTER, character=named_character(character))
    safe = sanitize_filename(_cut(value), replacement_text="_", platform="universal")
    return safe.lstrip(". ") or "file"


def _cut(value: str) -> str:
    """At most so long, with its ending."""
    if len(value.encode()) <= LONGEST_NAME - _PUT_TO:
        return value
    stem, dot, ending = value.rpartition(".")
    if not stem or len(ending.encode()) > _LONGEST_ENDING:
        stem, dot, ending = value, "", ""
    room = LONGEST_NAME - _PUT_TO - len((dot + ending).encode())
    return stem.encode()[:room].decode(errors="ignore") + dot + ending
