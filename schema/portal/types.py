"""The firm, the contact who is signed in, their accounts, and what they are shown of the jobs of these."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from strawberry.types.info import Info

from models.bounds import WORK_IN_PROGRESS
from models.ids import Kind, encode, spelt
from models.shown_statuses import Work
from schema.field_resolvers import RESOLVER, Load, LoadBy, TypeCheck
from schema.list_size import ListSize
from schema.portal.base import shown
from schema.scalars import DateTime
from schema.types.base import as_far_as_held, column, loaded, value

#: The entries of a list when nobody says how many.
USUAL = 100
#: How many of them, as every list of them takes it.
Limit = Annotated[
    int,
    strawberry.argument(description=f"How many entries at most, from {WORK_IN_PROGRESS}, what changed last first."),
]
SIZE = ListSize(assumed_size=USUAL, slicing_arguments=["limit"])


def _id(kind: Kind) -> Any:
    return value(lambda row: encode(kind, row.id), "Opaque and unique; its prefix names the type of thing.")


@shown(Kind.FIRM)
class Firm:
    """The firm whose client you are."""

    id: strawberry.ID = _id(Kind.FIRM)
    name: str = column("What the firm is called.")
    time_zone: str = column("Its IANA time zone: days here are days there.")


@strawberry.type(description="What you are shown of some work of the firm's for one of your accounts.")
class WorkInProgress:
    """Its objects are `models.shown_statuses.Work`: nothing else of a job comes here."""

    id: strawberry.ID = value(
        lambda work: spelt("work", work.entry), "Opaque and unique. It stays the same while what is shown changes."
    )
    account: Annotated[Account, strawberry.lazy("schema.portal.types")] | None = loaded(
        lambda work, context: context.load.one(Kind.ACCOUNT, work.account_id) if context.holds(1) else None,
        "The account that it is for.",
    )
    name: str = column("What the work is called.")
    status: str = column("How it stands.")
    color: str | None = column("The colour to show the status in, as #rrggbb; null for none.")
    description: str = column("What the status means; may be empty.")
    changed_at: DateTime = column("When the status last changed.")

    is_type_of = TypeCheck(lambda source: isinstance(source, Work))


def _work(limit: int) -> Load:
    """How what is shown of accounts' jobs is loaded: of all accounts at once."""
    return Load(
        lambda account, context: context.load.work(limit).future(account.id),
        as_far_as_held,
        lambda accounts, context: context.load.work(limit).together([account.id for account in accounts]),
    )


async def _work_of_account(root: strawberry.Parent[Any], info: Info, limit: Limit = USUAL):
    return await _work(limit)(root, info)


@shown(Kind.ACCOUNT)
class Account:
    """An account of yours: what the firm works for. One that it has archived is no longer here."""

    id: strawberry.ID = _id(Kind.ACCOUNT)
    name: str = column("What the firm calls it.")
    work_in_progress: list[WorkInProgress] = strawberry.field(
        resolver=_work_of_account,
        description="The work on it that the firm shows you, what changed last first.",
        directives=[SIZE],
        metadata={RESOLVER: LoadBy(_work)},
    )


@shown(Kind.CONTACT)
class Contact:
    """You, as the firm knows you."""

    id: strawberry.ID = _id(Kind.CONTACT)
    name: str = column("What you are called.")
    emails: list[str] = column("Your addresses, the one to write to first.")
    phone: str | None = column("Your number, as somebody wrote it down.")
    language: str | None = column("What you are written to in: a tag of BCP 47, such as `de` or `en-US`.")
