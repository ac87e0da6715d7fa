"""What automove does to a job: the commands that people call, if they are still to be called."""

from typing import NamedTuple, Self
from uuid import UUID

from models.automation.automove import Decision, Move, ReturnToActive
from models.automation.facts import decisions
from models.automation.quota import Quota, take
from models.automation.running import MOST_HOPS, fail_chain
from models.command import Change, command
from models.commands.moves import move_job, set_job_status
from models.relations import hold_with_blocked
from models.rights import EVERY_MEMBER
from models.rows import Category, Job, Status


class Stays(NamedTuple):
    """The numbers of a job's time on a stage and under a status. With other ones it has been elsewhere, and what
    automations have to do where it is now comes first."""

    on_stage: int
    under_status: int

    @classmethod
    def of(cls, job: Job) -> Self:
        """Those of a job."""
        return cls(job.stay, job.status_stay)


@command("moveJobOn", EVERY_MEMBER, internal=True)
async def move_on(change: Change, *, job_id: UUID, stays: Stays, quota: Quota | None) -> Job | None:
    """Move a job on to the next stage that is for its account, if nothing holds it. One that is gone is left alone.

    Each stay of it ends with its first move, by whomever: so none is moved on twice."""
    job = (await change.scope.rows(Job).lock_many([job_id])).get(job_id)
    decision = await _decision(job, stays)
    if job is None or not isinstance(decision, Move) or not await _may_go_on(change, job, quota):
        return job
    moved: Job = await move_job.within(change, job_id=job_id, stage_id=decision.stage)
    return moved


@command("returnJobToActive", EVERY_MEMBER, internal=True)
async def return_to_active(change: Change, *, job_id: UUID, stays: Stays, quota: Quota | None) -> Job | None:
    """Put a job that is under a custom status back under Active, if what that waited for is done."""
    jobs = change.scope.rows(Job)
    # With those that it blocks, as whoever gives it a status does.
    await hold_with_blocked(jobs, [job_id])
    job = (await jobs.lock_many([job_id])).get(job_id)
    decision = await _decision(job, stays)
    if job is None or not isinstance(decision, ReturnToActive) or not await _may_go_on(change, job, quota):
        return job
    active = await Status.get(pipeline_id=job.pipeline_id, category=Category.ACTIVE)
    returned: Job = await set_job_status.within(change, job_id=job_id, status_id=active.id)
    return returned


async def _may_go_on(change: Change, job: Job, quota: Quota | None) -> bool:
    """Whether the chain of automatic steps goes on with this. Where it is too long the job says so, and waits. `NotYet`
    where the firm has had its quota; None asks for none, of what is rehearsed."""
    if change.actor.hops > MOST_HOPS:
        await fail_chain(change, job)
        return False
    if quota is not None:
        await take(change, quota)
    return True


async def _decision(job: Job | None, stays: Stays) -> Decision | None:
    if job is None or Stays.of(job) != stays:
        return None
    return (await decisions([job.id])).get(job.id)
