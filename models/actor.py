"""Who asks for a change, and what it answers to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from models.audiences import Audience
from models.caller import OURSELVES, Caller
from models.errors import Refusal
from models.ids import FirmId
from models.once import Once
from models.repeating import IdempotentCall


class ActorKind(StrEnum):
    """What kind of somebody, or something, acted."""

    MEMBER = "MEMBER"
    CONTACT = "CONTACT"
    AUTOMATION = "AUTOMATION"
    SCHEDULE = "SCHEDULE"
    PROVIDER = "PROVIDER"


_VIEWERS = {Audience.TEAM: ActorKind.MEMBER, Audience.CLIENT: ActorKind.CONTACT}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who or what asks for a change. A member's authority is read when the change begins, never before."""

    kind: ActorKind
    firm_id: FirmId
    id: UUID | None = None
    #: The personal token that a member comes with: their authority is what it leaves of theirs.
    token_id: UUID | None = None
    label: str | None = None
    #: The revision that made an automation act, and how many such steps it is from what a person or a schedule did.
    cause: int | None = None
    hops: int = 0
    #: Who began the chain of causes that made an automation act, as the log names them.
    causer: Mapping[str, Any] | None = field(default=None, compare=False)
    #: What makes it happen once, if anything does.
    once: Once | None = field(default=None, compare=False)
    #: What could not be read of what they ask for, and has a stand-in: nothing is done, and they are told.
    unread: tuple[Refusal, ...] = field(default=(), compare=False)
    #: Where they call from.
    caller: Caller = field(default=OURSELVES, compare=False)
    #: When they act, where it is not now: nobody outside says so.
    at: datetime | None = field(default=None, compare=False)

    @classmethod
    def member(cls, firm_id: UUID, member_id: UUID, caller: Caller = OURSELVES) -> "Actor":
        """A signed-in member."""
        return cls(ActorKind.MEMBER, firm_id, member_id, caller=caller)

    @classmethod
    def viewer(
        cls, audience: Audience, firm_id: UUID, id: UUID, caller: Caller = OURSELVES, token_id: UUID | None = None
    ) -> "Actor":
        """Whoever of this audience is signed in: a member of the team, or a client's contact. A member may come with a
        personal token instead."""
        return cls(_VIEWERS[audience], firm_id, id, token_id, caller=caller)

    @classmethod
    def automation(
        cls, firm_id: UUID, label: str, cause: int, hops: int = 1, causer: Mapping[str, Any] | None = None
    ) -> "Actor":
        """An automation that reacts to a revision, which was made so many `hops` less one from a person, or whatever
        else began that chain: the `causer`. It acts with the rights of whoever saved it: the whole firm's."""
        return cls(ActorKind.AUTOMATION, firm_id, label=label, cause=cause, hops=hops, causer=causer)

    @classmethod
    def schedule(cls, firm_id: UUID, label: str) -> "Actor":
        """A schedule of the firm's, such as a recurrence of this name: it acts for the whole firm, as whoever saved it
        was allowed to have it do."""
        return cls(ActorKind.SCHEDULE, firm_id, label=label)

    @classmethod
    def provider(cls, firm_id: UUID, label: str, once: Once) -> "Actor":
        """A payment provider that says what became of money. What it says is taken as it is: for the whole firm."""
        return cls(ActorKind.PROVIDER, firm_id, label=label, once=once)

    @classmethod
    def scanner(cls, firm_id: UUID) -> "Actor":
        """What looks into files before anybody reads them."""
        return cls(ActorKind.AUTOMATION, firm_id, label="scanner")

    @classmethod
    def mail(cls, firm_id: UUID) -> "Actor":
        """What hands mail to the mail server, and tells what that answered."""
        return cls(ActorKind.AUTOMATION, firm_id, label="mail")

    def acting_at(self, moment: datetime) -> "Actor":
        """The actor at a moment that has passed, for a firm that is made with a past."""
        return replace(self, at=moment)

    def calling(self, key: str | None, action: str, content: Mapping[str, Any], secrets: Iterable[str] = ()) -> "Actor":
        """The actor, for one call that may be sent again under this key. `secrets` names what else it asks for, whose
        content no digest may hold: the command brings their hashes."""
        if key is None:
            return self
        return replace(self, once=IdempotentCall.of(key, self.asker, action, content, secrets))

    def keeping(self, hashes: Mapping[str, str]) -> "Actor":
        """The actor, for a call of which these hashes of secrets are kept."""
        return self if self.call is None else replace(self, once=replace(self.call, hashes=hashes))

    @property
    def asker(self) -> UUID:
        """Whose keys its calls have: a member's, a personal token's, or for an automation or a schedule the firm's."""
        return self.token_id or self.id or self.firm_id

    @property
    def call(self) -> IdempotentCall | None:
        """The call that may be sent again; None when it is no such call that makes this happen once."""
        return self.once if isinstance(self.once, IdempotentCall) else None

    def to_json(self) -> dict[str, Any]:
        """As the log names it."""
        named: dict[str, Any] = {"kind": self.kind.value, "id": str(self.id) if self.id else None, "label": self.label}
        if self.token_id is not None:
            named["token"] = str(self.token_id)
        if self.causer is not None:
            named["causer"] = dict(self.causer)
        return named


def causer_of(actor: Mapping[str, Any], hops: int) -> dict[str, Any] | None:
    """Who began the chain of causes that what this actor did is part of, both as the log names them: whoever acted, or
    what a log says of an automation that reacted to something. None where that log is from before it was said."""
    began = actor if hops == 0 else actor.get("causer")
    return None if began is None else {name: began[name] for name in ("kind", "id", "label")}
