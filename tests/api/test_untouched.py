"""What the walls and the rights are tested with would see a change."""

from collections.abc import Awaitable, Callable

import pytest

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


async def made_instead_of_another(world: World) -> None:
    await taken_away(world)
    await sql("INSERT INTO account_member (account_id, member_id) VALUES ($1, $2)", world.account.id, world.stranger.id)


@pytest.mark.parametrize("change", [written, written_as_it_was, made, taken_away, made_instead_of_another])
async def test_a_change_is_seen(change: Callable[[World], Awaitable[None]], world: World) -> None:
    with pytest.raises(AssertionError):
        async with untouched():
            await change(world)
    async with untouched():
        await world.revision()
