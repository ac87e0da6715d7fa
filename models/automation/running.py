"""Doing what an automation has to do for a job: one command, once. What it may not do fails, and says why."""

from uuid import UUID

import structlog

from models.actor import Actor
from models.automation import effects as effects
from models.automation.condition_facts import condition_facts
from models.automation.contents import Does, done_by
from models.automation.effects.effect import Effect, NoRecipient, Occasion, effect_of
from models.automation.planning import not_on
from models.automation.quota import Quota, take
from models.automation.run_events import AutomationFailed, AutomationRan, AutomationSkipped
from models.automation.runs import told_of_run
from models.command import Change, Outcome, command
from models.database import sql
from models.database_errors import AWAY
from models.errors import NotFound, Refusal
from models.events import AutomationUpdated, changes_of
from models.followers.runs import BeingDone, NotYet
from models.ids import new_id
from models.rights import EVERY_MEMBER
from models.rows import Automation, AutomationRun, AutomationState, AutomationTrigger, Job, RunReason, RunState
from models.undone import TAKEN_BACK, was_taken_back

#: A chain of automatic steps is no longer than this.
MOST_HOPS = 20
#: An automation that could not act on so many jobs in a row pauses itself.
MOST_FAILURES = 5
#: What people read where a chain ends.
CHAIN_TOO_LONG = f"{MOST_HOPS} automatic steps led to this, one by the other. See what goes in a circle, and try again."
#: As much of a reason as an automation that paused itself has room for.
_LONGEST_REASON = 300

log = structlog.get_logger("jobwire.worker")


async def act_on_run(actor: Actor, run_id: UUID, quota: Quota) -> Outcome[AutomationRun] | None:
    """Do what a run says, as this actor, or say on it why not. None where it went with its job. `NotYet` where the firm
    has had its quota."""
    try:
        expect_short_chain(actor)
        return await run_automation(actor, run_id=run_id, quota=quota)
    except Exception as error:  # of the program too: it holds the job, where people see it
        if isinstance(error, NotFound) and error.path == ("run_id",):
            return None
        reason, message = failure_of(error)
        if reason is RunReason.FAULT:
            log.exception("automation.fault", firm=str(actor.firm_id), run=str(run_id))
    return await fail_automation_run(actor, run_id=run_id, reason=reason, message=message)


class ChainTooLong(Exception):
    """So many automatic steps led to this, one by the other, that something goes in a circle."""


def expect_short_chain(actor: Actor) -> None:
    """`ChainTooLong` for one step too many."""
    if actor.hops > MOST_HOPS:
        raise ChainTooLong(CHAIN_TOO_LONG)


def failure_of(error: Exception) -> tuple[RunReason, str]:
    """Why a run has failed, and what people read of that; what is no failure of it is raised."""
    match error:
        case ChainTooLong():
            return RunReason.CHAIN_TOO_LONG, str(error)
        case NoRecipient():
            return RunReason.NO_RECIPIENT, str(error)
        case Refusal():
            return RunReason.REFUSED, " ".join(each.message for each in error.all)
    if isinstance(error, (BeingDone, NotYet, *AWAY)):
        raise error
    told = f"A fault of the program: {type(error).__name__}. Try it again, or tell whoever runs it."
    return RunReason.FAULT, told


@command("runAutomation", EVERY_MEMBER, internal=True)
async def run_automation(change: Change, *, run_id: UUID, quota: Quota) -> AutomationRun:
    """Do what an automation has to do for a job, if that is still to be done: by the commands that people call."""
    await take(change, quota)
    return await perform(change, run_id)


async def perform(change: Change, run_id: UUID) -> AutomationRun:
    """As `run_automation`, in a change that is being made."""
    run = await change.scope.rows(AutomationRun).get(run_id, "run_id")
    automation = None if run.automation_id is None else await Automation.filter(id=run.automation_id).first()
    does = None if automation is None else (await done_by([automation.id])).get(automation.id)
    # Before the job is held; it may have moved until it is.
    read = await change.scope.rows(Job).get(run.job_id, "run_id")
    held = None if not does else await effect_of(does[0].settings).hold(change, read, does[0].settings)
    job, run = await _hold(change, run)
    if run.state is not RunState.PENDING:
        return run
    if automation is None or not does:
        return await _skip(change, job, run, RunReason.DELETED, "The automation was deleted.")
    if await was_taken_back(change.actor.firm_id, run.cause):
        return await _skip(change, job, run, RunReason.UNDONE, TAKEN_BACK)
    reason, message = await _left_undone(job, automation, does[0])
    if reason is not None:
        assert message is not None
        return await _skip(change, job, run, reason, message)
    occasion = Occasion(job, run.id, run.name, held)
    effect = await effect_of(does[0].settings).do(change, occasion, does[0].settings)
    if automation.failures:
        await sql("UPDATE automation SET failures = 0 WHERE id = $1", automation.id)
    return await _done(change, job, run, effect)


