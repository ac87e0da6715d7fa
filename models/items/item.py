"""The steps that the commands of every kind of linked item share: hold it, store it, link it, end it, tell of it."""

from collections import defaultdict
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from models.bounds import JOBS_OF_ITEM
from models.command import Change
from models.database import sql
from models.errors import Invalid, RuleBroken
from models.events import Event
from models.files.owners import owns
from models.files.taking import give_up_all
from models.ids import JobId, Kind, PipelineId
from models.items.kinds import item_kinds
from models.items.links import keep_minutes, keep_open, new_link, tie, untie
from models.reasons import Reason
from models.records import columns, read
from models.rows import Account, Item, Job, JobItem
from models.scope import Rows, not_found
from models.stamps import raised, stamp
from models.storing import store_all

I = TypeVar("I", bound=Item)  # noqa: E741 - an item


@dataclass(slots=True)
class Held(Generic[I]):
    """An item that the transaction holds, and the jobs that it is linked to, each with its pipeline: these are held
    too, so that they stay there."""

    item: I
    jobs: dict[JobId, PipelineId]
    #: Whether it was open when it was held, and its minutes: so its links say.
    was_open: bool
    had_tracked: int

    @property
    def job(self) -> JobId | None:
        """The job of an item that is linked to one at most."""
        return next(iter(self.jobs), None)


async def account_of(change: Change, account_id: UUID | None, job_id: UUID | None) -> UUID:
    """The account that a new item is for, read before anything is held: for what is held before jobs are."""
    if account_id is not None:
        return (await change.scope.rows(Account).get(account_id, "account_id")).id
    assert job_id is not None
    return (await change.scope.rows(Job).get(job_id, "job_id")).account_id


def expect_place(account_id: UUID | None, job_id: UUID | None) -> None:
    """`Invalid` unless it is said what a new item is for."""
    if account_id is None and job_id is None:
        told = "Name an account, or one of its jobs."
        raise Invalid(told, "account_id", reason=Reason.MISSING, field="account_id")


async def account_and_job(
    change: Change, account_id: UUID | None, job_id: UUID | None, *, beside: Collection[UUID] = ()
) -> tuple[UUID, Job | None]:
    """The account and the job that a new item is for: one of them is needed, and the account follows from the job.
    The job is held: it stays in its pipeline, which says who is told. With it the jobs of visible items `beside`, which
    are still to be locked."""
    if job_id is None:
        await hold_jobs(beside)
    else:
        job = await _hold_job(change, job_id, beside)
        await expect_one_account(change, job.account_id, account_id)
        return job.account_id, job
    expect_place(account_id, job_id)
    assert account_id is not None
    account = await change.scope.rows(Account).get(account_id, "account_id")
    return account.id, None


async def _hold_job(change: Change, job_id: UUID, beside: Collection[UUID]) -> Job:
    jobs = change.scope.rows(Job)
    if not beside:
        return await jobs.share(job_id, "job_id")
    # Before it is held: nobody waits for a job that they do not see. It may have moved until it is.
    await jobs.get(job_id, "job_id")
    await hold_jobs(beside, job_id)
    return await jobs.get(job_id, "job_id")


async def open_place(
    change: Change, account_id: UUID | None, job_id: UUID | None, *, beside: Collection[UUID] = ()
) -> tuple[UUID, Job | None]:
    """As `account_and_job`, and the account is in use: it is held, so that it is not archived meanwhile."""
    account, job = await account_and_job(change, account_id, job_id, beside=beside)
    await _hold_in_use(account, "account_id" if job_id is None else "job_id")
    return account, job


async def expect_in_use(change: Change, item: Item, path: str | None = None) -> None:
    """`RuleBroken` where the item's account is archived. It is held, so that it is not archived meanwhile."""
    await _hold_in_use(item.account_id, path or f"{item.kind}_id")


async def _hold_in_use(account_id: UUID, path: str) -> None:
    expect_used(account_id, await hold_accounts([account_id]), path)


# Shared: what is done for one client at once has nothing to wait for.
_HOLD_ACCOUNTS = "SELECT id, archived_at IS NULL AS used FROM account WHERE id = ANY($1) ORDER BY id FOR SHARE"


