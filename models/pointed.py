"""What automations are told of: that something went to which they point, or that where they act goes."""

from collections.abc import Sequence
from uuid import UUID

from models.command import Change
from models.database import sql
from models.errors import RuleBroken
from models.events import AutomationDeleted, AutomationPointsElsewhere
from models.reasons import Reason
from models.rows import Automation

_POINTING = """
SELECT automation.id, automation.pipeline_id FROM automation_pointer AS pointer
JOIN automation ON automation.id = pointer.automation_id WHERE pointer.thing = $1 ORDER BY automation.id
"""


async def tell_pointing(change: Change, thing: UUID) -> None:
    """Tell of each automation that points to a thing, which goes or comes back by this change."""
    for row in await sql(_POINTING, thing):
        change.record(AutomationPointsElsewhere(pipeline=row["pipeline_id"], automation=row["id"]))


async def automations_at(**place: UUID) -> list[Automation]:
    """The automations of a stage, a status or a whole pipeline, which is held: none comes meanwhile."""
    found: list[Automation] = await Automation.filter(**place).order_by("id")
    return found


def expect_said(automations: Sequence[Automation], said: bool) -> None:
    """`RuleBroken` where automations would go, and whoever deletes where they act did not say so."""
    if automations and not said:
        told = (
            f"Automations that act there are deleted with it: {len(automations)}. Say `deleteAutomations: true`, or "
            "copy them elsewhere first."
        )
        raise RuleBroken(told, "delete_automations", reason=Reason.IN_USE, actual=len(automations))


async def delete_with_place(change: Change, automations: Sequence[Automation]) -> None:
    """Delete these automations, and tell of each."""
    if automations:
        await Automation.filter(id__in=[each.id for each in automations]).delete()
    for each in automations:
        change.record(AutomationDeleted(pipeline=each.pipeline_id, automation=each.id, name=each.name))
