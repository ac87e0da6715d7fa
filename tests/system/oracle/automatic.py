"""What happens by itself in the oracle's firms: what is set up for that, and when all of it is done."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from models.automation.asking_settings import OrganizerSettings, Reminding, RequestSettings
from models.automation.automations import create_automation
from models.automation.tag_settings import TagSettings
from models.automation.task_settings import TaskSettings
from models.automation.text_settings import EmailSettings
from models.database import sql
from models.followers.standing import followers
from models.items.organizer_questions import Question, Section
from models.items.request_entries import RequestEntry
from models.recurrences.recurrences import create_recurrence
from models.rows import Account, AutomationState, Category, Pipeline, Stage, Status, Tag
from models.rows.recurrences import Frequency
from models.templates.job_tasks import JobTask
from models.templates.organizer_content import OrganizerTemplateContent
from models.templates.request_content import ClientRequestContent
from models.templates.templates import create_template
from tests.world import World
from workers.followers import FOLLOWERS

#: How long what is automatic may take after the last command, in seconds: without Valkey workers look by themselves.
DEADLINE = 60.0
GLANCE = 0.05
#: The day that recurrences count from: long before the storm, so that any day may have been missed.
FIRST_DAY = date(2026, 1, 1)


async def set_up(
    world: World, pipelines: Sequence[Pipeline], tags: Sequence[Tag], recurring: Sequence[Account]
) -> None:
    """Jobs move on by themselves, but from the last stages. One stage of each pipeline gives the account a tag and
    writes to the client; the next one takes the tag and adds a task to the job; so does the pipeline for jobs that are
    made. One pipeline asks the client for something besides, as a custom status that the job returns from, and so does
    the status of another one when a job comes under it. Some of the accounts have jobs made every day."""
    owner, (tag, *_) = world.acting(world.owner), tags
    request, organizer = await _templates(world)
    gives = {"update_tags": TagSettings(add_tag_ids=(tag.id,))}
    reminding = Reminding(every_days=3, at_most=2)
    takes = {"update_tags": TagSettings(remove_tag_ids=(tag.id,))}
    adds = {"create_tasks": TaskSettings(tasks=(JobTask("[JOB_NAME]: by itself"),))}
    writes = {"send_email": EmailSettings(subject="[JOB_NAME] of [ACCOUNT_NAME]", text="[FIRM_NAME] is at it.")}
    # Until somebody says that mail goes at once.
    await sql("UPDATE firm SET undo_window = 1 WHERE id = $1", world.firm.id)
    for place, pipeline in enumerate(pipelines):
        first, work, check, last = await world.stages(pipeline)
        await Stage.filter(pipeline_id=pipeline.id).exclude(id=last.id).update(automove=True)
        status = await Status.get(pipeline_id=pipeline.id, category=Category.CUSTOM)
        asks: list[dict[str, Any]] = [
            {"trigger_status_id": status.id} | adds,
            {"trigger_status_id": status.id, "send_client_request": RequestSettings(request, reminders=reminding)},
            {"trigger_stage_id": first.id, "send_organizer": OrganizerSettings(organizer, status.id)},
        ]
        wanted: list[dict[str, Any]] = [
            {"trigger_stage_id": work.id} | gives,
            {"trigger_stage_id": work.id} | writes,
            {"trigger_stage_id": check.id} | takes,
            {"trigger_stage_id": check.id} | adds,
            {"trigger_pipeline_id": pipeline.id} | adds,
            asks[place],
        ]
        if place == 0:
            wanted.append({"trigger_stage_id": check.id, "send_client_request": RequestSettings(request, status.id)})
        for each in wanted:
            await create_automation(owner, name="By itself", state=AutomationState.ON, **each)
    stages = await world.stages(pipelines[0])
    await create_recurrence(
        owner,
        name="Every day",
        job_name="[ACCOUNT_NAME], [CURRENT_DATE]",
        pipeline_id=pipelines[0].id,
        stage_id=stages[1].id,
        frequency=Frequency.DAILY,
        first_day=FIRST_DAY,
        account_ids=[account.id for account in recurring],
    )


async def _templates(world: World) -> tuple[UUID, UUID]:
    """What clients are asked for: nothing of it has to be answered before it is submitted."""
    owner = world.acting(world.owner)
    asked = ClientRequestContent("Of [ACCOUNT_NAME]", (RequestEntry("a", "Anything?", required=False),))
    questions = (Question("a", "Anything?", required=False),)
    organizer = OrganizerTemplateContent("Of [ACCOUNT_NAME]", (Section("Yours", questions),))
    made = [
        (await create_template(owner, name="Asked for", client_request=asked)).value.id,
        (await create_template(owner, name="Asked", organizer=organizer)).value.id,
    ]
    return made[0], made[1]


async def followed_from_now_on() -> None:
    """Wait until the workers have made their followers known."""
    names = {each.name for each in FOLLOWERS}
    async with asyncio.timeout(DEADLINE):
        while not names <= {each.name for each in await followers()}:
            await asyncio.sleep(GLANCE)


# What the clock makes due, and is to be done at once.
_DUE = """
SELECT EXISTS (SELECT FROM recurrence WHERE next_at <= now()) OR EXISTS (SELECT FROM reminder WHERE next_at <= now())
    AS there
"""


async def done() -> None:
    """Wait until all is done that follows from what members did or is due, and from what followed from that. Mail may
    still be on its way: no board shows of it."""
    async with asyncio.timeout(DEADLINE):
        while (await sql(_DUE))[0]["there"] or any(one.behind or one.pending for one in await followers()):
            await asyncio.sleep(GLANCE)


_UNDO_WINDOW_IS_OVER = """
UPDATE mail SET next_at = now(), due_at = now() WHERE state = 'WAITING' AND claim IS NULL AND next_at > now()
"""
_WAITING = "SELECT count(*) AS number FROM mail WHERE state = 'WAITING' AND {which}"
# What was in hand of whoever was killed is given up after minutes. They are over.
_GIVE_UP = "UPDATE mail SET next_at = now() WHERE state = 'WAITING' AND claim IS NOT NULL"


async def sent() -> None:
    """Let all undo windows be over, and wait until nothing waits in the outbox any more."""
    await sql(_UNDO_WINDOW_IS_OVER)
    async with asyncio.timeout(DEADLINE):
        while (await sql(_WAITING.format(which="claim IS NULL AND next_at IS NOT NULL")))[0]["number"]:
            await asyncio.sleep(GLANCE)
        await sql(_GIVE_UP)
        while (await sql(_WAITING.format(which="claim IS NOT NULL")))[0]["number"]:
            await asyncio.sleep(GLANCE)


_MISSED = "UPDATE recurrence SET next_day = next_day - $1::int, next_at = now() WHERE ended_at IS NULL RETURNING *"


async def days_are_missed(number: int) -> dict[UUID, date]:
    """Have the recurrences look again at so many days before what they have come to, as if nobody had worked since.
    Returns from which day on, by recurrence."""
    return {row["id"]: row["next_day"] for row in await sql(_MISSED, number)}


async def clients_are_to_be_reminded() -> None:
    """Of all that they are reminded of, the day has come."""
    await sql("UPDATE reminder SET next_at = now() WHERE next_at IS NOT NULL")
