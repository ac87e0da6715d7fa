"""How long an answer is good: known by what was asked for while it was made, and by no table."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
import pytest

from engine.answers import Answer, Answers, Moment
from engine.engine import Engine
from models import clock
from models.commands.timers import start_timer, stop_timer
from models.database import sql
from models.ids import Kind, encode, new_id
from models.position import Position
from models.rows import Firm, Job, Member, Stage
from models.sign_in import issue_for
from resolvers.context import Context
from tests.world import World
from transport.engine import Request


async def ask(engine: Engine, member: Member, query: str, **variables: Any) -> dict[str, Any]:
    """The data of the answer that a member is given."""
    session = await engine.sign_in(await issue_for(member.id, 1))
    answer = orjson.loads(await engine.execute(engine.prepare(Request(query, variables=variables), session), session))
    assert "errors" not in answer
    data: dict[str, Any] = answer["data"]
    return data


class Hands:
    """Those of the clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = datetime(2026, 4, 15, 12, tzinfo=UTC)
        monkeypatch.setattr(clock, "now", lambda: self.at)


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    """A clock that is put right by hand."""
    return Hands(monkeypatch)


#: Midnight in New York on the 16th.
MIDNIGHT = datetime(2026, 4, 16, 4, tzinfo=UTC)
BOARD = "query Board($id: ID!) { pipeline(id: $id) { stages { jobs { name %s } } } }"


def board(world: World) -> dict[str, Any]:
    """The variables of a board."""
    return {"id": encode(Kind.PIPELINE, world.pipeline.id)}


async def over_midnight(world: World, engine: Engine, hands: Hands, query: str, **variables: Any) -> list[Any]:
    """What is answered twice before the firm's midnight and twice after it."""
    await Firm.filter(id=world.firm.id).update(time_zone="America/New_York")
    answers = []
    for minutes in (-30, -1, 0, 1):
        hands.at = MIDNIGHT + timedelta(minutes=minutes)
        answers.append(await ask(engine, world.owner, query, **variables))
    return answers


async def test_an_answer_that_says_what_day_it_is_is_good_for_the_firms_day(
    world: World, engine: Engine, hands: Hands
) -> None:
    answers = await over_midnight(world, engine, hands, "{ firm { today } }")
    assert [answer["firm"]["today"] for answer in answers] == ["2026-04-15"] * 2 + ["2026-04-16"] * 2
    assert (engine.answers.made, engine.answers.hits) == (2, 2)


async def test_so_is_one_that_says_what_is_overdue(world: World, engine: Engine, hands: Hands) -> None:
    await Job.filter(id=(await world.job()).id).update(due_date=date(2026, 4, 15))
    answers = await over_midnight(world, engine, hands, BOARD % "overdue", **board(world))
    said = [answer["pipeline"]["stages"][0]["jobs"][0]["overdue"] for answer in answers]
    assert said == [False, False, True, True]
    assert (engine.answers.made, engine.answers.hits) == (2, 2)


async def test_so_is_a_list_of_what_is_overdue(world: World, engine: Engine, hands: Hands) -> None:
    await Job.filter(id=(await world.job()).id).update(due_date=date(2026, 4, 15))
    query = "{ jobs(filter: { or: [{ overdue: true }] }) { totalCount nodes { name } } }"
    answers = await over_midnight(world, engine, hands, query)
    assert [answer["jobs"]["totalCount"] for answer in answers] == [0, 0, 1, 1]
    assert [len(answer["jobs"]["nodes"]) for answer in answers] == [0, 0, 1, 1]
    assert (engine.answers.made, engine.answers.hits) == (2, 2)


async def test_what_is_over_its_limit_is_looked_at_anew(world: World, engine: Engine, hands: Hands) -> None:
    job = await world.job()
    await Stage.filter(id=job.stage_id).update(time_limit=60)
    await Job.filter(id=job.id).update(stage_entered_at=hands.at)
    entered, said = hands.at, []
    for minutes in (60, 61):
        hands.at = entered + timedelta(minutes=minutes)
        said.append(
            (await ask(engine, world.owner, "{ jobs(filter: { overLimit: true }) { nodes { name } } }"))["jobs"]
        )
    assert [len(jobs["nodes"]) for jobs in said] == [0, 1]
    assert engine.answers.hits == 0


@pytest.mark.parametrize("asked", ["", "overdue"])
async def test_one_for_which_nobody_asked_what_day_it_is_is_given_again(
    world: World, engine: Engine, hands: Hands, asked: str
) -> None:
    # What is never due is overdue on no day.
    await world.job()
    answers = await over_midnight(world, engine, hands, BOARD % asked, **board(world))
    assert answers[0]["pipeline"]["stages"][0]["jobs"][0]["name"]
    assert answers[1:] == answers[:-1]
    assert (engine.answers.made, engine.answers.hits) == (1, 3)


