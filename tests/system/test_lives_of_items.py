"""Every kind of linked item through its life, over real processes: what happens at one server is told at the websocket
of another member, which is at the other server. What is done to an item of a kind, `tests/lives.py` says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import pairwise

import aiohttp
import pytest

import embedded
from models.event_kinds import KINDS
from models.events import ClientAction, kind_of_thing
from models.ids import Kind, encode
from models.items.kinds import item_kinds
from models.rows import Member
from tests.databases import on
from tests.kinds import contacts
from tests.lives import OLDER, Cast
from tests.signing_in import KEPT
from tests.specimens import Spot, specimens
from tests.system.oracle.api import Api
from tests.system.oracle.processes import house
from tests.system.walk import ACTS, Onlooker, Walk, looking_on, mutations, pascal
from tests.world import World

OPEN = "mutation Open($input: CreateJobInput!) { createJob(input: $input) { revision job { id } } }"
LIVES = OLDER | {known.kind: known.lives for known in specimens() if known.kind in item_kinds()}
#: Each life of each kind. A kind of which nobody said one is here too.
WALKS = [(kind, number) for kind in item_kinds() for number in range(len(LIVES.get(kind, ())) or 1)]

#: What an item waits for only because of what happens by itself, and the tests that show it: no member leads it there.
BY_ITSELF = {Kind.CLIENT_REQUEST: {"SENDING": "tests/domain/test_asking_automations.py"}}


@dataclass
class Setting:
    """The firm and the processes in which all of the lives are led."""

    world: World
    api: Api
    onlooker: Onlooker
    contact: str

    async def open_job(self, name: str) -> str:
        """A job of the account's. Its id."""
        world = self.world
        made = {
            "accountId": encode(Kind.ACCOUNT, world.account.id),
            "pipelineId": encode(Kind.PIPELINE, world.pipeline.id),
            "name": name,
        }
        opened = (await self.api.post(world.owner.email, OPEN, {"input": made}, ACTS))["data"]["createJob"]
        await self.onlooker.reach(int(opened["revision"]))
        return str(opened["job"]["id"])

    async def cast(self, name: str) -> Cast:
        """Whom and what the steps of a life may name: it has jobs of its own."""
        jobs = await self.open_job(name), await self.open_job(f"{name} too")
        account, stage = encode(Kind.ACCOUNT, self.world.account.id), (await self.world.stages())[0].id
        member = encode(Kind.MEMBER, self.world.employee.id)
        return Cast(account, jobs, encode(Kind.STAGE, stage), self.contact, member)


@pytest.fixture(scope="module")
async def setting(servers: embedded.Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Setting]:
    """Two servers that run, and the second member at one of them."""
    async with house(tmp_path_factory.mktemp("lives"), servers) as running:
        async with on(running.workers[0].environment["JOBWIRE_DATABASE_URL"]), aiohttp.ClientSession() as http:
            world = await World.build("lives")
            await Member.all().update(password_hash=KEPT)
            contact = await contacts.make(world.acting(world.owner), "Ada", Spot(world.account.id))
            for server in running.servers:
                await server.ready()
            api = Api(running.servers, http)
            async with looking_on(api, world.admin.email) as onlooker:
                yield Setting(world, api, onlooker, encode(Kind.CONTACT, contact))
        assert not running.unwell()


@pytest.mark.parametrize(("kind", "number"), WALKS, ids=str)
async def test_an_item_is_led_through_its_life(kind: Kind, number: int, setting: Setting) -> None:
    lives = LIVES.get(kind)
    assert lives, f"Say what is done to a {kind.spoken}, in its module of tests/kinds: `lives=[Life(…)]`."
    life, cast = lives[number], await setting.cast(f"{kind} {number}")
    walk = Walk(kind, life, setting.world, setting.api, setting.onlooker, cast)
    for before in life.before:
        await walk.prepare(before)
    await walk.make()
    for job in cast.jobs[:1] if item_kinds()[kind].model.one_job else cast.jobs:
        await walk.link(job)
    await walk.dismiss_once()
    for step in life.steps:
        await walk.take(step)
        await walk.dismiss_once()
    for job in [*walk.linked]:
        await walk.unlink(job)
    if life.end is not None:
        await walk.take(life.end)


@pytest.mark.parametrize("kind", item_kinds())
def test_the_lives_of_a_kind_leave_nothing_out(kind: Kind) -> None:
    """It waits for all that it may wait for, and becomes complete; a client does all that clients do; and it is deleted
    where it can be."""
    steps = [[life.made, *life.steps] for life in LIVES[kind]]
    awaited = [[step.awaits for step in life] for life in steps]
    completed = any(before and not after for life in awaited for before, after in pairwise(life))
    assert completed == item_kinds()[kind].may_be_open
    led_to = {each for life in awaited for each in life if each}
    assert led_to == set(item_kinds()[kind].may_await) - BY_ITSELF.get(kind, {}).keys()
    actions = {
        name for name, event in KINDS.items() if issubclass(event, ClientAction) and kind_of_thing(event) == kind
    }
    assert {step.event for life in steps for step in life if step.for_client} == actions
    ends = {life.end.mutation for life in LIVES[kind] if life.end}
    assert ends >= {f"delete{pascal(kind)}"} & mutations().keys()
