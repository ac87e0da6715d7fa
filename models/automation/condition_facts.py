"""What conditions of automations are asked of, read for any number of jobs at once."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from models.automation.conditions import Condition, ConditionFacts
from models.database import sql
from models.rows import AccountType, Job

_ACCOUNTS = """
SELECT account.id, account.type,
    ARRAY(SELECT tag_id FROM account_tag WHERE account_id = account.id) AS tags,
    ARRAY(
        SELECT DISTINCT account_role_id FROM account_role_holder AS holder
        JOIN member ON member.id = holder.member_id AND member.active WHERE holder.account_id = account.id
    ) AS roles
FROM account WHERE account.id = ANY($1)
"""
_NAMES = """
SELECT id, name FROM tag WHERE id = ANY($1) UNION ALL SELECT id, name FROM account_role WHERE id = ANY($1)
"""


async def condition_facts(jobs: Sequence[Job], conditions: Iterable[Condition]) -> dict[UUID, ConditionFacts]:
    """By job, what these conditions are asked of; in two statements, however many there are of both."""
    pointed = {pointer.id for condition in conditions for pointer in condition.pointers()}
    names = {row["id"]: row["name"] for row in await sql(_NAMES, list(pointed))} if pointed else {}
    accounts = {row["id"]: row for row in await sql(_ACCOUNTS, list({job.account_id for job in jobs}))}
    facts = {}
    for job in jobs:
        account = accounts[job.account_id]
        facts[job.id] = ConditionFacts(
            account_type=AccountType(account["type"]),
            priority=job.priority,
            tags=frozenset(account["tags"]),
            roles=frozenset(account["roles"]),
            names=names,
        )
    return facts
