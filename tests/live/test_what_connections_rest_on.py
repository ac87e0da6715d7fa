"""A socket or a stream lasts as long as everything that it rested on when it was opened: its token, the key of that,
its session, its member."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import orjson
import pytest

import embedded
from engine.engine import Engine
from engine.session import Session
from models.commands.members import deactivate_member, set_member_role
from models.housekeeping import start_over_after_restore
from models.rights import Role
from models.rows import Member
from models.rows import Session as SessionRow
from models.sign_in import authenticate, end_sessions_of, issue_for, refresh, sign_in, sign_out
from models.signing_keys import KEYS, Keys, rotate_signing_key
from resolvers.root import graphql_schema
from subscriptions.hub import Hub
from subscriptions.watches import Ending, Watch, Watches
from tests.live.eventually import eventually
from tests.live.house import hub_on
from tests.signing_in import KEPT, PASSWORD
from tests.world import World
from transport.engine import Ended, Request


@pytest.fixture
async def hub(servers: embedded.Servers) -> AsyncIterator[Hub]:
    """One that looks at sessions and keys all the time."""
    async with hub_on(servers.redis_url, sessions=0.02) as hub:
        yield hub


async def opened(engine: Engine, member: Member, ended: list[Ended]) -> Session:
    """The session of a socket of the member's, as it is told of its end."""
    session = await engine.sign_in(await issue_for(member.id, 1))
    engine.on_end(session, ended.append)
    await asyncio.sleep(0)  # An operation that came with it would be answered as of then.
    return session


async def asked(engine: Engine, session: Session, query: str = "{ viewer { role } }") -> dict[str, object]:
    """The answer to a new operation on an open socket."""
    return orjson.loads(await engine.execute(engine.prepare(Request(query), session), session))  # type: ignore[no-any-return]


async def _signs_out(_world: World, session: Session) -> None:
    assert session.session_id is not None
    await sign_out(session.session_id)


async def _is_deactivated(world: World, _session: Session) -> None:
    await deactivate_member(world.acting(world.admin), member_id=world.employee.id)


async def _is_deactivated_by_hand(world: World, _session: Session) -> None:
    await Member.filter(id=world.employee.id).update(active=False)


async def _is_ended_elsewhere(world: World, _session: Session) -> None:
    await end_sessions_of(world.employee.id)


async def _is_lost(_world: World, session: Session) -> None:
    """As when a backup from before it is restored."""
    await SessionRow.filter(id=session.session_id).delete()


async def _runs_out(_world: World, session: Session) -> None:
    await SessionRow.filter(id=session.session_id).update(expires_at=datetime.now(UTC) - timedelta(seconds=1))


async def _is_restored(_world: World, _session: Session) -> None:
    await start_over_after_restore()


async def _has_a_leaked_key(_world: World, _session: Session) -> None:
    await rotate_signing_key(grace=timedelta(0))


async def _has_a_key_that_runs_out(_world: World, _session: Session) -> None:
    await rotate_signing_key(grace=timedelta(microseconds=1))


GONE = (4401, "You are signed out.")
OFF = (4401, "You are no longer an active member of this firm.")
ENDINGS: dict[Callable[[World, Session], Awaitable[None]], set[tuple[int, str]]] = {
    _signs_out: {GONE},
    _is_deactivated: {GONE, OFF},
    _is_deactivated_by_hand: {GONE, OFF},
    _is_ended_elsewhere: {GONE},
    _is_lost: {GONE},
    _runs_out: {GONE},
    _is_restored: {GONE},
    # Clients come back from this one, with a fresh token.
    _has_a_leaked_key: {(4403, "The key of your token has been replaced.")},
    _has_a_key_that_runs_out: {(4403, "The key of your token has been replaced.")},
}


@pytest.mark.parametrize("over", ENDINGS)
async def test_what_rests_on_it_is_closed_and_answers_nothing_more(
    world: World, hub: Hub, over: Callable[[World, Session], Awaitable[None]]
) -> None:
    engine, ended = Engine(graphql_schema(), hub), list[Ended]()
    session = await opened(engine, world.employee, ended)
    assert "errors" not in await asked(engine, session)
    await over(world, session)
    answer = await asked(engine, session)
    assert answer["data"] is None
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"  # type: ignore[index]

    async def closed() -> list[Ended]:
        return ended

    (how, *_) = await eventually(closed)
    assert (how.code, how.reason) in ENDINGS[over]


async def test_others_go_on(world: World, hub: Hub) -> None:
    engine, ended, others = Engine(graphql_schema(), hub), list[Ended](), list[Ended]()
    session = await opened(engine, world.employee, ended)
    elsewhere = await opened(engine, world.employee, others)
    somebody = await opened(engine, world.owner, others)
    await _signs_out(world, session)

    async def closed() -> list[Ended]:
        return ended

    await eventually(closed)
    # A key that is replaced as a matter of course is good for what it signed.
    await rotate_signing_key()
    for _ in range(3):
        await hub.watches.check_sessions()
        await hub.watches.check_keys()
    assert others == []
    for open_one in (elsewhere, somebody):
        assert "errors" not in await asked(engine, open_one)


async def test_a_process_that_looks_after_sockets_signs_with_a_new_key_at_once(world: World) -> None:
    """Not a minute later: the others would refuse what it signs until then."""
    keys, told = Keys(), list[Ending]()
    watches = Watches(keys)
    old = await keys.newest()
    watches.add(Watch(world.firm.id, world.employee.id, None, old.id.hex, told.append))
    made = await rotate_signing_key(grace=timedelta(0))
    assert (await keys.newest()).id == old.id
    await watches.check_keys()
    assert (await keys.newest()).id == made
    assert [ending.for_good for ending in told] == [False]


async def test_a_leaked_key_is_refused_whatever_the_clocks_say(world: World) -> None:
    """The operator's machine may be ahead of the servers."""
    token = await issue_for(world.employee.id, 1)
    ahead = datetime.now(UTC) + timedelta(minutes=5)
    await rotate_signing_key(grace=timedelta(0), now=ahead)
    answer = await asyncio.gather(authenticate(token), return_exceptions=True)
    assert type(answer[0]).__name__ == "SignInRefused"
    KEYS.forget()


async def test_what_is_seen_is_read_for_each_operation(world: World, hub: Hub) -> None:
    """Role and rights are not decided when a socket is opened."""
    engine, ended = Engine(graphql_schema(), hub), list[Ended]()
    session = await opened(engine, world.employee, ended)
    assert (await asked(engine, session))["data"] == {"viewer": {"role": "EMPLOYEE"}}
    await set_member_role(world.acting(world.owner), member_id=world.employee.id, role=Role.ADMIN)
    assert (await asked(engine, session))["data"] == {"viewer": {"role": "ADMIN"}}
    assert ended == []


async def test_a_refreshed_token_is_no_reason_to_close(world: World, hub: Hub) -> None:
    """Nor is what became of the refresh token that came with it."""
    await Member.filter(id=world.employee.id).update(password_hash=KEPT)
    pair = await sign_in(world.employee.email, PASSWORD)
    engine, ended = Engine(graphql_schema(), hub), list[Ended]()
    session = await engine.sign_in(pair.access_token)
    engine.on_end(session, ended.append)
    for _ in range(2):
        await refresh(pair.refresh_token)
    await hub.watches.check_sessions()
    await hub.watches.check_keys()
    assert ended == []
    assert "errors" not in await asked(engine, session)
