"""What is wrong with automations: to what they point, and it is not there any more, or is of no use."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from models.database import sql
from models.ids import Kind


class Problem(StrEnum):
    """What is wrong with a thing that an automation points to."""

    DELETED = "DELETED"
    DEACTIVATED = "DEACTIVATED"


class AutomationProblem(NamedTuple):
    """Something that is wrong with an automation."""

    problem: Problem
    kind: Kind
    id: UUID
    message: str


#: To what automations point, by the tables that have them.
_TABLES = {
    Kind.TAG: "tag",
    Kind.TEMPLATE: "template",
    Kind.ACCOUNT_ROLE: "account_role",
    Kind.CLIENT_STATUS: "client_status",
    Kind.STATUS: "status",
    Kind.MEMBER: "member",
}
_GONE = " OR ".join(
    f"pointer.kind = '{kind}' AND NOT EXISTS (SELECT FROM {table} WHERE id = pointer.thing)"
    for kind, table in _TABLES.items()
)
# Nobody deletes members.
_PROBLEMS = f"""
SELECT pointer.automation_id, pointer.kind, pointer.thing, member.name FROM automation_pointer AS pointer
LEFT JOIN member ON pointer.kind = '{Kind.MEMBER}' AND member.id = pointer.thing AND NOT member.active
WHERE pointer.automation_id = ANY($1) AND (member.id IS NOT NULL OR {_GONE}) ORDER BY pointer.id
"""


async def problems_of(automations: Sequence[UUID]) -> dict[UUID, list[AutomationProblem]]:
    """What is wrong with each of these automations, in one statement."""
    found: dict[UUID, list[AutomationProblem]] = {id: [] for id in automations}
    for row in await sql(_PROBLEMS, automations):
        found[row["automation_id"]].append(_problem(Kind(row["kind"]), row["thing"], row["name"]))
    return found


def _problem(kind: Kind, id: UUID, deactivated: str | None) -> AutomationProblem:
    if deactivated is not None:
        told = f"{deactivated} is deactivated. Name an active member instead."
        return AutomationProblem(Problem.DEACTIVATED, kind, id, told)
    article = "An" if kind.spoken[0] in "aeiou" else "A"
    told = f"{article} {kind.spoken} that it names was deleted. Name another one, or take it out."
    return AutomationProblem(Problem.DELETED, kind, id, told)
