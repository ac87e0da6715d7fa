"""One's own stream: all that is one's own, to nobody else, at no cost to who is not concerned."""

from __future__ import annotations

import itertools
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

import embedded
from engine.engine import Engine
from models.actor import Actor
from models.audiences import Audience
from models.commands import time, timers
from models.commands.accounts import create_account, set_account_team
from models.commands.firm import update_firm
from models.commands.jobs import update_job
from models.commands.members import deactivate_member, set_member_rights, set_member_role, update_member
from models.commands.pipelines import create_pipeline, set_pipeline_members
from models.event_kinds import KINDS
from models.events import TimeEntryUpdated, TimeEvent
from models.ids import Kind, encode, new_id
from models.log import on_commit
from models.rights import Right, Role
from models.rows import Job, TimeEntry
from models.scope import Scope
from models.viewers import viewer
from models.visibility import own
from resolvers.root import graphql_schema
from tests.live.direct import open_stream, signed_in
from tests.live.house import Ear, hub_on
from tests.live.own import OwnClient, at_home
from tests.live.scenarios_of_work import SCENARIOS, at_once, naming
from tests.serving import Api
from tests.world import World

#: Everything that an event of time says, but for what needs MANAGE_RATES.
ALL = """subscription { viewerChanges { revision previous resync events { __typename revision
  actor { kind member { id } }
  ... on TimeEvent { timeEntryId linkedJobId linkedJob { id } timeEntry { id minutes note running member { id } } }
  ... on TimeLogged { spentById spentBy { id name } minutes }
  ... on TimeEntryUpdated { spentById spentBy { id name } timeChanges { field before after } }
  ... on TimeEntryDeleted { spentById spentBy { id name } minutes }
  ... on TimerStarted { spentById spentBy { id name } }
  ... on TimerStopped { spentById spentBy { id name } minutes } } } }"""
ON_BOARDS = ALL.replace("viewerChanges", "boardChanges")

Doing = Callable[[Actor, Any], Awaitable[Any]]


async def logged(actor: Actor, job: Any) -> TimeEntry:
    """Half an hour of the actor's."""
    return (await time.log_time(actor, minutes=30, job_id=job, note="mine")).value


async def _started(actor: Actor, job: Any) -> Any:
    await timers.start_timer(actor, job_id=job)


async def _stopped(actor: Actor, job: Any) -> Any:
    await timers.start_timer(actor, job_id=job)
    await timers.stop_timer(actor)


async def _updated(actor: Actor, job: Any) -> Any:
    entry = await logged(actor, job)
    await time.update_time_entry(actor, time_entry_id=entry.id, minutes=45)


async def _deleted(actor: Actor, job: Any) -> Any:
    entry = await logged(actor, job)
    await time.delete_time_entry(actor, time_entry_id=entry.id)


#: How each kind of event of time comes about by oneself.
DOING: dict[str, Doing] = {
    "TimeLogged": logged,
    "TimeEntryUpdated": _updated,
    "TimeEntryDeleted": _deleted,
    "TimerStarted": _started,
    "TimerStopped": _stopped,
}
OF_TIME = [name for name, kind in KINDS.items() if issubclass(kind, TimeEvent)]


@pytest.fixture
async def engine(servers: embedded.Servers) -> AsyncIterator[Engine]:
    """That of a process which nobody else asks."""
    async with hub_on(servers.redis_url) as hub:
        silence = on_commit(hub.bell.ring)
        yield Engine(graphql_schema(), hub)
        silence()


