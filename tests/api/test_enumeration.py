"""Whether somebody has an address cannot be told: not by an answer's bytes, and not by how long it takes.

Times are compared in pairs, in either order, as the sign test has it: where the two do the same, which of them was
slower is a coin that was tossed so many times. In the same harness, code that looks before it does its work is found.
"""

import random
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import cycle
from math import sqrt

import pytest
from argon2 import PasswordHasher

from models import passwords
from models.audiences import Audience
from models.caller import Caller
from models.database import sql
from models.lookup import member_at
from models.one_time import letters
from models.one_time.letters import ask_for_letter
from models.one_time.proofs import MOST_TRIES
from models.one_time.secrets import new_secret
from models.rows import LetterPurpose, Member
from resolvers import sign_in as resolving
from tests.serving import Api
from tests.signing_in import PASSWORD
from tests.signing_in import letters as sent
from tests.world import World

#: So many pairs, and so far from what a fair coin shows, in standard deviations: by chance once in sixteen thousand.
PAIRS, TOO_FAR = 96, 4.0

SIGN_IN = """mutation A($input: SignInInput!) { signIn(input: $input) {
  accessToken errors { code reason message path retryAfter } } }"""
SEND = """mutation A($input: AskForMailInput!) { mail: %s(input: $input) {
  ticket errors { code reason message path retryAfter } } }"""
BY_MAIL = """mutation A($input: SignInByMailInput!) { signInByMail(input: $input) {
  accessToken errors { code message } } }"""
_TICKET = re.compile(rb'"ticket":"[\w-]{43}"')

Ask = Callable[[str, str], Awaitable[bytes]]


@dataclass(frozen=True)
class Addresses:
    """As many that somebody has as that nobody has."""

    known: Sequence[str]
    unknown: Sequence[str]


@pytest.fixture
async def addresses(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Addresses]:
    """Of members with a password, whose hash takes some milliseconds; mail may be asked for as fast as it goes."""
    hasher = PasswordHasher(time_cost=1, memory_cost=4096, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", hasher)
    monkeypatch.setattr(letters.ASKING, "_rest", 0.0)
    passwords._nobodys.cache_clear()
    members = [await world.member(f"{name} Member") for name in ("Ann", "Ben", "Cem")]
    await Member.filter(id__in=[member.id for member in members]).update(password_hash=hasher.hash(PASSWORD))
    known = [member.email for member in members]
    yield Addresses(known, [email.replace("@", "-nobody@") for email in known])
    passwords._nobodys.cache_clear()
    await sql("DELETE FROM sign_in_letter")


def asker(api: Api, query: str, **more: str) -> Ask:
    """Asks with an address, from a network."""

    async def ask(email: str, network: str) -> bytes:
        body = {"query": query, "variables": {"input": {"email": email, **more}}}
        answer = await api.send(body, x_forwarded_for=network)
        assert answer.status == 200
        return _TICKET.sub(b"", answer.body)

    return ask


async def told_apart(ask: Ask, addresses: Addresses) -> float:
    """How far from a fair coin it is which of two takes longer, in standard deviations, and always above nothing. The
    bytes are the same."""
    chance, slower = random.Random(97), 0
    pairs = zip(cycle(addresses.known), cycle(addresses.unknown))
    for _ in range(4):  # What is slow the first time is so for both.
        known, unknown = next(pairs)
        assert await ask(known, "198.51.100.1") == await ask(unknown, "198.51.100.1")
    for number in range(PAIRS):
        pair, took, answers = next(pairs), dict[str, float](), set[bytes]()
        for email in chance.sample(pair, 2):
            begun = time.perf_counter()
            answers.add(await ask(email, f"203.0.113.{number}"))
            took[email] = time.perf_counter() - begun
        assert len(answers) == 1
        slower += took[pair[0]] > took[pair[1]]
    return abs(slower - PAIRS / 2) / (sqrt(PAIRS) / 2)


@pytest.mark.parametrize("mutation", ["sendSignInMail", "sendPasswordMail"])
async def test_asking_for_mail_tells_nothing(api: Api, addresses: Addresses, mutation: str) -> None:
    assert await told_apart(asker(api, SEND % mutation), addresses) < TOO_FAR


async def test_who_would_look_first_is_found(api: Api, addresses: Addresses, monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask_if_somebody_is_there(
        purpose: LetterPurpose, audience: Audience, email: str, *, caller: Caller
    ) -> str:
        if await member_at(email) is None:
            return new_secret()
        return await ask_for_letter(purpose, audience, email, caller=caller)

    monkeypatch.setattr(resolving, "ask_for_letter", ask_if_somebody_is_there)
    assert await told_apart(asker(api, SEND % "sendSignInMail"), addresses) > TOO_FAR


async def test_a_wrong_password_tells_nothing(api: Api, addresses: Addresses) -> None:
    assert await told_apart(asker(api, SIGN_IN, password="a wrong password"), addresses) < TOO_FAR


async def test_who_would_hash_for_somebody_alone_is_found(
    api: Api, addresses: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    fits = passwords._fits
    monkeypatch.setattr(passwords, "_fits", lambda kept, password: kept is not None and fits(kept, password))
    assert await told_apart(asker(api, SIGN_IN, password="a wrong password"), addresses) > TOO_FAR


async def test_a_wrong_code_tells_nothing(api: Api, addresses: Addresses) -> None:
    """Of a letter that was sent to somebody, and of one that was sent to nobody."""
    tickets: dict[str, list[str]] = {}
    for number in range(PAIRS // MOST_TRIES // len(addresses.known) + 2):
        for email in (*addresses.known, *addresses.unknown):
            asked = ask_for_letter(LetterPurpose.SIGN_IN, Audience.TEAM, email, caller=Caller(f"192.0.2.{number}"))
            tickets.setdefault(email, []).append(await asked)
    assert addresses.known[0] in await sent()
    left = {email: cycle(given) for email, given in tickets.items()}

    async def ask(email: str, network: str) -> bytes:
        variables = {"input": {"ticket": next(left[email]), "code": "00000000"}}
        answer = await api.send({"query": BY_MAIL, "variables": variables}, x_forwarded_for=network)
        assert b"UNAUTHENTICATED" in answer.body
        return answer.body

    assert await told_apart(ask, addresses) < TOO_FAR
