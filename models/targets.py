"""What a bulk call names: a row, and the version of it that the caller saw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar
from uuid import UUID

from models import checks
from models.errors import Invalid
from models.ids import Kind
from models.reasons import Reason
from models.rows import Row
from models.scope import not_found

R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class Target:
    """One of the rows of a bulk call. `expected_version` None asks for nothing."""

    id: UUID
    expected_version: int | None = None
    kind: Kind = Kind.JOB
    #: Where in the list that the caller sent.
    place: int = field(default=0, compare=False)

    def among(self, locked: Mapping[UUID, R]) -> R:
        """The row, `NotFound` when it is not among those that were visible, `Conflict` at another version."""
        row = locked.get(self.id)
        if row is None:
            raise not_found(self.kind, self.id)
        row.expect(self.expected_version)
        return row


def several(targets: Sequence[Target], name: str) -> list[Target]:
    """From 1 to 200 targets in their order, each row once, each with the place that it was first named at."""
    once = checks.several([replace(target, place=place) for place, target in enumerate(targets)], name)
    seen: set[UUID] = set()
    for target in once:
        if target.id in seen:
            told = "This one is named twice, at different versions. Name it once."
            raise Invalid(told, name, target.place, reason=Reason.NAMED_TWICE)
        seen.add(target.id)
    return once
