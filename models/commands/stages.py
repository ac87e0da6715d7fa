"""Adding, editing, ordering and deleting the stages of a pipeline.

Each of these holds the pipeline, so that they come one after the other.
"""

from collections.abc import Container, Sequence
from functools import partial
from typing import Any, TypedDict, Unpack
from uuid import UUID

from models import checks
from models.bounds import TIME_LIMIT
from models.command import Change, command
from models.command_steps import jobs_left, made_before, number_seen
from models.commands import stage_tags
from models.commands.pipelines import MOST_STAGES
from models.commands.placing import keys_for, put
from models.commands.tags import expect_tags, hold_tags, tags_to_carry
from models.database import sql
from models.errors import LimitReached, RuleBroken
from models.events import StageCreated, StageDeleted, StageMoved, StageUpdated, changes_of
from models.gathered import Gathered, Rules
from models.ids import Kind, new_id
from models.ordering import Ordered
from models.pointed import automations_at, delete_with_place, expect_said
from models.reasons import Reason
from models.rights import Right
from models.rows import Job, Pipeline, Stage
from models.starting import start_elsewhere, starting_on
from models.texts import NAME


class StageFields(TypedDict, total=False):
    """What `update_stage` may change; what is left out stays."""

    name: str
    time_limit: int | None
    automove: bool
    conditional_tag_ids: Sequence[UUID]


_ORDER: Ordered[Stage] = Ordered(
    Stage,
    belongs_to=Kind.PIPELINE,
    elsewhere="That stage is not of this pipeline. Look at its present stages and choose again.",
    tell=lambda change, stage: change.record(StageMoved(pipeline=stage.pipeline_id, stage=stage.id)),
)
_RULES: Rules = {"name": NAME.check, "time_limit": partial(checks.minutes, bounds=TIME_LIMIT)}


@command("createStage", Right.MANAGE_PIPELINES)
async def create_stage(
    change: Change,
    *,
    pipeline_id: UUID,
    name: str,
    time_limit: int | None = None,
    automove: bool = False,
    conditional_tag_ids: Sequence[UUID] = (),
    after_stage_id: UUID | None = None,
    before_stage_id: UUID | None = None,
    id: UUID | None = None,
) -> Stage:
    """Add a stage to a pipeline.

    Before or after one of its stages, or as the last. With conditional tags it is neither the first nor the last."""
    if earlier := await made_before(change, Stage, id, StageCreated):
        return earlier
    with Gathered() as check:
        told = check.each({"name": name, "time_limit": time_limit}, _RULES)
        check(_ORDER.expect_one_neighbour, before_stage_id, after_stage_id)
        check(checks.at_most, conditional_tag_ids, stage_tags.FIELD)
    tags = await tags_to_carry(change, conditional_tag_ids, stage_tags.FIELD)
    pipeline = await change.scope.rows(Pipeline).lock(pipeline_id, "pipeline_id")
    others = await _in_order(pipeline.id)
    if len(others) >= MOST_STAGES:
        left = f"A pipeline has at most {MOST_STAGES} stages. Delete one first."
        raise LimitReached(left, "pipeline_id", reason=Reason.FULL, kind=Kind.STAGE.value, maximum=MOST_STAGES)
    stage = Stage(
        id=id or new_id(),
        firm_id=change.actor.firm_id,
        pipeline_id=pipeline.id,
        automove=automove,
        **told,
    )
    place = await _ORDER.place(change, stage, others, before=before_stage_id, after=after_stage_id)
    stage_tags.expect_within(stage, [*others[:place], stage, *others[place:]], tags)
    stage.position = await _ORDER.position(change, others, place)
    await stage.save(force_create=True)
    await stage_tags.replace_tags(stage, tags)
    change.record(StageCreated(pipeline=pipeline.id, stage=stage.id))
    return stage


@command("updateStage", Right.MANAGE_PIPELINES)
async def update_stage(
    change: Change, *, stage_id: UUID, expected_version: int | None = None, **fields: Unpack[StageFields]
) -> Stage:
    """Change a stage.

    Its name, its time limit, whether jobs move on from it by themselves, or its conditional tags."""
    given: dict[str, Any] = {**fields}
    wanted = given.pop(stage_tags.FIELD, None)
    held = await hold_tags(change, wanted or ())
    # The ends of a pipeline stay where they are for as long as it is held.
    lock = change.scope.rows(Stage).lock(stage_id, "stage_id") if wanted is None else _lock_structure(change, stage_id)
    stage = await lock
    stage.expect(expected_version)
    with Gathered() as check:
        changed = stage.change_to(check.each(stage.differing(given), _RULES))
        tags = check(checks.at_most, wanted or (), stage_tags.FIELD)
    if wanted is not None:
        changed |= await _condition(stage, tags, held)
    if changed:
        await stage.store(*(changed.keys() - {stage_tags.FIELD}))
        change.record(StageUpdated(pipeline=stage.pipeline_id, stage=stage.id, changes=changes_of(changed)))
    return stage


