"""What makes an automation act, and its place among those that act then."""

from collections.abc import Mapping
from uuid import UUID

from models.bounds import AUTOMATIONS
from models.command import Change
from models.errors import Invalid, LimitReached, RuleBroken
from models.gathered import together
from models.ids import Kind
from models.order import between
from models.reasons import Reason
from models.rows import Automation, Category, Pipeline, Stage, Status

STAGE, STATUS, PIPELINE = "trigger_stage_id", "trigger_status_id", "trigger_pipeline_id"
#: By the fields that name them; None where one is not named.
Places = Mapping[str, UUID | None]


def expect_one(places: Places) -> None:
    """`Invalid` unless just one of these is named."""
    given = [field for field, place in places.items() if place is not None]
    if not given:
        told = "Say when it acts: name a stage, a custom status, or a pipeline for jobs that are created there."
        raise Invalid(told, STAGE, reason=Reason.MISSING, field=STAGE)
    name, *others = given
    if others:
        told = "An automation acts at one place. Name one."
        raise together([Invalid(told, other, reason=Reason.ONLY_ONE, field=name) for other in others])


async def put_at(change: Change, automation: Automation, places: Places) -> None:
    """Put an automation behind those of the one that is named, whose pipeline is held from now on: so they come one
    after another."""
    ((field, place),) = ((field, place) for field, place in places.items() if place is not None)
    automation.stage_id, automation.status_id = places[STAGE], places[STATUS]
    automation.pipeline_id = await _pipeline(change, field, place)
    await change.scope.rows(Pipeline).lock(automation.pipeline_id, field)
    others = await in_order(automation)
    if len(others) >= AUTOMATIONS.most:
        told = f"There are at most {AUTOMATIONS.most} automations at one place. Delete one first."
        raise LimitReached(told, field, reason=Reason.FULL, kind=Kind.AUTOMATION.value, maximum=AUTOMATIONS.most)
    automation.position = between(others[-1].position if others else None, None)


async def _pipeline(change: Change, field: str, place: UUID) -> UUID:
    if field == STAGE:
        return (await change.scope.rows(Stage).get(place, field)).pipeline_id
    if field == PIPELINE:
        return place
    status = await change.scope.rows(Status).get(place, field)
    if status.category is not Category.CUSTOM:
        told = "Automations are on custom statuses. Name one of those, or a stage."
        raise RuleBroken(told, field, reason=Reason.BUILT_IN)
    return status.pipeline_id


async def in_order(automation: Automation) -> list[Automation]:
    """The automations of the same trigger, in the order in which they act."""
    at = {"pipeline_id": automation.pipeline_id, "stage_id": automation.stage_id, "status_id": automation.status_id}
    found: list[Automation] = await Automation.filter(**at).order_by("position", "id")
    return found
