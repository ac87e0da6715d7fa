"""Over real sockets: who may see the same and asks the same is told by one execution, and nobody is told more."""

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator

import pytest

import embedded
from models.commands.accounts import set_account_team
from models.commands.firm import update_firm
from models.commands.jobs import update_job
from models.ids import Kind, encode
from models.rows import AccountMember, Job, Member, PipelineMember
from tests.live.eventually import eventually
from tests.live.shared_sockets import DOCUMENTS, Line, lines, metrics, next_frame, reach
from tests.serving import Api, serving
from tests.world import World


@pytest.fixture
async def api(database: str, servers: embedded.Servers) -> AsyncIterator[Api]:
    """A server of its own, so that what it counts is what happens here."""
    async with serving(database, servers.redis_url, heartbeat=24) as api:
        yield api


async def rename(world: World, job: Job, name: str) -> int:
    """The revision of a new name."""
    return (await update_job(world.acting(world.owner), job_id=job.id, name=name)).revision


async def rendered_for(api: Api, opened: list[Line], world: World, job: Job, name: str) -> float:
    """How often a change was executed that all of these were told, and how many messages were sent."""
    before = await metrics(api)
    await reach(opened, await rename(world, job, name))
    after = await metrics(api)
    assert after["messages_sent"] - before["messages_sent"] == len(opened)
    return after["messages_rendered"] - before["messages_rendered"]


def of_the_same(opened: list[Line], world: World) -> dict[tuple[bool, str], list[Line]]:
    """The subscriptions by scope and document. The owner and the admin may see the same."""
    found: dict[tuple[bool, str], list[Line]] = {}
    for line in opened:
        found.setdefault((line.member.id == world.employee.id, line.document), []).append(line)
    return found


async def test_a_change_is_executed_once_for_each_cohort_however_many_sockets(world: World, api: Api) -> None:
    job = await world.job()
    for each in (3, 20):
        async with lines(api, (world.owner, world.admin, world.employee), each) as opened:
            assert len(opened) == 3 * each
            counted = await metrics(api)
            assert counted["subscribers"] == 3 * each
            assert counted["cohorts"] == 6
            assert await rendered_for(api, opened, world, job, f"for {each}") == 6
            assert len({line.id for line in opened}) == len(opened)
            for same in of_the_same(opened, world).values():
                # Each its own id, around the same bytes.
                assert len({line.body(-1) for line in same}) == 1
                assert {json.loads(line.frames[-1])["id"] for line in same} == {line.id for line in same}
                assert [event["__typename"] for event in same[0].told[-1]["events"]] == ["JobUpdated"]
        await eventually(lambda: nobody_is_left(api))


async def nobody_is_left(api: Api) -> bool:
    """Whether the server has forgotten all subscriptions."""
    counted = await metrics(api)
    return counted["subscribers"] == counted["cohorts"] == counted["feeds"] == 0


async def test_who_comes_to_see_the_same_joins_the_others_and_is_told_nothing_more(world: World, api: Api) -> None:
    hidden = await world.new_account("Hidden", world.employee)
    seen, secret = await world.job("seen"), await world.job("secret", account_id=hidden.id)
    peer = await world.member("Pete Peer")
    await AccountMember.create(account_id=world.account.id, member_id=peer.id)
    await PipelineMember.create(pipeline_id=world.pipeline.id, member_id=peer.id)
    async with lines(api, (world.owner, world.employee, peer), 20) as opened:
        assert (await metrics(api))["cohorts"] == 9
        over = asyncio.Event()
        renaming = asyncio.create_task(_rename_until(over, world, seen, secret))
        try:
            await reach(opened[:1], await world.revision() + 10)
            # In the middle of it, the employee comes to see what the peer sees.
            cut = (await set_account_team(world.acting(world.owner), account_id=hidden.id, member_ids=[])).revision
            await reach(opened[:1], cut + 10)
        finally:
            over.set()
            named = await renaming
        await reach(opened, await rename(world, seen, "heard by all"))
        await eventually(lambda: _has(api, cohorts=6))
        assert await rendered_for(api, opened, world, seen, "together") == 6
        await _quiet(opened, world, secret)
        assert min(named) < cut < max(named)
        for line in opened:
            assert_in_order(line)
            removed = [kind for kind in line.kinds if kind.endswith("Removed")]
            late = [name for revision, name in named.items() if revision > cut and name in "".join(line.frames)]
            if line.member.id == world.owner.id:
                assert not removed
                assert late or line.document == "cursors"
            elif line.member.id == peer.id:
                assert not removed
                assert "secret" not in "".join(line.frames)
                assert encode(Kind.JOB, secret.id) not in "".join(line.frames)
            else:
                assert set(removed) == {"AccountRemoved", "JobRemoved"}
                assert not late
                assert_forgotten(line, secret)
        for document in DOCUMENTS:
            same = [line for line in opened if line.document == document and line.member.id != world.owner.id]
            assert len({line.body(-1) for line in same}) == 1


