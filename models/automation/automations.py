"""Automations: what is done by itself when a job enters a stage or a custom status, or is created. What each type does
is in models/automation/contents.py.

See docs/decisions/0089-automations.md."""

from collections.abc import Collection, Mapping
from typing import Any, Unpack
from uuid import UUID

from models.automation import saving, triggers
from models.automation.conditions import Condition
from models.automation.contents import Does, SettingsGiven, done_by, expect_one
from models.automation.pointing import expect_found, expect_there
from models.automation.triggers import PIPELINE, STAGE, STATUS
from models.command import Change, command
from models.command_steps import made_before
from models.errors import Refusal, RuleBroken
from models.events import AutomationCreated, AutomationDeleted, AutomationMoved, AutomationUpdated, changes_of
from models.gathered import Gathered, Rules
from models.ids import Kind, new_id
from models.ordering import Ordered
from models.reasons import Reason
from models.rights import Right
from models.rows import Automation, AutomationState, Pipeline, register
from models.texts import NAME

register(Automation)


class DoesGiven(SettingsGiven, total=False):
    """What an automation does, and under which conditions; None, or left out, for always."""

    conditions: Condition | None


class AutomationFields(DoesGiven, total=False):
    """What `update_automation` may change; what is left out stays."""

    name: str


_RULES: Rules = {"name": NAME.check}
_ORDER: Ordered[Automation] = Ordered(
    Automation,
    belongs_to=Kind.STAGE,
    elsewhere="That automation does not act when this one does. Look at the present ones and choose again.",
    tell=lambda change, each: change.record(AutomationMoved(pipeline=each.pipeline_id, automation=each.id)),
)


@command("createAutomation", Right.MANAGE_PIPELINES)
async def create_automation(
    change: Change,
    *,
    name: str,
    trigger_pipeline_id: UUID | None = None,
    trigger_stage_id: UUID | None = None,
    trigger_status_id: UUID | None = None,
    state: AutomationState = AutomationState.DRAFT,
    conditions: Condition | None = None,
    id: UUID | None = None,
    **given: Unpack[SettingsGiven],
) -> Automation:
    """Add an automation to a stage, to a custom status, or to a pipeline for jobs that are created there: a name, and
    what it does. It needs the right for that as well. It acts after those that are there."""
    if earlier := await made_before(change, Automation, id, AutomationCreated):
        return earlier
    places = {STAGE: trigger_stage_id, STATUS: trigger_status_id, PIPELINE: trigger_pipeline_id}
    with Gathered() as check:
        called = check(NAME.check, name, "name")
        check(triggers.expect_one, places)
        check(expect_settable, state)
        check(expect_one, given)
        asked = check(saving.checked_conditions, conditions)
        # Of each: who gave two of them is told what is wrong with either.
        wanted = [check(saving.checked_settings, change, each, field) for field, each in dict[str, Any](given).items()]
    (settings,) = wanted
    return await _add(change, called, Does(settings, asked), places, state, id)


async def _add(
    change: Change, name: str, does: Does, places: triggers.Places, state: AutomationState, id: UUID | None
) -> Automation:
    automation = Automation(
        id=id or new_id(), firm_id=change.actor.firm_id, name=name, type=does.settings.type, state=state
    )
    await triggers.put_at(change, automation, places)
    await expect_there(change, automation, does.pointers, ())
    await automation.save(force_create=True)
    await saving.keep(automation, does)
    change.record(AutomationCreated(pipeline=automation.pipeline_id, automation=automation.id))
    return automation


def expect_settable(state: AutomationState) -> None:
    """`RuleBroken` for a state that automations get by themselves."""
    if state is AutomationState.PAUSED:
        told = "An automation is paused by itself alone. Switch it off instead."
        raise RuleBroken(told, "state", reason=Reason.WRONG_STATE, kind=Kind.AUTOMATION.value, actual=state.value)


@command("updateAutomation", Right.MANAGE_PIPELINES)
async def update_automation(
    change: Change, *, automation_id: UUID, expected_version: int | None = None, **fields: Unpack[AutomationFields]
) -> Automation:
    """Change an automation's name, its conditions, or what it does, which stays of its type. What it has done stays as
    it is."""
    given: dict[str, Any] = {**fields}
    automation = await _lock(change, automation_id, expected_version)
    (present,) = (await done_by([automation.id]))[automation.id]
    named = {name: given.pop(name) for name in ("name",) if name in given}
    conditions = given.pop("conditions", present.conditions)
    known = {pointer.id for pointer in present.pointers}
    absent = [await _absent(change, automation, Does(each, present.conditions), known) for each in given.values()]
    with Gathered() as check:
        # First: whether it is of another type is said of what is there.
        for refusal in filter(None, absent):
            check(_refuse, refusal)
        changed = automation.change_to(check.each(automation.differing(named), _RULES))
        if conditions != present.conditions:
            conditions = check(saving.checked_conditions, conditions)
        if given:
            check(expect_one, given)
        wanted = [
            check(saving.other_settings, change, automation, each, present, field) for field, each in given.items()
        ]
    (settings,) = wanted or [present.settings]
    does = Does(settings, conditions)
    if does != present:
        await expect_there(change, automation, does.pointers, known)
        await saving.keep_anew(automation, does)
    if changed or does != present:
        await automation.store(*changed)
        _tell_updated(change, automation, changed, present, does)
    return automation


