"""What the walls and the rights are tested with would see a change."""

from collections.abc import Awaitable, Callable

import pytest
from tortoise.transactions import in_transaction

from models.database import sql
from tests.api.untouched import untouched
from tests.world import World


async def written(world: World) -> None:
    await sql("UPDATE member SET capacity = capacity + 1 WHERE id = $1", world.stranger.id)


async def written_as_it_was(world: World) -> None:
    await sql("UPDATE member SET capacity = capacity WHERE id = $1", world.stranger.id)


async def made(world: World) -> None:
    await world.new_account("Another")


async def taken_away(world: World) -> None:
    await sql("DELETE FROM account_member WHERE member_id = $1", world.employee.id)


async def emptied(world: World) -> None:
    await sql("CREATE TABLE IF NOT EXISTS of_one_test ()")
    await sql("TRUNCATE of_one_test")


async def made_instead_of_another(world: World) -> None:
    await taken_away(world)
    await sql("INSERT INTO account_member (account_id, member_id) VALUES ($1, $2)", world.account.id, world.stranger.id)


@pytest.mark.parametrize("change", [written, written_as_it_was, made, taken_away, made_instead_of_another, emptied])
async def test_a_change_is_seen(change: Callable[[World], Awaitable[None]], world: World) -> None:
    with pytest.raises(AssertionError):
        async with untouched():
            await change(world)
    async with untouched():
        await world.revision()


async def taken_back(world: World) -> None:
    async with in_transaction():
        await written(world)
        await taken_away(world)
        raise ZeroDivisionError


async def test_what_was_taken_back_or_only_locked_is_not(world: World) -> None:
    async with untouched():
        with pytest.raises(ZeroDivisionError):
            await taken_back(world)
        async with in_transaction():
            await sql("SELECT FROM member WHERE firm_id = $1 FOR UPDATE", world.firm.id)
