"""Whether all that was to happen by itself in the oracle's firms did, once: by the log and the rows, at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from models.automation.automove import Waiting
from models.automation.facts import decisions
from models.database import sql
from tests.system.oracle import letters
from tests.system.oracle.post import Post


@dataclass(frozen=True, slots=True)
class Reckoned:
    """How much happened by itself, of each kind, and what of it is wrong."""

    number: Mapping[str, int]
    wrong: Sequence[str]

    def __str__(self) -> str:
        counted = ", ".join(f"{number:,} {what}" for what, number in self.number.items())
        return f"by itself: {counted}; {len(self.wrong)} lost, doubled or leaked"


#: What sets nothing off: a member takes something back.
NO_UNDO = "(event.cause IS NULL OR event.actor->>'kind' <> 'MEMBER')"
# What jobs met, by the log, for which there is an automation still, of jobs that were never archived: of these each has
# its run. Members may have deleted the others meanwhile, or archived the job before anybody looked.
_LOST = f"""
WITH met AS (
    SELECT firm_id, job, 'STAGE' AS trigger, (data->>'to_stage')::uuid AS place, (data->>'stay')::int AS stay
    FROM event
    WHERE type = 'JobMoved' AND data->>'from_stage' <> data->>'to_stage' AND (data->>'fires_automations')::bool
        AND {NO_UNDO}
    UNION ALL SELECT firm_id, job, 'STAGE', (data->>'stage')::uuid, 1
    FROM event WHERE type = 'JobCreated' AND (data->>'fires_automations')::bool
    UNION ALL SELECT firm_id, job, 'CREATION', (data->>'pipeline')::uuid, 1
    FROM event WHERE type = 'JobCreated' AND (data->>'fires_automations')::bool
    UNION ALL SELECT firm_id, job, 'STATUS', (data->>'to_status')::uuid, (data->>'status_stay')::int
    FROM event WHERE type = 'JobStatusChanged' AND (data->>'fires_automations')::bool AND {NO_UNDO}
)
SELECT 'lost: ' || automation.type || ' of ' || met.job || ' by ' || met.trigger || ' ' || met.stay AS told
FROM met JOIN job ON job.id = met.job JOIN automation ON automation.firm_id = met.firm_id AND CASE met.trigger
    WHEN 'STAGE' THEN automation.stage_id = met.place WHEN 'STATUS' THEN automation.status_id = met.place
    ELSE automation.pipeline_id = met.place AND automation.stage_id IS NULL AND automation.status_id IS NULL END
WHERE NOT EXISTS (
    SELECT FROM automation_run AS run
    WHERE run.automation_id = automation.id AND run.job_id = met.job AND run.trigger = met.trigger
        AND CASE run.trigger WHEN 'STATUS' THEN run.status_stay ELSE run.stay END = met.stay
) AND NOT EXISTS (
    SELECT FROM event JOIN status ON status.id = (event.data->>'to_status')::uuid AND status.category = 'ARCHIVED'
    WHERE event.job = met.job AND event.type = 'JobStatusChanged'
)
"""
_UNDONE = "SELECT 'not done: run ' || id AS told FROM automation_run WHERE state = 'PENDING'"
_FAULTS = "SELECT 'failed: ' || name || ', ' || message AS told FROM automation_run WHERE reason = 'FAULT'"
_FAILED = "SELECT 'failed: ' || follower_id || ' of ' || cause AS told FROM follower_run WHERE state = 'FAILED'"
_RUN_TWICE = """
SELECT 'twice: run of ' || automation_id || ' for ' || job_id AS told
FROM automation_run WHERE automation_id IS NOT NULL
GROUP BY automation_id, job_id, trigger, CASE trigger WHEN 'STATUS' THEN status_stay ELSE stay END HAVING count(*) > 1
"""
_MOVED_TWICE = f"""
SELECT 'twice: move ' || (data->>'stay') || ' of ' || job AS told FROM event
WHERE type = 'JobMoved' AND data->>'from_stage' <> data->>'to_stage' AND {NO_UNDO}
GROUP BY job, data->>'stay' HAVING count(*) > 1
"""
# Each thing that an automation made is that of one run, and each of a run was made; but for those that went with a job.
# What is told of a mail is told twice: with its job, and without.
_MADE = """
WITH kinds (kind, type) AS (VALUES ('task', 'TaskCreated'), ('mail', 'MailQueued'),
    ('client_request', 'ClientRequestCreated'), ('organizer', 'OrganizerCreated')
), of_runs AS (
    SELECT of_run.thing->>'kind' AS kind, (of_run.thing->>'id')::uuid AS thing, count(*)
    FROM automation_run AS run, jsonb_array_elements(run.made) AS of_run(thing) GROUP BY 1, 2
), made AS (
    SELECT kind, subject AS thing, count(DISTINCT revision), max(job::text)::uuid AS job
    FROM event JOIN kinds USING (type) WHERE actor->>'kind' = 'AUTOMATION' GROUP BY 1, 2
)
SELECT 'twice or never: ' || kind || ' ' || thing AS told FROM of_runs FULL JOIN made USING (kind, thing)
WHERE (of_runs.count, made.count) IS DISTINCT FROM (1, 1)
    AND (of_runs.thing IS NOT NULL OR EXISTS (SELECT FROM job WHERE job.id = made.job))
