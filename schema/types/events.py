"""What every event has, as clients see it, and pages of them. The type of each is made in schema/event_types.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import strawberry
from graphql import GraphQLError
from strawberry.utils.str_converters import to_camel_case

from models.actor import causer_of
from models.changed_fields import read_change
from models.events.values import FieldType
from models.ids import Kind
from models.log import Logged
from schema.enums import ActorKind, FieldKind
from schema.field_kinds import kind_in_log, kind_of, text_in_log, text_of
from schema.field_resolvers import TypeCheck
from schema.permissions import FIELDS, is_own
from schema.scalars import DateTime, Revision
from schema.types.base import ENTITIES, loaded, value
from schema.types.firm import Member
from schema.types.page_info import PageInfo
from schema.types.pages import edge, edges_of, nodes_of, page_info_of_page


@dataclass(frozen=True, slots=True)
class FieldChanged:
    """A field of a thing, with what it was and became: values of its type, or without one as the log has them."""

    thing: Kind
    field: str
    of: FieldType | None
    before: Any
    after: Any

    @classmethod
    def read(cls, thing: Kind, field: str, pair: tuple[Any, Any]) -> FieldChanged:
        """What an event says of a field."""
        of, (before, after) = read_change(thing, field, pair)
        return cls(thing, field, of, before, after)

    @property
    def kind(self) -> FieldKind:
        """How its values are written."""
        return kind_in_log(self.before, self.after) if self.of is None else kind_of(self.of)

    def shown(self, value: Any, context: Any) -> str | None:
        """The value as text, for those who may see the field."""
        owner, name = ENTITIES[self.thing].__name__, to_camel_case(self.field)
        needed = FIELDS.get((owner, name))
        if needed is not None and needed.right not in context.scope.rights:
            raise GraphQLError(
                f"The change of {owner}.{name} needs {needed}.",
                extensions={"code": "FORBIDDEN", "right": str(needed.right)},
            )
        if value is None:
            return None
        return text_in_log(self.kind, value) if self.of is None else text_of(self.of, value)


@strawberry.type(description="One field that changed. Its values are texts, to be read as its `kind` says.")
class FieldChange:
    """Read off an event's changes."""

    field: str = value(lambda change: to_camel_case(change.field), "The name of the field on its type.")
    kind: FieldKind = value(
        lambda change: change.kind,
        "How `before` and `after` are written. Of a change that an older version wrote, of a field that things do not "
        "have any more, TEXT or JSON.",
    )
    before: str | None = loaded(
        lambda change, context: change.shown(change.before, context),
        "What it was; null for nothing. Needs the right that the field itself needs.",
    )
    after: str | None = loaded(
        lambda change, context: change.shown(change.after, context),
        "What it became; null for nothing. Needs the right that the field itself needs.",
    )

    is_type_of = TypeCheck(lambda source: isinstance(source, FieldChanged))


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

    #: As `models.actor.Actor.to_json` gives it.
    is_type_of = TypeCheck(lambda source: isinstance(source, dict))


def _actor(logged: Logged, context: Any) -> dict[str, Any]:
    return _told(logged.actor, logged, context)


def _causer(logged: Logged, context: Any) -> dict[str, Any] | None:
    causer = causer_of(logged.actor, logged.hops) if logged.hops else None
    return None if causer is None else _told(causer, logged, context)


def _told(actor: dict[str, Any], logged: Logged, context: Any) -> dict[str, Any]:
    if logged.event.tells_actor(context.scope) or is_own(logged, context):
        return actor
    return {**actor, "id": None}


@strawberry.interface(description="A fact in a firm's log: what happened, when, by whom, and why.")
class Event:
    """Its objects are `models.log.Logged`."""

    revision: Revision = value(lambda logged: logged.revision, "The firm's revision that it is part of.")
    at: DateTime = value(lambda logged: logged.at, "When it happened.")
    actor: Actor = loaded(_actor, "Who, or what, did it.")
    cause: Revision | None = value(
        lambda logged: logged.cause, "The revision that an automation followed, or an undo took back."
    )
    causer: Actor | None = loaded(
        _causer,
        "Who, or what, began the chain of causes that made an automation do it; null where none did, and in a log from "
        "before it was noted.",
    )
    hops: int = value(
        lambda logged: logged.hops, "How many automatic steps it is from what a person or a schedule did; 0 for that."
    )


EventEdge = edge(Event)


@strawberry.type(description="A page of events. It is read from the newest on, and what there is is not counted.")
class EventConnection:
    """Its objects are `resolvers.paging.HistoryPage`."""

    nodes: list[Event] = nodes_of("events")
    edges: list[EventEdge] = edges_of("events")  # type: ignore[valid-type]
    page_info: PageInfo = page_info_of_page()
    since: DateTime | None = loaded(
        lambda _page, context: context.load.log_begins(),
        "Since when the firm's log has everything: what happened earlier has been pruned. Null where it goes back to "
        "the firm's beginning.",
    )
