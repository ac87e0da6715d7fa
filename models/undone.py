"""Which revisions were taken back. An undo is a revision with a cause that a member made. Whatever else has a cause,
automations did."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from models.actor import ActorKind
from models.database import sql

#: What people read where something is not done because of it.
TAKEN_BACK = "What caused it was taken back."

#: What holds of the events of an undo, of those that have a cause.
_OF_MEMBER = f"event.actor->>'kind' = '{ActorKind.MEMBER}'"

# From one to what caused it.
_TAKEN_BACK = f"""
WITH RECURSIVE chain (revision) AS (
    SELECT $2::bigint UNION SELECT event.cause FROM chain
    JOIN event ON event.firm_id = $1 AND event.revision = chain.revision AND event.hops > 0
)
SELECT EXISTS (
    SELECT FROM chain JOIN event ON event.firm_id = $1 AND event.cause = chain.revision AND {_OF_MEMBER}
) AS taken_back
"""


async def was_taken_back(firm_id: UUID, revision: int) -> bool:
    """Whether a revision was ever taken back, by itself or with what caused it: what is still to be done because of it
    then is not, also where that was taken back in its turn."""
    (found,) = await sql(_TAKEN_BACK, firm_id, revision)
    return bool(found["taken_back"])


_UNDOS = f"""
SELECT DISTINCT revision, cause FROM event WHERE firm_id = $1 AND cause >= $2 AND {_OF_MEMBER} ORDER BY revision
"""


@dataclass(frozen=True, slots=True)
class Undos:
    """What was taken back since a revision, and by which."""

    #: What each undo took back, and by which undos each revision was taken back, in their order.
    _of: Mapping[int, int]
    _by: Mapping[int, Sequence[int]]

    @classmethod
    async def since(cls, firm_id: UUID, revision: int) -> "Undos":
        """All that were made of this revision and of later ones."""
        of = {row["revision"]: row["cause"] for row in await sql(_UNDOS, firm_id, revision)}
        by = defaultdict(list)
        for undo, undone in of.items():
            by[undone].append(undo)
        return cls(of, by)

    def of(self, revision: int) -> int | None:
        """The undo by which a revision is taken back; None where it stands, or stands again."""
        return next((undo for undo in self._by.get(revision, ()) if self.of(undo) is None), None)

    def counts(self, revision: int) -> bool:
        """Whether something of a revision is left: it was not taken back, and is no undo itself, which leaves what was
        there before."""
        return revision not in self._of and self.of(revision) is None
