"""What the state of an item does not allow."""

from enum import StrEnum

from models.errors import RuleBroken
from models.reasons import Reason
from models.rows import Item


def wrong_state(item: Item, state: StrEnum, told: str, *path: str | int) -> RuleBroken:
    """The refusal of what the item's state does not allow: `told` says what to do instead."""
    path = path or (f"{item.kind}_id",)
    return RuleBroken(told, *path, reason=Reason.WRONG_STATE, kind=item.kind.value, actual=state.value)
