"""Followers of the logs: each revision once and in order, nothing skipped, and each run once."""

import asyncio
import contextlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from tortoise.transactions import in_transaction

from models.actor import Actor
from models.command import Outcome
from models.commands.jobs import update_job
from models.commands.moves import archive_job
from models.commands.tasks import create_task, delete_task
from models.database import sql
from models.database_errors import AWAY
from models.errors import NotFound
from models.events import JobUpdated, TaskCreated
from models.followers import cursors, runs
from models.followers.cursors import Progress, Stopped, advance, behind, register, settle
from models.followers.follower import Planned, Run
from models.followers.runs import RUNS_KEPT_FOR, BeingDone, NotYet, actor_of, due, next_runs, prune_runs
from models.followers.standing import followers, release
from models.ids import Kind
from models.log import Committed, append
from models.rows import Firm, FollowerRun, Job, Task
from models.templates.content import read
from models.templates.email_content import EmailContent
from tests.domain.following import Told, go_on_to_the_end, heard
from tests.links import items_of
from tests.world import World
from workers.following import Following


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def world(followed: World) -> World:
    return followed


async def names_behind(*names: str) -> list[tuple[UUID, list[str]]]:
    return [(found.firm_id, sorted(found.followers)) for found in await behind(names, limit=100)]


async def is_marked(world: World) -> bool:
    return (await Firm.get(id=world.firm.id)).behind_since is not None


async def test_a_follower_begins_at_the_end_and_hears_younger_firms_from_the_beginning(world: World) -> None:
    await world.job()
    told = Told()
    following = told.following()
    await following.register()
    await go_on_to_the_end(following)
    assert told.heard == []
    assert await register(["told"], now()) == []
    first = await world.revision()
    await world.job()
    younger = await World.build(f"{world.tag}y")
    await younger.job()
    await go_on_to_the_end(following)
    assert await heard(world.firm.id) == [first + 1]
    assert await heard(younger.firm.id) == [1, 2]
    await go_on_to_the_end(following)
    assert len(told.heard) == 3


async def test_who_is_behind_is_asked_of_firms_that_are_marked(world: World) -> None:
    await register(["a", "b"], now())
    await world.job()
    assert await names_behind("a", "b") == [(world.firm.id, ["a", "b"])]
    assert await names_behind("b", "c") == [(world.firm.id, ["b"])]
    assert await names_behind("c") == []
    assert await behind(["a"], but={("a", world.firm.id)}, limit=100) == []
    assert await names_behind("a", "b") == [(world.firm.id, ["a", "b"])]
    a, b = Told(name="a"), Told(name="b")
    assert await advance(a, world.firm.id, now()) is Progress.AT_THE_END
    assert await names_behind("a", "b") == [(world.firm.id, ["b"])]
    # Not while the other one is behind.
    assert not await settle(world.firm.id)
    assert await is_marked(world)
    await advance(b, world.firm.id, now())
    # Nobody is: the mark is to go. A process that was killed just here left it.
    assert await names_behind("a", "b") == [(world.firm.id, [])]
    assert await settle(world.firm.id)
    assert await names_behind("a", "b") == []
    assert not await settle(world.firm.id)
    await world.job()
    assert await is_marked(world)
    # A new one marks what it is behind in already, as after a server that knows of no followers.
    await sql("UPDATE firm SET behind_since = NULL")
    assert await names_behind("a") == []
    assert await register(["a", "b", "c"], now()) == ["c"]
    assert await names_behind("a", "b", "c") == [(world.firm.id, ["a", "b"])]


async def explained(statement: str, *values: Any) -> list[dict[str, Any]]:
    """All nodes of the plan of a statement, as it was run."""
    (row,) = await sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *values)
    nodes: list[dict[str, Any]] = []

    def walk(node: dict[str, Any]) -> None:
        nodes.append(node)
        for inner in node.get("Plans", ()):
            walk(inner)

    walk(json.loads(row["QUERY PLAN"])[0]["Plan"])
    return nodes


class Undone(Exception):
    """What the block did is to be undone."""


