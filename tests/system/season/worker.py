"""The `jobwire worker` of a tax season: `python -m tests.system.season.worker worker`.

What is done on each stage is a follower's of the tests. What takes minutes in the product takes seconds here: how long
a process that says nothing keeps what it has in hand, and for how long a mail is one worker's.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from cli import worker
from common.settings import Settings
from models import connection
from models.actor import Actor
from models.command import Outcome
from models.commands.moves import move_job
from models.commands.tasks import create_task
from models.connection import credentials
from models.database import sql
from models.events import JobCreated, JobMoved
from models.followers.follower import Planned, Run
from models.items.client_requests import create_client_request
from models.items.request_entries import RequestEntry
from models.log import Committed
from models.mail import sending
from models.mail.mails import send_mail

#: What is done on the stages, one after the other: each job is moved on when it is done.
STAGES: tuple[tuple[str, ...], ...] = (
    ("mail", "task"),
    ("request", "task"),
    ("task", "mail"),
    ("task", "task"),
    ("request", "mail"),
    ("task", "mail"),
)
#: Of the control: which jobs came to which stage. Nothing says that one may come there once.
TABLE = "CREATE TABLE season_control (job uuid, stage uuid)"
_CAME = "INSERT INTO season_control VALUES ($1, $2)"
_STAGES = "SELECT id FROM stage WHERE pipeline_id = (SELECT pipeline_id FROM stage WHERE id = $1) ORDER BY position"
_CONTACT = """
SELECT c.contact_id AS id, job.account_id AS account FROM job
JOIN account_contact c ON c.account_id = job.account_id WHERE job.id = $1
"""


def arrivals(committed: Committed) -> list[tuple[UUID, UUID]]:
    """The jobs that came to a stage, each with that."""
    events = [logged.event for logged in committed.events]
    moved = [(event.job, event.to_stage) for event in events if isinstance(event, JobMoved)]
    return moved + [(event.job, event.stage) for event in events if isinstance(event, JobCreated)]


class Season:
    """Does on each stage what is done there, and then moves the job on."""

    name = "season"

    async def plan(self, committed: Committed) -> Sequence[Planned]:
        """A run for each thing."""
        planned = []
        for job, stage in arrivals(committed):
            stages = [row["id"] for row in await sql(_STAGES, stage)]
            place = stages.index(stage)
            does = [{"do": what, "name": f"{what} {place}.{turn}"} for turn, what in enumerate(STAGES[place])]
            if place + 1 < len(stages):
                does.append({"do": "move", "to": str(stages[place + 1])})
            planned += [Planned("Season", {"job": str(job), **each}) for each in does]
        return planned

    async def act(self, actor: Actor, run: Run) -> Outcome[Any] | None:
        """The command that a person would call."""
        job_id, data = UUID(run.data["job"]), run.data
        match data["do"]:
            case "task":
                return await create_task(actor, job_id=job_id, name=data["name"])
            case "request":
                asked = [RequestEntry("w2", "Your W-2")]
                return await create_client_request(actor, title=data["name"], entries=asked, job_id=job_id)
            case "mail":
                (contact,) = await sql(_CONTACT, job_id)
                return await send_mail(
                    actor, contact_id=contact["id"], subject=data["name"], text="Dear client", job_id=job_id
                )
            case _:
                return await move_job(actor, job_id=job_id, stage_id=UUID(data["to"]))


class Apart:
    """The control: what it does is committed apart from its cursor."""

    name = "apart"

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: asyncpg.Connection | None = None

    async def plan(self, committed: Committed) -> Sequence[Planned]:
        """In a transaction of its own."""
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(**credentials(self._url))
        if came := arrivals(committed):
            await self._connection.executemany(_CAME, came)
            # Whoever commits apart may be interrupted in between: here more often than somewhere else.
            await asyncio.sleep(0.03)
        return ()

    async def act(self, actor: Actor, run: Run) -> Outcome[Any] | None:
        """Never called."""
        raise AssertionError


if __name__ == "__main__":
    from cli.entry import main

    connection.SILENCE = 1_500
    sending.LEASE = timedelta(seconds=6)
    worker.FOLLOWERS = (Season(), Apart(str(Settings().database_url)))  # type: ignore[attr-defined]
    main()
