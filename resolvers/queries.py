"""The root of queries: what is asked by itself, and the lists that each kind declares."""

from __future__ import annotations

from inspect import isawaitable
from typing import Annotated, Any

import strawberry
from strawberry.types.info import Info

from models.bounds import RESULTS, SCHEDULED, SEARCHED_WORDS
from models.errors import Invalid
from models.ids import Kind, parse
from models.reasons import Reason
from models.scheduled import scheduled
from models.searching import search
from models.templates.shortcodes import SHORTCODES
from models.texts import NAME
from resolvers.activity import activity_of_firm
from resolvers.attention import attention
from resolvers.automations import automation_dry_run, automation_preview
from resolvers.forecast import forecast
from resolvers.listing import fields_of
from resolvers.previews import template_preview
from resolvers.reports import field_of
from resolvers.undoing import undoable
from resolvers.upcoming import upcoming_occurrences
from schema.enums import SearchedKind
from schema.kinds import LISTS
from schema.list_size import ListSize
from schema.per_viewer import Condition, always, own_rows, per_viewer
from schema.reports import REPORTS
from schema.scalars import DateTime, Revision
from schema.templates.shortcodes import Shortcode
from schema.types.base import Node
from schema.types.events import EventConnection
from schema.types.firm import Firm, Viewer
from schema.types.scheduled import Schedule
from schema.types.search import SearchResult

MOST_NODES = 100


def root(resolver: Any, description: str, *, depends: Condition | None = None) -> Any:
    """A root field that returns one thing, or null. `depends` says under which scopes it depends on who asks."""
    return strawberry.field(resolver=resolver, description=description, metadata=per_viewer(depends))


def _viewer(info: Info):
    _ = info.context.scope
    return info.context.viewer


def _firm(info: Info):
    return info.context.load.one(Kind.FIRM, info.context.firm_id)


def _revision(info: Info):
    _ = info.context.scope
    return info.context.position.revision


def _epoch(info: Info):
    _ = info.context.scope
    return str(info.context.position.epoch)


def _node(info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The id.")]):
    _ = info.context.scope
    return info.context.load.one(*parse(id))


async def _nodes(
    info: Info,
    ids: Annotated[list[strawberry.ID], strawberry.argument(description=f"At most {MOST_NODES} ids, of any kind.")],
):
    if len(ids) > MOST_NODES:
        told = f"At most {MOST_NODES} ids at a time, not {len(ids)}."
        raise Invalid(told, "ids", reason=Reason.TOO_MANY, maximum=MOST_NODES, actual=len(ids))
    _ = info.context.scope
    loading = [info.context.load.one(*parse(id)) for id in ids]
    return [await row if isawaitable(row) else row for row in loading]


async def _search(
    info: Info,
    text: Annotated[
        str,
        strawberry.argument(
            description=f"What to search for: {NAME.bounds}. Each word of it, at most {SEARCHED_WORDS.most}, must be "
            "found as the beginning of a word, or misspelled by one letter."
        ),
    ],
    kinds: Annotated[
        list[SearchedKind] | None, strawberry.argument(description="Among these kinds of things; all when left out.")
    ] = None,
    first: Annotated[int, strawberry.argument(description=f"How many results at most, from {RESULTS}.")] = 20,
):
    among = None if kinds is None else [Kind(kind.value) for kind in kinds]
    return await search(info.context.scope, text, among, first)


async def _scheduled(
    info: Info,
    until: Annotated[
        DateTime | None, strawberry.argument(description="Until this moment; for as long as there is when left out.")
    ] = None,
    first: Annotated[int, strawberry.argument(description=f"How many things at most, {SCHEDULED}.")] = 50,
):
    return await scheduled(info.context.scope, until, first)


def _shortcodes(info: Info):
    _ = info.context.scope
    return list(SHORTCODES.values())


@strawberry.type
class AskedByItself:
    """What is neither a list nor of one."""

    viewer: Viewer | None = root(_viewer, "Who is signed in, and what they may do.", depends=always)
    firm: Firm | None = root(_firm, "The viewer's firm.")
    revision: Revision = root(
        _revision,
        "The firm's revision, read before anything else in the operation: the `after` to subscribe with. The stream "
        "may repeat what the answer already has; it never misses anything.",
    )
    epoch: strawberry.ID = root(
        _epoch, "Names the log that revisions are of: another one means that a backup was restored."
    )
    node: Node | None = root(
        _node, "Anything by its id; null when there is no such thing, or you may not see it.", depends=own_rows(*Kind)
    )
    nodes: list[Node | None] = strawberry.field(
        resolver=_nodes,
        description=f"Things by their ids, at most {MOST_NODES}, in the order of the ids, with null for what you may "
        "not see.",
        directives=[ListSize(assumed_size=20, slicing_arguments=["ids"])],
        metadata=per_viewer(own_rows(*Kind)),
    )
    search: SearchResult | None = strawberry.field(
        resolver=_search,
        description="Jobs, accounts, tasks and whatever else is searched for, by its words, as far as you see it. "
        "Lists take `search` in their filters.",
    )
    scheduled: Schedule | None = strawberry.field(
        resolver=_scheduled,
        description="What is coming by itself, as far as you see it: mail that is to be sent, clients who are to be "
        "reminded, recurrences that are to make jobs.",
    )
    activity: EventConnection = activity_of_firm()
    shortcodes: list[Shortcode] = strawberry.field(
        resolver=_shortcodes,
        description="What texts of templates may hold to be filled in. The same for everybody, and at any time.",
        directives=[ListSize(assumed_size=len(SHORTCODES))],
    )


_LISTS: dict[str, Any] = {name: field for declared in LISTS for name, field in fields_of(declared).items()}
_REPORTS: dict[str, Any] = {declared.name: field_of(declared) for declared in REPORTS}
_PREVIEWS = {
    "template_preview": template_preview,
    "undoable": undoable,
    "upcoming_occurrences": upcoming_occurrences,
    "automation_preview": automation_preview,
    "automation_dry_run": automation_dry_run,
}
_REPORTS |= {"attention_report": attention, "forecast": forecast}
Query: Any = strawberry.type(
    type("Query", (AskedByItself,), _LISTS | _PREVIEWS | _REPORTS),
    description="Everything that can be asked. Another firm's things do not exist here.",
)
