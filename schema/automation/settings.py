"""What automations do, as clients say it and are shown it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import strawberry

from models.automation.tag_settings import TagSettings
from models.bounds import LINKED
from models.ids import Kind
from schema.inputs.base import input_type, maybe_id_of
from schema.types.base import loaded
from schema.types.firm import Tag


@strawberry.type(description="Which tags an automation puts on a job's account, and which it takes off.")
class UpdateTagsSettings:
    """Its objects are `models.automation.tag_settings.TagSettings`."""

    add_tags: list[Tag] = loaded(
        lambda settings, context: context.load.several(Kind.TAG, settings.add_tag_ids),
        "What it puts on; those that are there still.",
        size=2,
    )
    remove_tags: list[Tag] = loaded(
        lambda settings, context: context.load.several(Kind.TAG, settings.remove_tag_ids),
        "What it takes off; those that are there still.",
        size=2,
    )


@input_type
class UpdateTagsSettingsInput:
    """Which tags an automation puts on a job's account, and which it takes off; one of them at least."""

    add_tag_ids: list[strawberry.ID] | None = maybe_id_of(Kind.TAG, f"What it puts on; at most {LINKED.most}.")
    remove_tag_ids: list[strawberry.ID] | None = maybe_id_of(Kind.TAG, f"What it takes off; at most {LINKED.most}.")

    @staticmethod
    def build(add_tag_ids: Sequence[UUID] = (), remove_tag_ids: Sequence[UUID] = ()) -> TagSettings:
        """The settings that the command takes."""
        return TagSettings(tuple(add_tag_ids), tuple(remove_tag_ids))
