"""What is in a template of jobs: texts, dates that are counted from days of the job, who is assigned, its tasks."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import Enum
from functools import partial
from typing import Any, ClassVar, Self
from uuid import UUID

from models import checks
from models.bounds import BUDGET, TEMPLATE_TASKS
from models.command import Change
from models.errors import Invalid, Refusal, RuleBroken
from models.gathered import Gathered, Rules
from models.ids import Kind
from models.reasons import Reason
from models.rights import Right
from models.rows import ClientStatus, Job, Priority
from models.templates.content import Content, Path, Rewrite, TemplateKind, Text, content
from models.templates.dates import checked_date, date_in, expect_in_order, stored_date
from models.templates.job_source import parts_of_job
from models.templates.job_tasks import Assigns, JobTask, expect_assigned
from models.templates.relative_dates import Anchor, RelativeDate, in_order
from models.texts import DESCRIPTION, LABEL, NAME


class LeftOut(Enum):
    """That a budget was left out, which is not that there is to be none."""

    LEFT_OUT = "LEFT_OUT"


_RULES: Rules = {
    "name": NAME.check,
    "description": DESCRIPTION.check,
    # What period it is is known once its shortcodes are filled in.
    "period": LABEL.check,
    "budget": partial(checks.minutes, bounds=BUDGET),
    "start_date": checked_date,
    "due_date": checked_date,
    "deadline": checked_date,
}
#: What a job is called, and when it is, is worked out before shortcodes can tell it.
_NOT_YET_KNOWN: Mapping[tuple[str | int, ...], frozenset[str]] = {
    ("name",): frozenset({"JOB_NAME"}),
    ("period",): frozenset(
        {"JOB_NAME", "PERIOD", "PERIOD_YEAR", "PERIOD_QUARTER", "PERIOD_MONTH", "PERIOD_MONTH_NAME"}
    ),
}


@content
@dataclass(frozen=True, slots=True)
class JobContent(Content):
    """A job to be opened, with its tasks. Who is assigned are members, and roles, which become whoever holds them at
    the account."""

    kind = TemplateKind.JOB
    source = Kind.JOB
    not_yet_known = _NOT_YET_KNOWN
    #: The right that each of these parts needs, to be read and to be saved.
    withheld: ClassVar[Mapping[str, Right]] = {"budget": Right.MANAGE_TIME_BUDGETS}

    name: str
    description: str = ""
    priority: Priority = Priority.MEDIUM
    period: str | None = None
    budget: int | LeftOut | None = None
    start_date: RelativeDate | None = None
    due_date: RelativeDate | None = None
    deadline: RelativeDate | None = None
    client_status_id: UUID | None = None
    client_status_visible: bool = False
    assignee_ids: tuple[UUID, ...] = ()
    assignee_role_ids: tuple[UUID, ...] = ()
    tasks: tuple[JobTask, ...] = ()

    @property
    def dates(self) -> Mapping[Anchor, RelativeDate]:
        """The dates of the job that there are."""
        dates = {Anchor.START_DATE: self.start_date, Anchor.DUE_DATE: self.due_date, Anchor.DEADLINE: self.deadline}
        return {anchor: date for anchor, date in dates.items() if date is not None}

    @property
    def assigning(self) -> tuple[tuple[Path, Assigns], ...]:
        """The job and its tasks, which members and roles are assigned to, and where they stand in the content."""
        return ((), self), *((("tasks", place), task) for place, task in enumerate(self.tasks))

    @property
    def all_assigned(self) -> tuple[Assigns, ...]:
        """The job and its tasks, for those whom each is assigned to."""
        return self, *self.tasks

    @property
    def assigned(self) -> frozenset[UUID]:
        """All members and roles that are assigned anywhere."""
        return frozenset(id for each in self.all_assigned for id in (*each.assignee_ids, *each.assignee_role_ids))

    def stored(self) -> dict[str, Any]:
        return {
            **asdict(self),
            **{field: stored_date(getattr(self, field)) for field in ("start_date", "due_date", "deadline")},
            "client_status_id": None if self.client_status_id is None else str(self.client_status_id),
            "assignee_ids": [str(id) for id in self.assignee_ids],
            "assignee_role_ids": [str(id) for id in self.assignee_role_ids],
            "tasks": [task.stored() for task in self.tasks],
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        client_status = stored["client_status_id"]
        read = {
            "priority": Priority(stored["priority"]),
            **{field: date_in(stored[field]) for field in ("start_date", "due_date", "deadline")},
            "client_status_id": None if client_status is None else UUID(client_status),
            "assignee_ids": tuple(map(UUID, stored["assignee_ids"])),
            "assignee_role_ids": tuple(map(UUID, stored["assignee_role_ids"])),
            "tasks": tuple(map(JobTask.of, stored["tasks"])),
        }
        return cls(**{**stored, **read})

    def over(self, change: Change, present: Self | None, *path: str) -> Self:
        if self.budget is LeftOut.LEFT_OUT:
            return replace(self, budget=None if present is None else present.budget)
        if self.budget is not None or present is not None:
            # Whatever it is now: that it stays the same is not to be found out by trying.
            change.require(self.withheld["budget"], "Setting a time budget", *path, "budget")
        return self

    def checked(self) -> Self:
        with Gathered() as check:
            told = check.each({name: getattr(self, name) for name in _RULES}, _RULES)
            assignees = check(checks.at_most, self.assignee_ids, "assignee_ids")
            roles = check(checks.at_most, self.assignee_role_ids, "assignee_role_ids")
            check(self._expect_no_circle)
            check(expect_in_order, told.get("start_date"), told.get("due_date"))
            check(self._expect_something_to_show)
            check(checks.count_of, self.tasks, TEMPLATE_TASKS, "tasks", "tasks")
            # Not more of them: each is to be told what is wrong with it.
            tasks = [check(_checked, task, place) for place, task in enumerate(self.tasks[: TEMPLATE_TASKS.most])]
        lists: dict[str, Any] = {"assignee_ids": tuple(assignees), "assignee_role_ids": tuple(roles)}
        return replace(self, **told, **lists, tasks=tuple(tasks))

    def _expect_no_circle(self) -> None:
        if in_order(self.dates) is None:
            told = "These dates are counted from each other. Count one of them from the day on which the job is made."
            raise Invalid(told, next(iter(self.dates)).field, reason=Reason.CIRCLE)

    def _expect_something_to_show(self) -> None:
        if self.client_status_visible and self.client_status_id is None:
            told = "There is nothing to show. Give a client status."
            raise RuleBroken(told, "client_status_visible", reason=Reason.NOTHING_TO_SHOW)

    def rewritten(self, each: Rewrite) -> Self:
        return replace(
            self,
            name=each(Text(self.name, ("name",), NAME)),
            description=each(Text(self.description, ("description",), DESCRIPTION)),
            period=None if self.period is None else each(Text(self.period, ("period",), LABEL)),
            tasks=tuple(task.rewritten(_at(each, ("tasks", place))) for place, task in enumerate(self.tasks)),
        )

    async def expect_there(self, change: Change, present: "JobContent | None", *path: str) -> None:
        assigning = [((*path, *at), each) for at, each in self.assigning]
        await expect_assigned(change, assigning, frozenset() if present is None else present.assigned)
        if self.client_status_id is not None and (present is None or self.client_status_id != present.client_status_id):
            await change.scope.rows(ClientStatus).get(self.client_status_id, *path, "client_status_id")

    @classmethod
    async def made_of(cls, change: Change, id: UUID, *path: str) -> Self:
        job = await change.scope.rows(Job).get(id, *path)
        # Whoever may not see the budget makes a template without one.
        budget = job.budget if cls.withheld["budget"] in change.scope.rights else None
        return cls(**await parts_of_job(change, job), budget=budget)


def _checked(task: JobTask, place: int) -> JobTask:
    try:
        return task.checked()
    except Refusal as refusal:
        raise refusal.within("tasks", place) from None


def _at(each: Rewrite, at: Path) -> Rewrite:
    return lambda text: each(replace(text, path=(*at, *text.path)))
