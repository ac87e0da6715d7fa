"""Personal tokens: what a member's scripts and integrations come with, instead of signing in.

See docs/decisions/0054-personal-tokens.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from tortoise import fields

from models import checks
from models.bounds import TOKEN_DAYS, TOKENS
from models.command import Change, command
from models.command_steps import made_before
from models.database import sql
from models.errors import Forbidden, RuleBroken
from models.events import OfFirm
from models.gathered import Gathered
from models.ids import Kind, MemberId, PersonalTokenId, new_id
from models.policies import Policy
from models.reach import check_held, check_reach
from models.reasons import Reason
from models.rights import EVERY_MEMBER, Right
from models.rows import Member, Row, register
from models.rows.base import belongs_to
from models.stamps import created_by, raised, stamp
from models.texts import LABEL
from models.token_secrets import digest, new_secret


class PersonalToken(Row):
    """A token of a member's own, good until a day, with rights that are no more than the member's at any time."""

    kind = Kind.PERSONAL_TOKEN
    policy = Policy(right=Right.MANAGE_TEAM, owner="member_id")

    #: The token itself: on the row that was just made, and nowhere else.
    secret: str | None = None

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    member: Any = belongs_to("Member")
    member_id: UUID
    name = fields.CharField(max_length=LABEL.most)
    rights: list[str] = fields.JSONField(default=list)
    read_only = fields.BooleanField(default=True)
    digest = fields.CharField(max_length=64, unique=True)
    created_by_id: UUID | None = created_by()
    expires_at: datetime = fields.DatetimeField()
    revoked_at: datetime | None = fields.DatetimeField(null=True)
    # Written once in a while, and no new version: nobody is told.
    last_used_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "personal_token"
        indexes = (("firm_id", "created_at", "id"), ("member_id", "created_at", "id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalTokenEvent(OfFirm):
    """Something happened to a member's personal token.

    Seen with the right to the team, and by whose token it is on their own stream."""

    subject = "personal_token"
    beside = ("member",)
    needs: ClassVar[frozenset[Right]] = frozenset({Right.MANAGE_TEAM})

    personal_token: PersonalTokenId
    member: MemberId

    @property
    def owners(self) -> frozenset[MemberId]:
        return frozenset({self.member})


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalTokenCreated(PersonalTokenEvent):
    """A member made a personal token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalTokenRevoked(PersonalTokenEvent):
    """A personal token was revoked: it is good for nothing from this revision on."""

    @property
    def rescoped(self) -> frozenset[MemberId]:
        # Of those who come as this member, whoever comes with the token sees nothing any more.
        return frozenset({self.member})


register(PersonalToken)


@command("createPersonalToken", EVERY_MEMBER, in_person=True)
async def create_personal_token(
    change: Change,
    *,
    name: str,
    days: int,
    rights: Sequence[Right] = (),
    read_only: bool = True,
    id: UUID | None = None,
) -> PersonalToken:
    """Make a token for a script or an integration: it comes as you, with no more than the rights that you name.

    The row has the secret, this once."""
    if change.member_id is None:
        raise Forbidden("Only a member has personal tokens.", reason=Reason.MEMBERS_ONLY)
    check_held(change, rights, "rights")
    if earlier := await made_before(change, PersonalToken, id, PersonalTokenCreated):
        return earlier
    with Gathered() as check:
        called = check(LABEL.check, name, "name")
        lasts = check(checks.days, days, "days", TOKEN_DAYS)
    await _expect_room(change, change.member_id)
    secret = new_secret()
    token = PersonalToken(
        id=id or new_id(),
        firm_id=change.actor.firm_id,
        member_id=change.member_id,
        name=called,
        rights=sorted(set(rights)),
        read_only=read_only,
        digest=digest(secret),
        expires_at=change.now + timedelta(days=lasts),
    )
    await token.save(force_create=True)
    token.secret = secret
    change.record(PersonalTokenCreated(personal_token=token.id, member=token.member_id))
    return token


async def _expect_room(change: Change, member_id: UUID) -> None:
    # One after another: two at once would both find room for the last one.
    await sql("SELECT FROM member WHERE id = $1 FOR NO KEY UPDATE", member_id)
    good = PersonalToken.filter(member_id=member_id, revoked_at=None, expires_at__gt=change.now)
    if await good.count() >= TOKENS.most:
        told = f"You have {TOKENS.most} tokens that are good. Revoke one that you do not use."
        raise RuleBroken(told, reason=Reason.FULL, kind=Kind.PERSONAL_TOKEN.value, maximum=TOKENS.most)


@command("revokePersonalToken", EVERY_MEMBER, in_person=True)
async def revoke_personal_token(
    change: Change, *, personal_token_id: UUID, expected_version: int | None = None
) -> PersonalToken:
    """End a personal token at once: your own, or with the right MANAGE_TEAM that of somebody who is not above you. Its
    sockets close.

    One that has expired or was revoked stays as it is."""
    token = await change.seen.rows(PersonalToken).lock(personal_token_id, "personal_token_id")
    if token.member_id != change.member_id:
        check_reach(change, await change.scope.rows(Member).get(token.member_id), "personal_token_id")
    token.expect(expected_version)
    if token.revoked_at is None and token.expires_at > change.now:
        token.revoked_at = change.now
        await token.store("revoked_at")
        change.record(PersonalTokenRevoked(personal_token=token.id, member=token.member_id))
    return token


async def revoke_all_of(change: Change, member_id: UUID) -> None:
    """End the tokens of a member who is shut out: when they are let back, they make others."""
    revoked = await sql(
        f"UPDATE personal_token SET revoked_at = $2, {raised(3)} "
        "WHERE member_id = $1 AND revoked_at IS NULL AND expires_at > $2 RETURNING id",
        member_id,
        change.now,
        *stamp(),
    )
    for id in sorted(row["id"] for row in revoked):
        change.record(PersonalTokenRevoked(personal_token=id, member=member_id))
