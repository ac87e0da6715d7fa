"""Signing in, staying in and being out, as a client sees it."""

import logging
from typing import Any

import pytest
import structlog

from models.database import sql
from models.ids import Kind, encode
from models.rights import Role
from models.rows import Member
from tests.serving import Api, serving
from tests.signing_in import KEPT, PASSWORD
from tests.world import World

SIGN_IN = """
mutation SignIn($input: SignInInput!) { signIn(input: $input) {
  accessToken expiresAt refreshToken viewer { member { email } firm { name } role } errors { code message path } } }"""
REFRESH = """
mutation Refresh($input: RefreshSessionInput!) { refreshSession(input: $input) {
  accessToken refreshToken viewer { member { name } } errors { message } } }"""
SIGN_OUT = "mutation { signOut { errors { message } } }"
ME = "{ viewer { member { email } } }"
DEACTIVATE = "mutation Out($input: MemberInput!) { deactivateMember(input: $input) { errors { message } } }"


@pytest.fixture
async def member(world: World) -> Member:
    """An employee with a password."""
    await Member.filter(id=world.employee.id).update(password_hash=KEPT)
    return world.employee


async def send(api: Api, query: str, token: str | None = None, **variables: Any) -> tuple[int, dict[str, Any]]:
    """Status and body of an answer to the holder of a token, or to nobody."""
    signed = {"authorization": f"Bearer {token}"} if token else {}
    answer = await api.send({"query": query, "variables": variables}, **signed)
    return answer.status, answer.json()


async def signed_in(api: Api, member: Member) -> dict[str, Any]:
    """What signing in gives."""
    _, body = await send(api, SIGN_IN, input={"email": member.email, "password": PASSWORD})
    return body["data"]["signIn"]  # type: ignore[no-any-return]


