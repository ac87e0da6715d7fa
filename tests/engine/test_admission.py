"""What those may send who have not signed in, and how much of it: enough to sign in."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from engine.admission import (
    FEW_VALUES,
    KEPT_FOR_KNOWN,
    LEAST_TOKENS,
    NEW_DOCUMENT,
    REQUESTS,
    TOKENS,
    Admission,
    BudgetSpent,
    of_anybody,
    of_members,
)
from engine.budgets import Budgets
from engine.documents import LimitExceeded, parse_anew
from engine.engine import Engine
from engine.limits import Limits
from engine.session import Session
from models.caller import Caller
from models.rows import Member
from resolvers.root import graphql_schema
from tests.serving import Api
from tests.signing_in import KEPT, PASSWORD
from tests.world import World
from transport.engine import Refused, Request

#: As the clients that people write sign in: everything that there is to read, with a fragment.
SIGN_IN = """
mutation SignIn($input: SignInInput!) {
  __typename
  signIn(input: $input) {
    __typename
    accessToken expiresAt refreshToken
    viewer { ...Me }
    errors { __typename code message path }
  }
}
fragment Me on Viewer {
  role rights
  member { id name email }
  firm { id name currency timeZone }
}
"""
REFRESH = """
mutation Refresh($input: RefreshSessionInput!) {
  refreshSession(input: $input) { accessToken expiresAt refreshToken errors { code message path } }
}
"""
#: 7 KB whose validation took 0.3 s: spreads in one selection set were compared in pairs.
FAN = (
    'mutation M%d { signIn(input: {email: "", password: ""}) { viewer { member { id } } ...X } } '
    "fragment X on SessionPayload { viewer { "
    + " ".join(f"...V{at}" for at in range(200))
    + " } } "
    + " ".join(f"fragment V{at} on Viewer {{ role }}" for at in range(200))
)


def refused(engine: Engine, query: str, session: Session | None = None, **variables: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        engine.prepare(Request(query, variables=variables), session or Session("192.0.2.1"))
    return caught.value


def extensions(refusal: Refused) -> dict[str, Any]:
    found: dict[str, Any] = refusal.errors[0]["extensions"]
    return found


@pytest.mark.parametrize("query", [SIGN_IN, REFRESH, "{ __typename }"])
async def test_what_signing_in_needs_is_far_within_the_limits(engine: Engine, query: str) -> None:
    inputs = {SIGN_IN: {"email": "a@b.test", "password": "x"}, REFRESH: {"refreshToken": "x"}}
    variables = {"input": inputs[query]} if query in inputs else {}
    engine.prepare(Request(query, variables=variables), Session("192.0.2.1"))


async def test_a_large_document_of_nobody_is_not_parsed(engine: Engine) -> None:
    for number in range(3):
        assert extensions(refused(engine, FAN % number))["limit"] == "characters"
    short = "{ __typename " + "...F " * 20 + "} fragment F on Query { __typename }"
    assert extensions(refused(engine, short)) == {"code": "LIMIT", "limit": "spreads", "allowed": 10, "actual": 20}
    assert extensions(refused(engine, "{ " + "__typename " * 200 + "}"))["limit"] == "tokens"


@pytest.mark.parametrize(
    "query",
    [
        "{ viewer { role } }",
        "{ __schema { queryType { name } } }",
        "{ ... on Query { __typename } }",
        "query A { __typename viewer { role } }",
        "mutation { signOut { errors { code } } }",
        "subscription { boardChanges(pipelineIds: []) { revision } }",
    ],
)
async def test_nothing_else_is_looked_at(engine: Engine, query: str) -> None:
    refusal = refused(engine, query)
    assert refusal.status == 401
    assert extensions(refusal)["code"] == "UNAUTHENTICATED"


async def test_nobody_is_told_names_of_the_schema(engine: Engine, world: World) -> None:
    query = 'mutation { signIn(input: {email: "", password: ""}) { viewr { role } } }'
    (error,) = refused(engine, query).errors
    assert error["message"] == "Cannot query field 'viewr' on type 'SessionPayload'."
    member = Session("192.0.2.1", member_key="m", member_id=world.owner.id)
    (error,) = refused(engine, query, member).errors
    assert error["message"] == "Cannot query field 'viewr' on type 'SessionPayload'. Did you mean 'viewer'?"


async def test_what_nobody_sends_pushes_out_nothing_of_members(engine: Engine, world: World) -> None:
    member = Session("192.0.2.1", member_key="m", member_id=world.owner.id)
    kept = engine.prepare(Request("{ viewer { role } }"), member).document
    for number in range(1_000):
        session = Session(f"192.0.2.{number % 250}")
        engine.prepare(Request(f"{{ a{number}: __typename }}"), session)
    assert engine.prepare(Request("{ viewer { role } }"), member).document is kept


async def test_nor_what_somebody_has_signed_in_with(engine: Engine, world: World) -> None:
    """However many others send, from however many networks: a frontend's document to sign in is read at once."""
    await Member.filter(id=world.owner.id).update(password_hash=KEPT)
    right = {"input": {"email": world.owner.email, "password": PASSWORD}}
    wrong = {"input": {"email": world.owner.email, "password": "a guess"}}
    good = Request(SIGN_IN, variables=right)
    failed = Request(SIGN_IN + "# as somebody who guesses", variables=wrong)
    for request in (good, failed):
        stranger = Session("192.0.2.1")
        await engine.execute(engine.prepare(request, stranger), stranger)
    for number in range(1_000):
        engine.prepare(Request(f"{{ a{number}: __typename }}"), Session(f"192.0.2.{number % 250}"))
    assert not engine._waits(good, Session("198.51.100.1"))
    assert engine._waits(failed, Session("198.51.100.1"))