async def test_a_day_is_taken_with_the_zone_that_a_mutation_has_set(world: World, engine: Engine, hands: Hands) -> None:
    hands.at = MIDNIGHT
    update = """mutation Update($zone: String!) { before: updateFirm(input: { name: "Renamed" }) { firm { today } }
      updateFirm(input: { timeZone: $zone }) { firm { today } errors { message } } }"""
    told = await ask(engine, world.owner, update, zone="America/Los_Angeles")
    assert told["before"] == {"firm": {"today": "2026-04-16"}}
    assert told["updateFirm"] == {"firm": {"today": "2026-04-15"}, "errors": []}


ITEMS = "query Items($id: ID!) { job(id: $id) { items { nodes { ... on TimeEntry { minutes running forgotten } } } } }"


def entry(answer: dict[str, Any]) -> dict[str, Any]:
    """The one time entry."""
    (found,) = answer["job"]["items"]["nodes"]
    return dict(found)


async def test_a_running_timer_is_looked_at_anew(world: World, engine: Engine, hands: Hands) -> None:
    job = await world.job()
    timer = (await start_timer(world.acting(world.owner), job_id=job.id)).value
    started = timer.started_at
    assert started is not None
    said = []
    for hours in (1, 12, 12.1):
        hands.at = started + timedelta(hours=hours)
        for _ in range(2):
            said.append(entry(await ask(engine, world.owner, ITEMS, id=encode(Kind.JOB, job.id)))["forgotten"])
    assert said == [False] * 4 + [True] * 2
    assert (engine.answers.made, engine.answers.hits, len(engine.answers)) == (6, 0, 0)
    # Stopped, it is never forgotten, whatever the time.
    await stop_timer(world.acting(world.owner), time_entry_id=timer.id)
    for _ in range(2):
        assert entry(await ask(engine, world.owner, ITEMS, id=encode(Kind.JOB, job.id)))["forgotten"] is False
        hands.at += timedelta(days=1)
    assert (engine.answers.made, engine.answers.hits) == (7, 1)


HISTORY = "query History($id: ID!) { job(id: $id) { name history(first: 5) { nodes { __typename } } } }"


async def test_a_history_is_read_anew(world: World, engine: Engine) -> None:
    job = await world.job()
    timer = (await start_timer(world.acting(world.owner), job_id=job.id)).value
    asked = {"id": encode(Kind.JOB, job.id)}
    assert (await ask(engine, world.owner, HISTORY, **asked))["job"]["history"]["nodes"]
    # As when the log is pruned: no revision says so.
    await sql("DELETE FROM event WHERE firm_id = $1 AND job = $2", world.firm.id, job.id)
    assert (await ask(engine, world.owner, HISTORY, **asked))["job"]["history"]["nodes"] == []
    assert (engine.answers.made, len(engine.answers)) == (2, 0)
    # Without it, what else there is of the job is given again.
    plain = HISTORY.replace("history(first: 5) { nodes { __typename } }", "taskCount")
    for _ in range(2):
        await ask(engine, world.owner, plain, **asked)
    assert (engine.answers.made, engine.answers.hits) == (3, 1)
    assert timer.running


async def test_whoever_asks_for_nothing_of_time_is_told_of_no_clock(world: World, engine: Engine) -> None:
    viewer = (await engine.sign_in(await issue_for(world.owner.id, 1))).fresh
    assert viewer is not None
    context = Context.shared(viewer)
    assert (context.timing.day, context.timing.momentary) == (None, False)
    first = context.now
    assert context.now is first
    assert context.timing.momentary
    context.refresh()
    assert context.now is not first


EPOCH = new_id()
FIRST, SECOND = date(2026, 4, 15), date(2026, 4, 16)


def at(revision: int, today: date) -> Moment:
    """When somebody asks."""
    return Moment(Position(EPOCH, revision), today)


async def test_what_is_of_a_day_is_kept_for_it_and_all_else_for_any() -> None:
    answers = Answers()

    async def of_the_day() -> Answer:
        return Answer(b"first", True, day=FIRST)

    async def of_any() -> Answer:
        return Answer(b"any", True)

    for question, make in (("day", of_the_day), ("any", of_any)):
        for today in (FIRST, FIRST, SECOND):
            await answers.get(question, at(1, today), make)
    assert (answers.made, answers.hits) == (3, 3)
    # Whatever the day, no answer is older than the revision.
    await answers.get("any", at(2, SECOND), of_any)
    assert answers.made == 4


async def test_an_answer_that_midnight_came_into_is_of_the_new_day() -> None:
    answers = Answers()

    async def late() -> Answer:
        return Answer(b"second", True, day=SECOND)

    for today in (FIRST, SECOND, SECOND):
        assert await answers.get("q", at(1, today), late) == b"second"
    assert (answers.made, answers.hits) == (1, 2)


async def test_what_is_of_its_moment_is_not_given_to_those_who_asked_meanwhile() -> None:
    answers, numbers, go = Answers(), iter(range(9)), asyncio.Event()

    async def make() -> Answer:
        number = next(numbers)
        await go.wait()
        return Answer(b"%d" % number, True, momentary=True)

    asking = [asyncio.create_task(answers.get("q", at(1, FIRST), make)) for _ in range(3)]
    await asyncio.sleep(0)
    go.set()
    assert sorted([await each for each in asking]) == [b"0", b"1", b"2"]
    assert (answers.made, len(answers)) == (3, 0)
