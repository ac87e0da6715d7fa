"""What clients are shown of their jobs, from when until when. The log keeps it: each event that matters is told to this
table when it is written (migration 0054), so a revision and what it shows are one.

Clients see nothing of a job but what stands here: not the job, its stage, its status or its dates."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from models.bounds import SHOWN_STATUSES, WORK_IN_PROGRESS
from models.database import fetch
from models.rows import Account
from models.scope import Scope


@dataclass(frozen=True, slots=True)
class ShownStatus:
    """What the client of a job was shown, for a time: `until` is None while they still are."""

    name: str
    status: str
    color: str | None
    description: str
    since: datetime
    until: datetime | None


_OF_JOBS = """
SELECT shown.* FROM unnest($1::uuid[]) AS asked(job), LATERAL (
    SELECT job, name, status, color, description, since, nullif(until, 'infinity') AS until
    FROM shown_status WHERE job = asked.job AND firm_id = $2 ORDER BY since DESC, until DESC LIMIT $3
) AS shown
"""


async def shown_of_jobs(firm_id: UUID, jobs: Sequence[UUID]) -> dict[UUID, list[ShownStatus]]:
    """What the clients of these jobs of a firm were shown, what they are shown now first; at most 100 of each job."""
    found: dict[UUID, list[ShownStatus]] = defaultdict(list)
    for job, *told in await fetch(_OF_JOBS, jobs, firm_id, SHOWN_STATUSES.most):
        found[job].append(ShownStatus(*told))
    return found


@dataclass(frozen=True, slots=True)
class Work:
    """An entry of a client's work in progress: all that they are told of a job."""

    #: What they know it by. It is no job's id.
    entry: UUID
    account_id: UUID
    name: str
    status: str
    color: str | None
    description: str
    changed_at: datetime


@cache
def _of_accounts(condition: str) -> str:
    # Each account by itself, from its index, and no further than asked.
    return f"""
    SELECT shown.* FROM account, LATERAL (
        SELECT entry, account, name, status, color, description, changed_at FROM shown_status
        WHERE account = account.id AND firm_id = account.firm_id AND until = 'infinity'
        ORDER BY changed_at DESC, entry LIMIT $2
    ) AS shown WHERE account.id = ANY($1) AND {condition} ORDER BY shown.changed_at DESC, shown.entry
    """


async def work_of_accounts(scope: Scope, accounts: Sequence[UUID], limit: int) -> dict[UUID, list[Work]]:
    """What clients are shown of the jobs of each of these accounts, as far as the scope sees these: what changed last
    first, at most `limit` of each."""
    assert limit in WORK_IN_PROGRESS
    seen = scope.rows(Account)
    found: dict[UUID, list[Work]] = defaultdict(list)
    for told in await fetch(_of_accounts(seen.condition("account", 3)), accounts, limit, *seen.values):
        work = Work(*told)
        found[work.account_id].append(work)
    return found