MANY = {"ids": ["x"] * (FEW_VALUES + 1)}


async def test_what_takes_long_is_read_one_at_a_time(engine: Engine, world: World) -> None:
    """A document that was not seen before, or many variables: by whoever's turn it is, and of others meanwhile only
    what takes no time."""
    known, new = "{ viewer { role } }", "{ viewer { role firm { id } } }"
    one, other = (Session("192.0.2.1", member_key="m", member_id=id) for id in (world.owner.id, world.admin.id))
    engine.prepare(Request(known), one)
    done: list[str] = []

    async def ask(name: str, request: Request, session: Session) -> None:
        await engine.prepare_in_turn(request, session)
        done.append(name)

    async with engine._members.turns.turn(Caller("somebody else")):
        waiting = [
            asyncio.create_task(ask("a document", Request(new), one)),
            asyncio.create_task(ask("another document of the same member", Request(new), one)),
            asyncio.create_task(ask("variables", Request(known, variables=MANY), other)),
        ]
        async with asyncio.timeout(10):
            while engine._members.turns.waiting < len(waiting):
                await asyncio.sleep(0)
            await ask("known", Request(known), other)
            # Whoever has not signed in waits in a line of their own.
            await ask("of nobody", Request("{ __typename }"), Session("192.0.2.1"))
        assert done == ["known", "of nobody"]
    async with asyncio.timeout(10):
        await asyncio.gather(*waiting)
    assert done[2:] == ["a document", "variables", "another document of the same member"]


async def test_whoever_waits_too_long_is_told_when_to_come_back(engine: Engine, world: World) -> None:
    member = Session("192.0.2.1", member_key="m", member_id=world.owner.id)
    engine._members.turns._patience = 0.01
    async with engine._members.turns.turn(Caller("somebody else")):
        with pytest.raises(Refused, match="429") as caught:
            await engine.prepare_in_turn(Request("{ viewer { role } }"), member)
    assert caught.value.status == 429 and caught.value.retry_after == 1
    assert extensions(caught.value) == {"code": "LIMIT", "limit": "turns", "retryAfter": 1}
    assert caught.value.errors[0]["message"].endswith("being read just now. Try again in 1 second.")


async def test_whoever_develops_may_read_the_schema_first(engine: Engine) -> None:
    developing = Engine(graphql_schema(), engine._hub, development=True)
    developing.prepare(Request("{ __schema { types { name fields { name type { name } } } } }"), Session("192.0.2.1"))


# Budgets


def test_a_budget_is_spent_and_refilled() -> None:
    budgets = Budgets(10, 2)
    assert budgets.spend("a", 10, now=100) == 0
    assert budgets.spend("a", 1, now=100) == 0.5
    assert budgets.spend("a", 1, now=100.25) == 0.25
    assert budgets.spend("b", 1, now=100.25) == 0
    assert budgets.spend("a", 1, now=100.5) == 0
    assert budgets.spend("a", 10, now=1_000) == 0
    assert budgets.spend("a", 1, now=1_000) == 0.5


def test_what_is_to_be_left_is_not_spent() -> None:
    budgets = Budgets(10, 1)
    assert budgets.spend("a", 4, now=0, keeping=6) == 0
    assert budgets.spend("a", 1, now=0, keeping=6) == 1
    assert budgets.spend("a", 6, now=0) == 0


