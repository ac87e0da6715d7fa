"""What a follower of the logs is: it says what a revision causes, and afterwards does it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from models.actor import Actor
from models.command import Outcome
from models.log import Committed


@dataclass(frozen=True, slots=True)
class Planned:
    """Something that a revision causes: what is to be done, as JSON has it, and in whose name the log will have it."""

    label: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """Something that was planned, and is to be done now. `hops` is the length of the chain of causes, this included."""

    id: UUID
    firm_id: UUID
    cause: int
    hops: int
    label: str
    data: Mapping[str, Any]
    #: Who began that chain, as the log names them; None where nobody knows.
    causer: Mapping[str, Any] | None = None


class Follower(Protocol):
    """Hears every revision of every firm: of each firm in order, and each revision once, whatever crashes."""

    @property
    def name(self) -> str:
        """Under what its cursors are kept. Another name is another follower, which begins anew."""

    async def plan(self, committed: Committed) -> Sequence[Planned]:
        """What this revision causes. Called inside the transaction that moves the cursor: what it writes itself is
        written exactly once. It changes nothing that a command could change, and waits for nothing outside."""

    async def act(self, actor: Actor, run: Run) -> Outcome[Any] | None:
        """Call the one command that does what was planned, with this actor, who does it once. None when there is
        nothing to do any more. A refusal ends the run."""
