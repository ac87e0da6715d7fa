"""Team members."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields

from models.ids import Kind
from models.policies import Policy
from models.rights import Right, Role, effective_rights
from models.rows.base import Row, belongs_to
from models.rows.keys import name_order, same
from models.search_entries import Searched
from models.stamps import created_by
from models.texts import EMAIL, NAME


class Member(Row):
    """A person of the firm's team."""

    kind = Kind.MEMBER
    searched = Searched("name", "email")
    policy = Policy(whole_team=True)
    withheld = {"rights": Right.MANAGE_TEAM, "capacity": Right.MANAGE_TEAM}

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    created_by_id: UUID | None = created_by()
    email = fields.CharField(max_length=EMAIL.most, unique=True)
    # Whoever signs in may spell the address otherwise.
    email_key: str = same("email", unique=True)
    name = fields.CharField(max_length=NAME.most)
    name_order: str = name_order()
    role = fields.CharEnumField(Role, max_length=20)
    given_rights: list[str] = fields.JSONField(default=list)
    capacity: int = fields.IntField(default=2400)
    active = fields.BooleanField(default=True)
    password_hash = fields.CharField(max_length=200, null=True)
    invited_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "member"

    @property
    def given(self) -> frozenset[Right]:
        """The rights given to this member, whatever the role."""
        return frozenset(Right(right) for right in self.given_rights)

    @property
    def effective(self) -> frozenset[Right]:
        """What the member may do: an admin and the owner, everything."""
        return effective_rights(self.role, self.given)
