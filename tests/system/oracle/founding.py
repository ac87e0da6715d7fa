"""Makes the firms that the oracle watches, in a process of its own, and prints what is in them as JSON.

python -m tests.system.oracle.founding SEED
"""

import asyncio
import os
import random
import sys
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from models.bounds import REMINDED
from models.connection import connected
from models.firm.contacts import create_contact
from models.ids import Kind, encode
from models.items.client_requests import create_client_request
from models.items.request_entries import RequestEntry
from models.order import spread
from models.passwords import hash_password
from models.reminding.reminders import remind_of_client_request
from models.rights import Right, Role
from models.rows import (
    Account,
    AccountMember,
    AccountTag,
    Job,
    JobAssignee,
    Member,
    Pipeline,
    PipelineMember,
    Stage,
    Status,
    Tag,
    Task,
)
from models.rows.jobs import Priority
from models.templates.job_content import JobContent
from models.templates.job_tasks import JobTask
from models.templates.relative_dates import Anchor, RelativeDate
from models.templates.templates import create_template
from tests.files import uploaded
from tests.links import linked
from tests.system.oracle import automatic
from tests.system.oracle.atlas import FIRMS, PASSWORD, SECRET
from tests.system.oracle.letters import address
from tests.world import World

ACCOUNTS, SECRETS, JOBS, TASKS, FILES = 20, 4, 100, 60, 40
#: The accounts of which nobody gets mail.
UNREACHED = (9, 14)
START = datetime(2026, 1, 1, tzinfo=UTC)

#: Employees: name, rights, how many of the pipelines, how many of the accounts, and whether they are sealed: never to
#: see a secret account.
EMPLOYEES: list[tuple[str, tuple[Right, ...], int, int, bool]] = [
    ("Nobody", (), 0, 0, False),
    ("Viewer", (Right.VIEW_ALL_ACCOUNTS,), 3, 0, False),
    ("Budgeter", (Right.VIEW_ALL_ACCOUNTS, Right.MANAGE_TIME_BUDGETS), 2, 0, False),
    ("Handler", (), 3, 12, False),
    ("Timer", (Right.MANAGE_TIME_ENTRIES,), 1, 9, False),
    ("Builder", (Right.MANAGE_PIPELINES, Right.MANAGE_ACCOUNTS, Right.MANAGE_TAGS), 3, 12, False),
    ("Sealed", (Right.MANAGE_TIME_BUDGETS,), 3, 9, True),
    ("Shut", (), 2, 5, True),
    ("Leaver", (Right.VIEW_ALL_ACCOUNTS,), 3, 0, False),
    ("Clerk", (), 2, 6, False),
]


async def found(seed: str) -> list[dict[str, Any]]:
    """Both firms."""
    chance = random.Random(seed)
    password_hash = await hash_password(PASSWORD)
    firms = []
    for tag, employees in ((FIRMS[0], EMPLOYEES), (FIRMS[1], EMPLOYEES[1:4])):
        firms.append(await _firm(tag, employees, chance))
    await Member.all().update(password_hash=password_hash)
    return firms


async def _firm(tag: str, employees: list[Any], chance: random.Random) -> dict[str, Any]:
    world = await World.build(tag)
    pipelines = [
        await world.new_pipeline(f"{tag} pipeline {n}", stages=("In", "Work", "Check", "Out")) for n in (1, 2, 3)
    ]
    for pipeline in pipelines:
        await Status.create(
            firm_id=world.firm.id, pipeline_id=pipeline.id, category="CUSTOM", name="Missing docs", color="#ff0000"
        )
    accounts = [
        await world.new_account(f"{SECRET} {n}" if n < SECRETS else f"{tag} account {n}") for n in range(ACCOUNTS)
    ]
    tags = [await Tag.create(firm_id=world.firm.id, name=f"{tag} tag {n}", color="#00ff00") for n in range(5)]
    for account in accounts:
        await AccountTag.create(account_id=account.id, tag_id=chance.choice(tags).id)
    members = [world.owner, world.admin, await world.member("Ada Toggled", Role.ADMIN)]
    sealed: list[Member] = []
    for name, rights, sees, assigned, is_sealed in employees:
        member = await world.member(name, Role.EMPLOYEE, *rights)
        members.append(member)
        sealed += [member] if is_sealed else []
        for pipeline in pipelines[:sees]:
            await PipelineMember.create(pipeline_id=pipeline.id, member_id=member.id)
        for account in chance.sample(accounts[SECRETS:] if is_sealed else accounts, assigned):
            await AccountMember.create(account_id=account.id, member_id=member.id)
    jobs = await _jobs(world, tag, pipelines, accounts, members, chance)
    tasks = await _tasks(world, jobs, chance)
    contacts = {
        encode(Kind.ACCOUNT, account.id): [await _contact(world, account, number)]
        for number, account in enumerate(accounts)
    }
    template = await _template(world, members)
    await automatic.set_up(world, pipelines, tags, accounts[SECRETS - 1 : SECRETS + 1])
    await _reminded(world)
    quiet = await world.new_pipeline("Quiet", stages=("Only",))
    return {
        "tag": tag,
        "members": [
            {
                "id": encode(Kind.MEMBER, member.id),
                "email": member.email,
                "role": member.role,
                "sealed": member in sealed,
                "holds_items": number % 2 == 0,
            }
            for number, member in enumerate(members)
        ],
        "pipelines": [await _drawn(pipeline) for pipeline in pipelines],
        "quiet": {
            "pipeline": encode(Kind.PIPELINE, quiet.id),
            "account": encode(Kind.ACCOUNT, world.account.id),
        },
        "accounts": [encode(Kind.ACCOUNT, account.id) for account in accounts],
        "contacts": contacts,
        "secrets": [encode(Kind.ACCOUNT, account.id) for account in accounts[:SECRETS]],
        "template": encode(Kind.TEMPLATE, template),
        "files": [
            encode(Kind.FILE, (await uploaded(world.acting(world.owner), f"{tag} {n}.txt")).id) for n in range(FILES)
        ],
        "tags": [encode(Kind.TAG, row.id) for row in tags],
        "jobs": [
            {
                "id": encode(Kind.JOB, job.id),
                "account": encode(Kind.ACCOUNT, job.account_id),
                "stage": encode(Kind.STAGE, job.stage_id),
            }
            for job in jobs
        ],
        "tasks": {encode(Kind.TASK, task.id): encode(Kind.ACCOUNT, task.account_id) for task in tasks},
    }