async def hold_accounts(ids: Collection[UUID]) -> frozenset[UUID]:
    """Hold accounts, so that they are not archived meanwhile. Those of them that are in use."""
    return frozenset(row["id"] for row in await sql(_HOLD_ACCOUNTS, list(ids)) if row["used"])


def expect_used(account_id: UUID, used: Container[UUID], path: str) -> None:
    """`RuleBroken` where an account is none of those that are in use."""
    if account_id not in used:
        told = "This client's account is archived. Restore it first."
        raise RuleBroken(told, path, reason=Reason.ARCHIVED, kind=Kind.ACCOUNT.value)


async def expect_one_account(change: Change, of_job: UUID, account_id: UUID | None) -> None:
    """`RuleBroken` where an account is named besides a job which is another one's; `NotFound` where it is not seen."""
    if account_id not in (None, of_job):
        of_account(of_job, (await change.scope.rows(Account).get(account_id, "account_id")).id)


def of_account(of_job: UUID, account_id: UUID) -> None:
    """`RuleBroken` unless the account of a job is this one."""
    if of_job != account_id:
        told = "This job belongs to another account. Choose a job of the same account."
        raise RuleBroken(told, "job_id", reason=Reason.ELSEWHERE, kind=Kind.ACCOUNT.value)


async def create(change: Change, item: I, job: Job | None) -> Held[I]:
    """Write a new item, linked to this job if there is one."""
    if job is not None:
        item.keep_linked(job.id)
    await item.save(force_create=True)
    if job is not None:
        await tie(item, [job.id], change.now, change.member_id)
    return Held(item, {job.id: job.pipeline_id} if job is not None else {}, item.open, item.tracked)


async def create_beside(change: Change, item: I, other: Held[Any]) -> Held[I]:
    """Write a new item, linked to all jobs of another one of the account, which is held with them."""
    await item.save(force_create=True)
    if other.jobs:
        await tie(item, other.jobs, change.now, change.member_id)
    return Held(item, dict(other.jobs), item.open, item.tracked)


async def create_several(change: Change, new: Sequence[I], job: Job) -> list[Held[I]]:
    """Write new items of a kind, linked to this job: as `create` does of one, in as many statements however many there
    are."""
    if not new:
        return []
    for item in new:
        item.keep_linked(job.id)
    await type(new[0]).bulk_create(new)
    await JobItem.bulk_create([new_link(job, item, change.now, change.member_id) for item in new])
    return [Held(item, {job.id: job.pipeline_id}, item.open, item.tracked) for item in new]


# Shared: changes of one job's items run beside each other; moving or deleting the job waits for them. In the order of
# their ids, also the one that the item is to be linked to. None of an item that is out of sight: whoever waits for
# another firm's job is told that there is one.
_HOLD_JOBS = """
WITH asked AS MATERIALIZED (
    SELECT item.id, item.version FROM {table} AS item WHERE item.id = $1 AND {seen}
), linked AS (
    SELECT job_id AS id FROM job_item WHERE item = (SELECT id FROM asked) AND unlinked_at IS NULL
), held AS (
    SELECT id, pipeline_id FROM job
    WHERE id IN (SELECT id FROM linked UNION SELECT $2::uuid FROM asked) ORDER BY id FOR SHARE
)
SELECT asked.version, held.id AS job, held.pipeline_id, EXISTS (SELECT FROM linked WHERE linked.id = held.id) AS linked
FROM asked LEFT JOIN held ON true
"""


async def lock(rows: Rows[I], model: type[I], id: UUID, path: str, job_id: UUID | None = None) -> Held[I]:
    """An item with its jobs, and with one more, held until the transaction ends; or `NotFound`."""
    # The jobs first, as when they are deleted.
    version, jobs = await _hold_jobs(rows, model, id, job_id)
    item = await rows.lock(id, path)
    # Whether the links are still these.
    if item.version != version or not _links_raise_version(item):
        _, jobs = await _hold_jobs(rows, model, id, job_id)
    return Held(item, jobs, item.open, item.tracked)


async def lock_with_job(change: Change, model: type[I], id: UUID, path: str, job_id: UUID) -> tuple[Held[I], Job]:
    """An item, and a visible job that it is to be linked to or unlinked from, both held; or `NotFound`."""
    jobs = change.scope.rows(Job)
    # Before it is held: nobody waits for a job that they do not see. It may have moved until it is.
    await jobs.get(job_id, "job_id")
    held = await lock(change.scope.rows(model), model, id, path, job_id)
    return held, await jobs.get(job_id, "job_id")


