"""Who asks for a change, and what it answers to."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson

from models import checks
from models.caller import OURSELVES, Caller
from models.errors import Invalid
from models.ids import FirmId


class ActorKind(StrEnum):
    """What kind of somebody, or something, acted."""

    MEMBER = "MEMBER"
    CONTACT = "CONTACT"
    AUTOMATION = "AUTOMATION"
    SCHEDULE = "SCHEDULE"


@dataclass(frozen=True, slots=True)
class IdempotentCall:
    """A call that may be sent again: whose it is, its key, and a digest of everything that it asks for but the secrets.

    `secrets` names those among what it asks for, `hashes` has what is kept of each: see `models.repeating`.
    """

    asker: UUID
    key: str
    fingerprint: str
    secrets: frozenset[str] = frozenset()
    hashes: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls, key: str, asker: UUID, action: str, content: Mapping[str, Any], secrets: Iterable[str] = ()
    ) -> "IdempotentCall":
        """The same asker, action and content give the same fingerprint."""
        if not 1 <= len(key) <= 200:
            raise Invalid("An idempotency key has 1 to 200 characters.", "idempotency_key")
        checks.text(key, "idempotency_key")
        asked = [str(asker), action, content, sorted(secrets)]
        text = orjson.dumps(asked, option=orjson.OPT_SORT_KEYS, default=str)
        return cls(asker, key, hashlib.sha256(text).hexdigest(), frozenset(secrets))


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
    #: Where they call from.
    caller: Caller = field(default=OURSELVES, compare=False)

    @classmethod
    def member(cls, firm_id: UUID, member_id: UUID, caller: Caller = OURSELVES) -> "Actor":
        """A signed-in member."""
        return cls(ActorKind.MEMBER, firm_id, member_id, caller=caller)

    @classmethod
    def automation(cls, firm_id: UUID, label: str, cause: int) -> "Actor":
        """An automation that reacts to a revision. It acts with the rights of whoever saved it: the whole firm's."""
        return cls(ActorKind.AUTOMATION, firm_id, label=label, cause=cause)

    def calling(self, key: str | None, action: str, content: Mapping[str, Any], secrets: Iterable[str] = ()) -> "Actor":
        """The actor, for one call that may be sent again under this key. `secrets` names what else it asks for, whose
        content no digest may hold: the command brings their hashes."""
        if key is None:
            return self
        return replace(self, call=IdempotentCall.of(key, self.id or self.firm_id, action, content, secrets))

    def keeping(self, hashes: Mapping[str, str]) -> "Actor":
        """The actor, for a call of which these hashes of secrets are kept."""
        return self if self.call is None else replace(self, call=replace(self.call, hashes=hashes))

    def to_json(self) -> dict[str, Any]:
        """As the log names it."""
        return {"kind": self.kind.value, "id": str(self.id) if self.id else None, "label": self.label}
