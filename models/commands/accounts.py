"""The firm's clients: adding, editing, tagging, assigning and archiving them."""

from collections.abc import Sequence
from typing import TypedDict, Unpack
from uuid import UUID

from models import checks
from models.command import Change, command
from models.command_steps import active_members, made_before, replace_links
from models.commands.tags import tags_to_carry
from models.conditions import holds
from models.errors import RuleBroken
from models.events import (
    AccountArchived,
    AccountCreated,
    AccountRestored,
    AccountTagsChanged,
    AccountTeamChanged,
    AccountUpdated,
    changes_of,
)
from models.gathered import Gathered, Rules, checked
from models.ids import new_id
from models.mail.outbox import hold_with_mail, withdraw_of_account
from models.reasons import Reason
from models.reminder_ends import end_reminders_of_account
from models.rights import Right
from models.rows import Account, AccountMember, AccountTag, AccountType, Category, Job
from models.sign_in import end_client_sessions_at
from models.texts import NAME


class AccountFields(TypedDict, total=False):
    """What `update_account` may change; what is left out stays."""

    name: str
    type: AccountType


_RULES: Rules = {"name": NAME.check}


@command("createAccount", Right.MANAGE_ACCOUNTS)
async def create_account(
    change: Change,
    *,
    name: str,
    type: AccountType = AccountType.COMPANY,
    tag_ids: Sequence[UUID] = (),
    team_ids: Sequence[UUID] = (),
    id: UUID | None = None,
) -> Account:
    """Add a client.

    A member who does not see every account is put on its team, so that they see what they made."""
    if earlier := await made_before(change, Account, id, AccountCreated):
        return earlier
    with Gathered() as check:
        told = check.each({"name": name}, _RULES)
        check(checks.at_most, tag_ids, "tag_ids")
        team = check(checks.at_most, _with_maker(change, team_ids), "team_ids")
    tags = await tags_to_carry(change, tag_ids, "tag_ids")
    await active_members(change, team, "team_ids")
    account = Account(id=id or new_id(), firm_id=change.actor.firm_id, type=type, **told)
    await account.save(force_create=True)
    change.record(AccountCreated(account=account.id))
    await _tag(change, account, tags)
    await _staff(change, account, team)
    return account


def _with_maker(change: Change, team_ids: Sequence[UUID]) -> list[UUID]:
    if change.scope.accounts is None or change.member_id is None:
        return list(team_ids)
    return [*team_ids, change.member_id]


@command("updateAccount", Right.MANAGE_ACCOUNTS)
async def update_account(
    change: Change, *, account_id: UUID, expected_version: int | None = None, **fields: Unpack[AccountFields]
) -> Account:
    """Change an account's name or type."""
    account = await change.scope.rows(Account).lock(account_id, "account_id")
    account.expect(expected_version)
    if changed := account.change_to(checked(account.differing(fields), _RULES)):
        await account.store(*changed)
        change.record(AccountUpdated(account=account.id, changes=changes_of(changed)))
    return account


@command("setAccountTags", Right.MANAGE_ACCOUNTS)
async def set_account_tags(
    change: Change, *, account_id: UUID, tag_ids: Sequence[UUID], expected_version: int | None = None
) -> Account:
    """Make an account carry just these tags."""
    tags = await tags_to_carry(change, tag_ids, "tag_ids")
    account = await change.scope.rows(Account).lock(account_id, "account_id")
    account.expect(expected_version)
    if await _tag(change, account, tags):
        await account.store()
    return account


async def _tag(change: Change, account: Account, tags: Sequence[UUID]) -> bool:
    added, removed = await replace_links(AccountTag, {"account_id": account.id}, "tag_id", tags)
    if not added and not removed:
        return False
    change.record(AccountTagsChanged(account=account.id, added=added, removed=removed))
    return True


@command("setAccountTeam", Right.MANAGE_ACCOUNTS)
async def set_account_team(
    change: Change, *, account_id: UUID, member_ids: Sequence[UUID], expected_version: int | None = None
) -> Account:
    """Assign just these members to an account: they see it, others may not any more.

    Those who do not see every account begin or cease to see it, the caller among them."""
    account = await change.scope.rows(Account).lock(account_id, "account_id")
    account.expect(expected_version)
    wanted = checks.at_most(member_ids, "member_ids")
    present = set(await AccountMember.filter(account_id=account.id).values_list("member_id", flat=True))
    # A deactivated member stays assigned, but nobody newly assigns one.
    await active_members(change, [id for id in wanted if id not in present], "member_ids")
    if await _staff(change, account, wanted):
        await account.store()
    return account


async def _staff(change: Change, account: Account, team: Sequence[UUID]) -> bool:
    added, removed = await replace_links(AccountMember, {"account_id": account.id}, "member_id", team)
    if not added and not removed:
        return False
    change.record(AccountTeamChanged(account=account.id, added=added, removed=removed))
    return True


@command("archiveAccount", Right.MANAGE_ACCOUNTS)
async def archive_account(change: Change, *, account_id: UUID, expected_version: int | None = None) -> Account:
    """Archive a client that has no open jobs.

    There are no new jobs for it. Its open jobs must have been completed or archived. What waits in the outbox to be
    sent to it is withdrawn, and contacts who are at no other account are signed out of the portal."""
    accounts = change.scope.rows(Account)
    await accounts.get(account_id, "account_id")
    await hold_with_mail(change, account_id)
    account = await accounts.lock(account_id, "account_id")
    account.expect(expected_version)
    if account.archived:
        return account
    still_open = holds(account_id=account.id, status__category__in=(Category.ACTIVE, Category.CUSTOM))
    if await Job.filter(still_open).exists():
        seen = await change.scope.rows(Job).where(still_open).count()
        raise RuleBroken(_open_jobs(seen), "account_id", reason=Reason.IN_USE, actual=seen)
    account.archived_at = change.now
    await account.store("archived_at")
    change.record(AccountArchived(account=account.id))
    await withdraw_of_account(change, account.id)
    await end_reminders_of_account(change, account.id)
    await end_client_sessions_at(account.id, change.now)
    return account


def _open_jobs(seen: int) -> str:
    # As `jobs_left`.
    if not seen:
        return "There are open jobs of this account that you do not see. They are completed or archived first."
    jobs = "1 open job" if seen == 1 else f"{seen:,} open jobs"
    return f"This account has {jobs} that you see. Complete or archive what is open first."


@command("restoreAccount", Right.MANAGE_ACCOUNTS)
async def restore_account(change: Change, *, account_id: UUID, expected_version: int | None = None) -> Account:
    """Take back an archived client."""
    account = await change.scope.rows(Account).lock(account_id, "account_id")
    account.expect(expected_version)
    if account.archived:
        account.archived_at = None
        await account.store("archived_at")
        change.record(AccountRestored(account=account.id))
    return account
