"""The people at the firm's clients, and at which accounts each of them is."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields

from models.ids import Kind
from models.languages import LONGEST as LONGEST_TAG
from models.policies import Policy, for_clients
from models.reading_order import LONGEST
from models.rows.base import Row, belongs_to
from models.rows.keys import name_order, same
from models.search_entries import Searched
from models.stamps import created_by
from models.texts import EMAIL, LABEL, NAME, PHONE


class Contact(Row):
    """A person at the firm's clients."""

    kind = Kind.CONTACT
    searched = Searched("name", "emails", "phone")
    # Clients see themselves, and no other contact: what others are called and where they are reached is none of theirs.
    policy = Policy(accounts=("account_contact", "contact_id"), clients=for_clients(owner="id", only_own=True))

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    created_by_id: UUID | None = created_by()
    name = fields.CharField(max_length=NAME.most)
    name_order: str = name_order()
    # The first is the one that is written to. Others may have the same: some share one.
    emails: list[str] = fields.JSONField(default=list)
    phone: Any = fields.CharField(max_length=PHONE.most, null=True)
    language: Any = fields.CharField(max_length=LONGEST_TAG, null=True)
    # With which of the addresses they sign in to the portal: null while they may not.
    portal_email: Any = fields.CharField(max_length=EMAIL.most, null=True)
    portal_email_key: Any = same("portal_email", null=True)
    invited_at: datetime | None = fields.DatetimeField(null=True)
    archived_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "contact"
        indexes = (
            ("firm_id", "name_order", "id"),
            ("firm_id", "created_at", "id"),
            ("firm_id", "updated_at", "id"),
            ("firm_id", "language"),
        )

    @property
    def archived(self) -> bool:
        """Whether it is kept for what was alone: it comes to no further account."""
        return self.archived_at is not None


class AccountContact(Row):
    """A contact is at an account, and what they are there."""

    kind = Kind.ACCOUNT_CONTACT
    policy = Policy(account="account_id")

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    created_by_id: UUID | None = created_by()
    account: Any = belongs_to("Account")
    account_id: UUID
    contact: Any = belongs_to("Contact")
    contact_id: UUID
    # The contact's: an account's are listed by name.
    contact_order = fields.CharField(max_length=LONGEST)
    title: Any = fields.CharField(max_length=LABEL.most, null=True)
    signs = fields.BooleanField(default=False)
    gets_mail = fields.BooleanField(default=False)

    class Meta:
        table = "account_contact"
        unique_together = (("account", "contact"),)
        indexes = (
            ("account_id", "contact_order", "id"),
            ("contact_id", "created_at", "id"),
            ("firm_id", "created_at", "id"),
        )
