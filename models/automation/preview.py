"""What a move would set off, before it is made; and what automations and automove would do to the present jobs of a
pipeline, before they are switched on."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self, cast
from uuid import UUID

from tortoise.transactions import in_transaction

from models.actions import Action, Command
from models.actor import Actor
from models.automation.as_if import switched_on
from models.automation.automove import Decision, Waiting, Why
from models.automation.backlog import behind_with
from models.automation.effects.effect import Made
from models.automation.facts import decisions
from models.automation.follower import AUTOMOVE
from models.automation.moving import Stays, move_on, return_to_active
from models.automation.rehearsing import Rehearsal
from models.automation.running import run_automation
from models.bounds import DRY_RUN
from models.command import Change, authority, rehearse
from models.commands.moves import move_job, set_job_status
from models.errors import Invalid
from models.events import Event, JobMoved
from models.gathered import together
from models.ids import Kind
from models.items.links import OpenItems
from models.reasons import Reason
from models.rights import EVERY_MEMBER
from models.rows import AutomationRun, AutomationType, Job, Pipeline, RunReason, RunState
from models.stamps import stamping

#: In seconds: how long a move is followed, and how long all the jobs of a dry run are.
LONGEST, LONGEST_DRY_RUN = 2.0, 5.0


@dataclass(frozen=True, slots=True)
class ForeseenThing:
    """A thing that an automation would make, and what it would be called."""

    kind: Kind
    title: str


@dataclass(frozen=True, slots=True)
class ForeseenRun:
    """What an automation would do for a job, or why it would not."""

    automation_id: UUID | None
    name: str
    type: AutomationType | None
    state: RunState
    reason: RunReason | None
    message: str | None
    made: Sequence[ForeseenThing]
    hops: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become of a job by itself: the stages that it would come to, one after the other, where and how it
    would then stand, why it would go no further, and what automations would do for it. `complete` unless that took too
    long to be followed to its end, or something that happened to the job before has still to have its effects."""

    job_id: UUID
    stage_ids: Sequence[UUID]
    stage_id: UUID
    status_id: UUID
    waiting: Sequence[Why]
    runs: Sequence[ForeseenRun] = ()
    complete: bool = True

    def of_one_behind(self) -> Self:
        """As it is foreseen of a job for which something is still to be done that was caused before."""
        return replace(self, complete=False)


def _for(seconds: float) -> Callable[[], bool]:
    until = time.monotonic() + seconds
    return lambda: time.monotonic() < until


async def preview_change(
    actor: Actor,
    *,
    job_id: UUID,
    stage_id: UUID | None = None,
    status_id: UUID | None = None,
    open_items: OpenItems | None = None,
    skip_automations: Sequence[UUID] | None = None,
) -> Preview:
    """What would come of a move to a stage, or of another status; `Invalid` unless one of them is named. What becomes
    of open items, and which automations are left out, is said of a move alone."""
    of_move = {"open_items": open_items, "skip_automations": skip_automations}
    given: dict[str, Any] = {name: value for name, value in of_move.items() if value is not None}
    _expect_one({"stage_id": stage_id, "status_id": status_id}, given)
    if stage_id is not None:
        return await preview_move(actor, job_id=job_id, stage_id=stage_id, **given)
    return await preview_status(actor, job_id=job_id, status_id=cast(UUID, status_id))


def _expect_one(places: Mapping[str, UUID | None], given: Mapping[str, Any]) -> None:
    named = [field for field, place in places.items() if place is not None]
    if not named:
        told = "Say what would become of the job: name a stage, or a status."
        raise Invalid(told, "stage_id", reason=Reason.MISSING, field="stage_id")
    if len(named) > 1:
        told = "A job is moved, or gets another status: one after the other. Name one."
        raise Invalid(told, "status_id", reason=Reason.ONLY_ONE, field="stage_id")
    if named == ["status_id"] and given:
        told = "This is said where a job is moved. Leave it out, or name a stage."
        raise together([Invalid(told, field, reason=Reason.ONLY_ONE, field="status_id") for field in given])


async def preview_move(
    actor: Actor,
    *,
    job_id: UUID,
    stage_id: UUID,
    open_items: OpenItems = OpenItems.KEEP,
    skip_automations: Sequence[UUID] = (),
) -> Preview:
    """What would come of a move, of whoever may make it; it is refused as that would be."""
    given = {"stage_id": stage_id, "open_items": open_items, "skip_automations": skip_automations}
    return await _foreseen_of(actor, move_job, job_id, given)


async def preview_status(actor: Actor, *, job_id: UUID, status_id: UUID) -> Preview:
    """What would come of another status of a job, of whoever may give it that; it is refused as that would be."""
    return await _foreseen_of(actor, set_job_status, job_id, {"status_id": status_id})


async def _foreseen_of(actor: Actor, does: Command[..., Any], job_id: UUID, given: Mapping[str, Any]) -> Preview:
    async def previewed(change: Change) -> Preview:
        behind = await behind_with(change, [job_id])
        await does.within(change, job_id=job_id, **given)
        found = await _followed(change, job_id, _for(LONGEST))
        return found.of_one_behind() if behind else found

    return await rehearse(actor, does.action, previewed)


