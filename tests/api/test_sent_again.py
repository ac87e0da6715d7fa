"""A call sent again with its key: the same call only when everything that was sent is the same, secrets included."""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, get_named_type, is_list_type

from models.database import sql
from models.hashing import HASHING
from models.ids import Kind, encode
from models.passwords import password_fits
from models.rights import Role
from models.rows import Member
from resolvers.root import graphql_schema
from schema.inputs.base import LEFT_OUT, PASSWORD, REFUSED, secrets_of
from tests.api.asking import MUTATIONS, TOGETHER
from tests.api.furnished import Furnished
from tests.api.samples import Sampler, camel, filled
from tests.api.selections import root_fields
from tests.api.variants import variants
from tests.serving import Api
from tests.signing_in import PASSWORD as PRESENT
from tests.world import World

#: What is sent besides what the sampler makes, where all of it is to be compared.
MORE = {"createMember": {"password": "a long password"}}
INPUTS = {name: type_ for name, type_ in graphql_schema().type_map.items() if isinstance(type_, GraphQLInputObjectType)}

CREATE = """mutation A($input: CreateMemberInput!) { createMember(input: $input) {
  member { id } revision errors { code message path retryAfter } } }"""
CHANGE = """mutation A($input: ChangePasswordInput!) { changePassword(input: $input) {
  member { id } revision errors { code message path } } }"""


async def send(api: Api, member: Member, mutation: str, *inputs: dict[str, Any]) -> list[dict[str, Any]]:
    """What it answers to each of these but the thing: the revision, and the errors."""
    # With one request comes no more than one password.
    several = 1 if any("password" in name.lower() for each in inputs for name in each) else TOGETHER
    parts = [inputs[at : at + several] for at in range(0, len(inputs), several)]
    return [answer for part in parts for answer in await _send_some(api, member, mutation, part)]