async def _template(world: World, members: list[Member]) -> UUID:
    """A template of jobs, of which two members do a task each. What is made of it is named for its account."""
    tasks = (
        JobTask("[JOB_NAME]: first", assignee_ids=(members[-1].id,), checklist=("[JOB_NAME]: entry",)),
        JobTask("[JOB_NAME]: last", assignee_ids=(members[-2].id,), due_date=RelativeDate(Anchor.DUE_DATE, -3)),
    )
    content = JobContent("Of [ACCOUNT_NAME]", budget=120, tasks=tasks)
    return (await create_template(world.acting(world.owner), name="Usual", job=content)).value.id


async def _jobs(
    world: World,
    tag: str,
    pipelines: list[Pipeline],
    accounts: list[Account],
    members: list[Member],
    chance: random.Random,
) -> list[Job]:
    made: list[Job] = []
    for pipeline in pipelines:
        stages = await Stage.filter(pipeline_id=pipeline.id).order_by("position")
        active = await Status.get(pipeline_id=pipeline.id, category="ACTIVE")
        for position in spread(JOBS // len(pipelines) + 1):
            account = chance.choice(accounts)
            marker = f"{SECRET} " if account.name.startswith(SECRET) else ""
            made.append(
                await Job.create(
                    firm_id=world.firm.id,
                    account_id=account.id,
                    pipeline_id=pipeline.id,
                    stage_id=chance.choice(stages).id,
                    status_id=active.id,
                    name=f"{marker}{tag} job {len(made)}",
                    position=position,
                    stage_entered_at=START,
                    created_at=START,
                    priority=chance.choice(list(Priority)),
                    due_date=date(2026, 1, 1) + timedelta(days=chance.randrange(365)),
                    budget=chance.choice([None, 60, 240]),
                )
            )
            for member in chance.sample(members, chance.randrange(3)):
                await JobAssignee.create(job_id=made[-1].id, member_id=member.id)
    return made


async def _tasks(world: World, jobs: list[Job], chance: random.Random) -> list[Task]:
    chosen = [chance.choice(jobs) for _ in range(TASKS)]
    made = [
        await Task.create(
            firm_id=world.firm.id, account_id=job.account_id, name=f"Task of {job.name}", created_at=START
        )
        for job in chosen
    ]
    for job, task in zip(chosen, made, strict=True):
        await linked(task, job)
    return made


async def _contact(world: World, account: Account, number: int) -> str:
    # Somebody gets no mail: what automations write to them fails.
    reached = {"emails": [address(world.tag, account.name, number)], "gets_mail": number not in UNREACHED}
    given: dict[str, Any] = {"name": f"Contact of {account.name}", "account_id": account.id, **reached}
    made = await create_contact(world.acting(world.owner), **given)
    return encode(Kind.CONTACT, made.value.id)


async def _reminded(world: World) -> None:
    """Somebody is reminded whatever the storm does: nobody in it knows what they are asked for."""
    owner = world.acting(world.owner)
    await _contact(world, world.account, ACCOUNTS)
    entries = [RequestEntry("a", "Anything?", required=False)]
    asked = await create_client_request(owner, title="Asked all along", entries=entries, account_id=world.account.id)
    await remind_of_client_request(owner, client_request_id=asked.value.id, every_days=1, at_most=REMINDED.most)


async def _drawn(pipeline: Pipeline) -> dict[str, Any]:
    stages = await Stage.filter(pipeline_id=pipeline.id).order_by("position")
    statuses = await Status.filter(pipeline_id=pipeline.id)
    return {
        "id": encode(Kind.PIPELINE, pipeline.id),
        "stages": [encode(Kind.STAGE, stage.id) for stage in stages],
        "statuses": [encode(Kind.STATUS, status.id) for status in statuses],
        "custom": [encode(Kind.STATUS, status.id) for status in statuses if status.category == "CUSTOM"],
    }


async def main(seed: str) -> None:
    """Found the firms."""
    async with connected(os.environ["JOBWIRE_DATABASE_URL"], pool=2):
        sys.stdout.buffer.write(orjson.dumps(await found(seed)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
