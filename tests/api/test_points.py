"""Points: told with each answer, shared by all that a member comes with, and refused when there are none left."""

from collections.abc import AsyncIterator
from itertools import count

import pytest

import embedded
from engine.limits import Limits
from models.firm.personal_tokens import create_personal_token
from tests.api.untouched import untouched
from tests.http_client import Answer
from tests.serving import Api, serving
from tests.world import World

#: Just what one operation may cost.
A_MINUTE = Limits().cost
PAGE = "members(first: 100) { nodes { id } }"
#: 1 + 40 * (1 + 6 * (1 + 40)): two of them are more than there is in most of a minute.
MOST_OF_IT = "pipelines(first: 40) { nodes { stages { jobs { id } } } }"
#: 1 + 6 * (1 + 40 * (1 + 5 * (1 + 2)))
MANY_CARDS = "pipeline { stages { jobs { tasks { assignees { id } } } } }"

_numbers = count()


@pytest.fixture(scope="module")
async def small(database: str, servers: embedded.Servers) -> AsyncIterator[Api]:
    """A server that gives few points."""
    async with serving(database, servers.redis_url, points_a_minute=A_MINUTE) as api:
        yield api


def new(selection: str) -> str:
    """An operation of this selection, whose answer nobody has been given."""
    return f"query Q{next(_numbers)} {{ {selection} }}"


def left(answer: Answer) -> int:
    """What is left, as the headers say it."""
    assert answer.headers["ratelimit-policy"] == f'"points";q={A_MINUTE};w=60'
    name, remaining, whole_in = answer.headers["ratelimit"].split(";")
    assert name == '"points"'
    assert 0 <= int(whole_in.removeprefix("t=")) <= 60
    return int(remaining.removeprefix("r="))


async def spend(world: World, api: Api) -> None:
    """Spend most of what the owner has."""
    answer = await api.ask_in_bytes(world.owner, new(MOST_OF_IT), {})
    assert answer.json()["extensions"]["cost"]["actual"] > 0.9 * A_MINUTE


async def test_the_cost_is_told_with_the_answer_and_what_is_left_in_headers(world: World, small: Api) -> None:
    answer = await small.ask_in_bytes(world.owner, new(PAGE), {})
    assert answer.json()["extensions"] == {"cost": {"actual": 101, "limit": Limits().cost}}
    assert A_MINUTE - 101 <= left(answer) <= A_MINUTE
    await spend(world, small)
    assert left(await small.ask_in_bytes(world.owner, new("viewer { role }"), {})) < 0.5 * A_MINUTE


async def test_who_has_spent_all_is_told_how_long_to_wait(world: World, small: Api) -> None:
    await spend(world, small)
    answer = await small.ask_in_bytes(world.owner, new(MOST_OF_IT), {})
    assert answer.status == 429
    (error,) = answer.json()["errors"]
    assert (error["extensions"]["code"], error["extensions"]["limit"]) == ("LIMIT", "points")
    assert int(answer.headers["retry-after"]) == error["extensions"]["retryAfter"] > 0
    # What costs little is still answered, and others of the firm are not held back.
    assert (await small.ask_in_bytes(world.owner, new("viewer { role }"), {})).status == 200
    assert (await small.ask_in_bytes(world.admin, new(MOST_OF_IT), {})).status == 200


async def test_nothing_is_done_then(world: World, small: Api) -> None:
    made = f'createPipeline(input: {{ name: "One", stages: ["Only"] }}) {{ {MANY_CARDS} errors {{ code }} }}'
    await spend(world, small)
    async with untouched():
        assert (await small.ask_in_bytes(world.owner, f"mutation {{ {made} }}", {})).status == 429
    # The control: with enough points it is done.
    answer = await small.ask_in_bytes(world.admin, f"mutation {{ {made} }}", {})
    assert answer.json()["data"]["createPipeline"]["errors"] == []


async def test_an_answer_that_is_given_again_costs_one(world: World, small: Api) -> None:
    same = new(MOST_OF_IT)
    first = await small.ask_in_bytes(world.admin, same, {})
    again = [await small.ask_in_bytes(world.owner, same, {}) for _ in range(20)]
    assert {answer.body for answer in again} == {first.body}
    assert left(again[-1]) >= A_MINUTE - 20


async def test_a_members_tokens_share_them(world: World, small: Api) -> None:
    token = (await create_personal_token(world.acting(world.owner), name="Reports", days=1)).value
    await spend(world, small)
    answer = await small.send({"query": new(MOST_OF_IT)}, authorization=f"Bearer {token.secret}")
    assert answer.status == 429


async def test_on_a_websocket_it_is_an_error_of_the_operation(world: World, small: Api) -> None:
    await spend(world, small)
    async with small.socket(world.owner) as socket:
        await socket.subscribe(new(MOST_OF_IT))
        frame = await socket.receive()
        assert frame["type"] == "error"
        assert frame["payload"][0]["extensions"]["limit"] == "points"
        # The socket stays open.
        await socket.subscribe("{ viewer { role } }", id="2")
        assert (await socket.next())["viewer"] == {"role": "OWNER"}


async def test_a_subscription_costs_when_it_begins(world: World, small: Api) -> None:
    await spend(world, small)
    async with small.socket(world.owner) as socket:
        cards = "job { stage { jobs { tasks { assignees { id } } } } }"
        query = f"subscription {{ boardChanges {{ events {{ ... on JobEvent {{ {cards} }} }} }} }}"
        await socket.subscribe(query)
        frame = await socket.receive()
        assert (frame["type"], frame["payload"][0]["extensions"]["limit"]) == ("error", "points")


async def test_who_has_not_signed_in_has_none(small: Api) -> None:
    answer = await small.send({"query": "{ __typename }"})
    assert "ratelimit" not in answer.headers
