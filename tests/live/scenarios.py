"""For every kind of event, real commands that cause it. Those of jobs, tasks and time are in scenarios_of_work.py,
some of other kinds in tests/kinds.

What comes before the `yield` is there beforehand.

All is done where the world's employee sees it, and the stranger does not, but for what concerns the whole firm.
"""

from collections.abc import AsyncIterator, Callable

from models import events
from models.actor import Actor
from models.commands import (
    accounts,
    firm,
    members,
    moves,
    pipelines,
    stages,
    statuses,
    tags,
)
from models.commands.stages import StageFields
from models.events import Event
from models.rights import Right, Role
from models.rows import Category
from models.templates.job_content import JobContent
from models.templates.templates import create_template
from tests.world import World

Scenario = Callable[[World], AsyncIterator[None]]
SCENARIOS: dict[str, Scenario] = {}


def causes(kind: type[Event]) -> Callable[[Scenario], Scenario]:
    """This is how such an event comes about."""

    def note(scenario: Scenario) -> Scenario:
        SCENARIOS[kind.__name__] = scenario
        return scenario

    return note


def owner_of(world: World) -> Actor:
    """Who does it."""
    return world.acting(world.owner)


@causes(events.FirmUpdated)
async def firm_updated(world: World) -> AsyncIterator[None]:
    yield
    await firm.update_firm(owner_of(world), name="Another name", count_pending_ach=True, country="DE", region="BY")


@causes(events.MemberCreated)
async def member_created(world: World) -> AsyncIterator[None]:
    yield
    await members.create_member(owner_of(world), email=f"new@{world.tag}.test", name="New")


@causes(events.MemberInvited)
async def member_invited(world: World) -> AsyncIterator[None]:
    yield
    await members.invite_member(owner_of(world), member_id=world.admin.id)


@causes(events.MemberUpdated)
async def member_updated(world: World) -> AsyncIterator[None]:
    yield
    await members.update_member(owner_of(world), member_id=world.admin.id, name="Renamed")


@causes(events.MemberRoleChanged)
async def member_role_changed(world: World) -> AsyncIterator[None]:
    other = await world.member("Other")
    yield
    await members.set_member_role(owner_of(world), member_id=other.id, role=Role.ADMIN)


@causes(events.MemberRightsChanged)
async def member_rights_changed(world: World) -> AsyncIterator[None]:
    other = await world.member("Other")
    yield
    await members.set_member_rights(owner_of(world), member_id=other.id, rights=[Right.MANAGE_TAGS])


@causes(events.MemberDeactivated)
async def member_deactivated(world: World) -> AsyncIterator[None]:
    yield
    await members.deactivate_member(owner_of(world), member_id=world.admin.id)


@causes(events.MemberReactivated)
async def member_reactivated(world: World) -> AsyncIterator[None]:
    await members.deactivate_member(owner_of(world), member_id=world.admin.id)
    yield
    await members.reactivate_member(owner_of(world), member_id=world.admin.id)


@causes(events.TagCreated)
async def tag_created(world: World) -> AsyncIterator[None]:
    yield
    await tags.create_tag(owner_of(world), name="VIP", color="#112233")


@causes(events.TagUpdated)
async def tag_updated(world: World) -> AsyncIterator[None]:
    tag = (await tags.create_tag(owner_of(world), name="Silver", color="#112233")).value
    yield
    await tags.update_tag(owner_of(world), tag_id=tag.id, color="#445566")


@causes(events.TagDeleted)
async def tag_deleted(world: World) -> AsyncIterator[None]:
    tag = (await tags.create_tag(owner_of(world), name="Gold", color="#112233")).value
    await accounts.set_account_tags(owner_of(world), account_id=world.account.id, tag_ids=[tag.id])
    yield
    await tags.delete_tag(owner_of(world), tag_id=tag.id)


@causes(events.AccountCreated)
async def account_created(world: World) -> AsyncIterator[None]:
    yield
    await accounts.create_account(owner_of(world), name="Initech", team_ids=[world.employee.id])


@causes(events.AccountUpdated)
async def account_updated(world: World) -> AsyncIterator[None]:
    yield
    await accounts.update_account(owner_of(world), account_id=world.account.id, name="Acme & Sons")


