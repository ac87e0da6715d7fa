"""Nobody reaches above themselves: in no mutation that names a member is one changed who is above the caller."""

from dataclasses import dataclass
from typing import Any

import pytest
from graphql import get_named_type

from models.database import sql
from models.ids import Kind, encode
from models.rights import Right, Role
from models.rows import AccountMember, Member, PipelineMember
from tests.api.asking import MUTATIONS
from tests.api.furnished import Furnished
from tests.api.samples import Id, Path, Sampler, filled, ids_in
from tests.api.selections import document, root_fields
from tests.api.untouched import untouched
from tests.serving import Api

ALL = tuple(Right)


def members_in(mutation: str) -> list[Path]:
    """Where its input names a member that is there already."""
    sample = Sampler(mutation, "x").input()
    return [path for path, place in ids_in(sample) if place.kind is Kind.MEMBER and not place.mine]


def _answers_a_member(mutation: str) -> bool:
    payload: Any = get_named_type(root_fields("mutation")[mutation].type)
    return "member" in payload.fields


NAMING = [name for name in MUTATIONS if members_in(name)]
#: What a mutation answers is what it changes: these change the member that they name, the others tie them to something.
CHANGING = [name for name in NAMING if _answers_a_member(name)]


@dataclass
class Ranks:
    """A firm with people of every rank."""

    firm: Furnished
    people: dict[str, Member]

    @classmethod
    async def build(cls) -> "Ranks":
        """A fresh firm."""
        firm = await Furnished.build()
        world = firm.world
        people = {"owner": world.owner, "admin": world.admin}
        given = {
            "lead": (Right.MANAGE_TEAM, Right.MANAGE_TAGS),
            "everything": ALL,
            "reporter": (Right.VIEW_REPORTS,),
            "tagger": (Right.MANAGE_TAGS,),
        }
        for name, rights in given.items():
            people[name] = await world.member(f"{name.title()} Test", Role.EMPLOYEE, *rights)
        return cls(firm, people)


@pytest.fixture(scope="module")
async def ranks(database: str) -> Ranks:
    """Nothing changes in it: everybody is refused."""
    return await Ranks.build()


def variables(mutation: str, firm: Furnished, named: Member) -> dict[str, Any]:
    """The mutation on this member."""

    def choose(place: Id) -> str:
        return encode(Kind.MEMBER, named.id) if place.kind is Kind.MEMBER else firm.id(place)

    values: dict[str, Any] = filled(Sampler(mutation, firm.word).input(), choose)
    for name, value in {"role": "EMPLOYEE", "rights": []}.items():
        if name in values["input"]:
            values["input"][name] = value
    return values


#: Who is above whom.
ABOVE = [
    ("lead", "owner"),
    ("lead", "admin"),
    ("lead", "reporter"),
    ("lead", "everything"),
    ("everything", "owner"),
    ("everything", "admin"),
    ("admin", "owner"),
]


@pytest.mark.parametrize(("who", "whom"), ABOVE)
@pytest.mark.parametrize("mutation", CHANGING)
@pytest.mark.parametrize("active", [True, False])
async def test_nobody_changes_whoever_is_above_them(
    ranks: Ranks, api: Api, mutation: str, who: str, whom: str, active: bool
) -> None:
    caller, named = ranks.people[who], ranks.people[whom]
    await api.token(caller)
    await sql("UPDATE member SET active = $2 WHERE id = $1", named.id, active)
    try:
        async with untouched():
            answer = await api.post(
                caller, document("mutation", mutation, ["input"]), **variables(mutation, ranks.firm, named)
            )
            (error,) = answer["data"][mutation]["errors"]
            # That the owner stays is a rule for everybody.
            assert error["code"] in ({"FORBIDDEN", "RULE"} if whom == "owner" else {"FORBIDDEN"}), error
            assert answer["data"][mutation]["member"] is None
    finally:
        await sql("UPDATE member SET active = true WHERE id = $1", named.id)


#: Who is not: the control.
REACHED = [("lead", "tagger"), ("everything", "reporter"), ("admin", "everything"), ("owner", "admin")]


@pytest.mark.parametrize(("who", "whom"), REACHED)
@pytest.mark.parametrize("mutation", [name for name in CHANGING if name != "transferOwnership"])
async def test_whoever_is_not_above_is_reached(database: str, api: Api, mutation: str, who: str, whom: str) -> None:
    ranks = await Ranks.build()
    caller, named = ranks.people[who], ranks.people[whom]
    if mutation == "reactivateMember":
        await Member.filter(id=named.id).update(active=False)
    query = document("mutation", mutation, ["input"])
    answer = await api.post(caller, query, **variables(mutation, ranks.firm, named))
    assert answer["data"][mutation]["errors"] == []


async def test_oneself_is_not_above_oneself(database: str, api: Api) -> None:
    ranks = await Ranks.build()
    query = "mutation Me($input: UpdateMemberInput!) { updateMember(input: $input) { errors { message } } }"
    for who in ("lead", "everything", "admin", "owner"):
        me = ranks.people[who]
        answer = await api.ask(me, query, input={"memberId": encode(Kind.MEMBER, me.id), "name": f"New {who}"})
        assert answer["updateMember"]["errors"] == []


@pytest.mark.parametrize("mutation", [name for name in NAMING if name not in CHANGING])
async def test_to_be_named_is_not_to_be_changed(database: str, api: Api, mutation: str) -> None:
    """Whoever may assign, assigns anybody: that changes nothing about them."""
    ranks = await Ranks.build()
    firm, caller = ranks.firm, ranks.people["everything"]
    await AccountMember.create(account_id=firm.world.account.id, member_id=caller.id)
    await PipelineMember.create(pipeline_id=firm.world.pipeline.id, member_id=caller.id)
    await firm.give_messages_to(caller)
    await firm.give_uploads_to(caller)
    rows = "SELECT m::text AS row FROM member m WHERE firm_id = $1 ORDER BY id"
    before = await sql(rows, firm.world.firm.id)
    query = document("mutation", mutation, ["input"])
    answer = await api.post(caller, query, **variables(mutation, firm, firm.world.owner))
    assert answer["data"][mutation]["errors"] == []
    assert await sql(rows, firm.world.firm.id) == before


def test_what_changes_members_is_known() -> None:
    """Or the walk above walks nowhere."""
    assert set(CHANGING) >= {"updateMember", "setMemberRole", "setMemberRights", "deactivateMember", "reactivateMember"}
    assert len(NAMING) > len(CHANGING)
