"""What an automation of the type UPDATE_TAGS does."""

from dataclasses import dataclass, field
from uuid import UUID

from models.automation.adding import expect_addition
from models.automation.settings import Settings, points_to, settings
from models.commands.accounts import set_account_tags
from models.ids import Kind
from models.rows import AutomationType


@settings
@dataclass(frozen=True, slots=True)
class TagSettings(Settings):
    """Tags that the job's account gets, and others that it loses."""

    type = AutomationType.UPDATE_TAGS
    does = (set_account_tags,)

    add_tag_ids: tuple[UUID, ...] = field(default=(), metadata=points_to(Kind.TAG))
    remove_tag_ids: tuple[UUID, ...] = field(default=(), metadata=points_to(Kind.TAG))

    def expect_sense(self) -> None:
        expect_addition(self, ("tag_ids",))
