"""An event tells of a job to nobody who does not see it: not even its id."""

import json
from dataclasses import replace
from uuid import UUID

import pytest

from models.audiences import Audience
from models.commands.tasks import create_task, link_task, unlink_task
from models.commands.time import log_time, update_time_entry
from models.event_kinds import KINDS
from models.events import Event, LinkedEvent, TaskUnlinked, TimeEntryUpdated, to_json
from models.ids import Kind, new_id
from models.log import Reached, read_histories
from models.rights import ALL_RIGHTS, Right, Role
from models.rows import AccountMember, PipelineMember
from models.scope import Scope
from models.viewers import viewer
from models.visibility import own, shown
from tests.api.peers import sample
from tests.world import World

OF_ITEMS = {name: kind for name, kind in KINDS.items() if issubclass(kind, LinkedEvent)}


@pytest.fixture
def things() -> dict[str, UUID]:
    return {kind.value: new_id() for kind in Kind}


def of_account(things: dict[str, UUID]) -> Scope:
    """Whoever sees the account, and another pipeline."""
    seen = frozenset({things["account"]}), frozenset({new_id()})
    return Scope(things["firm"], Audience.TEAM, ALL_RIGHTS, *seen)


def named_in(event: Event | None, job: UUID) -> bool:
    return event is not None and str(job) in json.dumps(to_json(event))


@pytest.mark.parametrize("kind", OF_ITEMS)
def test_who_sees_the_account_alone_is_told_of_no_job(things: dict[str, UUID], kind: str) -> None:
    event, job = sample(KINDS[kind], things), things["job"]
    member = things["member"]
    assert named_in(event, job)
    assert not named_in(shown(event, of_account(things)), job)
    assert not named_in(own(event, member, of_account(things)), job)
    seen = replace(of_account(things), pipelines=frozenset({things["pipeline"]}))
    assert named_in(shown(event, seen), job)


def test_of_two_jobs_the_one_in_sight_is_told(things: dict[str, UUID]) -> None:
    here, there = things["job"], new_id()
    event = sample(TimeEntryUpdated, things)
    assert isinstance(event, TimeEntryUpdated)
    left = replace(event, changes={"job_id": (str(here), str(there))})
    came = replace(event, changes={"job_id": (str(there), str(here))})
    scope = replace(of_account(things), pipelines=frozenset({things["pipeline"]}))
    for told, changes in ((left, (str(here), None)), (came, (None, str(here)))):
        assert shown(told, scope) == replace(told, changes={"job_id": changes})
        assert shown(told, Scope.whole(things["firm"])) is told
        assert not named_in(shown(told, of_account(things)), there)


async def test_a_history_tells_no_more_than_the_stream(world: World) -> None:
    owner = world.acting(world.owner)
    here, there = await world.job(), await world.job(pipeline_id=(await world.new_pipeline("Secret")).id)
    clerk = await world.member("Clara Clerk", Role.EMPLOYEE, Right.MANAGE_TIME_ENTRIES)
    await AccountMember.create(account_id=world.account.id, member_id=clerk.id)
    await PipelineMember.create(pipeline_id=world.pipeline.id, member_id=clerk.id)
    entry = (await log_time(owner, minutes=5, job_id=here.id)).value
    await update_time_entry(owner, time_entry_id=entry.id, job_id=there.id)
    known = await viewer(clerk.id)
    assert known is not None
    events = (await read_histories(known.scope, [here.id], reached=Reached(), limit=20))[here.id]
    (moved,) = [logged.event for logged in events if isinstance(logged.event, TimeEntryUpdated)]
    assert moved.changes["job_id"] == (str(here.id), None)
    assert not any(named_in(logged.event, there.id) for logged in events)


async def test_a_task_that_left_a_hidden_job_is_told_without_it(world: World) -> None:
    owner = world.acting(world.owner)
    secret = await world.job(pipeline_id=(await world.new_pipeline("Secret")).id)
    task = (await create_task(owner, name="Sort", account_id=world.account.id)).value
    await link_task(owner, task_id=task.id, job_id=secret.id)
    before = await world.revision()
    await unlink_task(owner, task_id=task.id)
    known = await viewer(world.employee.id)
    assert known is not None
    (event,) = [logged.event for logged in await world.events(before)]
    assert isinstance(event, TaskUnlinked)
    assert event.job == secret.id
    told = shown(event, known.scope)
    assert told == replace(event, job=None, pipeline=None)
