"""What a viewer may see changes while they look: what left is removed, what came is added, nothing else is told."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest
from websockets.exceptions import ConnectionClosed

from models.commands.accounts import set_account_team
from models.commands.firm import update_firm
from models.commands.jobs import update_job
from models.commands.members import deactivate_member, set_member_rights, set_member_role
from models.commands.moves import move_job
from models.commands.pipelines import set_pipeline_members
from models.errors import Refusal
from models.ids import Kind, encode
from models.rights import Right, Role
from models.rows import Account, Job, Member, Pipeline, Stage
from models.sign_in import issue_for
from tests.live.follower import Follower, following
from tests.live.replica import CHANGES
from tests.serving import Api, Socket
from tests.world import World

Switch = Callable[[World, bool], Awaitable[object]]


async def team(world: World, seen: bool) -> object:
    """Whether the employee is assigned to the account."""
    members = [world.employee.id] if seen else []
    return await set_account_team(world.acting(world.owner), account_id=world.account.id, member_ids=members)


async def availability(world: World, seen: bool) -> object:
    """Whether the pipeline is available to the employee."""
    members = [world.employee.id] if seen else []
    return await set_pipeline_members(world.acting(world.owner), pipeline_id=world.pipeline.id, member_ids=members)


async def all_accounts(world: World, seen: bool) -> object:
    """Whether the employee sees all accounts."""
    rights = [Right.VIEW_ALL_ACCOUNTS] if seen else []
    return await set_member_rights(world.acting(world.owner), member_id=world.employee.id, rights=rights)


async def role(world: World, seen: bool) -> object:
    """Whether the employee is an admin."""
    wanted = Role.ADMIN if seen else Role.EMPLOYEE
    return await set_member_role(world.acting(world.owner), member_id=world.employee.id, role=wanted)


async def marker(world: World, client: Follower) -> None:
    """Let the client take over all that has happened: what everybody is told comes last."""
    switch = not (await world.row(type(world.firm), world.firm.id)).count_pending_ach
    await client.reach((await update_firm(world.acting(world.owner), count_pending_ach=switch)).revision)


def of_jobs(client: Follower) -> list[tuple[str, str]]:
    """The events about jobs so far: their types, and which jobs."""
    return [(event["__typename"], event["jobId"]) for event in client.events if "jobId" in event]


@pytest.mark.parametrize("switch", [team, availability, all_accounts])
async def test_cards_leave_and_come_with_the_scope(switch: Switch, world: World, api: Api) -> None:
    hidden = await world.new_account("Hidden")
    account = hidden if switch is all_accounts else world.account
    await switch(world, True)
    jobs = [await world.job(name, account_id=account.id) for name in ("one", "two")]
    ids = {encode(Kind.JOB, job.id) for job in jobs}
    async with following(api, world.employee) as client:
        await switch(world, False)
        await marker(world, client)
        assert {id for kind, id in of_jobs(client) if kind == "JobRemoved"} == ids
        assert not ids & client.replica.things.keys()
        await client.check()
        told = len(of_jobs(client))
        await update_job(world.acting(world.owner), job_id=jobs[0].id, name="unseen")
        await marker(world, client)
        assert len(of_jobs(client)) == told
        await switch(world, True)
        await marker(world, client)
        assert {id for kind, id in of_jobs(client)[told:] if kind == "JobAdded"} == ids
        await client.check()
        assert client.resyncs == 0


@pytest.mark.parametrize("switch", [role, "right"])
async def test_rights_that_withhold_fields_are_read_anew(switch: Switch | str, world: World, api: Api) -> None:
    await world.job()
    async with following(api, world.employee) as client:
        for seen in (True, False):
            if isinstance(switch, str):
                rights = [Right.MANAGE_TIME_BUDGETS] if seen else []
                await set_member_rights(world.acting(world.owner), member_id=world.employee.id, rights=rights)
            else:
                await switch(world, seen)
            await marker(world, client)
            await client.check()
        assert client.resyncs == 2


@pytest.mark.parametrize("seed", range(2))
async def test_a_storm_of_moves_while_rights_come_and_go(seed: int, world: World, api: Api) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    accounts = [world.account, await world.new_account("Globex"), await world.new_account("Initech", world.employee)]
    pipelines = [world.pipeline, await world.new_pipeline("Payroll")]
    stages = [stage for pipeline in pipelines for stage in await world.stages(pipeline)]
    jobs = [
        await world.job(f"job {number}", account_id=accounts[number % 3].id, pipeline_id=pipelines[number % 2].id)
        for number in range(12)
    ]
    async with following(api, world.employee) as client, following(api, world.owner) as owner:
        storm = [asyncio.create_task(_move(world, random.Random(seed * 10 + n), jobs, stages)) for n in range(3)]
        storm.append(asyncio.create_task(_rescope(world, chance, accounts, pipelines)))
        following_on = [asyncio.create_task(_receive(each)) for each in (client, owner)]
        await asyncio.gather(*storm)
        await all_accounts(world, False)
        await role(world, False)
        await team(world, True)
        last = (await update_firm(world.acting(world.owner), name="Calm")).revision
        async with asyncio.timeout(20):
            while min(int(each.replica.cursor) for each in (client, owner)) < last:
                for task in following_on:
                    assert not task.done(), task.result()
                await asyncio.sleep(0.01)
        for task in following_on:
            task.cancel()
        await asyncio.gather(*following_on, return_exceptions=True)
        await client.check()
        await owner.check()
        assert owner.resyncs == 0
        assert client.events


async def _receive(client: Follower) -> None:
    while True:
        await client.receive()


async def _move(world: World, chance: random.Random, jobs: list[Job], stages: list[Stage]) -> None:
    for _ in range(40):
        job, stage = chance.choice(jobs), chance.choice(stages)
        await move_job(world.acting(world.owner), job_id=job.id, stage_id=stage.id)


async def _rescope(world: World, chance: random.Random, accounts: list[Account], pipelines: list[Pipeline]) -> None:
    for _ in range(25):
        members = chance.choice(([], [world.employee.id]))
        what = chance.choice(("team", "team", "availability", "availability", "all", "role"))
        try:
            if what == "team":
                account = chance.choice(accounts)
                await set_account_team(world.acting(world.owner), account_id=account.id, member_ids=members)
            elif what == "availability":
                pipeline = chance.choice(pipelines)
                await set_pipeline_members(world.acting(world.owner), pipeline_id=pipeline.id, member_ids=members)
            else:
                await (all_accounts if what == "all" else role)(world, bool(members))
        except Refusal as refusal:
            raise AssertionError(refusal) from None


async def _read_on(socket: Socket) -> None:
    while True:
        await socket.connection.recv()


async def closed(api: Api, member: Member, shut: Callable[[], Awaitable[object]]) -> int | None:
    """The code that a socket of the member's is closed with after this, soon."""
    async with api.socket(member) as socket:
        await socket.subscribe(CHANGES)
        await socket.receive()
        await shut()
        with pytest.raises(ConnectionClosed) as end:
            await asyncio.wait_for(_read_on(socket), 20)
        return end.value.rcvd.code if end.value.rcvd else None


async def test_a_deactivated_member_is_out_at_once_and_for_good(world: World, api: Api) -> None:
    async def shut() -> None:
        await deactivate_member(world.acting(world.owner), member_id=world.employee.id)

    assert await closed(api, world.employee, shut) == 4401
    with pytest.raises((AssertionError, ConnectionClosed)):
        async with api.socket(world.employee):
            pass


async def test_signing_out_closes_the_socket(world: World, api: Api) -> None:
    async def shut() -> None:
        answer = await api.post(world.employee, "mutation { signOut { errors { message } } }")
        assert "errors" not in answer, answer

    assert await closed(api, world.employee, shut) == 4401


async def test_an_expired_token_closes_the_socket_for_another_one(world: World, api: Api) -> None:
    api.tokens[world.employee.id] = await issue_for(world.employee.id, 2 / 3600)

    async def wait() -> None:
        pass

    assert await closed(api, world.employee, wait) == 4403
