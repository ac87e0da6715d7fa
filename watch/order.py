"""The order of the cards of a stage, as the pipeline's `jobOrder` wants it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

Data = dict[str, Any]
_URGENT_FIRST = ("URGENT", "HIGH", "MEDIUM", "LOW")


def in_order(jobs: Iterable[Data], order: str) -> list[Data]:
    """Cards that come as people dragged them, in the order that is wanted; equal ones, and all of them when the order
    is MANUAL or one that is not known, stay as they come."""
    key = _KEYS.get(order)
    return sorted(jobs, key=key) if key is not None else list(jobs)


def _by_due_date(job: Data) -> tuple[bool, str]:
    # A day in ISO 8601 sorts as text. Without one it is not due before any other.
    return job["dueDate"] is None, job["dueDate"] or ""


def _by_priority(job: Data) -> int:
    known = job["priority"] in _URGENT_FIRST
    return _URGENT_FIRST.index(job["priority"]) if known else len(_URGENT_FIRST)


def _by_name(job: Data) -> str:
    # As the server's lists by name: it says by what.
    return str(job.get("nameOrder", job["name"]))


def _by_creation(job: Data) -> str:
    return str(job["createdAt"])


def _by_arrival(job: Data) -> str:
    return str(job["stageEnteredAt"])


_KEYS: dict[str, Callable[[Data], Any]] = {
    "DUE_DATE": _by_due_date,
    "PRIORITY": _by_priority,
    "NAME": _by_name,
    "CREATED": _by_creation,
    "STAGE_ENTERED": _by_arrival,
}