@pytest.mark.parametrize("kind", OF_TIME)
async def test_all_of_ones_own_time_is_told_to_oneself_and_to_nobody_else(
    kind: str, world: World, engine: Engine
) -> None:
    job = await world.job()
    me = {"id": encode(Kind.MEMBER, world.employee.id)}
    mine, board = [
        await open_stream(engine, await signed_in(engine, world.employee), text) for text in (ALL, ON_BOARDS)
    ]
    # Neither the owner, who has every right, hears of others' time on a stream of their own.
    others = [await open_stream(engine, await signed_in(engine, each), ALL) for each in (world.owner, world.stranger)]
    await DOING[kind](world.acting(world.employee), job.id)
    last = await world.revision()
    await mine.reach(last)
    assert not any("errors" in message for message in mine.messages), mine.messages
    (event,) = [each for each in mine.events if each["__typename"] == kind][-1:]
    assert event["spentById"] == me["id"]
    assert event["spentBy"] == {**me, "name": world.employee.name}
    assert event["actor"]["member"] == me
    assert event["linkedJobId"] == encode(Kind.JOB, job.id)
    assert event["linkedJob"] == {"id": event["linkedJobId"]}
    assert (event["timeEntry"] is None) is (kind == "TimeEntryDeleted")
    if event["timeEntry"]:
        assert event["timeEntry"]["member"] == me
    # Nothing of what is selected is missing.
    assert all(value is not None for name, value in event.items() if name != "timeEntry")
    # The others come to the same place with their next message, having heard of nothing.
    heard = (await update_firm(world.acting(world.owner), name="Firm & Co")).revision
    await board.reach(heard)
    assert [each["__typename"] for each in board.events] == ["FirmUpdated"]
    for told in others:
        assert told.events == []
    for told in (mine, board, *others):
        assert told.subscriber
        told.subscriber.stop()


def test_every_kind_of_event_of_time_is_done_here() -> None:
    assert DOING.keys() == set(OF_TIME)


async def test_a_rate_is_withheld_from_oneself_too(world: World, engine: Engine) -> None:
    text = """subscription { viewerChanges { revision events { ... on TimeEntryUpdated { timeChanges { field after }
      timeEntry { minutes rate { amount } amount { amount } } } } } }"""
    entry = await logged(world.acting(world.employee), (await world.job()).id)
    mine = await open_stream(engine, await signed_in(engine, world.employee), text)
    rated = await time.set_time_entry_rate(world.acting(world.owner), time_entry_id=entry.id, rate=Decimal(90))
    await mine.reach(rated.revision)
    (event,) = mine.events
    assert event["timeEntry"] == {"minutes": 30, "rate": None, "amount": None}
    assert event["timeChanges"] == [{"field": "rate", "after": None}]
    assert {each["extensions"]["right"] for each in mine.messages[-1]["errors"]} == {"MANAGE_RATES"}
    assert mine.subscriber
    mine.subscriber.stop()


async def test_own_time_is_told_where_nothing_else_is_in_sight(world: World, engine: Engine) -> None:
    job, other = await world.job("mine"), await world.job("other")
    entry = await logged(world.acting(world.employee), job.id)
    await set_account_team(world.acting(world.owner), account_id=world.account.id, member_ids=[])
    mine = await open_stream(engine, await signed_in(engine, world.employee), ALL)
    owner = world.acting(world.owner)
    await time.update_time_entry(owner, time_entry_id=entry.id, minutes=15, job_id=other.id)
    last = (await time.delete_time_entry(owner, time_entry_id=entry.id)).revision
    await mine.reach(last)
    assert {each["__typename"] for each in mine.events} >= {"TimeEntryDeleted"}
    for event in mine.events:
        assert event["spentById"] == encode(Kind.MEMBER, world.employee.id)
        # Of jobs that are out of sight there is not even the id.
        assert (event["linkedJobId"], event["linkedJob"]) == (None, None)
        assert not [change for change in event.get("timeChanges", ()) if change["field"] == "jobId" and change["after"]]
    assert "job_" not in str(mine.messages)
    assert mine.subscriber
    mine.subscriber.stop()


