"""The firm's roles at its accounts, such as Preparer and Reviewer, and which members hold them where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack
from uuid import UUID

from tortoise import fields

from models import checks
from models.command import Change, command
from models.command_steps import active_members, made_before, refuse_same_name, replace_links
from models.database import sql
from models.events import AccountEvent, Changes, OfFirm, changes_of
from models.filtering import Linked
from models.gathered import checked
from models.ids import AccountRoleId, Kind, MemberId, new_id
from models.pointed import tell_pointing
from models.policies import Policy
from models.rights import Right
from models.rows import Account, Row, register
from models.rows.base import Link, belongs_to
from models.rows.keys import name_order, same
from models.stamps import created_by, raised, stamp
from models.texts import LABEL


class AccountRole(Row):
    """A role of the firm's at accounts. It gives no rights."""

    kind = Kind.ACCOUNT_ROLE
    policy = Policy(whole_team=True)

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    created_by_id: UUID | None = created_by()
    name = fields.CharField(max_length=LABEL.most)
    name_key: str = same("name")
    name_order: str = name_order()

    class Meta:
        table = "account_role"
        unique_together = (("firm", "name_key"),)


class AccountRoleHolder(Link):
    """A member holds a role at an account."""

    account: Any = belongs_to("Account", on_delete=fields.CASCADE)
    account_id: UUID
    account_role: Any = belongs_to("AccountRole", on_delete=fields.CASCADE, index=True)
    account_role_id: UUID
    member: Any = belongs_to("Member", on_delete=fields.CASCADE, index=True)
    member_id: UUID

    class Meta:
        table = "account_role_holder"
        unique_together = (("account", "account_role", "member"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRoleEvent(OfFirm):
    """Something happened to an account role."""

    subject = "account_role"

    account_role: AccountRoleId


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRoleCreated(AccountRoleEvent):
    """An account role was added to the firm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRoleUpdated(AccountRoleEvent):
    """An account role got another name."""

    changes: Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRoleDeleted(AccountRoleEvent):
    """An account role was removed from the firm and from every account."""

    ends = True

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRoleHoldersChanged(AccountEvent):
    """Members were given a role at an account, or it was taken from them."""

    account_role: AccountRoleId
    added: tuple[MemberId, ...]
    removed: tuple[MemberId, ...]


register(AccountRole)

#: Accounts at which one of these members holds a role, whichever it is.
HELD_BY = Linked(AccountRoleHolder, "account_id", "member_id")


class AccountRoleFields(TypedDict, total=False):
    """What `update_account_role` may change; what is left out stays."""

    name: str


@command("createAccountRole", Right.MANAGE_ACCOUNTS)
async def create_account_role(change: Change, *, name: str, id: UUID | None = None) -> AccountRole:
    """Add a role that members can hold at accounts.

    No other role of the firm has a name that is taken for the same, as in another case."""
    if earlier := await made_before(change, AccountRole, id, AccountRoleCreated):
        return earlier
    role = AccountRole(id=id or new_id(), firm_id=change.actor.firm_id, name=LABEL.check(name, "name"))
    await refuse_same_name(change, role, "role")
    await role.save(force_create=True)
    change.record(AccountRoleCreated(account_role=role.id))
    return role


@command("updateAccountRole", Right.MANAGE_ACCOUNTS)
async def update_account_role(
    change: Change,
    *,
    account_role_id: UUID,
    expected_version: int | None = None,
    **fields: Unpack[AccountRoleFields],
) -> AccountRole:
    """Change an account role's name. Whoever holds it goes on to hold it."""
    role = await change.scope.rows(AccountRole).lock(account_role_id, "account_role_id")
    role.expect(expected_version)
    if changed := role.change_to(checked(role.differing(fields), {"name": LABEL.check})):
        await refuse_same_name(change, role, "role")
        await role.store(*changed)
        change.record(AccountRoleUpdated(account_role=role.id, changes=changes_of(changed)))
    return role


@command("deleteAccountRole", Right.MANAGE_ACCOUNTS)
async def delete_account_role(
    change: Change, *, account_role_id: UUID, expected_version: int | None = None
) -> AccountRole:
    """Remove a role from the firm and from every account."""
    role = await change.scope.rows(AccountRole).lock(account_role_id, "account_role_id")
    role.expect(expected_version)
    for account_id, holders in (await _take_from_all(role)).items():
        change.record(
            AccountRoleHoldersChanged(account=account_id, account_role=role.id, added=(), removed=tuple(holders))
        )
    await tell_pointing(change, role.id)
    await role.delete()
    change.record(AccountRoleDeleted(account_role=role.id, name=role.name))
    return role


async def _take_from_all(role: AccountRole) -> Mapping[UUID, Sequence[UUID]]:
    """Nobody holds the role any more, at whichever account: those who did, by account."""
    # Whoever sets holders locks the role first, so none can appear meanwhile. All of the firm's accounts, not only
    # those that the caller sees: the role itself is going.
    held = "SELECT account_id FROM account_role_holder WHERE account_role_id = $1"
    await sql(f"SELECT FROM account WHERE id IN ({held}) ORDER BY id FOR NO KEY UPDATE", role.id)
    await sql(f"UPDATE account SET {raised(2)} WHERE id IN ({held})", role.id, *stamp())
    rows = await sql(
        """
        WITH taken AS (DELETE FROM account_role_holder WHERE account_role_id = $1 RETURNING account_id, member_id)
        SELECT account_id, array_agg(member_id ORDER BY member_id) AS holders FROM taken
        GROUP BY account_id ORDER BY account_id
        """,
        role.id,
    )
    return {row["account_id"]: row["holders"] for row in rows}


@command("setAccountRoleHolders", Right.MANAGE_ACCOUNTS)
async def set_account_role_holders(
    change: Change,
    *,
    account_id: UUID,
    account_role_id: UUID,
    member_ids: Sequence[UUID],
    expected_version: int | None = None,
) -> Account:
    """Have just these members hold a role at an account. It gives them no rights: who sees an account is its team."""
    # The role before the account, as deleting it does.
    role = await change.scope.rows(AccountRole).lock(account_role_id, "account_role_id")
    account = await change.scope.rows(Account).lock(account_id, "account_id")
    account.expect(expected_version)
    wanted = checks.at_most(member_ids, "member_ids")
    place = {"account_id": account.id, "account_role_id": role.id}
    present = set(await AccountRoleHolder.filter(**place).values_list("member_id", flat=True))
    # A deactivated member goes on to hold it, but nobody newly gives it to one.
    await active_members(change, [id for id in wanted if id not in present], "member_ids")
    added, removed = await replace_links(AccountRoleHolder, place, "member_id", wanted)
    if added or removed:
        await account.store()
        change.record(AccountRoleHoldersChanged(account=account.id, account_role=role.id, added=added, removed=removed))
    return account


@dataclass(frozen=True, slots=True)
class RoleHolders:
    """Who holds a role at an account: the ids of the members, by name."""

    role_id: UUID
    member_ids: Sequence[UUID]


_HOLDERS = """
SELECT holder.account_id, role.id AS role_id, array_agg(member.id ORDER BY member.name_order, member.id) AS member_ids
FROM account_role_holder AS holder
JOIN account_role AS role ON role.id = holder.account_role_id JOIN member ON member.id = holder.member_id
WHERE holder.account_id = ANY($1) GROUP BY holder.account_id, role.id ORDER BY role.name_order, role.id
"""


async def holders_at(accounts: Sequence[UUID]) -> dict[UUID, list[RoleHolders]]:
    """The roles that somebody holds at each account, by name."""
    found: dict[UUID, list[RoleHolders]] = {account: [] for account in accounts}
    for row in await sql(_HOLDERS, accounts):
        found[row["account_id"]].append(RoleHolders(row["role_id"], row["member_ids"]))
    return found


# A role that nobody holds is held by none of them.
_HELD_BY_ALL = """
SELECT role.id FROM account_role_holder AS holder JOIN account_role AS role ON role.id = holder.account_role_id
JOIN member ON member.id = holder.member_id AND member.active
WHERE holder.account_id = $1 GROUP BY role.id HAVING bool_and(member.id = ANY($2)) ORDER BY role.name_order, role.id
"""


async def roles_held_by_all_of(account_id: UUID, members: Sequence[UUID]) -> list[UUID]:
    """The roles at an account whose active holders are all among these members, by name: given to whoever holds one,
    something is given to none but these."""
    return [row["id"] for row in await sql(_HELD_BY_ALL, account_id, list(members))]


_ACTIVE_HOLDERS = """
SELECT member.id FROM member WHERE member.active AND member.id IN
(SELECT member_id FROM account_role_holder WHERE account_id = $1 AND account_role_id = ANY($2))
ORDER BY member.name_order, member.id
"""


async def active_holders(account_id: UUID, roles: Sequence[UUID]) -> list[UUID]:
    """The active members who hold any of these roles at an account, by name."""
    return [row["id"] for row in await sql(_ACTIVE_HOLDERS, account_id, list(roles))]
