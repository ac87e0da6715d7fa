"""The demo firms: made whole, honestly logged, never made twice; and traffic that is real work."""

import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import date, timedelta
from subprocess import PIPE
from uuid import UUID

import pytest
from redis.asyncio import Redis

import demo
import embedded
from demo import traffic
from demo.board import boards
from demo.clients import CLIENTS
from demo.desk import Desk
from demo.firms import demo_firm
from demo.hours import WORKING_DAY, within_working_days
from demo.jobs import job
from demo.owing import hand_in
from demo.people import DAYS_OFF, OTHER_OWNER, OWNER, PASSWORD, TEAM, Person, found
from demo.pipelines import SERVICES
from models.actor import Actor
from models.automation.follower import AUTOMOVE
from models.boards import assignees_of_jobs, cards_in
from models.clock import now
from models.command import settle
from models.commands.tasks import set_task_state
from models.errors import RuleBroken
from models.events import JobCreated, JobMoved, JobStatusChanged, TaskCreated, TimeLogged
from models.firm.absences import Absence
from models.firm.account_roles import holders_at
from models.ids import Kind, encode
from models.items.reads import open_item_counts
from models.log import Logged, heads, read_log
from models.periods import PeriodUnit, period_of
from models.reports.budgets import budget_report
from models.reports.frame import Wanted
from models.reports.sight import Asker
from models.rights import Right, Role, effective_rights
from models.rows import (
    Account,
    AccountType,
    Category,
    Firm,
    Job,
    JobItem,
    Member,
    Pipeline,
    Stage,
    Status,
    Task,
    TaskState,
    TimeEntry,
)
from models.scope import Scope, Viewer
from models.sign_in import authenticate, sign_in
from models.signing_keys import KEYS, ensure_signing_key
from models.time_sums import minutes_of_days
from subscriptions.bell import CHANNEL
from tests import databases
from tests.serving import serving
from tests.system.jobwire import HOUSE
from tests.system.mother import Born
from workers.followers import FOLLOWERS
from workers.following import Following

JOBS = 300
#: Traffic in a process of its own, until its stdin ends.
BOARD = "query Board($id: ID!) { pipeline(id: $id) { name stages { name jobs { name account { name } } } } }"


@asynccontextmanager
async def on(url: str) -> AsyncIterator[None]:
    """The rows talk to this database inside the block, which has keys of its own."""
    async with databases.on(url):
        KEYS.forget()
        await ensure_signing_key()
        try:
            yield
        finally:
            KEYS.forget()


@pytest.fixture(scope="module")
async def own_url(servers: embedded.Servers) -> AsyncIterator[str]:
    """A database of this module's own: the demo is there once."""
    async with databases.own_database(servers, "demo") as url:
        yield url


@pytest.fixture
async def seeded(own_url: str) -> AsyncIterator[str]:
    """The demo, in use."""
    async with on(own_url):
        await demo.seed(jobs=JOBS)
        yield own_url


async def seen_by(person: Person) -> Viewer:
    viewer = await found(person)
    assert viewer is not None
    return viewer


async def head(firm_id: UUID) -> int:
    return (await heads([firm_id]))[firm_id].revision


async def demo_log(after: int = 0) -> list[Logged]:
    return list((await read_log((await seen_by(OWNER)).scope.firm_id, after, limit=100_000)).logged)


async def until(fact: Callable[[], Awaitable[bool]]) -> None:
    deadline = time.monotonic() + 20
    while not await fact():
        assert time.monotonic() < deadline, "It did not come true."
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("person", [OWNER, *TEAM, OTHER_OWNER], ids=lambda person: person.email)
async def test_everybody_signs_in_with_their_rights(seeded: str, person: Person) -> None:
    signed_in = await sign_in(person.email, PASSWORD)
    viewer = (await authenticate(signed_in.access_token)).viewer
    assert viewer.role is person.role
    assert viewer.scope.rights == effective_rights(person.role, frozenset(person.rights))


