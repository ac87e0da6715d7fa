"""Jobs and tasks of files."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from models.command import Change, part_of
from models.commands.jobs import assign_job, set_job_budget, update_job
from models.commands.moves import set_job_status
from models.commands.tasks import assign_task, create_task, set_task_state, update_task
from models.errors import RuleBroken
from models.events import Event, JobCreated, JobStatusChanged
from models.external_keys import Keys
from models.ids import Kind
from models.imports.lines import Difference, Done, JobLine, TaskLine
from models.imports.naming import Named, changes_between, differing, ids_at, members_at
from models.imports.origins import Origin
from models.imports.places import Places
from models.reasons import Reason
from models.rows import (
    Account,
    Category,
    Job,
    JobAssignee,
    Member,
    Pipeline,
    Stage,
    Status,
    Task,
    TaskAssignee,
    TaskState,
)
from models.templates.jobs import create_job

Changes = dict[str, tuple[Any, Any]]


class Jobs:
    """The jobs of a batch. Where one stands is said when it is made, and afterwards it is people who move it."""

    def __init__(self, change: Change, origin: Origin) -> None:
        self._change = change
        self._keys = Keys(change, origin.source, Kind.JOB)
        self._places = Places(change, origin.source)
        self._stages: dict[UUID, list[Stage]] = defaultdict(list)
        self._statuses: dict[UUID, list[Status]] = defaultdict(list)
        self._assigned: dict[UUID, list[UUID]] = defaultdict(list)

    async def begin(self, lines: Sequence[JobLine]) -> None:
        """Read what the lines name, and hold where new ones are to stand."""
        scope = self._change.scope
        self._jobs = await scope.rows(Job).many(await self._keys.read(line.key for line in lines))
        await self._places.read(line.account for line in lines)
        self._members: Named[Member] = await members_at(self._change)
        self._pipelines: Named[Pipeline] = Named(Kind.PIPELINE, await scope.rows(Pipeline).where())
        named = {pipeline.id for line in lines for pipeline in self._pipelines.called(line.pipeline)}
        for stage in await scope.rows(Stage).where(pipeline_id__in=named).order_by("position", "id"):
            self._stages[stage.pipeline_id].append(stage)
        for status in await scope.rows(Status).where(pipeline_id__in=named):
            self._statuses[status.pipeline_id].append(status)
        for job_id, member_id in await JobAssignee.filter(job_id__in=list(self._jobs)).values_list(
            "job_id", "member_id"
        ):
            self._assigned[job_id].append(member_id)
        if len(self._jobs) < len(lines):
            await self._places.hold_accounts()
            await scope.rows(Stage).lock_many(stage.id for stages in self._stages.values() for stage in stages)

    async def take(self, line: JobLine) -> list[Difference]:
        """Make the job of a line, or make it say what the line says."""
        assignees = ids_at(self._members, line.assignees, "assignees")
        account = self._places.account(line.account)
        if (found := self._keys.find(line.key, self._jobs, "key")) is None:
            job = await self._make(line, account, assignees)
            self._jobs[job.id] = job
            self._keys.keep(line.key, job.id)
            return [Difference(Kind.JOB, Done.CREATED, job.name)]
        expect_account(found.account_id, account, Kind.JOB)
        job, changes = await self._update(found, line, assignees)
        self._jobs[job.id] = job
        return [Difference(Kind.JOB, Done.UPDATED if changes else Done.SAME, job.name, changes)]

    async def finish(self) -> None:
        """Write the keys of what was made."""
        await self._keys.write()

    async def _make(self, line: JobLine, account: Account, assignees: Sequence[UUID]) -> Job:
        pipeline = self._pipelines.get(line.pipeline, "pipeline")
        stage = None
        if line.stage is not None:
            stage = Named(Kind.STAGE, self._stages[pipeline.id]).get(line.stage, "stage")
        status = None
        if line.status is not None:
            status = Named(Kind.STATUS, self._statuses[pipeline.id]).get(line.status, "status")
        in_hand, first = status is None or status.category.in_hand, len(self._change.events)
        job: Job = await part_of(
            self._change,
            create_job,
            account_id=account.id,
            pipeline_id=pipeline.id,
            stage_id=None if stage is None else stage.id,
            assignee_ids=assignees or None,
            # Of what is done and over nothing is to be done.
            use_default_template=in_hand,
            **line.fields,
        )
        self._assigned[job.id] = list(assignees)
        if in_hand and pipeline.default_template_id is not None and not assignees:
            self._assigned[job.id] = [link.member_id for link in await JobAssignee.filter(job_id=job.id)]
        if status is not None and status.category is not Category.ACTIVE:
            job = await part_of(self._change, set_job_status, job_id=job.id, status_id=status.id)
        self._change.events[first:] = map(_firing_nothing, self._change.events[first:])
        return job

    async def _update(self, job: Job, line: JobLine, assignees: Sequence[UUID]) -> tuple[Job, Changes]:
        change, before, changes = self._change, job, Changes()
        wanted = differing(job, line.fields)
        if told := {name: value for name, value in wanted.items() if name != "budget"}:
            job = await part_of(change, update_job, job_id=job.id, **told)
        if "budget" in wanted:
            job = await part_of(change, set_job_budget, job_id=job.id, budget=wanted["budget"])
        changes |= changes_between(before, job, wanted)
        if added := newly(self._assigned[job.id], assignees):
            job = await part_of(change, assign_job, job_id=job.id, member_ids=self._assigned[job.id])
            changes["assignees"] = (None, [each for each in line.assignees if self._members.get(each).id in added])
        return job, changes


def _firing_nothing(event: Event) -> Event:
    """The event of a job that is taken over: its automations did their work where it comes from."""
    return replace(event, fires_automations=False) if isinstance(event, JobCreated | JobStatusChanged) else event


def newly(present: list[UUID], wanted: Sequence[UUID]) -> list[UUID]:
    """Those that are not among the present ones yet, which they are put among. What people added besides stays."""
    added = [id for id in dict.fromkeys(wanted) if id not in present]
    present += added
    return added


def expect_account(present: UUID, account: Account, kind: Kind) -> None:
    """`RuleBroken` where a thing that is there already is another account's."""
    if present != account.id:
        told = f"The {kind.spoken} with this key is another account's. Give it another key, or its own account."
        raise RuleBroken(told, "account", reason=Reason.ELSEWHERE, kind=Kind.ACCOUNT.value)


