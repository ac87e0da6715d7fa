"""Events are sufficient: a snapshot and what the stream said since equal a fresh query, whatever happened.

One test for every kind of event, also for the one that somebody adds next year.
"""

import contextlib
import json

import pytest

from models.commands.firm import update_firm
from models.event_kinds import KINDS
from models.events import EVERYWHERE
from models.rights import Role
from models.rows import AccountMember, Member
from tests.live.follower import following
from tests.live.scenarios_of_work import SCENARIOS
from tests.serving import Api
from tests.world import World


@pytest.mark.parametrize("kind", KINDS)
async def test_the_stream_says_all_that_changed(kind: str, world: World, api: Api) -> None:
    scenario = SCENARIOS.get(kind)
    assert scenario, f"Say in tests/live/scenarios.py how {kind} comes about: @causes(events.{kind})."
    rights = sorted({right.value for each in KINDS.values() for right in each.needs})
    await Member.filter(id__in=[world.employee.id, world.stranger.id]).update(given_rights=rights)
    onlooker = await world.member("Olga Onlooker", Role.EMPLOYEE)
    await AccountMember.create(account_id=world.account.id, member_id=onlooker.id)
    happening = scenario(world)
    await anext(happening)
    before = await world.revision()
    async with contextlib.AsyncExitStack() as stack:
        owner, employee, stranger, of_account = [
            await stack.enter_async_context(following(api, member))
            for member in (world.owner, world.employee, world.stranger, onlooker)
        ]
        assert await anext(happening, "over") == "over"
        logged = [entry.event for entry in await world.events(before)]
        assert kind in {type(event).__name__ for event in logged}
        # What the stranger is told at last, so that it is known what they were not told.
        last = (await update_firm(world.acting(world.owner), currency="CHF")).revision
        for client in (owner, employee, stranger, of_account):
            await client.reach(last)
            assert client.resyncs == 0
            await client.check()
            # What is told to its owner alone is told to them on their own stream.
            assert kind not in client.kinds or not KINDS[kind].own_only
        # One event for each thing: of several that happened to it the last one.
        for client in (owner, employee):
            assert len(client.kinds) > (kind != "FirmUpdated" and not KINDS[kind].own_only)
        everybodys = {type(event).__name__ for event in logged if event.now() == EVERYWHERE}
        assert set(stranger.kinds) <= everybodys | {"FirmUpdated"}
        # Whoever sees the account alone is told of its things, and of no job.
        assert '"job_' not in json.dumps(of_account.messages)