async def test_employees_see_different_parts_of_it(seeded: str) -> None:
    seen = {}
    for person in TEAM:
        jobs = (await seen_by(person)).scope.rows(Job).where()
        seen[person.email] = frozenset([job.id for job in await jobs])
    everything = seen.pop("admin@demo.test")
    assert all(part and part < everything for part in seen.values())
    assert len(set(seen.values())) == len(seen)


async def test_the_firm_is_like_one(seeded: str) -> None:
    whole = Scope.whole((await seen_by(OWNER)).scope.firm_id)
    kinds = Counter([account.type for account in await whole.rows(Account).where()])
    assert kinds.total() >= 40
    assert kinds[AccountType.COMPANY] > 10
    assert kinds[AccountType.INDIVIDUAL] > 10
    assert {pipeline.name for pipeline in await whole.rows(Pipeline).where()} == {s.name for s in SERVICES}
    statuses = {status.id: status for status in await whole.rows(Status).where()}
    assert {s.name for s in statuses.values() if s.counts_as_overdue} == {"Needs review"}
    jobs = await whole.rows(Job).where()
    today = (await whole.rows(Firm).get(whole.firm_id)).today(now())
    overdue = [j for j in jobs if j.due_date and j.due_date < today and statuses[j.status_id].can_be_overdue]
    assert len(jobs) // 20 < len(overdue) < len(jobs) // 2
    assert {statuses[job.status_id].category for job in jobs} == set(Category)
    assert {job.budget is None for job in jobs} == {job.client_status_visible for job in jobs} == {True, False}
    assert {period_of(job.period).unit for job in jobs if job.period} == {*PeriodUnit} - {PeriodUnit.QUARTER}
    assert {job.deadline >= job.due_date for job in jobs if job.deadline and job.due_date} == {True}
    assert len({job.stage_id for job in jobs}) == sum(len(service.stages) for service in SERVICES)
    assert len(jobs) // 2 < len(await assignees_of_jobs([job.id for job in jobs])) < len(jobs)
    tasks = Counter([link.job_id for link in await JobItem.filter(firm_id=whole.firm_id, kind=Kind.TASK)])
    assert set(tasks.values()) >= {1, 2, 3, 4, 5, 6}
    assert len(tasks) < len(jobs)
    assert await whole.rows(TimeEntry).where().count() > len(jobs) // 2
    assert await whole.rows(Absence).where().count() == len(DAYS_OFF)
    accounts = [account.id for account in await whole.rows(Account).where()]
    assert {len(held) for held in (await holders_at(accounts)).values()} == {1, 2, 3}


async def test_the_log_is_whole(seeded: str) -> None:
    whole = Scope.whole((await seen_by(OWNER)).scope.firm_id)
    log = await demo_log()
    places = [(logged.revision, logged.index) for logged in log]
    sizes = Counter([revision for revision, _ in places])
    assert list(sizes) == list(range(1, await head(whole.firm_id) + 1))
    assert places == [(revision, index) for revision, size in sizes.items() for index in range(size)]
    for rows, created in (
        (whole.rows(Job), JobCreated),
        (whole.rows(Task), TaskCreated),
        (whole.rows(TimeEntry), TimeLogged),
    ):
        logged_ids = [logged.event.thing for logged in log if isinstance(logged.event, created)]
        assert len(logged_ids) == len(set(logged_ids))
        assert {row.id for row in await rows.where()} <= set(logged_ids)
    owner = encode_actor(await seen_by(OWNER))
    assert all(logged.actor == owner for logged in log if isinstance(logged.event, JobCreated))


