"""The kinds of text that are kept: what each may hold, and how much. Every text is kept in the form NFC.

What a client reads of a bound (`bounds`) and what is checked are made of the same value.
"""

import hashlib
import re
from dataclasses import dataclass
from unicodedata import normalize

from models.errors import Invalid
from models.invisible import BLANK, hidden, nothing_to_see, shows_all, unpaired, without_breaks, without_ignorable
from models.reasons import Reason

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|[^@\s]+@localhost")
_LINE_BREAKS = re.compile(r"\r\n?")
#: What PostgreSQL, a terminal or a log cannot take, and the same for a text that has lines.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_BUT_FOR_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Line:
    """A text of one line in which there is something to see, such as a name. Blanks around it are taken off."""

    most: int

    @property
    def bounds(self) -> str:
        """How long it may be, in words."""
        return f"1 to {self.most:,} characters"

    def normal(self, value: str) -> str:
        """The form in which it is kept, if it may be."""
        return normalize("NFC", without_breaks(value)).strip(BLANK)

    def check(self, value: str, *path: str | int) -> str:
        """The text as it is kept, or `Invalid`."""
        path = path or ("name",)
        value = self.normal(value)
        if nothing_to_see(value):
            raise _blank(*path)
        if (found := hidden(value)) is not None:
            told = f"This is one line of visible text: take out the character {named_character(found)}."
            raise Invalid(told, *path, reason=Reason.CHARACTER, character=named_character(found))
        if (found := unpaired(value)) is not None:
            raise Invalid(
                f"The character {named_character(found)} would turn the text beside this around. Take it out, or close "
                "what it opens.",
                *path,
                reason=Reason.CHARACTER,
                character=named_character(found),
            )
        return _at_most(value, self.most, *path)


@dataclass(frozen=True, slots=True)
class Text:
    """A text of any number of lines. Lines end with a line feed."""

    most: int
    #: Whether it may be empty, or have nothing in it that can be seen.
    may_be_blank: bool = True

    @property
    def bounds(self) -> str:
        """How long it may be, in words."""
        return f"at most {self.most:,} characters" if self.may_be_blank else f"1 to {self.most:,} characters"

    def normal(self, value: str) -> str:
        """The form in which it is kept, if it may be."""
        return _LINE_BREAKS.sub("\n", normalize("NFC", value))

    def check(self, value: str, *path: str | int) -> str:
        """The text as it is kept, or `Invalid`."""
        path = path or ("description",)
        value = self.normal(value)
        if found := _BUT_FOR_LINES.search(value):
            raise _control(found[0], *path)
        if not self.may_be_blank and nothing_to_see(value):
            raise _blank(*path)
        return _at_most(value, self.most, *path)


@dataclass(frozen=True, slots=True)
class Key:
    """A text that somebody else's program made up, to be compared as it is."""

    most: int

    @property
    def bounds(self) -> str:
        """How long it may be, in words."""
        return f"1 to {self.most:,} characters"

    def check(self, value: str, *path: str | int) -> str:
        """The text, unchanged, or `Invalid`."""
        if not value:
            raise _blank(*path)
        if found := _CONTROLS.search(value):
            raise _control(found[0], *path)
        return _at_most(value, self.most, *path)


@dataclass(frozen=True, slots=True)
class Secret:
    """A text that is never kept as it is, of which anything may be a part."""

    least: int
    most: int

    @property
    def bounds(self) -> str:
        """How long it must and may be, in words."""
        return f"{self.least:,} to {self.most:,} characters"

    def check(self, value: str, *path: str | int) -> str:
        """The text, unchanged, or `Invalid`."""
        told = f"A password has {self.bounds}."
        if len(value) < self.least:
            raise Invalid(told, *path, reason=Reason.TOO_SHORT, minimum=self.least)
        if len(value) > self.most:
            raise Invalid(told, *path, reason=Reason.TOO_LONG, maximum=self.most, actual=len(value))
        if found := _SURROGATE.search(value):
            told = "This is not text: it was cut in the middle of a character."
            raise Invalid(told, *path, reason=Reason.CHARACTER, character=named_character(found[0]))
        return value


