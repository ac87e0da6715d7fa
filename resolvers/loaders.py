"""Loaders of one operation: whatever a document asks of however many rows costs one statement a kind.

None is a coroutine: an operation that fails half-way would leave those behind unawaited."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import islice
from typing import Any, Protocol, TypeVar
from uuid import UUID

import orjson

from models import boards
from models.checklists import ChecklistEntry
from models.errors import Invalid
from models.firm.account_roles import RoleHolders, holders_at
from models.firm.saved_views import named_in, without_hidden
from models.ids import Kind
from models.items.reads import (
    Awaiting,
    LinkKey,
    Outstanding,
    Wanted,
    awaiting,
    item_counts,
    items_of_jobs,
    outstanding,
)
from models.items.sums import Sum, sums_of_jobs
from models.log import Logged, Reached
from models.money import Money
from models.policies import hides_own
from models.reasons import Reason
from models.relations import Related, blocked_jobs, related_jobs
from models.scope import Rows, Scope, Viewer
from models.seen import Firm, Item, Job, Member, Row, Stage, Status, Tag, Task, TimeEntry, named
from resolvers.batching import Joint, Loader, Soon, after
from resolvers.item_pages import ItemPage, item_page, items_asked
from resolvers.paging import HistoryPage, HistoryPaging
from resolvers.timing import Timing
from schema.inputs.filters import LinkedItemFilter

K = TypeVar("K")
V = TypeVar("V")
W = TypeVar("W")
R = TypeVar("R", bound=Row)
Load = Callable[[Sequence[K]], Awaitable[Mapping[K, V]]]


class Asking(Protocol):
    """The operation that loaders are of, as far as it matters to them."""

    #: Whoever asked has gone.
    abandoned: bool

    @property
    def scope(self) -> Scope:
        """What may be seen."""

    @property
    def viewer(self) -> Viewer:
        """Who asks."""

    def rows_of(self, kind: Kind) -> Rows[Any]:
        """The rows of a kind that are seen."""

    @property
    def firm_id(self) -> UUID:
        """The firm."""

    @property
    def timing(self) -> Timing:
        """The clock."""

    def holds(self, things: int) -> bool:
        """Whether the answer has room for so many things more."""

    async def read_histories(
        self, job_ids: Sequence[UUID], *, reached: Reached, limit: int
    ) -> dict[UUID, list[Logged]]:
        """What is shown of the histories of these jobs."""

    async def log_begins(self, firm_id: UUID) -> datetime | None:
        """Since when the firm's log has everything."""


