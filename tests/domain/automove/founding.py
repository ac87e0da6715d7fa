"""A random firm for the property test of automove: two pipelines, with automations of several types on their stages, on
their custom statuses and on the creation of jobs."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any
from uuid import UUID

from models.automation.asking_settings import RequestSettings
from models.automation.conditions import Condition
from models.automation.settings import Settings
from models.automation.status_settings import StatusSettings
from models.automation.tag_settings import TagSettings
from models.automation.task_settings import TaskSettings
from models.automation.text_settings import EmailSettings, MessageSettings
from models.commands.stages import update_stage
from models.commands.statuses import create_status
from models.commands.tags import create_tag, delete_tag
from models.firm.contacts import create_contact
from models.items.request_entries import RequestEntry
from models.rows import AutomationType, Status
from models.templates.job_tasks import JobTask
from models.templates.request_content import ClientRequestContent
from models.templates.templates import create_template
from tests.domain.automating import automation
from tests.domain.automove.reference import Account, Job, Pipeline, Reference, Robot
from tests.world import World

JOBS, ROBOTS = 5, 12
ENTRY = RequestEntry("w2", "Your W-2", required=False)

_numbers = count(1)

#: What automations do, as the reference calls it: as settings, of the automation and a template of client requests.
_SETTINGS: Mapping[str, tuple[AutomationType, Callable[[Robot, UUID], Settings]]] = {
    "TAGS": (
        AutomationType.UPDATE_TAGS,
        lambda robot, _: TagSettings(
            add_tag_ids=(robot.add,) if robot.add else (), remove_tag_ids=(robot.remove,) if robot.remove else ()
        ),
    ),
    "TASK": (AutomationType.CREATE_TASKS, lambda robot, _: TaskSettings(tasks=(JobTask(f"To do for {robot.name}"),))),
    "REQUEST": (AutomationType.SEND_CLIENT_REQUEST, lambda robot, template: RequestSettings(template, robot.status)),
    "STATUS": (AutomationType.SET_STATUS, lambda robot, _: StatusSettings(_given(robot.status))),
    "CHAT": (AutomationType.SEND_MESSAGE, lambda robot, _: MessageSettings(subject=robot.name, text="Good morning")),
    "MAIL": (AutomationType.SEND_EMAIL, lambda robot, _: EmailSettings(subject=robot.name, text="Good morning")),
}


def _given(id: UUID | None) -> UUID:
    assert id is not None
    return id


def settings_of(robot: Robot, template: UUID) -> dict[str, Any]:
    """What an automation does, as commands are given it."""
    type, made = _SETTINGS[robot.does]
    return {type.field: made(robot, template)}


async def new_robot(
    world: World,
    dice: random.Random,
    reference: Reference,
    tags: Sequence[UUID],
    template: UUID,
    lost: UUID | None = None,
) -> Robot:
    """An automation of any type at any place. Some give another status to what came under one: they go in circles.
    Others are to put on a tag that will be lost."""
    pipeline = dice.choice(reference.pipelines)
    custom = [id for id, category in pipeline.statuses.items() if category == "CUSTOM"]
    at, field = dice.choice(
        [
            *((stage, "trigger_stage_id") for stage in pipeline.stages),
            *((status, "trigger_status_id") for status in custom),
            (pipeline.id, "trigger_pipeline_id"),
        ]
    )
    does = dice.choice(["TAGS", "TAGS", "TASK", "TASK", "TASK", "REQUEST", "REQUEST", "STATUS", "CHAT", "MAIL"])
    robot = Robot(UUID(int=0), f"Robot {next(_numbers)}", at, does)
    if does == "TAGS":
        robot.add, robot.remove = dice.sample([*tags, None], 2)
        if lost is not None and dice.random() < 0.35:
            robot.add = lost
    elif does == "REQUEST":
        robot.status = dice.choice([None, *custom])
    elif does == "STATUS":
        robot.status = dice.choice([*custom, *custom, *pipeline.statuses])
    if dice.random() < 0.25:
        robot.asks = dice.sample(tags, 1)
    asked = Condition(account_tag_ids=tuple(robot.asks)) if robot.asks else None
    given = {"name": robot.name, "conditions": asked, field: at, **settings_of(robot, template)}
    robot.id = (await automation(world, **given)).id
    reference.robots.append(robot)
    return robot


async def found(world: World, dice: random.Random) -> tuple[Reference, list[UUID], UUID]:
    """The firm as its reference has it, its tags, and a template of client requests. One tag that automations put on
    accounts is deleted: they fail."""
    owner = world.acting(world.owner)
    *tags, lost = [(await create_tag(owner, name=f"Tag {n}", color="#2f80ed")).value.id for n in range(3)]
    content = ClientRequestContent("Your W-2", (ENTRY,))
    template = (await create_template(owner, name="W-2", client_request=content)).value.id
    reference = Reference([await _pipeline(world, dice, name) for name in ("Returns", "Books")])
    for stage in [stage for pipeline in reference.pipelines for stage in pipeline.stages]:
        if dice.random() < 0.8:
            reference.automove.add(stage)
            await update_stage(owner, stage_id=stage, automove=True)
    for _ in range(ROBOTS):
        await new_robot(world, dice, reference, tags, template, lost)
    await _circle(world, reference, dice.choice(reference.pipelines))
    await delete_tag(owner, tag_id=lost)
    reference.lost.add(lost)
    accounts = [Account((await world.new_account(name)).id, name == "Acme") for name in ("Acme", "Beta")]
    await create_contact(owner, account_id=accounts[0].id, name="Ada", emails=["ada@acme.example"], gets_mail=True)
    for number in range(JOBS):
        pipeline, account = dice.choice(reference.pipelines), accounts[number % 2]
        stage = dice.choice(pipeline.stages)
        row = await world.job(account_id=account.id, pipeline_id=pipeline.id, stage_id=stage)
        job = reference.jobs[row.id] = Job(row.id, account, pipeline, stage, row.status_id)
        reference.unheard.append(reference.came(job))
    return reference, tags, template


async def _circle(world: World, reference: Reference, pipeline: Pipeline) -> None:
    """Two statuses that give jobs to each other: nothing ends that but the length of the chain."""
    custom = [id for id, category in pipeline.statuses.items() if category == "CUSTOM"]
    for at, to in (custom, custom[::-1]):
        robot = Robot(UUID(int=0), f"Robot {next(_numbers)}", at, "STATUS", status=to)
        given = settings_of(robot, robot.id)
        robot.id = (await automation(world, name=robot.name, trigger_status_id=at, **given)).id
        reference.robots.append(robot)


async def _pipeline(world: World, dice: random.Random, name: str) -> Pipeline:
    row = await world.new_pipeline(name, stages=tuple(f"Stage {n}" for n in range(dice.randint(3, 5))))
    for status in ("Held", "Missing docs"):
        await create_status(world.acting(world.owner), pipeline_id=row.id, name=status, color="#112233")
    statuses = {each.id: each.category.value for each in await Status.filter(pipeline_id=row.id).order_by("id")}
    return Pipeline(row.id, [stage.id for stage in await world.stages(row)], statuses)