async def test_the_firm_has_half_a_year_behind_it(seeded: str) -> None:
    """Which the log has as it went: nothing is told after what came of it."""
    whole = Scope.whole((await seen_by(OWNER)).scope.firm_id)
    log = await demo_log()
    assert timedelta(180) < now() - log[0].at < timedelta(200)
    # Whatever other tests have done since is of now as well.
    assert [logged.at for logged in log] == sorted(logged.at for logged in log)
    jobs = [job for job in await whole.rows(Job).where() if job.completed_at is not None]
    months = Counter([(job.completed_at.year, job.completed_at.month) for job in jobs if job.completed_at])
    assert len([month for month, number in months.items() if number > 5]) >= 5
    told = {logged.event.subject_job: logged.at for logged in log if isinstance(logged.event, JobMoved)}
    done = {status.id for status in await whole.rows(Status).where(category=Category.COMPLETED)}
    ended = {
        event.job: logged.at
        for logged in reversed(log)
        if isinstance(event := logged.event, JobStatusChanged) and event.to_status in done
    }
    went = [job for job in jobs if job.id in ended and job.stay > 2]
    assert len(went) > JOBS // 6
    assert {(told[job.id], ended[job.id]) for job in went} == {(job.stage_entered_at, job.completed_at) for job in went}
    budgets = await budget_report(Asker(whole, lambda: whole.firm_id), None, Wanted(("month",), None, 50), _no_day)
    past = [row.sums for row in budgets.rows if row.of["month"] is not None]
    assert len(past) >= 5
    assert 0 < sum(row["over_budget"] for row in past) < sum(row["jobs"] for row in past)


async def _no_day() -> date:
    raise AssertionError


def encode_actor(viewer: Viewer) -> dict[str, str | None]:
    return {"kind": "MEMBER", "id": str(viewer.member_id), "label": None}


async def test_seeding_again_adds_nothing(seeded: str) -> None:
    firms = [(await seen_by(owner)).scope.firm_id for owner in (OWNER, OTHER_OWNER)]
    before = await heads(firms)
    told: list[tuple[int, int]] = []
    await demo.seed(jobs=JOBS, progress=lambda done, total: told.append((done, total)))
    assert await heads(firms) == before
    assert told == []


async def test_more_jobs_add_the_difference(seeded: str) -> None:
    whole = Scope.whole((await seen_by(OWNER)).scope.firm_id)
    jobs, members, before = (
        await whole.rows(Job).where().count(),
        await whole.rows(Member).where().count(),
        len(await demo_log()),
    )
    told: list[tuple[int, int]] = []
    await demo.seed(jobs=jobs + 7, progress=lambda done, total: told.append((done, total)))
    assert await whole.rows(Job).where().count() == jobs + 7
    assert await whole.rows(Member).where().count() == members == 1 + len(TEAM)
    assert told == [(0, 7), (7, 7)]
    added = (await demo_log())[before:]
    assert len({logged.revision for logged in added}) == 1
    assert Counter([type(logged.event) for logged in added])[JobCreated] == 7


async def test_a_number_always_makes_the_same_job(seeded: str) -> None:
    found_boards = await boards(await demo_firm())
    moment = now()
    first, again, other = (job(number, found_boards, moment, moment.date()) for number in (5, 5, 6))
    assert first == again != other
    later = job(5, found_boards, moment + timedelta(days=10), moment.date() + timedelta(days=10))
    assert first.due_date is not None
    assert later.due_date == first.due_date + timedelta(days=10)


async def test_nobody_works_day_and_night(seeded: str) -> None:
    firm = await demo_firm()
    found_boards, moment = await boards(firm), now()
    made = [job(number, found_boards, moment, moment.date()) for number in range(3_000)]
    kept = await within_working_days(made)
    entries = [entry for one in kept for entry in one.entries]
    assert 0 < len(entries) < sum(len(one.entries) for one in made)
    logged = await minutes_of_days((entry.member_id for entry in entries), (entry.day for entry in entries))
    for entry in entries:
        day = (entry.member_id, entry.day)
        logged[day] = logged.get(day, 0) + entry.minutes
    assert max(logged.values()) <= WORKING_DAY