def _links_raise_version(item: Item) -> bool:
    """Whether linking and unlinking raise an item's version: where it is seen with its jobs. Elsewhere those who see
    none of its jobs would be told by it that something was linked."""
    return item.policy.with_jobs


async def _hold_jobs(
    rows: Rows[I], model: type[I], id: UUID, more: UUID | None
) -> tuple[int | None, dict[JobId, PipelineId]]:
    statement = _HOLD_JOBS.format(table=model._meta.db_table, seen=rows.condition("item", 3))
    found = await sql(statement, id, more, *rows.values)
    jobs = {row["job"]: row["pipeline_id"] for row in found if row["linked"]}
    return found[0]["version"] if found else None, jobs


async def store(change: Change, held: Held[I], *changed: str) -> None:
    """Write the changed columns of an item, and on its links what is kept there of it."""
    await held.item.store(*changed)
    if held.jobs and held.item.open != held.was_open:
        await keep_open([held.item], change.now)
    if held.jobs and held.item.tracked != held.had_tracked:
        await keep_minutes(held.item)


_HOLD_JOBS_OF = """
WITH linked AS (
    SELECT item, job_id FROM job_item WHERE item = ANY($1) AND unlinked_at IS NULL
), held AS (
    SELECT id, pipeline_id FROM job
    WHERE id IN (SELECT job_id FROM linked UNION SELECT $2::uuid) ORDER BY id FOR SHARE
)
SELECT linked.item, held.id AS job, held.pipeline_id FROM held LEFT JOIN linked ON linked.job_id = held.id
"""


async def hold_jobs(ids: Collection[UUID], job_id: UUID | None = None) -> dict[UUID, dict[JobId, PipelineId]]:
    """Hold the jobs of items, of whatever kinds, and one more: of all that a command is about to lock, in one order. By
    item."""
    jobs: dict[UUID, dict[JobId, PipelineId]] = defaultdict(dict)
    for row in await sql(_HOLD_JOBS_OF, list(ids), job_id) if ids or job_id else ():
        if row["item"] is not None:
            jobs[row["item"]][row["job"]] = row["pipeline_id"]
    return jobs


async def lock_several(rows: Rows[I], model: type[I], ids: Collection[UUID], path: str, *within: str) -> list[Held[I]]:
    """Items of a kind with their jobs, held until the transaction ends, in the order of their ids; or `NotFound`, which
    names the list that the ids are in, and the place there of what has them `within`."""
    if not ids:
        return []
    held = await lock_visible(rows, ids)
    _expect_all(model, ids, held, path, *within)
    return list(held.values())


async def lock_visible(rows: Rows[I], ids: Iterable[UUID]) -> dict[UUID, Held[I]]:
    """Those of items of a kind that are visible, with their jobs, held until the transaction ends, in the order of
    their ids."""
    # Before they are held: nobody waits for something that they do not see.
    visible = (await rows.many(ids)).keys()
    await hold_jobs(visible)
    locked = await rows.lock_many(visible)
    # Whether the links are still these.
    jobs = await hold_jobs(locked.keys())
    return {id: Held(item, jobs.get(id, {}), item.open, item.tracked) for id, item in locked.items()}


def _expect_all(model: type[Item], ids: Iterable[UUID], found: Container[UUID], path: str, *within: str) -> None:
    for place, id in enumerate(ids):
        if id not in found:
            inside: tuple[str | int, ...] = (place, *within) if within else ()
            raise not_found(model.kind, id, path, *inside)


async def store_several(change: Change, held: Sequence[Held[I]], *changed: str) -> None:
    """Write these columns of items of a kind, and on their links whether they are open: as `store` does of one, in as
    many statements however many there are."""
    await store_all([each.item for each in held], *changed)
    if turned := [each.item for each in held if each.jobs and each.item.open != each.was_open]:
        await keep_open(turned, change.now)


