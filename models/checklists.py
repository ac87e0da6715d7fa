"""Checklists: what is to be done thing by thing, and when and by whom each was checked off. A task has one, and a chat
has what its client is asked for."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple, Self
from uuid import UUID

from models import checks
from models.bounds import Bounds
from models.errors import RuleBroken
from models.gathered import Gathered
from models.reasons import Reason
from models.texts import NAME


@dataclass(frozen=True, slots=True)
class ChecklistEntry:
    """Something to be done, and when and by whom it was checked off."""

    #: What it is known by in its list, where no other one has it or had it.
    number: int
    name: str
    checked_at: datetime | None = None
    #: The member who did it.
    checked_by_id: UUID | None = None
    #: What the contact was called then on whose behalf they did: whoever is merged or renamed later changes no list.
    checked_for: str | None = None

    @property
    def checked(self) -> bool:
        """Whether it is done."""
        return self.checked_at is not None

    def done(self, at: datetime, by: UUID | None, on_behalf_of: str | None = None) -> Self:
        """The same, checked off."""
        return replace(self, checked_at=at, checked_by_id=by, checked_for=on_behalf_of)

    def opened(self) -> Self:
        """The same, to be done once more."""
        return replace(self, checked_at=None, checked_by_id=None, checked_for=None)


def entries_in(stored: Sequence[Mapping[str, Any]]) -> list[ChecklistEntry]:
    """The entries that a row keeps."""
    return [_entry(**kept) for kept in stored]


def _entry(
    number: int, name: str, checked_at: str | None, checked_by: str | None, checked_for: str | None
) -> ChecklistEntry:
    at = datetime.fromisoformat(checked_at) if checked_at else None
    return ChecklistEntry(number, name, at, UUID(checked_by) if checked_by else None, checked_for)


def to_store(entries: Sequence[ChecklistEntry]) -> list[dict[str, Any]]:
    """The entries as a row keeps them."""
    return [
        {
            "number": entry.number,
            "name": entry.name,
            "checked_at": entry.checked_at.isoformat() if entry.checked_at else None,
            "checked_by": str(entry.checked_by_id) if entry.checked_by_id else None,
            "checked_for": entry.checked_for,
        }
        for entry in entries
    ]


class Revision(NamedTuple):
    """A checklist as it is to be, and how it differs from what it was."""

    entries: list[ChecklistEntry]
    #: The number of the last one that there ever was.
    last: int
    added: tuple[str, ...]
    removed: tuple[str, ...]


def revised(
    names: Sequence[str], field: str, bounds: Bounds, present: Sequence[ChecklistEntry] = (), last: int = 0
) -> Revision:
    """A list of just these names, each once, in this order. What is present stays as it is, checked off or not; what is
    called otherwise is another thing, under the next number that nothing ever had."""
    known = {entry.name: entry for entry in present}
    wanted = _checked_names(names, field, bounds, known)
    added = tuple(name for name in wanted if name not in known)
    removed = tuple(name for name in known if name not in wanted)
    known |= {name: ChecklistEntry(number, name) for number, name in enumerate(added, last + 1)}
    return Revision([known[name] for name in wanted], last + len(added), added, removed)


def _checked_names(names: Sequence[str], field: str, bounds: Bounds, present: Collection[str]) -> list[str]:
    # What is there already may have been allowed once, and is not checked.
    once = checks.at_most(names, field, most=bounds.most)
    with Gathered() as check:
        kept = [name if name in present else check(NAME.check, name, field, names.index(name)) for name in once]
    return list(dict.fromkeys(kept))


def numbered(entries: Sequence[ChecklistEntry], number: int, told: str) -> ChecklistEntry:
    """The entry of this number. Where there is none, `RuleBroken` tells so."""
    for entry in entries:
        if entry.number == number:
            return entry
    values = tuple(str(entry.number) for entry in sorted(entries, key=lambda entry: entry.number))
    raise RuleBroken(told, "number", reason=Reason.NOT_ONE_OF, values=values)


def with_entry(entries: Sequence[ChecklistEntry], changed: ChecklistEntry) -> list[ChecklistEntry]:
    """The entries with this one in the place of the one of its number."""
    return [changed if entry.number == changed.number else entry for entry in entries]
