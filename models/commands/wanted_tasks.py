"""Tasks that are to be added: the checks and the rows of createTask, for whatever adds one or many."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Self
from uuid import UUID

from models import checks
from models.bounds import CHECKLIST, ESTIMATE
from models.checklists import ChecklistEntry, revised, to_store
from models.command import Change
from models.gathered import Gathered, Rules
from models.ids import new_id
from models.rows import Priority, Task
from models.texts import DESCRIPTION, NAME

TASK_RULES: Rules = {
    "name": NAME.check,
    "description": DESCRIPTION.check,
    "estimate": partial(checks.minutes, bounds=ESTIMATE),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedTask:
    """A task as it is wanted."""

    name: str
    description: str = ""
    priority: Priority = Priority.MEDIUM
    start_date: date | None = None
    due_date: date | None = None
    estimate: int | None = None
    assignee_ids: Sequence[UUID] = ()
    checklist: Sequence[str] = ()

    def checked(self) -> Self:
        """The task as it is kept, or all that is wrong with it."""
        with Gathered() as check:
            told = check.each({field: getattr(self, field) for field in TASK_RULES}, TASK_RULES)
            assignees = check(checks.at_most, self.assignee_ids, "assignee_ids")
            listed = check(revised, self.checklist, "checklist", CHECKLIST)
            check(checks.dates, self.start_date, self.due_date)
        return replace(self, **told, assignee_ids=assignees, checklist=[entry.name for entry in listed.entries])

    def row(self, change: Change, account_id: UUID, id: UUID | None = None) -> Task:
        """The row of the task, which has been checked."""
        entries = [ChecklistEntry(number, name) for number, name in enumerate(self.checklist, 1)]
        return Task(
            id=id or new_id(),
            firm_id=change.actor.firm_id,
            account_id=account_id,
            created_by_id=change.member_id,
            **{field: getattr(self, field) for field in TASK_RULES},
            priority=self.priority,
            start_date=self.start_date,
            due_date=self.due_date,
            checklist=to_store(entries),
            last_checklist_entry=len(entries),
            created_at=change.now,
        )
