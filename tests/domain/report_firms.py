"""Firms with a random past, for tests that work out by themselves what a report has to say."""

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from models.commands.jobs import delete_job
from models.commands.moves import archive_job, complete_job
from models.database import sql
from models.ids import new_id
from models.items.links import new_link
from models.rights import Right, Role
from models.rows import (
    Account,
    AccountMember,
    AccountTag,
    Firm,
    Job,
    JobAssignee,
    JobItem,
    Member,
    PipelineMember,
    Tag,
    TimeEntry,
    Weekday,
)
from models.scope import Viewer
from models.viewers import viewer
from tests.world import World

#: Around it clocks change in Europe and in America, and a year has begun.
MIDDLE = date(2026, 1, 20)
ZONES = ("Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "UTC")
CURRENCIES = ("USD", "JPY", "KWD")
#: The rights of employees who see some accounts and pipelines.
RIGHTS: dict[str, tuple[Right, ...]] = {
    "nobody": (),
    "reports": (Right.VIEW_REPORTS,),
    "reports and time": (Right.VIEW_REPORTS, Right.MANAGE_TIME_ENTRIES),
    "reports, budgets and rates": (Right.VIEW_REPORTS, Right.MANAGE_TIME_BUDGETS, Right.MANAGE_RATES),
    "all accounts": (Right.VIEW_REPORTS, Right.MANAGE_TIME_ENTRIES, Right.VIEW_ALL_ACCOUNTS, Right.MANAGE_RATES),
    "all but sight": tuple(right for right in Right if right is not Right.VIEW_ALL_ACCOUNTS),
    "all but reports": tuple(right for right in Right if right is not Right.VIEW_REPORTS),
}
ROLES = ("owner", *RIGHTS)


@dataclass
class Past:
    """A firm, its people by what they may do, and all ids by kind."""

    world: World
    chance: random.Random
    people: dict[str, Member] = field(default_factory=dict)
    accounts: list[UUID] = field(default_factory=list)
    pipelines: list[UUID] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    tags: list[UUID] = field(default_factory=list)

    @classmethod
    async def build(cls, world: World, seed: int) -> "Past":
        """A firm whose past follows from the seed."""
        past = cls(world, random.Random(seed))
        chance = past.chance
        await Firm.filter(id=world.firm.id).update(
            time_zone=chance.choice(ZONES), week_start=chance.choice(list(Weekday)), currency=chance.choice(CURRENCIES)
        )
        past.people = {"owner": world.owner, "stranger": world.stranger}
        for name, rights in RIGHTS.items():
            past.people[name] = await world.member(name.capitalize(), Role.EMPLOYEE, *rights)
        await past._places()
        await past._jobs()
        await past._time()
        await past._ends()
        return past

    async def viewer(self, name: str) -> Viewer:
        """Somebody of these people, as of now."""
        found = await viewer(self.people[name].id)
        assert found is not None
        return found

    def some(self, of: list[Any], most: int = 3) -> list[Any]:
        """Some of these."""
        return self.chance.sample(of, self.chance.randint(0, min(most, len(of))))

    async def _places(self) -> None:
        world, chance = self.world, self.chance
        staff = list(self.people.values())
        for number in range(3):
            tag = await Tag.create(firm_id=world.firm.id, name=f"Tag {number}", color="#ffffff")
            self.tags.append(tag.id)
        for number in range(6):
            account = await world.new_account(f"Account {chance.randint(0, 9)}{number}", *self.some(staff, 8))
            for tag_id in self.some(self.tags):
                await AccountTag.create(account_id=account.id, tag_id=tag_id)
            self.accounts.append(account.id)
        for number in range(3):
            pipeline = await world.new_pipeline(f"Pipeline {chance.randint(0, 9)}{number}", *self.some(staff, 8))
            self.pipelines.append(pipeline.id)
        links: tuple[tuple[Any, str, list[UUID]], ...] = (
            (AccountMember, "account_id", self.accounts),
            (PipelineMember, "pipeline_id", self.pipelines),
        )
        for member in staff[1:]:  # Everybody sees something.
            for link, of, ids in links:
                await link.get_or_create(**{of: chance.choice(ids), "member_id": member.id})

    async def _jobs(self) -> None:
        for number in range(14):
            job = await self.world.job(
                f"Job {self.chance.randint(0, 9)}{number}",
                account_id=self.chance.choice(self.accounts),
                pipeline_id=self.chance.choice(self.pipelines),
                budget=self.chance.choice([None, 0, 30, 120, 600]),
            )
            for member in self.some(list(self.people.values())):
                await JobAssignee.create(job_id=job.id, member_id=member.id)
            self.jobs.append(job)

    async def _time(self) -> None:
        chance, now = self.chance, datetime.now(UTC)
        entries, links, running = [], [], set()
        for _ in range(160):
            job = chance.choice([None, *self.jobs])
            member = chance.choice(list(self.people.values()))
            entry = TimeEntry(
                id=new_id(),
                firm_id=self.world.firm.id,
                member_id=member.id,
                account_id=job.account_id if job else chance.choice(self.accounts),
                day=MIDDLE + timedelta(chance.randint(-45, 80)),
                minutes=chance.randint(1, 200),
                billable=chance.random() < 0.7,
                rate=chance.choice([None, Decimal(0), Decimal("99.99"), Decimal("33.335"), Decimal("0.5")]),
                created_at=now,
            )
            if chance.random() < 0.1 and member.id not in running:
                running.add(member.id)
                entry.started_at, entry.minutes = now, 0
            entries.append(entry)
            if job is not None:
                link = new_link(job, entry, now, None)
                if chance.random() < 0.1:  # It was on this job, and is on another one, or on none.
                    links.append(link)
                    link.unlinked_at = now
                    others = [other for other in self.jobs if other.account_id == job.account_id and other != job]
                    if not others:
                        continue
                    link = new_link(chance.choice(others), entry, now, None)
                links.append(link)
        await TimeEntry.bulk_create(entries)
        await JobItem.bulk_create(links)

    async def _ends(self) -> None:
        """Some jobs are over, or deleted, and a client has left."""
        owner = self.world.acting(self.world.owner)
        for job in self.jobs[:2]:
            await delete_job(owner, job_id=job.id)
        await complete_job(owner, job_id=self.jobs[2].id)
        await archive_job(owner, job_id=self.jobs[3].id)
        self.jobs = self.jobs[2:]
        await Account.filter(id=self.accounts[0]).update(archived_at=datetime.now(UTC))
        await sql("ANALYZE time_entry, job_item, job")