async def _followed(change: Change, job_id: UUID, in_time: Callable[[], bool]) -> Preview:
    rehearsal = Rehearsal(change, in_time)
    await rehearsal.follow()
    job = await Job.get(id=job_id)
    decision = (await decisions([job_id]))[job_id]
    runs = await AutomationRun.filter(job_id=job_id, cause__gt=change.revision).order_by("cause", "place")
    made = await _made(change, runs)
    return Preview(
        job_id=job_id,
        stage_ids=list(_path(rehearsal.events, job_id)),
        stage_id=job.stage_id,
        status_id=job.status_id,
        waiting=decision.reasons if isinstance(decision, Waiting) else (),
        runs=[_foreseen(run, made[run.id]) for run in runs],
        complete=rehearsal.complete,
    )


def _path(events: Sequence[Event], job_id: UUID) -> Iterator[UUID]:
    for event in events:
        if isinstance(event, JobMoved) and event.job == job_id and event.from_stage != event.to_stage:
            yield event.to_stage


def _foreseen(run: AutomationRun, made: Sequence[ForeseenThing]) -> ForeseenRun:
    return ForeseenRun(run.automation_id, run.name, run.type, run.state, run.reason, run.message, made, run.hops)


async def _made(change: Change, runs: Sequence[AutomationRun]) -> dict[UUID, list[ForeseenThing]]:
    """What runs made: in one statement for each kind of thing."""
    made = {run.id: [Made.read(each) for each in run.made] for run in runs}
    titles: dict[UUID, str] = {}
    for kind in {each.kind for of_run in made.values() for each in of_run}:
        ids = [each.id for of_run in made.values() for each in of_run if each.kind is kind]
        titles |= {id: _called(thing) for id, thing in (await change.scope.of_kind(kind).many(ids)).items()}
    return {
        run: [ForeseenThing(each.kind, titles[each.id]) for each in of_run if each.id in titles]
        for run, of_run in made.items()
    }


def _called(thing: Any) -> str:
    title: str = thing.subject if thing.kind is Kind.MAIL else thing.title
    return title


@dataclass(frozen=True, slots=True)
class DryRun:
    """What would become of the present jobs of a pipeline. `complete` unless there are more of them than are looked at,
    or that took too long."""

    jobs: Sequence[Preview]
    complete: bool


_DRY_RUN = Action("automationDryRun", EVERY_MEMBER)


async def dry_run(actor: Actor, *, pipeline_id: UUID) -> DryRun:
    """What would become of the visible jobs of a pipeline that are in hand, in the order of the board, if automove and
    all its automations were on, drafts too. Automations act where a job comes to: where it is, they had their turn.
    Each job is tried as if it were the only one: what the automations of others change of its account it has not."""

    async def tried(change: Change) -> DryRun:
        await change.scope.rows(Pipeline).get(pipeline_id, "pipeline_id")
        jobs = await _in_hand(change, pipeline_id)
        in_time = _for(LONGEST_DRY_RUN)
        found: list[Preview] = []
        with switched_on():
            ids = [job.id for job in jobs[: DRY_RUN.most]]
            decided, behind = await decisions(ids), await behind_with(change, ids)
            for job in jobs[: DRY_RUN.most]:
                if job.id in decided and in_time():
                    preview = await _alone(change, job, decided[job.id], in_time)
                    found.append(preview.of_one_behind() if job.id in behind else preview)
        return DryRun(found, complete=len(found) == len(jobs))

    return await rehearse(actor, _DRY_RUN, tried)


async def _in_hand(change: Change, pipeline_id: UUID) -> list[Job]:
    condition = f"""seen.pipeline_id = $1 AND seen.completed_at IS NULL AND seen.archived_at IS NULL
    ORDER BY (SELECT position FROM stage WHERE id = seen.stage_id), seen.position, seen.id LIMIT {DRY_RUN.most + 1}"""
    return await change.scope.rows(Job).read(condition, pipeline_id)


class _Undone(Exception):
    """What was followed of one job is to be undone before the next."""

    def __init__(self, preview: Preview) -> None:
        self.preview = preview


async def _alone(change: Change, job: Job, decision: Decision, in_time: Callable[[], bool]) -> Preview:
    if isinstance(decision, Waiting):
        return Preview(job.id, (), job.stage_id, job.status_id, decision.reasons)
    try:
        async with in_transaction():
            raise _Undone(await _moved_on(change, job, in_time))
    except _Undone as undone:
        return undone.preview


async def _moved_on(asked: Change, job: Job, in_time: Callable[[], bool]) -> Preview:
    causer = asked.actor.to_json()
    actor = Actor.automation(job.firm_id, AUTOMOVE, asked.revision, 1, causer).acting_at(asked.now)
    change = await authority(actor, run_automation.action)
    with stamping(change.now, None):
        values: dict[str, Any] = {"job_id": job.id, "stays": Stays.of(job), "quota": None}
        for does in (move_on, return_to_active):
            await does.within(change, **values)
            if change.events:
                break
    return await _followed(change, job.id, in_time)