async def test_a_set_up_that_was_cut_short_is_finished(servers: embedded.Servers) -> None:
    async with databases.own_database(servers, "demo_cut") as url, on(url):
        with pytest.raises(RuleBroken, match="Seed it first"):
            await traffic.run(redis_url=servers.redis_url, rate=1, stop=asyncio.Event())
        seeding = asyncio.create_task(demo.seed(jobs=10))

        async def has_clients() -> bool:
            owner = await found(OWNER)
            return owner is not None and await owner.scope.rows(Account).where().count() > 5

        await until(has_clients)
        seeding.cancel()
        with suppress(asyncio.CancelledError):
            await seeding
        # Whoever is cut short leaves a change behind that is wholly made or not at all: here it may still be.
        await settle()
        whole = (await seen_by(OWNER)).scope
        assert await whole.rows(Pipeline).where().count() == 0
        await demo.seed(jobs=10)
        assert sorted([account.name for account in await whole.rows(Account).where()]) == sorted(CLIENTS)
        assert await whole.rows(Member).where().count() == 1 + len(TEAM)
        assert await whole.rows(Job).where().count() == 10


async def test_the_board_is_there_for_clients(seeded: str, servers: embedded.Servers) -> None:
    whole = Scope.whole((await seen_by(OWNER)).scope.firm_id)
    returns = await whole.rows(Pipeline).where(name="Tax returns 1040").get()
    id = encode(Kind.PIPELINE, returns.id)
    async with serving(seeded, servers.redis_url) as api:
        board = (await api.ask(await Member.get(email="admin@demo.test"), BOARD, id=id))["pipeline"]
        assert [stage["name"] for stage in board["stages"]] == list(SERVICES[0].stages)
        shown = [card for stage in board["stages"] for card in stage["jobs"]]
        assert len(shown) == (await cards_in(whole, [returns.id]))[returns.id] > 10
        assert {CLIENTS[card["account"]["name"]] for card in shown} == {AccountType.INDIVIDUAL}
        assert (await api.post(await Member.get(email=OTHER_OWNER.email), BOARD, id=id))["data"] == {"pipeline": None}


async def test_a_client_hands_in_what_a_job_waits_for_and_it_moves_on(seeded: str) -> None:
    firm_id = (await seen_by(OWNER)).scope.firm_id
    following = await caught_up()
    (handed,) = await hand_in()
    submitted = await head(firm_id)
    while await following.go_on():
        pass
    # Back to Active; on to the next stage; and what is to be done there.
    back, on, *rest = await demo_log(submitted)
    assert isinstance(back.event, JobStatusChanged) and isinstance(on.event, JobMoved)
    assert [(each.cause, each.hops, each.actor["label"]) for each in (back, on)] == [
        (submitted, 1, AUTOMOVE),
        (submitted + 1, 2, AUTOMOVE),
    ]
    assert [type(logged.event).__name__ for logged in rest] == ["TaskCreated", "AutomationRan"]
    job = await Job.get(id=on.event.job)
    first, second, *_ = await Stage.filter(pipeline_id=job.pipeline_id).order_by("position")
    assert (handed.job, handed.pipeline) == (job.name, SERVICES[0].name)
    assert (on.event.from_stage, on.event.to_stage) == (first.id, second.id)
    assert await open_item_counts([job.id]) == {job.id: 1}
    with pytest.raises(RuleBroken, match="owes nothing"):
        await hand_in()


async def test_traffic_is_real_work(seeded: str) -> None:
    firm_id = (await seen_by(OWNER)).scope.firm_id
    other_id = (await seen_by(OTHER_OWNER)).scope.firm_id
    before, other_before = await head(firm_id), await head(other_id)
    working = traffic.Traffic(firm_id, random.Random(11))
    for _ in range(80):
        await working.deed()
    assert working.done > 60
    log = await demo_log(before)
    assert len({type(logged.event) for logged in log}) > 5
    assert len({logged.actor["id"] for logged in log if logged.actor["kind"] == "MEMBER"}) > 4
    assert {(logged.actor["kind"], logged.hops) for logged in log} == {("MEMBER", 0)}
    assert await head(other_id) == other_before