def test_budgets_are_bounded_in_number_and_the_longest_away_goes_first() -> None:
    budgets = Budgets(1, 1, most_callers=3)
    for caller in "abacd":
        budgets.spend(caller, 0.5, now=0)
    assert len(budgets) == 3
    assert budgets.spend("a", 0.5, now=0) == 0.5
    assert budgets.spend("b", 1, now=0) == 0


def of(make: Callable[[], Admission]) -> Admission:
    """One for which the clock stands still."""
    admission = make()
    admission.clock = lambda: 1_000.0
    return admission


def read(admission: Admission, source: str, caller: str) -> None:
    """Read a document, at somebody's cost."""
    document, _ = admission.admit(source, caller)
    if document is None:
        admission.keep(parse_anew(source, max_tokens=admission.limits.tokens))


def spent(admission: Admission, source: str, caller: str = "192.0.2.1") -> BudgetSpent:
    with pytest.raises(BudgetSpent) as caught:
        read(admission, source, caller)
    return caught.value


def invent(admission: Admission, count: int, caller: str = "192.0.2.1") -> None:
    for number in range(count):
        read(admission, f"{{ a{number} }}", caller)


def test_inventing_documents_uses_up_a_part_of_the_budget_and_no_more() -> None:
    """So that whoever shares an address with others cannot keep them from signing in as they do."""
    admission = of(of_anybody)
    read(admission, SIGN_IN, "192.0.2.77")
    most = (REQUESTS - KEPT_FOR_KNOWN) // NEW_DOCUMENT
    invent(admission, most)
    error = spent(admission, "{ another }")
    assert error.extensions == {"code": "LIMIT", "limit": "requests", "retryAfter": 1}
    assert error.message == ("Too many requests have come from your network without signing in. Try again in 1 second.")
    for _ in range(KEPT_FOR_KNOWN):
        read(admission, SIGN_IN, "192.0.2.1")
    spent(admission, SIGN_IN)
    read(admission, "{ another }", "192.0.2.2")


def test_what_is_refused_counts_as_well() -> None:
    admission = of(of_anybody)
    for source in ("{" * 5, "{ a " + "b " * 300 + "}", "x" * 5_000, "{ a "):
        caller = f"192.0.2.{len(source)}"
        for _ in range((REQUESTS - KEPT_FOR_KNOWN) // NEW_DOCUMENT):
            with pytest.raises(Exception) as caught:  # noqa: PT011 - of whichever kind
                read(admission, source, caller)
            assert not isinstance(caught.value, BudgetSpent)
        spent(admission, source, caller)


def test_a_member_may_send_many_documents_and_their_own_again_and_again() -> None:
    admission = of(lambda: of_members(Limits()))
    invent(admission, TOKENS // LEAST_TOKENS, "member")
    error = spent(admission, "{ another }", "member")
    assert (error.extensions or {})["limit"] == "documents"
    for _ in range(1_000):
        read(admission, f"{{ a{TOKENS // LEAST_TOKENS - 1} }}", "member")
    read(admission, "{ another }", "somebody else")


def test_a_large_document_counts_for_its_size() -> None:
    admission = of(lambda: of_members(Limits()))
    for number in range(TOKENS // 2_000):
        read(admission, f"{{ a{number} " + "id " * 1_997 + "}", "member")
    assert spent(admission, "{ id }", "member").retry_after == 1
    with pytest.raises(LimitExceeded):
        read(admission, "{" + "id " * 2_000 + "}", "another member")


async def test_whoever_is_over_the_budget_is_told_how_long_to_wait(engine: Engine) -> None:
    session = Session("192.0.2.9")

    def flood() -> None:
        for number in range(REQUESTS):
            engine.prepare(Request(f"{{ a{number}: __typename }}"), session)

    with pytest.raises(Refused) as caught:
        flood()
    assert (caught.value.status, caught.value.retry_after) == (429, 1)


async def test_over_http_it_is_429_with_retry_after(api: Api) -> None:
    """From an address of its own, as a proxy would say it."""
    for number in range(REQUESTS):
        body = {"query": f"{{ a{number}: __typename }}"}
        answer = await api.send(body, x_forwarded_for="198.51.100.7")
        if answer.status != 200:
            break
    assert answer.status == 429
    assert int(answer.headers["retry-after"]) >= 1
    (error,) = answer.json()["errors"]
    assert (error["extensions"]["code"], error["extensions"]["limit"]) == ("LIMIT", "requests")
    elsewhere = await api.send(body)
    assert elsewhere.json() == {"data": {f"a{number}": "Query"}, "extensions": elsewhere.json()["extensions"]}
