"""Absences, as clients see them and add them."""

from __future__ import annotations

import strawberry

from models.bounds import ABSENT
from models.filtering import Among, Within
from models.firm import absences
from models.ids import Kind
from models.seen import named
from models.texts import NOTE
from schema.declarations import listing, mutation
from schema.inputs.base import Expecting, Keyed, change, id_of, input_type, maybe_id_of, needed, optional, own_id
from schema.inputs.filters import DateFilter, IdFilter, asks, asks_ids, filter_type
from schema.scalars import Date
from schema.types.base import Versioned, column, entity, one
from schema.types.firm import Member

_LAST_DAY = f"Included; {ABSENT} days with the first, none of them in another absence of the member."


@entity(named(Kind.ABSENCE))
class Absence(Versioned):
    """A member's days off. Everybody sees their own; others' with the right MANAGE_TEAM."""

    member: Member | None = one(Kind.MEMBER, "member_id", "Who is away.")
    first_day: Date = column("The first day off: a date, wherever the member is.")
    last_day: Date = column("The last day off, included.")
    note: str = column("What is noted about it; seen by whoever sees the absence.")


@input_type
class AddAbsenceInput(Keyed):
    """Days off."""

    id: strawberry.ID | None = own_id(Kind.ABSENCE)
    first_day: Date = needed("The first day off.")
    last_day: Date = needed(_LAST_DAY)
    note: str | None = optional(f"Anything about it: {NOTE.bounds}.")
    member_id: strawberry.ID | None = maybe_id_of(
        Kind.MEMBER, "Who is away; you when left out. Another needs the right MANAGE_TEAM."
    )


@input_type
class UpdateAbsenceInput(Expecting):
    """What to change about an absence. What is left out stays."""

    absence_id: strawberry.ID = id_of(Kind.ABSENCE, "The absence.")
    first_day: Date | None = change("The first day off.")
    last_day: Date | None = change(_LAST_DAY)
    note: str | None = change(f"Anything about it: {NOTE.bounds}.")


@input_type
class AbsenceInput(Expecting):
    """Which absence."""

    absence_id: strawberry.ID = id_of(Kind.ABSENCE, "The absence.")


@filter_type
class AbsenceFilter:
    """Which absences. All that is given must hold. Those that touch some days have their first day before the end of
    these, and their last day after the beginning."""

    member: IdFilter | None = asks_ids(Kind.MEMBER, Among("member_id"), "Of one of these members.")
    first_day: DateFilter | None = asks(Within("first_day"), "By first day.")
    last_day: DateFilter | None = asks(Within("last_day"), "By last day.")


MUTATIONS = (
    mutation(absences.add_absence, AddAbsenceInput),
    mutation(absences.update_absence, UpdateAbsenceInput),
    mutation(absences.delete_absence, AbsenceInput),
)
LISTS = (
    listing(
        named(Kind.ABSENCE),
        AbsenceFilter,
        order="-first_day",
        description="Your absences, and others' with the right MANAGE_TEAM; latest first day first.",
    ),
)