async def _has(api: Api, **expected: float) -> bool:
    counted = await metrics(api)
    return all(counted[name] == number for name, number in expected.items())


async def _rename_until(over: asyncio.Event, world: World, seen: Job, secret: Job) -> dict[int, str]:
    """The names that the secret job got, by their revisions."""
    named: dict[int, str] = {}
    for number in itertools.count():
        if over.is_set():
            break
        await rename(world, seen, f"seen {number}")
        name = f"secret {number}."
        named[await rename(world, secret, name)] = name
    return named


async def _quiet(opened: list[Line], world: World, secret: Job) -> None:
    """Whoever does not see the secret job hears nothing of it: what comes next is a change that all see."""
    await rename(world, secret, "secret at last")
    await reach(opened, (await update_firm(world.acting(world.owner), name="Firm & Co")).revision)
    for line in opened:
        if line.member.id != world.owner.id:
            assert line.kinds[-1] == "FirmUpdated"


def assert_in_order(line: Line) -> None:
    """Each message goes on where the one before ended, and none says to read anew."""
    assert not any(message["resync"] for message in line.told)
    ends = [message["revision"] for message in line.told]
    begins = [message.get("previous", message.get("before")) for message in line.told]
    assert begins[1:] == ends[:-1]
    assert sorted(map(int, ends)) == list(map(int, ends))


def assert_forgotten(line: Line, job: Job) -> None:
    """Once it was said that the job is to be forgotten, nothing else is said of it."""
    events = [event for message in line.told for event in message["events"]]
    said = [event["__typename"] for event in events if event.get("jobId") == encode(Kind.JOB, job.id)]
    if line.document != "cursors":
        assert set(said[said.index("JobRemoved") :]) == {"JobRemoved"}


async def test_who_stops_hears_nothing_and_who_comes_back_what_was_missed(world: World, api: Api) -> None:
    job = await world.job()
    async with lines(api, (world.owner, world.admin), 3) as opened:
        gone, *rest = opened
        cursor = gone.told[-1]["revision"]
        await gone.socket.send(id=gone.id, type="complete")
        await eventually(lambda: _has(api, subscribers=5, cohorts=3))
        missed = await rename(world, job, "missed")
        await reach(rest, missed)
        assert len(gone.frames) == 1
        # Under the same id: it is free again.
        await gone.subscribe(after=cursor)
        message = gone.told[-1]
        assert (message["previous"], message["revision"]) == (cursor, str(missed))
        assert [event["job"]["name"] for event in message["events"]] == ["missed"]
        await eventually(lambda: _has(api, subscribers=6, cohorts=3))
        assert await rendered_for(api, opened, world, job, "heard by all") == 3
        (other,) = [line for line in rest if line.document == gone.document]
        assert gone.body(-1) == other.body(-1)