async def _absent(change: Change, automation: Automation, does: Does, known: Collection[UUID]) -> Refusal | None:
    """The refusal of what is pointed to anew and is not there."""
    try:
        await expect_found(change, automation, does.pointers, known)
    except Refusal as refusal:
        return refusal
    return None


def _refuse(refusal: Refusal) -> None:
    raise refusal


def _tell_updated(
    change: Change, automation: Automation, changed: Mapping[str, tuple[Any, Any]], before: Does, after: Does
) -> None:
    change.record(
        AutomationUpdated(
            pipeline=automation.pipeline_id,
            automation=automation.id,
            changes=changes_of(changed),
            settings_changed=before.settings != after.settings,
            conditions_changed=before.conditions != after.conditions,
        )
    )


async def _lock(change: Change, id: UUID, expected_version: int | None) -> Automation:
    automation = await change.scope.rows(Automation).lock(id, "automation_id")
    automation.expect(expected_version)
    return automation


@command("setAutomationState", Right.MANAGE_PIPELINES)
async def set_automation_state(
    change: Change, *, automation_id: UUID, state: AutomationState, expected_version: int | None = None
) -> Automation:
    """Switch an automation on or off, or make it a draft again. To switch it on needs the right for what it does. One
    that paused itself begins anew."""
    expect_settable(state)
    automation = await _lock(change, automation_id, expected_version)
    (does,) = (await done_by([automation.id]))[automation.id]
    if state is AutomationState.ON:
        saving.expect_right(change, does.settings, "automation_id")
    if changed := automation.change_to({"state": state, "paused_reason": None}):
        automation.failures = 0
        await automation.store(*changed, "failures")
        _tell_updated(change, automation, changed, does, does)
    return automation


@command("moveAutomation", Right.MANAGE_PIPELINES)
async def move_automation(
    change: Change,
    *,
    automation_id: UUID,
    after_automation_id: UUID | None = None,
    before_automation_id: UUID | None = None,
    expected_version: int | None = None,
) -> Automation:
    """Put an automation elsewhere in the order in which those of its trigger act: before or after another one, or last.
    Those that update tags act before the others all the same."""
    found = await change.scope.rows(Automation).get(automation_id, "automation_id")
    # An automation never changes its pipeline.
    await change.scope.rows(Pipeline).lock(found.pipeline_id, "automation_id")
    automation = await _lock(change, automation_id, expected_version)
    present = await triggers.in_order(automation)
    others = [other for other in present if other.id != automation.id]
    place = await _ORDER.place(change, automation, others, before=before_automation_id, after=after_automation_id)
    if [*others[:place], automation, *others[place:]] != present:
        automation.position = await _ORDER.position(change, others, place)
        await automation.store("position")
        _ORDER.tell(change, automation)
    return automation


@command("copyAutomation", Right.MANAGE_PIPELINES)
async def copy_automation(
    change: Change,
    *,
    automation_id: UUID,
    name: str | None = None,
    trigger_pipeline_id: UUID | None = None,
    trigger_stage_id: UUID | None = None,
    trigger_status_id: UUID | None = None,
    id: UUID | None = None,
) -> Automation:
    """Copy an automation to another stage, custom status or pipeline, or to the same. The copy is a draft. It needs the
    right for what it does. To what it points must be there, and be of use there: a status is of one pipeline."""
    if earlier := await made_before(change, Automation, id, AutomationCreated):
        return earlier
    places = {STAGE: trigger_stage_id, STATUS: trigger_status_id, PIPELINE: trigger_pipeline_id}
    with Gathered() as check:
        called = None if name is None else check(NAME.check, name, "name")
        check(triggers.expect_one, places)
    original = await change.scope.rows(Automation).get(automation_id, "automation_id")
    (does,) = (await done_by([original.id]))[original.id]
    saving.expect_right(change, does.settings, "automation_id")
    with saving.told_of_copy():
        return await _add(change, called or original.name, does, places, AutomationState.DRAFT, id)


@command("deleteAutomation", Right.MANAGE_PIPELINES)
async def delete_automation(change: Change, *, automation_id: UUID, expected_version: int | None = None) -> Automation:
    """Delete an automation. The answer has it as it was, but for what it did. Its runs stay with their jobs."""
    automation = await _lock(change, automation_id, expected_version)
    await automation.delete()
    change.record(AutomationDeleted(pipeline=automation.pipeline_id, automation=automation.id, name=automation.name))
    return automation
