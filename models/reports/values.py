"""The values of a statement that is put together in parts."""

from typing import Any


class Values:
    """Collects values, and says where each stands."""

    def __init__(self) -> None:
        self.given: list[Any] = []

    def place(self, value: Any) -> str:
        """The place of one more value, as SQL has it."""
        self.given.append(value)
        return f"${len(self.given)}"
