"""What an event is: a frozen fact in the past tense, with typed fields, that knows who may see it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from inspect import get_annotations
from typing import Any, ClassVar, get_origin, get_type_hints
from uuid import UUID

from models.audiences import TEAM_ONLY, Audience
from models.events.values import Changes, FieldType, plain
from models.ids import JobId, Kind, MemberId
from models.rights import Right
from models.scope import Place, Scope

_CLASSES: dict[str, type["Event"]] = {}
_FIELD_TYPES: dict[type["Event"], Mapping[str, FieldType]] = {}

EVERYWHERE = (Place(),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened. Subclasses add what it happened to, in fields of the types of `models.events.values`."""

    #: Who is told of it, where they see its thing. Clients are not, unless it says so.
    audiences: ClassVar[frozenset[Audience]] = TEAM_ONLY
    #: Any one of these rights is needed to see it; empty for none.
    needs: ClassVar[frozenset[Right]] = frozenset()
    #: Nobody is told but those whose own matter it is, on their own stream.
    own_only: ClassVar[bool] = False
    #: The thing is gone: those who saw it are told by the event itself.
    ends: ClassVar[bool] = False
    #: The field that names what it happened to; None for the firm. A base that says so is an interface for clients: its
    #: docstring's first paragraph is the description.
    subject: ClassVar[str | None] = None
    #: Further fields of that interface.
    beside: ClassVar[tuple[str, ...]] = ()
    #: Whether a class is a shape that events of several kinds of things have, and no kind of event itself.
    shape: ClassVar[bool] = False
    #: Whether each place where it stands has to be in sight for it to be told, and not one of them.
    of_several: ClassVar[bool] = False
    #: The right that each of these fields needs, but on the own stream of whose own it is.
    withheld: ClassVar[Mapping[str, Right]] = {}
    #: The right that is needed to be told which member did it, but there; None for none.
    actor_needs: ClassVar[Right | None] = None

    #: Fields that are kept to take it back (`models.undo`), and told to nobody.
    untold: ClassVar[frozenset[str]] = frozenset()

    #: What clients call these fields: of all events, fields of one name are of one type, and null for one cause.
    called: ClassVar[Mapping[str, str]] = {}
    #: What clients read of these fields, where their names do not say it.
    says: ClassVar[Mapping[str, str]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        # object's: a dataclass with slots replaces its class, so that super() without arguments finds the old one.
        object.__init_subclass__(**options)
        _check_fields(cls)
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
        if cls.own_only:
            return False
        return scope.audience in cls.audiences and (not cls.needs or not cls.needs.isdisjoint(scope.rights))

    @classmethod
    def tells_actor(cls, scope: Scope) -> bool:
        """Whether this scope is told which member did it."""
        return cls.actor_needs is None or cls.actor_needs in scope.rights

    def now(self) -> tuple[Place, ...]:
        """Where the thing stands after it. Whoever sees any of these places sees the thing; of an event `of_several`
        whoever sees all of them. Where that is the whole firm, the event says so: `OfFirm`."""
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


def kinds() -> dict[str, type[Event]]:
    """Every kind of event by its name, as the log stores it: the classes that no other is made from."""
    bases = {base for cls in _CLASSES.values() for base in cls.__mro__[1:]}
    return {name: cls for name, cls in _CLASSES.items() if cls not in bases and "shape" not in vars(cls)}


def bases() -> list[type[Event]]:
    """The bases that say what their events happen to: one for each kind of thing."""
    told = kinds()
    return [cls for name, cls in _CLASSES.items() if name not in told and "subject" in vars(cls)]


def to_json(event: Event) -> dict[str, Any]:
    """The event's fields as the log stores them. JSON has no UUIDs, dates or sets: they become strings and lists."""
    written: dict[str, Any] = {}
    for name, of in field_types(type(event)).items():
        try:
            written[name] = of.write(getattr(event, name))
        except (TypeError, ValueError) as error:
            raise TypeError(f"{type(event).__name__}.{name}: {error}.") from None
    return written


def from_json(kind: str, data: Mapping[str, Any]) -> Event:
    """The event that the log stored."""
    cls = _CLASSES[kind]
    # A field that the log does not have yet was added later, with a default.
    return cls(**{name: of.read(data[name]) for name, of in field_types(cls).items() if name in data})


def field_types(cls: type[Event]) -> Mapping[str, FieldType]:
    """The fields of an event class, each with what it holds."""
    if cls not in _FIELD_TYPES:
        hints = get_type_hints(cls, include_extras=True)
        _FIELD_TYPES[cls] = {field.name: FieldType.of_hint(hints[field.name]) for field in fields(cls)}
    return _FIELD_TYPES[cls]


def name_for_clients(cls: type[Event], field: str) -> str:
    """What clients call a field of such events, in the domain's spelling."""
    return next((base.called[field] for base in _event_classes(cls) if field in base.called), field)


def said_of(cls: type[Event], field: str) -> str | None:
    """What a class or its bases say of a field; None where that follows from its name."""
    return next((base.says[field] for base in _event_classes(cls) if field in base.says), None)


def _event_classes(cls: type[Event]) -> Iterator[type[Event]]:
    return (base for base in cls.__mro__ if issubclass(base, Event))


def kind_of_thing(cls: type[Event]) -> Kind:
    """The kind of what such events happen to."""
    if cls.subject is None:
        return Kind.FIRM
    kind = field_types(cls)[cls.subject].kind
    assert kind is not None, f"{cls.__name__}.{cls.subject} is no id."
    return kind


def changes_of(changed: Mapping[str, tuple[Any, Any]]) -> Changes:
    """What `Row.change_to` returned, as an event carries it."""
    return {name: (plain(before), plain(after)) for name, (before, after) in changed.items()}


def _check_fields(cls: type[Event]) -> None:
    """`TypeError` when a field that the class adds could not be read back from the log."""
    hints = get_type_hints(cls, include_extras=True)
    for name in get_annotations(cls):
        if get_origin(hints[name]) is ClassVar:
            continue
        try:
            FieldType.of_hint(hints[name])
        except TypeError as error:
            raise TypeError(f"{cls.__name__}.{name}: {error}.") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfFirm(Event):
    """Something happened that is of no account and no pipeline: the whole team is told."""

    def now(self) -> tuple[Place, ...]:
        return EVERYWHERE