async def test_jobs_move_on_when_their_people_are_done(seeded: str) -> None:
    firm_id = (await seen_by(OWNER)).scope.firm_id
    working = Desk(Actor.member(firm_id, (await seen_by(OWNER)).member_id), Scope.whole(firm_id), random.Random(3))
    following = await caught_up()
    job = await open_job(working)
    for task in await working.tasks(job):
        await set_task_state(working.actor, task_id=task.id, state=TaskState.COMPLETED)
    done = await head(firm_id)
    while await following.go_on():
        pass
    # What automations then do on the next stage comes after it.
    moved, *_ = await demo_log(done)
    assert isinstance(moved.event, JobMoved) and moved.event.job == job.id
    assert (moved.cause, moved.actor["label"]) == (done, AUTOMOVE)


async def caught_up() -> Following:
    """A worker that has done all that was caused so far."""
    following = Following({follower.name: follower for follower in FOLLOWERS})
    await following.register()
    while await following.go_on():
        pass
    return following


async def open_job(desk: Desk) -> Job:
    """One that is Active on a stage that is not its last, with open tasks and nothing else that holds it."""
    while True:
        job = await desk.some_job()
        assert job is not None
        *earlier, _ = await desk.path(job)
        status = await desk.scope.rows(Status).get(job.status_id)
        open_tasks = sum(task.open for task in await desk.tasks(job))
        ready = status.category is Category.ACTIVE and job.stage_id in {stage.id for stage in earlier}
        if ready and 0 < open_tasks == (await open_item_counts([job.id])).get(job.id):
            return job


async def test_whoever_is_too_late_is_refused_and_goes_on(seeded: str) -> None:
    firm_id = (await seen_by(OWNER)).scope.firm_id
    crowd = [traffic.Traffic(firm_id, random.Random(1)) for _ in range(6)]

    async def collided() -> bool:
        # The same chance: they all reach for the same card.
        await asyncio.gather(*(working.deed() for working in crowd))
        return any(working.refused for working in crowd)

    await until(collided)
    assert any(working.done for working in crowd)


async def test_traffic_rings_and_ends_when_told_to(seeded: str, servers: embedded.Servers) -> None:
    firm_id = (await seen_by(OWNER)).scope.firm_id
    before = await head(firm_id)
    async with Redis.from_url(servers.redis_url) as redis, redis.pubsub() as listener:
        await listener.subscribe(CHANNEL)
        command = [sys.executable, "-m", "tests.system.traffic_until_told", seeded, servers.redis_url]
        process = Born(command, cwd=HOUSE, stdin=PIPE, stdout=PIPE)
        try:
            await until(lambda: reached(firm_id, before + 30))
            out, _ = await asyncio.to_thread(process.communicate, timeout=20)
        finally:
            process.kill()
        assert process.returncode == 0
        assert out.decode().splitlines()[-1] == "ended"
        ended = await head(firm_id)
        rung: list[int] = []

        async def all_rung() -> bool:
            while message := await listener.get_message(ignore_subscribe_messages=True, timeout=0.05):
                firm, revision, _ = message["data"].decode().split(" ", 2)
                rung.extend([int(revision)] if firm == str(firm_id) else [])
            return bool(rung) and rung[-1] == ended

        await until(all_rung)
    assert rung == list(range(before + 1, ended + 1))


async def reached(firm_id: UUID, revision: int) -> bool:
    return await head(firm_id) >= revision


async def test_traffic_needs_a_rate(servers: embedded.Servers) -> None:
    with pytest.raises(ValueError, match="above 0"):
        await traffic.run(redis_url=servers.redis_url, rate=0, stop=asyncio.Event())


def test_the_team_holds_every_kind_of_viewer() -> None:
    assert [person.email for person in TEAM[1:]] == [f"employee{number}@demo.test" for number in range(1, 7)]
    assert [person.role for person in TEAM] == [Role.ADMIN, *[Role.EMPLOYEE] * 6]
    assert any(not person.rights for person in TEAM if person.role is Role.EMPLOYEE)
    given = [set(person.rights) for person in TEAM[1:]]
    assert [{Right.MANAGE_TIME_BUDGETS}, {Right.MANAGE_PIPELINES, Right.MANAGE_TEAM}] == given[:2]
    assert {Right.VIEW_ALL_ACCOUNTS} in given
