"""What automations of each type do for a job: by the commands that people call."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from models.automation.asking_settings import RequestSettings
from models.automation.conditions import Condition
from models.automation.effects.effect import effect_of
from models.automation.facts import decisions
from models.automation.people_settings import AccessSettings, AssigneeSettings
from models.automation.preview import preview_move
from models.automation.run_events import AutomationRan
from models.automation.settings import settings_classes
from models.automation.tag_settings import TagSettings
from models.automation.text_settings import EmailSettings
from models.commands.members import deactivate_member
from models.commands.moves import move_job
from models.commands.statuses import create_status
from models.commands.tags import create_tag
from models.firm.account_roles import create_account_role, set_account_role_holders
from models.firm.contacts import create_contact
from models.ids import Kind
from models.items.client_requests import ClientRequest, answer_client_request, submit_client_request
from models.items.recipients import recipients_of
from models.items.request_entries import EntryAnswer
from models.rows import (
    AccountMember,
    AccountTag,
    AutomationRun,
    AutomationType,
    Category,
    Job,
    JobAssignee,
    RunReason,
    RunState,
    Status,
)
from models.rows.mail import Mail
from tests.domain.automating import automation, begin, runs_of
from tests.domain.following import go_on_to_the_end
from tests.kinds import automations as kinds
from tests.kinds import templates
from tests.links import items_of
from tests.specimens import Spot
from tests.world import World

#: What each type makes. What it changes the other tests say.
MAKES: Mapping[AutomationType, Sequence[Kind]] = {
    AutomationType.SEND_ORGANIZER: [Kind.ORGANIZER, Kind.MAIL],
    AutomationType.SEND_CLIENT_REQUEST: [Kind.CLIENT_REQUEST, Kind.MAIL],
    AutomationType.SEND_PROPOSAL: [Kind.PROPOSAL],
    AutomationType.SEND_INVOICE: [Kind.INVOICE],
    AutomationType.SEND_EMAIL: [Kind.MAIL],
    AutomationType.SEND_MESSAGE: [Kind.CHAT],
    AutomationType.ADD_WIKI_PAGE: [Kind.WIKI_PAGE],
}


@pytest.fixture
async def world(followed: World) -> World:
    return followed


async def reachable(world: World) -> Any:
    """A contact of the client who gets mail and signs."""
    given: dict[str, Any] = {"name": "Ada", "emails": ["ada@client.example"], "gets_mail": True, "signs": True}
    return (await create_contact(world.acting(world.owner), account_id=world.account.id, **given)).value


async def test_each_type_does_what_it_says_and_a_preview_foresees_it(world: World) -> None:
    following, owner, ada = await begin(), world.acting(world.owner), await reachable(world)
    job, (_, second, _) = await world.job(period="2026"), await world.stages()
    status = (await create_status(owner, pipeline_id=world.pipeline.id, name="Missing docs", color="#112233")).value
    await Job.filter(id=job.id).update(status_id=status.id)
    spot = Spot(world.account.id, job.id)
    for type, make in kinds.SETTINGS.items():
        effect_of(settings := await make(owner, "Usual", spot))
        given: dict[str, Any] = {type.field: settings}
        await automation(world, name=type.value, **given)
    assert kinds.SETTINGS.keys() == settings_classes().keys()
    active = await world.status(Category.ACTIVE)
    await Job.filter(id=job.id).update(status_id=active.id)
    await go_on_to_the_end(following)
    foreseen = await preview_move(owner, job_id=job.id, stage_id=second.id)
    assert await AutomationRun.filter(job_id=job.id).count() == 0
    moved = await move_job(owner, job_id=job.id, stage_id=second.id)
    await go_on_to_the_end(following)
    runs = {run.type: run for run in await runs_of(job)}
    assert {type: (run.state, run.message) for type, run in runs.items() if run.state is not RunState.DONE} == {}
    assert runs.keys() == kinds.SETTINGS.keys()
    # Tags first, for conditions ask for them.
    assert min(runs.values(), key=lambda run: run.place).type is AutomationType.UPDATE_TAGS
    for type, made in MAKES.items():
        of_run = runs[type]
        assert of_run is not None
        assert [Kind(each["kind"]) for each in of_run.made] == made
        if made != [Kind.MAIL]:
            assert of_run.made[0]["id"] in map(str, await items_of(job, made[0]))
    tasks = runs[AutomationType.CREATE_TASKS]
    assert len(tasks.made) == len(await items_of(job, Kind.TASK)) > 0
    assert [mail.address for mail in await Mail.filter(job_id=job.id)] == ["ada@client.example"] * 3
    (request,) = await items_of(job, Kind.CLIENT_REQUEST)
    assert (await recipients_of([request]))[request] == [ada.id]
    assert [(run.name, run.state) for run in foreseen.runs] == [(run.name, run.state) for run in await runs_of(job)]
    assert [[thing.kind.value for thing in run.made] for run in foreseen.runs] == [
        [each["kind"] for each in run.made] for run in await runs_of(job)
    ]
    assert (await Job.get(id=job.id)).status_id == foreseen.status_id
    told = [logged for logged in await world.events(moved.revision) if isinstance(logged.event, AutomationRan)]
    assert len(told) == len(runs)


async def test_a_request_with_a_status_brings_the_job_back_when_it_is_submitted(world: World) -> None:
    following, owner = await begin(), world.acting(world.owner)
    job, (_, second, _) = await world.job(), await world.stages()
    status = (await create_status(owner, pipeline_id=world.pipeline.id, name="Missing docs", color="#112233")).value
    template = await templates.make_request(owner, "Papers", Spot(world.account.id, job.id))
    await automation(world, send_client_request=RequestSettings(template, status.id))
    await move_job(owner, job_id=job.id, stage_id=second.id)
    await go_on_to_the_end(following)
    assert (await Job.get(id=job.id)).status_id == status.id
    (request,) = await items_of(job, Kind.CLIENT_REQUEST)
    assert (await decisions([job.id]))[job.id].reasons
    given = [EntryAnswer(entry.key, "Here") for entry in (await ClientRequest.get(id=request)).asked]
    await answer_client_request(owner, client_request_id=request, answers=given)
    await submit_client_request(owner, client_request_id=request)
    await go_on_to_the_end(following)
    there = await Job.get(id=job.id)
    assert (await Status.get(id=there.status_id)).category is Category.ACTIVE
    assert there.stage_id == second.id


async def test_roles_become_who_holds_them_and_a_run_says_where_nobody_does(world: World) -> None:
    following, owner = await begin(), world.acting(world.owner)
    job, (_, second, _) = await world.job(), await world.stages()
    held, loose = [(await create_account_role(owner, name=name)).value for name in ("Preparer", "Reviewer")]
    await set_account_role_holders(
        owner, account_id=world.account.id, account_role_id=held.id, member_ids=[world.admin.id]
    )
    people = {"add_member_ids": (world.owner.id,), "add_role_ids": (held.id, loose.id)}
    await automation(world, update_assignees=AssigneeSettings(**people))
    taken = AccessSettings(add_role_ids=(held.id,), remove_member_ids=(world.employee.id,))
    await automation(world, update_account_access=taken)
    moved = await move_job(owner, job_id=job.id, stage_id=second.id)
    await go_on_to_the_end(following)
    assigned = await JobAssignee.filter(job_id=job.id).values_list("member_id", flat=True)
    assert set(assigned) == {world.owner.id, world.admin.id}
    team = await AccountMember.filter(account_id=world.account.id).values_list("member_id", flat=True)
    assert set(team) == {world.admin.id}
    first, second_run = await runs_of(job)
    assert first.message == "Nobody at this client holds Reviewer: nobody was chosen by that."
    assert second_run.message is None
    ran = [logged.event for logged in await world.events(moved.revision) if isinstance(logged.event, AutomationRan)]
    assert [event.unheld_roles for event in ran] == [(loose.id,), ()]


async def test_what_cannot_be_done_fails_and_conditions_are_asked_when_it_is_done(world: World) -> None:
    following, owner = await begin(), world.acting(world.owner)
    job, (_, second, _) = await world.job(), await world.stages()
    tag, other = [(await create_tag(owner, name=name, color="#112233")).value for name in ("Tag A", "Tag B")]
    admin = AssigneeSettings(add_member_ids=(world.admin.id,))
    mail = EmailSettings(subject="Hello", text="Dear [CONTACT_NAME]")
    gets = TagSettings(add_tag_ids=(tag.id,))
    await automation(world, name="Mail", send_email=mail)
    await automation(world, name="Assign", update_assignees=admin)
    await automation(world, name="If A", send_email=mail, conditions=Condition(account_tag_ids=(tag.id,)))
    await automation(world, name="If B", send_email=mail, conditions=Condition(account_tag_ids=(other.id,)))
    await automation(world, name="Tags", update_tags=gets)
    await deactivate_member(owner, member_id=world.admin.id)
    await move_job(owner, job_id=job.id, stage_id=second.id)
    await go_on_to_the_end(following)
    runs = {run.name: run for run in await runs_of(job)}
    assert await AccountTag.filter(account_id=job.account_id).values_list("tag_id", flat=True) == [tag.id]
    assert {name: (run.state, run.reason) for name, run in runs.items()} == {
        "Tags": (RunState.DONE, None),
        "Mail": (RunState.FAILED, RunReason.NO_RECIPIENT),
        "Assign": (RunState.FAILED, RunReason.REFUSED),
        "If A": (RunState.FAILED, RunReason.NO_RECIPIENT),
        "If B": (RunState.SKIPPED, RunReason.CONDITION),
    }
    assert runs["If B"].message == "Its conditions do not hold: the account lacks Tag B."
