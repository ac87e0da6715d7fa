"""The events of the log as clients see them: one GraphQL type an event class, made from its fields.

An event class of models/events is all that a new kind of event needs: its docstring is the description, each id in it
becomes the thing itself and its id, and each interface below is implemented by every class under its base.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Optional

import strawberry
from graphql import GraphQLSchema
from strawberry.types.enum import has_enum_definition

from models import events as facts
from models import money, rights
from models.event_kinds import KINDS, VIEWS
from models.events.values import CHANGES, FieldType
from models.ids import Kind, encode, plural
from models.log import Logged
from schema.field_resolvers import TypeCheck, TypeOf
from schema.kinds import type_of
from schema.per_viewer import Condition, any_of, own_rows, where
from schema.permissions import withhold
from schema.scalars import Date, DateTime, Decimals
from schema.types.base import loaded, value
from schema.types.events import Event, FieldChange, FieldChanged
from schema.types.firm import Firm
from schema.types.items import LinkedItem
from schema.types.jobs import Job
from schema.types.money import Money

#: Fields by name: their annotation, and what Strawberry makes the field of.
Made = dict[str, tuple[Any, Any]]

#: What is shown as another type than Python's own.
_SHOWN: dict[type, Any] = {date: Date, datetime: DateTime, Decimal: Decimals, money.Money: Money}


def _fields_of(cls: type[facts.Event], names: set[str]) -> Made:
    """What clients see of these fields of the event class."""
    made: Made = {}
    for name, of in facts.field_types(cls).items():
        if name in names:
            made |= _field(cls, name, of)
    return made


def _field(cls: type[facts.Event], name: str, of: FieldType) -> Made:
    called = facts.name_for_clients(cls, name)
    if of is CHANGES:
        return {called: (list[FieldChange], value(_changes_reader(cls, name), "What changed."))}
    if of.kind is not None:
        return _references(cls, name, of.kind) if of.many else _reference(cls, name, of.kind, of.optional)
    said = facts.said_of(cls, name) or _described(cls, name, of)
    if of.many:
        return {called: (_list_of(_shown_as(of.of)), value(_reader(name), said))}
    hint = Optional[_shown_as(of.of)] if of.optional else _shown_as(of.of)  # noqa: UP045 - built at run time
    return {called: (hint, value(_reader(name), said))}


def _described(cls: type[facts.Event], name: str, of: FieldType) -> str:
    """What a field is, by its name: of what is gone, what it was."""
    spoken = name.replace("_", " ")
    for time, word in (("before", "from_"), ("after", "to_")):
        if name.startswith(word):
            return f"The {name.removeprefix(word)} {time} this."
    if of.of is int:
        return f"How many {spoken} it had." if cls.ends else f"How many {spoken} it has."
    return f"What its {spoken} was." if cls.ends else f"The {spoken}."


def _shown_as(of: type) -> Any:
    """The GraphQL type of what is no id: the domain's enum is the GraphQL one too, if it is described in schema/."""
    if issubclass(of, StrEnum) and not has_enum_definition(of):
        raise TypeError(f"An event has a {of.__name__}, which no module of schema/ describes.")
    return _SHOWN.get(of, of)


def _list_of(of: Any) -> Any:
    return list[of]


def _reader(name: str) -> Callable[[Logged], Any]:
    return lambda logged: getattr(logged.event, name)


def _changes_reader(cls: type[facts.Event], name: str) -> Callable[[Logged], list[FieldChanged]]:
    thing = facts.kind_of_thing(cls)

    def read(logged: Logged) -> list[FieldChanged]:
        return [FieldChanged.read(thing, field, pair) for field, pair in getattr(logged.event, name).items()]

    return read


def _own_of(cls: type[facts.Event], kind: Kind) -> Condition | None:
    """Where what such an event names is seen for no other reason than that it is the viewer's own."""
    return where(lambda scope: cls.told_to(scope), own_rows(kind))


def _reference(cls: type[facts.Event], name: str, kind: Kind, optional: bool) -> Made:
    def load(logged: Logged, context: Any) -> Any:
        id = getattr(logged.event, name)
        return None if id is None else context.load.one(kind, id)

    def read_id(logged: Logged) -> str | None:
        id = getattr(logged.event, name)
        return None if id is None else encode(kind, id)

    called = facts.name_for_clients(cls, name)
    spoken = _spoken(called)
    present = f"The {spoken} as it is now; null when it is gone, or you may not see it any more."
    shown = loaded(load, facts.said_of(cls, name) or present, depends=_own_of(cls, kind))
    shown_id = value(read_id, facts.said_of(cls, f"{name}_id") or f"The id of the {spoken}.")
    return {
        called: (Optional[type_of(kind)], shown),  # noqa: UP045 - built at run time
        f"{called}_id": (strawberry.ID | None if optional else strawberry.ID, shown_id),
    }


