"""Saving what an automation does: checked, with the right for it, and kept beside it."""

from collections.abc import Iterator
from contextlib import contextmanager

from models.automation.conditions import Condition
from models.automation.contents import Does
from models.automation.pointing import keep_pointers
from models.automation.settings import Settings
from models.automation.triggers import PIPELINE, STAGE, STATUS
from models.command import Change
from models.errors import Refusal, RuleBroken
from models.reasons import Reason
from models.rows import Automation, AutomationSettings
from models.templates.content import checked, told_of


def expect_right(change: Change, settings: Settings, *path: str) -> None:
    """`Forbidden` for who lacks the right for what an automation does."""
    for done in settings.does:
        what = f"An automation of type {settings.type}"
        done.action.needs.check(change.scope.audience, change.role, change.scope.rights, what, *path)


def checked_settings(change: Change, settings: Settings, field: str) -> Settings:
    """Settings as they are to be kept, by who has the right for what they do."""
    expect_right(change, settings, field)
    try:
        return checked(settings)
    except Refusal as refusal:
        raise refusal.within(field) from None


def other_settings(change: Change, automation: Automation, settings: Settings, present: Does, field: str) -> Settings:
    """Settings in place of those that are there."""
    if automation.type is not settings.type:
        told = f"This automation is of type {automation.type}, and not {settings.type}. Add another one of that type."
        wanted, actual = settings.type.value, automation.type.value
        raise RuleBroken(told, field, reason=Reason.WRONG_KIND, expected=wanted, actual=actual)
    expect_right(change, settings, field)
    # What is there may have been allowed once, and is not checked.
    return present.settings if settings == present.settings else checked_settings(change, settings, field)


def checked_conditions(conditions: Condition | None) -> Condition | None:
    """Conditions as they are to be kept."""
    if conditions is None:
        return None
    try:
        return conditions.checked()
    except Refusal as refusal:
        raise refusal.within("conditions") from None


async def keep(automation: Automation, does: Does) -> None:
    """Keep what an automation does, and to what it points."""
    kept = AutomationSettings(
        automation_id=automation.id,
        format=does.settings.format,
        settings=does.settings.stored(),
        conditions=None if does.conditions is None else does.conditions.stored(),
    )
    await kept.save(force_create=True)
    await keep_pointers(automation.id, does.pointers)


async def keep_anew(automation: Automation, does: Does) -> None:
    """Keep it in place of what was kept."""
    await AutomationSettings.filter(automation_id=automation.id).delete()
    await keep(automation, does)


@contextmanager
def told_of_copy() -> Iterator[None]:
    """A block of which the refusals name the automation that is copied, where they are of what it says."""
    try:
        yield
    except Refusal as refusal:
        for each in refusal.all:
            if each.path and each.path[0] not in (STAGE, STATUS, PIPELINE, "id"):
                told_of(each, "In what the automation says", "automation_id")
        raise
