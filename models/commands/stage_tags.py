"""The conditional tags of stages: automove takes a job to a stage only where its account carries them all.

The first and the last stage have none, so that there is always a stage to go to."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from models.command import Change
from models.command_steps import replace_links
from models.database import fetch
from models.errors import RuleBroken
from models.reasons import Reason
from models.rows import Stage, StageTag

FIELD = "conditional_tag_ids"

_TAGS = """
SELECT stage_id, array_agg(tag_id ORDER BY name_order, tag_id) FROM stage_tag JOIN tag ON tag.id = tag_id
WHERE stage_id = ANY($1) GROUP BY stage_id
"""


async def tags_of(stages: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """The conditional tags of each stage that has any, by name."""
    return dict(await fetch(_TAGS, stages))


async def replace_tags(stage: Stage, wanted: Sequence[UUID]) -> dict[str, tuple[Any, Any]]:
    """Make just these tags, which are held, those of a stage. Returns what changed, as `Row.change_to` does."""
    present = (await tags_of([stage.id])).get(stage.id, [])
    if set(wanted) == set(present):
        return {}
    await replace_links(StageTag, {"stage_id": stage.id}, "tag_id", wanted)
    return {FIELD: (present, (await tags_of([stage.id])).get(stage.id, []))}


async def expect_open_ends(order: Sequence[Stage], path: str) -> None:
    """`RuleBroken` where the stages of a pipeline are to have this order, and there is a condition at one of its ends.
    The pipeline is held, so that nobody puts one there meanwhile."""
    ends = {stage.id: stage for stage in (*order[:1], *order[-1:])}
    conditional = await tags_of(list(ends))
    for id in conditional:
        raise at_an_end(ends[id].name, path)


def expect_within(stage: Stage, order: Sequence[Stage], wanted: Collection[UUID]) -> None:
    """`RuleBroken` where a stage is to have conditional tags and is the first or the last of these."""
    if wanted and stage.id in (order[0].id, order[-1].id):
        raise at_an_end(stage.name, FIELD)


def at_an_end(name: str, path: str) -> RuleBroken:
    """The refusal of a conditional stage at an end of its pipeline."""
    return RuleBroken(
        f"The first and the last stage of a pipeline are for every account, and {name!r} would be one of them with "
        "conditional tags. Take its tags off, or put another stage there.",
        path,
        reason=Reason.CONDITIONAL,
        name=name,
    )


async def expect_unneeded(change: Change, tag_id: UUID) -> None:
    """`RuleBroken` where a stage needs a tag, which is held. It tells of the stages that the actor sees. Others are
    mentioned only where there are none of those."""
    needed = {stage for (stage,) in await fetch("SELECT stage_id FROM stage_tag WHERE tag_id = $1", tag_id)}
    if not needed:
        return
    seen = sorted((stage.name, id) for id, stage in (await change.scope.rows(Stage).many(needed)).items())
    told = "A stage that you do not see needs this tag: only jobs of accounts that carry it come there by themselves."
    if seen:
        told = (
            f"Stages that you see and that only jobs of accounts with this tag come to by themselves: {len(seen):,}, "
            f"among them {seen[0][0]!r}. Take the tag off them first."
        )
    raise RuleBroken(told, "tag_id", reason=Reason.IN_USE, actual=len(seen))