class Loaders:
    """One operation's loaders, made as they are needed. Lists come as futures; of single things, what is known already
    comes as it is."""

    def __init__(self, context: Asking) -> None:
        self._context = context
        self._loaders: dict[Any, Loader[Any, Any]] = {}
        self._sums: Joint[UUID, Sum, int] = Joint(sums_of_jobs)

    def _loader(self, key: Any, load: Load[K, V], absent: Callable[[], V]) -> Loader[K, V]:
        if key not in self._loaders:

            async def unless_abandoned(keys: Sequence[K]) -> Mapping[K, V]:
                # Of an abandoned operation nobody reads anything any more: it only has to come to its end.
                return {} if self._context.abandoned else await load(keys)

            self._loaders[key] = Loader(unless_abandoned, absent)
        return self._loaders[key]

    def _lists(self, key: Any, load: Load[K, list[V]]) -> Loader[K, list[V]]:
        return self._loader(key, load, list[V])

    def _rows(self, kind: Kind) -> Loader[UUID, Any]:
        loader = self._loaders.get(kind)
        if loader is None:
            loader = self._loader(kind, lambda ids: self._context.rows_of(kind).many(ids), _nothing)
            # Where a row names none, there is none.
            loader.know({None: None})
        return loader

    def _rows_on_jobs(self, kind: Kind) -> Loader[UUID, Any]:
        """Those of a kind that are linked to jobs in sight: the scope sees them all, so nobody's own are among them
        that another would not see."""
        if not hides_own(named(kind).policy, self._context.scope):
            return self._rows(kind)
        return self._loader(("on jobs", kind), lambda ids: self._context.scope.of_kind(kind).many(ids), _nothing)

    def one(self, kind: Kind, id: UUID) -> Soon[Row | None]:
        """A visible row by its id, or None."""
        return self._rows(kind).get(id)

    def those(self, kind: Kind, ids: Sequence[Any]) -> Soon[list[Row | None]]:
        """The visible rows of these ids, each in its place; None where there is none."""
        return self._rows(kind).together(ids)

    def several(self, kind: Kind, ids: Sequence[UUID]) -> Awaitable[list[Row]]:
        """Those of the rows that are visible, in the order of the ids."""

        async def load(wanted: Sequence[tuple[UUID, ...]]) -> dict[tuple[UUID, ...], list[Row]]:
            return await self._visible(kind, {ids: ids for ids in wanted})

        return self._lists(("several", kind), load).future(tuple(ids))

    def timer(self, member_id: UUID) -> Soon[TimeEntry | None]:
        """The viewer's running timer, wherever it runs."""

        async def load(members: Sequence[UUID]) -> dict[UUID, TimeEntry]:
            running = "seen.member_id = ANY($1) AND seen.started_at IS NOT NULL"
            rows = await self._context.viewer.rows(TimeEntry).read(running, list(members))
            return {row.member_id: row for row in rows}

        return self._loader("timer", load, _nothing).get(member_id)

    @property
    def tags(self) -> Loader[UUID, list[Tag]]:
        """Accounts' tags."""
        return self._lists("tags", boards.tags_of_accounts)

    @property
    def team(self) -> Loader[UUID, list[Member]]:
        """Accounts' teams."""
        return self._lists("team", boards.teams_of_accounts)

    def roles(self, account_id: UUID) -> Awaitable[list[RoleHolders]]:
        """The roles that somebody holds at an account."""
        return self._lists("roles", holders_at).future(account_id)

    def open_jobs(self, account_id: UUID) -> Soon[int]:
        """How many visible jobs of an account are neither completed nor archived."""
        return self._loader("open_jobs", self._scoped(boards.open_jobs), int).get(account_id)

    def stages(self, pipeline_id: UUID) -> Awaitable[list[Stage]]:
        """A pipeline's stages in order."""
        load = self._taken_over(Kind.STAGE, self._scoped(boards.stages_of))
        return self._lists("stages", load).future(pipeline_id)

    def statuses(self, pipeline_id: UUID) -> Awaitable[list[Status]]:
        """A pipeline's job statuses."""
        load = self._taken_over(Kind.STATUS, self._scoped(boards.statuses_of))
        return self._lists("statuses", load).future(pipeline_id)

    def members(self, pipeline_id: UUID) -> Awaitable[list[Member]]:
        """The members that a pipeline is available to."""
        return self._lists("members", boards.members_of_pipelines).future(pipeline_id)

    def jobs_in_pipeline(self, pipeline_id: UUID) -> Soon[int]:
        """How many visible cards a pipeline's board has."""
        return self._loader("in_pipeline", self._scoped(boards.cards_in), int).get(pipeline_id)

    def jobs_on_stage(self, stage_id: UUID) -> Soon[int]:
        """How many visible cards a stage has."""
        return self._loader("on_stage", self._scoped(boards.cards_on), int).get(stage_id)

    def cards(self, stage_id: UUID, limit: int) -> Awaitable[list[Job]]:
        """The visible cards of a stage, from the top."""
        _check_cards(limit)
        read = self._scoped(lambda scope, stages: boards.cards(scope, stages, limit))
        return self._lists(("cards", limit), self._taken_over(Kind.JOB, read)).future(stage_id)

    async def cut(self, stage_id: UUID, limit: int) -> bool:
        """Whether a stage has more visible cards than this."""
        _check_cards(limit)
        return await self._loader("on_stage", self._scoped(boards.cards_on), int).future(stage_id) > limit

    def shown_filter(self, view: Any) -> Soon[str | None]:
        """The filter of a saved view as JSON, without what it names that is out of sight."""
        if view.job_filter is None:
            return None

        async def load(views: Sequence[Any]) -> dict[Any, str | None]:
            named = {thing for view in views for thing in named_in(view.job_filter)}
            seen: set[tuple[Kind, UUID]] = set()
            for kind in Kind:
                ids = [id for of, id in named if of is kind]
                seen |= (
                    {(kind, row.id) for row in await self._rows(kind).many(ids) if row is not None} if ids else set()
                )
            shown = {view: without_hidden(view.job_filter, frozenset(seen)) for view in views}
            return {view: orjson.dumps(filter).decode() for view, filter in shown.items()}

        return self._loader("shown_filter", load, _nothing).get(view)

    def _scoped(self, read: Callable[[Scope, Sequence[UUID]], Awaitable[dict[UUID, V]]]) -> Load[UUID, V]:
        return lambda ids: read(self._context.scope, ids)

    def _taken_over(self, kind: Kind, read: Load[UUID, list[R]]) -> Load[UUID, list[R]]:
        """Read, and keep each row for whoever asks for it by its id: the cards of a board ask for their stage."""

        async def load(ids: Sequence[UUID]) -> Mapping[UUID, list[R]]:
            found = await read(ids)
            self._rows(kind).know({row.id: row for rows in found.values() for row in rows})
            return found

        return load

    def within(self, of: Any, kind: Kind, owner: UUID, read: Load[UUID, list[R]]) -> Awaitable[list[R]]:
        """What belongs to a thing, read for all that are asked about alike."""
        return self._lists(("within", of), self._taken_over(kind, read)).future(owner)

    def count_within(self, of: Any, owner: UUID, count: Load[UUID, int]) -> Awaitable[int]:
        """How much of it there is."""
        return self._loader(("count within", of), count, int).future(owner)

    @property
    def assignees(self) -> Loader[UUID, list[Member]]:
        """Jobs' assignees."""
        return self._lists("assignees", boards.assignees_of_jobs)

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

        return self._loader("job_of", load, _nothing).get(item_id)

    def jobs_of(self, item_id: UUID) -> Awaitable[list[Job]]:
        """The visible jobs of an item, in the order in which it was linked to them."""
        load = self._taken_over(Kind.JOB, self._scoped(boards.jobs_of_items))
        return self._lists("jobs_of", load).future(item_id)

    def checklist(self, of: Any) -> Awaitable[list[ChecklistEntry]]:
        """What stands on the checklist of a task, or of a chat for its client."""

        async def load(rows: Sequence[Any]) -> dict[Any, list[ChecklistEntry]]:
            return {row: row.entries for row in rows}

        return self._lists("checklist", load).future(of)

    def invoice_of_proposal(self, proposal_id: UUID) -> Soon[Row | None]:
        """The visible invoice that was made of a proposal."""

        async def load(proposals: Sequence[UUID]) -> dict[UUID, Row]:
            found = await self._context.rows_of(Kind.INVOICE).read("seen.proposal_id = ANY($1)", list(proposals))
            rows = self._rows(Kind.INVOICE)
            rows.know({invoice.id: invoice for invoice in found})
            # The same row as everywhere in the answer, also where that was read before.
            known = await rows.many(invoice.id for invoice in found)
            return dict(zip((invoice.proposal_id for invoice in found), known, strict=True))

        return self._loader("invoice_of_proposal", load, _nothing).get(proposal_id)

    @property
    def blocked(self) -> Loader[UUID, bool]:
        """Whether another job blocks each job."""
        return self._loader("blocked", blocked_jobs, bool)

    def relations(self, job_id: UUID) -> Awaitable[list[Related]]:
        """What a job is to others that are visible."""
        return self._lists("relations", self._scoped(related_jobs)).future(job_id)

    def sum(self, which: Sum) -> Loader[UUID, int]:
        """What the items of jobs add up to."""
        return self._loader(which, partial(self._sums.load, which), int)

    def parts(self, read: Load[UUID, list[V]], owner: UUID) -> Awaitable[list[V]]:
        """What a thing consists of besides its row, read for all that are asked about alike."""
        return self._parts(read).future(owner)

    def made_of_parts(self, read: Load[UUID, list[V]], make: Callable[[R, list[V]], W], thing: R) -> Awaitable[W]:
        """What follows from these parts of a thing, which are read once, whatever else is asked of them."""

        async def load(things: Sequence[R]) -> dict[R, W]:
            parts = await self._parts(read).many(each.id for each in things)
            return {each: make(each, those) for each, those in zip(things, parts, strict=True)}

        return self._loader(("made of parts", read, make), load, _unknown).future(thing)

    def _parts(self, read: Load[UUID, list[V]]) -> Loader[UUID, list[V]]:
        return self._lists(("parts", read), read)

    def named_by(self, read: Load[UUID, Sequence[UUID]], kind: Kind, owner: UUID) -> Awaitable[list[Row]]:
        """The visible ones of the things of a kind that a thing names, in its order."""

        async def load(owners: Sequence[UUID]) -> dict[UUID, list[Row]]:
            return await self._visible(kind, await read(owners))

        return self._lists(("named by", read, kind), load).future(owner)

    async def _visible(self, kind: Kind, named: Mapping[K, Sequence[UUID]]) -> dict[K, list[Row]]:
        found = iter(await self._rows(kind).many(id for ids in named.values() for id in ids))
        return {of: [row for row in islice(found, len(ids)) if row is not None] for of, ids in named.items()}

    def on_its_day(self, holds: Callable[[R, date], bool], thing: R) -> Soon[bool]:
        """Whether this holds of a thing today, in the firm's calendar."""

        async def load(things: Sequence[R]) -> dict[R, bool]:
            today = await self._days.future(self._context.firm_id)
            return {each: holds(each, today) for each in things}

        return self._loader(("on its day", holds), load, bool).get(thing)

    @property
    def outstanding(self) -> Loader[UUID, list[Outstanding]]:
        """What holds jobs."""
        return self._lists("outstanding", outstanding)

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

    def overdue(self, jobs: Sequence[Job]) -> Soon[list[bool]]:
        """Whether jobs are overdue today."""
        if all(job.due_date is None for job in jobs):
            return [False] * len(jobs)
        statuses = self.those(Kind.STATUS, [None if job.due_date is None else job.status_id for job in jobs])

        def are_overdue(today: date, statuses: Sequence[Status | None]) -> list[bool]:
            return list(map(partial(_is_overdue, today), jobs, statuses))

        return after(are_overdue, self._days.get(self._context.firm_id), statuses)

    def day_of(self, firm_id: UUID) -> Soon[date]:
        """The firm's day."""
        return self._days.get(firm_id)

    @property
    def _days(self) -> Loader[UUID, Any]:
        async def load(firms: Sequence[UUID]) -> dict[UUID, date]:
            found: list[Firm] = await self._rows(Kind.FIRM).many(firms)
            return {firm.id: self._context.timing.day_in(firm.time_zone) for firm in found}

        return self._loader("day", load, _nothing)

    def stage_limits(self, jobs: Sequence[Job]) -> Soon[list[datetime | None]]:
        """When jobs will have been on their stages for too long."""
        stages = self.those(Kind.STAGE, [job.stage_id for job in jobs])
        return after(lambda stages: list(map(_limit, jobs, stages)), stages)

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

        return self._loader(key, load, _nothing)

    async def history(self, job_id: UUID, first: int, after: str | None) -> HistoryPage:
        """A page of a job's history, newest first."""
        paging = HistoryPaging.by(first, after)
        # Before they are read: a page of which nothing but its cursors was asked for costs no less.
        if not self._context.holds(first):
            return paging.page([])

        async def load(ids: Sequence[UUID]) -> dict[UUID, list[Logged]]:
            return await self._context.read_histories(ids, reached=paging.reached, limit=first + 1)

        read: list[Logged] = await self._lists(("history", first, after), load).future(job_id)
        return paging.page(read)

    def log_begins(self) -> Soon[datetime | None]:
        """Since when the firm's log has everything; None where it has all."""

        async def load(firms: Sequence[UUID]) -> dict[UUID, datetime | None]:
            return {firm: await self._context.log_begins(firm) for firm in firms}

        return self._loader("log_begins", load, _nothing).get(self._context.firm_id)

    async def _firm(self) -> Firm:
        firm: Firm = await self._rows(Kind.FIRM).future(self._context.firm_id)
        return firm


def _check_cards(limit: int) -> None:
    if not 1 <= limit <= boards.MOST_CARDS:
        told = f"`limit` is from 1 to {boards.MOST_CARDS:,}, not {limit}."
        raise Invalid(told, "limit", reason=Reason.OUT_OF_RANGE, minimum=1, maximum=boards.MOST_CARDS, unit="THINGS")


def _nothing() -> None:
    return None


def _unknown() -> Any:
    """In the place of what is made of nothing but what is there: everything that is asked about has it."""
    return None


def _money(amount: Decimal | None, currency: str) -> Money | None:
    return None if amount is None else Money(amount, currency)


def _is_overdue(today: date | None, job: Job, status: Status | None) -> bool:
    late = job.due_date is not None and today is not None and job.due_date < today
    return late and status is not None and status.can_be_overdue


def _limit(job: Job, stage: Stage | None) -> datetime | None:
    limit = None if stage is None else stage.time_limit
    return None if limit is None else job.stage_entered_at + timedelta(minutes=limit)
