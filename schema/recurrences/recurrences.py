"""Recurrences, as clients set them up and list them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import strawberry

from models import seen as rows
from models.bounds import ACCOUNTS_OF_RECURRENCE, DAYS_AHEAD, LINKED
from models.filtering import Among, Filled
from models.ids import Kind
from models.queries import Through
from models.recurrences import changed, recurrences
from models.recurrences.recurrences import ACCOUNTS_OF_CALL
from models.seen import named
from models.templates.dates import date_in
from models.texts import LABEL, NAME
from schema.declarations import listing, mutation
from schema.inputs.base import (
    Expecting,
    Keyed,
    change,
    change_id_of,
    clearable,
    clearable_id_of,
    id_of,
    input_type,
    maybe_id_of,
    needed,
    optional,
    own_id,
)
from schema.inputs.filters import AccountFilter, IdFilter, asks, asks_ids, filter_type
from schema.list_fields import ListWithin, list_within
from schema.recurrences.enums import DayOff, RecurrenceFrequency
from schema.scalars import Date, DateTime
from schema.templates.dates import RelativeDate, RelativeDateInput
from schema.templates.templates import Template
from schema.types.account_lists import AccountConnection
from schema.types.account_roles import AccountRole
from schema.types.base import Versioned, column, entity, loaded, name_order, one, value
from schema.types.firm import Member
from schema.types.pipelines import Pipeline, Stage


def _date(field: str, description: str) -> Any:
    return value(lambda recurrence: date_in(getattr(recurrence, field)), description)


def _several(kind: Kind, field: str, description: str) -> Any:
    return loaded(
        lambda recurrence, context: context.load.several(kind, [UUID(id) for id in getattr(recurrence, field)]),
        description,
        size=2,
    )


_COUNTED = "counted from the day that the occurrence is on (CREATED), or from another date of the job"


@entity(named(Kind.RECURRENCE))
class Recurrence(Versioned):
    """What makes jobs again and again: in one pipeline, for any number of accounts, as a schedule says. Everybody who
    sees the pipeline sees it."""

    name: str = column("What it is called.")
    name_order: str = name_order()
    pipeline: Pipeline | None = one(Kind.PIPELINE, "pipeline_id", "The pipeline that its jobs go through.")
    stage: Stage | None = one(
        Kind.STAGE,
        "stage_id",
        "Where its jobs start; null for the first stage. Where it is deleted they start on its replacement.",
    )
    template: Template | None = one(
        Kind.TEMPLATE,
        "template_id",
        "What its jobs are made of; null for the default template of its pipeline, if that has one, and where it was "
        "deleted.",
    )
    of_template: bool = column(
        "Whether its jobs are made of a template of its own. Where that was deleted, none is made until another one is "
        "chosen."
    )
    job_name: str | None = column("What its jobs say, with shortcodes; null for what the template has.")
    job_period: str | None = column(
        "The time that the work of its jobs is about, with shortcodes; null for what the template has.",
    )
    frequency: RecurrenceFrequency = column("How often.")
    rule: str | None = column("Of the frequency RULE the rule: RFC 5545. Else null.")
    first_day: Date = column("The day that all others are counted from.")
    last_day: Date | None = column("The last day that an occurrence can be known by; null for no end.")
    day_off: DayOff = column("What becomes of an occurrence on a day on which the firm does not work.")
    time_of_day: str = column("When jobs are made, in the firm's time zone, as `09:30`.")
    days_ahead: int = column("How many days before the day that an occurrence is on its jobs are made.")
    job_start_date: RelativeDate | None = _date(
        "job_start_date", f"When work should start: {_COUNTED}. Null: the template's."
    )
    job_due_date: RelativeDate | None = _date(
        "job_due_date", f"When it must be done: {_COUNTED}. Null: the template's."
    )
    job_deadline: RelativeDate | None = _date("job_deadline", f"The statutory day: {_COUNTED}. Null: the template's.")
    assignees: list[Member] = _several(
        Kind.MEMBER, "assignee_ids", "Members who are assigned, if they are active then, in place of the template's."
    )
    assignee_roles: list[AccountRole] = _several(
        Kind.ACCOUNT_ROLE,
        "assignee_role_ids",
        "Who is assigned in place of the template's: whoever holds one of these roles at the account then, and is "
        "active. Those that are there still.",
    )
    accounts: AccountConnection = list_within(
        ListWithin(
            "accounts of recurrence",
            Kind.ACCOUNT,
            Through(rows.RecurrenceAccount, "account_id", "recurrence_id"),
            "name_order",
        ),
        "The accounts that it makes jobs for, of those that you see, by name; at most "
        f"{ACCOUNTS_OF_RECURRENCE.most:,} in all.",
        filter=AccountFilter,
    )
    ended_at: DateTime | None = column("When it was ended, or had its last occurrence; null while it makes jobs.")


_RULE = "Of the frequency RULE: RFC 5545 as far as it is of whole days; no UNTIL"
_JOB_NAME = f"What its jobs say: {NAME.bounds}. Shortcodes are filled in."
_PERIOD = f"The time that the work is about: {LABEL.bounds}. Shortcodes are filled in."
_STAGE = "Where its jobs start"
_TEMPLATE = "A template of the kind JOB that they are made of"
_DEFAULT = "the default template of its pipeline"
_LAST = "The last day that an occurrence can be known by; not before the first"
_TIME = "When jobs are made, in the firm's time zone, as `09:30`"
_AHEAD = f"How many days before the day that an occurrence is on its jobs are made, {DAYS_AHEAD}"
_MEMBERS = f"Members who are assigned in place of the template's; at most {LINKED.most}."
_ROLES = f"Who is assigned in place of the template's: whoever holds one of these roles then; at most {LINKED.most}."


@input_type
class CreateRecurrenceInput(Keyed):
    """A recurrence to add. Occurrences before today are not made up for."""

    id: strawberry.ID | None = own_id(Kind.RECURRENCE)
    name: str = needed(f"What it is called: {NAME.bounds}.")
    pipeline_id: strawberry.ID = id_of(Kind.PIPELINE, "The pipeline that its jobs go through.")
    frequency: RecurrenceFrequency = needed("How often.")
    first_day: Date = needed("The day that all others are counted from.")
    account_ids: list[strawberry.ID] | None = maybe_id_of(
        Kind.ACCOUNT, f"The accounts; at most {ACCOUNTS_OF_CALL} at a time."
    )
    stage_id: strawberry.ID | None = maybe_id_of(Kind.STAGE, f"{_STAGE}; the first stage when left out.")
    template_id: strawberry.ID | None = maybe_id_of(Kind.TEMPLATE, f"{_TEMPLATE}; {_DEFAULT} when left out.")
    job_name: str | None = optional(f"{_JOB_NAME} Left out, the template's.")
    job_period: str | None = optional(f"{_PERIOD} Left out, the template's.")
    rule: str | None = optional(f"{_RULE}.")
    last_day: Date | None = optional(f"{_LAST}. No end when left out.")
    day_off: DayOff | None = optional("EXACT when left out.")
    time_of_day: str | None = optional(f"{_TIME}; `00:00` when left out.")
    days_ahead: int | None = optional(f"{_AHEAD}; 0 when left out.")
    job_start_date: RelativeDateInput | None = optional(
        f"When work should start: {_COUNTED}. Left out, the template's."
    )
    job_due_date: RelativeDateInput | None = optional(f"When it must be done: {_COUNTED}. Left out, the template's.")
    job_deadline: RelativeDateInput | None = optional(f"The statutory day: {_COUNTED}. Left out, the template's.")
    assignee_ids: list[strawberry.ID] | None = maybe_id_of(Kind.MEMBER, _MEMBERS)
    assignee_role_ids: list[strawberry.ID] | None = maybe_id_of(Kind.ACCOUNT_ROLE, _ROLES)


@strawberry.input
class RecurrenceChanges:
    """What to change about a recurrence. What is left out stays."""

    name: str | None = change(f"What it is called: {NAME.bounds}.")
    stage_id: strawberry.ID | None = clearable_id_of(Kind.STAGE, f"{_STAGE}; null for the first stage.")
    template_id: strawberry.ID | None = clearable_id_of(Kind.TEMPLATE, f"{_TEMPLATE}; null for {_DEFAULT}.")
    job_name: str | None = clearable(f"{_JOB_NAME} Null for the template's.")
    job_period: str | None = clearable(f"{_PERIOD} Null for the template's.")
    frequency: RecurrenceFrequency | None = change("How often.")
    rule: str | None = clearable(f"{_RULE}. Null of any other frequency.")
    first_day: Date | None = change("The day that all others are counted from.")
    last_day: Date | None = clearable(f"{_LAST}. Null for no end.")
    day_off: DayOff | None = change("What becomes of an occurrence on a day on which the firm does not work.")
    time_of_day: str | None = change(f"{_TIME}.")
    days_ahead: int | None = change(f"{_AHEAD}.")
    job_start_date: RelativeDateInput | None = clearable(
        f"When work should start: {_COUNTED}. Null for the template's."
    )
    job_due_date: RelativeDateInput | None = clearable(f"When it must be done: {_COUNTED}. Null for the template's.")
    job_deadline: RelativeDateInput | None = clearable(f"The statutory day: {_COUNTED}. Null for the template's.")
    assignee_ids: list[strawberry.ID] | None = change_id_of(Kind.MEMBER, _MEMBERS)
    assignee_role_ids: list[strawberry.ID] | None = change_id_of(Kind.ACCOUNT_ROLE, _ROLES)


@input_type
class UpdateRecurrenceInput(RecurrenceChanges, Expecting):
    """What to change about a recurrence. What is left out stays."""

    recurrence_id: strawberry.ID = id_of(Kind.RECURRENCE, "The recurrence. It must not have ended.")


@input_type
class SplitRecurrenceInput(RecurrenceChanges, Expecting):
    """From which day on to change a recurrence, and what. What is left out stays."""

    recurrence_id: strawberry.ID = id_of(Kind.RECURRENCE, "The recurrence. It must not have ended.")
    day: Date = needed("The first day of the other one. Its occurrences must not have been made.")


@input_type
class AdjustOccurrenceInput(Expecting):
    """What to change about one occurrence. What is left out stays; null is as the recurrence has it."""

    recurrence_id: strawberry.ID = id_of(Kind.RECURRENCE, "The recurrence.")
    day: Date = needed("The day that the occurrence is known by, as `upcomingOccurrences` has it.")
    skipped: bool | None = change("Whether it is left out.")
    on_day: Date | None = clearable("Another day that it is on, between the occurrences beside it.")
    job_name: str | None = clearable(_JOB_NAME)
    job_period: str | None = clearable(_PERIOD)
    job_start_date: Date | None = clearable("When work should start.")
    job_due_date: Date | None = clearable("When it must be done.")
    job_deadline: Date | None = clearable("The statutory day.")


@input_type
class RecurrenceInput(Expecting):
    """Which recurrence."""

    recurrence_id: strawberry.ID = id_of(Kind.RECURRENCE, "The recurrence.")


@input_type
class RecurrenceAccountsInput(Expecting):
    """A recurrence, and accounts."""

    recurrence_id: strawberry.ID = id_of(Kind.RECURRENCE, "The recurrence.")
    account_ids: list[strawberry.ID] = id_of(Kind.ACCOUNT, f"The accounts: 1 to {ACCOUNTS_OF_CALL} at a time.")


@filter_type
class RecurrenceFilter:
    """Which recurrences. All that is given must hold."""

    pipeline: IdFilter | None = asks_ids(Kind.PIPELINE, Among("pipeline_id"), "Of one of these pipelines.")
    stage: IdFilter | None = asks_ids(Kind.STAGE, Among("stage_id"), "Whose jobs start on one of these stages.")
    template: IdFilter | None = asks_ids(Kind.TEMPLATE, Among("template_id"), "Of one of these templates.")
    account: IdFilter | None = asks_ids(
        Kind.ACCOUNT,
        recurrences.FOR_ACCOUNT,
        "For one of these accounts.",
    )
    frequency: list[RecurrenceFrequency] | None = asks(Among("frequency"), "As often as one of these says.")
    ended: bool | None = asks(Filled("ended_at"), "Only ended ones, or only those that are not; both when left out.")


MUTATIONS = (
    mutation(recurrences.create_recurrence, CreateRecurrenceInput),
    mutation(recurrences.update_recurrence, UpdateRecurrenceInput),
    mutation(recurrences.split_recurrence, SplitRecurrenceInput),
    mutation(changed.adjust_occurrence, AdjustOccurrenceInput),
    mutation(recurrences.end_recurrence, RecurrenceInput),
    mutation(recurrences.delete_recurrence, RecurrenceInput),
    mutation(recurrences.include_recurrence_accounts, RecurrenceAccountsInput),
    mutation(recurrences.exclude_recurrence_accounts, RecurrenceAccountsInput),
)
LISTS = (
    listing(
        named(Kind.RECURRENCE),
        RecurrenceFilter,
        order="name_order",
        description="The recurrences of the pipelines that you see, by name.",
        one="A recurrence.",
    ),
)