async def test_two_operations_of_one_socket_are_told_the_same_under_their_own_ids(world: World, api: Api) -> None:
    job = await world.job()
    async with api.socket(world.owner) as socket:
        one, two = (Line(world.owner, socket, id, "names") for id in ("one", 'two "quoted"'))
        for line in (one, two):
            await line.subscribe()
        assert await _has(api, subscribers=2, cohorts=1)
        before = await metrics(api)
        await rename(world, job, "told twice")
        for _ in range(2):
            frame = await next_frame(socket)
            (one if json.loads(frame)["id"] == one.id else two).frames.append(frame)
        assert one.body(-1) == two.body(-1)
        assert "told twice" in one.body(-1)
        assert (await metrics(api))["messages_rendered"] == before["messages_rendered"] + 1
        # One of them ends: the other goes on.
        await socket.send(id=one.id, type="complete")
        await eventually(lambda: _has(api, subscribers=1, cohorts=1))
        await two.reach(await rename(world, job, "told once"))
        assert len(one.frames) == 2


async def test_event_streams_are_told_with_the_sockets(world: World, api: Api) -> None:
    job = await world.job()
    async with contextlib.AsyncExitStack() as stack:
        opened = await stack.enter_async_context(lines(api, (world.owner,), 3))
        streams = [
            await stack.enter_async_context(event_stream(api, member, DOCUMENTS["names"]))
            for member in (world.owner, world.admin)
        ]
        for stream in streams:
            assert json.loads(await anext(stream))["data"]["boardChanges"]["events"] == []
        assert await _has(api, subscribers=5, cohorts=3)
        before = await metrics(api)
        await reach(opened, await rename(world, job, "both ways"))
        told = [await anext(stream) for stream in streams]
        assert told == [opened[0].body(-1)] * 2
        assert "both ways" in told[0]
        after = await metrics(api)
        assert after["messages_rendered"] - before["messages_rendered"] == 3
        assert after["messages_sent"] - before["messages_sent"] == 5


@contextlib.asynccontextmanager
async def event_stream(api: Api, member: Member, query: str) -> AsyncIterator[AsyncIterator[str]]:
    """What a subscriber without a websocket is told."""
    headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {await api.token(member)}"}
    async with api.http.post(api.url, json={"query": query}, headers=headers) as response:
        assert response.status == 200

        async def bodies() -> AsyncIterator[str]:
            async for line in response.content:
                if line.startswith(b"data: "):
                    yield line.decode().removeprefix("data: ").rstrip("\n")

        reading = bodies()
        try:
            yield reading
        finally:
            await reading.aclose()  # type: ignore[attr-defined]


BOARD = """query Board($id: ID!) { revision epoch
  pipeline(id: $id) { name stages { name jobs { id name overdue budget tracked account { name } } } } }"""


async def test_a_hundred_boards_at_once_are_executed_once(world: World, api: Api) -> None:
    for number in range(5):
        job = await world.job(f"job {number}")
    peer = await world.member("Pete Peer")
    await AccountMember.create(account_id=world.account.id, member_id=peer.id)
    await PipelineMember.create(pipeline_id=world.pipeline.id, member_id=peer.id)
    boards = {"query": BOARD, "variables": {"id": encode(Kind.PIPELINE, world.pipeline.id)}}
    # Of two kinds of members: owner and admin see budgets, the employees do not.
    asking = [world.owner, world.admin, world.employee, peer] * 25
    signed = [f"Bearer {await api.token(member)}" for member in asking]

    async def ask_all() -> dict[str, set[bytes]]:
        answers = await asyncio.gather(*(api.send(boards, authorization=each) for each in signed))
        found: dict[str, set[bytes]] = {"leaders": set(), "employees": set()}
        for member, answer in zip(asking, answers, strict=True):
            leads = member.id in (world.owner.id, world.admin.id)
            found["leaders" if leads else "employees"].add(answer.body)
        return found

    before = await metrics(api)
    first = await ask_all()
    after = await metrics(api)
    assert after["answers_made"] - before["answers_made"] == 2
    shared = sum(after[name] - before[name] for name in ("answers_joined", "answers_kept"))
    assert shared == 98
    assert {kind: len(bodies) for kind, bodies in first.items()} == {"leaders": 1, "employees": 1}
    assert b'"budget":null' in min(first["employees"])
    assert first["leaders"] != first["employees"]
    # After a change it is made anew, once each.
    await rename(world, job, "changed")
    second = await ask_all()
    assert (await metrics(api))["answers_made"] - after["answers_made"] == 2
    for bodies in second.values():
        (body,) = bodies
        assert b'"changed"' in body
