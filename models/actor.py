"""Who asks for a change, and what it answers to."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson

from models.ids import FirmId
from models.texts import IDEMPOTENCY_KEY


class ActorKind(StrEnum):
    """What kind of somebody, or something, acted."""

    MEMBER = "MEMBER"
    CONTACT = "CONTACT"
    AUTOMATION = "AUTOMATION"
    SCHEDULE = "SCHEDULE"


@dataclass(frozen=True, slots=True)
class IdempotentCall:
    """A call that may be sent again: its key, and a digest of everything that it asks for."""

    key: str
    fingerprint: str

    @classmethod
    def of(cls, key: str, asker: UUID, action: str, content: Mapping[str, Any]) -> "IdempotentCall":
        """The same asker, action and content give the same fingerprint."""
        key = IDEMPOTENCY_KEY.check(key, "idempotency_key")
        text = orjson.dumps([str(asker), action, content], option=orjson.OPT_SORT_KEYS, default=str)
        return cls(key, hashlib.sha256(text).hexdigest())


@dataclass(frozen=True, slots=True)
class Actor:
    """Who or what asks for a change. A member's authority is read when the change begins, never before."""

    kind: ActorKind
    firm_id: FirmId
    id: UUID | None = None
    label: str | None = None
    #: The revision that made an automation act.
    cause: int | None = None
    call: IdempotentCall | None = field(default=None, compare=False)

    @classmethod
    def member(cls, firm_id: UUID, member_id: UUID) -> "Actor":
        """A signed-in member."""
        return cls(ActorKind.MEMBER, firm_id, member_id)

    @classmethod
    def automation(cls, firm_id: UUID, label: str, cause: int) -> "Actor":
        """An automation that reacts to a revision. It acts with the rights of whoever saved it: the whole firm's."""
        return cls(ActorKind.AUTOMATION, firm_id, label=label, cause=cause)

    def calling(self, key: str | None, action: str, content: Mapping[str, Any]) -> "Actor":
        """The actor, for one call that may be sent again under this key."""
        if key is None:
            return self
        return replace(self, call=IdempotentCall.of(key, self.id or self.firm_id, action, content))

    def to_json(self) -> dict[str, Any]:
        """As the log names it."""
        return {"kind": self.kind.value, "id": str(self.id) if self.id else None, "label": self.label}