@command("moveStage", Right.MANAGE_PIPELINES)
async def move_stage(
    change: Change,
    *,
    stage_id: UUID,
    after_stage_id: UUID | None = None,
    before_stage_id: UUID | None = None,
    expected_version: int | None = None,
) -> Stage:
    """Put a stage elsewhere among the stages of its pipeline.

    Before or after another one, or last. Its jobs go with it. A conditional one is neither the first nor the last
    afterwards."""
    stage = await _lock_structure(change, stage_id)
    stage.expect(expected_version)
    present = await _in_order(stage.pipeline_id)
    others = [other for other in present if other.id != stage.id]
    place = await _ORDER.place(change, stage, others, before=before_stage_id, after=after_stage_id)
    wanted = [*others[:place], stage, *others[place:]]
    if wanted != present:
        await stage_tags.expect_open_ends(wanted, "stage_id")
        stage.position = await _ORDER.position(change, others, place)
        await stage.store("position")
        change.record(StageMoved(pipeline=stage.pipeline_id, stage=stage.id))
    return stage


async def _condition(stage: Stage, tags: Sequence[UUID], held: Container[UUID]) -> dict[str, tuple[Any, Any]]:
    expect_tags(tags, held, stage_tags.FIELD)
    changed = await stage_tags.replace_tags(stage, tags)
    if changed:
        stage_tags.expect_within(stage, await _in_order(stage.pipeline_id), tags)
    return changed


async def _lock_structure(change: Change, stage_id: UUID) -> Stage:
    """The stage, with its pipeline held first. A stage never changes its pipeline."""
    stage = await change.scope.rows(Stage).get(stage_id, "stage_id")
    await change.scope.rows(Pipeline).lock(stage.pipeline_id, "stage_id")
    return await change.scope.rows(Stage).lock(stage_id, "stage_id")


async def _in_order(pipeline_id: UUID) -> list[Stage]:
    return await Stage.filter(pipeline_id=pipeline_id).order_by("position", "id")


@command("deleteStage", Right.MANAGE_PIPELINES)
async def delete_stage(
    change: Change,
    *,
    stage_id: UUID,
    replacement_stage_id: UUID | None = None,
    delete_automations: bool = False,
    expected_version: int | None = None,
) -> Stage:
    """Delete a stage, with its automations; its jobs go to another one in the same call.

    The archived ones too; at the end of the replacement, in their order. Recurrences that start their jobs on it start
    them on the replacement."""
    found = await change.scope.rows(Stage).get(stage_id, "stage_id")
    await change.scope.rows(Pipeline).lock(found.pipeline_id, "stage_id")
    # Recurrences first, as whoever makes their jobs does.
    await starting_on(stage_id)
    # Jobs before stages, as a move does. What still arrives before the stage is held, is found after it.
    await sql("SELECT FROM job WHERE stage_id = $1 ORDER BY id FOR NO KEY UPDATE", stage_id)
    stages = {stage.id: stage for stage in await _hold_stages(found.pipeline_id)}
    stage = stages.get(stage_id) or await change.scope.rows(Stage).get(stage_id, "stage_id")
    stage.expect(expected_version)
    replacement = await _replacement(change, stages, stage, replacement_stage_id)
    if len(stages) == 1:
        told = "A pipeline keeps at least one stage. Add another one first."
        raise RuleBroken(told, "stage_id", reason=Reason.LAST_ONE, kind=Kind.STAGE.value)
    left = sorted((other for other in stages.values() if other.id != stage.id), key=_by_position)
    await stage_tags.expect_open_ends(left, "stage_id")
    automations = await automations_at(stage_id=stage.id)
    expect_said(automations, delete_automations)
    if jobs := await _cards(stage):
        await _empty(change, jobs, replacement)
    await start_elsewhere(change, await starting_on(stage.id), stage, replacement)
    await delete_with_place(change, automations)
    await sql("DELETE FROM stage WHERE id = $1", stage.id)
    change.record(StageDeleted(pipeline=stage.pipeline_id, stage=stage.id, name=stage.name))
    return stage


def _by_position(stage: Stage) -> tuple[str, bytes]:
    return stage.position, stage.id.bytes


async def _hold_stages(pipeline_id: UUID) -> list[Stage]:
    return await Stage.filter(pipeline_id=pipeline_id).order_by("id").select_for_update(no_key=True)


async def _cards(stage: Stage) -> list[Job]:
    # Held in the order of their ids, as everywhere, and handed out in their order on the board.
    jobs = await Job.filter(stage_id=stage.id).order_by("id").select_for_update(no_key=True)
    return sorted(jobs, key=lambda job: (job.position, job.id.bytes))


async def _replacement(change: Change, stages: dict[UUID, Stage], stage: Stage, id: UUID | None) -> Stage | None:
    if id is None:
        return None
    replacement = stages.get(id) or await change.scope.rows(Stage).get(id, "replacement_stage_id")
    told = "Choose another stage of the same pipeline."
    if replacement.id == stage.id:
        raise RuleBroken(told, "replacement_stage_id", reason=Reason.ITSELF)
    if replacement.pipeline_id != stage.pipeline_id:
        raise RuleBroken(told, "replacement_stage_id", reason=Reason.ELSEWHERE, kind=Kind.PIPELINE.value)
    return replacement


async def _empty(change: Change, jobs: Sequence[Job], replacement: Stage | None) -> None:
    if replacement is None:
        seen, remedy = number_seen(change, jobs), "Name a stage that takes them."
        raise jobs_left(seen, "on this stage", remedy, "replacement_stage_id")
    keys = await keys_for(change, replacement, [job.id for job in jobs], before=None, after=None)
    await put(change, jobs, replacement, keys, fires_automations=False)
