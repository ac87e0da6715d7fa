"""The firm's clients, their tags and the members assigned to them."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields

from models.ids import Kind
from models.policies import Policy, for_clients
from models.rows.base import Link, Row, belongs_to
from models.rows.keys import name_order, same
from models.search_entries import Searched
from models.stamps import created_by
from models.texts import LABEL, NAME


class AccountType(StrEnum):
    """What a client is."""

    COMPANY = "COMPANY"
    INDIVIDUAL = "INDIVIDUAL"
    OTHER = "OTHER"


class Tag(Row):
    """A label of the firm's, for accounts."""

    kind = Kind.TAG
    policy = Policy(whole_team=True)

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    created_by_id: UUID | None = created_by()
    name = fields.CharField(max_length=LABEL.most)
    name_key: str = same("name")
    name_order: str = name_order()
    color = fields.CharField(max_length=7)

    class Meta:
        table = "tag"
        unique_together = (("firm", "name_key"),)


class Account(Row):
    """A client of the firm."""

    kind = Kind.ACCOUNT
    searched = Searched("name")
    policy = Policy(account="id", clients=for_clients(account="id", which="{row}.archived_at IS NULL"))

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    created_by_id: UUID | None = created_by()
    name = fields.CharField(max_length=NAME.most)
    name_order: str = name_order()
    type = fields.CharEnumField(AccountType, max_length=20)
    archived_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "account"
        indexes = (("firm_id", "name_order", "id"),)

    @property
    def archived(self) -> bool:
        """Whether the client has left: no new jobs."""
        return self.archived_at is not None


class AccountTag(Link):
    """An account carries a tag."""

    account: Any = belongs_to("Account", on_delete=fields.CASCADE)
    account_id: UUID
    tag: Any = belongs_to("Tag", on_delete=fields.CASCADE, index=True)
    tag_id: UUID

    class Meta:
        table = "account_tag"
        unique_together = (("account", "tag"),)


class AccountMember(Link):
    """A member is assigned to an account."""

    account: Any = belongs_to("Account", on_delete=fields.CASCADE)
    account_id: UUID
    member: Any = belongs_to("Member", on_delete=fields.CASCADE, index=True)
    member_id: UUID

    class Meta:
        table = "account_member"
        unique_together = (("account", "member"),)