def test_the_id_of_a_job_is_told_to_who_sees_it_and_in_its_own_event() -> None:
    account, left, joined, pipeline = new_id(), new_id(), new_id(), new_id()
    member = new_id()
    seen = Scope(new_id(), Audience.TEAM, frozenset(), frozenset({account}), frozenset({pipeline}))
    event = TimeEntryUpdated(
        entry=new_id(),
        member=member,
        account=account,
        job=left,
        pipeline=pipeline,
        changes={"job_id": (str(left), str(joined)), "minutes": (1, 2)},
    )
    told = own(event, member, seen)
    assert isinstance(told, TimeEntryUpdated)
    assert told.changes == {"job_id": (str(left), None), "minutes": (1, 2)}
    hidden = own(event, member, replace(seen, pipelines=frozenset()))
    assert isinstance(hidden, TimeEntryUpdated)
    assert (hidden.job, hidden.changes) == (None, {"job_id": (None, None), "minutes": (1, 2)})
    assert own(event, new_id(), seen) is None


_marks = itertools.count()


@pytest.mark.parametrize("kinds", at_once(), ids=", ".join)
async def test_the_own_stream_says_all_that_is_ones_own(kinds: tuple[str, ...], world: World, api: Api) -> None:
    happenings = {kind: SCENARIOS[kind](world) for kind in kinds}
    for happening in happenings.values():
        await anext(happening)
    async with (
        at_home(api, world.owner) as owner,
        at_home(api, world.employee) as employee,
        at_home(api, world.stranger) as stranger,
    ):
        for kind, happening in happenings.items():
            before = await world.revision()
            assert await anext(happening, "over") == "over"
            logged = await world.events(before)
            for client in (owner, employee, stranger):
                owned = {type(each.event).__name__ for each in logged if client.member.id in each.event.owners}
                with naming(kind):
                    await _are_told_what_is_theirs(world, client, owned)


async def _are_told_what_is_theirs(world: World, client: OwnClient, owned: set[str]) -> None:
    """Of what has happened since the last time."""
    told, mark = len(client.events), f"Marked {next(_marks)}"
    last = (await update_member(world.acting(world.owner), member_id=client.member.id, name=mark)).revision
    await client.reach(last)
    await client.check()
    *seen, marked = client.kinds[told:]
    # What is theirs, and no other kind of thing.
    assert marked == "MemberUpdated"
    views = {"AccountTeamChanged": "AccountRemoved", "PipelineMembersChanged": "PipelineRemoved"}
    assert set(seen) <= {*owned, *(views.get(each, "") for each in owned)}
    assert bool(seen) is bool(owned)


async def test_what_is_given_and_taken_is_told_and_then_all_is_read_anew(world: World, api: Api) -> None:
    acting = world.acting(world.owner)
    account, pipeline = world.account.id, world.pipeline.id
    steps: list[tuple[str, Callable[[], Awaitable[Any]]]] = [
        ("AccountRemoved", lambda: set_account_team(acting, account_id=account, member_ids=[])),
        ("AccountTeamChanged", lambda: set_account_team(acting, account_id=account, member_ids=[world.employee.id])),
        ("PipelineRemoved", lambda: set_pipeline_members(acting, pipeline_id=pipeline, member_ids=[])),
        (
            "PipelineMembersChanged",
            lambda: set_pipeline_members(acting, pipeline_id=pipeline, member_ids=[world.employee.id]),
        ),
        (
            "MemberRightsChanged",
            lambda: set_member_rights(acting, member_id=world.employee.id, rights=[Right.MANAGE_RATES]),
        ),
        ("MemberRoleChanged", lambda: set_member_role(acting, member_id=world.employee.id, role=Role.ADMIN)),
        (
            "AccountTeamChanged",
            lambda: create_account(acting, name="Initech", team_ids=[world.employee.id]),
        ),
        (
            "PipelineMembersChanged",
            lambda: create_pipeline(acting, name="Payroll", member_ids=[world.employee.id]),
        ),
    ]
    entry = await logged(world.acting(world.employee), (await world.job()).id)
    await time.set_time_entry_rate(acting, time_entry_id=entry.id, rate=Decimal(90))
    async with at_home(api, world.employee) as client, at_home(api, world.stranger) as stranger:
        for number, (kind, step) in enumerate(steps):
            leads = client.known["role"] != "EMPLOYEE"
            told = len(client.messages)
            happened = await step()
            marked = await update_member(acting, member_id=world.employee.id, name=f"Marked {number}")
            await client.reach(marked.revision)
            assert kind in client.kinds, kind
            first = next(event for event in client.events if event["__typename"] == kind)
            assert int(first["revision"]) <= happened.revision
            # What they see is theirs to read: an admin, who sees all in any case, need not.
            assert any(message["resync"] for message in client.messages[told:]) is not leads
            await client.check()
            client.events.clear()
        assert stranger.events == []


