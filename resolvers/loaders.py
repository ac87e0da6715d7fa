"""Loaders of one operation: whatever a document asks of however many rows costs one statement a kind.

They return futures, never coroutines: an operation that fails half-way would leave those behind unawaited."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from strawberry.dataloader import DataLoader

from models import boards, clock, time_sums
from models.errors import Invalid
from models.ids import Kind
from models.log import Logged, read_histories
from models.rows import Firm, Job, Member, Row, Stage, Status, Tag, Task
from models.scope import Scope
from models.visibility import shown
from resolvers.paging import HistoryPage, history_page, history_position
from schema.types.time import Money

if TYPE_CHECKING:
    from resolvers.context import Context

R = TypeVar("R", bound=Row)
Load = Callable[[Sequence[Any]], Awaitable[dict[Any, Any]]]


class Loaders:
    """One operation's loaders, made as they are needed. Each method returns an awaitable."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._loaders: dict[Any, DataLoader[Any, Any]] = {}

    def _loader(self, key: Any, load: Load, default: Callable[[], Any] = lambda: None) -> DataLoader[Any, Any]:
        if key not in self._loaders:

            async def batch(keys: list[Any]) -> list[Any]:
                if self._context.abandoned:
                    # Nobody reads it any more: the operation only has to come to its end.
                    return [default() for _ in keys]
                found = await load(keys)
                return [found[key] if key in found else default() for key in keys]

            self._loaders[key] = DataLoader(load_fn=batch)
        return self._loaders[key]

    def _rows(self, kind: Kind) -> DataLoader[UUID, Any]:
        return self._loader(kind, lambda ids: self._context.seen.of_kind(kind).many(ids))

    def one(self, kind: Kind, id: UUID) -> Awaitable[Row | None]:
        """A visible row by its id, or None."""
        return self._rows(kind).load(id)

    def prime(self, rows: Iterable[Row]) -> None:
        """Take over rows that are already here."""
        for row in rows:
            self._rows(row.kind).prime(row.id, row)

    def several(self, kind: Kind, ids: Sequence[UUID]) -> Awaitable[list[Row]]:
        """Those of the rows that are visible, in the order of the ids."""

        async def load(wanted: Sequence[tuple[UUID, ...]]) -> dict[tuple[UUID, ...], list[Row]]:
            rows = self._rows(kind)
            return {ids: [row for row in await rows.load_many(list(ids)) if row is not None] for ids in wanted}

        return self._loader(("several", kind), load, list).load(tuple(ids))

    def tags(self, account_id: UUID) -> Awaitable[list[Tag]]:
        """An account's tags."""
        return self._loader("tags", boards.tags_of_accounts, list).load(account_id)

    def team(self, account_id: UUID) -> Awaitable[list[Member]]:
        """An account's team."""
        return self._loader("team", boards.teams_of_accounts, list).load(account_id)

    def open_jobs(self, account_id: UUID) -> Awaitable[int]:
        """How many visible jobs of an account are neither completed nor archived."""
        return self._loader("open_jobs", lambda ids: boards.open_jobs(self._context.scope, ids), int).load(account_id)

    def stages(self, pipeline_id: UUID) -> Awaitable[list[Stage]]:
        """A pipeline's stages in order."""
        return self._loader("stages", self._taken_over(boards.stages_of), list).load(pipeline_id)

    def statuses(self, pipeline_id: UUID) -> Awaitable[list[Status]]:
        """A pipeline's job statuses."""
        return self._loader("statuses", self._taken_over(boards.statuses_of), list).load(pipeline_id)

    def _taken_over(self, read: Callable[[Scope, Sequence[UUID]], Awaitable[dict[UUID, list[R]]]]) -> Load:
        """Read, and keep each row for whoever asks for it by its id: the cards of a board ask for their stage."""

        async def load(ids: Sequence[UUID]) -> dict[UUID, list[R]]:
            found = await read(self._context.scope, ids)
            self.prime(row for rows in found.values() for row in rows)
            return found

        return load

    def members(self, pipeline_id: UUID) -> Awaitable[list[Member]]:
        """The members that a pipeline is available to."""
        return self._loader("members", boards.members_of_pipelines, list).load(pipeline_id)

    def jobs_in_pipeline(self, pipeline_id: UUID) -> Awaitable[int]:
        """How many visible cards a pipeline's board has."""
        return self._loader("in_pipeline", lambda ids: boards.cards_in(self._context.scope, ids), int).load(pipeline_id)

    def jobs_on_stage(self, stage_id: UUID) -> Awaitable[int]:
        """How many visible cards a stage has."""
        return self._loader("on_stage", lambda ids: boards.cards_on(self._context.scope, ids), int).load(stage_id)

    def cards(self, stage_id: UUID, limit: int) -> Awaitable[list[Job]]:
        """The visible cards of a stage, from the top."""
        if not 1 <= limit <= boards.MOST_CARDS:
            raise Invalid(f"`limit` is from 1 to {boards.MOST_CARDS:,}, not {limit}.")

        async def load(ids: Sequence[UUID]) -> dict[UUID, list[Job]]:
            found = await boards.cards(self._context.scope, ids, limit)
            self.prime(job for jobs in found.values() for job in jobs)
            return found

        return self._loader(("cards", limit), load, list).load(stage_id)

    def assignees(self, job_id: UUID) -> Awaitable[list[Member]]:
        """A job's assignees."""
        return self._loader("assignees", boards.assignees_of_jobs, list).load(job_id)

    def task_assignees(self, task_id: UUID) -> Awaitable[list[Member]]:
        """A task's assignees."""
        return self._loader("task_assignees", boards.assignees_of_tasks, list).load(task_id)

    def tasks(self, job_id: UUID) -> Awaitable[list[Task]]:
        """A job's tasks."""
        return self._loader("tasks", boards.tasks_of_jobs, list).load(job_id)

    def task_count(self, job_id: UUID) -> Awaitable[int]:
        """How many tasks a job has."""

        async def load(jobs: Sequence[UUID]) -> dict[UUID, int]:
            counts = await self._task_counts.load_many(list(jobs))
            return {job: count.all for job, count in zip(jobs, counts, strict=True)}

        return self._loader("task_count", load, int).load(job_id)

    def open_task_count(self, job_id: UUID) -> Awaitable[int]:
        """How many open tasks a job has."""

        async def load(jobs: Sequence[UUID]) -> dict[UUID, int]:
            counts = await self._task_counts.load_many(list(jobs))
            return {job: count.open for job, count in zip(jobs, counts, strict=True)}

        return self._loader("open_task_count", load, int).load(job_id)

    @property
    def _task_counts(self) -> DataLoader[UUID, boards.TaskCounts]:
        return self._loader("task_counts", boards.task_counts, boards.TaskCounts)

    def tracked(self, job_id: UUID) -> Awaitable[int]:
        """The minutes logged on a job."""
        return self._tracked.load(job_id)

    @property
    def _tracked(self) -> DataLoader[UUID, int]:
        return self._loader("tracked", time_sums.tracked_minutes, int)

    def remaining(self, job: Job) -> Awaitable[int | None]:
        """The minutes left of a job's budget."""
        return self._budgeting("remaining", time_sums.remaining).load(job)

    def percent_used(self, job: Job) -> Awaitable[int | None]:
        """How much of a job's budget is used."""
        return self._budgeting("percent_used", time_sums.percent_used).load(job)

    def _budgeting(self, key: str, compare: Callable[[int | None, int], int | None]) -> DataLoader[Job, int | None]:
        async def load(jobs: Sequence[Job]) -> dict[Job, int | None]:
            tracked = await self._tracked.load_many([job.id for job in jobs])
            return {job: compare(job.budget, minutes) for job, minutes in zip(jobs, tracked, strict=True)}

        return self._loader(key, load)

    def overdue(self, job: Job) -> Awaitable[bool]:
        """Whether a job is overdue today."""

        async def load(jobs: Sequence[Job]) -> dict[Job, bool]:
            due = [job for job in jobs if job.due_date is not None]
            statuses = await self._rows(Kind.STATUS).load_many([job.status_id for job in due])
            today = (await self._firm()).today(clock.now()) if due else None
            return {job: _is_overdue(job, status, today) for job, status in zip(due, statuses, strict=True)}

        return self._loader("overdue", load, bool).load(job)

    def stage_limit(self, job: Job) -> Awaitable[datetime | None]:
        """When a job will have been on its stage for too long."""

        async def load(jobs: Sequence[Job]) -> dict[Job, datetime | None]:
            stages = await self._rows(Kind.STAGE).load_many([job.stage_id for job in jobs])
            return {job: _limit(job, stage) for job, stage in zip(jobs, stages, strict=True)}

        return self._loader("stage_limit", load).load(job)

    def money(self, amount: Decimal | None) -> Awaitable[Money | None]:
        """An amount in the firm's currency."""

        async def load(amounts: Sequence[Decimal | None]) -> dict[Decimal | None, Money]:
            currency = (await self._firm()).currency
            return {
                amount: Money(amount=amount, currency=currency)  # type: ignore[arg-type]
                for amount in amounts
                if amount is not None
            }

        return self._loader("money", load).load(amount)

    async def history(self, job_id: UUID, first: int, after: str | None) -> HistoryPage:
        """A page of a job's history, newest first."""
        position = history_position(first, after)
        # Before they are read: a page of which nothing but its cursors was asked for costs no less.
        if not self._context.holds(first):
            return history_page([], first, lambda logged: False)

        async def load(ids: Sequence[UUID]) -> dict[UUID, list[Logged]]:
            return await read_histories(self._context.firm_id, ids, before=position, limit=first + 1)

        read: list[Logged] = await self._loader(("history", first, after), load, list).load(job_id)
        return history_page(read, first, lambda logged: shown(logged.event, self._context.scope) is logged.event)

    async def _firm(self) -> Firm:
        firm = await self.one(Kind.FIRM, self._context.firm_id)
        assert isinstance(firm, Firm)
        return firm


def _is_overdue(job: Job, status: Status | None, today: date | None) -> bool:
    late = job.due_date is not None and today is not None and job.due_date < today
    return late and status is not None and status.can_be_overdue


def _limit(job: Job, stage: Stage | None) -> datetime | None:
    if stage is None or stage.time_limit is None:
        return None
    return job.stage_entered_at + timedelta(minutes=stage.time_limit)
