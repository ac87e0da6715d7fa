"""The root of queries. Each resolver says which visible rows, and no more."""

from __future__ import annotations

import dataclasses
from inspect import isawaitable
from typing import Annotated, Any

import strawberry
from strawberry.types.info import Info

from models.bounds import PAGE, SORT
from models.errors import Invalid
from models.ids import Kind, decode, parse
from resolvers import filters
from resolvers.paging import USUAL, Asked, Key, page, read_date, read_datetime
from schema.inputs.filters import (
    AccountFilter,
    Direction,
    JobFilter,
    JobSort,
    JobSortField,
    MemberFilter,
    TaskFilter,
    TimeEntryFilter,
)
from schema.list_size import ListSize
from schema.scalars import Revision
from schema.types.accounts import Account
from schema.types.base import Node
from schema.types.firm import Firm, Member, Viewer
from schema.types.jobs import Job, Task
from schema.types.pages import (
    AccountConnection,
    ClientStatusConnection,
    JobConnection,
    MemberConnection,
    PipelineConnection,
    TagConnection,
    TaskConnection,
    TimeEntryConnection,
)
from schema.types.pipelines import Pipeline

MOST_NODES = 100

First = Annotated[
    int | None, strawberry.argument(description=f"How many from the start, {PAGE}; {USUAL} when left out.")
]
After = Annotated[str | None, strawberry.argument(description="Go on after this cursor.")]
Last = Annotated[int | None, strawberry.argument(description=f"How many from the end, {PAGE}.")]
Before = Annotated[str | None, strawberry.argument(description="Go on before this cursor.")]
Id = Annotated[strawberry.ID, strawberry.argument(description="The id.")]

_BY_NAME = [Key("name_order")]
_NEWEST_FIRST = [Key("created_at", descending=True, read=read_datetime)]


def listing(resolver: Any, description: str) -> Any:
    """A root field that returns a page."""
    sized = ListSize(assumed_size=50, slicing_arguments=["first", "last"])
    return strawberry.field(resolver=resolver, description=description, directives=[sized])


def root(resolver: Any, description: str) -> Any:
    """A root field that returns one thing, or null."""
    return strawberry.field(resolver=resolver, description=description)


def _plain(wanted: Any) -> Any:
    """A filter as what names it in a cursor."""
    return dataclasses.asdict(wanted) if wanted is not None else None


def _viewer(info: Info):
    _ = info.context.scope
    return info.context.viewer


def _firm(info: Info):
    return info.context.load.one(Kind.FIRM, info.context.firm_id)


def _revision(info: Info):
    _ = info.context.scope
    return info.context.revision


def _epoch(info: Info):
    _ = info.context.scope
    return str(info.context.epoch)


def _one(kind: Kind) -> Any:
    def resolver(info: Info, id: Id):
        _ = info.context.scope
        return info.context.load.one(kind, decode(kind, id))

    return resolver


def _node(info: Info, id: Id):
    _ = info.context.scope
    return info.context.load.one(*parse(id))


async def _nodes(
    info: Info,
    ids: Annotated[list[strawberry.ID], strawberry.argument(description=f"At most {MOST_NODES} ids, of any kind.")],
):
    if len(ids) > MOST_NODES:
        raise Invalid(f"At most {MOST_NODES} ids at a time, not {len(ids)}.", "ids")
    _ = info.context.scope
    loading = [info.context.load.one(*parse(id)) for id in ids]
    return [await row if isawaitable(row) else row for row in loading]


async def _pipelines(info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None):
    query = info.context.scope.pipelines_seen.where()
    return await page(query, _BY_NAME, Asked(first, after, last, before), "pipelines")


