"""Answers that are given again: what that saves, and that nobody is ever given an old one, or another's."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from engine.answers import Answer, Answers, Moment
from engine.engine import Engine
from models import clock
from models.commands.accounts import set_account_team
from models.commands.jobs import update_job
from models.commands.members import set_member_rights
from models.ids import Kind, encode
from models.position import Position
from models.rights import Right
from models.rows import Job, Member
from models.sign_in import issue_for
from resolvers.loaders import Loaders
from tests.api.test_statements import counted
from tests.serving import Api
from tests.world import World
from transport.engine import Request

BOARD = """query Board($id: ID!, $limit: Int) { revision epoch
  pipeline(id: $id) { name stages { name jobs(limit: $limit) { id name overdue budget account { name } } } } }"""


async def ask(engine: Engine, member: Member, query: str, **variables: Any) -> dict[str, Any]:
    """The whole answer that a member is given."""
    session = await engine.sign_in(await issue_for(member.id, 1))
    body = await engine.execute(engine.prepare(Request(query, variables=variables), session), session)
    answer: dict[str, Any] = orjson.loads(body)
    return answer


def board(world: World) -> dict[str, Any]:
    """The variables of a board."""
    return {"id": encode(Kind.PIPELINE, world.pipeline.id), "limit": 10}


def names(answer: dict[str, Any]) -> list[str]:
    """Of the cards."""
    return [job["name"] for stage in answer["data"]["pipeline"]["stages"] for job in stage["jobs"]]


async def test_a_hundred_boards_at_once_cost_one_execution(world: World, engine: Engine) -> None:
    await world.job()
    assert names(await ask(engine, world.owner, BOARD, **board(world))) == ["1040"]
    with counted() as alone:
        await ask(engine, world.employee, BOARD, **board(world))
    engine.answers = Answers()
    with counted() as together:
        answers = await asyncio.gather(*(ask(engine, world.employee, BOARD, **board(world)) for _ in range(100)))
    assert engine.answers.made == 1
    assert engine.answers.hits + engine.answers.joined == 99
    assert all(answer == answers[0] for answer in answers)
    assert names(answers[0]) == ["1040"]
    # Each of them is signed in by a statement of its own; what is left is the one execution.
    executed = [statement for statement in together if "session" not in statement]
    assert len(executed) == len([statement for statement in alone if "session" not in statement])


async def test_whoever_wrote_reads_what_they_wrote(world: World, api: Api) -> None:
    job = await world.job("at first")
    rename = """mutation Rename($job: ID!, $name: String!) {
      updateJob(input: { jobId: $job, name: $name }) { revision errors { message } } }"""
    for number in range(30):
        name = f"name {number}"
        # Asked before the change by many, so that there is an answer to give again, and asked while it is made.
        asking = [asyncio.create_task(api.post(world.employee, BOARD, **board(world))) for _ in range(3)]
        if number % 2:
            await asyncio.gather(*asking)
        made = await api.ask(world.employee, rename, job=encode(Kind.JOB, job.id), name=name)
        assert not made["updateJob"]["errors"]
        # All who ask after it was answered, whoever they are.
        for member in (world.employee, world.owner):
            data = (await api.post(member, BOARD, **board(world)))["data"]
            assert names({"data": data}) == [name]
            assert int(data["revision"]) >= int(made["updateJob"]["revision"])
        await asyncio.gather(*asking)


async def test_a_change_elsewhere_in_the_firm_makes_it_anew_and_none_gives_it_again(
    world: World, engine: Engine
) -> None:
    job = await world.job()
    for _ in range(3):
        await ask(engine, world.employee, BOARD, **board(world))
    assert (engine.answers.made, engine.answers.hits) == (1, 2)
    await update_job(world.acting(world.owner), job_id=job.id, name="changed")
    assert names(await ask(engine, world.employee, BOARD, **board(world))) == ["changed"]
    assert (engine.answers.made, engine.answers.hits) == (2, 2)
    # The older one is not kept beside it.
    assert len(engine.answers) == 1


async def test_another_question_is_another_answer(world: World, engine: Engine) -> None:
    await world.job()
    variables = board(world)
    await ask(engine, world.employee, BOARD, **variables)
    await ask(engine, world.employee, BOARD, **variables | {"limit": 1})
    await ask(engine, world.employee, BOARD + " ", **variables)
    assert engine.answers.made == 3
    # What the document does not declare changes nothing, nor does the order of what it does.
    await ask(engine, world.employee, BOARD, stray=1, **dict(reversed(variables.items())))
    assert engine.answers.made == 3


async def test_whoever_may_not_see_it_is_not_given_it(world: World, engine: Engine) -> None:
    job = await world.job("seen")
    await Job.filter(id=job.id).update(budget=90)
    answers = {}
    for member in (world.owner, world.admin, world.employee, world.stranger):
        answers[member.id] = await ask(engine, member, BOARD, **board(world))
    assert names(answers[world.owner.id]) == ["seen"]
    assert answers[world.stranger.id]["data"]["pipeline"] is None
    budgets = [
        answers[member.id]["data"]["pipeline"]["stages"][0]["jobs"][0]["budget"]
        for member in (world.owner, world.employee)
    ]
    assert budgets == [90, None]
    # The owner and the admin may see the same.
    assert (engine.answers.made, engine.answers.hits) == (3, 1)
    await set_member_rights(world.acting(world.owner), member_id=world.employee.id, rights=[Right.MANAGE_TIME_BUDGETS])
    await set_account_team(world.acting(world.owner), account_id=world.account.id, member_ids=[])
    assert names(await ask(engine, world.employee, BOARD, **board(world))) == []


async def test_a_new_day_is_a_new_answer(world: World, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    job = await world.job()
    await Job.filter(id=job.id).update(due_date=date(2026, 4, 15))
    for hour, overdue in ((12, False), (13, False), (40, True)):
        now = datetime(2026, 4, 15 + hour // 24, hour % 24, tzinfo=UTC)
        monkeypatch.setattr(clock, "now", lambda now=now: now)
        answer = await ask(engine, world.owner, BOARD, **board(world))
        assert answer["data"]["pipeline"]["stages"][0]["jobs"][0]["overdue"] is overdue
    assert (engine.answers.made, engine.answers.hits) == (2, 1)


async def test_what_went_wrong_is_not_given_again(
    world: World, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.job()
    with monkeypatch.context() as broken:
        broken.setattr(Loaders, "overdue", lambda self, job: 1 / 0)
        failed = await ask(engine, world.owner, BOARD, **board(world))
        assert failed["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert "errors" not in await ask(engine, world.owner, BOARD, **board(world))


async def test_what_a_right_withholds_is_withheld_again(world: World, engine: Engine) -> None:
    await world.job()
    first, second = [await ask(engine, world.employee, BOARD, **board(world)) for _ in range(2)]
    assert first == second
    assert first["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert engine.answers.hits == 1


EPOCH = uuid4()


def at(revision: int, epoch: UUID = EPOCH) -> Moment:
    """A moment of one day."""
    return Moment(Position(epoch, revision), date(2026, 1, 5))


class Kitchen:
    """Makes answers when it is told to."""

    def __init__(self) -> None:
        self.made = 0
        self.cancelled = 0
        self.go = asyncio.Event()

    async def make(self) -> Answer:
        self.made += 1
        body = str(self.made).encode()
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return Answer(body, True)


async def test_who_asks_later_does_not_join_an_earlier_answer() -> None:
    answers, kitchen = Answers(), Kitchen()
    early = asyncio.create_task(answers.get("q", at(1), kitchen.make))
    await asyncio.sleep(0)
    late = [asyncio.create_task(answers.get("q", at(2), kitchen.make)) for _ in range(3)]
    again = asyncio.create_task(answers.get("q", at(1), kitchen.make))
    await asyncio.sleep(0)
    kitchen.go.set()
    assert await early == b"1"
    assert [await each for each in (*late, again)] == [b"2"] * 4
    assert await answers.get("q", at(1), kitchen.make) == b"2"
    assert await answers.get("q", at(2, uuid4()), kitchen.make) == b"3"


async def test_an_answer_outlives_who_asked_first_and_ends_with_the_last() -> None:
    answers, kitchen = Answers(), Kitchen()
    asking = [asyncio.create_task(answers.get("q", at(1), kitchen.make)) for _ in range(3)]
    await asyncio.sleep(0)
    asking[0].cancel()
    await asyncio.wait(asking[:1])
    kitchen.go.set()
    assert [await each for each in asking[1:]] == [b"1"] * 2
    kitchen.go.clear()
    asking = [asyncio.create_task(answers.get("q", at(2), kitchen.make)) for _ in range(2)]
    await asyncio.sleep(0)
    for each in asking:
        each.cancel()
    await asyncio.wait(asking)
    await asyncio.sleep(0)
    assert kitchen.cancelled == 1
    kitchen.go.set()
    assert await answers.get("q", at(2), kitchen.make) == b"3"


async def test_the_bytes_that_are_kept_are_bounded() -> None:
    answers = Answers(most_bytes=50_000)

    async def make() -> Answer:
        return Answer(b"x" * 8_000, True)

    for number in range(20):
        await answers.get(number, at(1), make)
    assert len(answers) == 5
    assert answers.bytes <= 50_000
    assert answers.made == 20
    await answers.get(19, at(1), make)
    assert answers.hits == 1
    for revision in range(2, 9):
        await answers.get(19, at(revision), make)
    assert len(answers) == 5
    assert answers.bytes == 50_000


async def test_who_comes_as_the_last_one_leaves_is_answered() -> None:
    answers, kitchen = Answers(), Kitchen()
    first = asyncio.create_task(answers.get("q", at(1), kitchen.make))
    while not kitchen.made:
        await asyncio.sleep(0)
    first.cancel()
    while not first.cancelled():
        await asyncio.sleep(0)
    kitchen.go.set()
    # The answer that nobody waited for is being given up: it is not this one's.
    assert await answers.get("q", at(1), kitchen.make) == b"2"


async def test_who_comes_between_a_cancellation_and_its_end_is_answered() -> None:
    answers, kitchen = Answers(), Kitchen()
    first = asyncio.create_task(answers.get("q", at(1), kitchen.make))
    while not kitchen.made:
        await asyncio.sleep(0)
    second: list[asyncio.Task[bytes]] = []
    first.cancel()
    # The next turn of the loop: the first is told, and then the second comes.
    asyncio.get_running_loop().call_soon(
        lambda: second.append(asyncio.create_task(answers.get("q", at(1), kitchen.make)))
    )
    await asyncio.wait([first])
    kitchen.go.set()
    await asyncio.wait(second)
    assert not second[0].cancelled()


async def test_a_question_counts_among_the_bytes_that_are_kept(world: World, engine: Engine) -> None:
    queries = ["{ firm { id } } #" + "x" * 19_000 + str(number) for number in range(20)]
    for query in queries:
        await ask(engine, world.employee, query)
    assert len(engine.answers) == 20
    assert engine.answers.bytes >= sum(map(len, queries))
