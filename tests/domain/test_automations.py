"""Automations: what may be saved, by whom, in which order they act, and what becomes of them."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from models.automation.asking_settings import OrganizerSettings, Reminding, RequestSettings
from models.automation.automations import (
    copy_automation,
    create_automation,
    delete_automation,
    move_automation,
    set_automation_state,
    update_automation,
)
from models.automation.conditions import Condition
from models.automation.contents import done_by
from models.automation.people_settings import AssigneeSettings
from models.automation.problems import Problem, problems_of
from models.automation.settings import settings_classes
from models.automation.status_settings import StatusSettings
from models.automation.tag_settings import TagSettings
from models.automation.task_settings import TaskSettings
from models.automation.template_settings import InvoiceSettings, ProposalSettings
from models.automation.text_settings import EmailSettings, WikiPageSettings
from models.bounds import AUTOMATIONS
from models.commands.members import deactivate_member
from models.commands.stages import delete_stage
from models.commands.statuses import create_status, delete_status
from models.commands.tags import create_tag, delete_tag
from models.errors import Forbidden, Invalid, LimitReached, NotFound, RuleBroken
from models.events import AutomationDeleted, AutomationPointsElsewhere, Event
from models.ids import new_id
from models.log import read_log
from models.reasons import Reason
from models.rights import Right, Role
from models.rows import (
    Automation,
    AutomationSettings,
    AutomationState,
    AutomationType,
    Member,
    PipelineMember,
    Priority,
    Stage,
    Status,
)
from models.templates.content import TemplateKind
from models.templates.job_tasks import JobTask
from tests.kinds import automations as kinds
from tests.specimens import Spot
from tests.world import World

PAGE = WikiPageSettings("How [ACCOUNT_NAME] does it", "So.")


async def _stages(world: World) -> list[Stage]:
    return await world.stages(world.pipeline)


async def _page(world: World, stage: UUID, name: str = "Page", **more: Any) -> Automation:
    made = create_automation(world.acting(world.owner), name=name, trigger_stage_id=stage, add_wiki_page=PAGE, **more)
    return (await made).value


async def _told(world: World, after: int) -> list[Event]:
    page = await read_log(world.firm.id, after, limit=100)
    return [logged.event for committed in page.revisions for logged in committed.events]


async def test_what_each_type_does_is_kept_as_it_was_said(world: World) -> None:
    owner, job = world.acting(world.owner), await world.job()
    status = (await create_status(owner, pipeline_id=world.pipeline.id, name="Missing docs", color="#123abc")).value
    await job.filter(id=job.id).update(status_id=status.id)
    spot, stage = Spot(world.account.id, job.id), (await _stages(world))[0].id
    assert kinds.SETTINGS.keys() == settings_classes().keys() == set(AutomationType)
    for type, make in kinds.SETTINGS.items():
        settings = await make(owner, "Usual", spot)
        made = await kinds.make_with(owner, type.value, settings, trigger_stage_id=stage)
        (does,) = (await done_by([made]))[made]
        assert does.settings == settings
        assert (await Automation.get(id=made)).type is type


async def test_everything_that_is_wrong_is_told_at_once(world: World) -> None:
    tasks = TaskSettings(tasks=(JobTask(" "), JobTask("Call [ACOUNT_NAME]", estimate=-1)))
    conditions = Condition(all=(Condition(), Condition(priorities=())))
    with pytest.raises(Invalid) as refused:
        await create_automation(
            world.acting(world.owner), name=" ", create_tasks=tasks, conditions=conditions, trigger_stage_id=None
        )
    assert {each.path for each in refused.value.all} == {
        ("name",),
        ("trigger_stage_id",),
        ("conditions", "all", 0),
        ("conditions", "all", 1, "priorities"),
        ("create_tasks", "tasks", 0, "name"),
        ("create_tasks", "tasks", 1, "estimate"),
        ("create_tasks", "tasks", 1, "name"),
    }


@pytest.mark.parametrize(
    ("given", "path", "reason"),
    [
        ({}, ("create_tasks",), Reason.MISSING),
        ({"add_wiki_page": PAGE, "create_tasks": TaskSettings()}, ("create_tasks",), Reason.ONLY_ONE),
        ({"create_tasks": TaskSettings()}, ("create_tasks",), Reason.TOO_FEW),
        ({"update_tags": TagSettings()}, ("update_tags",), Reason.MISSING),
        ({"send_email": EmailSettings()}, ("send_email",), Reason.MISSING),
        ({"send_email": EmailSettings(subject="Hello")}, ("send_email",), Reason.MISSING),
        ({"send_email": EmailSettings(new_id(), "Hello")}, ("send_email", "subject"), Reason.ONLY_ONE),
        ({"add_wiki_page": replace(PAGE, text="[CONTACT_NAME]")}, ("add_wiki_page", "text"), Reason.UNKNOWN_SHORTCODE),
    ],
)
async def test_what_says_nothing_to_do_is_refused(
    world: World, given: dict[str, Any], path: tuple[str, ...], reason: Reason
) -> None:
    stage, before = (await _stages(world))[0], await world.revision()
    with pytest.raises(Invalid) as refused:
        await create_automation(world.acting(world.owner), name="One", trigger_stage_id=stage.id, **given)
    assert (path, reason) in {(each.path, each.reason) for each in refused.value.all}
    assert await world.revision() == before
    assert not await Automation.filter(firm_id=world.firm.id).exists()


async def test_conditions_are_bounded(world: World) -> None:
    stage, leaf = (await _stages(world))[0], Condition(priorities=(Priority.LOW,))
    deep = leaf
    for _ in range(3):
        deep = Condition(all=(deep,))
    for conditions, reason in ((deep, Reason.TOO_DEEP), (Condition(any=(leaf,) * 50), Reason.TOO_MANY)):
        with pytest.raises(Invalid) as refused:
            await _page(world, stage.id, conditions=conditions)
        assert refused.value.reason is reason
    assert await _page(world, stage.id, conditions=Condition(any=(leaf,) * 49))


async def test_who_saves_one_needs_the_right_for_what_it_does(world: World) -> None:
    owner, stage = world.acting(world.owner), (await _stages(world))[0]
    spot = Spot(world.account.id, (await world.job()).id)
    invoice = await kinds.template(owner, TemplateKind.INVOICE, spot)
    member = await world.member("Setter", Role.EMPLOYEE, Right.MANAGE_PIPELINES)
    await PipelineMember.create(pipeline_id=world.pipeline.id, member_id=member.id)
    employee = world.acting(member)
    given: Any = {"name": "Bill", "trigger_stage_id": stage.id, "send_invoice": InvoiceSettings(invoice)}
    with pytest.raises(Forbidden) as refused:
        await create_automation(employee, **given)
    assert (refused.value.path, refused.value.reason) == (("send_invoice",), Reason.RIGHT_MISSING)
    assert Right.MANAGE_INVOICES in refused.value.message
    made = (await create_automation(owner, **given)).value.id
    for denied in (
        update_automation(employee, automation_id=made, send_invoice=InvoiceSettings(invoice)),
        set_automation_state(employee, automation_id=made, state=AutomationState.ON),
        copy_automation(employee, automation_id=made, trigger_stage_id=stage.id),
    ):
        with pytest.raises(Forbidden):
            await denied
    # Of the others, as of this one: what is done to a client needs the right to do it by hand.
    proposal = ProposalSettings(await kinds.template(owner, TemplateKind.PROPOSAL, spot))
    others: list[tuple[dict[str, Any], Right]] = [
        ({"send_email": EmailSettings(subject="Hello", text="There you are.")}, Right.MANAGE_ACCOUNTS),
        ({"update_tags": TagSettings(add_tag_ids=(await kinds.a_tag(owner),))}, Right.MANAGE_ACCOUNTS),
        ({"send_proposal": proposal}, Right.MANAGE_PROPOSALS),
    ]
    for settings, right in others:
        with pytest.raises(Forbidden) as refused:
            await create_automation(employee, name="Write", trigger_stage_id=stage.id, **settings)
        assert right in refused.value.message
    await Member.filter(id=member.id).update(given_rights=[Right.MANAGE_PIPELINES, Right.MANAGE_PROPOSALS])
    with pytest.raises(Forbidden) as refused:
        await create_automation(employee, name="Offer", trigger_stage_id=stage.id, send_proposal=proposal)
    # It may be invoiced, when its template comes to say so.
    assert Right.MANAGE_INVOICES in refused.value.message
    # Whoever may not send an invoice may keep one from being sent.
    await set_automation_state(employee, automation_id=made, state=AutomationState.OFF)
    await update_automation(employee, automation_id=made, name="Send no bill")
    await delete_automation(employee, automation_id=made)


async def test_what_it_points_to_has_to_be_there_and_of_use(world: World) -> None:
    owner, stage = world.acting(world.owner), (await _stages(world))[0]
    other = await world.new_pipeline("Payroll")
    elsewhere = (await create_status(owner, pipeline_id=other.id, name="Waits", color="#123abc")).value.id
    spot = Spot(world.account.id, (await world.job()).id)
    of_tasks = await kinds.template(owner, TemplateKind.TASK, spot)
    of_requests = await kinds.template(owner, TemplateKind.CLIENT_REQUEST, spot)
    built_in = await Status.filter(pipeline_id=world.pipeline.id)
    await deactivate_member(owner, member_id=world.employee.id)
    gone = AssigneeSettings(add_member_ids=(world.employee.id, new_id()))
    people = AssigneeSettings(add_member_ids=(world.employee.id,))
    cases: list[tuple[dict[str, Any], Any]] = [
        ({"update_assignees": people}, {(Reason.DEACTIVATED, ("update_assignees", "add_member_ids"))}),
        ({"set_status": StatusSettings(elsewhere)}, {(Reason.ELSEWHERE, ("set_status", "status_id"))}),
        ({"send_organizer": OrganizerSettings(of_tasks)}, {(Reason.WRONG_KIND, ("send_organizer", "template_id"))}),
        # A job never comes back from one that is built in; one that only puts it there may name any.
        *(
            (
                {"send_client_request": RequestSettings(of_requests, status.id, "", Reminding(3, 2, "", status.id))},
                {
                    (Reason.BUILT_IN, ("send_client_request", "status_id")),
                    (Reason.BUILT_IN, ("send_client_request", "reminders", "then_status_id")),
                },
            )
            for status in built_in
        ),
        (
            {"update_assignees": gone, "conditions": Condition(account_tag_ids=(new_id(),))},
            {
                (Reason.NOT_FOUND, ("update_assignees", "add_member_ids")),
                (Reason.NOT_FOUND, ("conditions", "account_tag_ids")),
            },
        ),
    ]
    for given, told in cases:
        with pytest.raises((RuleBroken, NotFound)) as refused:
            await create_automation(owner, name="One", trigger_stage_id=stage.id, **given)
        assert {(each.reason, each.path) for each in refused.value.all} == told
    assert not await AutomationSettings.exists(automation__firm_id=world.firm.id)
    for status in built_in:
        await create_automation(owner, name="Put", trigger_stage_id=stage.id, set_status=StatusSettings(status.id))


async def test_they_act_in_an_order_that_people_change(world: World) -> None:
    owner, (stage, other, *_) = world.acting(world.owner), await _stages(world)
    first, second, third = [(await _page(world, stage.id, name)).id for name in ("A", "B", "C")]
    elsewhere = await _page(world, other.id)

    async def order() -> list[UUID]:
        found = await Automation.filter(stage_id=stage.id).order_by("position", "id")
        return [each.id for each in found]

    assert await order() == [first, second, third]
    await move_automation(owner, automation_id=third, before_automation_id=second)
    assert await order() == [first, third, second]
    await move_automation(owner, automation_id=first)
    assert await order() == [third, second, first]
    before = await world.revision()
    await move_automation(owner, automation_id=first, after_automation_id=second)
    assert await world.revision() == before
    with pytest.raises(RuleBroken) as refused:
        await move_automation(owner, automation_id=first, after_automation_id=elsewhere.id)
    assert refused.value.reason is Reason.ELSEWHERE


async def test_a_place_has_so_many_at_most(world: World) -> None:
    stage, other, *_ = await _stages(world)
    for number in range(AUTOMATIONS.most):
        await _page(world, stage.id, f"{number}")
    with pytest.raises(LimitReached):
        await _page(world, stage.id)
    assert await _page(world, other.id)


async def test_states(world: World) -> None:
    owner, (stage, *_) = world.acting(world.owner), await _stages(world)
    made = await _page(world, stage.id)
    assert made.state is AutomationState.DRAFT
    paused = Automation.filter(id=made.id)
    await paused.update(state=AutomationState.PAUSED, paused_reason="It failed.", failures=5)
    on = (await set_automation_state(owner, automation_id=made.id, state=AutomationState.ON)).value
    assert (on.state, on.paused_reason, on.failures) == (AutomationState.ON, None, 0)
    with pytest.raises(RuleBroken):
        await set_automation_state(owner, automation_id=made.id, state=AutomationState.PAUSED)


async def test_a_copy_is_a_draft_that_does_the_same(world: World) -> None:
    owner, (stage, other, *_) = world.acting(world.owner), await _stages(world)
    conditions = Condition(none=(Condition(priorities=(Priority.LOW,)),))
    made = await _page(world, stage.id, state=AutomationState.ON, conditions=conditions)
    copy = (await copy_automation(owner, automation_id=made.id, trigger_stage_id=other.id)).value
    assert (copy.name, copy.state, copy.stage_id) == (made.name, AutomationState.DRAFT, other.id)
    found = await done_by([made.id, copy.id])
    assert found[made.id] == found[copy.id]


async def test_a_copy_to_another_pipeline_points_to_nothing_of_this_one(world: World) -> None:
    owner, (stage, *_) = world.acting(world.owner), await _stages(world)
    other = await world.new_pipeline("Payroll")
    status = (await create_status(owner, pipeline_id=world.pipeline.id, name="Waits", color="#123abc")).value.id
    made = await kinds.make_with(owner, "Wait", StatusSettings(status), trigger_stage_id=stage.id)
    with pytest.raises(RuleBroken) as refused:
        await copy_automation(owner, automation_id=made, trigger_pipeline_id=other.id)
    assert (refused.value.reason, refused.value.path) == (Reason.ELSEWHERE, ("automation_id",))


async def test_where_they_act_takes_them_along_if_that_is_said(world: World) -> None:
    owner, (stage, *_) = world.acting(world.owner), await _stages(world)
    status = (await create_status(owner, pipeline_id=world.pipeline.id, name="Waits", color="#123abc")).value.id
    made = {(await _page(world, stage.id, name)).id for name in ("A", "B")}
    under = await kinds.make_with(owner, "C", PAGE, trigger_status_id=status)
    points = await kinds.make_with(owner, "D", StatusSettings(status), trigger_pipeline_id=world.pipeline.id)
    for denied in (delete_stage(owner, stage_id=stage.id), delete_status(owner, status_id=status)):
        with pytest.raises(RuleBroken) as refused:
            await denied
        assert (refused.value.reason, refused.value.path) == (Reason.IN_USE, ("delete_automations",))
    before = await world.revision()
    await delete_stage(owner, stage_id=stage.id, delete_automations=True)
    await delete_status(owner, status_id=status, delete_automations=True)
    told = await _told(world, before)
    assert {each.automation for each in told if isinstance(each, AutomationDeleted)} == made | {under}
    assert [each.automation for each in told if isinstance(each, AutomationPointsElsewhere)] == [points]
    assert [each.id for each in await Automation.filter(firm_id=world.firm.id)] == [points]


async def test_it_says_what_is_wrong_with_what_it_points_to(world: World) -> None:
    owner, (stage, *_) = world.acting(world.owner), await _stages(world)
    tag = (await create_tag(owner, name="A", color="#123abc")).value.id
    asked = Condition(account_tag_ids=(tag,))
    people = AssigneeSettings(add_member_ids=(world.employee.id,))
    made = await kinds.make_with(owner, "One", people, trigger_stage_id=stage.id, conditions=asked)
    assert (await problems_of([made]))[made] == []
    waits = (await create_status(owner, pipeline_id=world.pipeline.id, name="Waits", color="#123abc")).value.id
    template = await kinds.template(owner, TemplateKind.CLIENT_REQUEST, Spot(world.account.id))
    asking = await kinds.make_with(owner, "Ask", RequestSettings(template, waits), trigger_stage_id=stage.id)
    await delete_status(owner, status_id=waits)
    (gone,) = (await problems_of([asking]))[asking]
    assert (gone.problem, gone.id) == (Problem.DELETED, waits)
    before = await world.revision()
    await delete_tag(owner, tag_id=tag)
    await deactivate_member(owner, member_id=world.employee.id)
    found = {(each.problem, each.id) for each in (await problems_of([made]))[made]}
    assert found == {(Problem.DELETED, tag), (Problem.DEACTIVATED, world.employee.id)}
    told = [each for each in await _told(world, before) if isinstance(each, AutomationPointsElsewhere)]
    assert [each.automation for each in told] == [made, made]
    # What has gone since may stay, while other things change.
    await update_automation(owner, automation_id=made, name="Renamed", conditions=asked)
    await update_automation(owner, automation_id=made, conditions=None)
    assert {each.problem for each in (await problems_of([made]))[made]} == {Problem.DEACTIVATED}
