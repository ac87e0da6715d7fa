"""The order of names, as people read them: one key for every list, in the database and out of it.

Keys are compared bytewise; as they are made, the order of their code points, of their UTF-8 and of their UTF-16 is the
same. A key has three parts, of which the first that differs decides, as in https://www.unicode.org/reports/tr10/:

1. the letters, whatever their case and accents: blanks, then punctuation, then other signs, then digits, then letters;
2. the accents, the first one that differs: resume, resumé, résumé;
3. the case: small before capital.

It is not the whole of that algorithm: letters of scripts other than Latin come in the order of Unicode. What it is made
of (decomposition, case folding) Unicode never changes for a character that has been assigned, so stored keys stay right
when Python does.
"""

from functools import lru_cache
from unicodedata import category, combining, decimal, normalize

from models.invisible import without_ignorable

#: The longest key. What differs only beyond it is in the order of its ids.
LONGEST = 600

_PARTS, _BLANK, _PUNCTUATION, _SIGN = ' !"#'
_PLAIN, _CAPITAL = "!", '"'
#: Letters that do not decompose into the one they are read as.
READ_AS = {
    "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "\u0131": "i", "ȷ": "j", "ł": "l", "ŋ": "n", "ŧ": "t",
}  # fmt: skip
#: Letters of their own, though Unicode decomposes them.
_UNDIVIDED = {"й", "Й"}
#: From here on UTF-16 has another order than code points.
_SURROGATES, _BEYOND = 0xD800, "\ud7ff"


def order_key(name: str) -> str:
    """What a name is sorted by."""
    read = [_parts_of(character) for character in normalize("NFC", without_ignorable(name))]
    letters, accents, cases = ("".join(parts[place] for parts in read) for place in range(3))
    return _PARTS.join((letters, accents.rstrip(_PLAIN), cases.rstrip(_PLAIN)))[:LONGEST].rstrip(_PARTS)


@lru_cache(maxsize=4_096)
def _parts_of(composed: str) -> tuple[str, str, str]:
    """What a character adds to each of the three parts of a key."""
    letters, accents, cases = [], [], []
    for character in composed if composed in _UNDIVIDED else normalize("NFKD", composed):
        if combining(character):
            accents.append(_comparable(character))
            continue
        folded = character.casefold()
        for letter in folded:
            for read in READ_AS.get(letter, letter):
                letters.append(_weight(read))
                accents.append(_PLAIN)
                cases.append(_PLAIN if folded == character else _CAPITAL)
            if letter in READ_AS:
                accents.append(letter)
    return "".join(letters), "".join(accents), "".join(cases)


def _weight(character: str) -> str:
    """What stands for a character in the first part: only letters and digits stand for themselves."""
    kind = category(character)
    if kind[0] in "ZC" and kind not in ("Co", "Cn"):
        return _BLANK
    if kind[0] == "P":
        return _PUNCTUATION + _comparable(character)
    if (digit := decimal(character, None)) is not None:
        return str(digit)
    return _comparable(character) if kind[0] in "LM" else _SIGN + _comparable(character)


def _comparable(character: str) -> str:
    number = ord(character)
    return character if number < _SURROGATES else _BEYOND + chr(0x100 + (number >> 12)) + chr(0x100 + (number & 0xFFF))
