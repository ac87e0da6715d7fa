"""Who is assigned to a job that is made of a template, and to its tasks: as things stand at its account then. And the
other way round, which roles those stand for who are assigned to a job that a template is made of."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from models.database import sql
from models.templates.job_tasks import Assigns

Holders = Mapping[UUID, Sequence[UUID]]


@dataclass(frozen=True, slots=True)
class People:
    """Those whom a template may come to assign at an account: of the members that it names those who are active, and
    of its roles those that are there, each with the active members who hold it at the account."""

    members: Collection[UUID]
    holders: Holders

    def assigned(self, to: Assigns) -> list[UUID]:
        """Who is assigned: each member once."""
        named = [id for id in to.assignee_ids if id in self.members]
        held = [member for role in to.assignee_role_ids for member in self.holders.get(role, ())]
        return list(dict.fromkeys([*named, *held]))

    def unfilled(self, all: Iterable[Assigns]) -> tuple[UUID, ...]:
        """The roles that assign nobody, as no active member holds them there."""
        return tuple(role for role in _roles(all) if role in self.holders and not self.holders[role])

    def deleted(self, all: Iterable[Assigns]) -> int:
        """How many of its roles are not there any more."""
        return sum(role not in self.holders for role in _roles(all))

    def deactivated(self, all: Iterable[Assigns]) -> tuple[UUID, ...]:
        """The members who are not assigned, as they are deactivated by now."""
        return tuple(id for id in _members(all) if id not in self.members)


def _members(all: Iterable[Assigns]) -> Iterable[UUID]:
    return dict.fromkeys(id for to in all for id in to.assignee_ids)


def _roles(all: Iterable[Assigns]) -> Iterable[UUID]:
    return dict.fromkeys(role for to in all for role in to.assignee_role_ids)


# In one statement, however many there are.
_PEOPLE = """
SELECT NULL AS role, id AS member FROM member WHERE id = ANY($2) AND active
UNION ALL (
    SELECT role.id, member.id FROM account_role AS role
    LEFT JOIN account_role_holder AS holder ON holder.account_role_id = role.id AND holder.account_id = $1
    LEFT JOIN member ON member.id = holder.member_id AND member.active
    WHERE role.id = ANY($3) ORDER BY member.name_order, member.id
)
"""


async def people_of(all: Sequence[Assigns], account_id: UUID) -> People:
    """Those whom a job and its tasks may come to be assigned to at an account."""
    found = await sql(_PEOPLE, account_id, list(_members(all)), list(_roles(all)))
    holders: dict[UUID, list[UUID]] = {}
    for row in found:
        if row["role"] is not None:
            holders.setdefault(row["role"], []).extend([row["member"]] if row["member"] is not None else [])
    return People({row["member"] for row in found if row["role"] is None}, holders)


_HELD = """
SELECT role.id, array_agg(member.id) AS holders FROM account_role_holder AS holder
JOIN account_role AS role ON role.id = holder.account_role_id
JOIN member ON member.id = holder.member_id AND member.active
WHERE holder.account_id = $1 GROUP BY role.id ORDER BY role.name_order, role.id
"""


async def holders_of_roles(account_id: UUID) -> Holders:
    """The active members who hold each role at an account, of those that some hold: by the roles' names."""
    return {row["id"]: row["holders"] for row in await sql(_HELD, account_id)}


def as_roles(members: Sequence[UUID], holders: Holders) -> tuple[tuple[UUID, ...], tuple[UUID, ...]]:
    """These members, as members and as roles: the roles of which all holders are among them, and the members who hold
    none of those."""
    roles = tuple(role for role, of_it in holders.items() if set(of_it) <= set(members))
    held = {member for role in roles for member in holders[role]}
    return tuple(id for id in members if id not in held), roles
