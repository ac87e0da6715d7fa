"""The secret of a personal token: 256 random bits behind a prefix that scanners of secrets look for, and a checksum by
which they tell it from what only looks like one."""

import hashlib
import re
import secrets
import string
from zlib import crc32

#: What every one of them begins with.
PREFIX = "jobwire_pat_"
#: What scanners look for.
PATTERN = f"{PREFIX}[0-9A-Za-z]{{49}}"

_LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
# 43 of 62 letters hold 256 bits, 6 hold 32.
_RANDOM, _CHECKSUM = 43, 6
_SECRET = re.compile(PATTERN)


def new_secret() -> str:
    """A fresh one."""
    letters = _spelled(secrets.randbits(256), _RANDOM)
    return f"{PREFIX}{letters}{_checksum(letters)}"


def is_well_formed(text: str) -> bool:
    """Whether it is one that we could have made. What is none is not looked up."""
    letters = text[len(PREFIX) :][:_RANDOM]
    return _SECRET.fullmatch(text) is not None and text.endswith(_checksum(letters))


def digest(secret: str) -> str:
    """What is kept of it, and what it is looked up by: how long that takes tells nothing of the secret. It has as many
    random bits as a digest, so there is nothing to be guessed from that."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _checksum(letters: str) -> str:
    return _spelled(crc32(letters.encode()), _CHECKSUM)


def _spelled(number: int, letters: int) -> str:
    found = []
    for _ in range(letters):
        number, place = divmod(number, len(_LETTERS))
        found.append(_LETTERS[place])
    return "".join(reversed(found))
