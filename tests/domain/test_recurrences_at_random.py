"""The law of recurrences, whatever is done to them and whoever works: of each occurrence that was due while an account
was in it there is one job for the account, or it is said why not; and of nothing else.

What is due is worked out by dateutil, from what was asked for."""

from __future__ import annotations

import asyncio
import os
import random
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from dateutil import rrule

from models.actor import Actor
from models.clock import zone
from models.commands.accounts import archive_account, restore_account
from models.commands.jobs import delete_job
from models.commands.stages import create_stage, delete_stage
from models.errors import Refusal
from models.recurrences.changed import adjust_occurrence
from models.recurrences.occurrences import retry_occurrence
from models.recurrences.recurrences import (
    create_recurrence,
    delete_recurrence,
    end_recurrence,
    exclude_recurrence_accounts,
    include_recurrence_accounts,
    split_recurrence,
    update_recurrence,
)
from models.rows import Job, Occurrence, OccurrenceState
from models.rows.recurrences import Frequency
from tests.domain.recurring import NEW_YORK, in_days, work_at
from tests.domain.test_laws import SEED
from tests.world import World

STEPS, WORKERS = 40, 3
#: What they ask for: how the product has it, and how dateutil has it.
SCHEDULES: list[tuple[dict[str, Any], str]] = [
    ({"frequency": Frequency.DAILY, "rule": None}, "FREQ=DAILY"),
    ({"frequency": Frequency.WEEKLY, "rule": None}, "FREQ=WEEKLY"),
    ({"frequency": Frequency.BIWEEKLY, "rule": None}, "FREQ=WEEKLY;INTERVAL=2"),
    ({"frequency": Frequency.RULE, "rule": "FREQ=DAILY;INTERVAL=3"}, "FREQ=DAILY;INTERVAL=3"),
    ({"frequency": Frequency.RULE, "rule": "FREQ=WEEKLY;BYDAY=MO,TH"}, "FREQ=WEEKLY;BYDAY=MO,TH"),
]


@dataclass
class Wanted:
    """A recurrence as its firm has asked for it."""

    id: UUID
    rule: str
    first: date
    #: What was known by days before this one has been made.
    next: date
    accounts: set[UUID]
    last: date | None = None
    skipped: set[date] = field(default_factory=set)

    def days(self, until: date) -> list[date]:
        """The days of its occurrences that are to come, up to one."""
        found = rrule.rrulestr(self.rule, dtstart=datetime.combine(self.first, time()))
        last = until if self.last is None else min(until, self.last)
        return [day.date() for day in found.between(_at(self.next), _at(last), inc=True)] if self.next <= last else []


def _at(day: date) -> datetime:
    return datetime.combine(day, time())


@dataclass
class Office:
    """A firm, what it has asked for, and what therefore is to be."""

    world: World
    chance: random.Random
    accounts: list[UUID]
    stages: list[UUID]
    today: date
    wanted: list[Wanted] = field(default_factory=list)
    archived: set[UUID] = field(default_factory=set)
    #: By recurrence, account and day.
    due: dict[tuple[UUID, UUID, date], OccurrenceState] = field(default_factory=dict)
    #: The commands that were done, and what became of occurrences, those of deleted recurrences among them.
    done: Counter[str] = field(default_factory=Counter)
    said: Counter[OccurrenceState] = field(default_factory=Counter)

    @property
    def now(self) -> datetime:
        """Noon of that day, where the firm is."""
        return datetime.combine(self.today, time(12), zone(NEW_YORK))

    @property
    def owner(self) -> Actor:
        """Who asks, then."""
        return self.world.acting(self.world.owner).acting_at(self.now)

    def one(self) -> Wanted:
        """One that is there; refused where there is none."""
        return self.chance.choice(self.wanted)

    def some_accounts(self) -> list[UUID]:
        return self.chance.sample(self.accounts, self.chance.randint(1, len(self.accounts)))

    async def work(self) -> None:
        """Time passes, perhaps over several occurrences; then several come to work at once, and somebody does besides
        what changes nothing of what is to be."""
        self.today += timedelta(self.chance.choice([1, 1, 2, 3, 8]))
        beside = self.chance.choice([_delete_a_job, _delete_a_stage, _rename])
        await asyncio.gather(*(work_at(self.world, self.now) for _ in range(WORKERS)), _perhaps(self, beside))
        # What one of them left to another it does not wait for.
        await work_at(self.world, self.now)
        for each in self.wanted:
            days = [day for day in each.days(self.today) if day not in each.skipped]
            for day in days:
                for account in each.accounts:
                    state = OccurrenceState.SKIPPED if account in self.archived else OccurrenceState.MADE
                    self.due[each.id, account, day] = state
                    self.said[state] += 1
            each.next = days[-1] + timedelta(1) if days else each.next

    async def check(self) -> None:
        """The rows and the log are what is to be, and each job is there once."""
        made = await Occurrence.filter(firm_id=self.world.firm.id)
        assert {(each.recurrence_id, each.account_id, each.day): each.state for each in made} == self.due
        assert len(made) == len(self.due)
        told = [each.event for each in await self.world.events()]
        opened = Counter(event.job for event in told if type(event).__name__ == "JobCreated" and event.recurrence)  # type: ignore[attr-defined]
        said = Counter(event.job for event in told if type(event).__name__ == "OccurrenceMade")  # type: ignore[attr-defined]
        assert opened == said
        assert set(opened.values()) <= {1}
        jobs = {job.id: job for job in await Job.filter(firm_id=self.world.firm.id, recurrence_id__isnull=False)}
        assert {each.job_id for each in made if each.job_id is not None} == jobs.keys()
        for each in made:
            if each.job_id is not None:
                assert (jobs[each.job_id].recurrence_id, jobs[each.job_id].account_id) == (
                    each.recurrence_id,
                    each.account_id,
                )


