"""What happened in a tax season, by what it was and not by ids: two seasons of the same jobs are compared by it."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from models.database import sql

#: Of each job, by its name, what happened to it, and how often.
Happened = Mapping[str, Counter[str]]

# The runs of its automations; what is linked to it, how that stands, and on which stays it held it; the mail about it;
# and its history. What becomes of a mail in the end is looked at by itself.
_HAPPENED = """
WITH told AS (
    SELECT job_id AS job, concat_ws(' ', 'run of', name, type, trigger,
        CASE trigger WHEN 'STATUS' THEN status_stay ELSE stay END, state, reason, 'attempts', attempts, 'made',
        (SELECT string_agg(thing->>'kind', ', ') FROM jsonb_array_elements(made) AS things(thing))) AS what
    FROM automation_run
    UNION ALL
    SELECT link.job_id, concat_ws(' ', link.kind,
        COALESCE(task.name, request.title, organizer.title, page.name),
        COALESCE(task.state, request.state, organizer.state),
        'open', link.open, 'of stays', link.stays::text, 'linked', link.unlinked_at IS NULL)
    FROM job_item AS link LEFT JOIN task ON task.id = link.item
    LEFT JOIN client_request AS request ON request.id = link.item
    LEFT JOIN organizer ON organizer.id = link.item LEFT JOIN wiki_page AS page ON page.id = link.item
    UNION ALL
    SELECT job_id, concat_ws(' ', 'mail', subject, 'to', address, 'by', cause, (
        SELECT name FROM automation_run AS run WHERE run.id = mail.cause_id AND run.job_id = mail.job_id
        AND run.made @> jsonb_build_array(jsonb_build_object('id', mail.id))
    )) FROM mail
    UNION ALL
    SELECT event.job, concat_ws(' ', event.type, 'by', event.actor->>'kind', event.actor->>'label',
        (SELECT name FROM stage WHERE id = (data->>'to_stage')::uuid), data->>'stay',
        (SELECT name FROM status WHERE id = (data->>'to_status')::uuid), data->>'status_stay', data->>'automation_name')
    FROM event WHERE event.job IS NOT NULL
        AND event.type NOT IN ('MailSent', 'MailUncertain', 'MailDelayed', 'MailWithdrawn')
)
SELECT job.name AS job, told.what, count(*) AS times FROM told JOIN job ON job.id = told.job GROUP BY 1, 2
"""
# Where it is in the end.
_IS = """
SELECT job.name AS job, concat_ws(' ', 'is on', stage.name, 'for the time', job.stay, 'under', status.name,
    'for the time', job.status_stay, 'completed', job.completed_at IS NOT NULL, 'tags', (
        SELECT string_agg(tag.name, ', ' ORDER BY tag.name) FROM account_tag AS link
        JOIN tag ON tag.id = link.tag_id WHERE link.account_id = job.account_id
    ), 'assigned', (SELECT count(*) FROM job_assignee WHERE job_id = job.id)) AS what
FROM job JOIN stage ON stage.id = job.stage_id JOIN status ON status.id = job.status_id
"""


async def happened() -> Happened:
    """To each job, in effects."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for row in await sql(_HAPPENED):
        found[row["job"]][row["what"]] += row["times"]
    return found


async def ends() -> Mapping[str, str]:
    """Where each job is."""
    return {row["job"]: row["what"] for row in await sql(_IS)}


@dataclass(frozen=True, slots=True)
class Difference:
    """What a season has not, that another one has, and what it has more often."""

    lost: Happened
    doubled: Happened

    @classmethod
    def of(cls, usual: Happened, found: Happened) -> Self:
        """Of what was found, from how it is usually."""
        jobs = sorted(usual.keys() | found.keys())
        nothing: Counter[str] = Counter()
        lost = {job: usual.get(job, nothing) - found.get(job, nothing) for job in jobs}
        doubled = {job: found.get(job, nothing) - usual.get(job, nothing) for job in jobs}
        return cls(*({job: what for job, what in each.items() if what} for each in (lost, doubled)))
