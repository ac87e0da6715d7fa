"""Linked items, whatever their kind, and the rows that link them to jobs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple
from uuid import UUID

from asyncpg import Range
from tortoise import fields
from tortoise.fields.base import Field
from tortoise.fields.db_defaults import SqlDefault

from models.ids import Kind
from models.rows.base import Link, Row, belongs_to


class Party(StrEnum):
    """Whose doing something is."""

    TEAM = "TEAM"
    CLIENT = "CLIENT"


class Awaited(StrEnum):
    """What an open item waits for."""

    START = "START"
    COMPLETION = "COMPLETION"
    SENDING = "SENDING"
    REVISION = "REVISION"
    SUBMISSION = "SUBMISSION"
    APPROVAL = "APPROVAL"
    SIGNATURE = "SIGNATURE"
    PAYMENT = "PAYMENT"
    CHECKING_OFF = "CHECKING_OFF"

    @property
    def party(self) -> Party:
        """Who is to do it."""
        return Party.TEAM if self in _OF_TEAM else Party.CLIENT


_OF_TEAM = frozenset({Awaited.START, Awaited.COMPLETION, Awaited.SENDING, Awaited.REVISION})


class Awaiting(NamedTuple):
    """Those whose doing an open item waits for. Where none is named, it is anybody of the party."""

    members: Sequence[UUID] = ()
    contacts: Sequence[UUID] = ()


class Stays(Field[list[Range]], list):  # type: ignore[type-arg,misc]
    """A set of stays, as ranges of their numbers: neighbours are one range, so it never grows by being added to."""

    SQL_TYPE = "INT4MULTIRANGE"


class Item(Row):
    """A thing of an account that may be linked to jobs. Its kind says here what it is to them."""

    #: Whether it is linked to at most one job; else to any number of its account's.
    one_job: ClassVar[bool] = False
    #: What one may wait for, in the order in which it mostly does; nothing where none ever holds a job.
    may_await: ClassVar[tuple[Awaited, ...]] = ()
    #: Until when somebody has to act, where it may wait for something: what the types and the pages of the docs say.
    until: ClassVar[str | None] = None

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    account: Any = belongs_to("Account", index=True)
    account_id: UUID
    # The member who made it; None where it was no member, or where nobody knows any more.
    created_by: Any = belongs_to("Member", null=True)
    created_by_id: UUID | None
    created_at: datetime = fields.DatetimeField()

    class Meta:
        abstract = True

    if TYPE_CHECKING:
        # At run time it is the kind's own, be it a column: none can stand where a base has a property.
        @property
        def title(self) -> str:
            """What it is called in a list of all kinds."""

    @property
    def awaited(self) -> Awaited | None:
        """What it waits for; None where nobody has to act any more."""
        return None

    @property
    def open(self) -> bool:
        """Whether somebody still has to act, so that it holds the jobs that it is linked to."""
        return self.awaited is not None

    @classmethod
    async def awaiting(cls, items: Sequence[UUID]) -> Mapping[UUID, Awaiting]:
        """Whose doing each of these open items waits for, in a bounded few statements. Left out are those that wait for
        nobody in particular."""
        return {}

    def expect_linkable(self) -> None:
        """`RuleBroken` where it is to come to no further job."""

    def keep_linked(self, job_id: UUID) -> None:
        """Keep what the row itself says of the job that it is about to be linked to, while it is new."""

    def take_back(self) -> tuple[str, ...]:
        """Make it one that has not been sent, where the client owes it. Returns the columns that are others then; of
        most kinds there is nothing to have back."""
        return ()

    def bring(self, now: datetime) -> tuple[str, ...]:
        """Send one that was had back. Returns the columns that are others then."""
        return ()

    @property
    def tracked(self) -> int:
        """The minutes that it adds to those of its job."""
        return 0

    @property
    def named(self) -> Mapping[str, UUID]:
        """What each of its events says of it, beside the job."""
        raise NotImplementedError


class JobItem(Link):
    """An item is linked to a job, or was: the row survives unlinking, and linking again takes it up.

    What is a fact of the link is here, whatever the kind: whether the item is open, since when, and on which stays of
    the job it was. A move writes nothing here: a run that goes on is of all stays from `open_since_stay` to the job's.
    """

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    job: Any = belongs_to("Job", on_delete=fields.CASCADE)
    job_id: UUID
    kind = fields.CharEnumField(Kind, max_length=20)
    item: UUID = fields.UUIDField()
    open = fields.BooleanField()
    open_since: datetime | None = fields.DatetimeField(null=True)
    open_since_stay: int | None = fields.IntField(null=True)
    # Of the runs that are over, and of one that was dismissed until then: those in which it was open at any moment.
    stays: list[Range] = Stays(default=list, db_default=SqlDefault("'{}'"))
    # What it adds to the minutes of the job: summed for whole boards, so it is not looked up in the items.
    minutes: int = fields.IntField(default=0, db_default=0)
    # In the trash: it is on the job, and on no list of what is.
    trashed = fields.BooleanField(default=False, db_default=False)
    # Dismissed when the job was moved: still open, and linked, but it holds the job no longer.
    dismissed_at: datetime | None = fields.DatetimeField(null=True)
    linked_at: datetime = fields.DatetimeField()
    linked_by: Any = belongs_to("Member", null=True)
    linked_by_id: UUID | None
    unlinked_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "job_item"
        unique_together = (("job", "item"),)


class ItemRecipient(Link):
    """An item is for a contact: they are asked, or sent it."""

    # Of any kind, as a link to a job has it: whoever deletes one takes `models.items.item.end`.
    item: UUID = fields.UUIDField()
    contact: Any = belongs_to("Contact", index=True)
    contact_id: UUID

    class Meta:
        table = "item_recipient"
        unique_together = (("item", "contact"),)
