"""Where lines come from: a source that their keys are of, and a file that says one thing of each."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from models.errors import Invalid
from models.reasons import Reason


class Origin:
    """A source of lines, and what the lines of one file have said so far of what is there. That two of them mean the
    same thing is at times known only once it was looked up."""

    def __init__(self, source: str) -> None:
        self.source = source
        #: By thing and field, a mark of what was said.
        self._said: dict[tuple[UUID, str], int] = {}
        self._new: list[tuple[UUID, str]] = []

    def expect_the_same(self, thing: UUID, fields: Mapping[str, Any]) -> None:
        """`Invalid` where an earlier line says something else of this thing."""
        marks = {(thing, name): hash(repr(value)) for name, value in fields.items()}
        for key, mark in marks.items():
            if self._said.get(key, mark) != mark:
                spoken = key[1].replace("_", " ")
                told = f"An earlier line says another {spoken} of what this one means as well. Make them agree."
                raise Invalid(told, key[1], reason=Reason.NAMED_TWICE)
        for key, mark in marks.items():
            if key not in self._said:
                self._said[key] = mark
                self._new.append(key)

    @property
    def place(self) -> int:
        """How much has been said that may yet be undone."""
        return len(self._new)

    def undo(self, place: int = 0) -> None:
        """Forget what was said since then: of lines that came to nothing."""
        for key in self._new[place:]:
            del self._said[key]
        del self._new[place:]

    def keep(self) -> None:
        """What was said is there to stay."""
        self._new.clear()
