"""What is in a template of each kind: what all of them have to say of themselves."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Self, TypeVar
from uuid import UUID

from models import texts
from models.command import Change
from models.errors import Invalid, Refusal, RuleBroken
from models.formats import LaterFormat
from models.gathered import Gathered, together
from models.ids import Kind
from models.reasons import Reason
from models.rights import Right
from models.templates.shortcodes import (
    ANYWHERE,
    SHORTCODES,
    Facts,
    ShortcodeSource,
    codes_in,
    filled,
    literal,
    near,
)

Path = tuple[str | int, ...]


class TemplateKind(StrEnum):
    """What is made of a template."""

    JOB = "JOB"
    TASK = "TASK"
    CLIENT_REQUEST = "CLIENT_REQUEST"
    ORGANIZER = "ORGANIZER"
    INVOICE = "INVOICE"
    PROPOSAL = "PROPOSAL"
    EMAIL = "EMAIL"
    FOLDER_TREE = "FOLDER_TREE"

    @property
    def field(self) -> str:
        """What the content of such a template is called, where clients give it and are shown it."""
        return self.lower()

    @property
    def spoken(self) -> str:
        """As people say it."""
        return self.lower().replace("_", " ")


@dataclass(frozen=True, slots=True)
class Text:
    """A text of a content that may hold shortcodes, and where it stands there."""

    value: str
    path: Path
    #: What it may hold, and how much of it.
    rule: texts.Line | texts.Text
    markdown: bool = False


#: Makes of a text what stands in its place.
Rewrite = Callable[[Text], str]


class Kept(ABC):
    """What is kept as JSON in a format of its own, with texts that may hold shortcodes, as a frozen dataclass: values,
    with nothing of any client's.

    Two of equal values are equal, and saving one over the other changes nothing."""

    #: What its shortcodes may be filled in from.
    known: ClassVar[frozenset[ShortcodeSource]] = ANYWHERE
    #: By the way to a text: the shortcodes that tell what is not known before that text itself is.
    not_yet_known: ClassVar[Mapping[Path, frozenset[str]]] = {}
    #: The format in which it is kept now, and by the number of each earlier one how to make the next of it.
    format: ClassVar[int] = 1
    upgrades: ClassVar[Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]]] = {}

    @classmethod
    @abstractmethod
    def spoken(cls) -> str:
        """What people call that for which its texts are filled in."""

    @abstractmethod
    def stored(self) -> dict[str, Any]:
        """As it is kept: what JSON has."""

    @classmethod
    @abstractmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """What is kept in the present format."""

    @abstractmethod
    def checked(self) -> Self:
        """As it is to be kept; or all that is wrong with it, with paths from the content on. Shortcodes apart."""

    @abstractmethod
    def rewritten(self, each: Rewrite) -> Self:
        """The same with each text that may hold shortcodes made another one, whatever it is: checking, filling in and
        making of an existing thing all go through here, so none forgets a text."""


class Content(Kept):
    """What is in a template."""

    kind: ClassVar[TemplateKind]
    #: The right to read it and to write it, besides the one to templates: that of the thing which is made of it.
    needs: ClassVar[Right | None] = None
    #: The kind of thing that a template can be made of, called as `saveAsTemplate` takes it; None where there is none.
    source: ClassVar[Kind | None] = None

    @classmethod
    def spoken(cls) -> str:
        return cls.kind.spoken

    def over(self, change: Change, present: Self | None, *path: str) -> Self:
        """As it is to be in place of what is there, or newly: what may be left out stays then. `Forbidden` where a part
        of it needs a right that is lacking."""
        return self

    async def expect_there(self, change: Change, present: Any, *path: str) -> None:
        """`NotFound` where it newly names something that is not there. What it named before (`present`, or None) may
        have gone since."""

    @classmethod
    async def made_of(cls, change: Change, id: UUID, *path: str) -> Self:
        """What is general about an existing thing, without anything of the client's. Its texts are as they stand."""
        raise NotImplementedError


_CONTENTS: dict[TemplateKind, type[Content]] = {}
C = TypeVar("C", bound=type[Content])
K = TypeVar("K", bound=Kept)


def content(cls: C) -> C:
    """Make this class the content of the templates of its kind."""
    if _CONTENTS.setdefault(cls.kind, cls) is not cls:
        raise TypeError(f"{cls.__name__} has the kind of {_CONTENTS[cls.kind].__name__}: {cls.kind}.")
    return cls


