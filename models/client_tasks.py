"""What a client is asked for in a chat, thing by thing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ClientTask:
    """Something that the client is asked for in a chat, and when and by whom it was checked off."""

    #: What it is known by in its chat, where no other one has it or had it.
    number: int
    name: str
    checked_at: datetime | None = None
    #: The member who did it.
    checked_by_id: UUID | None = None
    #: What the contact was called then on whose behalf they did: whoever is merged or renamed later changes no chat.
    checked_for: str | None = None

    @property
    def checked(self) -> bool:
        """Whether the client has done it."""
        return self.checked_at is not None

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """One as the chat keeps it."""
        at, by = kept["checked_at"], kept["checked_by"]
        return cls(
            kept["number"],
            kept["name"],
            datetime.fromisoformat(at) if at else None,
            UUID(by) if by else None,
            kept["checked_for"],
        )

    @property
    def kept(self) -> dict[str, Any]:
        """As the chat keeps it."""
        return {
            "number": self.number,
            "name": self.name,
            "checked_at": self.checked_at.isoformat() if self.checked_at else None,
            "checked_by": str(self.checked_by_id) if self.checked_by_id else None,
            "checked_for": self.checked_for,
        }
