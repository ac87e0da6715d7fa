"""The events of the log as clients see them: one GraphQL type an event class, made from its fields.

An event class of models/events is all that a new kind of event needs: its docstring is the description, each id in it
becomes the thing itself and its id, and each interface below is implemented by every class under its base.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Annotated, Any, Optional, get_args, get_origin, get_type_hints
from uuid import UUID

import orjson
import strawberry
from graphql import GraphQLError, GraphQLSchema

from models import events as facts
from models import rights
from models import seen as rows
from models.events import KINDS, VIEWS
from models.events.base import Changes
from models.ids import Kind, encode
from models.log import Logged
from models.rights import FIELDS
from schema.enums import ActorKind, Right, Role, TaskState
from schema.permissions import is_own, print_requirements
from schema.scalars import DateTime, Revision
from schema.types.accounts import Account
from schema.types.base import loaded, value
from schema.types.firm import ClientStatus, Firm, Member, Tag
from schema.types.items import LinkedItem
from schema.types.jobs import Job, Task
from schema.types.page_info import PageInfo
from schema.types.pipelines import Pipeline, Stage, Status
from schema.types.time import TimeEntry

TYPES: dict[Kind, type] = {
    Kind.FIRM: Firm,
    Kind.MEMBER: Member,
    Kind.TAG: Tag,
    Kind.CLIENT_STATUS: ClientStatus,
    Kind.ACCOUNT: Account,
    Kind.PIPELINE: Pipeline,
    Kind.STAGE: Stage,
    Kind.STATUS: Status,
    Kind.JOB: Job,
    Kind.TASK: Task,
    Kind.TIME_ENTRY: TimeEntry,
}
_ENUMS: dict[type, Any] = {rights.Role: Role, rights.Right: Right, rows.TaskState: TaskState}


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)


@dataclass(frozen=True, slots=True)
class _FieldChange:
    thing: str
    field: str
    before: Any
    after: Any

    def shown(self, value: Any, context: Any) -> str | None:
        needed = FIELDS.get((self.thing, _camel(self.field)))
        if needed is not None and needed.right not in context.scope.rights:
            raise GraphQLError(
                f"The change of {self.thing}.{_camel(self.field)} needs {needed}.",
                extensions={"code": "FORBIDDEN", "right": str(needed.right)},
            )
        if value is None or not isinstance(value, str):
            return None if value is None else orjson.dumps(value).decode()
        return encode(Kind(self.field[:-3]), UUID(value)) if self.field.endswith("_id") else value


@strawberry.type(description="One field that changed. Values are text; what is not text is written as JSON.")
class FieldChange:
    """Read off an event's changes."""

    field: str = value(lambda change: _camel(change.field), "The name of the field on its type.")
    before: str | None = loaded(
        lambda change, context: change.shown(change.before, context),
        "What it was; null for nothing. Needs the right that the field itself needs.",
    )
    after: str | None = loaded(
        lambda change, context: change.shown(change.after, context),
        "What it became; null for nothing. Needs the right that the field itself needs.",
    )

    @classmethod
    def is_type_of(cls, source: object, _info: object) -> bool:
        """A change of a field."""
        return isinstance(source, _FieldChange)


@strawberry.type(description="Who, or what, acted.")
class Actor:
    """Read off what the log notes of an actor."""

    kind: ActorKind = value(lambda actor: actor["kind"], "What kind of somebody or something.")
    member: Member | None = loaded(
        lambda actor, context: context.load.one(Kind.MEMBER, UUID(actor["id"])) if actor["id"] else None,
        "The member, where it was one. Of what happened to a time entry, null without the right MANAGE_TIME_ENTRIES, "
        "unless it is told to them on `viewerChanges`.",
    )
    label: str | None = value(lambda actor: actor["label"], "The name of the automation or schedule, where it was one.")

    @classmethod
    def is_type_of(cls, source: object, _info: object) -> bool:
        """As `models.actor.Actor.to_json` gives it."""
        return isinstance(source, dict)


