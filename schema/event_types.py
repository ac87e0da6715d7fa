"""The events of the log as clients see them: one GraphQL type an event class, made from its fields.

An event class of models/events is all that a new kind of event needs: its docstring is the description, each id in it
becomes the thing itself and its id, and each interface below is implemented by every class under its base.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from enum import StrEnum
from typing import Annotated, Any, Optional, get_args, get_origin, get_type_hints

import strawberry
from graphql import GraphQLSchema
from strawberry.types.enum import has_enum_definition

from models import events as facts
from models import rights
from models.event_kinds import KINDS, VIEWS
from models.events.base import Changes
from models.ids import Kind, encode, plural
from models.log import Logged
from schema.field_resolvers import TypeCheck, TypeOf
from schema.kinds import type_of
from schema.permissions import withhold
from schema.types.base import loaded, value
from schema.types.events import Event, FieldChange, FieldChanged
from schema.types.firm import Firm
from schema.types.items import LinkedItem
from schema.types.jobs import Job


def _fields_of(cls: type[facts.Event], thing: str, names: set[str]) -> dict[str, tuple[Any, Any]]:
    """GraphQL field: (annotation, strawberry field), for these fields of the event class."""
    made: dict[str, tuple[Any, Any]] = {}
    hints = get_type_hints(cls, include_extras=True)
    for name in (field.name for field in fields(cls) if field.name in names):
        made |= _field(name, hints[name], thing)
    return made


def _field(name: str, hint: Any, thing: str) -> dict[str, tuple[Any, Any]]:
    spoken = name.replace("_", " ")
    if hint == Changes:
        read = _reader(name, lambda pairs: [FieldChanged(thing, field, *pair) for field, pair in pairs.items()])
        return {name: (list[FieldChange], value(read, "What changed."))}
    if kind := _kind(hint):
        return _reference(name, kind, None in _alternatives(hint), spoken)
    if get_origin(hint) is tuple:
        inner = get_args(hint)[0]
        if kind := _kind(inner):
            return _references(name, kind)
        return {name: (_list_of(_enum(inner)), value(_reader(name), f"What was {spoken}."))}
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return {name: (_enum(hint), value(_reader(name), f"The {spoken}."))}
    return {name: (hint, value(_reader(name), f"The {spoken}."))}


def _enum(of: type) -> type:
    """The domain's enum, which is the GraphQL one too, if schema/enums.py describes it."""
    if not has_enum_definition(of):
        raise TypeError(f"An event has a {of.__name__}, which schema/enums.py does not describe.")
    return of


def _list_of(of: Any) -> Any:
    return list[of]


def _alternatives(hint: Any) -> set[Any]:
    return {None if arg is type(None) else arg for arg in get_args(hint)}


def _kind(hint: Any) -> Kind | None:
    """The kind of thing that an annotated id names, also an optional one."""
    if get_origin(hint) is Annotated:
        return next((extra for extra in hint.__metadata__ if isinstance(extra, Kind)), None)
    inner = [arg for arg in get_args(hint) if arg is not type(None)]
    return _kind(inner[0]) if len(inner) == 1 and type(None) in get_args(hint) else None


def _reader(name: str, convert: Callable[[Any], Any] = lambda value: value) -> Callable[[Logged], Any]:
    return lambda logged: convert(getattr(logged.event, name))


def _reference(name: str, kind: Kind, optional: bool, spoken: str) -> dict[str, tuple[Any, Any]]:
    def load(logged: Logged, context: Any) -> Any:
        id = getattr(logged.event, name)
        return None if id is None else context.load.one(kind, id)

    def read_id(logged: Logged) -> str | None:
        id = getattr(logged.event, name)
        return None if id is None else encode(kind, id)

    present = f"The {spoken} as it is now; null when it is gone, or you may not see it any more."
    return {
        name: (Optional[type_of(kind)], loaded(load, present)),  # noqa: UP045 - built at run time
        f"{name}_id": (strawberry.ID | None if optional else strawberry.ID, value(read_id, f"The id of the {spoken}.")),
    }


def _references(name: str, kind: Kind) -> dict[str, tuple[Any, Any]]:
    def load(logged: Logged, context: Any) -> Any:
        return context.load.several(kind, getattr(logged.event, name))

    what = plural(kind).replace("_", " ")
    return {
        name: (
            _list_of(type_of(kind)),
            loaded(load, f"The {what} that were {name}, as far as they still exist.", size=3),
        )
    }


#: Fields of event classes that only say where a thing stands.
_PLACES = {"account", "pipeline"}


def _make(name: str, bases: tuple[type, ...], description: str, made: dict[str, tuple[Any, Any]], **own: Any) -> type:
    body = {"__annotations__": {field: hint for field, (hint, _) in made.items()}, "__module__": __name__, **own}
    body |= {field: resolved for field, (_, resolved) in made.items()}
    return type(name, bases, body)


