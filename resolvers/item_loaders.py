"""What is loaded of items in one operation, and of what they make of the jobs that they are linked to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from models import boards
from models.automation.automove import Why
from models.automation.facts import decisions_with
from models.automation.quota import may_be_had
from models.checklists import ChecklistEntry
from models.ids import Kind
from models.items.reads import (
    Awaiting,
    LinkKey,
    Lists,
    Outstanding,
    Wanted,
    awaiting,
    item_counts,
    items_of_jobs,
    read_together,
)
from models.items.sums import Sum
from models.money import Money
from models.policies import hides_own
from models.seen import Item, Job, Member, Row, Task, TimeEntry, named
from models.subtasks import parents_of, subtasks_of
from resolvers.batching import Joint, Loader, Soon, after
from resolvers.item_pages import ItemPage, item_page, items_asked
from resolvers.row_loaders import Asking, RowLoaders, nothing
from schema.inputs.filters import LinkedItemFilter

V = TypeVar("V")


class ItemLoaders(RowLoaders):
    """The loaders of items."""

    def __init__(self, context: Asking) -> None:
        super().__init__(context)
        self._of_items: Joint[UUID, Lists | Sum, Any] = Joint(read_together)

    def _rows_on_jobs(self, kind: Kind) -> Loader[UUID, Any]:
        """Those of a kind that are linked to jobs in sight: the scope sees them all, so nobody's own are among them
        that another would not see."""
        if not hides_own(named(kind).policy, self._context.scope):
            return self._rows(kind)
        return self._loader(("on jobs", kind), lambda ids: self._context.scope.of_kind(kind).many(ids), nothing)

    def timer(self, member_id: UUID) -> Soon[TimeEntry | None]:
        """The viewer's running timer, wherever it runs."""

        async def load(members: Sequence[UUID]) -> dict[UUID, TimeEntry]:
            running = "seen.member_id = ANY($1) AND seen.started_at IS NOT NULL"
            rows = await self._context.viewer.rows(TimeEntry).read(running, list(members))
            return {row.member_id: row for row in rows}

        return self._loader("timer", load, nothing).get(member_id)

    @property
    def task_assignees(self) -> Loader[UUID, list[Member]]:
        """Tasks' assignees."""
        return self._lists("task_assignees", boards.assignees_of_tasks)

    @property
    def tasks(self) -> Loader[UUID, list[Task]]:
        """Jobs' tasks."""
        return self._lists("tasks", boards.tasks_of_jobs)

    def job_of(self, item_id: UUID) -> Soon[Job | None]:
        """The visible job of an item that is linked to one at most."""

        async def load(items: Sequence[UUID]) -> dict[UUID, Job]:
            found = await boards.jobs_of_items(self._context.scope, items)
            rows = self._rows(Kind.JOB)
            rows.know({job.id: job for jobs in found.values() for job in jobs})
            # The same row as everywhere in the answer, also where that was read before.
            known = await rows.many(jobs[0].id for jobs in found.values())
            return dict(zip(found, known, strict=True))

        return self._loader("job_of", load, nothing).get(item_id)

    def parent_task(self, task_id: UUID) -> Soon[Task | None]:
        """The visible task that a task is a subtask of."""

        async def load(tasks: Sequence[UUID]) -> dict[UUID, Task]:
            found = await parents_of(self._context.scope, tasks)
            rows = self._rows(Kind.TASK)
            rows.know({task.id: task for task in found.values()})
            # The same row as everywhere in the answer, also where that was read before.
            known = await rows.many(task.id for task in found.values())
            return dict(zip(found, known, strict=True))

        return self._loader("parent_task", load, nothing).get(task_id)

    def subtasks(self, task_id: UUID) -> Awaitable[list[Task]]:
        """The visible subtasks of a task."""
        return self._lists("subtasks", self._taken_over(Kind.TASK, self._scoped(subtasks_of))).future(task_id)

    def jobs_of(self, item_id: UUID) -> Awaitable[list[Job]]:
        """The visible jobs of an item, in the order in which it was linked to them."""
        load = self._taken_over(Kind.JOB, self._scoped(boards.jobs_of_items))
        return self._lists("jobs_of", load).future(item_id)

    def checklist(self, of: Any) -> Awaitable[list[ChecklistEntry]]:
        """What stands on the checklist of a task, or of a chat for its client."""

        async def load(rows: Sequence[Any]) -> dict[Any, list[ChecklistEntry]]:
            return {row: row.entries for row in rows}

        return self._lists("checklist", load).future(of)

    def sum(self, which: Sum) -> Loader[UUID, int]:
        """What the items of jobs add up to."""
        return self._loader(which, partial(self._of_items.load, which), int)

    @property
    def outstanding(self) -> Loader[UUID, list[Outstanding]]:
        """What holds jobs."""
        return self._lists(Lists.OUTSTANDING, partial(self._of_items.load, Lists.OUTSTANDING))

    @property
    def waiting(self) -> Loader[UUID, list[Why]]:
        """Why jobs do not move on by themselves."""

        async def load(jobs: Sequence[UUID]) -> dict[UUID, list[Why]]:
            held = dict(zip(jobs, await self.outstanding.many(jobs), strict=True))
            # Whoever asks until when asks for the time: that answer is not given again.
            had = await may_be_had(self._context.scope.firm_id)
            until = await self._context.automations_wait_until() if had else None
            decided = await decisions_with(jobs, held, until)
            return {job: list(decision.reasons) for job, decision in decided.items()}

        return self._lists("waiting", load)

    def awaited_members(self, held: Outstanding) -> Awaitable[list[Row]]:
        """The members whose doing an open item waits for."""
        return self._awaited(Kind.MEMBER, held, lambda awaiting: awaiting.members)

    def awaited_contacts(self, held: Outstanding) -> Awaitable[list[Row]]:
        """The contacts whose doing an open item waits for."""
        return self._awaited(Kind.CONTACT, held, lambda awaiting: awaiting.contacts)

    def _awaited(
        self, kind: Kind, held: Outstanding, who: Callable[[Awaiting], Sequence[UUID]]
    ) -> Awaitable[list[Row]]:
        async def load(items: Sequence[tuple[Kind, UUID]]) -> dict[tuple[Kind, UUID], list[Row]]:
            awaiting = await self._awaiting.many(items)
            return await self._visible(kind, dict(zip(items, map(who, awaiting), strict=True)))

        return self._lists(("awaited", kind), load).future((held.kind, held.item_id))

    @property
    def _awaiting(self) -> Loader[tuple[Kind, UUID], Awaiting]:
        async def load(items: Sequence[tuple[Kind, UUID]]) -> dict[tuple[Kind, UUID], Awaiting]:
            found = await awaiting(items)
            return {item: found[item[1]] for item in items if item[1] in found}

        return self._loader("awaiting", load, Awaiting)

    async def items(self, job_id: UUID, filter: LinkedItemFilter | None, first: int, after: str | None) -> ItemPage:
        """A page of a job's items, in the order in which they were linked."""
        asked = items_asked(self._context.scope, job_id, filter, first, after)
        # Before they are read: as with a history.
        holds = self._context.holds(first)
        read = await self._linked(job_id, asked.wanted, asked.start, first + 1) if holds else []
        return item_page(read, asked, lambda: self._item_count(job_id, asked.wanted))

    def _linked(
        self, job_id: UUID, wanted: Wanted, after: LinkKey | None, limit: int
    ) -> Awaitable[list[tuple[LinkKey, Item | None]]]:
        """The next items of a job, each with its place; None for one that has ended since its place was read."""

        async def load(jobs: Sequence[UUID]) -> dict[UUID, list[tuple[LinkKey, Item | None]]]:
            found = await items_of_jobs(jobs, wanted, after, limit)
            ids: dict[Kind, list[UUID]] = {kind: [] for kind in wanted.kinds}
            for link in (link for links in found.values() for link in links):
                ids[link.kind].append(link.key.item)
            items: dict[UUID, Item | None] = {}
            for kind, of_kind in ids.items():
                items |= zip(of_kind, await self._rows_on_jobs(kind).many(of_kind), strict=True)
            return {job: [(link.key, items[link.key.item]) for link in links] for job, links in found.items()}

        return self._lists(("linked", wanted, after, limit), load).future(job_id)

    def _item_count(self, job_id: UUID, wanted: Wanted) -> Awaitable[int]:
        """How many items a job has."""
        return self._loader(("item_count", wanted), lambda jobs: item_counts(jobs, wanted), int).future(job_id)

    def budgeting(
        self, jobs: Sequence[Job], compare: Callable[[int | None, int], int | None]
    ) -> Soon[list[int | None]]:
        """What was tracked on jobs beside their budgets."""
        tracked = self.sum(Sum.TRACKED).together([job.id for job in jobs])
        return after(lambda tracked: list(map(compare, (job.budget for job in jobs), tracked)), tracked)

    def rate(self, entry: TimeEntry) -> Soon[Money | None]:
        """The price of an hour of a time entry."""
        return None if entry.rate is None else self._priced("rate", lambda entry, to: entry.rate_in(to)).get(entry)

    def amount(self, entry: TimeEntry) -> Soon[Money | None]:
        """What a time entry is worth."""
        return None if entry.rate is None else self._priced("amount", lambda entry, to: entry.amount_in(to)).get(entry)

    def _priced(self, key: str, price: Callable[[TimeEntry, str], Decimal | None]) -> Loader[TimeEntry, Money | None]:
        async def load(entries: Sequence[TimeEntry]) -> dict[TimeEntry, Money | None]:
            currency = (await self._firm()).currency
            return {entry: _money(price(entry, currency), currency) for entry in entries}

        return self._loader(key, load, nothing)


def _money(amount: Decimal | None, currency: str) -> Money | None:
    return None if amount is None else Money(amount, currency)
