"""Runs of automations: how one comes about, and how their events do."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

from models.actor import Actor
from models.automation import run_events
from models.automation.quota import Quota
from models.automation.running import fail_automation_run, run_automation
from models.automation.runs import dismiss_automation_run, retry_automation_run
from models.commands.moves import archive_job
from models.ids import Kind, encode
from models.rows import Automation, AutomationRun, AutomationState, AutomationTrigger, Job, RunReason, RunState
from tests.kinds import automations
from tests.live.scenarios import causes, owner_of
from tests.specimens import Specimens, Spot
from tests.world import World


async def make(actor: Actor, word: str, spot: Spot) -> UUID:
    """One that has failed, of an automation of its own."""
    return await _failed_at(await planned(actor, f"{word} run", spot), word)


async def make_of_any(actor: Actor, word: str, spot: Spot) -> UUID:
    """One of the first automation that there is, whether it is on or not."""
    run = await planned(actor, f"{word} run", spot)
    first = await Automation.filter(firm_id=run.firm_id).order_by("created_at", "id").first()
    run.automation_id = run.automation_id if first is None else first.id
    return await _failed_at(run, word)


async def _failed_at(run: AutomationRun, word: str) -> UUID:
    run.state, run.reason, run.message = RunState.FAILED, RunReason.REFUSED, f"{word} was refused."
    run.ended_at, run.attempts = datetime.now(UTC), 1
    await run.save(force_create=True)
    return run.id


async def planned(actor: Actor, name: str, spot: Spot) -> AutomationRun:
    """One that is still to be done, of the pipeline's first automation that is on; it is to be saved."""
    job = await Job.filter(account_id=spot.account, **({} if spot.job is None else {"id": spot.job})).first()
    assert job is not None
    on = AutomationState.ON
    present = Automation.filter(pipeline_id=job.pipeline_id, state=on).order_by("created_at", "id").first()
    # Who does not see the account may see the automation.
    automation = await present or await Automation.get(
        id=await automations.make_on(actor, await automations.own(actor), job.stage_id)
    )
    return AutomationRun(
        firm_id=job.firm_id,
        account_id=job.account_id,
        job_id=job.id,
        automation_id=automation.id,
        name=name,
        type=automation.type,
        trigger=AutomationTrigger.STAGE,
        stay=1 + await AutomationRun.filter(job_id=job.id).count(),
        status_stay=1,
        place=0,
        cause=1,
        causer=actor.to_json(),
        hops=1,
    )


async def _reason(run: AutomationRun) -> set[str]:
    return set() if run.reason is None else {run.reason.value}


async def _pipeline(run: AutomationRun) -> set[str]:
    return {encode(Kind.PIPELINE, (await Job.get(id=run.job_id)).pipeline_id)}


SPECIMENS = Specimens(
    kind=Kind.AUTOMATION_RUN,
    make=make,
    hidden_with=frozenset({"account", "pipeline"}),
    further={"run of any automation": make_of_any},
    facts={"reason": _reason, "pipeline": _pipeline},
)


def _robot(world: World) -> Actor:
    return Actor.automation(world.firm.id, "Robot", 1, causer=owner_of(world).to_json())


async def _pending(world: World) -> AutomationRun:
    run = await planned(owner_of(world), "Robot", Spot(world.account.id, (await world.job()).id))
    await run.save(force_create=True)
    return run


async def _failed(world: World) -> UUID:
    return await make(owner_of(world), "Usual", Spot(world.account.id, (await world.job()).id))


@causes(run_events.AutomationRan)
async def ran(world: World) -> AsyncIterator[None]:
    run = await _pending(world)
    yield
    await run_automation(_robot(world), run_id=run.id, quota=Quota())


@causes(run_events.AutomationFailed)
async def failed(world: World) -> AsyncIterator[None]:
    run = await _pending(world)
    yield
    await fail_automation_run(_robot(world), run_id=run.id, reason=RunReason.REFUSED, message="It was refused.")


@causes(run_events.AutomationSkipped)
async def skipped(world: World) -> AsyncIterator[None]:
    run = await _pending(world)
    await archive_job(owner_of(world), job_id=run.job_id)
    yield
    await run_automation(_robot(world), run_id=run.id, quota=Quota())


@causes(run_events.AutomationRetried)
async def retried(world: World) -> AsyncIterator[None]:
    run = await _failed(world)
    yield
    await retry_automation_run(owner_of(world), automation_run_id=run)


@causes(run_events.AutomationDismissed)
async def dismissed(world: World) -> AsyncIterator[None]:
    run = await _failed(world)
    yield
    await dismiss_automation_run(owner_of(world), automation_run_id=run)
