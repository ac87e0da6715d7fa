"""What cannot be seen of a text: by https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point and beyond."""

import re
from unicodedata import category

#: Default_Ignorable_Code_Point, also of what is not assigned yet. Python's own data do not have it; it is as good as
#: settled: new characters of this sort are assigned within these ranges.
_IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
#: They only say where a line may be broken, or where a text begins. One line is the same without them.
_ABOUT_BREAKS = re.compile("[\u00ad\u200b\u2060\ufeff]")
#: Letters and symbols that are drawn as nothing.
_DRAWN_AS_NOTHING = "\u115f\u1160\u2800\u3164\uffa0\U00013441\U00013442\U0001d159"
#: What may stand around a line and is taken off: white space, of which U+3000 is the last, and what looks like it.
BLANK = "".join(filter(str.isspace, map(chr, range(0x3001)))) + _DRAWN_AS_NOTHING

#: Ignorable, and yet scripts and emoji need them within a text: joiners, marks of direction, variations of a letter.
_NEEDED = re.compile(
    "[\u034f\u061c\u180b-\u180f\u200c-\u200f\u202a-\u202c\u2066-\u2069\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
#: The flags of parts of a country: a black flag, the letters of its code, an end.
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,6}\U000e007f")
_NOT_OF_A_LINE = frozenset(("Cc", "Cs", "Zl", "Zp"))
_ANNOTATIONS = frozenset("\ufff9\ufffa\ufffb")

_EMBEDDINGS, _ISOLATES = "\u202a\u202b", "\u2066\u2067\u2068"
_END_OF_EMBEDDING, _END_OF_ISOLATE = "\u202c", "\u2069"


def without_breaks(value: str) -> str:
    """A line without what only says where it may be broken."""
    return _ABOUT_BREAKS.sub("", value)


def without_ignorable(value: str) -> str:
    """A text without what it is compared without."""
    return _IGNORABLE.sub("", value)


def shows_all(value: str) -> bool:
    """Whether nothing in it is invisible or blank."""
    return value.isprintable() and not any(_IGNORABLE.match(each) or each in BLANK for each in value)


def nothing_to_see(value: str) -> bool:
    """Whether there is no letter, digit, sign or picture in it: blanks, and marks without anything to stand on."""
    return not any(map(_visible, value))


def _visible(character: str) -> bool:
    if character in _DRAWN_AS_NOTHING or _IGNORABLE.match(character):
        return False
    # What this Python's Unicode does not know yet may be next year's emoji.
    return category(character)[0] in "LNPS" or (category(character) == "Cn" and not _no_character(character))


def hidden(value: str) -> str | None:
    """The first character that has no place in a line of visible text; None when all have."""
    for character in _FLAG.sub("", value):
        if category(character) in _NOT_OF_A_LINE or character in _ANNOTATIONS or _no_character(character):
            return character
        if _IGNORABLE.match(character) and not _NEEDED.match(character):
            return character
    return None


def _no_character(character: str) -> bool:
    """Whether it is one of the 66 that Unicode gives to nobody."""
    number = ord(character)
    return 0xFDD0 <= number <= 0xFDEF or number & 0xFFFE == 0xFFFE


def unpaired(value: str) -> str | None:
    """The first mark of direction that would reach beyond the line: opened and not closed, or the other way round."""
    opened: list[str] = []
    for character in value:
        if character in _EMBEDDINGS or character in _ISOLATES:
            opened.append(character)
        elif character in (_END_OF_EMBEDDING, _END_OF_ISOLATE):
            ends = _EMBEDDINGS if character == _END_OF_EMBEDDING else _ISOLATES
            if not opened or opened.pop() not in ends:
                return character
    return opened[0] if opened else None
