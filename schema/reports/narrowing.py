"""Fields that the filters of reports share: the days, and the things that they are narrowed to."""

from __future__ import annotations

from typing import Any

from models.bounds import REPORT_DAYS
from models.ids import Kind
from schema.inputs.base import optional
from schema.inputs.filters import among

_NO_RESIDUAL = "Each must be visible to you, or you get NOT_FOUND; and there is no residual."


def first_day(usual: int) -> Any:
    """The first day: so many with the last, where nothing is said."""
    return optional(f"The first day; {usual} days with the last when left out.")


def last_day() -> Any:
    """The last day."""
    return optional(f"The last day, included; the firm's present one when left out. {REPORT_DAYS} days with the first.")


def among_seen(kind: Kind, description: str) -> Any:
    """Things of which the report is alone. What is out of sight is then no part of it."""
    return among(kind, f"{description} {_NO_RESIDUAL}")
