"""Automations: what is done by itself when a job enters a stage or a custom status, or is created. What each type does
is in models/automation/contents.py.

See docs/decisions/0089-automations.md."""

from typing import Any, Unpack
from uuid import UUID

from models.automation import triggers
from models.automation.contents import Does, SettingsGiven, done_by, expect_one
from models.automation.events import AutomationCreated, AutomationDeleted, AutomationUpdated
from models.automation.pointing import expect_there, keep_pointers
from models.automation.settings import Settings
from models.automation.triggers import PIPELINE, STAGE, STATUS, put_at
from models.command import Change, command
from models.command_steps import made_before
from models.errors import Refusal, RuleBroken
from models.events import changes_of
from models.gathered import Gathered, Rules
from models.ids import Kind, new_id
from models.reasons import Reason
from models.rights import Right
from models.rows import (
    Automation,
    AutomationSettings,
    AutomationState,
    AutomationType,
    register,
)
from models.templates.content import checked
from models.texts import NAME

register(Automation)


class AutomationFields(SettingsGiven, total=False):
    """What `update_automation` may change; what is left out stays."""

    name: str


_RULES: Rules = {"name": NAME.check}


@command("createAutomation", Right.MANAGE_PIPELINES)
async def create_automation(
    change: Change,
    *,
    name: str,
    trigger_pipeline_id: UUID | None = None,
    trigger_stage_id: UUID | None = None,
    trigger_status_id: UUID | None = None,
    state: AutomationState = AutomationState.DRAFT,
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
        check(expect_one, given)
        check(expect_settable, state)
        # Of each: who gave two of them is told what is wrong with either.
        wanted = [check(_checked, change, settings, field) for field, settings in dict[str, Any](given).items()]
    (settings,) = wanted
    automation = Automation(id=id or new_id(), firm_id=change.actor.firm_id, name=called, type=settings.type)
    automation.state = state
    await put_at(change, automation, places)
    await expect_there(change, automation, _pointers(settings), ())
    await automation.save(force_create=True)
    await _keep(automation, settings)
    change.record(AutomationCreated(pipeline=automation.pipeline_id, automation=automation.id))
    return automation


def expect_settable(state: AutomationState) -> None:
    """`RuleBroken` for a state that automations get by themselves."""
    if state is AutomationState.PAUSED:
        told = "An automation is paused by itself alone. Switch it off instead."
        raise RuleBroken(told, "state", reason=Reason.WRONG_STATE, kind=Kind.AUTOMATION.value, actual=state.value)


def _checked(change: Change, settings: Settings, field: str) -> Settings:
    expect_right(change, settings, field)
    try:
        return checked(settings)
    except Refusal as refusal:
        raise refusal.within(field) from None


def expect_right(change: Change, settings: Settings, *path: str) -> None:
    """`Forbidden` for who lacks the right for what an automation does."""
    for done in settings.does:
        what = f"An automation of type {settings.type}"
        done.action.needs.check(change.scope.audience, change.role, change.scope.rights, what, *path)


def _pointers(settings: Settings) -> list[Any]:
    return [pointer._replace(path=(settings.type.field, *pointer.path)) for pointer in settings.pointers()]


async def _keep(automation: Automation, settings: Settings) -> None:
    kept = AutomationSettings(automation_id=automation.id, format=settings.format, settings=settings.stored())
    await kept.save(force_create=True)
    await keep_pointers(automation.id, _pointers(settings))


@command("updateAutomation", Right.MANAGE_PIPELINES)
async def update_automation(
    change: Change, *, automation_id: UUID, expected_version: int | None = None, **fields: Unpack[AutomationFields]
) -> Automation:
    """Change an automation's name, or what it does, which stays of its type. What it has done stays as it is."""
    given: dict[str, Any] = {**fields}
    automation = await change.scope.rows(Automation).lock(automation_id, "automation_id")
    automation.expect(expected_version)
    (present,) = (await done_by([automation.id]))[automation.id]
    named = {name: given.pop(name) for name in ("name",) if name in given}
    with Gathered() as check:
        changed = automation.change_to(check.each(automation.differing(named), _RULES))
        if given:
            check(expect_one, given)
        wanted = [check(_other, change, automation, each, present, field) for field, each in given.items()]
    (settings,) = wanted or [present.settings]
    other = settings != present.settings
    if other:
        known = {pointer.id for pointer in present.settings.pointers()}
        await expect_there(change, automation, _pointers(settings), known)
        await AutomationSettings.filter(automation_id=automation.id).delete()
        await _keep(automation, settings)
    if changed or other:
        await automation.store(*changed)
        told = changes_of(changed)
        change.record(
            AutomationUpdated(
                pipeline=automation.pipeline_id,
                automation=automation.id,
                changes=told,
                settings_changed=other,
                conditions_changed=False,
            )
        )
    return automation


def _other(change: Change, automation: Automation, settings: Settings, present: Does, field: str) -> Settings:
    _expect_type(automation, settings.type, field)
    # What is there may have been allowed once, and is not checked.
    return present.settings if settings == present.settings else _checked(change, settings, field)


def _expect_type(automation: Automation, type: AutomationType, *path: str) -> None:
    if automation.type is not type:
        told = f"This automation is of type {automation.type}, and not {type}. Add another one of that type."
        raise RuleBroken(told, *path, reason=Reason.WRONG_KIND, expected=type.value, actual=automation.type.value)


@command("deleteAutomation", Right.MANAGE_PIPELINES)
async def delete_automation(change: Change, *, automation_id: UUID, expected_version: int | None = None) -> Automation:
    """Delete an automation. The answer has it as it was, but for what it did. Its runs stay with their jobs."""
    automation = await change.scope.rows(Automation).lock(automation_id, "automation_id")
    automation.expect(expected_version)
    await automation.delete()
    change.record(AutomationDeleted(pipeline=automation.pipeline_id, automation=automation.id, name=automation.name))
    return automation