def _actor(logged: Logged, context: Any) -> dict[str, Any]:
    # Whoever logged time is nearly always the one whose time it is, and that is withheld.
    withheld = rights.Right.MANAGE_TIME_ENTRIES not in context.scope.rights and not is_own(logged, context)
    if isinstance(logged.event, facts.TimeEvent) and withheld:
        return {**logged.actor, "id": None}
    return logged.actor


@strawberry.interface(description="A fact in a firm's log: what happened, when, by whom, and why.")
class Event:
    """Its objects are `models.log.Logged`."""

    revision: Revision = value(lambda logged: logged.revision, "The firm's revision that it is part of.")
    at: DateTime = value(lambda logged: logged.at, "When it happened.")
    actor: Actor = loaded(_actor, "Who, or what, did it.")
    cause: Revision | None = value(
        lambda logged: logged.cause, "The revision that made an automation do it; null for people."
    )


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
        read = _reader(name, lambda pairs: [_FieldChange(thing, field, *pair) for field, pair in pairs.items()])
        return {name: (list[FieldChange], value(read, "What changed."))}
    if kind := _kind(hint):
        return _reference(name, kind, None in _alternatives(hint), spoken)
    if get_origin(hint) is tuple:
        inner = get_args(hint)[0]
        if kind := _kind(inner):
            return _references(name, kind)
        return {name: (_list_of(_ENUMS[inner]), value(_reader(name), f"What was {spoken}."))}
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return {name: (_ENUMS[hint], value(_reader(name), f"The {spoken}."))}
    return {name: (hint, value(_reader(name), f"The {spoken}."))}


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
        name: (Optional[TYPES[kind]], loaded(load, present)),  # noqa: UP045 - built at run time
        f"{name}_id": (strawberry.ID | None if optional else strawberry.ID, value(read_id, f"The id of the {spoken}.")),
    }


def _references(name: str, kind: Kind) -> dict[str, tuple[Any, Any]]:
    def load(logged: Logged, context: Any) -> Any:
        return context.load.several(kind, getattr(logged.event, name))

    what = f"{kind.spoken}s"
    return {
        name: (_list_of(TYPES[kind]), loaded(load, f"The {what} that were {name}, as far as they still exist.", size=3))
    }


#: Each base that clients can ask for as an interface: its name, what its objects are about, and which fields it shows.
_INTERFACES: dict[type, tuple[str, set[str], str]] = {
    facts.MemberEvent: ("Member", {"member"}, "Something happened to a team member."),
    facts.TagEvent: ("Tag", {"tag"}, "Something happened to a tag."),
    facts.ClientStatusEvent: ("ClientStatus", {"client_status"}, "Something happened to a client-facing status."),
    facts.AccountEvent: ("Account", {"account"}, "Something happened to an account, or it came into or left sight."),
    facts.PipelineEvent: ("Pipeline", {"pipeline"}, "Something happened to a pipeline, or it came into or left sight."),
    facts.StageEvent: ("Stage", {"stage", "pipeline"}, "Something happened to a stage."),
    facts.StatusEvent: ("Status", {"status", "pipeline"}, "Something happened to a job status of a pipeline."),
    facts.JobEvent: (
        "Job",
        {"job"},
        "Something happened to a job, or it came into or left sight. `job` is its present state: put it in place of "
        "what you have; where it is null, forget the job, or wait for the event that says so.",
    ),
    facts.TaskEvent: ("Task", {"task", "job"}, "Something happened to a task. `job` is the linked one."),
    facts.TimeEvent: ("TimeEntry", {"entry", "job"}, "Something happened to a time entry."),
}
#: What is said of the links of all kinds of items alike.
_LINKS: dict[type[facts.ItemEvent], str] = {
    facts.ItemLinked: "An item was linked to a job, whatever its kind.",
    facts.ItemUnlinked: "An item was unlinked from a job, whatever its kind: `job` is the one that it left.",
}
#: What a viewer is told of belongs to these interfaces too.
_VIEW_BASES: dict[str, type] = {
    "JobAdded": facts.JobEvent,
    "JobRemoved": facts.JobEvent,
    "TaskRemoved": facts.TaskEvent,
    "PipelineAdded": facts.PipelineEvent,
    "PipelineRemoved": facts.PipelineEvent,
    "AccountAdded": facts.AccountEvent,
    "AccountRemoved": facts.AccountEvent,
}
#: Fields of event classes that only say where a thing stands.
_PLACES = {"account", "pipeline"}