def _spoken(name: str) -> str:
    """What a reference is called in a sentence."""
    for time, word in (("before", "from_"), ("after", "to_")):
        if name.startswith(word):
            return f"{name.removeprefix(word)} {time} this".replace("_", " ")
    return name.replace("_", " ")


def _references(cls: type[facts.Event], name: str, kind: Kind, size: int = 3) -> Made:
    def load(logged: Logged, context: Any) -> Any:
        return context.load.several(kind, getattr(logged.event, name))

    what = plural(kind).replace("_", " ")
    which = "who" if kind is Kind.MEMBER else "that"
    there = facts.said_of(cls, name) or f"The {what} {which} were {name}, as far as they are still there."
    shown = loaded(load, there, size=size, depends=_own_of(cls, kind))
    made: Made = {facts.name_for_clients(cls, name): (_list_of(type_of(kind)), shown)}
    ids = f"{name.removesuffix('s')}_ids"
    # Of what may be gone by now, and so is left out, the ids are told where the class says so.
    if (told := facts.said_of(cls, ids)) is not None:
        made[ids] = (_list_of(strawberry.ID), value(_ids_reader(name, kind), told))
    return made


def _ids_reader(name: str, kind: Kind) -> Callable[[Logged], list[str]]:
    return lambda logged: [encode(kind, id) for id in getattr(logged.event, name)]


#: Fields of event classes that only say where a thing stands.
_PLACES = {"account", "pipeline", "other_account", "other_pipeline"}


def _make(name: str, bases: tuple[type, ...], description: str, made: Made, **own: Any) -> type:
    body = {"__annotations__": {field: hint for field, (hint, _) in made.items()}, "__module__": __name__, **own}
    body |= {field: resolved for field, (_, resolved) in made.items()}
    return type(name, bases, body)


def _shown(base: type[facts.Event]) -> set[str]:
    """The fields of an interface."""
    assert base.subject is not None
    return {base.subject, *base.beside}


def _interface(base: type[facts.Event], made: Made, parent: type = Event) -> type:
    description = " ".join((base.__doc__ or "").partition("\n\n")[0].split())
    return strawberry.interface(_make(base.__name__, (parent,), description, made), description=description)


def _told_as(cls: type[facts.Event]) -> type[facts.Event]:
    """The class that an event is one of for clients: a view is one of those of its thing."""
    return cls.of if issubclass(cls, facts.View) else cls


_ITEMS: dict[type[facts.Event], Kind] = {
    cls: facts.kind_of_thing(_told_as(cls))
    for cls in (KINDS | VIEWS).values()
    if issubclass(_told_as(cls), facts.ItemEvent)
}


def _load_item(logged: Logged, context: Any) -> Any:
    return context.load.one(_ITEMS[type(logged.event)], logged.event.thing)


def _item_id(logged: Logged) -> str:
    assert logged.event.thing is not None
    return encode(_ITEMS[type(logged.event)], logged.event.thing)


_PRESENT_ITEM = "The item as it is now; null when it is gone, or you may not see it any more."


def _items_of(base: type[facts.Event]) -> Made:
    """The item of such events. Each base says for itself on what it depends: of most kinds nothing is one's own."""
    depends = any_of(*(_own_of(cls, kind) for cls, kind in _ITEMS.items() if issubclass(_told_as(cls), base)))
    return {
        "item": (
            Optional[LinkedItem],  # noqa: UP045 - built at run time
            loaded(_load_item, _PRESENT_ITEM, depends=depends),
        ),
        "item_id": (strawberry.ID, value(_item_id, "The id of the item.")),
    }


def _of_items(base: type[facts.Event], made: Made, parent: type = Event) -> type:
    return _interface(base, _items_of(base) | made, parent)


_ITEM_EVENT = _of_items(facts.ItemEvent, _fields_of(facts.ItemEvent, {"job"}))


def _of_kind(base: type[facts.Event]) -> type:
    made = _fields_of(base, _shown(base))
    return _of_items(base, made, _ITEM_EVENT) if issubclass(base, facts.ItemEvent) else _interface(base, made)


