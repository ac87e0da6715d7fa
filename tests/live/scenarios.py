"""For every kind of event, real commands that cause it. What comes before the `yield` is there beforehand.

All is done where the world's employee sees it, and the stranger does not, but for what concerns the whole firm.
"""

from collections.abc import AsyncIterator, Callable

from models import events
from models.actor import Actor
from models.commands import (
    accounts,
    client_statuses,
    firm,
    jobs,
    members,
    moves,
    pipelines,
    stages,
    statuses,
    tags,
    tasks,
    time,
    timers,
)
from models.events import Event
from models.rights import Right, Role
from models.rows import TaskState
from tests.world import World

Scenario = Callable[[World], AsyncIterator[None]]
SCENARIOS: dict[str, Scenario] = {}


def causes(kind: type[Event]) -> Callable[[Scenario], Scenario]:
    """This is how such an event comes about."""

    def note(scenario: Scenario) -> Scenario:
        SCENARIOS[kind.__name__] = scenario
        return scenario

    return note


def _owner(world: World) -> Actor:
    return world.acting(world.owner)


@causes(events.FirmUpdated)
async def firm_updated(world: World) -> AsyncIterator[None]:
    yield
    await firm.update_firm(_owner(world), name="Another name", count_pending_ach=True)


@causes(events.MemberCreated)
async def member_created(world: World) -> AsyncIterator[None]:
    yield
    await members.create_member(_owner(world), email=f"new@{world.tag}.test", name="New")


@causes(events.MemberUpdated)
async def member_updated(world: World) -> AsyncIterator[None]:
    yield
    await members.update_member(_owner(world), member_id=world.admin.id, name="Renamed")


@causes(events.MemberRoleChanged)
async def member_role_changed(world: World) -> AsyncIterator[None]:
    other = await world.member("Other")
    yield
    await members.set_member_role(_owner(world), member_id=other.id, role=Role.ADMIN)


@causes(events.MemberRightsChanged)
async def member_rights_changed(world: World) -> AsyncIterator[None]:
    other = await world.member("Other")
    yield
    await members.set_member_rights(_owner(world), member_id=other.id, rights=[Right.MANAGE_TAGS])


@causes(events.MemberDeactivated)
async def member_deactivated(world: World) -> AsyncIterator[None]:
    yield
    await members.deactivate_member(_owner(world), member_id=world.admin.id)


@causes(events.MemberReactivated)
async def member_reactivated(world: World) -> AsyncIterator[None]:
    await members.deactivate_member(_owner(world), member_id=world.admin.id)
    yield
    await members.reactivate_member(_owner(world), member_id=world.admin.id)


@causes(events.TagCreated)
async def tag_created(world: World) -> AsyncIterator[None]:
    yield
    await tags.create_tag(_owner(world), name="VIP", color="#112233")


@causes(events.TagUpdated)
async def tag_updated(world: World) -> AsyncIterator[None]:
    tag = (await tags.create_tag(_owner(world), name="VIP", color="#112233")).value
    yield
    await tags.update_tag(_owner(world), tag_id=tag.id, color="#445566")


@causes(events.TagDeleted)
async def tag_deleted(world: World) -> AsyncIterator[None]:
    tag = (await tags.create_tag(_owner(world), name="VIP", color="#112233")).value
    await accounts.set_account_tags(_owner(world), account_id=world.account.id, tag_ids=[tag.id])
    yield
    await tags.delete_tag(_owner(world), tag_id=tag.id)


@causes(events.ClientStatusCreated)
async def client_status_created(world: World) -> AsyncIterator[None]:
    yield
    await client_statuses.create_client_status(_owner(world), name="Waiting", color="#112233")


@causes(events.ClientStatusUpdated)
async def client_status_updated(world: World) -> AsyncIterator[None]:
    made = (await client_statuses.create_client_status(_owner(world), name="Waiting", color="#112233")).value
    yield
    await client_statuses.update_client_status(_owner(world), client_status_id=made.id, description="For you")


@causes(events.ClientStatusDeleted)
async def client_status_deleted(world: World) -> AsyncIterator[None]:
    made = (await client_statuses.create_client_status(_owner(world), name="Waiting", color="#112233")).value
    yield
    await client_statuses.delete_client_status(_owner(world), client_status_id=made.id)


@causes(events.AccountCreated)
async def account_created(world: World) -> AsyncIterator[None]:
    yield
    await accounts.create_account(_owner(world), name="Initech", team_ids=[world.employee.id])


@causes(events.AccountUpdated)
async def account_updated(world: World) -> AsyncIterator[None]:
    yield
    await accounts.update_account(_owner(world), account_id=world.account.id, name="Acme & Sons")