async def _send_some(api: Api, member: Member, mutation: str, inputs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    type_ = root_fields("mutation")[mutation].args["input"].type
    given = {f"input{number}": each for number, each in enumerate(inputs)}
    calls = [f"{name.replace('input', 'call')}: {mutation}(input: ${name}) {{ ...Said }}" for name in given]
    declared = ", ".join(f"${name}: {type_}" for name in given)
    said = f"fragment Said on {root_fields('mutation')[mutation].type} {{ revision errors {{ code path }} }}"
    return list((await api.ask(member, f"mutation A({declared}) {{ {' '.join(calls)} }} {said}", **given)).values())


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_a_key_is_that_of_everything_that_was_sent(database: str, api: Api, mutation: str) -> None:
    firm = await Furnished.build()
    owner = firm.world.owner
    sample = filled(Sampler(mutation, firm.word).input(), firm.id)["input"]
    given = {**sample, **MORE.get(mutation, {}), "idempotencyKey": "once"}
    (first,) = await send(api, owner, mutation, given)
    assert first["errors"] == []
    # Whoever gave the firm away may not do it again: they get it back.
    await Member.filter(firm_id=firm.world.firm.id, role=Role.OWNER).update(role=Role.ADMIN)
    await Member.filter(id=owner.id).update(role=Role.OWNER)
    type_: Any = get_named_type(root_fields("mutation")[mutation].args["input"].type)
    others = list(variants(type_, given, but=frozenset({"idempotencyKey"})))
    answers = await send(api, owner, mutation, *(other for _, other in others))
    for (path, _), answer in zip(others, answers, strict=True):
        assert answer == {"revision": None, "errors": [{"code": "RULE", "path": ["input", "idempotencyKey"]}]}, path
    assert {path[0] for path, _ in others} == type_.fields.keys() - {"idempotencyKey"}
    declared = {camel(field.python_name): field for field in type_.extensions["strawberry-definition"].fields}
    optional = [name for name in given if name != "idempotencyKey" and not str(type_.fields[name].type).endswith("!")]
    left_out = [{field: value for field, value in given.items() if field != name} for name in optional]
    for name, answer in zip(optional, await send(api, owner, mutation, *left_out), strict=True):
        # What must be given is missed before it is compared.
        code = "INVALID" if declared[name].metadata.get(LEFT_OUT) == REFUSED else "RULE"
        assert answer["errors"][0]["code"] == code, name
    # In another order it is the same, and it is made once.
    assert await send(api, owner, mutation, dict(reversed(given.items()))) == [first]


def test_every_secret_of_an_input_is_declared_as_one() -> None:
    """And stands at the top of it, where it is looked for."""
    for type_ in INPUTS.values():
        for field in type_.extensions["strawberry-definition"].fields:
            assert ("password" in field.python_name) == bool(field.metadata.get(PASSWORD)), (type_, field.python_name)
        for name, inner in type_.fields.items():
            nested = get_named_type(inner.type)
            if isinstance(nested, GraphQLInputObjectType):
                assert not secrets_of(nested.extensions["strawberry-definition"].origin), (type_, name)


def test_there_are_variants_of_lists_and_of_what_is_within_them() -> None:
    targets = INPUTS["MoveJobsInput"]
    assert is_list_type(targets.fields["jobs"].type.of_type)
    paths = {path for path, _ in variants(targets, {"jobs": [{"jobId": "job_x"}]})}
    assert {("jobs", 0, "jobId"), ("jobs", 0, "expectedVersion"), ("jobs", "more"), ("atomic",)} <= paths
    assert {path[0] for path in paths} == {camel(name) for name in targets.fields}


def new_member(world: World, **other: Any) -> dict[str, Any]:
    """What asks for one under the key `once`."""
    fields = {"email": f"new@{world.tag}.test", "name": "Nina", "password": "a long password"}
    return {**fields, "idempotencyKey": "once", **other}


async def test_of_a_password_nothing_is_kept_that_is_easier_to_guess_from_than_its_hash(world: World, api: Api) -> None:
    await api.ask(world.admin, CREATE, input=new_member(world))
    (row,) = await sql("SELECT k::text AS kept, secrets FROM idempotency_key k WHERE firm_id = $1", world.firm.id)
    member = await Member.get(email=f"new@{world.tag}.test")
    assert member.password_hash is not None
    assert member.password_hash.startswith("$argon2id$")
    assert row["secrets"] == f'{{"password": "{member.password_hash}"}}'
    everything = row["kept"].replace(member.password_hash, "")
    for algorithm in ("md5", "sha1", "sha256", "sha512", "blake2b"):
        assert hashlib.new(algorithm, b"a long password").hexdigest() not in everything
    assert "a long password" not in everything


async def create(api: Api, member: Member, input: dict[str, Any]) -> dict[str, Any]:
    """What it answers. A machine that hashes slowly tells those who come at once to come back."""
    async with asyncio.timeout(60):
        while True:
            answer: dict[str, Any] = (await api.ask(member, CREATE, input=input))["createMember"]
            if not answer["errors"] or answer["errors"][0]["code"] != "LIMIT":
                return answer


async def test_equal_calls_at_once_make_one_member(world: World, api: Api) -> None:
    before = await world.revision()
    answers = await asyncio.gather(*(create(api, world.admin, new_member(world)) for _ in range(3)))
    assert all(answer == answers[0] for answer in answers), answers
    assert answers[0]["errors"] == []
    assert await world.revision() == before + 1


async def test_of_different_passwords_at_once_one_is_taken(world: World, api: Api) -> None:
    passwords = ["the first password", "the second password", "the third password"]
    calls = (create(api, world.admin, new_member(world, password=password)) for password in passwords)
    answers = await asyncio.gather(*calls)
    (made,) = [place for place, answer in enumerate(answers) if not answer["errors"]]
    kept = (await Member.get(email=f"new@{world.tag}.test")).password_hash
    assert await password_fits(kept, passwords[made])
    assert [answer["errors"][0]["code"] for answer in answers if answer["errors"]] == ["RULE", "RULE"]


async def test_a_password_that_changed_since_is_no_other_call(world: World, api: Api) -> None:
    first = await api.ask(world.admin, CREATE, input=new_member(world))
    await Member.filter(email=f"new@{world.tag}.test").update(password_hash="another's")
    assert await api.ask(world.admin, CREATE, input=new_member(world)) == first
    # Nor is it given back.
    assert (await Member.get(email=f"new@{world.tag}.test")).password_hash == "another's"


async def test_a_change_of_password_sent_again_is_done_once(database: str, api: Api) -> None:
    owner = (await Furnished.build()).world.owner
    change = {"currentPassword": PRESENT, "newPassword": "the next password", "idempotencyKey": "once"}
    first, again = [(await api.ask(owner, CHANGE, input=change))["changePassword"] for _ in range(2)]
    assert first == again
    assert first["errors"] == []
    for other in ({"currentPassword": "the next password"}, {"newPassword": PRESENT}):
        answer = (await api.ask(owner, CHANGE, input=change | other))["changePassword"]
        assert answer["errors"][0]["code"] == "RULE", other
    assert await password_fits((await Member.get(id=owner.id)).password_hash, "the next password")


async def test_asking_again_is_no_way_to_guess(database: str, api: Api) -> None:
    """A stolen session and a key that was seen somewhere must not tell what the new password is."""
    owner = (await Furnished.build()).world.owner
    change = {"currentPassword": PRESENT, "newPassword": "the next password", "idempotencyKey": "once"}
    await api.ask(owner, CHANGE, input=change)
    answers = [
        (await api.ask(owner, CHANGE, input=change | {"newPassword": f"a guess {number}"}))["changePassword"]
        for number in range(11)
    ]
    assert [answer["errors"][0]["code"] for answer in answers] == ["RULE"] * 10 + ["LIMIT"]


async def test_anothers_equal_key_is_another_call(world: World, api: Api) -> None:
    """One member's key neither blocks nor tells of another's."""
    first = (await api.ask(world.admin, CREATE, input=new_member(world)))["createMember"]
    other = new_member(world, email=f"other@{world.tag}.test")
    second = (await api.ask(world.owner, CREATE, input=other))["createMember"]
    assert (first["errors"], second["errors"]) == ([], [])
    assert first["member"]["id"] != second["member"]["id"]
    taken = HASHING.turns.taken
    assert (await api.ask(world.admin, CREATE, input=new_member(world)))["createMember"] == first
    assert HASHING.turns.taken == taken + 1
    assert first["member"]["id"] == encode(Kind.MEMBER, (await Member.get(email=f"new@{world.tag}.test")).id)
