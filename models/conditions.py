"""Conditions over rows, built from names."""

from typing import Any

from tortoise.expressions import Q


def holds(**lookups: Any) -> Q:
    """All of these lookups, such as due_date__lt, hold. Tortoise types their values as str, which they need not be."""
    return Q(**lookups)
