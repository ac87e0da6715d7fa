"""Believable jobs. The same number, boards and moment always give the same job."""

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from demo.board import Board, Client
from demo.pipelines import MISSING_DOCS, NEEDS_REVIEW
from models.commands.imports import NewEntry, NewJob, NewTask
from models.seen import Category, Priority, TaskState

_PRIORITIES = (Priority.LOW, Priority.MEDIUM, Priority.HIGH, Priority.URGENT)
_PRIORITY_WEIGHTS = (15, 55, 22, 8)
#: How many of a hundred jobs have 0, 1, … 6 tasks, and 0, 1, … 3 time entries.
_TASK_WEIGHTS = (20, 22, 20, 15, 11, 7, 5)
_ENTRY_WEIGHTS = (40, 30, 20, 10)
_ALWAYS_TASKS = ("Call the client", "File the papers")
_DESCRIPTIONS = (
    "",
    "",
    "Prefers e-mail; call only when it is urgent.",
    "Same as last year, unless the client says otherwise.",
    "Records come in late: ask early.",
)


def job(number: int, boards: Sequence[Board], now: datetime, today: date) -> NewJob:
    """The demo firm's job of this number, as it may stand `today`, which is the firm's date at `now`."""
    chance = random.Random(f"job {number}")
    (board,) = chance.choices(boards, [board.service.weight for board in boards])
    return _Maker(chance, board, now, today).job()


class _Maker:
    """Makes one job: each choice is drawn in the same order from the same chance."""

    def __init__(self, chance: random.Random, board: Board, now: datetime, today: date) -> None:
        self._chance = chance
        self._board = board
        self._now = now
        self._today = today
        self._client: Client = chance.choice(board.clients)
        self._stage = chance.randrange(len(board.stages))
        #: From 0 on the first stage to 1 on the last one.
        self._progress = self._stage / max(1, len(board.stages) - 1)
        self._opened = now - timedelta(days=chance.uniform(0.1, board.service.days))
        self._entered = self._opened + (now - self._opened) * chance.random()
        self._due = today + timedelta(days=round(chance.triangular(-14, board.service.days, 5)))

    def job(self) -> NewJob:
        chance, board, service = self._chance, self._board, self._board.service
        status = self._status()
        told = self._told(status)
        start = min(self._opened.date(), self._due)
        return NewJob(
            account_id=self._client.account_id,
            pipeline_id=board.pipeline_id,
            stage_id=board.stages[self._stage],
            name=service.title(self._due),
            description=chance.choice(_DESCRIPTIONS),
            status_id=status,
            priority=chance.choices(_PRIORITIES, _PRIORITY_WEIGHTS)[0],
            start_date=start if chance.random() < 0.8 else None,
            due_date=self._due if chance.random() < 0.95 else None,
            deadline=service.deadline(self._due) if service.deadline else None,
            period=service.period(self._due) if service.period else None,
            budget=self._budget() if chance.random() < 0.7 else None,
            assignee_ids=self._staff(chance.choices((0, 1, 2), (8, 70, 22))[0]),
            client_status_id=told,
            client_status_visible=told is not None and chance.random() < 0.75,
            opened_at=self._opened,
            entered_at=self._entered,
            tasks=self._tasks(),
            entries=self._entries(),
        )

    def _status(self) -> UUID:
        board, roll = self._board, self._chance.random()
        if self._progress == 1 and roll < 0.6:
            return board.built_in[Category.COMPLETED if roll < 0.45 else Category.ARCHIVED]
        if self._progress < 0.5 and roll < 0.15:
            return board.custom.get(MISSING_DOCS.name, board.built_in[Category.ACTIVE])
        if 0.2 < self._progress < 1 and roll > 0.85:
            return board.custom.get(NEEDS_REVIEW.name, board.built_in[Category.ACTIVE])
        return board.built_in[Category.ACTIVE]

    def _told(self, status: UUID) -> UUID | None:
        if self._chance.random() < 0.4:
            return None
        if status == self._board.custom.get(MISSING_DOCS.name):
            return self._board.told.get("On hold")
        steps = ("Planned", "In progress", "In progress", "In review", "Done")
        return self._board.told.get(steps[round(self._progress * (len(steps) - 1))])

    def _budget(self) -> int:
        return int(self._board.service.budget * self._chance.choice((0.5, 1, 1, 1.5, 2))) // 15 * 15

    def _staff(self, most: int) -> list[UUID]:
        return self._chance.sample(self._client.staff, min(most, len(self._client.staff)))

    def _tasks(self) -> list[NewTask]:
        names = (*self._board.service.tasks, *_ALWAYS_TASKS)
        (count,) = self._chance.choices(range(len(_TASK_WEIGHTS)), _TASK_WEIGHTS)
        chosen = sorted(self._chance.sample(range(len(names)), min(count, len(names))))
        return [self._task(names[place], done=index < self._progress * count) for index, place in enumerate(chosen)]

    def _task(self, name: str, *, done: bool) -> NewTask:
        states = (TaskState.COMPLETED, TaskState.CANCELED) if done else (TaskState.PLANNED, TaskState.IN_PROGRESS)
        return NewTask(
            name=name,
            state=self._chance.choices(states, (9, 1) if done else (2, 1))[0],
            priority=self._chance.choices(_PRIORITIES, _PRIORITY_WEIGHTS)[0],
            due_date=self._due - timedelta(days=self._chance.randrange(7)),
            estimate=self._chance.choice((None, None, 30, 60, 120)),
            assignee_ids=self._staff(1),
        )

    def _entries(self) -> list[NewEntry]:
        (count,) = self._chance.choices(range(len(_ENTRY_WEIGHTS)), _ENTRY_WEIGHTS)
        return [entry for _ in range(count) if (entry := self._entry())]

    def _entry(self) -> NewEntry | None:
        days = max(0, (self._today - self._opened.date()).days)
        day = self._today - timedelta(days=self._chance.randint(0, days))
        who = self._staff(1)
        if not who:
            return None
        return NewEntry(
            member_id=who[0],
            day=day,
            minutes=self._chance.randrange(1, 13) * 15,
            note=self._chance.choice(self._board.service.notes),
            billable=self._chance.random() < 0.85,
        )