async def test_who_is_behind_costs_what_is_behind_and_not_how_many_firms_there_are(world: World) -> None:
    asked: tuple[Any, ...] = (["a", "b"], [], [], 100)
    with contextlib.suppress(Undone):
        async with in_transaction():
            await register(["a", "b"], now())
            await sql(
                "INSERT INTO firm (id, version, name, time_zone, currency, client_status_enabled, count_pending_ach, "
                "revision, scope_revision, epoch, created_at) SELECT gen_random_uuid(), 1, 'F', 'UTC', 'USD', true, "
                "false, 7, 0, gen_random_uuid(), now() FROM generate_series(1, 5000)"
            )
            await sql(
                "INSERT INTO follower_cursor (follower_id, firm_id, revision, moved_at) "
                "SELECT f.name, firm.id, firm.revision, now() FROM follower f, firm ON CONFLICT DO NOTHING"
            )
            await sql("UPDATE firm SET behind_since = NULL")
            await sql(
                "UPDATE firm SET behind_since = now(), revision = 8 WHERE id IN (SELECT id FROM firm "
                "WHERE revision = 7 LIMIT 5)"
            )
            for table in ("firm", "follower", "follower_cursor"):
                await sql(f"ANALYZE {table}")
            await sql("SET LOCAL enable_seqscan = on")
            nodes = await explained(cursors._QUESTION, *asked)
            # The same question without the marks, which looks at all of them.
            everywhere = await explained(cursors._QUESTION.replace("firm.behind_since IS NOT NULL AND", ""), *asked)
            found = await behind(["a", "b"], limit=100)
            raise Undone
    of_firms, of_cursors = [
        [node for node in nodes if node.get("Relation Name") == table] for table in ("firm", "follower_cursor")
    ]
    assert [node.get("Index Name") for node in of_firms] == ["firm_behind"]
    assert of_firms[0]["Actual Rows"] == len(found) == 5
    assert sum(node["Actual Rows"] * node["Actual Loops"] for node in of_cursors) == 10
    assert {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"} <= {"follower"}
    assert [node for node in everywhere if node.get("Relation Name") == "firm" and node["Actual Rows"] >= 5_000]


async def test_several_processes_share_the_firms_and_hear_each_revision_once(world: World) -> None:
    others = [await World.build(f"{world.tag}x{number}") for number in range(5)]
    told = [Told() for _ in range(3)]
    await register(["told"], now())
    begun = {each.firm.id: await each.revision() for each in [world, *others]}
    jobs = [(each, await each.job()) for each in [world, *others]]
    done = asyncio.Event()

    async def change(each: World, job: Job) -> None:
        for number in range(15):
            await update_job(each.acting(each.owner), job_id=job.id, name=f"n{number}")

    async def go_on(following: Following) -> None:
        while not done.is_set():
            if not await following.go_on():
                await asyncio.sleep(0.005)

    following = [asyncio.create_task(go_on(one.following())) for one in told]
    await asyncio.gather(*(change(*each) for each in jobs))
    done.set()
    await asyncio.gather(*following)
    await go_on_to_the_end(*(one.following() for one in told))
    for each in [world, *others]:
        wanted = list(range(begun[each.firm.id] + 1, await each.revision() + 1))
        assert await heard(each.firm.id) == wanted
    assert len([one for one in told if one.heard]) > 1


async def test_another_process_is_not_waited_for(world: World) -> None:
    await register(["told"], now())
    await world.job()
    inside, leave = asyncio.Event(), asyncio.Event()

    class Slow(Told):
        async def plan(self, committed: Committed) -> Sequence[Planned]:
            inside.set()
            await leave.wait()
            return await super().plan(committed)

    slow = asyncio.create_task(advance(Slow(), world.firm.id, now()))
    await inside.wait()
    assert await advance(Told(), world.firm.id, now()) is Progress.TAKEN
    leave.set()
    assert await slow is Progress.AT_THE_END
    assert await heard(world.firm.id) == [await world.revision()]


async def test_a_process_that_says_nothing_any_more_loses_its_place(world: World) -> None:
    """It was paused, or cut off from the database. When it goes on, it has done nothing."""
    await register(["told"], now())
    await world.job()
    inside, leave = asyncio.Event(), asyncio.Event()

    class Paused(Told):
        async def plan(self, committed: Committed) -> Sequence[Planned]:
            planned = await super().plan(committed)
            await sql("SET LOCAL idle_in_transaction_session_timeout = 200")
            inside.set()
            await leave.wait()
            return planned

    paused = asyncio.create_task(advance(Paused(), world.firm.id, now()))
    await inside.wait()
    async with asyncio.timeout(30):
        while await advance(Told(), world.firm.id, now()) is Progress.TAKEN:
            await asyncio.sleep(0.02)
    leave.set()
    with pytest.raises(AWAY):
        await paused
    assert await heard(world.firm.id) == [await world.revision()]
    # And no connection is lost with it.
    await asyncio.gather(*(world.revision() for _ in range(30)))


async def test_what_cannot_be_planned_stops_the_follower_and_what_is_before_it_is_done(world: World) -> None:
    await register(["told"], now())
    begun = await world.revision()
    for number in range(5):
        await world.job(f"job {number}")
    broken = True

    def plans(committed: Committed) -> Sequence[Planned]:
        if broken and committed.revision == begun + 3:
            raise ZeroDivisionError
        return [Planned("Robot", {"revision": committed.revision})]

    told = Told(plans)
    following = told.following()
    await go_on_to_the_end(following)
    assert await heard(world.firm.id) == [begun + 1, begun + 2]
    with pytest.raises(Stopped, match=f"What revision {begun + 3} causes could not be planned"):
        await advance(told, world.firm.id, now())
    (standing,) = await followers()
    assert (standing.behind, standing.pending) == (1, 0)
    assert standing.reason == f"What revision {begun + 3} causes could not be planned."
    # It is left alone for a while; other firms are not.
    other = await World.build(f"{world.tag}o")
    await go_on_to_the_end(following)
    assert await heard(other.firm.id) == [1]
    assert await heard(world.firm.id) == [begun + 1, begun + 2]
    broken = False
    await go_on_to_the_end(told.following())
    assert await heard(world.firm.id) == list(range(begun + 1, begun + 6))
    (standing,) = await followers()
    assert (standing.behind, standing.reason) == (0, None)


async def test_what_cannot_be_written_down_holds_up_nobody_else(world: World) -> None:
    other = await World.build(f"{world.tag}o")

    def plans(committed: Committed) -> Sequence[Planned]:
        label = "R" * 300 if committed.firm_id == world.firm.id else "Robot"
        return [Planned(label, {"name": "n"})]

    async def nothing_to_do(_actor: Actor, _run: Run) -> None:
        return None

    told = Told(plans, nothing_to_do)
    following = told.following()
    await following.register()
    for each in (world, other):
        await each.job()
    await go_on_to_the_end(following)
    assert await heard(world.firm.id) == []
    assert await states(other) == [("SKIPPED", None)]
    (standing,) = await followers()
    assert (standing.behind, standing.reason) == (1, "A fault: OperationalError.")


async def test_an_event_that_is_not_known_stops_the_follower_and_is_never_skipped(world: World) -> None:
    await register(["told"], now())
    begun = await world.revision()
    for number in range(4):
        await world.job(f"job {number}")
    renamed = "UPDATE event SET type = $3 WHERE firm_id = $1 AND revision = $2"
    await sql(renamed, world.firm.id, begun + 3, "JobFromTomorrow")
    old = Told().following()
    await go_on_to_the_end(old)
    await go_on_to_the_end(old)
    assert await heard(world.firm.id) == [begun + 1, begun + 2]
    (standing,) = await followers()
    assert standing.reason == f"This version does not know the event JobFromTomorrow of revision {begun + 3}."
    assert standing.behind == 1
    # As a worker of the newer version sees it.
    await sql(renamed, world.firm.id, begun + 3, "JobCreated")
    await go_on_to_the_end(Told().following())
    assert await heard(world.firm.id) == list(range(begun + 1, begun + 5))


async def test_a_log_that_is_cut_off_stops_the_follower(world: World) -> None:
    await register(["told"], now())
    await world.job()
    await world.job()
    await sql("DELETE FROM event WHERE firm_id = $1 AND revision = $2", world.firm.id, await world.revision() - 1)
    with pytest.raises(Stopped, match="cut off"):
        await advance(Told(), world.firm.id, now())
    assert await heard(world.firm.id) == []


async def test_a_revision_of_any_length_is_heard_whole(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cursors, "PAGE", 2)
    await register(["told"], now())
    begun = await world.revision()
    lengths: list[int] = []

    def plans(committed: Committed) -> Sequence[Planned]:
        lengths.append(len(committed.events))
        return ()

    jobs = [await world.job(f"job {number}") for number in range(3)]
    moved = [JobUpdated(job=job.id, account=job.account_id, pipeline=job.pipeline_id, changes={}) for job in jobs]
    async with in_transaction():
        await append(world.acting(world.owner), moved * 3, now())
    await world.job()
    await go_on_to_the_end(Told(plans).following())
    assert lengths == [1, 1, 1, 9, 1]
    assert await heard(world.firm.id) == list(range(begun + 1, begun + 6))


def one_task(committed: Committed) -> Sequence[Planned]:
    """For each job that a member changed."""
    jobs = [logged.event.job for logged in committed.events if isinstance(logged.event, JobUpdated)]
    return [Planned("Robot", {"job": str(job), "name": f"for {committed.revision}"}) for job in jobs]


async def make_task(actor: Actor, run: Run) -> Outcome[Task]:
    return await create_task(actor, job_id=UUID(run.data["job"]), name=run.data["name"])


async def states(world: World) -> list[tuple[str, str | None]]:
    runs = await FollowerRun.filter(firm_id=world.firm.id).order_by("cause", "index")
    return [(run.state.value, run.reason) for run in runs]


async def planned(world: World, told: Told, number: int = 1) -> Job:
    """A job of which so many runs are planned."""
    await told.following().register()
    job = await world.job()
    for turn in range(number):
        await update_job(world.acting(world.owner), job_id=job.id, name=f"n{turn}")
    while await advance(told, world.firm.id, now()) is not Progress.AT_THE_END:
        pass
    return job


async def test_runs_are_planned_with_the_cursor_and_done_afterwards_each_once(world: World) -> None:
    told = Told(one_task, make_task)
    job = await planned(world, told, 3)
    causes = list(range(await world.revision() - 2, await world.revision() + 1))
    assert await states(world) == [("PENDING", None)] * 3
    assert len(await items_of(job, Kind.TASK)) == 0
    # Several processes at once.
    async with asyncio.timeout(30):
        while await due(["told"], limit=1):
            await asyncio.gather(*(told.following().go_on() for _ in range(4)))
    made = await world.events(causes[-1])
    assert [(logged.cause, logged.hops, logged.actor["label"]) for logged in made] == [
        (cause, 1, "Robot") for cause in causes
    ]
    tasks = {task.id: task.name for task in await Task.filter(id__in=await items_of(job, Kind.TASK))}
    assert [tasks[logged.event.task] for logged in made if isinstance(logged.event, TaskCreated)] == [
        f"for {cause}" for cause in causes
    ]
    runs = await FollowerRun.all().order_by("cause")
    assert [(run.state.value, run.revision, run.result) for run in runs] == [
        ("DONE", logged.revision, {"kind": "task", "id": str(logged.event.thing)}) for logged in made
    ]


async def test_a_run_done_again_is_answered_with_what_it_made(world: World) -> None:
    """As by a process that was stopped with it in hand, and goes on when others have done it."""
    job = await planned(world, Told(one_task))
    ((_, run),) = await due(["told"], limit=10)
    first, second = await make_task(actor_of(run), run), await make_task(actor_of(run), run)
    assert (first.revision, first.value.id) == (second.revision, second.value.id)
    assert len(await items_of(job, Kind.TASK)) == 1
    assert await next_runs("told", world.firm.id, limit=10) == []
    # What it made is gone: it is not made again.
    await delete_task(world.acting(world.owner), task_id=first.value.id)
    before = await world.revision()
    again = await make_task(actor_of(run), run)
    assert again.revision == first.revision
    assert again.value is None
    assert await world.revision() == before


async def test_a_run_that_another_process_does_is_left_to_it(world: World) -> None:
    job = await planned(world, Told(one_task))
    ((_, run),) = await due(["told"], limit=10)
    outcomes = await asyncio.gather(*(make_task(actor_of(run), run) for _ in range(5)), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} <= {Outcome, BeingDone}
    assert len({outcome.revision for outcome in outcomes if isinstance(outcome, Outcome)}) == 1
    assert len(await items_of(job, Kind.TASK)) == 1
    # Nor is one that is not there any more.
    await release("told")
    with pytest.raises(BeingDone):
        await make_task(actor_of(run), run)


async def test_a_run_that_changes_nothing_is_done(world: World) -> None:
    async def rename(actor: Actor, run: Run) -> Outcome[Job]:
        return await update_job(actor, job_id=UUID(run.data["job"]), name="n0")

    told = Told(one_task, rename)
    await planned(world, told)
    before = await world.revision()
    await go_on_to_the_end(told.following())
    assert await states(world) == [("DONE", None)]
    assert await world.revision() == before


async def test_a_run_ends_and_says_why_and_the_next_one_is_done(world: World) -> None:
    async def act(actor: Actor, run: Run) -> Outcome[Any] | None:
        turn = run.cause - begun
        if turn == 2:
            raise ZeroDivisionError("with a secret")
        if turn == 3:
            return None
        if turn == 4:
            return Outcome(None, 1)
        job = await Job.get(firm_id=run.firm_id)
        if turn == 1:
            await archive_job(world.acting(world.owner), job_id=job.id)
        else:
            await Job.filter(id=job.id).update(archived_at=None)
        return await make_task(actor, run)

    told = Told(one_task, act)
    job = await planned(world, told, 5)
    begun = await world.revision() - 5
    await go_on_to_the_end(told.following())
    assert await states(world) == [
        ("FAILED", "This job is archived. Restore it before giving it tasks."),
        ("FAILED", "A fault: ZeroDivisionError."),
        ("SKIPPED", None),
        ("FAILED", "No command was called for it."),
        ("DONE", None),
    ]
    assert len(await items_of(job, Kind.TASK)) == 1
    (standing,) = await followers()
    assert (standing.pending, standing.failed) == (0, 3)
    # What has ended is kept for a while.
    assert await prune_runs(now() + RUNS_KEPT_FOR - timedelta(minutes=1)) == 0
    assert await prune_runs(now() + RUNS_KEPT_FOR + timedelta(minutes=1)) == 5


@pytest.mark.parametrize("error", [ConnectionResetError, asyncpg.InternalClientError])
async def test_a_run_waits_for_a_database_that_is_away(error: type[Exception], world: World) -> None:
    """Also when its connection was ended while it was paused."""
    away = True

    async def act(actor: Actor, run: Run) -> Outcome[Any] | None:
        if away:
            raise error
        return await make_task(actor, run)

    told = Told(one_task, act)
    await planned(world, told, 2)
    following = told.following()
    await go_on_to_the_end(following)
    assert await states(world) == [("PENDING", None)] * 2
    away = False
    assert not await following.go_on()  # It is left alone for a moment.
    await go_on_to_the_end(told.following())
    assert await states(world) == [("DONE", None)] * 2


async def test_a_run_that_waits_keeps_its_place_and_other_firms_go_on(world: World) -> None:
    other = await World.build(f"{world.tag}o")
    until = now() + timedelta(hours=1)

    async def act(actor: Actor, run: Run) -> Outcome[Any] | None:
        asked.append(run.firm_id)
        if run.firm_id == world.firm.id and now() < until:
            raise NotYet(until)
        return await make_task(actor, run)

    asked: list[UUID] = []
    told = Told(one_task, act)
    await planned(world, told, 2)
    await update_job(other.acting(other.owner), job_id=(await other.job()).id, name="n")
    following = told.following()
    await go_on_to_the_end(following)
    await go_on_to_the_end(following)
    assert await states(world) == [("PENDING", None)] * 2
    assert await states(other) == [("DONE", None)]
    assert asked.count(world.firm.id) == 1
    # Whoever is left alone does not stand in the place of others in the question.
    assert await due(["told"], but={("told", world.firm.id)}, limit=1) == []
    until = now()
    await go_on_to_the_end(told.following())
    assert await states(world) == [("DONE", None)] * 2


async def test_a_worker_of_an_older_version_leaves_to_others_what_it_does_not_know(world: World) -> None:
    other = await World.build(f"{world.tag}o")

    async def act_in_an_old_way(actor: Actor, run: Run) -> Outcome[Any] | None:
        if run.firm_id == world.firm.id:
            read(EmailContent, {"said": "in another way"}, EmailContent.format + 1)
        return await make_task(actor, run)

    told = Told(one_task, make_task)
    await planned(world, told)
    await update_job(other.acting(other.owner), job_id=(await other.job()).id, name="n")
    # It has another follower: this one's revisions and runs are none of its business, nor is the firm's mark.
    without = Told(name="younger").following()
    await without.register()
    await go_on_to_the_end(without)
    assert await states(world) == [("PENDING", None)]
    assert await names_behind("told") == [(other.firm.id, ["told"])]
    # It has this follower, but not the format in which is kept what a run is about.
    old = Told(one_task, act_in_an_old_way).following()
    await go_on_to_the_end(old)
    assert await states(world) == [("PENDING", None)]
    assert await states(other) == [("DONE", None)]
    assert not await old.go_on()
    await go_on_to_the_end(told.following())
    assert await states(world) == [("DONE", None)]


async def test_the_first_run_of_each_firm_is_asked_for_however_many_there_are(world: World) -> None:
    others = [world, *[await World.build(f"{world.tag}d{number}") for number in range(3)]]
    told = Told(one_task)
    for each in others:
        await planned(each, told, 20)
    found = await due(["told", "nobody"], limit=100)
    firsts = await sql("SELECT DISTINCT ON (firm_id) firm_id, id FROM follower_run ORDER BY firm_id, cause, index")
    assert {run.firm_id: run.id for _, run in found} == {row["firm_id"]: row["id"] for row in firsts}
    assert len(await due(["told"], limit=2)) == 2
    await sql("ANALYZE follower_run")
    async with in_transaction():
        await sql("SET LOCAL enable_seqscan = off")
        nodes = await explained(runs._DUE, ["told"], [], [], 100)
    read = [node for node in nodes if node.get("Index Name") == "follower_run_pending"]
    assert sum(node["Actual Rows"] * node["Actual Loops"] for node in read) == len(others)


async def test_a_firm_that_is_handed_over_is_followed_here_when_nobody_comes_any_further(world: World) -> None:
    told, handed = Told(one_task, make_task), list[UUID]()

    async def hand_over(firm_id: UUID) -> bool:
        handed.append(firm_id)
        return True

    job = await planned(world, told)
    following = told.following()
    following.hand_over = hand_over
    assert not await following.go_on()
    assert (handed, await states(world)) == ([world.firm.id], [("PENDING", None)])
    # Somebody has taken it, and does not come to the end.
    await go_on_to_the_end(told.following())
    await update_job(world.acting(world.owner), job_id=job.id, name="Changed again")
    assert not await following.go_on()
    assert handed == [world.firm.id] * 2
    # Nobody has.
    assert await following.go_on()
    assert await states(world) == [("DONE", None)] * 2
    assert handed == [world.firm.id] * 2


async def test_a_chain_knows_its_length(world: World) -> None:
    """Whoever plans may end it there."""

    def plans(committed: Committed) -> Sequence[Planned]:
        (logged, *_) = committed.events
        if logged.hops >= 3 or not isinstance(logged.event, JobUpdated | TaskCreated):
            return ()
        return [Planned("Robot", {"job": str(logged.event.job), "name": f"after {logged.hops} hops"})]

    told = Told(plans, make_task)
    await planned(world, told)
    before = await world.revision()
    await go_on_to_the_end(told.following())
    chain = await world.events(before)
    assert [(logged.cause, logged.hops) for logged in chain] == [(before, 1), (before + 1, 2), (before + 2, 3)]
    (person, *_) = await world.events(before - 1)
    assert (person.cause, person.hops) == (None, 0)


async def test_a_released_follower_is_forgotten_and_begins_at_the_end(world: World) -> None:
    told = Told(one_task)
    await planned(world, told, 2)
    await world.job()
    assert await release("nobody") is None
    assert await release("told") == 2
    assert await followers() == []
    assert await FollowerRun.all().count() == 0
    # A process that runs does not take it up again: one that is started does.
    heard_before = list(told.heard)
    await go_on_to_the_end(told.following())
    assert told.heard == heard_before
    following = told.following()
    await following.register()
    await go_on_to_the_end(following)
    assert told.heard == heard_before
    await world.job()
    await go_on_to_the_end(following)
    assert told.heard == [*heard_before, (world.firm.id, await world.revision())]


async def test_of_another_firm_nothing_is_claimed(world: World) -> None:
    """A run is its firm's."""
    await planned(world, Told(one_task))
    other = await World.build(f"{world.tag}o")
    ((_, run),) = await due(["told"], limit=10)
    stranger = Run(run.id, other.firm.id, run.cause, run.hops, run.label, run.data)
    with pytest.raises(BeingDone):
        await make_task(actor_of(stranger), stranger)
    with pytest.raises(NotFound):
        await create_task(Actor.automation(other.firm.id, "Robot", 1), job_id=UUID(run.data["job"]), name="x")
    assert await states(world) == [("PENDING", None)]