async def _hold(change: Change, run: AutomationRun) -> tuple[Job, AutomationRun]:
    job = await change.scope.rows(Job).lock(run.job_id, "run_id")
    return job, await change.scope.rows(AutomationRun).lock(run.id, "run_id")


async def _left_undone(job: Job, automation: Automation, does: Does) -> tuple[RunReason | None, str | None]:
    if job.archived_at is not None:
        return RunReason.ARCHIVED, "The job is archived."
    reason, message = not_on(automation.state)
    if reason is None and does.conditions is not None:
        facts = await condition_facts([job], [does.conditions])
        holds, why = does.conditions.explained(facts[job.id])
        if not holds:
            return RunReason.CONDITION, f"Its conditions do not hold: {why}."
    return reason, message


async def _done(change: Change, job: Job, run: AutomationRun, effect: Effect) -> AutomationRun:
    run.made = [each.stored() for each in effect.made]
    await _end(change, run, RunState.DONE, None, effect.message)
    change.record(AutomationRan(**told_of_run(run, job), unheld_roles=effect.unheld_roles))
    return run


async def _skip(change: Change, job: Job, run: AutomationRun, reason: RunReason, message: str) -> AutomationRun:
    await _end(change, run, RunState.SKIPPED, reason, message)
    change.record(AutomationSkipped(**told_of_run(run, job), explanation=message))
    return run


async def _end(
    change: Change, run: AutomationRun, state: RunState, reason: RunReason | None, message: str | None
) -> None:
    run.state, run.reason, run.message, run.ended_at = state, reason, message, change.now
    run.attempts += 1
    await run.store("state", "reason", "message", "ended_at", "attempts", "made")


@command("failAutomationRun", EVERY_MEMBER, internal=True)
async def fail_automation_run(change: Change, *, run_id: UUID, reason: RunReason, message: str) -> AutomationRun:
    """Say of a run that it could not be done, and why. It holds its job from now on."""
    run = await change.scope.rows(AutomationRun).get(run_id, "run_id")
    job, run = await _hold(change, run)
    if run.state is not RunState.PENDING:
        return run
    first = not run.attempts
    await _end(change, run, RunState.FAILED, reason, message)
    change.record(AutomationFailed(**told_of_run(run, job), explanation=message))
    if first and run.automation_id is not None:
        await _count_failure(change, run, message)
    return run


# Once a job, however often it fails there.
_COUNT = """
UPDATE automation SET failures = failures + 1 WHERE id = $1 AND NOT EXISTS (
    SELECT FROM automation_run WHERE job_id = $2 AND automation_id = $1 AND state = 'FAILED' AND id <> $3
) RETURNING failures
"""


async def _count_failure(change: Change, run: AutomationRun, message: str) -> None:
    assert run.automation_id is not None
    counted = await sql(_COUNT, run.automation_id, run.job_id, run.id)
    if counted and counted[0]["failures"] >= MOST_FAILURES:
        automation = await change.scope.rows(Automation).lock(run.automation_id)
        if automation.state is AutomationState.ON:
            told = f"It failed on {counted[0]['failures']} jobs in a row, at last: {message}"
            changed = automation.change_to({"state": AutomationState.PAUSED, "paused_reason": told[:_LONGEST_REASON]})
            await automation.store(*changed)
            change.record(
                AutomationUpdated(
                    pipeline=automation.pipeline_id,
                    automation=automation.id,
                    changes=changes_of(changed),
                    settings_changed=False,
                    conditions_changed=False,
                )
            )


async def fail_chain(change: Change, job: Job) -> None:
    """Say on a job, which is held, that automove did not take it on: the chain of automatic steps is too long."""
    present = {"job_id": job.id, "automation_id": None, "type": None, "stay": job.stay, "state": RunState.FAILED}
    if await AutomationRun.filter(**present).exists():
        return
    run = AutomationRun(
        id=new_id(),
        firm_id=job.firm_id,
        account_id=job.account_id,
        name="Automove",
        trigger=AutomationTrigger.STAGE,
        status_stay=job.status_stay,
        place=0,
        reason=RunReason.CHAIN_TOO_LONG,
        message=CHAIN_TOO_LONG,
        cause=change.actor.cause,
        causer=change.actor.causer or {},
        hops=change.actor.hops,
        attempts=1,
        ended_at=change.now,
        **present,
    )
    await run.save(force_create=True)
    change.record(AutomationFailed(**told_of_run(run, job), explanation=CHAIN_TOO_LONG))
