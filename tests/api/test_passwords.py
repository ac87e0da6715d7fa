"""What passwords cost whoever asks for it, and nobody else: one an operation, in turns, and not for who has left."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from models.caller import Caller
from models.hashing import HASHING
from models.passwords import hash_password
from models.rows import Member, Session, SignInAttempts
from tests.live.eventually import eventually
from tests.plain_http import NO_TLS
from tests.serving import Api
from tests.signing_in import PASSWORD
from tests.world import World

SIGN_IN = "mutation A($input: SignInInput!) { signIn(input: $input) { accessToken errors { code retryAfter } } }"
GIVEN = {"email": "nobody@nowhere.test", "password": "a wrong password"}


@pytest.fixture
async def member(world: World) -> Member:
    """An employee with a password."""
    await Member.filter(id=world.employee.id).update(password_hash=await hash_password(PASSWORD))
    return world.employee


@asynccontextmanager
async def nothing_hashed() -> AsyncIterator[None]:
    """In the block nobody has a turn to hash."""
    before = HASHING.turns.taken
    yield
    assert HASHING.turns.taken == before


async def so(fact: Callable[[], bool]) -> None:
    """Wait until it is so."""

    async def told() -> bool:
        return fact()

    await eventually(told)


async def sign_in(api: Api, network: str, email: str, password: str = PASSWORD) -> dict[str, Any]:
    """Sign in from a network, as a proxy tells of it."""
    body = {"query": SIGN_IN, "variables": {"input": {"email": email, "password": password}}}
    return (await api.send(body, x_forwarded_for=network)).json()  # type: ignore[no-any-return]


INPUT = '(input: {email: "a@b.test", password: "a wrong password"})'
NEW = '(input: {email: "a@b.test", name: "A", password: "a long password"})'
CHANGE = '(input: {currentPassword: "a wrong password", newPassword: "a long password"})'


@pytest.mark.parametrize(
    "document",
    [
        f"mutation {{ a: signIn{INPUT} {{ expiresAt }} b: signIn{INPUT} {{ expiresAt }} }}",
        f"mutation {{ signIn{INPUT} {{ expiresAt }} ... on Mutation {{ b: signIn{INPUT} {{ expiresAt }} }} }}",
        f"mutation {{ ...A ...B }} fragment A on Mutation {{ a: signIn{INPUT} {{ expiresAt }} }} "
        f"fragment B on Mutation {{ ... {{ b: signIn{INPUT} {{ expiresAt }} }} }}",
        f"mutation {{ a: createMember{NEW} {{ revision }} b: createMember{NEW} {{ revision }} }}",
        f"mutation {{ signIn{INPUT} {{ expiresAt }} createMember{NEW} {{ revision }} }}",
        f"mutation {{ changePassword{CHANGE} {{ revision }} b: changePassword{CHANGE} {{ revision }} }}",
        f"mutation {{ a: signIn{INPUT} {{ expiresAt }} b: signIn{INPUT} @skip(if: true) {{ expiresAt }} }}",
    ],
)
async def test_an_operation_brings_one_password(world: World, api: Api, document: str) -> None:
    async with nothing_hashed():
        answer = await api.post(world.admin, document)
    assert "data" not in answer
    (error,) = answer["errors"]
    assert error["message"].startswith("The operation brings passwords in 2 fields; at most 1 is allowed.")
    assert error["extensions"] == {"code": "LIMIT", "limit": "passwords", "allowed": 1, "actual": 2}


@pytest.mark.parametrize("signed_in", [True, False])
async def test_however_it_is_brought(world: World, api: Api, signed_in: bool) -> None:
    """As a whole in a variable, in part, by a default: and by somebody who has not signed in."""
    query = """mutation A($whole: SignInInput!, $part: String!, $default: String! = "a wrong password") {
      a: signIn(input: $whole) { expiresAt }
      b: signIn(input: {email: "", password: $part}) { expiresAt }
      c: signIn(input: {email: "", password: $default}) { expiresAt } }"""
    async with nothing_hashed():
        member = world.admin if signed_in else None
        answer = await api.post(member, query, whole=GIVEN, part="another")
    # Who is not signed in is refused as well, by whichever rule comes first.
    assert answer["errors"][0]["extensions"]["code"] == "LIMIT"
    if signed_in:
        assert answer["errors"][0]["extensions"]["actual"] == 3


async def test_members_without_a_password_are_as_many_as_you_like(world: World, api: Api) -> None:
    """And so is a field that is selected twice, which is one."""
    query = """mutation A($none: String, $given: String) {
      a: createMember(input: {email: "a@%s", name: "A", password: $none}) { errors { code } }
      b: createMember(input: {email: "b@%s", name: "B", password: null}) { errors { code } }
      c: createMember(input: {email: "c@%s", name: "C", password: $given}) { errors { code } }
      c: createMember(input: {email: "c@%s", name: "C", password: $given}) { revision } }"""
    domain = f"{world.tag}.test"
    answer = await api.ask(world.admin, query % ((domain,) * 4), given="a long password")
    assert [answer[name]["errors"] for name in "abc"] == [[], [], []]


async def _gets_in(api: Api, member: Member) -> bool:
    """Whether the member gets in. On a machine that hashes slowly they may have to come back once, as they are told."""
    return bool((await sign_in(api, "192.0.2.1", member.email))["data"]["signIn"]["accessToken"])


@pytest.mark.usefixtures("costly_hashes")
async def test_a_flood_of_one_network_keeps_no_honest_one_out(world: World, member: Member, api: Api) -> None:
    """Ninety requests at once, each for an address of its own, and then somebody who wants to work."""
    taken, done = HASHING.turns.taken, list[str]()

    async def flood(number: int) -> dict[str, Any]:
        answer = await sign_in(api, "198.51.100.7", f"{number}@nowhere.test", "a wrong password")
        done.append("flood")
        return answer

    async with HASHING.turns.turn(Caller("192.0.2.77")):
        tasks = [asyncio.create_task(flood(number)) for number in range(90)]
        await so(lambda: len(done) >= 90 - HASHING.turns.places)
        honest = asyncio.create_task(sign_in(api, "192.0.2.1", member.email))
        await so(lambda: "192.0.2.1" in HASHING.turns._waiting)
    assert (await honest)["data"]["signIn"], "Nobody is told UNAUTHENTICATED for want of a turn."
    await eventually(lambda: _gets_in(api, member))
    flooded = await asyncio.gather(*tasks)
    errors = [one["data"]["signIn"]["errors"][0] for one in flooded if one["data"]["signIn"]]
    # Most cost nothing but a refusal, which says when to come back.
    assert len(errors) >= 80
    assert all(error["code"] == "LIMIT" and error["retryAfter"] >= 1 for error in errors)
    assert HASHING.turns.taken - taken <= 20


@pytest.mark.usefixtures("costly_hashes")
async def test_who_has_left_is_not_hashed_for_and_has_not_guessed(world: World, member: Member, api: Api) -> None:
    sessions = await Session.filter(member_id=member.id).count()
    tries = await SignInAttempts.all().count()
    async with HASHING.turns.turn(Caller("192.0.2.77")):
        before = HASHING.turns.taken
        async with httpx.AsyncClient(verify=NO_TLS) as leaver:
            body = {"query": SIGN_IN, "variables": {"input": {"email": member.email, "password": PASSWORD}}}
            request = asyncio.create_task(leaver.post(api.url, json=body))
            await so(lambda: HASHING.turns.waiting == 1)
            (place,) = HASHING.turns._waiting["127.0.0.1"]
            request.cancel()
        await so(place.caller.has_left)
    # Whoever comes after it takes the next turn.
    async with HASHING.turns.turn(Caller("192.0.2.78")):
        assert HASHING.turns.taken == before + 1
        assert HASHING.turns.waiting == 0
    assert await Session.filter(member_id=member.id).count() == sessions
    assert await SignInAttempts.all().count() == tries
