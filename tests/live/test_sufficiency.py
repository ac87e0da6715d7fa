"""Events are sufficient: a snapshot and what the stream said since equal a fresh query, whatever happened.

One test for every kind of event, also for the one that somebody adds next year; those that leave each other's things
alone happen one after the other in one firm.
"""

import contextlib
import itertools
import json
from collections.abc import AsyncIterator

import pytest

from models.commands.firm import update_firm
from models.event_kinds import KINDS
from models.events import EVERYWHERE
from models.rights import Role
from models.rows import AccountMember, Member
from tests.live.follower import Follower, following
from tests.live.scenarios_of_work import SCENARIOS, at_once, naming
from tests.serving import Api
from tests.world import World


@pytest.mark.parametrize("kinds", at_once(), ids=", ".join)
async def test_the_stream_says_all_that_changed(kinds: tuple[str, ...], world: World, api: Api) -> None:
    missing = [kind for kind in kinds if kind not in SCENARIOS]
    assert not missing, f"Say in tests/live/scenarios.py how these come about, as in @causes(events.X): {missing}."
    rights = sorted({right.value for each in KINDS.values() for right in each.needs})
    await Member.filter(id__in=[world.employee.id, world.stranger.id]).update(given_rights=rights)
    onlooker = await world.member("Olga Onlooker", Role.EMPLOYEE)
    await AccountMember.create(account_id=world.account.id, member_id=onlooker.id)
    happenings = {kind: SCENARIOS[kind](world) for kind in kinds}
    for happening in happenings.values():
        await anext(happening)
    async with contextlib.AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(following(api, member))
            for member in (world.owner, world.employee, world.stranger, onlooker)
        ]
        for kind, happening in happenings.items():
            with naming(kind):
                await _happens(kind, happening, world, *clients)
        for client in clients:
            with naming(client.member.name):
                await client.check()
                assert client.resyncs == 0
        # Whoever sees the account alone is told of its things, and of no job.
        assert '"job_' not in json.dumps(clients[-1].messages)


_names = itertools.count()


async def _happens(
    kind: str,
    happening: AsyncIterator[None],
    world: World,
    owner: Follower,
    employee: Follower,
    stranger: Follower,
    of_account: Follower,
) -> None:
    """Let it happen, and be told to all of them. Whoever sees everything has all that changed."""
    clients = (owner, employee, stranger, of_account)
    before = await world.revision()
    told = [len(client.events) for client in clients]
    assert await anext(happening, "over") == "over"
    logged = [entry.event for entry in await world.events(before)]
    assert kind in {type(event).__name__ for event in logged}
    # What the stranger is told at last, so that it is known what they were not told.
    last = (await update_firm(world.acting(world.owner), name=f"Firm {next(_names)}")).revision
    new: list[list[str]] = []
    for client, already in zip(clients, told, strict=True):
        await client.reach(last)
        new.append(client.kinds[already:])
        # What is told to its owner alone is told to them on their own stream.
        assert kind not in new[-1] or not KINDS[kind].own_only
    # One event for each thing: of several that happened to it the last one.
    for kinds in new[:2]:
        assert len(kinds) > (kind != "FirmUpdated" and not KINDS[kind].own_only)
    everybodys = {type(event).__name__ for event in logged if event.now() == EVERYWHERE}
    assert set(new[2]) <= everybodys | {"FirmUpdated"}
    await owner.check()