async def _accounts(
    info: Info,
    filter: Annotated[AccountFilter | None, strawberry.argument(description="Which ones.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
):
    query = info.context.scope.accounts_seen.where(filters.accounts(filter))
    return await page(query, _BY_NAME, Asked(first, after, last, before), "accounts", _plain(filter))


async def _members(
    info: Info,
    filter: Annotated[MemberFilter | None, strawberry.argument(description="Which ones.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
):
    query = info.context.scope.members.where(filters.members(filter))
    return await page(query, _BY_NAME, Asked(first, after, last, before), "members", _plain(filter))


async def _tags(info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None):
    return await page(info.context.scope.tags.where(), _BY_NAME, Asked(first, after, last, before), "tags")


async def _client_statuses(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
):
    query = info.context.scope.client_statuses.where()
    return await page(query, _BY_NAME, Asked(first, after, last, before), "client_statuses")


_JOB_KEYS = {
    JobSortField.DUE_DATE: Key("due_date", nullable=True, read=read_date),
    JobSortField.CREATED_AT: Key("created_at", read=read_datetime),
    JobSortField.NAME: Key("name_order"),
    JobSortField.STAGE_ENTERED_AT: Key("stage_entered_at", read=read_datetime),
}


async def _jobs(
    info: Info,
    filter: Annotated[JobFilter | None, strawberry.argument(description="Which ones; archived ones too.")] = None,
    sort: Annotated[
        list[JobSort] | None,
        strawberry.argument(
            description=f"In which order, at most {SORT.most} levels; newest first when there is none."
        ),
    ] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
):
    query = info.context.scope.jobs.where(filters.jobs(filter))
    return await page(query, _order(sort), Asked(first, after, last, before), "jobs", _plain(filter))


def _order(sort: list[JobSort] | None) -> list[Key]:
    if not sort:
        return _NEWEST_FIRST
    if len(sort) > SORT.most or len({level.field for level in sort}) < len(sort):
        raise Invalid(f"Sort by at most {SORT.most} different fields.", "sort")
    return [_JOB_KEYS[level.field]._replace(descending=level.direction is Direction.DESC) for level in sort]


async def _tasks(
    info: Info,
    filter: Annotated[TaskFilter | None, strawberry.argument(description="Which ones.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
):
    scope = info.context.scope
    query = scope.tasks.where(filters.tasks(filter, scope))
    return await page(query, _NEWEST_FIRST, Asked(first, after, last, before), "tasks", _plain(filter))


async def _time_entries(
    info: Info,
    filter: Annotated[TimeEntryFilter | None, strawberry.argument(description="Which ones.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
):
    scope = info.context.scope
    query = info.context.viewer.time_entries.where(filters.time_entries(filter, scope))
    keys = [Key("day", descending=True, read=read_date)]
    return await page(query, keys, Asked(first, after, last, before), "time_entries", _plain(filter))


@strawberry.type(description="Everything that can be asked. Another firm's things do not exist here.")
class Query:
    """The root."""

    viewer: Viewer | None = root(_viewer, "Who is signed in, and what they may do.")
    firm: Firm | None = root(_firm, "The viewer's firm.")
    revision: Revision = root(
        _revision,
        "The firm's revision, read before anything else in the operation: the `after` to subscribe with. The stream "
        "may repeat what the answer already has; it never misses anything.",
    )
    epoch: strawberry.ID = root(
        _epoch, "Names the log that revisions are of: another one means that a backup was restored."
    )
    node: Node | None = root(_node, "Anything by its id; null when there is no such thing, or you may not see it.")
    nodes: list[Node | None] = strawberry.field(
        resolver=_nodes,
        description=f"Things by their ids, at most {MOST_NODES}, in the order of the ids, with null for what you may "
        "not see.",
        directives=[ListSize(assumed_size=20, slicing_arguments=["ids"])],
    )
    pipeline: Pipeline | None = root(_one(Kind.PIPELINE), "A pipeline; with `stages` and their `jobs` it is the board.")
    pipelines: PipelineConnection = listing(_pipelines, "The pipelines that are available to you, by name.")
    job: Job | None = root(_one(Kind.JOB), "A job.")
    jobs: JobConnection = listing(_jobs, "The jobs that you see, archived ones too.")
    task: Task | None = root(_one(Kind.TASK), "A task.")
    tasks: TaskConnection = listing(_tasks, "The tasks that you see, newest first.")
    account: Account | None = root(_one(Kind.ACCOUNT), "An account.")
    accounts: AccountConnection = listing(_accounts, "The accounts that you see, by name.")
    member: Member | None = root(_one(Kind.MEMBER), "A member of the team.")
    members: MemberConnection = listing(_members, "The team, by name.")
    tags: TagConnection = listing(_tags, "The firm's tags, by name.")
    client_statuses: ClientStatusConnection = listing(_client_statuses, "The client-facing statuses, by name.")
    time_entries: TimeEntryConnection = listing(
        _time_entries, "Your time entries, and others' with the right MANAGE_TIME_ENTRIES; latest day first."
    )
