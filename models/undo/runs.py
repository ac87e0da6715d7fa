"""What becomes of the runs of automations when what caused them is taken back."""

from models.automation.run_events import AutomationSkipped
from models.automation.runs import told_of_run
from models.rows import AutomationRun, RunReason, RunState
from models.storing import store_all
from models.undo.taking import Taking
from models.undone import TAKEN_BACK

_CAUSED = f"seen.job_id = ANY($1) AND seen.cause = ANY($2) AND seen.state <> '{RunState.SKIPPED}'"


async def skip_runs(taking: Taking) -> None:
    """Say of the runs that were caused by what is taken back that it was: those that wait are not done any more, those
    that failed hold their jobs no longer."""
    change = taking.change
    if not taking.jobs:
        return
    rows = change.scope.rows(AutomationRun)
    revisions = sorted({each.revision for each in taking.logged})
    found = await rows.read(_CAUSED, list(taking.jobs), revisions)
    runs = list((await rows.lock_many(run.id for run in found)).values()) if found else []
    for run in runs:
        run.state, run.reason, run.message = RunState.SKIPPED, RunReason.UNDONE, TAKEN_BACK
        run.ended_at = run.ended_at or change.now
    await store_all(runs, "state", "reason", "message", "ended_at")
    for run in runs:
        change.record(AutomationSkipped(**told_of_run(run, taking.jobs[run.job_id]), explanation=TAKEN_BACK))
