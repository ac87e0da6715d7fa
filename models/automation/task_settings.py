"""What an automation of the type CREATE_TASKS does."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Self
from uuid import UUID

from models import checks
from models.automation.settings import Pointer, Settings, settings, template_of
from models.bounds import AUTOMATION_TASKS
from models.commands.tasks import create_task
from models.errors import Refusal
from models.gathered import Gathered
from models.ids import Kind
from models.rows import AutomationType
from models.templates.content import Rewrite, TemplateKind
from models.templates.job_tasks import JobTask

_ASSIGNED = {Kind.MEMBER: "assignee_ids", Kind.ACCOUNT_ROLE: "assignee_role_ids"}


@settings
@dataclass(frozen=True, slots=True)
class TaskSettings(Settings):
    """Tasks that are added to the job: first those of templates, then those that are said here."""

    type = AutomationType.CREATE_TASKS
    does = (create_task,)

    template_ids: tuple[UUID, ...] = field(default=(), metadata=template_of(TemplateKind.TASK))
    tasks: tuple[JobTask, ...] = ()

    def more_checked(self) -> dict[str, Any]:
        with Gathered() as check:
            tasks = [check(_checked, task, place) for place, task in enumerate(self.tasks[: AUTOMATION_TASKS.most])]
        return {"tasks": tuple(tasks)}

    def expect_sense(self) -> None:
        checks.count_of((*self.template_ids, *self.tasks), AUTOMATION_TASKS, "tasks")

    def rewritten(self, each: Rewrite) -> Self:
        tasks = enumerate(self.tasks)
        return replace(self, tasks=tuple(task.rewritten(_at(each, place)) for place, task in tasks))

    def pointers(self) -> Iterator[Pointer]:
        # Without arguments super() finds the class that the slots have replaced.
        yield from super(TaskSettings, self).pointers()
        for place, task in enumerate(self.tasks):
            for kind, name in _ASSIGNED.items():
                yield from (Pointer(kind, id, ("tasks", place, name)) for id in getattr(task, name))


def _checked(task: JobTask, place: int) -> JobTask:
    try:
        return task.checked()
    except Refusal as refusal:
        raise refusal.within("tasks", place) from None


def _at(each: Rewrite, place: int) -> Rewrite:
    return lambda text: each(replace(text, path=("tasks", place, *text.path)))