def _make(name: str, bases: tuple[type, ...], description: str, made: dict[str, tuple[Any, Any]], **own: Any) -> type:
    body = {"__annotations__": {field: hint for field, (hint, _) in made.items()}, "__module__": __name__, **own}
    body |= {field: resolved for field, (_, resolved) in made.items()}
    return type(name, bases, body)


def _interface(base: type[facts.Event]) -> type:
    thing, names, description = _INTERFACES[base]
    made = _fields_of(base, thing, names)
    return strawberry.interface(_make(base.__name__, (Event,), description, made), description=description)


def _load_item(logged: Logged, context: Any) -> Any:
    return context.load.one(logged.event.kind, logged.event.thing)  # type: ignore[attr-defined]


def _item_id(logged: Logged) -> str:
    return encode(logged.event.kind, logged.event.thing)  # type: ignore[attr-defined]


_PRESENT_ITEM = "The item as it is now; null when it is gone, or you may not see it any more."


def _link(base: type[facts.ItemEvent], description: str) -> type:
    made = _fields_of(base, "", {"job"}) | {
        "item": (Optional[LinkedItem], loaded(_load_item, _PRESENT_ITEM)),  # noqa: UP045 - built at run time
        "item_id": (strawberry.ID, value(_item_id, "The id of the item.")),
    }
    return strawberry.interface(_make(base.__name__, (Event,), description, made), description=description)


INTERFACES: dict[type, type] = {base: _interface(base) for base in _INTERFACES}
INTERFACES |= {base: _link(base, description) for base, description in _LINKS.items()}


def _load_firm(_logged: Logged, context: Any) -> Any:
    return context.load.one(Kind.FIRM, context.firm_id)


def _type(cls: type[facts.Event]) -> type:
    name = cls.__name__
    base = _VIEW_BASES.get(name) or next((base for base in _INTERFACES if issubclass(cls, base)), None)
    thing, inherited, _ = _INTERFACES[base] if base else ("Firm", set(), "")
    own = {field.name for field in fields(cls)} - inherited - (_PLACES if base is not facts.AccountEvent else set())
    made = {
        field: (Optional[hint] if (name, _camel(field)) in FIELDS else hint, resolved)  # noqa: UP045 - at run time
        for field, (hint, resolved) in _fields_of(cls, thing, own).items()
    }
    # A view that only says that a task left has no job to show.
    if base and "job" in inherited and "job" not in {field.name for field in fields(cls)}:
        made |= {
            "job": (Optional[Job], value(lambda logged: None, "Null.")),  # noqa: UP045 - built at run time
            "job_id": (strawberry.ID | None, value(lambda logged: None, "Null.")),
        }

    if cls is facts.FirmUpdated:
        made |= {"firm": (Optional[Firm], loaded(_load_firm, "The firm as it is now."))}  # noqa: UP045 - at run time

    def is_type_of(_cls: type, source: Any, _info: Any) -> bool:
        return type(getattr(source, "event", None)) is cls

    parents = [INTERFACES[each] for each in (base, *_LINKS) if each and (each is base or issubclass(cls, each))]
    description = cls.__doc__ or ""
    built = strawberry.type(
        _make(name, tuple(parents) or (Event,), description, made, is_type_of=classmethod(is_type_of)),
        description=description,
    )
    print_requirements(built)
    return built


EVENT_TYPES: list[type] = [_type(cls) for cls in (KINDS | VIEWS).values()]


def resolve_events(schema: GraphQLSchema) -> None:
    """Let an event say its type's name, instead of asking each of the types in turn."""
    names = {"Event", *(base.__name__ for base in INTERFACES)}
    for name in names:
        schema.type_map[name].resolve_type = lambda logged, _info, _type: type(logged.event).__name__  # type: ignore[attr-defined]


@strawberry.type(description="A page of events.")
class EventConnection:
    """Its objects are `resolvers.paging.Page`."""

    nodes: list[Event] = strawberry.field(description="The events of the page.")
    page_info: PageInfo = strawberry.field(description="Whether there is more, and from where.")
