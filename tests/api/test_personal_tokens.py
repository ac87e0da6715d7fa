"""Personal tokens over the API: made and shown once, listed, and in every mutation held to what they grant."""

from typing import Any

import pytest

from models.actions import Command
from models.command import settle
from models.firm.personal_tokens import create_personal_token
from models.ids import Kind, encode
from models.rights import Right
from models.rows import Member
from resolvers.mutations import ACTIONS
from tests.api.asking import MUTATIONS
from tests.api.furnished import Furnished
from tests.api.samples import Sampler, filled
from tests.api.selections import document
from tests.api.untouched import untouched
from tests.commands import every_command
from tests.serving import Api
from tests.world import World

COMMANDS: dict[str, Command[..., Any]] = {command.action.name: command for command in every_command()}
IN_PERSON = sorted(name for name in MUTATIONS if COMMANDS[name].action.in_person)
WITH_ROLE = sorted(name for name in MUTATIONS if ACTIONS[name].role)
WITH_RIGHT = sorted(name for name in MUTATIONS if ACTIONS[name].right)
#: Roles are given by the owner alone, rights by whoever has them.
HARMLESS = {"role": "EMPLOYEE", "rights": []}

CREATE = """mutation Create($input: CreatePersonalTokenInput!) { createPersonalToken(input: $input) {
    personalToken { id name rights readOnly expiresAt revokedAt lastUsedAt member { name } } secret revision
    errors { code message path right } } }"""
REVOKE = """mutation Revoke($input: PersonalTokenInput!) { revokePersonalToken(input: $input) {
    personalToken { revokedAt } errors { code } } }"""
ME = "{ viewer { role rights seesAllPipelines personalToken { name lastUsedAt } member { name } } }"
TOKENS = """query Tokens($filter: PersonalTokenFilter) { personalTokens(filter: $filter) {
    nodes { id name lastUsedAt revokedAt member { id } } } }"""


async def ask(api: Api, secret: str, query: str, **variables: Any) -> dict[str, Any]:
    """The whole answer to whoever comes with this token."""
    sent = {"query": query, "variables": variables}
    return (await api.send(sent, authorization=f"Bearer {secret}")).json()  # type: ignore[no-any-return]


async def made(api: Api, member: Member, **fields: Any) -> dict[str, Any]:
    """A token of the member's, as it was answered."""
    answer = await api.ask(member, CREATE, input={"name": "Reports", "days": 30, **fields})
    assert answer["createPersonalToken"]["errors"] == []
    return answer["createPersonalToken"]  # type: ignore[no-any-return]


async def test_it_is_made_used_listed_and_revoked(world: World, api: Api) -> None:
    answer = await made(api, world.admin, rights=["MANAGE_TAGS"])
    token, secret = answer["personalToken"], answer["secret"]
    assert (token["rights"], token["readOnly"], token["revokedAt"], token["lastUsedAt"]) == (
        ["MANAGE_TAGS"],
        True,
        None,
        None,
    )
    me = (await ask(api, secret, ME))["data"]["viewer"]
    assert (me["role"], me["rights"], me["seesAllPipelines"]) == ("EMPLOYEE", ["MANAGE_TAGS"], True)
    assert (me["personalToken"]["name"], me["member"]["name"]) == ("Reports", world.admin.name)
    await settle()
    (listed,) = (await api.ask(world.admin, TOKENS))["personalTokens"]["nodes"]
    assert listed["id"] == token["id"]
    assert listed["lastUsedAt"] is not None
    assert (await api.ask(world.admin, ME))["viewer"]["personalToken"] is None
    answer = await api.ask(world.admin, REVOKE, input={"personalTokenId": token["id"]})
    assert answer["revokePersonalToken"]["personalToken"]["revokedAt"] is not None
    refused = await api.send({"query": ME}, authorization=f"Bearer {secret}")
    assert refused.status == 401
    assert refused.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_when_it_was_used_is_no_answer_that_is_given_again(world: World, api: Api) -> None:
    secret = (await made(api, world.admin))["secret"]
    (before,) = (await api.ask(world.admin, TOKENS))["personalTokens"]["nodes"]
    await ask(api, secret, ME)
    await settle()
    (after,) = (await api.ask(world.admin, TOKENS))["personalTokens"]["nodes"]
    assert before["lastUsedAt"] is None
    assert after["lastUsedAt"] is not None


async def test_a_call_sent_again_has_no_secret(world: World, api: Api) -> None:
    keyed = {"name": "Reports", "days": 30, "idempotencyKey": "once"}
    first, again = [(await api.ask(world.admin, CREATE, input=keyed))["createPersonalToken"] for _ in range(2)]
    assert first["secret"].startswith("jobwire_pat_")
    assert (again["secret"], again["personalToken"]["id"]) == (None, first["personalToken"]["id"])


