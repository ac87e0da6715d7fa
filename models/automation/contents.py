"""The settings of automations, one for each type: as the commands take them, by the names of their fields."""

from collections.abc import Collection, Sequence
from typing import NamedTuple, TypedDict
from uuid import UUID

import orjson

from models.automation.settings import Settings, settings_class
from models.automation.tag_settings import TagSettings
from models.database import fetch
from models.errors import Invalid
from models.gathered import together
from models.reasons import Reason
from models.rows import AutomationType
from models.templates.content import read


class SettingsGiven(TypedDict, total=False):
    """What an automation does: one of these."""

    update_tags: TagSettings


def expect_one(given: Collection[str]) -> None:
    """`Invalid` unless just one of these fields was given."""
    first = AutomationType.CREATE_TASKS.field
    if not given:
        told = "Say what the automation does: give one of its settings."
        raise Invalid(told, first, reason=Reason.MISSING, field=first)
    name, *others = given
    if others:
        told = "An automation does one thing. Give one of these."
        raise together([Invalid(told, other, reason=Reason.ONLY_ONE, field=name) for other in others])


class Does(NamedTuple):
    """What an automation does."""

    settings: Settings


_SETTINGS = """
SELECT automation_id, type, format, settings FROM automation_settings
JOIN automation ON automation.id = automation_id WHERE automation_id = ANY($1)
"""


async def done_by(automations: Sequence[UUID]) -> dict[UUID, list[Does]]:
    """What each of these automations does, in one statement: a list of one."""
    return {
        id: [Does(read(settings_class(AutomationType(type)), orjson.loads(settings), format))]
        for id, type, format, settings in await fetch(_SETTINGS, automations)
    }