def content_class(kind: TemplateKind) -> type[Content]:
    """The class of the contents of this kind."""
    return _CONTENTS[kind]


def content_classes() -> Mapping[TemplateKind, type[Content]]:
    """The classes of contents, by their kinds. `TypeError` where a kind has none."""
    if missing := set(TemplateKind) - _CONTENTS.keys():
        raise TypeError(f"No content is registered for {', '.join(sorted(missing))}: see models/templates/contents.py.")
    return _CONTENTS


def read(cls: type[Kept], stored: dict[str, Any], format: int) -> Any:
    """What is kept in this format, which may be an earlier one. `LaterFormat` where it is a later one."""
    if format > cls.format:
        raise LaterFormat(cls.__name__, format)
    for number in range(format, cls.format):
        stored = cls.upgrades[number](stored)
    return cls.of(stored)


#: So many faults of shortcodes are told of one content: the others when these are mended.
_FAULTS = 50


def expect_known(content: Kept) -> None:
    """`Invalid` for each shortcode that there is not, or that is never known of what is made of this content."""
    faults: list[Refusal] = []

    def check(text: Text) -> str:
        # As it is kept: what cannot be seen within a code is taken out of it then.
        for code in codes_in(text.rule.normal(text.value), markdown=text.markdown):
            if len(faults) < _FAULTS and (fault := _fault(code, content, text.path)) is not None:
                faults.append(fault.within(*text.path))
        return text.value

    content.rewritten(check)
    if faults:
        raise together(faults)


def _fault(code: str, content: Kept, path: Path) -> Invalid | None:
    known = SHORTCODES.get(code)
    if code in content.not_yet_known.get(path, ()):
        return _not_known(code, f"{_article(content.spoken())}'s {path[-1]}")
    if known is not None and known.source in content.known:
        return None
    if known is not None:
        return _not_known(code, _article(content.spoken()))
    meant = tuple(each for each in near(code) if SHORTCODES[each].source in content.known)
    instead = f"Did you mean {' or '.join(f'[{each}]' for each in meant)}? If not, w" if meant else "W"
    told = f"There is no shortcode [{code}]. {instead}rite \\[{code}] for just that."
    return Invalid(told, reason=Reason.UNKNOWN_SHORTCODE, name=code, values=meant)


def _not_known(code: str, of: str) -> Invalid:
    told = f"[{code}] is not known of {of}. Take it out, or write \\[{code}] for just that."
    return Invalid(told, reason=Reason.UNKNOWN_SHORTCODE, name=code, values=())


def _article(spoken: str) -> str:
    return f"{'an' if spoken[0] in 'aeiou' else 'a'} {spoken}"


def checked(content: K) -> K:
    """A content as it is to be kept, or all that is wrong with it."""
    with Gathered() as check:
        kept = check(content.checked)
        check(expect_known, content)
    return kept


def literally(content: Content) -> Content:
    """A content of which each text is filled in as it is, whatever stands in its brackets."""
    return content.rewritten(lambda text: literal(text.value, markdown=text.markdown))


def filled_in(content: Any, facts: Facts, *path: str) -> Any:
    """A content with its shortcodes filled in. `RuleBroken`, naming all of them, where the facts do not tell what some
    stand for."""
    unfilled: list[str] = []

    def fill(text: Text) -> str:
        made = filled(text.value, facts, markdown=text.markdown)
        unfilled.extend(made.unknown)
        return made.text

    made = content.rewritten(fill)
    if unfilled:
        codes = tuple(dict.fromkeys(unfilled))
        named = ", ".join(f"[{code}]" for code in codes)
        told = f"Nothing is known that {named} could stand for. {_remedy(facts)}"
        raise RuleBroken(told, *path, reason=Reason.UNFILLED_SHORTCODE, values=codes)
    return made


def told_of(refusal: Refusal, opening: str, *path: str) -> None:
    """Tell of one refusal of a content that nobody sent: the message says what in it is at fault, and the path leads to
    what was sent."""
    # As people count.
    steps = (str(step + 1) if isinstance(step, int) else step.replace("_", " ") for step in refusal.path)
    refusal.message = f"{opening}, its {' '.join(steps)}: {refusal.message}"
    refusal.path = path


def _remedy(facts: Facts) -> str:
    if facts.job is None:
        return "Make it on a job that says so, or take that out of the template."
    return "Let the job say so first, or take that out of the template."
