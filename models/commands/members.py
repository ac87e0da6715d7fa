"""The team: who is on it, in which role, with which rights.

Only the owner makes and unmakes admins, and stays the owner until they hand that over. Nobody changes anything about
whoever is above them: in a higher role, or with a right that they lack.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypedDict, Unpack
from uuid import UUID

from models import attempts, checks
from models.actions import stands_for
from models.actor import Actor
from models.bounds import CAPACITY
from models.command import Change, Outcome, authority, command, shut_out
from models.command_steps import deactivated, made_before
from models.commands.timers import stop_running
from models.errors import Forbidden, Invalid, RuleBroken
from models.events import (
    MemberCreated,
    MemberDeactivated,
    MemberInvited,
    MemberReactivated,
    MemberRightsChanged,
    MemberRoleChanged,
    MemberUpdated,
    changes_of,
)
from models.firm.personal_tokens import revoke_all_of
from models.gathered import Gathered, Rules, checked, unread_beside
from models.hashed_secrets import with_secrets
from models.ids import new_id
from models.one_time.letters import send_invitation
from models.passwords import hashed, verified
from models.pointed import tell_pointing
from models.reach import check_held, check_reach
from models.reasons import Reason
from models.repeating import used_before
from models.rights import EVERY_MEMBER, Right, Role
from models.rows import Member
from models.sign_in import end_sessions_of
from models.texts import EMAIL, NAME, PASSWORD, sameness

_STAYS = "Nobody removes the owner. They can transfer ownership first."


_INVITATIONS = attempts.Tries("invitations of this member", path="member_id", name="invitation")
_RULES: Rules = {"email": EMAIL.check, "name": NAME.check, "capacity": partial(checks.minutes, bounds=CAPACITY)}


class MemberFields(TypedDict, total=False):
    """What `update_member` may change; what is left out stays."""

    name: str
    capacity: int


@dataclass(frozen=True, slots=True)
class _Newcomer:
    """Somebody who is to join the team, as they were described."""

    email: str
    name: str
    role: Role
    rights: Sequence[Right]
    capacity: int

    def columns(self, change: Change, password: str | None = None) -> dict[str, Any]:
        """Their columns; refused where the actor may not add such a member, or a value is none, be it the password."""
        _check_role(change, self.role)
        check_held(change, self.rights, "rights")
        with Gathered() as check:
            told = check.each({"email": self.email, "name": self.name, "capacity": self.capacity}, _RULES)
            if password is not None:
                check(PASSWORD.check, password, "password")
        return told | {"role": self.role, "given_rights": sorted(set(self.rights))}


@command("createMember", Right.MANAGE_TEAM)
async def _create_member(change: Change, *, wanted: _Newcomer, password_hash: str | None, id: UUID | None) -> Member:
    columns = wanted.columns(change)
    if password_hash is not None:
        _expect_to_give_password(change)
    if earlier := await made_before(change, Member, id, MemberCreated):
        return earlier
    member = Member(id=id or new_id(), firm_id=change.actor.firm_id, password_hash=password_hash, **columns)
    # An address is one person's over all firms. Which firm has it is not for this caller to know.
    if await Member.exists(email_key=sameness(member.email)):
        told = "This address cannot be used: somebody already signs in with it."
        raise RuleBroken(told, "email", reason=Reason.TAKEN)
    await member.save(force_create=True)
    change.record(MemberCreated(member=member.id))
    return member


@stands_for(_create_member)
async def create_member(
    actor: Actor,
    /,
    *,
    email: str,
    name: str,
    role: Role = Role.EMPLOYEE,
    rights: Sequence[Right] = (),
    capacity: int = 2400,
    password: str | None = None,
    id: UUID | None = None,
) -> Outcome[Member]:
    """Add somebody to the team.

    Without a password they cannot sign in yet. Capacity is in minutes a week."""
    wanted = _Newcomer(email, name, role, rights, capacity)
    secrets = {} if password is None else {"password": password}
    key = actor.call.key if actor.call is not None else None
    if password is not None and await used_before(actor.firm_id, actor.asker, key):
        PASSWORD.check(password, "password")
    elif password is not None:
        # Hashed before the transaction, which must not stay open for as long as that takes; and after all that needs
        # no transaction to be refused.
        with unread_beside(actor.unread):
            change = await authority(actor, _create_member.action)
            _expect_to_give_password(change)
            wanted.columns(change, password)

    async def hashes_of(secrets: Mapping[str, str]) -> dict[str, str]:
        return {name: await hashed(secret) for name, secret in secrets.items()}

    async def create(actor: Actor, hashes: Mapping[str, str]) -> Outcome[Member]:
        return await _create_member(actor, wanted=wanted, password_hash=hashes.get("password"), id=id)

    return await with_secrets(actor, secrets, hashes_of, create)


@command("inviteMember", Right.MANAGE_TEAM, in_person=True)
async def invite_member(change: Change, *, member_id: UUID, expected_version: int | None = None) -> Member:
    """Have a mail sent to an active member, with a link by which they choose a password: their first one, or another.

    The link is good for seven days, and once; the mail takes the place of those that they were sent before."""
    member = await _reached(change, member_id, expected_version)
    if not member.active:
        raise deactivated(member, "member_id")
    await attempts.count_attempt(str(member.id), change.now, tries=_INVITATIONS)
    member.invited_at = change.now
    await member.store("invited_at")
    await send_invitation(member.id, change.now)
    change.record(MemberInvited(member=member.id))
    return member


@command("updateMember", Right.MANAGE_TEAM)
async def update_member(
    change: Change, *, member_id: UUID, expected_version: int | None = None, **fields: Unpack[MemberFields]
) -> Member:
    """Change a member's name or capacity."""
    member = await _reached(change, member_id, expected_version)
    if changed := member.change_to(checked(member.differing(fields), _RULES)):
        await member.store(*changed)
        change.record(MemberUpdated(member=member.id, changes=changes_of(changed)))
    return member