def may_link(held: Held[I], job: Job) -> bool:
    """Whether the item is to be linked to the job: not where it is already. `RuleBroken` when it cannot be."""
    if job.id in held.jobs:
        return False
    held.item.expect_linkable()
    if held.item.one_job and held.jobs:
        kind = held.item.kind
        told = f"This {kind.spoken} is linked to another job. Unlink it first."
        raise RuleBroken(told, f"{kind}_id", reason=Reason.LINKED, kind=kind.value)
    of_account(job.account_id, held.item.account_id)
    if len(held.jobs) >= JOBS_OF_ITEM.most:
        kind = held.item.kind
        raise RuleBroken(
            f"This {kind.spoken} is linked to as many jobs as it can be: {len(held.jobs)}. Unlink it from one first.",
            f"{kind}_id",
            reason=Reason.FULL,
            kind=Kind.JOB.value,
            maximum=JOBS_OF_ITEM.most,
        )
    return True


async def link(change: Change, held: Held[I], job: Job) -> None:
    """Link an item to a job, which the transaction holds."""
    await _mark_linked(held.item)
    await tie(held.item, [job.id], change.now, change.member_id)
    held.jobs[job.id] = job.pipeline_id
    change.record(item_kinds()[held.item.kind].linked(**held.item.named, job=job.id, pipeline=job.pipeline_id))


async def unlink(change: Change, held: Held[I], job_id: UUID) -> None:
    """Unlink an item from a job, if it is linked to it. It stays with the account."""
    if job_id not in held.jobs:
        return
    await _mark_linked(held.item)
    await untie(held.item, job_id, change.now)
    pipeline = held.jobs.pop(job_id)
    change.record(item_kinds()[held.item.kind].unlinked(**held.item.named, job=job_id, pipeline=pipeline))


async def _mark_linked(item: Item) -> None:
    if _links_raise_version(item):
        await item.store()


async def end(held: Held[I], *parts: UUID) -> None:
    """Delete an item for good, with its links to jobs and contacts. The files of it and of these parts are given up."""
    if owns(held.item.kind) or parts:
        await give_up_all(held.item.firm_id, [held.item.id, *parts])
    table = held.item._meta.db_table
    await sql(_END.format(table=table), held.item.id)


_END = """
WITH ended AS (DELETE FROM job_item WHERE item = $1), forgotten AS (DELETE FROM item_recipient WHERE item = $1)
DELETE FROM {table} WHERE id = $1
"""


def tell(change: Change, event: Callable[..., Event], held: Held[I], **fields: Any) -> None:
    """Record an event of an item."""
    for place in _places(held):
        change.record(event(**held.item.named, **place, **fields))


def _places(held: Held[I]) -> Iterator[dict[str, UUID | None]]:
    """Once for each job that it is linked to, in whose history it then is, or once with none. And where an item is seen
    with its account alone, once naming no job: for those who see none of these jobs."""
    for job, pipeline in held.jobs.items():
        yield {"job": job, "pipeline": pipeline}
    if not held.jobs or not held.item.policy.with_jobs:
        yield {"job": None, "pipeline": None}


# In the order of their ids, as everywhere. An item of several of the jobs is there once for each.
_LEAVE = """
WITH held AS MATERIALIZED (
    SELECT {columns}, link.job_id AS of_job FROM job_item AS link JOIN {table} AS item ON item.id = link.item
    WHERE link.job_id = ANY($1) AND link.kind = $2 AND link.unlinked_at IS NULL
    ORDER BY item.id FOR NO KEY UPDATE OF item
), raised AS (
    UPDATE {table} AS item SET {raised}
    FROM (SELECT DISTINCT id FROM held) AS leaving WHERE item.id = leaving.id AND $3
)
SELECT * FROM held ORDER BY id
"""


async def unlink_all(change: Change, jobs: Sequence[Job]) -> dict[UUID, list[Event]]:
    """What leaves jobs that are about to be deleted, and their links with them: one statement for each kind. Returns
    the events that say so, by job, which are still to be recorded."""
    told: dict[UUID, list[Event]] = {job.id: [] for job in jobs}
    pipelines = {job.id: job.pipeline_id for job in jobs}
    for kind in item_kinds().values():
        model = kind.model
        statement = _LEAVE.format(columns=columns(model, "item"), table=model._meta.db_table, raised=raised(4, "item"))
        for item in await read(model, statement, list(told), model.kind.value, model.policy.with_jobs, *stamp()):
            job_id: UUID = item["of_job"]  # type: ignore[index]
            told[job_id].append(kind.unlinked(**item.named, job=job_id, pipeline=pipelines[job_id]))
    return told
