"""The languages that people are written to in: tags of BCP 47 (https://www.rfc-editor.org/info/bcp47), made of what the
IANA's registry of subtags has.

The package takes a tenth of a second to import: a process does so when it is first asked."""

from models.errors import Invalid
from models.reasons import Reason

#: As long as a tag may have to be kept, by BCP 47, section 4.4.1.
LONGEST = 35
#: They name no language: not known, none, several, none that has a code.
_NO_LANGUAGE = {"und", "zxx", "mul", "mis"}


def language(value: str, field: str = "language") -> str:
    """A language's tag in its usual spelling, or `Invalid`."""
    tag = usual_tag(value)
    if tag is None:
        told = "A language is its tag of BCP 47, such as de, en-US or zh-Hant."
        raise Invalid(told, field, reason=Reason.FORMAT, format="LANGUAGE")
    return tag


def usual_tag(value: str) -> str | None:
    """The usual spelling of a language's tag: `en-US` of `EN-us`; None for what is none."""
    from langcodes import Language, tag_is_valid

    # The package takes the underscores of locales for hyphens.
    if len(value) > LONGEST or not value.isascii() or "_" in value or not tag_is_valid(value):
        return None
    found = Language.get(value)
    tag = found.to_tag()
    named = found.language is not None and found.language not in _NO_LANGUAGE and not tag.startswith("x-")
    return tag if named and len(tag) <= LONGEST else None
