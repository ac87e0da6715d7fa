"""Settings that add things and remove others."""

from collections.abc import Sequence
from typing import Any

from models.errors import Invalid
from models.gathered import Gathered
from models.reasons import Reason


def expect_addition(settings: Any, lists: Sequence[str]) -> None:
    """`Invalid` where none of these lists, which settings have with `add_` and `remove_` before their names, says
    anything, or one removes what it adds."""
    if not any(getattr(settings, f"{how}_{name}") for name in lists for how in ("add", "remove")):
        told = "Say what it adds or removes."
        raise Invalid(told, reason=Reason.MISSING, field=f"add_{lists[0]}")
    with Gathered() as check:
        for name in lists:
            check(_expect_apart, settings, name)


def _expect_apart(settings: Any, name: str) -> None:
    if set(getattr(settings, f"add_{name}")) & set(getattr(settings, f"remove_{name}")):
        told = "It would remove what it adds. Take it out of one of the lists."
        raise Invalid(told, f"remove_{name}", reason=Reason.NAMED_TWICE)