@causes(events.AccountTagsChanged)
async def account_tags_changed(world: World) -> AsyncIterator[None]:
    tag = (await tags.create_tag(_owner(world), name="VIP", color="#112233")).value
    yield
    await accounts.set_account_tags(_owner(world), account_id=world.account.id, tag_ids=[tag.id])


@causes(events.AccountTeamChanged)
async def account_team_changed(world: World) -> AsyncIterator[None]:
    yield
    team = [world.employee.id, world.admin.id]
    await accounts.set_account_team(_owner(world), account_id=world.account.id, member_ids=team)


@causes(events.AccountArchived)
async def account_archived(world: World) -> AsyncIterator[None]:
    yield
    await accounts.archive_account(_owner(world), account_id=world.account.id)


@causes(events.AccountRestored)
async def account_restored(world: World) -> AsyncIterator[None]:
    await accounts.archive_account(_owner(world), account_id=world.account.id)
    yield
    await accounts.restore_account(_owner(world), account_id=world.account.id)


@causes(events.PipelineCreated)
async def pipeline_created(world: World) -> AsyncIterator[None]:
    yield
    await pipelines.create_pipeline(_owner(world), name="Payroll", member_ids=[world.employee.id])


@causes(events.PipelineUpdated)
async def pipeline_updated(world: World) -> AsyncIterator[None]:
    yield
    await pipelines.update_pipeline(_owner(world), pipeline_id=world.pipeline.id, name="Returns")


@causes(events.PipelineMembersChanged)
async def pipeline_members_changed(world: World) -> AsyncIterator[None]:
    yield
    available_to = [world.employee.id, world.admin.id]
    await pipelines.set_pipeline_members(_owner(world), pipeline_id=world.pipeline.id, member_ids=available_to)


@causes(events.PipelineDeleted)
async def pipeline_deleted(world: World) -> AsyncIterator[None]:
    spare = await world.new_pipeline("Spare", world.employee)
    yield
    await pipelines.delete_pipeline(_owner(world), pipeline_id=spare.id)


@causes(events.StageCreated)
async def stage_created(world: World) -> AsyncIterator[None]:
    first, *_ = await world.stages()
    yield
    await stages.create_stage(_owner(world), pipeline_id=world.pipeline.id, name="Review", after_stage_id=first.id)


@causes(events.StageUpdated)
async def stage_updated(world: World) -> AsyncIterator[None]:
    first, *_ = await world.stages()
    yield
    await stages.update_stage(_owner(world), stage_id=first.id, name="Inbox", time_limit=60)


@causes(events.StageMoved)
async def stage_moved(world: World) -> AsyncIterator[None]:
    first, *_ = await world.stages()
    yield
    await stages.move_stage(_owner(world), stage_id=first.id)


@causes(events.StageDeleted)
async def stage_deleted(world: World) -> AsyncIterator[None]:
    first, second, _ = await world.stages()
    await world.job()
    yield
    await stages.delete_stage(_owner(world), stage_id=first.id, replacement_stage_id=second.id)


@causes(events.StatusCreated)
async def status_created(world: World) -> AsyncIterator[None]:
    yield
    await statuses.create_status(_owner(world), pipeline_id=world.pipeline.id, name="Missing docs", color="#112233")


@causes(events.StatusUpdated)
async def status_updated(world: World) -> AsyncIterator[None]:
    status = await world.status(statuses.Category.ACTIVE)
    yield
    await statuses.update_status(_owner(world), status_id=status.id, color="#445566")


@causes(events.StatusDeleted)
async def status_deleted(world: World) -> AsyncIterator[None]:
    owner, pipeline = _owner(world), world.pipeline.id
    docs = (await statuses.create_status(owner, pipeline_id=pipeline, name="Missing docs", color="#112233")).value
    active = await world.status(statuses.Category.ACTIVE)
    await moves.set_job_status(owner, job_id=(await world.job()).id, status_id=docs.id)
    yield
    await statuses.delete_status(owner, status_id=docs.id, replacement_status_id=active.id)


@causes(events.JobCreated)
async def job_created(world: World) -> AsyncIterator[None]:
    yield
    await world.job("1120", assignee_ids=[world.employee.id])


@causes(events.JobUpdated)
async def job_updated(world: World) -> AsyncIterator[None]:
    job = await world.job()
    yield
    await jobs.update_job(_owner(world), job_id=job.id, name="1040 amended")


@causes(events.JobMoved)
async def job_moved(world: World) -> AsyncIterator[None]:
    job = await world.job()
    _, doing, _ = await world.stages()
    yield
    await moves.move_job(_owner(world), job_id=job.id, stage_id=doing.id)


