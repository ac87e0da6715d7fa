"""What is kept of the courses that jobs took: their stays on stages and under custom statuses, the completions that
last, and what their clients were shown. The log keeps it: each event that matters is told to these tables when it is
written (migrations 0017 and 0054)."""

from datetime import datetime

from models.pruning import prune

# What has ended by then is gone. What lasts began before anybody knows: it is an origin from then on.
_FORGET = """
WITH gone AS (
    DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {table} WHERE until < $1 LIMIT $2)) RETURNING 1
)
SELECT count(*) AS number FROM gone
"""
_CUT = """
WITH cut AS (
    UPDATE stay SET since = $1, origin = true
    WHERE ctid = ANY(ARRAY(SELECT ctid FROM stay WHERE since < $1 ORDER BY ctid LIMIT $2 FOR UPDATE SKIP LOCKED))
    RETURNING 1
)
SELECT count(*) AS number FROM cut
"""


async def forget_stays(before: datetime) -> None:
    """Forget what the log does not have any more, of which this is the beginning."""
    await prune(_FORGET.format(table="stay"), before)
    await prune(_FORGET.format(table="completion"), before)
    await prune(_FORGET.format(table="shown_status"), before)
    await prune(_CUT, before)