@command("setMemberRole", Right.MANAGE_TEAM)
async def set_member_role(
    change: Change, *, member_id: UUID, role: Role, expected_version: int | None = None
) -> Member:
    """Make a member an admin, or an employee.

    Rights given before count again for an employee."""
    stays = None if role is Role.OWNER else "The owner stays the owner until they transfer ownership."
    member = await _reached(change, member_id, expected_version, of_the_owner=stays)
    if role is member.role:
        return member  # As it is: nobody is made or unmade anything.
    for affected in (role, member.role):
        _check_role(change, affected)
    await _put_into(change, member, role)
    return member


async def _put_into(change: Change, member: Member, role: Role) -> None:
    if changed := member.change_to({"role": role}):
        await member.store("role")
        before, after = changed["role"]
        change.record(MemberRoleChanged(member=member.id, from_role=before, to_role=after))


@command("setMemberRights", Right.MANAGE_TEAM)
async def set_member_rights(
    change: Change, *, member_id: UUID, rights: Sequence[Right], expected_version: int | None = None
) -> Member:
    """Give a member just these rights.

    An admin's and the owner's are kept for when they are employees again."""
    member = await _reached(change, member_id, expected_version)
    wanted, present = frozenset(rights), member.given
    check_held(change, wanted ^ present, "rights")
    if wanted != present:
        member.given_rights = sorted(wanted)
        await member.store("given_rights")
        added, removed = sorted(wanted - present), sorted(present - wanted)
        change.record(MemberRightsChanged(member=member.id, added=tuple(added), removed=tuple(removed)))
    return member


@command("deactivateMember", Right.MANAGE_TEAM)
async def deactivate_member(change: Change, *, member_id: UUID, expected_version: int | None = None) -> Member:
    """Shut a member out at once: their sessions and personal tokens end, their sockets close and their running timer is
    stopped.

    They stay on what they were assigned to."""
    member = await _reached(change, member_id, expected_version, of_the_owner=_STAYS)
    if member.id == change.member_id:
        told = "Nobody deactivates themselves. Ask somebody else who manages the team."
        raise RuleBroken(told, "member_id", reason=Reason.YOURSELF)
    _check_removable(change, member)
    if member.active:
        member.active = False
        await member.store("active")
        await end_sessions_of(member.id, now=change.now)
        await revoke_all_of(change, member.id)
        # Nobody could stop it any more but for those with the right to others' time.
        await stop_running(change, member.id)
        change.record(MemberDeactivated(member=member.id))
        await tell_pointing(change, member.id)
    return member


@command("reactivateMember", Right.MANAGE_TEAM)
async def reactivate_member(change: Change, *, member_id: UUID, expected_version: int | None = None) -> Member:
    """Let a deactivated member sign in again.

    They have the role and the rights that they had."""
    member = await _reached(change, member_id, expected_version, of_the_owner=_STAYS)
    _check_removable(change, member)
    if not member.active:
        member.active = True
        await member.store("active")
        change.record(MemberReactivated(member=member.id))
        await tell_pointing(change, member.id)
    return member


