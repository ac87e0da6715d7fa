"""Mail to sign in with, as a client sees it."""

from typing import Any

import pytest

from models.database import sql
from models.ids import Kind, encode
from models.rows import Member
from tests.serving import Api
from tests.signing_in import KEPT, letters
from tests.world import World

SESSION = "{ accessToken refreshToken viewer { member { email } } errors { code path message } }"
SEND = "mutation A($input: AskForMailInput!) { mail: %s(input: $input) { ticket errors { code path } } }"
BY_MAIL = f"mutation A($input: SignInByMailInput!) {{ session: signInByMail(input: $input) {SESSION} }}"
RESET = f"mutation A($input: ResetPasswordInput!) {{ session: resetPassword(input: $input) {SESSION} }}"
INVITE = """mutation A($input: MemberInput!) { inviteMember(input: $input) {
  member { invitedAt version } revision errors { code path } } }"""


@pytest.fixture
async def member(world: World) -> Member:
    """An employee with a password."""
    await sql("DELETE FROM sign_in_letter")
    await Member.filter(id=world.employee.id).update(password_hash=KEPT)
    return world.employee


async def answered(api: Api, query: str, **input: Any) -> Any:
    """What nobody in particular is answered."""
    answer = await api.post(None, query, input=input)
    assert "errors" not in answer, answer["errors"]
    (given,) = answer["data"].values()
    return given


async def test_somebody_signs_in_by_what_is_in_a_mail(member: Member, api: Api) -> None:
    mail = await answered(api, SEND % "sendSignInMail", email=member.email)
    assert mail["errors"] == []
    ((letter,),) = (await letters()).values()
    session = await answered(api, BY_MAIL, ticket=mail["ticket"], code=letter.code)
    assert session["viewer"] == {"member": {"email": member.email}} and session["errors"] == []
    assert session["accessToken"] and session["refreshToken"]
    again = await api.post(None, BY_MAIL, input={"token": letter.token})
    assert again["data"] == {"session": None}
    assert [error["extensions"]["code"] for error in again["errors"]] == ["UNAUTHENTICATED"]


async def test_somebody_chooses_another_password(member: Member, api: Api) -> None:
    await answered(api, SEND % "sendPasswordMail", email=member.email)
    ((letter,),) = (await letters()).values()
    refused = await answered(api, RESET, token=letter.token, newPassword="short")
    assert [(error["code"], error["path"]) for error in refused["errors"]] == [("INVALID", ["input", "newPassword"])]
    session = await answered(api, RESET, token=letter.token, newPassword="another password")
    assert session["viewer"] == {"member": {"email": member.email}}


async def test_somebody_is_invited(member: Member, world: World, api: Api) -> None:
    named = {"memberId": encode(Kind.MEMBER, member.id)}
    invited = (await api.ask(world.admin, INVITE, input=named))["inviteMember"]
    assert invited["errors"] == [] and invited["member"]["invitedAt"] and invited["revision"]
    ((letter,),) = (await letters()).values()
    session = await answered(api, RESET, token=letter.token, newPassword="my first password")
    assert session["viewer"] == {"member": {"email": member.email}}
