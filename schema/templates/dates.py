"""Dates of templates, which are counted from other days."""

from __future__ import annotations

import strawberry

from models.bounds import OFFSET
from models.templates import relative_dates
from schema.enums import DateAnchor, DayUnit
from schema.inputs.base import input_type, needed, optional
from schema.types.base import column


@strawberry.type(description="A date that is counted from another day.")
class RelativeDate:
    """Its objects are `models.templates.relative_dates.RelativeDate`."""

    anchor: DateAnchor = column("The day that it is counted from.")
    offset: int = column("How many days after that day it is; before it, where this is negative.")
    unit: DayUnit = column("Which days are counted.")


@input_type
class RelativeDateInput:
    """A date that is counted from another day."""

    anchor: DateAnchor | None = optional("The day that it is counted from; CREATED when left out.")
    offset: int = needed(f"How many days after that day, {OFFSET}: before it, where this is negative.")
    unit: DayUnit | None = optional("Which days are counted; DAYS when left out.")

    @staticmethod
    def build(
        offset: int,
        anchor: relative_dates.Anchor = relative_dates.Anchor.CREATED,
        unit: relative_dates.DayUnit = relative_dates.DayUnit.DAYS,
    ) -> relative_dates.RelativeDate:
        """The date that the content takes."""
        return relative_dates.RelativeDate(anchor, offset, unit)


DATE = "counted from the day that it is made, or from a date of its job"
