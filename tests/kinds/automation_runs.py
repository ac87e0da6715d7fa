"""Runs of automations: how one comes about."""

from uuid import UUID

from models.actor import Actor
from models.ids import Kind
from models.rows import Automation, AutomationRun, AutomationTrigger, Job
from tests.kinds import automations
from tests.specimens import Specimens, Spot


async def make(actor: Actor, word: str, spot: Spot) -> UUID:
    """One that is still to be done, of an automation of its job's stage."""
    job = await Job.filter(account_id=spot.account, **({} if spot.job is None else {"id": spot.job})).first()
    assert job is not None
    # Who does not see the account may see the automation.
    automation = await Automation.filter(stage_id=job.stage_id).first()
    if automation is None:
        automation = await Automation.get(id=await automations.make(actor, "Usual", Spot(spot.account, job.id)))
    # One of the job's stay there would not be done again: it is of another one.
    earlier = await AutomationRun.filter(job_id=job.id, automation_id=automation.id).count()
    run = AutomationRun(
        firm_id=job.firm_id,
        account_id=job.account_id,
        job_id=job.id,
        automation_id=automation.id,
        name=f"{word} run",
        type=automation.type,
        trigger=AutomationTrigger.STAGE,
        stay=job.stay + earlier,
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