"""
# What is due by the clock, and has not been done since.
_DUE = """
SELECT 'lost: ' || of || ' ' || id || ' was due' AS told FROM (
    SELECT 'recurrence' AS of, id, next_at FROM recurrence UNION ALL SELECT 'reminder', id, next_at FROM reminder
) AS clock WHERE next_at < now() - interval '1 minute'
"""
# Each day from the first one that was missed on, until a minute ago.
_OCCURRENCES = """
SELECT 'lost: job of ' || place.account_id || ' for ' || day::date AS told
FROM unnest($1::uuid[], $2::date[]) AS missed(recurrence, earliest) JOIN recurrence ON recurrence.id = missed.recurrence
JOIN firm ON firm.id = recurrence.firm_id JOIN recurrence_account AS place ON place.recurrence_id = recurrence.id
CROSS JOIN generate_series(
    missed.earliest, ((now() - interval '1 minute') AT TIME ZONE firm.time_zone)::date, interval '1 day') AS day
WHERE NOT EXISTS (
    SELECT FROM occurrence WHERE recurrence_id = recurrence.id AND account_id = place.account_id AND day = day::date
)
"""
_REFUSED = "SELECT 'refused: occurrence of ' || day || ', ' || reason AS told FROM occurrence WHERE state = 'REFUSED'"
_RECURRED_TWICE = """
WITH made AS (SELECT job, count(*) FROM event WHERE type = 'OccurrenceMade' GROUP BY job),
created AS (
    SELECT job, count(*) FROM event WHERE type = 'JobCreated' AND data->>'recurrence' IS NOT NULL GROUP BY job
)
SELECT 'twice: job ' || job || ' of a recurrence' AS told FROM made FULL JOIN created USING (job)
WHERE (made.count, created.count) IS DISTINCT FROM (1, 1)
UNION ALL SELECT 'twice: occurrence ' || subject FROM event WHERE type = 'OccurrenceMade'
GROUP BY subject HAVING count(*) > 1
"""
# The last time may be told of as the end.
_REMINDED = """
WITH since AS (
    SELECT reminder.id, reminder.sent, reminder.at_most, count(*) FILTER (WHERE event.type = 'ClientReminded') AS told,
        count(*) FILTER (WHERE event.type = 'RemindersEnded') AS ended
    FROM reminder LEFT JOIN event ON event.subject = reminder.id AND event.revision >= (
        SELECT max(revision) FROM event WHERE subject = reminder.id AND type = 'RemindersSet'
    ) GROUP BY reminder.id
)
SELECT 'reminders: ' || id || ' says ' || sent || ', and its events ' || told AS told FROM since
WHERE sent <> told AND NOT (sent = told + 1 AND sent = at_most AND ended > 0)
"""
# Where somebody gets mail all along, and is asked or nobody in particular is, mail was written each time.
_REMINDED_NOBODY = """
SELECT DISTINCT 'lost: mail of reminder ' || reminder.id || ' in revision ' || event.revision AS told
FROM event JOIN reminder ON reminder.id = event.subject
JOIN account_contact AS link ON link.account_id = reminder.account_id AND link.gets_mail
JOIN contact ON contact.id = link.contact_id AND contact.emails <> '[]'
WHERE event.type = 'ClientReminded' AND NOT EXISTS (
    SELECT FROM event AS queued WHERE queued.firm_id = event.firm_id AND queued.revision = event.revision
        AND queued.type = 'MailQueued'
) AND (
    NOT EXISTS (SELECT FROM item_recipient AS asked WHERE asked.item = reminder.item)
    OR EXISTS (SELECT FROM item_recipient AS asked WHERE asked.item = reminder.item AND asked.contact_id = contact.id)
) AND NOT EXISTS (
    SELECT FROM event AS other WHERE other.subject IN (link.contact_id, link.id)
        AND other.type NOT IN ('ContactCreated', 'ContactLinked', 'ContactUpdated')
)
"""
_LAWS = (
    *(_LOST, _UNDONE, _FAULTS, _FAILED, _RUN_TWICE, _MOVED_TWICE, _MADE, _DUE, _REFUSED, _RECURRED_TWICE, _REMINDED),
    _REMINDED_NOBODY,
)
# What is taken back stays as it was put back, until something happens to it.
_AT_REST = """
SELECT job.id FROM job WHERE archived_at IS NULL AND NOT EXISTS (
    SELECT FROM event AS last WHERE last.job = job.id AND last.cause IS NOT NULL AND last.actor->>'kind' = 'MEMBER'
        AND NOT EXISTS (SELECT FROM event AS later WHERE later.job = job.id AND later.revision > last.revision)
)
"""
_COUNTED = """
SELECT (SELECT count(*) FROM automation_run WHERE state = 'DONE') AS runs,
    count(*) FILTER (WHERE type = 'JobMoved' AND actor->>'kind' = 'AUTOMATION') AS moves,
    count(*) FILTER (WHERE type = 'JobStatusChanged' AND actor->>'label' = 'Automove') AS returns,
    count(*) FILTER (WHERE type = 'OccurrenceMade') AS "jobs of recurrences",
    count(*) FILTER (WHERE type = 'ClientReminded') AS reminders,
    count(*) FILTER (WHERE type = 'AutomationRetried') AS retries,
    count(DISTINCT (firm_id, revision)) FILTER (WHERE NOT {no_undo}) AS undos
FROM event
"""


async def reckoned(post: Post, missed: Mapping[UUID, date]) -> Reckoned:
    """What the mail server has taken is compared with what was written; `missed` has the first day that each recurrence
    was to make jobs of."""
    found = await of_jobs()
    wrong = [row["told"] for row in await sql(_OCCURRENCES, list(missed), list(missed.values()))]
    wrong += await letters.wrong(post)
    return Reckoned(dict(found.number) | await letters.counted(), [*found.wrong, *wrong])


async def of_jobs() -> Reckoned:
    """All but what is known of the days of recurrences, and of mail when it has been sent."""
    wrong = [row["told"] for asked in _LAWS for row in await sql(asked)]
    (number,) = await sql(_COUNTED.format(no_undo=NO_UNDO))
    return Reckoned(dict(number), [*wrong, *await _forgotten()])


async def _forgotten() -> list[str]:
    """Jobs that are ready, and that nobody has moved on or returned to Active."""
    at_rest: list[Any] = [row["id"] for row in await sql(_AT_REST)]
    decided = await decisions(at_rest)
    return [f"lost: {type(does).__name__} of {job}" for job, does in decided.items() if not isinstance(does, Waiting)]
