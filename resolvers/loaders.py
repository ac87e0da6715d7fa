"""Loaders of one operation: whatever a document asks of however many rows costs one statement a kind."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
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

    async def several(self, kind: Kind, ids: Sequence[UUID]) -> list[Row]:
        """Those of the rows that are visible, in the order of the ids."""
        return [row for row in await self._rows(kind).load_many(list(ids)) if row is not None]

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

    async def task_count(self, job_id: UUID) -> int:
        """How many tasks a job has."""
        return (await self._task_counts(job_id)).all

    async def open_task_count(self, job_id: UUID) -> int:
        """How many open tasks a job has."""
        return (await self._task_counts(job_id)).open

    def _task_counts(self, job_id: UUID) -> Awaitable[boards.TaskCounts]:
        return self._loader("task_counts", boards.task_counts, boards.TaskCounts).load(job_id)

    def tracked(self, job_id: UUID) -> Awaitable[int]:
        """The minutes logged on a job."""
        return self._loader("tracked", time_sums.tracked_minutes, int).load(job_id)

    async def remaining(self, job: Job) -> int | None:
        """The minutes left of a job's budget."""
        return time_sums.remaining(job.budget, await self.tracked(job.id))

    async def percent_used(self, job: Job) -> int | None:
        """How much of a job's budget is used."""
        return time_sums.percent_used(job.budget, await self.tracked(job.id))

    async def overdue(self, job: Job) -> bool:
        """Whether a job is overdue today."""
        if job.due_date is None:
            return False
        status, firm = await self.one(Kind.STATUS, job.status_id), await self._firm()
        return isinstance(status, Status) and status.can_be_overdue and job.due_date < firm.today(clock.now())

    async def stage_limit(self, job: Job) -> datetime | None:
        """When a job will have been on its stage for too long."""
        stage = await self.one(Kind.STAGE, job.stage_id)
        if not isinstance(stage, Stage) or stage.time_limit is None:
            return None
        return job.stage_entered_at + timedelta(minutes=stage.time_limit)

    async def money(self, amount: Decimal | None) -> Money | None:
        """An amount in the firm's currency."""
        if amount is None:
            return None
        return Money(amount=amount, currency=(await self._firm()).currency)  # type: ignore[arg-type]

    async def history(self, job_id: UUID, first: int, after: str | None) -> HistoryPage:
        """A page of a job's history, newest first."""
        position = history_position(first, after)

        async def load(ids: Sequence[UUID]) -> dict[UUID, list[Logged]]:
            return await read_histories(self._context.firm_id, ids, before=position, limit=first + 1)

        read: list[Logged] = await self._loader(("history", first, after), load, list).load(job_id)
        return history_page(read, first, lambda logged: shown(logged.event, self._context.scope) is logged.event)

    async def _firm(self) -> Firm:
        firm = await self.one(Kind.FIRM, self._context.firm_id)
        assert isinstance(firm, Firm)
        return firm
