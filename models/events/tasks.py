"""Events of tasks and of time entries."""

from dataclasses import dataclass
from typing import ClassVar

from models.events.items import ItemEvent, ItemLinked, ItemUnlinked
from models.events.values import Changes
from models.ids import MemberId, PipelineId, TaskId, TimeEntryId
from models.rights import Right
from models.rows.jobs import TaskState
from models.rows.subtasks import TaskRelation
from models.scope import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEvent(ItemEvent):
    """Something happened to a task."""

    subject = "task"
    beside = ("job",)

    task: TaskId


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCreated(TaskEvent):
    """A task was added."""

    def before(self) -> tuple[Place, ...]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskUpdated(TaskEvent):
    """A task's name, description, priority, dates or estimate changed."""

    changes: Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStateChanged(TaskEvent):
    """A task was started, completed, canceled or taken up again."""

    from_state: TaskState
    to_state: TaskState


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAssigneesChanged(TaskEvent):
    """Members were assigned to a task, or taken off."""

    added: tuple[MemberId, ...]
    removed: tuple[MemberId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskChecklistChanged(TaskEvent):
    """A task's checklist has other entries, or has them in another order."""

    says = {
        "added_entries": "The names of the entries that are new.",
        "removed_entries": "The names of those that are gone.",
    }

    added_entries: tuple[str, ...]
    removed_entries: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEntryChecked(TaskEvent):
    """An entry of a task's checklist was checked off, or is open again."""

    says = {
        "entry_number": "The `number` of the entry.",
        "entry_name": "What is to be done.",
        "checked": "Whether it is done.",
    }

    entry_number: int
    entry_name: str
    checked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SubtaskChanged(TaskEvent):
    """A task became a subtask of another one, or is it no longer. It is told once for each of the two, to whoever sees
    both."""

    of_several = True
    called = {
        "from_relation": "from_task_relation",
        "to_relation": "to_task_relation",
        "other_pipeline": "other_task_pipeline",
    }
    says = {
        "from_relation": "What the task was to the other one; null where it was nothing.",
        "to_relation": "What it is; null where it is nothing any more.",
        "other_pipeline": "The pipeline of the job that the other one is linked to, as it is now; null where there is "
        "none, or it is gone or out of your sight.",
    }

    other_task: TaskId
    other_pipeline: PipelineId | None
    from_relation: TaskRelation | None
    to_relation: TaskRelation | None

    def now(self) -> tuple[Place, ...]:
        return (Place(self.account, self.pipeline), Place(self.account, self.other_pipeline))


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLinked(TaskEvent, ItemLinked):
    """A task was linked to a job."""

    # A task is seen with its job: whoever sees the account alone loses sight of it.
    def before(self) -> tuple[Place, ...]:
        return (Place(self.account),)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskUnlinked(TaskEvent, ItemUnlinked):
    """A task was unlinked from a job: `linkedJob` is the one that it left, null to those who see the account alone."""

    # And whoever sees the account gets sight of it.
    def now(self) -> tuple[Place, ...]:
        return (Place(self.account),)

    def before(self) -> tuple[Place, ...]:
        return (Place(self.account, self.pipeline),)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDeleted(TaskEvent):
    """A task was deleted."""

    ends = True

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeEvent(ItemEvent):
    """Something happened to a time entry.

    Seen with the right to others' entries or to time budgets, and by whose time it is on their own stream."""

    subject = "entry"
    beside = ("job",)
    needs: ClassVar[frozenset[Right]] = frozenset({Right.MANAGE_TIME_ENTRIES, Right.MANAGE_TIME_BUDGETS})
    # Whose time it was: a viewer who sees the event for the sake of the budget need not know.
    withheld = dict.fromkeys(("member", "minutes", "changes"), Right.MANAGE_TIME_ENTRIES)
    # Nearly always it is they who did it.
    actor_needs = Right.MANAGE_TIME_ENTRIES
    called = {"entry": "time_entry", "member": "spent_by", "changes": "time_changes"}
    says = {
        "member": "The member whose time it is, as they are now.",
        "member_id": "The id of the member whose time it is.",
    }

    entry: TimeEntryId
    member: MemberId

    @property
    def owners(self) -> frozenset[MemberId]:
        return frozenset({self.member})


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLogged(TimeEvent):
    """A member logged time."""

    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeEntryUpdated(TimeEvent):
    """A time entry changed."""

    changes: Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeEntryDeleted(TimeEvent):
    """A time entry was deleted."""

    ends = True

    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerStarted(TimeEvent):
    """A member started a timer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerStopped(TimeEvent):
    """A timer was stopped: its minutes count from now on."""

    minutes: int
