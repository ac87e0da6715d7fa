"""What is in a template of tasks."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, Self
from uuid import UUID

from models import checks
from models.bounds import CHECKLIST, ESTIMATE
from models.checklists import revised
from models.clock import day_in
from models.command import Change
from models.firm.account_roles import AccountRole, roles_held_by_all_of
from models.gathered import Gathered, Rules
from models.ids import Kind
from models.rows import Priority, Task, TaskAssignee
from models.templates.content import Content, Rewrite, TemplateKind, Text, content
from models.templates.dates import checked_date, date_in, expect_in_order, since, stored_date
from models.templates.relative_dates import RelativeDate
from models.texts import DESCRIPTION, NAME

_RULES: Rules = {
    "name": NAME.check,
    "description": DESCRIPTION.check,
    "estimate": partial(checks.minutes, bounds=ESTIMATE),
    "start_date": checked_date,
    "due_date": checked_date,
}


@content
@dataclass(frozen=True, slots=True)
class TaskContent(Content):
    """A task to be made: by whom it is done is a role, which becomes whoever holds it at the account."""

    kind = TemplateKind.TASK
    source = Kind.TASK

    name: str
    description: str = ""
    priority: Priority = Priority.MEDIUM
    start_date: RelativeDate | None = None
    due_date: RelativeDate | None = None
    estimate: int | None = None
    assignee_role_ids: tuple[UUID, ...] = ()
    checklist: tuple[str, ...] = ()

    def stored(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "start_date": stored_date(self.start_date),
            "due_date": stored_date(self.due_date),
            "assignee_role_ids": [str(id) for id in self.assignee_role_ids],
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        read = {
            "priority": Priority(stored["priority"]),
            "start_date": date_in(stored["start_date"]),
            "due_date": date_in(stored["due_date"]),
            "assignee_role_ids": tuple(map(UUID, stored["assignee_role_ids"])),
            "checklist": tuple(stored["checklist"]),
        }
        return cls(**{**stored, **read})

    def checked(self) -> Self:
        with Gathered() as check:
            told = check.each({name: getattr(self, name) for name in _RULES}, _RULES)
            roles = check(checks.at_most, self.assignee_role_ids, "assignee_role_ids")
            listed = check(revised, self.checklist, "checklist", CHECKLIST)
            check(expect_in_order, told.get("start_date"), told.get("due_date"))
        return replace(
            self, **told, assignee_role_ids=tuple(roles), checklist=tuple(entry.name for entry in listed.entries)
        )

    def rewritten(self, each: Rewrite) -> Self:
        return replace(
            self,
            name=each(Text(self.name, ("name",), NAME)),
            description=each(Text(self.description, ("description",), DESCRIPTION)),
            checklist=tuple(
                each(Text(entry, ("checklist", place), NAME)) for place, entry in enumerate(self.checklist)
            ),
        )

    async def expect_there(self, change: Change, present: "TaskContent | None", *path: str) -> None:
        known = () if present is None else present.assignee_role_ids
        await expect_roles(change, self.assignee_role_ids, known, *path, "assignee_role_ids")

    @classmethod
    async def made_of(cls, change: Change, id: UUID, *path: str) -> Self:
        task = await change.scope.rows(Task).get(id, *path)
        assigned: Sequence[Any] = await TaskAssignee.filter(task_id=task.id).values_list("member_id", flat=True)
        made = day_in(change.time_zone, task.created_at)
        return cls(
            name=task.name,
            description=task.description,
            priority=task.priority,
            estimate=task.estimate,
            assignee_role_ids=tuple(await roles_held_by_all_of(task.account_id, assigned)),
            checklist=tuple(entry.name for entry in task.entries),
            start_date=since(made, task.start_date),
            due_date=since(made, task.due_date),
        )


async def expect_roles(change: Change, wanted: Sequence[UUID], known: Sequence[UUID], *path: str) -> None:
    """`NotFound` where one of these account roles is not there, and was not named before."""
    new = [id for id in wanted if id not in known]
    found = await change.scope.rows(AccountRole).many(new)
    for id in new:
        if id not in found:
            await change.scope.rows(AccountRole).get(id, *path)
