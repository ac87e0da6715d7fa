"""What is said of an undo, before it and after: what of a revision is taken back, and what is not, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from models.errors import Refusal
from models.log import Logged
from models.results import Result
from models.scope import Scope, Viewer
from models.undo.reading import read_revisions


class Lasting(StrEnum):
    """Why something is not taken back."""

    CLIENT = "CLIENT"
    SENT = "SENT"
    MONEY = "MONEY"
    DELETED = "DELETED"
    ACCESS = "ACCESS"
    BY_HAND = "BY_HAND"
    NOT_KEPT = "NOT_KEPT"
    GONE = "GONE"


@dataclass(frozen=True, slots=True)
class UndoEntry:
    """Something that a revision did, or automations because of it. `lasting` says why it is not taken back; None where
    it is."""

    logged: Logged
    lasting: Lasting | None

    @property
    def taken_back(self) -> bool:
        """Whether it is as it was before."""
        return self.lasting is None


@dataclass(frozen=True, slots=True)
class UndoReport(Result):
    """What is taken back of a revision, with what automations did because of it, in the order in which it happened."""

    name = "undo"

    revision: int
    entries: Sequence[UndoEntry]

    def kept(self) -> Any:
        """Where each of them stands in the log."""
        return {
            "revision": self.revision,
            "entries": [[entry.logged.revision, entry.logged.index, entry.lasting] for entry in self.entries],
        }

    @classmethod
    async def recalled(cls, seen: Scope | Viewer, kept: Any) -> "UndoReport":
        """What was kept so, as far as the log has it and the viewer sees it."""
        why = {(revision, index): lasting and Lasting(lasting) for revision, index, lasting in kept["entries"]}
        logged = await read_revisions(seen, {revision for revision, _ in why})
        found = {(each.revision, each.index): each for each in logged}
        return cls(kept["revision"], [UndoEntry(found[at], lasting) for at, lasting in why.items() if at in found])


@dataclass(frozen=True, slots=True)
class Undoable:
    """What an undo would do now. Where something refuses it, nothing of that is done."""

    revision: int
    entries: Sequence[UndoEntry]
    refused: Refusal | None
