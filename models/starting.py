"""Recurrences that start their jobs on a stage, when that is deleted: on the one that takes its jobs from then on."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from models.command import Change
from models.database import sql
from models.errors import RuleBroken
from models.events import RecurrenceUpdated, changes_of
from models.ids import Kind
from models.reasons import Reason
from models.rows import Stage
from models.stamps import raised, stamp

_STARTING = """
SELECT id, pipeline_id, ended_at IS NULL AS goes_on FROM recurrence WHERE stage_id = $1 ORDER BY id
FOR NO KEY UPDATE
"""
_ELSEWHERE = f"UPDATE recurrence SET stage_id = $2, {raised(3)} WHERE id = ANY($1)"


async def starting_on(stage_id: UUID) -> Sequence[Any]:
    """The recurrences that start their jobs on a stage, held. They come before stages, as whoever makes what is due
    holds them; while the stage is held, none comes."""
    return await sql(_STARTING, stage_id)


async def start_elsewhere(change: Change, recurrences: Sequence[Any], stage: Stage, replacement: Stage | None) -> None:
    """Have these start their jobs on the replacement. `RuleBroken` where there is none, and one of them goes on: its
    jobs would start where nobody said."""
    if replacement is None:
        going_on = sum(each["goes_on"] for each in recurrences)
        if going_on:
            told = f"Recurrences start their jobs on this stage: {going_on:,}. Name a stage that they start on instead."
            kind = Kind.RECURRENCE.value
            raise RuleBroken(told, "replacement_stage_id", reason=Reason.NOT_EMPTY, kind=kind, actual=going_on)
        return
    if recurrences:
        await sql(_ELSEWHERE, [each["id"] for each in recurrences], replacement.id, *stamp())
    for each in recurrences:
        change.record(
            RecurrenceUpdated(
                recurrence=each["id"],
                pipeline=each["pipeline_id"],
                changes=changes_of({"stage_id": (stage.id, replacement.id)}),
                assignees_changed=False,
            )
        )
