"""The firm's labels for accounts."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from models.commands.accounts import create_account, set_account_tags
from models.commands.tags import create_tag, delete_tag, update_tag
from models.errors import Conflict, Invalid, NotFound, Refusal, RuleBroken
from models.events import AccountTagsChanged, TagCreated, TagDeleted, TagUpdated
from models.ids import new_id
from models.rows import Account, AccountTag, Tag
from tests.world import World


async def new_tag(world: World, name: str = "Tax") -> Tag:
    return (await create_tag(world.acting(world.owner), name=name, color="#2f80ed")).value


async def test_a_tag_is_added_once(world: World) -> None:
    owner, id = world.acting(world.owner), new_id()
    before = await world.revision()
    first = await create_tag(owner, name=" Tax ", color="#2F80ED", id=id)
    again = await create_tag(owner, name="Tax", color="#2f80ed", id=id)
    assert (first.value.name, first.value.color) == ("Tax", "#2f80ed")
    assert again.revision == first.revision == await world.revision() == before + 1
    assert [logged.event for logged in await world.events(before)] == [TagCreated(tag=id)]


@pytest.mark.parametrize("name", ["Straße", "straße", "STRASSE"])
async def test_a_name_is_taken_in_any_case(world: World, name: str) -> None:
    owner = world.acting(world.owner)
    await new_tag(world, "Straße")
    other = await new_tag(world, "Payroll")
    before = await world.revision()
    with pytest.raises(RuleBroken, match="already") as refused:
        await create_tag(owner, name=name, color="#2f80ed")
    assert refused.value.path == ("name",)
    with pytest.raises(RuleBroken):
        await update_tag(owner, tag_id=other.id, name=name)
    assert await world.revision() == before
    assert {tag.name for tag in await Tag.filter(firm_id=world.firm.id)} == {"Payroll", "Straße"}


async def test_of_those_who_add_the_same_tag_at_once_one_does(world: World) -> None:
    before = await world.revision()
    for number in range(5):
        outcomes = await asyncio.gather(
            *(
                create_tag(world.acting(member), name=name.format(number), color="#2f80ed")
                for member in (world.owner, world.admin)
                for name in ("tax {}", "TAX {}", "Tax {}")
            ),
            return_exceptions=True,
        )
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Outcome"] + ["RuleBroken"] * 5
    assert await world.revision() == before + 5


async def test_another_firms_tags_do_not_matter(world: World) -> None:
    other = await World.build(f"{world.tag}x")
    tag = await new_tag(other)
    before = (await world.revision(), await other.revision())
    with pytest.raises(NotFound):
        await update_tag(world.acting(world.owner), tag_id=tag.id, name="Ours")
    with pytest.raises(NotFound):
        await delete_tag(world.acting(world.owner), tag_id=tag.id)
    # An id of theirs is refused without a word about whose it is.
    with pytest.raises(Invalid):
        await create_tag(world.acting(world.owner), name="Tax", color="#2f80ed", id=tag.id)
    assert (await world.revision(), await other.revision()) == before
    assert (await new_tag(world)).name == "Tax"


async def test_a_tag_changes_its_own_case_and_colour(world: World) -> None:
    owner = world.acting(world.owner)
    tag = await new_tag(world, "tax")
    before = await world.revision()
    outcome = await update_tag(owner, tag_id=tag.id, name="Tax", expected_version=1)
    assert (outcome.value.name, outcome.value.version) == ("Tax", 2)
    assert [logged.event for logged in await world.events(before)] == [
        TagUpdated(tag=tag.id, changes={"name": ("tax", "Tax")})
    ]
    with pytest.raises(Conflict):
        await update_tag(owner, tag_id=tag.id, color="#000000", expected_version=1)
    assert (await update_tag(owner, tag_id=tag.id, name="Tax")).revision == await world.revision() == before + 1


@pytest.mark.parametrize(
    "fields", [{"name": " "}, {"name": "x" * 101}, {"color": "blue"}], ids=["blank", "long", "color"]
)
async def test_a_wrong_value_is_refused(world: World, fields: dict[str, Any]) -> None:
    tag = await new_tag(world)
    before = await world.revision()
    with pytest.raises(Invalid) as refused:
        await update_tag(world.acting(world.owner), tag_id=tag.id, **fields)
    assert refused.value.path == tuple(fields)
    assert await world.revision() == before


async def test_a_deleted_tag_leaves_every_account_that_carried_it(world: World) -> None:
    owner = world.acting(world.owner)
    tag, kept = await new_tag(world), await new_tag(world, "Payroll")
    carrying = [
        (await create_account(owner, name=name, tag_ids=[tag.id, kept.id])).value.id for name in ("Ann", "Bob", "Cid")
    ]
    before = await world.revision()
    outcome = await delete_tag(owner, tag_id=tag.id, expected_version=1)
    assert outcome.revision == before + 1
    assert [logged.event for logged in await world.events(before)] == [
        *(AccountTagsChanged(account=id, added=(), removed=(tag.id,)) for id in carrying),
        TagDeleted(tag=tag.id, name="Tax"),
    ]
    assert [account.version for account in await Account.filter(id__in=carrying)] == [2, 2, 2]
    assert (await world.row(Account, world.account.id)).version == 1
    assert set(await AccountTag.filter(account_id__in=carrying).values_list("tag_id", flat=True)) == {kept.id}
    assert not await Tag.exists(id=tag.id)


async def test_tagging_accounts_while_the_tag_is_deleted_leaves_no_trace_untold(world: World) -> None:
    owner = world.acting(world.owner)
    tag = await new_tag(world)
    accounts = [await world.new_account(f"Client {n}") for n in range(6)]
    before = await world.revision()
    outcomes = await asyncio.gather(
        *(set_account_tags(owner, account_id=account.id, tag_ids=[tag.id]) for account in accounts[:3]),
        delete_tag(owner, tag_id=tag.id),
        *(set_account_tags(owner, account_id=account.id, tag_ids=[tag.id]) for account in accounts[3:]),
        return_exceptions=True,
    )
    assert all(isinstance(outcome, NotFound) for outcome in outcomes if isinstance(outcome, Exception))
    assert not any(isinstance(outcome, Exception) and not isinstance(outcome, Refusal) for outcome in outcomes)
    # Replaying the log ends where the rows are: no account carries the tag, and each version was told.
    told = {account.id: 1 for account in accounts}
    carrying: set[UUID] = set()
    for logged in await world.events(before):
        if isinstance(logged.event, AccountTagsChanged):
            told[logged.event.account] += 1
            carrying ^= {logged.event.account}
    assert carrying == set()
    assert {row.id: row.version for row in await Account.filter(id__in=list(told))} == told
