"""The controls: each fault that the reckoning is to find, planted, and whether it is found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from tortoise.transactions import in_transaction

from models.database import sql
from tests.system.oracle.post import Post
from tests.system.oracle.reckoning import NO_UNDO, reckoned


@dataclass(frozen=True)
class Spoilt:
    """Rows as faults of the product might leave them, what it might have sent, and what is told of these."""

    #: By what is told of each.
    rows: Mapping[str, str]
    sent: Callable[[Post], Post]
    #: What is told of what was sent.
    told: Sequence[str]


# The same event again, in the same revision.
_AGAIN = """
INSERT INTO event SELECT (jsonb_populate_record(event, jsonb_build_object('index', index + 1000))).* FROM event
WHERE {which} LIMIT 1
"""
_MOVE = f"type = 'JobMoved' AND data->>'from_stage' <> data->>'to_stage' AND {NO_UNDO}"
_ALL_IS_DONE = """
WITH held AS (
    SELECT job.id, job.stay FROM job JOIN stage ON stage.id = job.stage_id JOIN status ON status.id = job.status_id
    WHERE job.archived_at IS NULL AND status.category = 'ACTIVE' AND stage.automove
        AND stage.position < (SELECT max(position) FROM stage AS other WHERE other.pipeline_id = stage.pipeline_id)
), ended AS (
    UPDATE automation_run SET state = 'DONE', reason = NULL, message = NULL
    FROM held WHERE job_id = held.id AND state = 'FAILED'
)
UPDATE job_item SET open = false, open_since = NULL, open_since_stay = NULL,
    stays = int4multirange(int4range(held.stay, NULL))
FROM held WHERE job_id = held.id AND open
"""


def _sent_again_and_elsewhere(post: Post) -> Post:
    elsewhere = [replace(letter, recipient="eve@firm-two.example") for letter in post.letters[:1]]
    return replace(post, letters=[*post.letters, *post.letters, *elsewhere])


CONTROLS = (
    Spoilt(
        {
            "twice: move": _AGAIN.format(which=_MOVE),
            "twice or never: mail": "DELETE FROM event WHERE type = 'MailQueued' AND actor->>'kind' = 'AUTOMATION'",
            "twice or never: client_request": "DELETE FROM event WHERE type = 'ClientRequestCreated'",
            "twice: job ": _AGAIN.format(which="type = 'JobCreated' AND data->>'recurrence' IS NOT NULL"),
            "twice: occurrence ": _AGAIN.format(which="type = 'OccurrenceMade'"),
            "lost: job of ": "DELETE FROM occurrence",
            "reminders: ": "UPDATE reminder SET sent = CASE sent WHEN 0 THEN 1 ELSE sent - 1 END",
            "lost: Move of ": _ALL_IS_DONE,
        },
        _sent_again_and_elsewhere,
        ("doubled: mail ", "leaked: mail "),
    ),
    Spoilt(
        {"lost: CREATE_TASKS of ": "DELETE FROM automation_run"},
        lambda post: replace(post, letters=[]),
        ("lost: mail ",),
    ),
)


async def it_would_be_noticed(post: Post, missed: Mapping[UUID, date]) -> None:
    """All of that is told of, and nothing of it is kept."""
    for control in CONTROLS:
        async with in_transaction() as transaction:
            for rows in control.rows.values():
                await sql(rows)
            wrong = (await reckoned(control.sent(post), missed)).wrong
            await transaction.rollback()
        for told in (*control.rows, *control.told):
            assert any(each.startswith(told) for each in wrong), (told, wrong)
