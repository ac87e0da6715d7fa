"""What keeps the tables in order. Safe to repeat, and to run in many processes at once."""

from datetime import datetime, timedelta

from models.database import sql
from models.pruning import prune
from models.stamps import raised, stamp

#: A call sent again with its key gets its first result for so long. Clients are promised a day.
KEYS_KEPT_FOR = timedelta(hours=48)

_PRUNE = """
WITH stale AS (
    SELECT id FROM idempotency_key WHERE created_at < $1 ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM idempotency_key k USING stale WHERE k.id = stale.id RETURNING k.id
)
SELECT count(*) AS number FROM gone
"""


async def prune_idempotency_keys(now: datetime) -> int:
    """Forget the keys of calls that nobody sends again. Returns how many."""
    return await prune(_PRUNE, now - KEYS_KEPT_FOR)


async def start_over_after_restore() -> int:
    """Say that a backup was restored: every firm's log gets another name, so that no revision of it is taken for one
    that was lost, and every session, personal token and letter to sign in with ends, since those that were ended after
    the backup would be good again. Mail that waited may have been sent since: it is uncertain. Returns how many firms
    there are."""
    rows = await sql(
        f"""WITH ended AS (
            UPDATE session SET ended_at = now(), expires_at = LEAST(expires_at, now()) WHERE ended_at IS NULL
        ), revoked AS (
            UPDATE personal_token SET revoked_at = $1, {raised(1)}
            WHERE revoked_at IS NULL AND expires_at > $1
        ), void AS (
            UPDATE sign_in_letter SET used_at = $1, next_at = NULL WHERE used_at IS NULL
        ), unsure AS (
            UPDATE mail SET state = 'UNCERTAIN', ended_at = $1, next_at = NULL, claim = NULL,
                answer = 'A backup was restored: it may have been sent since.', {raised(1)}
            WHERE state = 'WAITING'
        ) UPDATE firm SET epoch = gen_random_uuid() RETURNING id""",
        *stamp(),
    )
    return len(rows)
