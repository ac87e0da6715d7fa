"""Signing in to the portal, as a client sees it: by an engine for clients."""

from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

import embedded
from engine.engine import Engine
from engine.session import Session
from models.database import sql
from models.firm.contacts import create_contact
from models.firm.portal_access import end_portal_access, invite_contact
from models.ids import Kind, encode, new_id
from models.sign_in import issue_for
from tests.live.house import hub_on
from tests.portal import portal_on
from tests.signing_in import letters
from tests.world import World
from transport.engine import NotSignedIn, Refused, Request

SESSION = "{ accessToken refreshToken contactId choices { contactId firmName } errors { code path message } }"
SEND = "mutation A($input: PortalMailInput!) { %s(input: $input) { ticket errors { code path } } }"
BY_MAIL = f"mutation A($input: PortalSignInByMailInput!) {{ signInByMail(input: $input) {SESSION} }}"
RESET = f"mutation A($input: PortalResetPasswordInput!) {{ resetPassword(input: $input) {SESSION} }}"
SIGN_IN = f"mutation A($input: PortalSignInInput!) {{ signIn(input: $input) {SESSION} }}"
REFRESH = f"mutation A($input: PortalRefreshInput!) {{ refreshSession(input: $input) {SESSION} }}"
ADDRESS, PASSWORD = "ada@portal.example", "a password of my own"


@pytest.fixture
async def portal(servers: embedded.Servers, database: str) -> AsyncIterator[Engine]:
    """An engine for clients."""
    await sql("DELETE FROM sign_in_letter")
    await sql("UPDATE contact SET portal_email = NULL, portal_email_key = NULL WHERE portal_email_key = $1", ADDRESS)
    async with hub_on(servers.redis_url) as hub:
        yield portal_on(hub)


async def ask(engine: Engine, query: str, bearer: str | None = None, **input: Any) -> dict[str, Any]:
    session: Session = await engine.sign_in(bearer, "192.0.2.77")
    prepared = engine.prepare(Request(query, variables={"input": input} if input else {}), session)
    answer: dict[str, Any] = orjson.loads(await engine.execute(prepared, session))
    return answer


async def told(engine: Engine, query: str, **input: Any) -> Any:
    """What an open mutation answers whoever has not signed in."""
    answer = await ask(engine, query, **input)
    assert "errors" not in answer, answer["errors"]
    (given,) = answer["data"].values()
    return given


async def test_a_client_signs_in_by_mail_and_by_password_and_out(portal: Engine, engine: Engine, world: World) -> None:
    owner = world.acting(world.owner)
    made = create_contact(owner, name="Ada", emails=[ADDRESS], account_id=world.account.id)
    contact = (await made).value.id
    # Who is not invited is written to by nobody.
    assert (await told(portal, SEND % "sendSignInMail", email=ADDRESS))["errors"] == []
    assert await letters() == {}
    await invite_contact(owner, contact_id=contact)
    ((invitation,),) = (await letters()).values()
    refused = await told(portal, RESET, token=invitation.token, newPassword="short")
    assert [(error["code"], error["path"]) for error in refused["errors"]] == [("INVALID", ["input", "newPassword"])]
    session = await told(portal, RESET, token=invitation.token, newPassword=PASSWORD)
    me = encode(Kind.CONTACT, contact)
    assert session["contactId"] == me and session["choices"] == [{"contactId": me, "firmName": world.firm.name}]
    assert (await ask(portal, "{ me { id } }", session["accessToken"]))["data"] == {"me": {"id": me}}
    mail = await told(portal, SEND % "sendSignInMail", email=ADDRESS)
    ((letter,),) = (await letters()).values()
    by_code = await told(portal, BY_MAIL, ticket=mail["ticket"], code=letter.code)
    by_password = await told(portal, SIGN_IN, email=ADDRESS, password=PASSWORD)
    for given in (by_code, by_password):
        following = await told(portal, REFRESH, refreshToken=given["refreshToken"])
        assert (await ask(portal, "{ me { id } }", following["accessToken"]))["data"] == {"me": {"id": me}}
    # Neither engine knows who signed in at the other.
    for other, token in ((engine, session["accessToken"]), (portal, await issue_for(world.owner.id, 1))):
        with pytest.raises(NotSignedIn):
            await other.sign_in(token)
    await ask(portal, "mutation { signOut { errors { code } } }", by_code["accessToken"])
    with pytest.raises(NotSignedIn):
        await portal.sign_in(by_code["accessToken"])
    # Whoever is connected is out with the next operation.
    connected = await portal.sign_in(session["accessToken"])
    connected.settle()
    await end_portal_access(owner, contact_id=contact)
    prepared = portal.prepare(Request("{ me { id } }"), connected)
    assert b"UNAUTHENTICATED" in await portal.execute(prepared, connected)


async def test_what_is_wrong_is_an_error_and_what_is_not_open_is_refused(portal: Engine) -> None:
    wrong = await ask(portal, SIGN_IN, email=ADDRESS, password=PASSWORD)
    assert wrong["data"] == {"signIn": None} and wrong["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    refused = await told(portal, REFRESH, refreshToken="x", contactId=encode(Kind.MEMBER, new_id()))
    assert [(error["code"], error["path"]) for error in refused["errors"]] == [("INVALID", ["input", "contactId"])]
    for query in ("{ me { id } }", "mutation { signOut { errors { code } } }"):
        with pytest.raises(Refused) as caught:
            await ask(portal, query)
        assert caught.value.status == 401
