"""Personal tokens: whose, what they may do, and that they end."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models import token_use
from models.actor import Actor
from models.audiences import Audience
from models.command import settle
from models.commands.jobs import delete_job
from models.commands.members import (
    create_member,
    deactivate_member,
    reactivate_member,
    set_member_rights,
    set_member_role,
    update_member,
)
from models.commands.moves import move_job
from models.commands.tags import create_tag
from models.database import sql
from models.errors import Forbidden, Invalid, NotFound, RuleBroken, SignInRefused
from models.firm.personal_tokens import (
    PersonalToken,
    PersonalTokenCreated,
    PersonalTokenRevoked,
    create_personal_token,
    revoke_personal_token,
)
from models.grants import Grant
from models.housekeeping import start_over_after_restore
from models.ids import new_id
from models.rights import Right, Role
from models.rows import Member
from models.scope import Scope, Viewer
from models.sign_in import authenticate
from models.templates.jobs import create_job
from models.token_secrets import PATTERN, PREFIX, is_well_formed, new_secret
from models.token_use import TokenUse
from models.visibility import own, shown
from tests.domain.refusal import counted, refused
from tests.locks import held, until_waiting
from tests.world import World

DAY = timedelta(days=1)


async def token_of(world: World, member: Member, *rights: Right, **fields: Any) -> PersonalToken:
    """A token that the member made, with its secret."""
    fields = {"name": "Reports", "days": 30, "rights": rights, "read_only": False, **fields}
    return (await create_personal_token(world.acting(member), **fields)).value


async def seen_with(token: PersonalToken) -> Viewer:
    """Who comes with it."""
    assert token.secret is not None
    return (await authenticate(token.secret)).viewer


def acting_with(token: PersonalToken) -> Actor:
    """Its owner, as who comes with it."""
    return Actor.viewer(Audience.TEAM, token.firm_id, token.member_id, token_id=token.id)


async def is_over(token: PersonalToken) -> bool:
    """Whether it is good for nothing."""
    try:
        await seen_with(token)
    except SignInRefused:
        return True
    return False


async def test_it_comes_as_its_owner_with_what_it_names_of_their_rights(world: World) -> None:
    manager = await world.member("Mia Manager", Role.EMPLOYEE, Right.MANAGE_TAGS, Right.MANAGE_RATES)
    before = await world.revision()
    token = await token_of(world, manager, Right.MANAGE_TAGS)
    assert [logged.event for logged in await world.events(before)] == [
        PersonalTokenCreated(personal_token=token.id, member=manager.id)
    ]
    seen = await seen_with(token)
    assert (seen.member_id, seen.role) == (manager.id, Role.EMPLOYEE)
    assert seen.scope.rights == {Right.MANAGE_TAGS}
    assert seen.token_id == token.id
    assert (await create_tag(acting_with(token), name="Mine", color="#ffffff")).value.name == "Mine"
    (made,) = (await world.events(before))[1:]
    assert made.actor == {"kind": "MEMBER", "id": str(manager.id), "label": None, "token": str(token.id)}


async def test_one_with_no_rights_has_none(world: World) -> None:
    """Also of an owner: what is not named is not there, and a role is none of it."""
    await world.job()
    hidden = await world.new_account("Hidden")
    token = await token_of(world, world.owner)
    seen = await seen_with(token)
    assert (seen.role, seen.scope.rights, seen.scope.accounts) == (Role.EMPLOYEE, frozenset(), frozenset())
    await settle()
    async with refused(world, NotFound, "account_id"):
        await create_job(acting_with(token), name="Mine", account_id=hidden.id, pipeline_id=world.pipeline.id)
    async with refused(world, Forbidden, match="MANAGE_TAGS, which this personal token does not have"):
        await create_tag(acting_with(token), name="Mine", color="#ffffff")


async def test_what_needs_a_role_is_never_done_with_one(world: World) -> None:
    job = await world.job()
    token = await token_of(world, world.owner, *Right)
    async with refused(world, Forbidden, match="a personal token has no role"):
        await delete_job(acting_with(token), job_id=job.id)
    await delete_job(world.acting(world.owner), job_id=job.id)


async def test_without_more_being_said_it_only_reads(world: World) -> None:
    job, stages = await world.job(), await world.stages()
    actor = world.acting(world.owner)
    reading = (await create_personal_token(actor, name="Reports", days=1, rights=list(Right))).value
    assert (await seen_with(reading)).scope.rights == {*Right}
    await settle()
    async with refused(world, Forbidden, match="only reads"):
        await move_job(acting_with(reading), job_id=job.id, stage_id=stages[1].id)
    writing = await token_of(world, world.owner, *Right)
    await move_job(acting_with(writing), job_id=job.id, stage_id=stages[1].id)


async def test_what_its_owner_loses_it_loses_at_once_and_gets_back(world: World) -> None:
    member = await world.member("Mia Manager", Role.EMPLOYEE, Right.MANAGE_TAGS)
    token, owner = await token_of(world, member, Right.MANAGE_TAGS), world.acting(world.owner)
    await set_member_rights(owner, member_id=member.id, rights=[])
    assert (await seen_with(token)).scope.rights == frozenset()
    await settle()
    async with refused(world, Forbidden, match="MANAGE_TAGS"):
        await create_tag(acting_with(token), name="Mine", color="#ffffff")
    await set_member_role(owner, member_id=member.id, role=Role.ADMIN)
    assert (await seen_with(token)).scope.rights == {Right.MANAGE_TAGS}
    await create_tag(acting_with(token), name="Mine", color="#ffffff")


async def test_nobody_gives_it_a_right_that_they_lack(world: World) -> None:
    async with refused(world, Forbidden, "rights", match="MANAGE_TEAM"):
        await token_of(world, world.employee, Right.MANAGE_TEAM)


async def test_it_does_nothing_about_signing_in(world: World) -> None:
    token = await token_of(world, world.owner, *Right)
    with_it = acting_with(token)
    async with refused(world, Forbidden, match="Sign in"):
        await create_personal_token(with_it, name="Another", days=1)
    async with refused(world, Forbidden, match="Sign in"):
        await revoke_personal_token(with_it, personal_token_id=token.id)
    somebody: dict[str, Any] = {"email": f"new@{world.tag}.test", "name": "Nina New"}
    async with refused(world, Forbidden, "password", match="Sign in"):
        await create_member(with_it, password="a good password", **somebody)
    await create_member(with_it, **somebody)


async def test_nor_does_it_reach_above_what_it_has(world: World) -> None:
    token = await token_of(world, world.owner, Right.MANAGE_TEAM, Right.MANAGE_TAGS)
    with_it = acting_with(token)
    async with refused(world, Forbidden, "rights", match="MANAGE_RATES"):
        await set_member_rights(with_it, member_id=world.employee.id, rights=[Right.MANAGE_RATES])
    async with refused(world, Forbidden, "member_id"):
        await update_member(with_it, member_id=world.admin.id, name="Somebody else")
    await set_member_rights(with_it, member_id=world.employee.id, rights=[Right.MANAGE_TAGS])


async def test_of_a_secret_nothing_is_kept_but_its_digest(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with counted(caplog) as statements:
        token = await token_of(world, world.owner)
        await seen_with(token)
    assert token.secret is not None
    assert token.secret not in " ".join(statements)
    rows = await sql("SELECT t::text AS row FROM personal_token t UNION ALL SELECT e::text FROM event e")
    assert not any(token.secret.removeprefix(PREFIX)[:20] in row["row"] for row in rows)
    assert (await PersonalToken.get(id=token.id)).secret is None


def test_a_scanner_finds_it_and_can_tell_it_from_what_only_looks_like_one() -> None:
    secret = new_secret()
    assert re.fullmatch(PATTERN, secret)
    assert is_well_formed(secret)
    assert new_secret() != secret
    for place in range(len(PREFIX), len(secret)):
        other = "a" if secret[place] != "a" else "b"
        assert not is_well_formed(secret[:place] + other + secret[place + 1 :])


@pytest.mark.parametrize("secret", [PREFIX, f"{PREFIX}{'a' * 49}", f"{PREFIX}{'a' * 900}", f"{PREFIX}ä"])
async def test_what_is_none_costs_no_statement(database: str, caplog: pytest.LogCaptureFixture, secret: str) -> None:
    with counted(caplog) as statements, pytest.raises(SignInRefused):
        await authenticate(secret)
    assert statements == []


async def test_who_comes_with_it_is_looked_up_in_one_statement(world: World, caplog: pytest.LogCaptureFixture) -> None:
    token = await token_of(world, world.employee)
    await seen_with(token)
    await settle()
    with counted(caplog) as statements:
        for _ in range(3):
            await seen_with(token)
        await settle()
    assert len(statements) == 3


async def test_one_of_nobody_is_refused(world: World) -> None:
    with pytest.raises(SignInRefused):
        await authenticate(new_secret())


async def _is_revoked(world: World, token: PersonalToken) -> None:
    await revoke_personal_token(world.acting(world.employee), personal_token_id=token.id)


async def _is_revoked_by_an_admin(world: World, token: PersonalToken) -> None:
    await revoke_personal_token(world.acting(world.admin), personal_token_id=token.id)


async def _loses_its_owner(world: World, _token: PersonalToken) -> None:
    await deactivate_member(world.acting(world.admin), member_id=world.employee.id)


async def _loses_its_owner_for_a_while(world: World, _token: PersonalToken) -> None:
    await deactivate_member(world.acting(world.admin), member_id=world.employee.id)
    await reactivate_member(world.acting(world.admin), member_id=world.employee.id)


async def _expires(_world: World, token: PersonalToken) -> None:
    await PersonalToken.filter(id=token.id).update(expires_at=datetime.now(UTC))


async def _is_restored(_world: World, _token: PersonalToken) -> None:
    await start_over_after_restore()


ENDINGS = [
    _is_revoked,
    _is_revoked_by_an_admin,
    _loses_its_owner,
    _loses_its_owner_for_a_while,
    _expires,
    _is_restored,
]


@pytest.mark.parametrize("over", ENDINGS)
async def test_it_ends_at_once(world: World, over: Any) -> None:
    token = await token_of(world, world.employee)
    job, stages = await world.job(), await world.stages()
    await move_job(acting_with(token), job_id=job.id, stage_id=stages[1].id)
    await over(world, token)
    assert await is_over(token)
    revision = await world.revision()
    with pytest.raises(SignInRefused):
        await move_job(acting_with(token), job_id=job.id, stage_id=stages[2].id)
    assert await world.revision() == revision


async def test_nobody_comes_as_somebody_else_with_it(world: World) -> None:
    token = await token_of(world, world.employee)
    as_owner = Actor.viewer(Audience.TEAM, world.firm.id, world.owner.id, token_id=token.id)
    with pytest.raises(SignInRefused):
        await create_tag(as_owner, name="Mine", color="#ffffff")


async def test_what_was_begun_with_it_does_not_outlive_it(world: World, database: str) -> None:
    token = await token_of(world, world.employee)
    job, stages = await world.job(), await world.stages()
    async with held(database, "stage", stages[1].id):
        moving = asyncio.ensure_future(move_job(acting_with(token), job_id=job.id, stage_id=stages[1].id))
        await until_waiting(moving)
        await asyncio.wait_for(revoke_personal_token(world.acting(world.employee), personal_token_id=token.id), 20)
        revoked = await world.revision()
    with pytest.raises(SignInRefused):
        await moving
    assert await world.events(revoked) == []


async def test_what_its_owner_does_meanwhile_goes_on(world: World, database: str) -> None:
    """The control: they lose nothing with it."""
    token = await token_of(world, world.employee)
    job, stages = await world.job(), await world.stages()
    async with held(database, "stage", stages[1].id):
        moving = asyncio.ensure_future(move_job(world.acting(world.employee), job_id=job.id, stage_id=stages[1].id))
        await until_waiting(moving)
        await revoke_personal_token(world.acting(world.employee), personal_token_id=token.id)
        revoked = await world.revision()
    assert (await moving).revision == revoked + 1


async def test_to_revoke_it_again_changes_nothing(world: World) -> None:
    token, me = await token_of(world, world.employee), world.acting(world.employee)
    before = await world.revision()
    assert (await revoke_personal_token(me, personal_token_id=token.id)).value.revoked_at is not None
    await revoke_personal_token(me, personal_token_id=token.id)
    expired = await token_of(world, world.employee)
    await PersonalToken.filter(id=expired.id).update(expires_at=datetime.now(UTC))
    assert (await revoke_personal_token(me, personal_token_id=expired.id)).value.revoked_at is None
    assert [logged.event for logged in await world.events(before)] == [
        PersonalTokenRevoked(personal_token=token.id, member=world.employee.id),
        PersonalTokenCreated(personal_token=expired.id, member=world.employee.id),
    ]


async def test_others_tokens_need_the_right_to_the_team_and_not_to_be_above(world: World) -> None:
    manager = await world.member("Mia Manager", Role.EMPLOYEE, Right.MANAGE_TEAM)
    theirs, owners = await token_of(world, world.employee), await token_of(world, world.owner)
    async with refused(world, NotFound, "personal_token_id"):
        await revoke_personal_token(world.acting(world.stranger), personal_token_id=theirs.id)
    for caller in (manager, world.admin):
        async with refused(world, Forbidden, "personal_token_id", match="above"):
            await revoke_personal_token(world.acting(caller), personal_token_id=owners.id)
    other = await World.build(f"{world.tag}x")
    async with refused(world, NotFound, "personal_token_id"):
        await revoke_personal_token(world.acting(other.owner), personal_token_id=theirs.id)
    await revoke_personal_token(world.acting(manager), personal_token_id=theirs.id)
    assert await is_over(theirs)
    assert not await is_over(owners)


async def test_its_events_are_told_to_its_owner_and_with_the_right_to_the_team(world: World) -> None:
    token = await token_of(world, world.employee)
    event = PersonalTokenCreated(personal_token=token.id, member=world.employee.id)
    manager = (await seen_with(await token_of(world, world.owner, Right.MANAGE_TEAM))).scope
    other = (await seen_with(await token_of(world, world.stranger))).scope
    assert shown(event, manager) == event
    assert shown(event, other) is None
    assert own(event, world.employee.id, other) == event
    assert own(event, world.stranger.id, other) is None


async def test_it_is_made_once_and_its_secret_is_shown_once(world: World) -> None:
    id = new_id()
    first = await token_of(world, world.employee, id=id)
    before = await world.revision()
    again = await token_of(world, world.employee, id=id)
    assert (again.id, again.secret) == (first.id, None)
    assert first.secret is not None
    assert await world.revision() == before


@pytest.mark.parametrize("days", [0, 367, -1])
async def test_it_has_an_end(world: World, days: int) -> None:
    async with refused(world, Invalid, "days", match="1 to 366 days"):
        await token_of(world, world.employee, days=days)
    token = await token_of(world, world.employee, days=366)
    assert token.expires_at - token.created_at == 366 * DAY


async def test_a_member_has_so_many_good_ones(world: World) -> None:
    first = await token_of(world, world.employee)
    await sql(
        "INSERT INTO personal_token SELECT (jsonb_populate_record(t, jsonb_build_object("
        "'id', gen_random_uuid(), 'digest', gen_random_uuid()))).* FROM personal_token t, generate_series(1, 49) "
        "WHERE t.id = $1",
        first.id,
    )
    async with refused(world, RuleBroken, match="50 tokens"):
        await token_of(world, world.employee)
    await token_of(world, world.stranger)
    await revoke_personal_token(world.acting(world.employee), personal_token_id=first.id)
    await token_of(world, world.employee)


async def test_two_at_once_do_not_both_get_the_last_place(world: World) -> None:
    first = await token_of(world, world.employee)
    await sql(
        "INSERT INTO personal_token SELECT (jsonb_populate_record(t, jsonb_build_object("
        "'id', gen_random_uuid(), 'digest', gen_random_uuid()))).* FROM personal_token t, generate_series(1, 48) "
        "WHERE t.id = $1",
        first.id,
    )
    both = await asyncio.gather(*(token_of(world, world.employee) for _ in range(2)), return_exceptions=True)
    assert {type(each) for each in both} == {PersonalToken, RuleBroken}


async def last_used(token: PersonalToken) -> datetime | None:
    await settle()
    return (await PersonalToken.get(id=token.id)).last_used_at


async def test_when_it_was_last_used_is_written_once_a_minute(world: World) -> None:
    token, use, now = await token_of(world, world.employee), TokenUse(), datetime.now(UTC)
    before = await world.revision()

    def grant(used_at: datetime | None) -> Grant:
        return Grant(token.id, frozenset(), True, token.expires_at, used_at)

    assert await last_used(token) is None
    use.note(grant(None), now)
    use.note(grant(None), now + token_use.WRITTEN_FOR)  # Another is being written.
    assert await last_used(token) == now
    use.note(grant(None), now + token_use.WRITTEN_FOR / 2)  # As a process does that has not heard of it.
    assert await last_used(token) == now
    use.note(grant(now), now + token_use.WRITTEN_FOR / 2)
    assert await last_used(token) == now
    use.note(grant(now), now + token_use.WRITTEN_FOR)
    assert await last_used(token) == now + token_use.WRITTEN_FOR
    assert await world.revision() == before


async def test_to_use_it_is_to_have_that_written_and_waits_for_nobody(world: World, database: str) -> None:
    token = await token_of(world, world.employee)
    async with held(database, "personal_token", token.id):
        await asyncio.wait_for(seen_with(token), 20)
        assert await last_used(token) is None
    await seen_with(token)
    assert await last_used(token) is not None


async def test_equal_scopes_are_one_whatever_they_come_with(world: World) -> None:
    """What is executed once for all who see the same is so for who comes with a token."""
    one, other = await token_of(world, world.employee), await token_of(world, world.employee, read_only=True)
    assert (await seen_with(one)).scope == (await seen_with(other)).scope
    whole = await token_of(world, world.owner, *Right)
    assert (await seen_with(whole)).scope == Scope.whole(world.firm.id)
