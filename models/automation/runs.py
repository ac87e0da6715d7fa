"""Runs of automations: what one had to do for a job, and what came of it. What failed holds its job, until somebody
tries it again or dismisses it. They are planned in models/automation/planning.py, and done in
models/automation/running.py.

See docs/decisions/0090-runs-of-automations.md."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from models.automation.run_events import AutomationDismissed, AutomationRetried, AutomationRunEvent
from models.bulk import Bulk
from models.command import Change, command
from models.command_steps import each
from models.errors import RuleBroken
from models.ids import Kind
from models.reasons import Reason
from models.rights import EVERY_MEMBER
from models.rows import Automation, AutomationRun, AutomationState, Job, RunReason, RunState, register
from models.storing import store_all
from models.targets import Target, several

register(AutomationRun)


@command("retryAutomationRun", EVERY_MEMBER)
async def retry_automation_run(
    change: Change, *, automation_run_id: UUID, expected_version: int | None = None
) -> AutomationRun:
    """Let an automation try again what it could not do for a job, as it is set up by now; or automove, to go on."""
    return await _one(change, automation_run_id, expected_version, _tried_again)


@command("retryAutomationRuns", EVERY_MEMBER)
async def retry_automation_runs(
    change: Change, *, automation_runs: Sequence[Target], atomic: bool = True
) -> Bulk[AutomationRun]:
    """Let automations try again what they could not do, in one revision."""
    return await _several(change, automation_runs, atomic, _tried_again)


@command("dismissAutomationRun", EVERY_MEMBER)
async def dismiss_automation_run(
    change: Change, *, automation_run_id: UUID, expected_version: int | None = None
) -> AutomationRun:
    """Let what an automation could not do for a job hold the job no longer. It is not tried again."""
    return await _one(change, automation_run_id, expected_version, _dismissed)


@command("dismissAutomationRuns", EVERY_MEMBER)
async def dismiss_automation_runs(
    change: Change, *, automation_runs: Sequence[Target], atomic: bool = True
) -> Bulk[AutomationRun]:
    """Let what automations could not do hold its jobs no longer, in one revision."""
    return await _several(change, automation_runs, atomic, _dismissed)


#: Takes a run as it is to be, or refuses. Returns what is told of it.
Settle = Callable[[AutomationRun, Job, Mapping[UUID, Automation]], type[AutomationRunEvent]]


def _dismissed(run: AutomationRun, job: Job, automations: Mapping[UUID, Automation]) -> type[AutomationRunEvent]:
    _expect_failed(run, "is dismissed")
    # What was the matter stays readable.
    run.state, run.reason = RunState.SKIPPED, RunReason.DISMISSED
    return AutomationDismissed


def _tried_again(run: AutomationRun, job: Job, automations: Mapping[UUID, Automation]) -> type[AutomationRunEvent]:
    _expect_failed(run, "is tried again")
    if job.archived_at is not None:
        told = "The job is archived. Restore it first."
        raise RuleBroken(told, "automation_run_id", reason=Reason.ARCHIVED, kind=Kind.JOB.value)
    if run.type is None:
        # Automove has nothing to make up for: it looks again at a job that nothing holds.
        return _dismissed(run, job, automations)
    _expect_on(None if run.automation_id is None else automations.get(run.automation_id))
    run.state, run.reason, run.message, run.ended_at = RunState.PENDING, None, None, None
    return AutomationRetried


def _expect_failed(run: AutomationRun, what: str) -> None:
    if run.state is not RunState.FAILED:
        raise _wrong_state(Kind.AUTOMATION_RUN, run.state, f"Only what failed {what}.")


def _expect_on(automation: Automation | None) -> None:
    if automation is None:
        told = "The automation was deleted. Dismiss this, and do what it should have done yourself."
        raise RuleBroken(told, "automation_run_id", reason=Reason.NONE_YET, kind=Kind.AUTOMATION.value)
    if automation.state is not AutomationState.ON:
        told = "The automation is switched off. Switch it on first."
        raise _wrong_state(Kind.AUTOMATION, automation.state, told)


def _wrong_state(kind: Kind, state: RunState | AutomationState, told: str) -> RuleBroken:
    return RuleBroken(told, "automation_run_id", reason=Reason.WRONG_STATE, kind=kind.value, actual=state.value)


async def _one(change: Change, run_id: UUID, expected_version: int | None, settle: Settle) -> AutomationRun:
    runs = change.scope.rows(AutomationRun)
    # Before its job is held: nobody waits for what they do not see.
    found = await runs.get(run_id, "automation_run_id")
    job = await change.scope.rows(Job).lock(found.job_id, "automation_run_id")
    run = await runs.lock(run_id, "automation_run_id")
    run.expect(expected_version)
    automations = await _automations_of(change, [run])
    await _tell(change, [(run, job, settle(run, job, automations))])
    return run


async def _several(change: Change, named: Sequence[Target], atomic: bool, settle: Settle) -> Bulk[AutomationRun]:
    targets, runs = several(named, "automation_runs"), change.scope.rows(AutomationRun)
    ids = [target.id for target in targets]
    found = await runs.many(ids)
    jobs = await change.scope.rows(Job).lock_many(run.job_id for run in found.values())
    locked = {id: run for id, run in (await runs.lock_many(ids)).items() if run.job_id in jobs}
    automations = await _automations_of(change, locked.values())
    told: list[tuple[AutomationRun, Job, type[AutomationRunEvent]]] = []

    def accept(target: Target) -> AutomationRun:
        run = target.among(locked)
        told.append((run, jobs[run.job_id], settle(run, jobs[run.job_id], automations)))
        return run

    done = each(targets, "automation_runs", atomic, accept)
    await _tell(change, told)
    return done


async def _automations_of(change: Change, runs: Iterable[AutomationRun]) -> Mapping[UUID, Automation]:
    ids = [run.automation_id for run in runs if run.automation_id is not None]
    return await change.scope.rows(Automation).many(ids)


async def _tell(change: Change, settled: Sequence[tuple[AutomationRun, Job, type[AutomationRunEvent]]]) -> None:
    await store_all([run for run, _, _ in settled], "state", "reason", "message", "ended_at")
    for run, job, event in settled:
        change.record(event(**told_of_run(run, job)))


def told_of_run(run: AutomationRun, job: Job) -> dict[str, Any]:
    """What each event of a run says of it."""
    of_job = {"job": job.id, "account": job.account_id, "pipeline": job.pipeline_id}
    return {**of_job, "automation_run": run.id, "automation": run.automation_id, "automation_name": run.name}