async def _create(office: Office) -> None:
    given, rule = office.chance.choice(SCHEDULES)
    first = office.today + timedelta(office.chance.randint(-20, 5))
    accounts = [id for id in office.some_accounts() if id not in office.archived]
    made = await create_recurrence(
        office.owner,
        name="Books",
        job_name="Books",
        pipeline_id=office.world.pipeline.id,
        stage_id=office.chance.choice([None, *office.stages]),
        first_day=first,
        account_ids=accounts,
        **given,
    )
    office.wanted.append(Wanted(made.value.id, rule, first, office.today, set(accounts)))


async def _change(office: Office) -> None:
    each, (given, rule) = office.one(), office.chance.choice(SCHEDULES)
    await update_recurrence(office.owner, recurrence_id=each.id, **given)
    if rule != each.rule:
        each.rule, each.skipped, each.next = rule, set(), max(each.next, office.today)


async def _split(office: Office) -> None:
    each = office.one()
    day = office.today + timedelta(office.chance.randint(0, 9))
    latter = (await split_recurrence(office.owner, recurrence_id=each.id, day=day, job_name="Others")).value
    later = {one for one in each.skipped if one >= day}
    office.wanted.append(
        Wanted(latter.id, each.rule, each.first, max(day, each.next), set(each.accounts), each.last, later)
    )
    each.last, each.skipped = day - timedelta(1), each.skipped - later


async def _skip(office: Office) -> None:
    each = office.one()
    day = office.chance.choice(each.days(office.today + timedelta(30)) or [office.today])
    await adjust_occurrence(office.owner, recurrence_id=each.id, day=day, skipped=True)
    each.skipped.add(day)


async def _include(office: Office) -> None:
    each, accounts = office.one(), office.some_accounts()
    await include_recurrence_accounts(office.owner, recurrence_id=each.id, account_ids=accounts)
    each.accounts |= set(accounts)


async def _exclude(office: Office) -> None:
    each, accounts = office.one(), office.some_accounts()[:1]
    await exclude_recurrence_accounts(office.owner, recurrence_id=each.id, account_ids=accounts)
    each.accounts -= set(accounts)


async def _end(office: Office) -> None:
    each = office.one()
    await end_recurrence(office.owner, recurrence_id=each.id)
    office.wanted.remove(each)


async def _delete(office: Office) -> None:
    each = office.one()
    await delete_recurrence(office.owner, recurrence_id=each.id)
    office.wanted.remove(each)
    office.due = {key: state for key, state in office.due.items() if key[0] != each.id}


async def _archive(office: Office) -> None:
    account = office.chance.choice(office.accounts)
    await archive_account(office.owner, account_id=account)
    office.archived.add(account)


async def _restore(office: Office) -> None:
    account = office.chance.choice(sorted(office.archived))
    await restore_account(office.owner, account_id=account)
    office.archived.discard(account)


async def _retry(office: Office) -> None:
    made = await Occurrence.filter(firm_id=office.world.firm.id, job_id=None).order_by("id")
    each = office.chance.choice(made)
    await retry_occurrence(office.owner, occurrence_id=each.id)
    office.due[each.recurrence_id, each.account_id, each.day] = OccurrenceState.MADE


async def _delete_a_job(office: Office) -> None:
    jobs = await Job.filter(firm_id=office.world.firm.id).order_by("id")
    await delete_job(office.owner, job_id=office.chance.choice(jobs).id)


async def _delete_a_stage(office: Office) -> None:
    deleted, replacement = office.chance.sample(office.stages, 2)
    await delete_stage(office.owner, stage_id=deleted, replacement_stage_id=replacement)
    office.stages.remove(deleted)
    made = await create_stage(office.owner, pipeline_id=office.world.pipeline.id, name="Another")
    office.stages.append(made.value.id)


async def _rename(office: Office) -> None:
    name = f"Books {office.chance.randrange(9)}"
    await update_recurrence(office.owner, recurrence_id=office.one().id, name=name)


COMMANDS: list[tuple[int, Callable[[Office], Awaitable[None]]]] = [
    *((4, _create), (3, _change), (3, _split), (4, _skip), (2, _include), (2, _exclude), (1, _end), (1, _delete)),
    *((2, _archive), (2, _restore), (3, _retry), (2, _delete_a_job)),
]


async def _perhaps(office: Office, does: Callable[[Office], Awaitable[None]]) -> None:
    """Refused, it has changed nothing; and where there is nothing to do it to, nothing is done."""
    try:
        await does(office)
    except (Refusal, IndexError):
        return
    office.done[does.__name__] += 1


async def test_each_occurrence_is_made_once_whatever_is_done(world: World) -> None:
    seed = os.environ.get(SEED) or secrets.token_hex(4)
    print(f"\n{SEED}={seed}", flush=True)
    chance = random.Random(seed)
    accounts = [world.account.id, *[(await world.new_account(f"Client {n}")).id for n in range(3)]]
    stages = [stage.id for stage in await world.stages()]
    office = Office(world, chance, accounts, stages, in_days(0))
    weights, commands = zip(*COMMANDS, strict=True)
    for _ in range(2):
        await _create(office)
    for _ in range(STEPS):
        await _perhaps(office, chance.choices(commands, weights)[0])
        if chance.random() < 0.4:
            await office.work()
            await office.check()
    print(dict(office.done), sum(office.said.values()), "occurrences")
    assert sum(office.said.values()) > 10
