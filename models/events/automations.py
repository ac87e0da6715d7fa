"""Events of automations. What is in one needs a right that their readers may lack: none says it."""

from dataclasses import dataclass

from models.events.pipelines import InPipeline
from models.events.values import Changes
from models.ids import AutomationId


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomationEvent(InPipeline):
    """Something happened to an automation of a pipeline."""

    subject = "automation"
    beside = ("pipeline",)

    automation: AutomationId


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomationCreated(AutomationEvent):
    """An automation was added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomationUpdated(AutomationEvent):
    """An automation got another name or state, other conditions, or something else to do."""

    says = {
        "settings_changed": "Whether what it does changed.",
        "conditions_changed": "Whether the conditions changed under which it does that.",
    }

    changes: Changes
    settings_changed: bool
    conditions_changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomationMoved(AutomationEvent):
    """An automation got another place in the order in which those of its trigger act."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomationPointsElsewhere(AutomationEvent):
    """Something that an automation points to was deleted, deactivated, or is there again: it has other problems."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomationDeleted(AutomationEvent):
    """An automation was deleted, by itself, or with its stage or status. Its runs stay with their jobs."""

    ends = True

    name: str
