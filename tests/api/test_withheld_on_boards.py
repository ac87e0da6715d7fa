"""A board of many cards, as somebody reads it from whom a right withholds fields: as docs/api.md says."""

import pytest

from models.database import sql
from models.ids import Kind, encode
from models.rights import Right, Role
from models.rows import AccountMember, Member, PipelineMember
from tests.docs.pages import blocks
from tests.serving import Api
from tests.world import World

CARDS = 500
FIELDS = ("budget", "tracked", "remaining", "percentUsed")


def board() -> str:
    """The query of the page."""
    (found,) = [block.text for block in blocks("graphql") if "query Budgets" in block.text]
    return found


async def full(world: World) -> str:
    """A board of so many cards."""
    job = await world.job(budget=60)
    # The one card, again and again: each column but its id.
    (row,) = await sql(
        "SELECT string_agg(column_name, ', ') AS columns FROM information_schema.columns "
        "WHERE table_schema = 'public' AND table_name = 'job' AND column_name <> 'id'"
    )
    columns = row["columns"]
    await sql(
        f"INSERT INTO job (id, {columns}) SELECT gen_random_uuid(), {columns} FROM job, generate_series(2, $2::int) "
        "WHERE id = $1",
        job.id,
        CARDS,
    )
    return encode(Kind.PIPELINE, world.pipeline.id)


async def rights_of(api: Api, member: Member) -> list[str]:
    rights: list[str] = (await api.ask(member, "{ viewer { rights } }"))["viewer"]["rights"]
    return rights


@pytest.mark.parametrize("rights", [(), (Right.MANAGE_TIME_BUDGETS,)], ids=["without", "with"])
async def test_who_asks_for_what_they_may_read_gets_no_error(world: World, api: Api, rights: tuple[Right, ...]) -> None:
    pipeline = await full(world)
    member = await world.member("Wim Watcher", Role.EMPLOYEE, *rights)
    await AccountMember.create(account_id=world.account.id, member_id=member.id)
    await PipelineMember.create(pipeline_id=world.pipeline.id, member_id=member.id)
    budgets = Right.MANAGE_TIME_BUDGETS in await rights_of(api, member)
    answer = await api.post(member, board(), id=pipeline, budgets=budgets)
    assert "errors" not in answer
    cards = answer["data"]["pipeline"]["stages"][0]["jobs"]
    assert len(cards) == CARDS
    shown = {"budget": 60, "tracked": 0, "remaining": 60, "percentUsed": 0} if rights else {}
    assert all(card == {"id": card["id"], "name": "1040"} | shown for card in cards)


async def test_who_asks_for_more_has_an_error_for_each(world: World, api: Api) -> None:
    pipeline = await full(world)
    answer = await api.post(world.employee, board(), id=pipeline, budgets=True)
    cards = answer["data"]["pipeline"]["stages"][0]["jobs"]
    assert all(card[field] is None for card in cards for field in FIELDS)
    assert len(answer["errors"]) == CARDS * len(FIELDS)
    assert {error["extensions"]["right"] for error in answer["errors"]} == {"MANAGE_TIME_BUDGETS"}
