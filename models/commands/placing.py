"""Where a card lands among the cards of a stage."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from models.command import Change
from models.database import sql
from models.errors import Invalid, RuleBroken
from models.events import JobMoved, JobStatusChanged, changes_of
from models.ids import Kind
from models.order import LONGEST_KEY, between, spread
from models.reasons import Reason
from models.rows import Job, JobOrder, Pipeline, Stage
from models.storing import store_all

Neighbour = tuple[UUID, str] | None

_AFTER = "(position, id) > ($2, $3) ORDER BY position, id LIMIT 1"
_BEFORE = "(position, id) < ($2, $3) ORDER BY position DESC, id DESC LIMIT 1"
_LAST = "true ORDER BY position DESC, id DESC LIMIT 1"


async def keys_for(
    change: Change, stage: Stage, moving: Sequence[UUID], *, before: UUID | None, after: UUID | None
) -> list[str]:
    """Position keys for these jobs, in this order, on a stage that the transaction holds locked: right before or right
    after a card of the stage, where people place them, or at its end."""
    one_neighbour(before, after)
    if before is not None or after is not None:
        await _expect_manual(change, stage, "before_job_id" if after is None else "after_job_id")
    lower, upper = await _gap(change, stage, moving, before, after)
    keys = _split(lower and lower[1], upper and upper[1], len(moving))
    if keys is None:
        await _spread_anew(change, stage)
        lower, upper = await _gap(change, stage, moving, before, after)
        keys = _split(lower and lower[1], upper and upper[1], len(moving))
    assert keys is not None
    return keys


def _split(lower: str | None, upper: str | None, count: int) -> list[str] | None:
    if lower is not None and upper is not None and lower >= upper:
        return None
    keys: list[str] = []
    for _ in range(count):
        lower = between(lower, upper)
        keys.append(lower)
    return keys if all(len(key) <= LONGEST_KEY for key in keys) else None


async def _gap(
    change: Change, stage: Stage, moving: Sequence[UUID], before: UUID | None, after: UUID | None
) -> tuple[Neighbour, Neighbour]:
    if after is not None:
        anchor = await _anchor(change, stage, moving, after, "after_job_id")
        return anchor, await _neighbour(stage, moving, _AFTER, anchor)
    if before is not None:
        anchor = await _anchor(change, stage, moving, before, "before_job_id")
        return await _neighbour(stage, moving, _BEFORE, anchor), anchor
    return await _neighbour(stage, moving, _LAST), None


def one_neighbour(before: UUID | None, after: UUID | None) -> None:
    """`Invalid` where a place is named twice."""
    if before is not None and after is not None:
        told = "Say either before or after which card, not both."
        raise Invalid(told, "before_job_id", reason=Reason.ONLY_ONE, field="after_job_id")


async def _expect_manual(change: Change, stage: Stage, field: str) -> None:
    """`RuleBroken` where the board sorts its cards by something else: the place would be kept, and not be seen."""
    pipeline = await change.scope.rows(Pipeline).get(stage.pipeline_id, field)
    if pipeline.job_order is not JobOrder.MANUAL:
        raise RuleBroken(
            f"The board of this stage sorts its cards by {pipeline.job_order}, and nobody places them. Leave the other "
            "card out, or make the pipeline's order MANUAL.",
            field,
            reason=Reason.SORTED,
            actual=pipeline.job_order.value,
        )


async def _anchor(change: Change, stage: Stage, moving: Sequence[UUID], id: UUID, field: str) -> tuple[UUID, str]:
    if id in moving:
        raise Invalid("A card cannot be placed beside itself.", field, reason=Reason.ITSELF)
    card = await change.scope.rows(Job).get(id, field)
    if card.stage_id != stage.id:
        told = "That card is no longer on this stage. Look at the present board and place it again."
        raise RuleBroken(told, field, reason=Reason.ELSEWHERE, kind=Kind.STAGE.value)
    return card.id, card.position


async def _neighbour(
    stage: Stage, moving: Sequence[UUID], where: str, anchor: tuple[UUID, str] | None = None
) -> Neighbour:
    values = [stage.id, *((anchor[1], anchor[0]) if anchor else ())]
    excluded = f"id <> ALL(${len(values) + 1})"
    rows = await sql(
        f"SELECT id, position FROM job WHERE stage_id = $1 AND {excluded} AND {where}", *values, list(moving)
    )
    return (rows[0]["id"], rows[0]["position"]) if rows else None


async def _spread_anew(change: Change, stage: Stage) -> None:
    # Rare: only after hundreds of cards were dropped into the same gap.
    jobs = await Job.filter(stage_id=stage.id).order_by("position", "id").select_for_update(no_key=True)
    await put(change, jobs, stage, spread(len(jobs)))


#: What a job keeps of where it is, and of its status.
_PLACE = ("pipeline_id", "stage_id", "position", "stage_entered_at", "stay")
_STATUS = ("status_id", "status_stay")


async def put(
    change: Change,
    jobs: Sequence[Job],
    stage: Stage,
    keys: Sequence[str],
    statuses: Mapping[UUID, UUID] = {},
    dismissed: Mapping[UUID, Sequence[UUID]] = {},
    fires_automations: bool = True,
    skipped_automations: Sequence[UUID] = (),
) -> None:
    """Put jobs, which the transaction holds locked, on a stage with these position keys: any number in one statement.
    `statuses` are those that they get, by job, where the stage is of another pipeline; `dismissed` says which items
    hold each no longer. What is put elsewhere because its stage goes fires no automations there."""
    events: list[JobMoved | JobStatusChanged] = []
    for job, key in zip(jobs, keys, strict=True):
        before, before_status = job.read(_PLACE), job.read(_STATUS)
        job.place_on(stage.id, key, change.now)
        job.pipeline_id = stage.pipeline_id
        job.give_status(statuses.get(job.id, before_status["status_id"]))
        told: dict[str, Any] = {"job": job.id, "account": job.account_id, "pipeline": job.pipeline_id}
        items = tuple(dismissed.get(job.id, ()))
        events.append(
            JobMoved(
                **told,
                from_pipeline=before["pipeline_id"],
                from_stage=before["stage_id"],
                to_stage=stage.id,
                dismissed_items=len(items),
                stay=job.stay,
                fires_automations=fires_automations,
                skipped_automations=tuple(skipped_automations),
                dismissed=items,
                kept=changes_of(job.changed_from(before)),
            )
        )
        if changed := job.changed_from(before_status):
            told |= {"from_status": before_status["status_id"], "to_status": job.status_id}
            events.append(JobStatusChanged(**told, status_stay=job.status_stay, kept=changes_of(changed)))
    await store_all(jobs, *_PLACE, *_STATUS)
    for event in events:
        change.record(event)
