"""What an event is: a frozen fact in the past tense, with typed fields, that knows who may see it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar, get_args, get_type_hints
from uuid import UUID

from models.audiences import TEAM_ONLY, Audience
from models.ids import JobId, MemberId
from models.rights import Right
from models.scope import Place, Scope

#: Column: (before, after), as JSON has them.
Changes = Mapping[str, tuple[Any, Any]]

_CLASSES: dict[str, type["Event"]] = {}

EVERYWHERE = (Place(),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened. Subclasses add what it happened to."""

    #: Who is told of it, where they see its thing. Clients are not, unless it says so.
    audiences: ClassVar[frozenset[Audience]] = TEAM_ONLY
    #: Any one of these rights is needed to see it; empty for none.
    needs: ClassVar[frozenset[Right]] = frozenset()
    #: The thing is gone: those who saw it are told by the event itself.
    ends: ClassVar[bool] = False
    #: The field that names what it happened to; None for the firm. A base that says so is an interface for clients: its
    #: docstring's first paragraph is the description.
    subject: ClassVar[str | None] = None
    #: Further fields of that interface.
    beside: ClassVar[tuple[str, ...]] = ()
    #: The right that each of these fields needs, but on the own stream of whose own it is.
    withheld: ClassVar[Mapping[str, Right]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        # object's: a dataclass with slots replaces its class, so that super() without arguments finds the old one.
        object.__init_subclass__(**options)
        _CLASSES[cls.__name__] = cls

    @property
    def thing(self) -> UUID | None:
        """What it happened to. Events of one thing are coalesced to the last; None for the firm."""
        return None if self.subject is None else getattr(self, self.subject)

    @property
    def subject_job(self) -> JobId | None:
        """The job whose history it belongs to."""
        return None

    @classmethod
    def told_to(cls, scope: Scope) -> bool:
        """Whether such events are told under this scope at all, wherever their things stand."""
        return scope.audience in cls.audiences and (not cls.needs or not cls.needs.isdisjoint(scope.rights))

    def now(self) -> tuple[Place, ...]:
        """Where the thing stands after it. Whoever sees any of these places sees the thing. Where that is the whole
        firm, the event says so: `OfFirm`."""
        raise NotImplementedError

    def before(self) -> tuple[Place, ...]:
        """Where the thing stood before it."""
        return self.now()

    @property
    def rescoped(self) -> frozenset[MemberId]:
        """The members whose scope it changes."""
        return frozenset()

    @property
    def owners(self) -> frozenset[MemberId]:
        """The members whose own matter it is: it is told on their own stream. Whose scope it changes is among them."""
        return self.rescoped


@dataclass(frozen=True, slots=True, kw_only=True)
class OfFirm(Event):
    """Something happened that is of no account and no pipeline: the whole team is told."""

    def now(self) -> tuple[Place, ...]:
        return EVERYWHERE


def kinds() -> dict[str, type[Event]]:
    """Every kind of event by its name, as the log stores it: the classes that no other is made from."""
    bases = {base for cls in _CLASSES.values() for base in cls.__mro__[1:]}
    return {name: cls for name, cls in _CLASSES.items() if cls not in bases}


def bases() -> list[type[Event]]:
    """The bases that say what their events happen to: one for each kind of thing."""
    told = kinds()
    return [cls for name, cls in _CLASSES.items() if name not in told and "subject" in vars(cls)]


def to_json(event: Event) -> dict[str, Any]:
    """The event's fields as the log stores them. JSON has no UUIDs, dates or sets: they become strings and lists."""
    return {field.name: _plain(getattr(event, field.name)) for field in fields(event)}


def from_json(kind: str, data: Mapping[str, Any]) -> Event:
    """The event that the log stored."""
    cls = _CLASSES[kind]
    # A field that the log does not have yet was added later, with a default.
    return cls(**{name: read(data[name]) for name, read in _readers(kind).items() if name in data})


def changes_of(changed: Mapping[str, tuple[Any, Any]]) -> Changes:
    """What `Row.change_to` returned, as an event carries it."""
    return {name: (_plain(before), _plain(after)) for name, (before, after) in changed.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple | list | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return value


@cache
def _readers(kind: str) -> dict[str, Any]:
    cls = _CLASSES[kind]
    hints = get_type_hints(cls)
    return {field.name: _reader(hints[field.name]) for field in fields(cls)}


def _reader(hint: Any) -> Any:
    if hint == Changes:
        return lambda value: {name: tuple(pair) for name, pair in value.items()}
    if args := get_args(hint):
        if type(None) in args:
            inner = _reader(next(arg for arg in args if arg is not type(None)))
            return lambda value: None if value is None else inner(value)
        inner = _reader(args[0])
        return lambda value: tuple(inner(item) for item in value)
    if hint is UUID:
        return UUID
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint
    return lambda value: value
