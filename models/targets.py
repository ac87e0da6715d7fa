"""What a bulk call names: a row, and the version of it that the caller saw."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from models.errors import NotFound
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
