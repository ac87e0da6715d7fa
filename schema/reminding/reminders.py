"""Reminders of what clients owe, as members set and read them."""

from __future__ import annotations

import strawberry

from models.bounds import REMINDED, REMINDED_EVERY
from models.filtering import Among, Filled, Within
from models.ids import Kind
from models.reminding import reminders
from models.seen import named
from models.texts import NOTE
from schema.declarations import listing, mutation
from schema.inputs.base import Expecting, id_of, input_type, maybe_id_of, needed, optional
from schema.inputs.filters import DateTimeFilter, IdFilter, asks, asks_ids, filter_type
from schema.items.client_requests import ClientRequest
from schema.items.organizers import Organizer
from schema.scalars import DateTime
from schema.types.accounts import Account
from schema.types.base import Versioned, column, entity, one, value
from schema.types.pipelines import Status


@entity(named(Kind.REMINDER))
class Reminder(Versioned):
    """How often a client is reminded of something that they owe. Whoever sees the account sees it."""

    account: Account | None = one(Kind.ACCOUNT, "account_id", "The client.")
    client_request: ClientRequest | None = one(
        Kind.CLIENT_REQUEST, "client_request_id", "The client request that they are to submit; null where it is none."
    )
    organizer: Organizer | None = one(
        Kind.ORGANIZER, "organizer_id", "The organizer that they are to submit; null where it is none."
    )
    every_days: int = column("After how many days they are reminded again, on the next day that the firm works on.")
    at_most: int = column("How often they are reminded at most.")
    text: str = column("What the mail says besides, in Markdown.")
    then_status: Status | None = one(
        Kind.STATUS,
        "then_status_id",
        "The custom status that jobs of its pipeline come under, where they are Active, when all of that did not help; "
        "null for none, or where it is gone or out of your sight.",
    )
    sent: int = column("How often they have been reminded.")
    last_sent_at: DateTime | None = column("When they last were.")
    next_at: DateTime | None = column("When they are next, or the status is set; null when it is over.")
    active: bool = value(lambda reminder: reminder.next_at is not None, "Whether it is not over yet.")


@strawberry.input
class _Reminders(Expecting):
    """How often, and what then."""

    every_days: int = needed(f"After how many days, {REMINDED_EVERY}.")
    at_most: int = needed(f"How often at most, {REMINDED}.")
    text: str | None = optional(f"What the mail says besides, in Markdown: {NOTE.bounds}.")
    then_status_id: strawberry.ID | None = maybe_id_of(
        Kind.STATUS,
        "The custom status that the item's Active jobs of its pipeline come under, so many days after the last time.",
    )


@input_type
class RemindOfClientRequestInput(_Reminders):
    """How often a client is reminded of a client request."""

    client_request_id: strawberry.ID = id_of(
        Kind.CLIENT_REQUEST, "The client request, which is pending: the expected version is its own."
    )


@input_type
class RemindOfOrganizerInput(_Reminders):
    """How often a client is reminded of an organizer."""

    organizer_id: strawberry.ID = id_of(
        Kind.ORGANIZER, "The organizer, which is pending: the expected version is its own."
    )


@input_type
class ReminderInput(Expecting):
    """Which reminders."""

    reminder_id: strawberry.ID = id_of(Kind.REMINDER, "The reminders.")


@filter_type
class ReminderFilter:
    """Which ones. All that is given must hold."""

    account: IdFilter | None = asks_ids(Kind.ACCOUNT, Among("account_id"), "Of one of these accounts.")
    client_request: IdFilter | None = asks_ids(Kind.CLIENT_REQUEST, Among("item"), "Of one of these client requests.")
    organizer: IdFilter | None = asks_ids(Kind.ORGANIZER, Among("item"), "Of one of these organizers.")
    active: bool | None = asks(
        Filled("next_at"), "Only those that are not over, or only those that are; both when left out."
    )
    next_at: DateTimeFilter | None = asks(Within("next_at"), "By when the client is reminded next.")


MUTATIONS = (
    mutation(reminders.remind_of_client_request, RemindOfClientRequestInput),
    mutation(reminders.remind_of_organizer, RemindOfOrganizerInput),
    mutation(reminders.stop_reminding, ReminderInput),
)
LISTS = (
    listing(
        named(Kind.REMINDER),
        ReminderFilter,
        order="-created_at",
        description="The reminders of what clients owe, newest first.",
    ),
)
