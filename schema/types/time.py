"""Time entries, running timers and what they are worth."""

from __future__ import annotations

from models import seen as rows
from models.ids import Kind
from schema.enums import TimeFlag
from schema.scalars import Date, DateTime
from schema.types.base import column, job_of_item, loaded, one, value
from schema.types.firm import Member
from schema.types.items import LinkedItem, linked_item
from schema.types.jobs import Job
from schema.types.money import Money


@linked_item(Kind.TIME_ENTRY)
class TimeEntry(LinkedItem):
    """A member's minutes on a day. Everybody sees their own; others' with the right MANAGE_TIME_ENTRIES."""

    member: Member | None = one(Kind.MEMBER, "member_id", "Whose time it is.")
    job: Job | None = job_of_item("The job whose sums it counts in; null for none.")
    day: Date = column("The day it counts on: of a timer, the one it was started on.")
    minutes: int = column(
        "How many minutes; 0 while the timer runs, and where it was stopped when its day had no minute left."
    )
    note: str = column("What was done.")
    billable: bool = column("Whether the client pays for it.")
    rate: Money | None = loaded(
        lambda entry, context: context.load.rate(entry), "The price of an hour; null where none is set."
    )
    amount: Money | None = loaded(
        lambda entry, context: context.load.amount(entry),
        "What the minutes are worth, a half rounded up; null without a rate, or when not billable.",
    )
    billed: bool = value(
        lambda entry: entry.billed, "Whether an invoice bills it: its minutes and its rate stay as they are."
    )
    running: bool = value(lambda entry: entry.running, "Whether it is a timer that has not been stopped.")
    flags: list[TimeFlag] = value(
        lambda entry: [rows.TimeFlag(flag) for flag in entry.flags],
        "What to mind about the minutes of a stopped timer. Empty when there is nothing, or they were set by hand.",
    )
    started_at: DateTime | None = column("When the running timer was started.")
    forgotten: bool = loaded(
        # Of one that does not run, whatever the time.
        lambda entry, context: entry.running and entry.forgotten(context.now),
        "Whether the timer has been running for more than 12 hours.",
    )