async def test_others_are_listed_with_the_right_to_the_team(world: World, api: Api) -> None:
    for member in (world.employee, world.admin):
        await made(api, member)
    everybodys = (await api.ask(world.admin, TOKENS))["personalTokens"]["nodes"]
    assert len(everybodys) == 2
    own = (await api.ask(world.employee, TOKENS))["personalTokens"]["nodes"]
    assert {each["member"]["id"] for each in own} == {encode(Kind.MEMBER, world.employee.id)}
    assert (await api.ask(world.stranger, TOKENS))["personalTokens"]["nodes"] == []


async def test_its_keys_are_its_own(world: World, api: Api) -> None:
    """What its owner made with a key is not answered to it."""
    tag = """mutation Tag($input: CreateTagInput!) { createTag(input: $input) { tag { id } errors { code } } }"""
    keyed = {"name": "Mine", "color": "#ffffff", "idempotencyKey": "once"}
    assert (await api.ask(world.owner, tag, input=keyed))["createTag"]["errors"] == []
    secret = (await made(api, world.owner))["secret"]
    answer = await ask(api, secret, tag, input=keyed)
    assert answer["data"]["createTag"] == {"tag": None, "errors": [{"code": "FORBIDDEN"}]}


async def test_a_session_is_not_ended_with_it(world: World, api: Api) -> None:
    secret = (await made(api, world.employee))["secret"]
    answer = await ask(api, secret, "mutation { signOut { errors { code } } }")
    assert answer["data"]["signOut"]["errors"] == [{"code": "FORBIDDEN"}]
    assert "errors" not in await ask(api, secret, ME)


_secrets: dict[tuple[str, tuple[Right, ...], bool], str] = {}


async def secret_of(firm: Furnished, api: Api, *rights: Right, read_only: bool) -> str:
    """One of the owner's, of which it is written already that it was used. There are more tests than one may have."""
    what = firm.word, rights, read_only
    if what not in _secrets:
        owner = firm.world.acting(firm.world.owner)
        token = (await create_personal_token(owner, name="Walk", days=1, rights=rights, read_only=read_only)).value
        assert token.secret is not None
        _secrets[what] = token.secret
    await ask(api, _secrets[what], ME)
    await settle()
    return _secrets[what]


async def attempt(api: Api, firm: Furnished, secret: str, mutation: str) -> list[dict[str, Any]]:
    """The errors of a mutation that the owner could make."""
    variables = filled(Sampler(mutation, firm.word).input(), firm.id)
    variables["input"] |= {name: HARMLESS[name] for name in HARMLESS.keys() & variables["input"].keys()}
    answer = await ask(api, secret, document("mutation", mutation, ["input"]), **variables)
    return answer["data"][mutation]["errors"]  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
async def firm(database: str) -> Furnished:
    """Nobody changes anything in it."""
    return await Furnished.build()


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_one_that_grants_nothing_changes_nothing(firm: Furnished, api: Api, mutation: str) -> None:
    secret = await secret_of(firm, api, read_only=True)
    async with untouched():
        (error,) = await attempt(api, firm, secret, mutation)
    assert (error["code"], error["path"]) == ("FORBIDDEN", ["input"])


@pytest.mark.parametrize("mutation", sorted({*WITH_RIGHT, *WITH_ROLE, *IN_PERSON}))
async def test_one_without_the_right_does_not(firm: Furnished, api: Api, mutation: str) -> None:
    """Of an owner's that may change something: all others do not have the right either."""
    # What is done in person is refused for that, whatever right it needs besides.
    needed = None if mutation in IN_PERSON else ACTIONS[mutation].right
    secret = await secret_of(firm, api, *(right for right in Right if right is not needed), read_only=False)
    async with untouched():
        (error,) = await attempt(api, firm, secret, mutation)
    assert (error["code"], error["right"]) == ("FORBIDDEN", needed and needed.value)


@pytest.mark.parametrize("mutation", sorted({*MUTATIONS} - {*WITH_ROLE} - {*IN_PERSON}))
async def test_one_with_every_right_does_what_needs_no_more(database: str, api: Api, mutation: str) -> None:
    """The control: it is the token that was refused, and nothing else."""
    firm = await Furnished.build()
    secret = await secret_of(firm, api, *Right, read_only=False)
    assert await attempt(api, firm, secret, mutation) == []


def test_what_is_done_in_person_is_known() -> None:
    assert IN_PERSON == [
        "changePassword",
        "createPersonalToken",
        "inviteContact",
        "inviteMember",
        "revokePersonalToken",
    ]
