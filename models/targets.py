"""What a bulk call names: a row, and the version of it that the caller saw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from models import checks
from models.errors import Invalid, NotFound
from models.rows import Row

R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class Target:
    """One of the rows of a bulk call. `expected_version` None asks for nothing."""

    id: UUID
    expected_version: int | None = None

    def among(self, locked: Mapping[UUID, R]) -> R:
        """The row, `NotFound` when it is not among those that were visible, `Conflict` at another version."""
        row = locked.get(self.id)
        if row is None:
            raise NotFound("There is no such job, or you may not see it.")
        row.expect(self.expected_version)
        return row


def several(targets: Sequence[Target], field: str) -> list[Target]:
    """From 1 to 200 targets in their order, each row once."""
    once = checks.several(targets, field)
    seen: set[UUID] = set()
    for place, target in enumerate(once):
        if target.id in seen:
            raise Invalid("This one is named twice, at different versions. Name it once.", field, place)
        seen.add(target.id)
    return once
