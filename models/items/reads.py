"""What is read of the items of jobs, whatever their kinds: each for any number of jobs in one statement, and one more
for each kind where the items themselves are looked at, other than the tasks that hold jobs."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from models.bounds import OUTSTANDING
from models.database import fetch
from models.ids import Kind
from models.items.kinds import item_kinds
from models.items.sums import Sum, sums_of_jobs
from models.policies import may_see
from models.queries import column_value
from models.records import columns, read
from models.rows import Awaited, Item, JobItem, Task
from models.rows import Awaiting as Awaiting
from models.scope import Scope

Ids = Sequence[UUID]


class Wanted(NamedTuple):
    """Which items: of these kinds, open or not, where None asks for nothing; and those in the trash, or the others."""

    kinds: tuple[Kind, ...]
    open: bool | None = None
    trashed: bool = False

    @classmethod
    def of(cls, scope: Scope, kinds: Sequence[Kind] | None, open: bool | None, trashed: bool = False) -> "Wanted":
        """Of the kinds that are asked for those that the scope may see: of a job that it sees, it sees all of those."""
        there = item_kinds()
        among = there.keys() if kinds is None else set(kinds)
        seen = (kind for kind, of in there.items() if kind in among and may_see(of.model.policy, scope))
        return cls(tuple(seen), open, trashed)


class LinkKey(NamedTuple):
    """Where a link is among those of its job: they are in the order in which they were made."""

    linked_at: datetime
    item: UUID

    @classmethod
    def of(cls, linked_at: Any, item: Any) -> "LinkKey":
        """What a cursor says. Anybody can make one up: `ValueError` unless it could be one."""
        return cls(column_value(JobItem, "linked_at", linked_at), column_value(JobItem, "item", item))


class Linked(NamedTuple):
    """An item that a job has."""

    kind: Kind
    key: LinkKey


_WANTED = "unlinked_at IS NULL AND kind = ANY($2) AND ($3::boolean IS NULL OR open = $3) AND trashed = $4"
_PAGES = f"""
SELECT link.* FROM unnest($1::uuid[]) AS asked(job), LATERAL (
    SELECT job_id, kind, linked_at, item FROM job_item WHERE job_id = asked.job AND {_WANTED}
    AND ($5::timestamptz IS NULL OR (linked_at, item) > ($5, $6::uuid)) ORDER BY linked_at, item LIMIT $7
) AS link ORDER BY link.linked_at, link.item
"""


async def items_of_jobs(jobs: Ids, wanted: Wanted, after: LinkKey | None, limit: int) -> dict[UUID, list[Linked]]:
    """The next items of each job after a place, at most `limit`."""
    found: dict[UUID, list[Linked]] = defaultdict(list)
    linked_at, item = after or (None, None)
    kinds = [kind.value for kind in wanted.kinds]
    for row in await fetch(_PAGES, jobs, kinds, wanted.open, wanted.trashed, linked_at, item, limit):
        found[row["job_id"]].append(Linked(Kind(row["kind"]), LinkKey(row["linked_at"], row["item"])))
    return found


_COUNTS = f"SELECT job_id, count(*) FROM job_item WHERE job_id = ANY($1) AND {_WANTED} GROUP BY job_id"


async def item_counts(jobs: Ids, wanted: Wanted) -> dict[UUID, int]:
    """How many items each job has."""
    kinds = [kind.value for kind in wanted.kinds]
    return dict(await fetch(_COUNTS, jobs, kinds, wanted.open, wanted.trashed))


_HOLDS = f"unlinked_at IS NULL AND {Sum.HOLDING.of_links}"


async def open_item_counts(jobs: Ids) -> dict[UUID, int]:
    """How many items hold each job: the same for whoever sees it."""
    return (await sums_of_jobs(jobs, (Sum.HOLDING,)))[Sum.HOLDING]


@dataclass(frozen=True, slots=True)
class Outstanding:
    """An item that holds a job: what it waits for, and since when."""

    kind: Kind
    item_id: UUID
    title: str
    awaited: Awaited
    since: datetime


@cache
def _holding_statement() -> str:
    # How many there are is told with each of them: whoever asks for both has one statement. And most of them are tasks,
    # which come with their links: where nothing else holds a job, there is no other one.
    return f"""
    SELECT {columns(Task, "task")}, link.job_id AS of_job, link.kind AS of_kind, link.item AS of_item, link.open_since,
        link.number
    FROM unnest($1::uuid[]) AS asked(job), LATERAL (
        SELECT job_id, kind, item, open_since, count(*) OVER () AS number FROM job_item
        WHERE job_id = asked.job AND {_HOLDS} ORDER BY open_since, item LIMIT $2
    ) AS link LEFT JOIN task ON task.id = link.item AND link.kind = 'task' ORDER BY link.open_since, link.item
    """


class Lists(Enum):
    """What is listed of the items of jobs, where it can be read together with what they add up to."""

    OUTSTANDING = "outstanding"


async def read_together(jobs: Ids, wanted: Collection[Lists | Sum]) -> dict[Lists | Sum, dict[UUID, Any]]:
    """Each of these by job, in one statement for all sums, and as many as `outstanding` takes, by which what holds jobs
    is counted too. A sum is as in `sums_of_jobs`."""
    sums = {each for each in wanted if isinstance(each, Sum)}
    found: dict[Lists | Sum, dict[UUID, Any]] = {}
    if Lists.OUTSTANDING in wanted:
        links = await _holding(jobs)
        sums.discard(Sum.HOLDING)
        found[Sum.HOLDING] = {link["of_job"]: link["number"] for link in links}
        found[Lists.OUTSTANDING] = await _outstanding(links)
    if sums:
        found.update((await sums_of_jobs(jobs, sums)).items())
    return found


async def outstanding(jobs: Ids) -> dict[UUID, list[Outstanding]]:
    """What holds each job, what waits longest first, at most 200: the same for whoever sees it."""
    return await _outstanding(await _holding(jobs))


async def _holding(jobs: Ids) -> list[Any]:
    rows: list[Any] = await read(Task, _holding_statement(), jobs, OUTSTANDING.most)
    return rows


async def _outstanding(links: Sequence[Any]) -> dict[UUID, list[Outstanding]]:
    items: dict[UUID, Any] = {link.id: link for link in links if link.id is not None}
    for kind in item_kinds().values():
        ids = [link["of_item"] for link in links if link["of_kind"] == kind.model.kind]
        if ids and kind.model is not Task:
            items |= {item.id: item for item in await _read(kind.model, ids)}
    found: dict[UUID, list[Outstanding]] = defaultdict(list)
    for link in links:
        item = items.get(link["of_item"])
        # It may have ended between the statements.
        if item is not None and item.awaited is not None:
            held = Outstanding(item.kind, item.id, item.title, item.awaited, link["open_since"])
            found[link["of_job"]].append(held)
    return found


async def awaiting(items: Sequence[tuple[Kind, UUID]]) -> dict[UUID, Awaiting]:
    """Whose doing each of these open items waits for, those of each kind in a bounded few statements."""
    found: dict[UUID, Awaiting] = {}
    for kind in dict.fromkeys(kind for kind, _ in items):
        found |= await item_kinds()[kind].model.awaiting([id for of, id in items if of is kind])
    return found


async def _read(model: type[Item], ids: Ids) -> list[Item]:
    table = model._meta.db_table
    return await read(model, f"SELECT {columns(model, 'item')} FROM {table} AS item WHERE item.id = ANY($1)", ids)
