"""The firms of a tax season: the stages, what happens by itself on each, and the jobs that are to go through them."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.automation.asking_settings import OrganizerSettings, RequestSettings
from models.automation.automations import create_automation
from models.automation.conditions import Condition
from models.automation.people_settings import AssigneeSettings
from models.automation.status_settings import StatusSettings
from models.automation.tag_settings import TagSettings
from models.automation.task_settings import TaskSettings
from models.automation.text_settings import EmailSettings, WikiPageSettings
from models.commands.stages import update_stage
from models.commands.statuses import create_status
from models.commands.tags import create_tag
from models.database import sql
from models.firm.contacts import create_contact
from models.items.organizer_questions import Question, Section
from models.items.request_entries import RequestEntry
from models.rows import AccountTag, AutomationState, Category, Pipeline, Priority, Stage
from models.templates.job_tasks import JobTask
from models.templates.organizer_content import OrganizerTemplateContent
from models.templates.request_content import ClientRequestContent
from models.templates.task_content import TaskContent
from models.templates.templates import create_template
from tests.world import World

INTAKE, DOCUMENTS, PREPARE, REVIEW, SIGN_OFF, FILED = (
    *("Intake", "Documents", "Prepare", "Review", "Sign off", "Filed"),
)
ALL_STAGES = INTAKE, DOCUMENTS, PREPARE, REVIEW, SIGN_OFF, FILED
#: The task with which a job begins. When it is done, a member moves the job from the first stage to the second.
LETTER = "Engagement letter"
#: What the client is asked for, by its key.
ENTRY = "w2"


@dataclass(frozen=True, slots=True)
class WantedJob:
    """A job that is to be opened. Its name is its own in all firms; it is the only one of its account."""

    name: str
    account: UUID
    priority: Priority


@dataclass(frozen=True, slots=True)
class Practice:
    """A firm, with its pipeline, and its jobs that are to be opened."""

    world: World
    pipeline: Pipeline
    stages: Mapping[str, Stage]
    jobs: Sequence[WantedJob]


async def found(tag: str, stages: Sequence[str], numbers: Sequence[int], chance: random.Random) -> Practice:
    """A firm with these stages and a job for each of these numbers: which client is complex, and which job is urgent,
    is left to chance."""
    world = await World.build(tag)
    await sql("UPDATE firm SET undo_window = 0 WHERE id = $1", world.firm.id)
    pipeline = await world.new_pipeline("Season", stages=tuple(stages))
    there = {stage.name: stage for stage in await world.stages(pipeline)}
    tags = {name: await _tag(world, name) for name in ("Complex", "In work")}
    if REVIEW in there:
        await update_stage(world.acting(world.owner), stage_id=there[REVIEW].id, conditional_tag_ids=[tags["Complex"]])
    middle = [there[name].id for name in stages[1:-1]]
    await Stage.filter(id__in=middle).update(automove=True)
    practice = Practice(world, pipeline, there, [await _job(world, number, tags, chance) for number in numbers])
    for wanted in await _automations(practice, tags):
        await create_automation(world.acting(world.owner), state=AutomationState.ON, **wanted)
    return practice


async def _tag(world: World, name: str) -> UUID:
    return (await create_tag(world.acting(world.owner), name=name, color="#112233")).value.id


async def _job(world: World, number: int, tags: Mapping[str, UUID], chance: random.Random) -> WantedJob:
    account = await world.new_account(f"Client {number}")
    given: dict[str, Any] = {"name": f"Ada {number}", "emails": [f"ada{number}@client.example"], "gets_mail": True}
    await create_contact(world.acting(world.owner), account_id=account.id, **given)
    if chance.random() < 0.4:
        await AccountTag.create(account_id=account.id, tag_id=tags["Complex"])
    return WantedJob(f"1040 of {number}", account.id, chance.choice(list(Priority)))


async def _automations(practice: Practice, tags: Mapping[str, UUID]) -> list[dict[str, Any]]:
    """As they are saved: those of the creation, of a status, and of the stages that there are."""
    owner, pipeline = practice.world.acting(practice.world.owner), practice.pipeline
    missing = (await create_status(owner, pipeline_id=pipeline.id, name="Missing docs", color="#112233")).value.id
    completed = (await practice.world.status(Category.COMPLETED, pipeline)).id

    async def template(name: str, **content: Any) -> UUID:
        return (await create_template(owner, name=name, **content)).value.id

    letter = await template("Letter", task=TaskContent(f"{LETTER} of [ACCOUNT_NAME]"))
    papers = ClientRequestContent("Papers of [ACCOUNT_NAME]", (RequestEntry(ENTRY, "Your W-2 of [PREVIOUS_YEAR]"),))
    request = await template("Papers", client_request=papers)
    asked = (Section("Yours", (Question("any", "Anything else?", required=False),)),)
    organizer = await template("Organizer", organizer=OrganizerTemplateContent("Last words of [ACCOUNT_NAME]", asked))
    urgent = Condition(priorities=(Priority.URGENT, Priority.HIGH))

    def on_stages() -> Iterator[tuple[str, str, dict[str, Any]]]:
        yield DOCUMENTS, "Begin", {"update_tags": TagSettings(add_tag_ids=(tags["In work"],))}
        yield DOCUMENTS, "Greet", _mail("[JOB_NAME]: we begin")
        yield DOCUMENTS, "Ask", {"send_client_request": RequestSettings(request, missing)}
        yield PREPARE, "Prepare", _tasks("Draft of [JOB_NAME]", "Figures of [JOB_NAME]")
        yield PREPARE, "Assign", {"update_assignees": AssigneeSettings(add_member_ids=(practice.world.admin.id,))}
        yield PREPARE, "Note", {"add_wiki_page": WikiPageSettings("Of [JOB_NAME]", "What was found.")}
        yield PREPARE, "Hurry", _tasks("Hurry with [JOB_NAME]") | {"conditions": urgent}
        yield REVIEW, "Review", _tasks("Review of [JOB_NAME]")
        yield SIGN_OFF, "Last words", {"send_organizer": OrganizerSettings(organizer)}
        yield SIGN_OFF, "Tell", _mail("[JOB_NAME]: nearly done") | {"conditions": urgent}
        yield FILED, "End", {"update_tags": TagSettings(remove_tag_ids=(tags["In work"],))}
        yield FILED, "Thank", _mail("[JOB_NAME]: it is filed")
        yield FILED, "Complete", {"set_status": StatusSettings(completed)}

    elsewhere = [
        {"trigger_pipeline_id": pipeline.id, "name": "Engage", "create_tasks": TaskSettings(template_ids=(letter,))},
        {"trigger_status_id": missing, "name": "Wait", **_mail("[JOB_NAME]: we wait for your papers")},
        {"trigger_status_id": missing, "name": "Chase", **_tasks("Call [ACCOUNT_NAME]"), "conditions": urgent},
    ]
    return elsewhere + [
        {"trigger_stage_id": practice.stages[stage].id, "name": name, **does}
        for stage, name, does in on_stages()
        if stage in practice.stages
    ]


def _mail(subject: str) -> dict[str, Any]:
    return {"send_email": EmailSettings(subject=subject, text="Dear [CONTACT_NAME]")}


def _tasks(*names: str) -> dict[str, Any]:
    return {"create_tasks": TaskSettings(tasks=tuple(JobTask(name) for name in names))}