class Tasks:
    """The tasks of a batch."""

    def __init__(self, change: Change, origin: Origin) -> None:
        self._change = change
        self._keys = Keys(change, origin.source, Kind.TASK)
        self._places = Places(change, origin.source)
        self._assigned: dict[UUID, list[UUID]] = defaultdict(list)

    async def begin(self, lines: Sequence[TaskLine]) -> None:
        """Read what the lines name."""
        known = await self._keys.read(line.key for line in lines)
        await self._places.read((line.account for line in lines), (line.job for line in lines))
        self._tasks = await self._change.scope.rows(Task).many(known)
        self._members: Named[Member] = await members_at(self._change)
        for task_id, member_id in await TaskAssignee.filter(task_id__in=list(self._tasks)).values_list(
            "task_id", "member_id"
        ):
            self._assigned[task_id].append(member_id)

    async def take(self, line: TaskLine) -> list[Difference]:
        """Make the task of a line, or make it say what the line says."""
        assignees = ids_at(self._members, line.assignees, "assignees")
        account = self._places.account(line.account) if line.account else None
        job = self._places.job(line.job, account) if line.job else None
        if (found := self._keys.find(line.key, self._tasks, "key")) is None:
            task = await self._make(line, account, job, assignees)
            self._tasks[task.id], self._assigned[task.id] = task, list(assignees)
            self._keys.keep(line.key, task.id)
            return [Difference(Kind.TASK, Done.CREATED, task.name)]
        if account is not None:
            expect_account(found.account_id, account, Kind.TASK)
        task, changes = await self._update(found, line, assignees)
        self._tasks[task.id] = task
        return [Difference(Kind.TASK, Done.UPDATED if changes else Done.SAME, task.name, changes)]

    async def finish(self) -> None:
        """Write the keys of what was made."""
        await self._keys.write()

    async def _make(self, line: TaskLine, account: Account | None, job: Job | None, assignees: Sequence[UUID]) -> Task:
        task: Task = await part_of(
            self._change,
            create_task,
            account_id=None if account is None else account.id,
            job_id=None if job is None else job.id,
            assignee_ids=assignees,
            **line.fields,
        )
        if line.state in (None, TaskState.PLANNED):
            return task
        after: Task = await part_of(self._change, set_task_state, task_id=task.id, state=line.state)
        return after

    async def _update(self, task: Task, line: TaskLine, assignees: Sequence[UUID]) -> tuple[Task, Changes]:
        change, before, changes = self._change, task, Changes()
        wanted = differing(task, line.fields)
        if wanted:
            task = await part_of(change, update_task, task_id=task.id, **wanted)
        if line.state is not None and line.state != task.state:
            task = await part_of(change, set_task_state, task_id=task.id, state=line.state)
        changes |= changes_between(before, task, [*wanted, "state"])
        if added := newly(self._assigned[task.id], assignees):
            task = await part_of(change, assign_task, task_id=task.id, member_ids=self._assigned[task.id])
            changes["assignees"] = (None, [each for each in line.assignees if self._members.get(each).id in added])
        return task, changes