async def test_a_right_says_what_it_is_to_whose_it_is(world: World, engine: Engine) -> None:
    text = """subscription { viewerChanges { revision resync events { __typename ... on MemberRightsChanged
      { addedRights removedRights memberId } ... on MemberRoleChanged { fromRole toRole } } } }"""
    mine = await open_stream(engine, await signed_in(engine, world.employee), text)
    await mine.next()
    rights = [Right.MANAGE_TAGS]
    change = await set_member_rights(world.acting(world.owner), member_id=world.employee.id, rights=rights)
    told = await mine.next()
    assert "errors" not in told
    (event,) = told["data"]["viewerChanges"]["events"]
    assert (event["addedRights"], event["removedRights"]) == (["MANAGE_TAGS"], [])
    # Their cursor stays before it until they were told to read anew: whoever is cut off in between is told later.
    assert told["data"]["viewerChanges"]["revision"] == str(change.revision - 1)
    session = await signed_in(engine, world.employee)
    later = await open_stream(
        engine, session, text.replace("Changes {", f"Changes(after: {change.revision - 1}) {{", 1)
    )
    for stream in (mine, later):
        told = (await stream.next())["data"]["viewerChanges"]
        assert (told["resync"], told["revision"]) == (True, str(change.revision))
    assert later.subscriber
    later.subscriber.stop()
    assert mine.subscriber
    mine.subscriber.stop()


async def test_who_is_deactivated_is_out(world: World, api: Api) -> None:
    async with at_home(api, world.employee) as client:
        await deactivate_member(world.acting(world.owner), member_id=world.employee.id)
        with pytest.raises(ConnectionClosed) as ended:
            await _read_on(client)
        assert ended.value.rcvd is not None
        assert ended.value.rcvd.code == 4401


async def _read_on(client: OwnClient) -> None:
    while True:
        await client.socket.connection.recv()


async def test_what_is_nobodys_own_wakes_no_stream_of_ones_own(world: World, engine: Engine) -> None:
    job = await world.job()
    quiet = "subscription { viewerChanges { revision events { __typename } } }"
    people = [await world.member(f"Person {number}") for number in range(30)]
    streams = [await open_stream(engine, await signed_in(engine, member), quiet) for member in people]
    for told in streams:
        await told.next()
    hub = engine.cohorts.hub
    feed, ear, everything = hub.feeds[world.firm.id], Ear(), Ear()
    feed.listen(ear, people[0].id)
    feed.listen(everything)
    rendered = hub.counts.rendered
    for number in range(5):
        last = (await update_job(world.acting(world.owner), job_id=job.id, name=f"name {number}")).revision
    mine = (await update_member(world.acting(world.owner), member_id=people[0].id, name="Renamed")).revision
    await streams[0].reach(mine)
    # Not even looked at: it is told to those alone whose own it is.
    assert (ear.heard, len(everything.heard)) == ([mine], 6)
    assert hub.counts.rendered == rendered + 1
    assert [told.events for told in streams[1:]] == [[]] * 29
    assert last < mine
    feed.unlisten(ear, people[0].id)
    feed.unlisten(everything)
    for told in streams:
        assert told.subscriber
        told.subscriber.stop()
    assert not hub.feeds


async def test_who_comes_back_is_told_what_was_missed(world: World, api: Api) -> None:
    employee = world.acting(world.employee)
    job = await world.job()
    async with at_home(api, world.employee) as client:
        await timers.start_timer(employee, job_id=job.id, note="begun")
        await client.reach(await world.revision())
        assert client.timer is not None
        assert client.timer["note"] == "begun"
    entry = await logged(employee, job.id)
    for minutes in (1, 2, 3):
        await time.update_time_entry(employee, time_entry_id=entry.id, minutes=minutes)
    last = (await timers.stop_timer(employee)).revision
    told = len(client.events)
    async with at_home(api, world.employee, before=client):
        await client.reach(last)
        # Of each thing the last that happened.
        assert client.kinds[told:] == ["TimeEntryUpdated", "TimerStopped"]
        assert client.timer is None
        await client.check()