@command("transferOwnership", Role.OWNER)
async def transfer_ownership(change: Change, *, member_id: UUID) -> Member:
    """Make another member the owner, and yourself an admin.

    They must be active. Returns the new owner."""
    assert change.member_id is not None  # Only the owner gets here.
    people = await change.scope.rows(Member).lock_many({member_id, change.member_id})
    heir = people.get(member_id) or await change.scope.rows(Member).get(member_id, "member_id")
    if heir.id == change.member_id:
        raise RuleBroken("You are the owner already. Name another member.", "member_id", reason=Reason.YOURSELF)
    if not heir.active:
        raise deactivated(heir, "member_id")
    check_reach(change, heir, "member_id")
    # In this order: a firm never has two owners, not even inside a transaction.
    await _put_into(change, people[change.member_id], Role.ADMIN)
    await _put_into(change, heir, Role.OWNER)
    return heir


def _expect_to_give_password(change: Change) -> None:
    """With it somebody signs in, for longer than the token lasts."""
    change.expect_in_person("Giving a password", "password")


def _not_the_present_one() -> Invalid:
    return Invalid("This is not your present password.", "current_password", reason=Reason.WRONG_PASSWORD)


@command("changePassword", EVERY_MEMBER, in_person=True)
async def _change_password(change: Change, *, present: str, new_hash: str) -> Member:
    member = await change.scope.rows(Member).lock(_own(change))
    if member.password_hash != present:
        raise _not_the_present_one()
    member.password_hash = new_hash
    # Not a new version either: there is no event that would bring it to those who hold the old one.
    await member.save(update_fields=["password_hash"])
    return member


@stands_for(_change_password)
async def change_password(actor: Actor, /, *, current_password: str, new_password: str) -> Outcome[Member]:
    """Change your own password. Sessions go on.

    It makes no revision: nobody else sees it. `LimitReached` after too many wrong present ones: whoever took over a
    session must not guess it."""
    _own(await authority(actor, _change_password.action))
    with unread_beside(actor.unread):
        PASSWORD.check(new_password, "new_password")
    member = await Member.filter(id=actor.id, firm_id=actor.firm_id, active=True).first()
    if member is None:
        raise shut_out()
    place = f"device {actor.caller.session_id}"

    async def allowed() -> None:
        await attempts.count_attempt(member.email_key, datetime.now(UTC), place, tries=attempts.CHANGE_PASSWORD)

    async def hashes_of(_secrets: Mapping[str, str]) -> dict[str, str]:
        if not await verified(member.password_hash, current_password) or member.password_hash is None:
            raise _not_the_present_one()
        return {"current_password": member.password_hash, "new_password": await hashed(new_password)}

    async def change(actor: Actor, hashes: Mapping[str, str]) -> Outcome[Member]:
        return await _change_password(actor, present=hashes["current_password"], new_hash=hashes["new_password"])

    secrets = {"current_password": current_password, "new_password": new_password}
    outcome = await with_secrets(actor, secrets, hashes_of, change, allowed=allowed)
    await attempts.take_back(member.email_key, place)
    return outcome


def _own(change: Change) -> UUID:
    if change.member_id is None:
        raise Forbidden("Only a member has a password.", reason=Reason.MEMBERS_ONLY)
    return change.member_id


def _check_role(change: Change, role: Role) -> None:
    """Refuses to bring somebody into this role, or out of it, unless the actor may."""
    if role is Role.OWNER:
        told = "A firm has one owner. To change who that is, the owner transfers ownership."
        raise RuleBroken(told, "role", reason=Reason.OWNER)
    if role is Role.ADMIN and change.role is not Role.OWNER:
        raise _for_the_owner("Only the owner makes and unmakes admins. Ask the owner.", "role")


def _for_the_owner(told: str, field: str) -> Forbidden:
    return Forbidden(told, field, reason=Reason.ROLE_MISSING, role=Role.OWNER)


def _check_removable(change: Change, member: Member) -> None:
    if member.role is Role.ADMIN and change.role is not Role.OWNER:
        raise _for_the_owner("Only the owner removes admins and lets them back. Ask the owner.", "member_id")


async def _reached(
    change: Change, member_id: UUID, expected_version: int | None, *, of_the_owner: str | None = None
) -> Member:
    """A member to be changed, held: every command that changes one comes by them here. `of_the_owner` says why nobody
    does this to the owner."""
    member = await change.scope.rows(Member).lock(member_id, "member_id")
    if of_the_owner is not None and member.role is Role.OWNER:
        raise RuleBroken(of_the_owner, "member_id", reason=Reason.OWNER)
    check_reach(change, member, "member_id")
    member.expect(expected_version)
    return member