_BASES = facts.bases()
#: What is said of events of several kinds of items alike, besides the interface of the kind.
_SHAPES: dict[type[facts.Event], type] = {
    shape: _of_items(shape, _fields_of(shape, {"job"}), _ITEM_EVENT) for shape in (facts.ItemLinked, facts.ItemUnlinked)
}
if any(issubclass(cls, facts.ClientAction) for cls in KINDS.values()):
    acting = _reference(facts.ClientAction, "acting_contact", Kind.CONTACT, True)
    _SHAPES[facts.ClientAction] = _of_items(facts.ClientAction, acting, _ITEM_EVENT)
_FILES = _references(facts.EventWithFiles, "added_files", Kind.FILE, 1)
_FILES |= _references(facts.EventWithFiles, "removed_files", Kind.FILE, 1)
_SHAPES[facts.EventWithFiles] = _interface(facts.EventWithFiles, _FILES)
#: What the interface of a shape has already.
_OF_SHAPES = {facts.ClientAction: {"acting_contact"}, facts.EventWithFiles: {"added_files", "removed_files"}}
INTERFACES: dict[type[facts.Event], type] = (
    {facts.ItemEvent: _ITEM_EVENT} | {base: _of_kind(base) for base in _BASES} | _SHAPES
)


def _base_of(cls: type[facts.Event]) -> type[facts.Event] | None:
    """The base whose interface an event has; None for the firm's own."""
    if issubclass(cls, facts.View):
        return cls.of
    return next((base for base in _BASES if issubclass(cls, base)), None)


def _load_firm(_logged: Logged, context: Any) -> Any:
    return context.load.one(Kind.FIRM, context.firm_id)


def _type(cls: type[facts.Event]) -> type:
    name = cls.__name__
    base = _base_of(cls)
    inherited = _shown(base) if base else set()
    own = {field.name for field in fields(cls)} - inherited - _PLACES - cls.untold
    own = own.difference(*(names for shape, names in _OF_SHAPES.items() if issubclass(cls, shape)))
    made = _fields_of(cls, own)
    withheld = _withheld(cls, made)
    for field in withheld:
        hint, resolved = made[field]
        made[field] = (Optional[hint], resolved)  # noqa: UP045 - at run time
    # A view that only says that a task left has no job to show.
    if base and "job" in inherited and "job" not in {field.name for field in fields(cls)}:
        linked, nothing = facts.name_for_clients(base, "job"), "Always null: where it went is not told."
        made |= {
            linked: (Optional[Job], value(lambda logged: None, nothing)),  # noqa: UP045 - built at run time
            f"{linked}_id": (strawberry.ID | None, value(lambda logged: None, nothing)),
        }

    if cls is facts.FirmUpdated:
        made |= {"firm": (Optional[Firm], loaded(_load_firm, "The firm as it is now."))}  # noqa: UP045 - at run time

    is_event = TypeCheck(lambda source: type(getattr(source, "event", None)) is cls)
    parents = [INTERFACES[base]] if base else []
    parents += [interface for shape, interface in _SHAPES.items() if issubclass(cls, shape)]
    description = cls.__doc__ or ""
    body = _make(name, tuple(parents) or (Event,), description, made, is_type_of=is_event)
    built = strawberry.type(body, description=description)
    withhold(built, withheld)
    return built


def _withheld(cls: type[facts.Event], made: Mapping[str, Any]) -> dict[str, rights.Requirement]:
    """What the fields of an event require: the id of a thing what the thing does. Of events that may be somebody's own,
    nothing on their own stream."""
    owned = cls.owners is not facts.Event.owners or cls.rescoped is not facts.Event.rescoped
    return {
        name: rights.Requirement(right=right, unless_own=owned)
        for field, right in cls.withheld.items()
        for called in [facts.name_for_clients(cls, field)]
        for name in (called, f"{called}_id")
        if name in made
    }


EVENT_TYPES: list[type] = [_type(cls) for cls in (KINDS | VIEWS).values()]


def resolve_events(schema: GraphQLSchema) -> None:
    """Let an event say its type's name, instead of asking each of the types in turn."""
    names = {"Event", *(base.__name__ for base in INTERFACES)}
    for name in names:
        schema.type_map[name].resolve_type = TypeOf(lambda logged: type(logged.event).__name__)  # type: ignore[attr-defined]
