"""The firm's clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from models import seen as rows
from models.bounds import FOLDERS_OF_ACCOUNT
from models.ids import Kind
from models.queries import By
from schema.enums import AccountType
from schema.inputs.contacts import AccountContactFilter
from schema.inputs.filters import JobFilter, JobSort
from schema.inputs.mail import MailFilter
from schema.list_fields import ListWithin, list_within
from schema.scalars import DateTime
from schema.types.account_roles import AccountRoleHolders
from schema.types.base import Versioned, column, entity, loaded, loaded_by, name_order, value
from schema.types.firm import Member, Tag

if TYPE_CHECKING:
    from schema.types.contacts import AccountContactConnection
    from schema.types.folders import Folder
    from schema.types.job_lists import JobConnection
    from schema.types.mail import MailConnection


@entity(rows.Account)
class Account(Versioned):
    """A client of the firm. Visible to its team, and to whoever may see every account."""

    name: str = column("The client's name.")
    name_order: str = name_order()
    type: AccountType = column("What the client is.")
    archived: bool = value(lambda account: account.archived, "Whether the client has left: no new jobs.")
    archived_at: DateTime | None = column("When it was archived.")
    created_at: DateTime = column("When it was added.")
    tags: list[Tag] = loaded_by("id", lambda load: load.tags, "Its labels, by name.", size=3)
    team: list[Member] = loaded_by("id", lambda load: load.team, "The members assigned to it, by name.", size=3)
    roles: list[AccountRoleHolders] = loaded(
        lambda account, context: context.load.roles(account.id),
        "The roles that somebody holds here, in the order of `accountRoles`; without those that nobody holds.",
        size=3,
    )
    folders: list[Annotated[Folder, strawberry.lazy("schema.types.folders")]] = loaded(
        lambda account, context: context.load.folders(account.id),
        "Its folders, each before those within it, and those beside each other by name; "
        f"at most {FOLDERS_OF_ACCOUNT.most}.",
        size=10,
    )
    contacts: Annotated[AccountContactConnection, strawberry.lazy("schema.types.contacts")] = list_within(  # type: ignore[valid-type]
        ListWithin("contacts of account", Kind.ACCOUNT_CONTACT, By("account_id"), "contact_order"),
        "Who is there, archived ones too, and what they are there; in the order of `contact.nameOrder`.",
        filter=AccountContactFilter,
    )
    jobs: Annotated[JobConnection, strawberry.lazy("schema.types.job_lists")] = list_within(  # type: ignore[valid-type]
        ListWithin("jobs of account", Kind.JOB, By("account_id"), "-created_at"),
        "Its jobs that you see, archived ones too; newest first when no order is given.",
        filter=JobFilter,
        sort=JobSort,
    )
    mails: Annotated[MailConnection, strawberry.lazy("schema.types.mail")] = list_within(  # type: ignore[valid-type]
        ListWithin("mails of account", Kind.MAIL, By("account_id"), "-created_at"),
        "The mail that was sent about it, or is to be, newest first.",
        filter=MailFilter,
    )
    open_job_count: int = loaded(
        lambda account, context: context.load.open_jobs(account.id),
        "How many of its jobs that you see are neither completed nor archived.",
    )
