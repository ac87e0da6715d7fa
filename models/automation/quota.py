"""How much may happen by itself: a firm has so many automatic actions a minute, and those beyond it wait.

A mistake in the set-up of one firm, such as pipelines that send jobs to each other, then neither floods its people nor
takes the workers away from others."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from models.command import Change
from models.database import sql
from models.followers.runs import NotYet

#: The follower that plans what is automatic, as its cursors are kept.
FOLLOWER = "automations"
#: How long a quota is good for, from the first action that it counts.
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Quota:
    """How many automatic actions a firm may have in a minute."""

    a_minute: int = 600


# The row is held from here to the end of the transaction. That keeps nobody waiting: what is automatic in a firm is
# done one after the other.
_TAKE = """
INSERT INTO automatic_actions AS present (firm_id, since, number, full_until)
VALUES ($1, $2::timestamptz, 1, CASE WHEN $4::int <= 1 THEN $2 + $3::interval END)
ON CONFLICT (firm_id) DO UPDATE SET
    since = CASE WHEN present.since + $3 <= $2 THEN $2 ELSE present.since END,
    number = CASE WHEN present.since + $3 <= $2 THEN 1 ELSE present.number + 1 END,
    full_until = CASE
        WHEN present.since + $3 <= $2 THEN CASE WHEN $4 <= 1 THEN $2 + $3 END
        WHEN present.number + 1 >= $4 THEN present.since + $3
    END
RETURNING since, number
"""


async def take(change: Change, quota: Quota) -> None:
    """Count the change as one automatic action of its firm. `NotYet` where the firm has had its quota: then the change
    is not made, nor counted, and is to be made again when the minute is over."""
    (row,) = await sql(_TAKE, change.actor.firm_id, change.now, MINUTE, quota.a_minute)
    if row["number"] > quota.a_minute:
        raise NotYet(row["since"] + MINUTE)


async def may_be_had(firm_id: UUID) -> bool:
    """Whether the firm's last automatic action was the last one of a minute, which may be over by now. It is written
    with the revision of that action: so what was answered before it is known to be old."""
    had = "SELECT FROM automatic_actions WHERE firm_id = $1 AND full_until IS NOT NULL"
    return bool(await sql(had, firm_id))


# Not where nothing waits.
_WAITING = """
SELECT full_until FROM automatic_actions WHERE firm_id = $1 AND full_until > $2
AND EXISTS (SELECT FROM follower_run WHERE follower_id = $3 AND firm_id = $1 AND state = 'PENDING')
"""


async def waiting_until(firm_id: UUID, now: datetime) -> datetime | None:
    """Until when the automatic actions of a firm wait, as it has had its quota; None where none waits."""
    rows = await sql(_WAITING, firm_id, now, FOLLOWER)
    return rows[0]["full_until"] if rows else None
