"""Runs of automations: how one comes about."""

from uuid import UUID

from models.actor import Actor
from models.ids import Kind
from models.rows import Automation, AutomationRun, AutomationTrigger, Job
from tests.kinds import automations
from tests.specimens import Specimens, Spot


async def make(actor: Actor, word: str, spot: Spot) -> UUID:
    """One that is still to be done."""
    job = await Job.filter(account_id=spot.account, **({} if spot.job is None else {"id": spot.job})).first()
    assert job is not None
    present = Automation.filter(pipeline_id=job.pipeline_id).order_by("created_at", "id").first()
    # Who does not see the account may see the automation.
    automation = await present or await Automation.get(id=await automations.make(actor, "Usual", spot))
    run = AutomationRun(
        firm_id=job.firm_id,
        account_id=job.account_id,
        job_id=job.id,
        automation_id=automation.id,
        name=f"{word} run",
        type=automation.type,
        trigger=AutomationTrigger.STAGE,
        stay=1 + await AutomationRun.filter(job_id=job.id).count(),
        status_stay=1,
        place=0,
        cause=1,
        causer=actor.to_json(),
        hops=1,
    )
    await run.save(force_create=True)
    return run.id


async def _reason(run: AutomationRun) -> set[str]:
    return set() if run.reason is None else {run.reason.value}


SPECIMENS = Specimens(
    kind=Kind.AUTOMATION_RUN,
    make=make,
    hidden_with=frozenset({"account", "pipeline"}),
    facts={"reason": _reason},
)