@causes(events.JobStatusChanged)
async def job_status_changed(world: World) -> AsyncIterator[None]:
    done, archived = await world.job("done"), await world.job("archived")
    yield
    await moves.complete_job(_owner(world), job_id=done.id)
    await moves.archive_job(_owner(world), job_id=archived.id)


@causes(events.JobAssigneesChanged)
async def job_assignees_changed(world: World) -> AsyncIterator[None]:
    job = await world.job()
    yield
    await jobs.assign_job(_owner(world), job_id=job.id, member_ids=[world.employee.id])


@causes(events.JobClientStatusChanged)
async def job_client_status_changed(world: World) -> AsyncIterator[None]:
    job = await world.job()
    yield
    await jobs.set_job_client_status(_owner(world), job_id=job.id, name="In review", visible=True)


@causes(events.JobDeleted)
async def job_deleted(world: World) -> AsyncIterator[None]:
    job = await world.job()
    await tasks.create_task(_owner(world), name="Call", job_id=job.id)
    await time.log_time(_owner(world), minutes=30, job_id=job.id)
    yield
    await jobs.delete_job(_owner(world), job_id=job.id)


@causes(events.TaskCreated)
async def task_created(world: World) -> AsyncIterator[None]:
    job = await world.job()
    yield
    await tasks.create_task(_owner(world), name="Call", job_id=job.id)


@causes(events.TaskUpdated)
async def task_updated(world: World) -> AsyncIterator[None]:
    task = (await tasks.create_task(_owner(world), name="Call", account_id=world.account.id)).value
    yield
    await tasks.update_task(_owner(world), task_id=task.id, name="Call back")


@causes(events.TaskStateChanged)
async def task_state_changed(world: World) -> AsyncIterator[None]:
    job = await world.job()
    task = (await tasks.create_task(_owner(world), name="Call", job_id=job.id)).value
    yield
    await tasks.set_task_state(_owner(world), task_id=task.id, state=TaskState.COMPLETED)


@causes(events.TaskAssigneesChanged)
async def task_assignees_changed(world: World) -> AsyncIterator[None]:
    job = await world.job()
    task = (await tasks.create_task(_owner(world), name="Call", job_id=job.id)).value
    yield
    await tasks.assign_task(_owner(world), task_id=task.id, member_ids=[world.employee.id])


@causes(events.TaskLinked)
async def task_linked(world: World) -> AsyncIterator[None]:
    job = await world.job()
    task = (await tasks.create_task(_owner(world), name="Call", account_id=world.account.id)).value
    yield
    await tasks.link_task(_owner(world), task_id=task.id, job_id=job.id)


@causes(events.TaskUnlinked)
async def task_unlinked(world: World) -> AsyncIterator[None]:
    left, joined = await world.job("left"), await world.job("joined")
    task = (await tasks.create_task(_owner(world), name="Call", job_id=left.id)).value
    yield
    # From one job to another: the counts of both change.
    await tasks.unlink_task(_owner(world), task_id=task.id)
    await tasks.link_task(_owner(world), task_id=task.id, job_id=joined.id)


@causes(events.TaskDeleted)
async def task_deleted(world: World) -> AsyncIterator[None]:
    job = await world.job()
    task = (await tasks.create_task(_owner(world), name="Call", job_id=job.id)).value
    yield
    await tasks.delete_task(_owner(world), task_id=task.id)


@causes(events.TimeLogged)
async def time_logged(world: World) -> AsyncIterator[None]:
    job = await world.job(budget=60)
    yield
    await time.log_time(_owner(world), minutes=30, job_id=job.id)


@causes(events.TimeEntryUpdated)
async def time_entry_updated(world: World) -> AsyncIterator[None]:
    left, joined = await world.job("left"), await world.job("joined")
    entry = (await time.log_time(_owner(world), minutes=30, job_id=left.id)).value
    yield
    # From one job to another: the sums of both change, in one revision.
    await time.update_time_entry(_owner(world), time_entry_id=entry.id, job_id=joined.id, minutes=45)


@causes(events.TimeEntryDeleted)
async def time_entry_deleted(world: World) -> AsyncIterator[None]:
    job = await world.job()
    entry = (await time.log_time(_owner(world), minutes=30, job_id=job.id)).value
    yield
    await time.delete_time_entry(_owner(world), time_entry_id=entry.id)


@causes(events.TimerStarted)
async def timer_started(world: World) -> AsyncIterator[None]:
    job = await world.job()
    yield
    await timers.start_timer(_owner(world), job_id=job.id)


@causes(events.TimerStopped)
async def timer_stopped(world: World) -> AsyncIterator[None]:
    job = await world.job()
    await timers.start_timer(_owner(world), job_id=job.id)
    yield
    await timers.stop_timer(_owner(world))
