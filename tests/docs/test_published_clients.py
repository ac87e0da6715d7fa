"""What docs/live.md says of Apollo, urql and Relay, with each of them as published and the page's code as printed."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from graphql import is_interface_type, is_union_type

from models.commands.moves import move_job
from models.ids import Kind, encode
from models.rows import Job
from resolvers.root import graphql_schema
from tests.docs.printed import Program, page_program, running, script
from tests.docs.wire import Wire, wire_to
from tests.serving import Api
from tests.world import World

CLIENTS = ("apollo", "urql", "relay")
#: A program for each, around what the page says. It loads that client alone, which takes less time than all of them.
AROUND = Path(__file__).parent / "published_clients"
#: Those that give graphql-ws a copy of the variables.
COPY = {"apollo", "relay"}
# Without events, so that it is all that Relay, which reads what its compiler has seen, needs to know.
BARE = """subscription Changes($pipelines: [ID!], $after: Revision, $epoch: ID) {
  boardChanges(pipelines: $pipelines, after: $after, epoch: $epoch) { revision previous }
}"""
EVENTS = """subscription Changes($pipelines: [ID!], $after: Revision, $epoch: ID) {
  boardChanges(pipelines: $pipelines, after: $after, epoch: $epoch) {
    revision previous events { __typename ... on JobEvent { jobId } }
  }
}"""


@dataclass
class Board:
    """A board of one card, a way to it, and how to follow it with a published client."""

    world: World
    api: Api
    wire: Wire
    job: Job
    node: str
    folder: Path

    async def revision(self) -> str:
        """How far the firm is."""
        return str(await self.world.revision())

    async def moved(self, to: int) -> str:
        """The revision of a move."""
        stages = await self.world.stages()
        moved = await move_job(self.world.acting(self.world.admin), job_id=self.job.id, stage_id=stages[to].id)
        return str(moved.revision)

    @asynccontextmanager
    async def followed(
        self, client: str, how: str, query: str, types: str = "", epoch: str | None = None
    ) -> AsyncIterator[Program]:
        """By a client that has had its first message. `epoch` is one that it knows from before a restore."""
        known = await self.api.ask(self.world.owner, "{ revision epoch }")
        pipeline = encode(Kind.PIPELINE, self.world.pipeline.id)
        url, token = self.wire.url.replace("http", "ws", 1), await self.api.token(self.world.owner)
        words = (how, url, token, query, pipeline, known["revision"], epoch or known["epoch"], types)
        async with running(self.node, str(self.folder / f"{client}.mjs"), *words) as program:
            assert (await program.tells())[:2] == [known["revision"]] * 2
            yield program


@pytest.fixture
async def board(world: World, api: Api, node: str, tmp_path: Path) -> AsyncIterator[Board]:
    """With the programs made of the page's code."""
    script(tmp_path, "resuming.mjs", page_program("resuming.mjs"))
    script(tmp_path, "following.mjs", (AROUND / "following.mjs").read_text())
    for client, said in _said_of_each().items():
        around = (AROUND / f"{client}.mjs").read_text()
        script(tmp_path, f"{client}.mjs", around.replace("// What the page says.\n", said))
    async with wire_to(api.url) as wire:
        yield Board(world, api, wire, await world.job(), node, tmp_path)


def _said_of_each() -> dict[str, str]:
    """What the page's program says of each client, under its name."""
    before, *parts = re.split(r"^// (\w+)\n", page_program("published clients"), flags=re.MULTILINE)
    said = dict(zip(map(str.lower, parts[::2]), parts[1::2], strict=True))
    assert not before and tuple(said) == CLIENTS
    return said


@pytest.mark.parametrize("client", CLIENTS)
async def test_they_go_on_from_the_last_message(board: Board, client: str) -> None:
    at = await board.revision()
    async with board.followed(client, "resuming", BARE) as program:
        for to in (1, 2, 1):
            board.wire.down()
            at, before = await board.moved(to), at
            await board.wire.up()
            assert (await program.tells())[:2] == [before, at]


@pytest.mark.parametrize("client", CLIENTS)
async def test_who_copies_the_variables_is_not_helped_by_a_change_of_them(board: Board, client: str) -> None:
    first = await board.revision()
    async with board.followed(client, "plain", BARE) as program:
        moved = await board.moved(1)
        assert (await program.tells())[:2] == [first, moved]
        board.wire.cut()
        resumed = first if client in COPY else moved
        assert (await program.tells())[:2] == [resumed, moved]


# Whether the whole is to be read anew, where the program prints the events.
RESYNC = """subscription Changes($pipelines: [ID!], $after: Revision, $epoch: ID) {
  boardChanges(pipelines: $pipelines, after: $after, epoch: $epoch) { revision previous epoch events: resync }
}"""


@pytest.mark.parametrize("how", ["plain", "resuming"])
async def test_they_are_told_once_that_the_log_is_another_one(board: Board, how: str) -> None:
    async with board.followed("urql", how, RESYNC, epoch=str(uuid4())) as program:
        board.wire.cut()
        assert (await program.tells())[2] == (how == "plain")


UNTOLD = """
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
const tell = (value) => console.log(JSON.stringify(value));
const on = { connecting: () => tell('connecting') };
const client = createClient({ url: process.argv[2], webSocketImpl: WebSocket, on });
client.subscribe({ query: '{ revision }' }, { next() {}, error: () => tell('error'), complete() {} });
"""


async def test_graphql_ws_by_default_gives_up_when_it_is_refused(board: Board, tmp_path: Path) -> None:
    board.wire.down()
    async with running(board.node, script(tmp_path, "untold.mjs", UNTOLD), board.wire.url) as program:
        assert [await program.line() for _ in range(3)] == ['"connecting"', '"error"', ""]


@pytest.fixture
async def possible_types(board: Board, tmp_path: Path) -> str:
    """The file that the page's program makes."""
    path = script(tmp_path, "possible-types.mjs", page_program("possible-types.mjs"))
    async with running(board.node, path, board.api.url, await board.api.token(board.world.owner)) as program:
        types = await program.line()
    made = tmp_path / "possible-types.json"
    made.write_text(types)
    return str(made)


async def test_apollo_stores_events_when_it_knows_the_possible_types(board: Board, possible_types: str) -> None:
    assert await _events(board, "apollo", "resuming", possible_types) == [_moved(board)]


async def test_apollo_without_possible_types_matches_nothing(board: Board) -> None:
    assert await _events(board, "apollo", "resuming") == [{"__typename": "JobMoved"}]


async def test_apollo_without_its_cache_needs_no_possible_types(board: Board) -> None:
    assert await _events(board, "apollo", "no-cache") == [_moved(board)]


async def test_urql_needs_no_possible_types(board: Board) -> None:
    assert await _events(board, "urql", "resuming") == [_moved(board)]


def test_every_group_is_among_the_possible_types(possible_types: str) -> None:
    schema = graphql_schema()
    made: dict[str, list[str]] = json.loads(Path(possible_types).read_text())
    assert {name: set(members) for name, members in made.items()} == {
        name: {member.name for member in schema.get_possible_types(kind)}
        for name, kind in schema.type_map.items()
        if is_interface_type(kind) or is_union_type(kind)
    }


async def _events(board: Board, client: str, how: str, types: str = "") -> Any:
    async with board.followed(client, how, EVENTS, types) as program:
        await board.moved(1)
        return (await program.tells())[2]


def _moved(board: Board) -> dict[str, str]:
    return {"__typename": "JobMoved", "jobId": encode(Kind.JOB, board.job.id)}
