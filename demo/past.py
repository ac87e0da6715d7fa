"""Jobs that are over: how they went, day by day, in the half year before the demo firm is first looked at. The same
number, boards and day always give the same job."""

import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from demo.board import Board
from demo.people import TIME_ZONE
from models.clock import zone
from models.commands.imports import NewEntry, NewJob, NewStay, NewTask
from models.seen import Category, TaskState

#: How far back it goes, in days.
PAST = 182
#: After so many days what is done is put away.
KEPT = 45
#: Of how many jobs of a new firm one is over, and how many are so at most.
EVERY, MOST = 3, 150
_DAY = timedelta(1)
#: When things are done on a day. Few moments, for each is a revision of the log.
_OPENED, _MOVED, _LOGGED, _DONE = (time(hour) for hour in (9, 12, 14, 16))


def number_of_past(wanted: int) -> int:
    """How many of a new firm's jobs are over: the first ones, so that the log tells of them before all others."""
    return min(wanted // EVERY, MOST)


def past_job(number: int, boards: Sequence[Board], today: date) -> NewJob:
    """A job that was opened, taken from stage to stage, worked on and completed."""
    chance = random.Random(f"past job {number}")
    (board,) = chance.choices(boards, [board.service.weight for board in boards])
    service, client = board.service, chance.choice(board.clients)
    done = _weekday(today - chance.randint(2, PAST - 30) * _DAY)
    opened = max(_weekday(done - round(service.days * chance.uniform(0.4, 1.1)) * _DAY), today - PAST * _DAY)
    days = [day for number in range((done - opened).days + 1) if _weekday(day := opened + number * _DAY) == day]
    due = max(opened, done + chance.randint(-6, 5) * _DAY)
    staff = chance.sample(client.staff, min(2, len(client.staff)))
    budget = int(service.budget * chance.choice((0.5, 1, 1, 1.5))) // 15 * 15
    category = Category.ARCHIVED if done < today - KEPT * _DAY else Category.COMPLETED
    return NewJob(
        account_id=client.account_id,
        pipeline_id=board.pipeline_id,
        stage_id=board.stages[-1],
        name=service.title(due),
        status_id=board.built_in[category],
        start_date=opened,
        due_date=due,
        deadline=service.deadline(due) if service.deadline else None,
        period=service.period(due) if service.period else None,
        budget=budget if chance.random() < 0.9 else None,
        assignee_ids=staff[:1],
        client_status_id=board.told.get("Done"),
        client_status_visible="Done" in board.told,
        entered_at=_at(done, _DONE),
        stays=_stays(chance, board, opened, days),
        tasks=_tasks(chance, board, staff, done),
        entries=_entries(chance, board, staff, days, budget),
    )


def _stays(chance: random.Random, board: Board, opened: date, days: Sequence[date]) -> list[NewStay]:
    """All stages but the last one, some of them left out, and some of them waited on for something."""
    passed = [stage for stage in board.stages[1:-1] if chance.random() < 0.85]
    entered = sorted(chance.choices(days, k=len(passed)))
    moved = [
        NewStay(stage_id=stage, entered_at=_at(day, _MOVED), status_id=_waiting(chance, board))
        for stage, day in zip(passed, entered, strict=True)
    ]
    return [NewStay(stage_id=board.stages[0], entered_at=_at(opened, _OPENED)), *moved]


def _waiting(chance: random.Random, board: Board) -> UUID | None:
    return chance.choice(sorted(board.custom.values())) if board.custom and chance.random() < 0.3 else None


def _tasks(chance: random.Random, board: Board, staff: Sequence[UUID], done: date) -> list[NewTask]:
    chosen = sorted(chance.sample(range(len(board.service.tasks)), chance.randint(0, 2)))
    return [
        NewTask(
            name=board.service.tasks[place],
            state=TaskState.COMPLETED,
            due_date=done,
            estimate=chance.choice((None, 30, 60)),
            assignee_ids=staff[:1],
        )
        for place in chosen
    ]


def _entries(
    chance: random.Random, board: Board, staff: Sequence[UUID], days: Sequence[date], budget: int
) -> list[NewEntry]:
    """As many as it takes for about the budget: some jobs take less, some more."""
    left = round(budget * chance.triangular(0.4, 1.5, 0.9))
    entries = []
    while left > 0 and staff:
        day, minutes = chance.choice(days), min(left, chance.randrange(3, 17) * 15)
        left -= minutes
        entries.append(
            NewEntry(
                member_id=chance.choice(staff),
                day=day,
                minutes=minutes,
                note=chance.choice(board.service.notes),
                billable=chance.random() < 0.85,
                logged_at=_at(day, _LOGGED),
            )
        )
    return entries


def _weekday(day: date) -> date:
    """The day, or the Friday before it."""
    return day - max(0, day.weekday() - 4) * _DAY


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, zone(TIME_ZONE))