async def _work(world: World, chance: random.Random, jobs: list[Any]) -> None:
    """Something that happens to the employee's time, by themselves or by the owner."""
    employee, owner = world.acting(world.employee), world.acting(world.owner)
    entries = await TimeEntry.filter(member_id=world.employee.id).order_by("id")
    what = chance.choice(["log", "start", "stop", "edit", "move", "rate", "delete", "others"])
    running = [entry for entry in entries if entry.running]
    if what == "log" or not entries:
        visible = await _in_sight(world)
        if visible:
            await time.log_time(employee, minutes=chance.randrange(1, 9), job_id=chance.choice(visible))
    elif what == "start":
        if visible := await _in_sight(world):
            await timers.start_timer(employee, job_id=chance.choice(visible))
    elif what == "stop" and running:
        await timers.stop_timer(employee)
    elif what == "others":
        await time.log_time(owner, minutes=5, job_id=chance.choice(jobs))
    else:
        entry = chance.choice(entries)
        if what == "edit" and not entry.running:
            await time.update_time_entry(employee, time_entry_id=entry.id, minutes=chance.randrange(1, 9))
        elif what == "move":
            same = [job for job in jobs if job is not None]
            await time.update_time_entry(owner, time_entry_id=entry.id, job_id=chance.choice([*same[:2], None]))
        elif what == "rate":
            await time.set_time_entry_rate(owner, time_entry_id=entry.id, rate=Decimal(chance.randrange(9)))
        elif what == "delete":
            await time.delete_time_entry(chance.choice([owner, employee]), time_entry_id=entry.id)


async def _in_sight(world: World) -> list[Any]:
    """The jobs that the employee sees."""
    seen = await viewer(world.employee.id)
    assert seen is not None
    rows = await seen.scope.rows(Job).where(account_id=world.account.id).order_by("id")
    return [row.id for row in rows]


async def _rescope(world: World, chance: random.Random) -> None:
    owner, me = world.acting(world.owner), world.employee.id
    members = chance.choice(([], [me]))
    what = chance.choice(("team", "availability", "rights", "role", "name"))
    if what == "team":
        await set_account_team(owner, account_id=world.account.id, member_ids=members)
    elif what == "availability":
        await set_pipeline_members(owner, pipeline_id=world.pipeline.id, member_ids=members)
    elif what == "rights":
        rights = [right for right in (Right.MANAGE_RATES, Right.VIEW_ALL_ACCOUNTS) if chance.random() < 0.5]
        await set_member_rights(owner, member_id=me, rights=rights)
    elif what == "role":
        await set_member_role(owner, member_id=me, role=chance.choice((Role.ADMIN, Role.EMPLOYEE)))
    else:
        await update_member(owner, member_id=me, name=f"Name {chance.random()}")


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_the_client_knows_what_a_fresh_query_says(seed: int, world: World, api: Api) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    jobs = [(await world.job("one")).id, (await world.job("two")).id]
    client: OwnClient | None = None
    for _ in range(6):
        async with at_home(api, world.employee, before=client) as client:
            for _ in range(6):
                for _ in range(chance.randrange(1, 5)):
                    await (_work(world, chance, jobs) if chance.random() < 0.7 else _rescope(world, chance))
                last = await update_member(
                    world.acting(world.owner), member_id=world.employee.id, name=f"Marked {chance.random()}"
                )
                await client.reach(last.revision)
                await client.check()
        for _ in range(chance.randrange(3)):
            await _work(world, chance, jobs)
        # While nobody listens, too.
        if chance.random() < 0.5:
            await _rescope(world, chance)
    assert client is not None
    assert client.events
