"""Loaders of one operation: whatever a document asks of however many rows costs one statement a kind.

None is a coroutine: an operation that fails half-way would leave those behind unawaited."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import orjson

from models import boards
from models.automation.places import automations_at
from models.automation.run_reads import failed_runs_of_jobs
from models.bounds import WORK_IN_PROGRESS
from models.errors import Invalid
from models.files.links import sign
from models.firm.account_roles import RoleHolders, holders_at
from models.firm.saved_views import named_in, without_hidden
from models.ids import Kind
from models.items.folders import folders_of_accounts
from models.log import Logged
from models.reasons import Reason
from models.relations import Related, blocked_jobs, related_jobs
from models.seen import File, Job, Member, Stage, Status, Tag
from models.shown_statuses import ShownStatus, Work, shown_of_jobs, work_of_accounts
from models.signing_keys import KEYS
from resolvers.batching import Loader, Soon, after
from resolvers.item_loaders import ItemLoaders
from resolvers.paging import HistoryPage, HistoryPaging
from resolvers.row_loaders import nothing


class Loaders(ItemLoaders):
    """One operation's loaders."""

    @property
    def tags(self) -> Loader[UUID, list[Tag]]:
        """Accounts' tags."""
        return self._lists("tags", boards.tags_of_accounts)

    @property
    def conditional_tags(self) -> Loader[UUID, list[Tag]]:
        """Stages' conditional tags."""
        return self._lists("conditional_tags", boards.conditional_tags_of_stages)

    @property
    def team(self) -> Loader[UUID, list[Member]]:
        """Accounts' teams."""
        return self._lists("team", boards.teams_of_accounts)

    def roles(self, account_id: UUID) -> Awaitable[list[RoleHolders]]:
        """The roles that somebody holds at an account."""
        return self._lists("roles", holders_at).future(account_id)

    def folders(self, account_id: UUID) -> Awaitable[list[Any]]:
        """An account's folders, each before those within it."""
        load = self._taken_over(Kind.FOLDER, self._scoped(folders_of_accounts))
        return self._lists("folders", load).future(account_id)

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

    def cards(self, limit: int) -> Loader[UUID, list[Job]]:
        """The visible cards of stages, from the top."""
        _check_cards(limit)
        read = self._scoped(lambda scope, stages: boards.cards(scope, stages, limit))
        return self._lists(("cards", limit), self._taken_over(Kind.JOB, read))

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

        return self._loader("shown_filter", load, nothing).get(view)

    def link_to(self, file: File) -> Awaitable[str | None]:
        """A link to the bytes of a file, for the viewer; none for one who was shut out meanwhile."""

        async def load(files: Sequence[File]) -> dict[File, str | None]:
            if self._context.shut_out:
                return {}
            viewer, now = self._context.viewer, self._context.timing.now
            key = await KEYS.newest()
            return {file: sign(file, viewer, key, now, self._context.link_lifetime) for file in files}

        return self._loader("link_to", load, nothing).future(file)

    @property
    def assignees(self) -> Loader[UUID, list[Member]]:
        """Jobs' assignees."""
        return self._lists("assignees", boards.assignees_of_jobs)

    def automations(self, column: str, place: UUID) -> Awaitable[list[Any]]:
        """The automations of a stage, a status or a pipeline, whichever this column names."""

        async def load(places: Sequence[UUID]) -> dict[UUID, list[Any]]:
            return await automations_at(self._context.scope, column, places)

        return self._lists(("automations", column), self._taken_over(Kind.AUTOMATION, load)).future(place)

    @property
    def failed_runs(self) -> Loader[UUID, list[Any]]:
        """What automations could not do for jobs."""
        return self._lists("failed_runs", self._taken_over(Kind.AUTOMATION_RUN, failed_runs_of_jobs))

    def revision_of_run(self, run: Any) -> Soon[int | None]:
        """The revision in which a run of an automation ended."""
        return self._loader("revision_of_run", self._context.revisions_of_runs, nothing).get(run)

    def automations_wait_until(self, firm_id: UUID) -> Soon[datetime | None]:
        """Until when automatic actions of the firm wait."""

        async def load(firms: Sequence[UUID]) -> dict[UUID, datetime | None]:
            return {firm: await self._context.automations_wait_until() for firm in firms}

        return self._loader("automations_wait_until", load, nothing).get(firm_id)

    @property
    def shown_to_client(self) -> Loader[UUID, list[ShownStatus]]:
        """What clients were shown of jobs."""

        async def load(jobs: Sequence[UUID]) -> dict[UUID, list[ShownStatus]]:
            # What the log forgets is forgotten without a revision.
            self._context.timing.momentary = True
            return await shown_of_jobs(self._context.firm_id, jobs)

        return self._lists("shown_to_client", load)

    def work(self, limit: int) -> Loader[UUID, list[Work]]:
        """What clients are shown of accounts' jobs."""
        if limit not in WORK_IN_PROGRESS:
            told = f"`limit` is from {WORK_IN_PROGRESS}, not {limit}."
            least, most = WORK_IN_PROGRESS.least, WORK_IN_PROGRESS.most
            raise Invalid(told, "limit", reason=Reason.OUT_OF_RANGE, minimum=least, maximum=most, unit="THINGS")
        read = self._scoped(lambda scope, accounts: work_of_accounts(scope, accounts, limit))
        return self._lists(("work", limit), read)

    @property
    def blocked(self) -> Loader[UUID, bool]:
        """Whether another job blocks each job."""
        return self._loader("blocked", blocked_jobs, bool)

    def relations(self, job_id: UUID) -> Awaitable[list[Related]]:
        """What a job is to others that are visible."""
        return self._lists("relations", self._scoped(related_jobs)).future(job_id)

    def overdue(self, jobs: Sequence[Job]) -> Soon[list[bool]]:
        """Whether jobs are overdue today."""
        if all(job.due_date is None for job in jobs):
            return [False] * len(jobs)
        statuses = self.those(Kind.STATUS, [None if job.due_date is None else job.status_id for job in jobs])

        def are_overdue(today: date, statuses: Sequence[Status | None]) -> list[bool]:
            return list(map(partial(_is_overdue, today), jobs, statuses))

        return after(are_overdue, self._days.get(self._context.firm_id), statuses)

    def stage_limits(self, jobs: Sequence[Job]) -> Soon[list[datetime | None]]:
        """When jobs will have been on their stages for too long."""
        stages = self.those(Kind.STAGE, [job.stage_id for job in jobs])
        return after(lambda stages: list(map(_limit, jobs, stages)), stages)

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

        return self._loader("log_begins", load, nothing).get(self._context.firm_id)


def _check_cards(limit: int) -> None:
    if not 1 <= limit <= boards.MOST_CARDS:
        told = f"`limit` is from 1 to {boards.MOST_CARDS:,}, not {limit}."
        raise Invalid(told, "limit", reason=Reason.OUT_OF_RANGE, minimum=1, maximum=boards.MOST_CARDS, unit="THINGS")


def _is_overdue(today: date | None, job: Job, status: Status | None) -> bool:
    late = job.due_date is not None and today is not None and job.due_date < today
    return late and status is not None and status.can_be_overdue


def _limit(job: Job, stage: Stage | None) -> datetime | None:
    limit = None if stage is None else stage.time_limit
    return None if limit is None else job.stage_entered_at + timedelta(minutes=limit)
