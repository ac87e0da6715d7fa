"""The filter of the firm's activity."""

from __future__ import annotations

from models.bounds import FILTER
from models.ids import Kind
from schema.enums import EventKind
from schema.inputs.base import input_type, optional
from schema.inputs.filters import DateTimeFilter, IdFilter, among


@input_type
class ActivityFilter:
    """Which events. All that is given must hold. What you may not see finds nothing."""

    account: IdFilter | None = among(
        Kind.ACCOUNT, "Of one of these accounts, its jobs and its items. Those that are gone can be named, too."
    )
    pipeline: IdFilter | None = among(
        Kind.PIPELINE, "Of one of these pipelines, its parts and its jobs; of an item, linked to a job in it."
    )
    member: IdFilter | None = among(
        Kind.MEMBER, "What one of these members did. What happened to time entries needs the right MANAGE_TIME_ENTRIES."
    )
    kind: list[EventKind] | None = optional(f"Of one of these kinds; at most {FILTER.most}.")
    at: DateTimeFilter | None = optional("By when it happened.")
