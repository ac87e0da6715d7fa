"""What is made of chance: the tokens in links, tickets, and codes to be typed. Digests of them are kept, no more."""

import hashlib
import re
import secrets

#: So many digits has a code. With the five tries of a letter, and the hundred letters that all networks together may
#: have sent to an address on a day, it is guessed once in two hundred thousand days.
DIGITS = 8
_DIGITS = re.compile(rf"[0-9]{{{DIGITS}}}")
_BETWEEN = re.compile(r"[\s-]+")


def new_secret() -> str:
    """256 random bits, as they may stand in a link."""
    return secrets.token_urlsafe(32)


def new_code() -> str:
    """A code, in digits."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"


def code_in(text: str) -> str | None:
    """The code that somebody typed, with whatever between its digits; None for what is none."""
    digits = _BETWEEN.sub("", text)
    return digits if _DIGITS.fullmatch(digits) else None


def digest(secret: str) -> str:
    """What is kept of a secret of 256 random bits, and what it is looked up by."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def digest_of_code(code: str, ticket_digest: str | None) -> str:
    """What is kept of a code. Whoever reads the database guesses it, and has no ticket to use it with."""
    return hashlib.sha256(f"{ticket_digest}\0{code}".encode()).hexdigest()