async def refused(api: Api, query: str, token: str | None = None, **variables: Any) -> str:
    """The message of an answer that says UNAUTHENTICATED and nothing more."""
    _, body = await send(api, query, token, **variables)
    assert not any((body.get("data") or {}).values())
    (error,) = body["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    return error["message"]  # type: ignore[no-any-return]


async def test_who_signs_in_is_told_who_they_are(member: Member, world: World, api: Api) -> None:
    session = await signed_in(api, member)
    assert session["errors"] == []
    assert session["viewer"] == {
        "member": {"email": member.email},
        "firm": {"name": world.firm.name},
        "role": "EMPLOYEE",
    }
    assert (await send(api, ME, session["accessToken"]))[1]["data"]["viewer"]["member"]["email"] == member.email


@pytest.mark.parametrize("wrong", [{"password": "a wrong one"}, {"email": "nobody@nowhere.test"}, {"email": "\0"}])
async def test_a_wrong_password_and_a_wrong_address_sound_alike(
    member: Member, api: Api, wrong: dict[str, str]
) -> None:
    given = {"email": member.email, "password": PASSWORD} | wrong
    assert await refused(api, SIGN_IN, input=given) == "The e-mail address or the password is wrong."


async def test_a_refresh_token_is_exchanged_for_one_and_its_later_reuse_ends_the_session(
    member: Member, api: Api
) -> None:
    first = await signed_in(api, member)
    _, body = await send(api, REFRESH, input={"refreshToken": first["refreshToken"]})
    second = body["data"]["refreshSession"]
    assert second["viewer"] == {"member": {"name": member.name}}
    assert second["refreshToken"] != first["refreshToken"]
    assert (await send(api, ME, second["accessToken"]))[0] == 200
    _, body = await send(api, REFRESH, input={"refreshToken": first["refreshToken"]})
    assert body["data"]["refreshSession"]["refreshToken"] == second["refreshToken"]
    await sql(
        "UPDATE session SET spent = jsonb_set(spent, '{0,at}', to_jsonb((spent -> 0 ->> 'at')::float8 - 30)) "
        "WHERE member_id = $1",
        member.id,
    )
    message = await refused(api, REFRESH, input={"refreshToken": first["refreshToken"]})
    assert message == (
        "This refresh token was used before, so somebody else may have a copy. The session has been ended: "
        "sign in again."
    )
    for token in (first["accessToken"], second["accessToken"]):
        assert await refused(api, ME, token) == "You are signed out. Sign in again."
    message = await refused(api, REFRESH, input={"refreshToken": second["refreshToken"]})
    assert message == "This session has ended. Sign in again."


async def test_a_token_that_is_no_refresh_token(api: Api) -> None:
    assert await refused(api, REFRESH, input={"refreshToken": "x"}) == "This is not a refresh token. Sign in again."


async def test_signing_out_ends_this_session_and_no_other(member: Member, api: Api) -> None:
    here, there = await signed_in(api, member), await signed_in(api, member)
    _, body = await send(api, SIGN_OUT, here["accessToken"])
    assert body["data"] == {"signOut": {"errors": []}}
    assert await refused(api, ME, here["accessToken"]) == "You are signed out. Sign in again."
    message = await refused(api, REFRESH, input={"refreshToken": here["refreshToken"]})
    assert message == "This session has ended. Sign in again."
    assert (await send(api, ME, there["accessToken"]))[1]["data"]["viewer"]


async def test_a_change_of_ones_own_sight_leaves_the_session_to_sign_out_of(
    member: Member, world: World, api: Api
) -> None:
    await Member.filter(id=member.id).update(role=Role.ADMIN)
    session = await signed_in(api, member)
    query = """mutation A($input: SetAccountTeamInput!) {
      setAccountTeam(input: $input) { errors { message } } signOut { errors { message } } }"""
    team = {"accountId": encode(Kind.ACCOUNT, world.account.id), "memberIds": []}
    _, body = await send(api, query, session["accessToken"], input=team)
    assert body["data"] == {"setAccountTeam": {"errors": []}, "signOut": {"errors": []}}
    assert (await refused(api, ME, session["accessToken"])).startswith("You are signed out.")


async def test_a_deactivated_member_is_out_at_once(member: Member, world: World, api: Api) -> None:
    session = await signed_in(api, member)
    await api.ask(world.admin, DEACTIVATE, input={"memberId": encode(Kind.MEMBER, member.id)})
    status, body = await send(api, ME, session["accessToken"])
    assert (status, body["errors"][0]["message"]) == (401, "You are signed out. Sign in again.")
    message = await refused(api, SIGN_IN, input={"email": member.email, "password": PASSWORD})
    assert message == "The e-mail address or the password is wrong."


NOT_SIGNED_IN = "Sign in first: send the access token of `signIn` as `Authorization: Bearer …`."


@pytest.mark.parametrize(
    "query",
    [
        "{ revision }",
        ME,
        SIGN_OUT,
        "{ __schema { types { name } } }",
        '{ __type(name: "Job") { name } }',
        "mutation { stopTimer(input: {}) { revision } }",
        'mutation { signIn(input: {email: "a", password: "b"}) { errors { code } } stopTimer(input: {}) { revision } }',
        "query { ...Hidden } fragment Hidden on Query { revision }",
        "query { ... on Query { revision } }",
        "{ __typename ... { viewer { role } } }",
    ],
)
async def test_nobody_in_particular_may_do_nothing_else(api: Api, query: str) -> None:
    status, body = await send(api, query)
    assert status == 401
    assert [(error["message"], error["extensions"]["code"]) for error in body["errors"]] == [
        (NOT_SIGNED_IN, "UNAUTHENTICATED")
    ]


async def test_nobody_may_ask_whether_somebody_is_there(api: Api) -> None:
    assert await send(api, "{ __typename }") == (
        200,
        {"data": {"__typename": "Query"}, "extensions": {"cost": {"actual": 0, "limit": 10000}}},
    )


async def test_the_schema_is_shown_to_who_is_signed_in(world: World, api: Api) -> None:
    found = await api.ask(world.stranger, "{ __schema { queryType { name } } }")
    assert found["__schema"]["queryType"] == {"name": "Query"}


async def test_in_development_the_schema_is_open_and_nothing_else_is(database: str, servers: Any) -> None:
    async with serving(database, servers.redis_url, development=True) as api:
        assert (await send(api, "{ __schema { queryType { name } } }"))[0] == 200
        assert (await send(api, "{ __schema { queryType { name } } revision }"))[0] == 401
        assert (await send(api, ME))[0] == 401


async def test_guessing_is_slowed_down(member: Member, api: Api) -> None:
    for _ in range(10):
        await refused(api, SIGN_IN, input={"email": member.email, "password": "a guess"})
    session = await signed_in(api, member)
    assert session["accessToken"] is None
    (error,) = session["errors"]
    assert (error["code"], error["path"]) == ("LIMIT", ["input", "email"])
    assert error["message"].startswith("There were 10 failed attempts to sign in with this address. Try again in 1")


async def test_no_log_holds_a_token_or_a_password(
    member: Member, api: Api, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.INFO), structlog.testing.capture_logs() as logged:
        session = await signed_in(api, member)
        await send(api, ME, session["accessToken"])
        await send(api, ME, "wrong-" + session["accessToken"])
        await send(api, REFRESH, input={"refreshToken": session["refreshToken"]})
        await send(api, REFRESH, input={"refreshToken": session["refreshToken"]})
        await send(api, "{ nothing }", session["accessToken"])
    out, err = capfd.readouterr()
    said = f"{caplog.text}{logged}{out}{err}"
    for secret in (session["accessToken"], session["refreshToken"], PASSWORD):
        assert secret not in said
        # What follows its last underscore; one in a few dozen ends with one.
        assert secret.rstrip("_").rpartition("_")[2] not in said