def _kind_of(cls: type[facts.Event]) -> Kind:
    """The kind of what such events happen to."""
    assert cls.subject is not None
    kind = _kind(get_type_hints(cls, include_extras=True)[cls.subject])
    assert kind is not None
    return kind


def _thing(base: type[facts.Event]) -> str:
    """The name of the type of what the events of a base happen to."""
    return type_of(_kind_of(base)).__name__


def _shown(base: type[facts.Event]) -> set[str]:
    """The fields of an interface."""
    assert base.subject is not None
    return {base.subject, *base.beside}


def _interface(base: type[facts.Event], made: dict[str, tuple[Any, Any]]) -> type:
    description = " ".join((base.__doc__ or "").partition("\n\n")[0].split())
    return strawberry.interface(_make(base.__name__, (Event,), description, made), description=description)


_ITEMS: dict[type[facts.Event], Kind] = {
    cls: _kind_of(cls) for cls in KINDS.values() if issubclass(cls, facts.ItemEvent)
}


def _load_item(logged: Logged, context: Any) -> Any:
    return context.load.one(_ITEMS[type(logged.event)], logged.event.thing)


def _item_id(logged: Logged) -> str:
    assert logged.event.thing is not None
    return encode(_ITEMS[type(logged.event)], logged.event.thing)


_PRESENT_ITEM = "The item as it is now; null when it is gone, or you may not see it any more."


def _link(base: type[facts.Event]) -> type:
    made = _fields_of(base, "", {"job"}) | {
        "item": (Optional[LinkedItem], loaded(_load_item, _PRESENT_ITEM)),  # noqa: UP045 - built at run time
        "item_id": (strawberry.ID, value(_item_id, "The id of the item.")),
    }
    return _interface(base, made)


_THINGS = {base: _thing(base) for base in facts.bases()}
#: What is said of the links of all kinds of items alike, besides the interface of the kind.
_LINKS: dict[type[facts.Event], type] = {base: _link(base) for base in (facts.ItemLinked, facts.ItemUnlinked)}
INTERFACES: dict[type[facts.Event], type] = {
    base: _interface(base, _fields_of(base, thing, _shown(base))) for base, thing in _THINGS.items()
} | _LINKS


def _base_of(cls: type[facts.Event]) -> type[facts.Event] | None:
    """The base whose interface an event has; None for the firm's own."""
    if issubclass(cls, facts.View):
        return cls.of
    return next((base for base in _THINGS if issubclass(cls, base)), None)


def _load_firm(_logged: Logged, context: Any) -> Any:
    return context.load.one(Kind.FIRM, context.firm_id)


def _type(cls: type[facts.Event]) -> type:
    name = cls.__name__
    base = _base_of(cls)
    thing, inherited = (_THINGS[base], _shown(base)) if base else ("Firm", set())
    own = {field.name for field in fields(cls)} - inherited - _PLACES
    made = _fields_of(cls, thing, own)
    withheld = _withheld(cls, made)
    for field in withheld:
        hint, resolved = made[field]
        made[field] = (Optional[hint], resolved)  # noqa: UP045 - at run time
    # A view that only says that a task left has no job to show.
    if base and "job" in inherited and "job" not in {field.name for field in fields(cls)}:
        made |= {
            "job": (Optional[Job], value(lambda logged: None, "Null.")),  # noqa: UP045 - built at run time
            "job_id": (strawberry.ID | None, value(lambda logged: None, "Null.")),
        }

    if cls is facts.FirmUpdated:
        made |= {"firm": (Optional[Firm], loaded(_load_firm, "The firm as it is now."))}  # noqa: UP045 - at run time

    is_event = TypeCheck(lambda source: type(getattr(source, "event", None)) is cls)
    parents = [INTERFACES[base]] if base else []
    parents += [link for each, link in _LINKS.items() if issubclass(cls, each)]
    description = cls.__doc__ or ""
    body = _make(name, tuple(parents) or (Event,), description, made, is_type_of=is_event)
    built = strawberry.type(body, description=description)
    withhold(built, withheld)
    return built


def _withheld(cls: type[facts.Event], made: Mapping[str, Any]) -> dict[str, rights.Requirement]:
    """What the fields of an event require: the id of a thing what the thing does."""
    return {
        name: rights.Requirement(right=right, unless_own=True)
        for field, right in cls.withheld.items()
        for name in (field, f"{field}_id")
        if name in made
    }


EVENT_TYPES: list[type] = [_type(cls) for cls in (KINDS | VIEWS).values()]


def resolve_events(schema: GraphQLSchema) -> None:
    """Let an event say its type's name, instead of asking each of the types in turn."""
    names = {"Event", *(base.__name__ for base in INTERFACES)}
    for name in names:
        schema.type_map[name].resolve_type = TypeOf(lambda logged: type(logged.event).__name__)  # type: ignore[attr-defined]
