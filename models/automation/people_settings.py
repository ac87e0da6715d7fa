"""What automations do that change who works on a job, or for its account."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from models.automation.adding import expect_addition
from models.automation.settings import Settings, points_to, settings
from models.commands.accounts import set_account_team
from models.commands.jobs import assign_job
from models.ids import Kind
from models.rows import AutomationType

_LISTS: Sequence[str] = ("member_ids", "role_ids")


@dataclass(frozen=True, slots=True)
class PeopleSettings(Settings):
    """Members who are added, and others who are removed. A role is whoever holds it at the account by then."""

    add_member_ids: tuple[UUID, ...] = field(default=(), metadata=points_to(Kind.MEMBER))
    add_role_ids: tuple[UUID, ...] = field(default=(), metadata=points_to(Kind.ACCOUNT_ROLE))
    remove_member_ids: tuple[UUID, ...] = field(default=(), metadata=points_to(Kind.MEMBER))
    remove_role_ids: tuple[UUID, ...] = field(default=(), metadata=points_to(Kind.ACCOUNT_ROLE))

    def expect_sense(self) -> None:
        expect_addition(self, _LISTS)


@settings
@dataclass(frozen=True, slots=True)
class AssigneeSettings(PeopleSettings):
    """Who is assigned to the job, and who is taken off."""

    type = AutomationType.UPDATE_ASSIGNEES
    does = (assign_job,)


@settings
@dataclass(frozen=True, slots=True)
class AccessSettings(PeopleSettings):
    """Who is put on the team of the job's account, and who is taken off."""

    type = AutomationType.UPDATE_ACCOUNT_ACCESS
    does = (set_account_team,)