@causes(events.AccountTagsChanged)
async def account_tags_changed(world: World) -> AsyncIterator[None]:
    tag = (await tags.create_tag(owner_of(world), name="VIP", color="#112233")).value
    yield
    await accounts.set_account_tags(owner_of(world), account_id=world.account.id, tag_ids=[tag.id])


@causes(events.AccountTeamChanged)
async def account_team_changed(world: World) -> AsyncIterator[None]:
    yield
    team = [world.employee.id, world.admin.id]
    await accounts.set_account_team(owner_of(world), account_id=world.account.id, member_ids=team)


@causes(events.AccountArchived)
async def account_archived(world: World) -> AsyncIterator[None]:
    yield
    await accounts.archive_account(owner_of(world), account_id=world.account.id)


@causes(events.AccountRestored)
async def account_restored(world: World) -> AsyncIterator[None]:
    await accounts.archive_account(owner_of(world), account_id=world.account.id)
    yield
    await accounts.restore_account(owner_of(world), account_id=world.account.id)


@causes(events.PipelineCreated)
async def pipeline_created(world: World) -> AsyncIterator[None]:
    yield
    await pipelines.create_pipeline(owner_of(world), name="Payroll", member_ids=[world.employee.id])


@causes(events.PipelineUpdated)
async def pipeline_updated(world: World) -> AsyncIterator[None]:
    usual = await create_template(owner_of(world), name="Usual", job=JobContent("1040"))
    yield
    await pipelines.update_pipeline(
        owner_of(world), pipeline_id=world.pipeline.id, name="Returns", default_template_id=usual.value.id
    )


@causes(events.PipelineMembersChanged)
async def pipeline_members_changed(world: World) -> AsyncIterator[None]:
    yield
    available_to = [world.employee.id, world.admin.id]
    await pipelines.set_pipeline_members(owner_of(world), pipeline_id=world.pipeline.id, member_ids=available_to)


@causes(events.PipelineDeleted)
async def pipeline_deleted(world: World) -> AsyncIterator[None]:
    spare = await world.new_pipeline("Spare", world.employee)
    yield
    await pipelines.delete_pipeline(owner_of(world), pipeline_id=spare.id)


@causes(events.StageCreated)
async def stage_created(world: World) -> AsyncIterator[None]:
    first, *_ = await world.stages()
    yield
    await stages.create_stage(owner_of(world), pipeline_id=world.pipeline.id, name="Review", after_stage_id=first.id)


@causes(events.StageUpdated)
async def stage_updated(world: World) -> AsyncIterator[None]:
    _, second, _ = await world.stages()
    tag = (await tags.create_tag(owner_of(world), name="Partnership", color="#2f80ed")).value
    yield
    changed: StageFields = {"name": "Inbox", "time_limit": 60, "automove": True, "conditional_tag_ids": [tag.id]}
    await stages.update_stage(owner_of(world), stage_id=second.id, **changed)


@causes(events.StageMoved)
async def stage_moved(world: World) -> AsyncIterator[None]:
    first, *_ = await world.stages()
    yield
    await stages.move_stage(owner_of(world), stage_id=first.id)


@causes(events.StageDeleted)
async def stage_deleted(world: World) -> AsyncIterator[None]:
    first, second, _ = await world.stages()
    await world.job()
    yield
    await stages.delete_stage(owner_of(world), stage_id=first.id, replacement_stage_id=second.id)


@causes(events.StatusCreated)
async def status_created(world: World) -> AsyncIterator[None]:
    yield
    await statuses.create_status(owner_of(world), pipeline_id=world.pipeline.id, name="Missing docs", color="#112233")


@causes(events.StatusUpdated)
async def status_updated(world: World) -> AsyncIterator[None]:
    status = await world.status(Category.ACTIVE)
    yield
    await statuses.update_status(owner_of(world), status_id=status.id, color="#445566")


@causes(events.StatusDeleted)
async def status_deleted(world: World) -> AsyncIterator[None]:
    owner, pipeline = owner_of(world), world.pipeline.id
    docs = (await statuses.create_status(owner, pipeline_id=pipeline, name="Missing docs", color="#112233")).value
    active = await world.status(Category.ACTIVE)
    await moves.set_job_status(owner, job_id=(await world.job()).id, status_id=docs.id)
    yield
    await statuses.delete_status(owner, status_id=docs.id, replacement_status_id=active.id)