@dataclass(frozen=True, slots=True)
class Email:
    """An e-mail address, in lower case and in the form NFKC: full-width letters are the plain ones."""

    most: int

    @property
    def bounds(self) -> str:
        """How long it may be, in words."""
        return f"at most {self.most:,} characters"

    def check(self, value: str, *path: str | int) -> str:
        """The address as it is kept, or `Invalid`."""
        path = path or ("email",)
        value = normalize("NFKC", normalize("NFKC", value).lower()).strip()
        if len(value) > self.most or not _EMAIL.fullmatch(value) or not _shown(value):
            raise Invalid("This is not an e-mail address.", *path, reason=Reason.FORMAT, format="EMAIL")
        return value


def _shown(value: str) -> bool:
    """Whether everything in an address can be seen, and each part has something to see."""
    return shows_all(value) and not any(map(nothing_to_see, re.split(r"[@.]", value)))


#: What a thing is called, and what a small one is called that stands beside others: tags, statuses.
NAME = Line(200)
LABEL = Line(100)
#: As people write it down: with blanks, an extension, when to call.
PHONE = Line(50)
#: What a client is asked, what that is known by, and what they answer.
PROMPT = Line(500)
ENTRY_KEY = Line(50)
ANSWER = Text(2_000, may_be_blank=False)
DESCRIPTION = Text(20_000)
#: A text for its own sake, kept as it was written.
MARKDOWN = Text(20_000, may_be_blank=False)
#: What a line of an invoice is for, and what an invoice says besides.
CHARGED = Line(500)
MEMO = Text(2_000)
#: What was done in the time that was logged, and what a client is told.
NOTE = Text(2_000)
#: What there is of a signature that was obtained elsewhere.
EVIDENCE = Text(2_000, may_be_blank=False)
#: What a service of a proposal is.
SERVICE = Text(2_000)
CLIENT_TEXT = Text(2_000)
EMAIL = Email(254)
IDEMPOTENCY_KEY = Key(200)
#: What something is called where it was taken over from, and what that is called.
EXTERNAL_KEY = Key(200)
EXTERNAL_SOURCE = Key(50)
PASSWORD = Secret(8, 1_000)


#: The longest `sameness`.
LONGEST_SAMENESS = 254


def sameness(value: str) -> str:
    """What texts have in common that are taken for the same: by NFKC and case folding, without what cannot be seen
    (NFKC_Casefold of https://www.unicode.org/reports/tr15/). Uniqueness and lookups compare this."""
    value = without_ignorable(normalize("NFD", value))
    for _ in range(2):
        value = normalize("NFKD", value.casefold())
    value = normalize("NFC", without_ignorable(value)).strip()
    # One sign may become eighteen letters, and an index takes 2,700 bytes.
    return value if len(value) <= LONGEST_SAMENESS else hashlib.sha256(value.encode(errors="replace")).hexdigest()


def storable(value: str) -> bool:
    """Whether PostgreSQL could be asked about it at all."""
    return "\0" not in value and _SURROGATE.search(value) is None


def _at_most(value: str, most: int, *path: str | int) -> str:
    if len(value) > most:
        told = f"This has {len(value):,} characters; at most {most:,} are allowed."
        raise Invalid(told, *path, reason=Reason.TOO_LONG, maximum=most, actual=len(value))
    return value


def _blank(*path: str | int) -> Invalid:
    return Invalid("This must not be blank.", *path, reason=Reason.BLANK)


def _control(character: str, *path: str | int) -> Invalid:
    told = f"This must not contain control characters: take out {named_character(character)}."
    return Invalid(told, *path, reason=Reason.CHARACTER, character=named_character(character))


def named_character(character: str) -> str:
    """A character as it is told of, which may be one that nobody sees."""
    return f"U+{ord(character):04X}"
