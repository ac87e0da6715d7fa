"""The clients in docs/live.md, run as they are printed: they follow a board, come back for what they missed, wait for a
server that is away, and end when there is nothing to come back for."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

import embedded
from models.commands.moves import move_job
from models.ids import Kind, encode
from models.rows import Job, Member
from models.sign_in import end_sessions_of, refresh, sign_in
from tests.docs.pages import rows, section
from tests.docs.printed import Program, page_program, printed, running, script
from tests.docs.wire import HOST, Wire, port_of_its_own, wire_to
from tests.serving import Api
from tests.signing_in import KEPT, PASSWORD
from tests.system.jobwire import Jobwire, jobwire
from tests.world import World

JAVASCRIPT, PYTHON = "board.mjs", "board.py"
#: What every client sends to get the next token.
REFRESH = b"refreshSession(input"

Command = list[str]


@pytest.fixture(params=[JAVASCRIPT, PYTHON])
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Command:
    """How to start a client of the page."""
    if request.param == JAVASCRIPT:
        return [request.getfixturevalue("node"), script(tmp_path, JAVASCRIPT, page_program(JAVASCRIPT))]
    (tmp_path / PYTHON).write_text(page_program(PYTHON))
    return [sys.executable, str(tmp_path / PYTHON)]


@pytest.fixture
async def job(world: World) -> Job:
    """The one card on the board of an owner who can sign in."""
    await Member.filter(id=world.owner.id).update(password_hash=KEPT)
    return await world.job()


@pytest.fixture
async def wire(api: Api) -> AsyncIterator[Wire]:
    """A way to the server."""
    async with wire_to(api.url) as wire:
        yield wire


@asynccontextmanager
async def following(world: World, url: str, client: Command) -> AsyncIterator[Program]:
    """A client that has read the board of one card."""
    async with running(*client, url, world.owner.email, PASSWORD) as program:
        assert await program.says() == f"read Tax returns at revision {await world.revision()}: 1 cards"
        yield program


async def test_they_follow_a_board(world: World, wire: Wire, job: Job, client: Command) -> None:
    async with following(world, wire.url, client) as program:
        await _is_told_of_a_move(program, world, job, to=1)
        met = wire.accepted
        wire.cut()
        await _is_told_of_a_move(program, world, job, to=2)
        assert wire.accepted > met
        await world.job("Another")
        assert await program.says() == f"{await world.revision()} JobCreated: 2 cards"


async def test_they_wait_for_a_server_that_was_killed(
    world: World, database: str, servers: embedded.Servers, job: Job, client: Command
) -> None:
    port = port_of_its_own()
    serve = partial(jobwire, "serve", host=HOST, port=port, database_url=database, redis_url=servers.redis_url)
    with serve() as server:
        await _listens(server)
        async with following(world, f"http://{HOST}:{port}/graphql", client) as program:
            await _is_told_of_a_move(program, world, job, to=1)
            server.process.kill()
            await program.is_refused(times=2)
            missed = [await _move(world, job, to=stage) for stage in (0, 2)]
            with serve() as another:
                await _listens(another)
                # Of two moves of a card the last one is told, and once: what comes next is new.
                assert await program.says() == f"{missed[-1]} JobMoved: 1 cards"
                await _is_told_of_a_move(program, world, job, to=1)


async def test_they_refresh_a_token_that_expired_while_the_server_was_away(
    world: World, wire: Wire, job: Job, client: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    lifetime = timedelta(seconds=2)
    for issuing in (sign_in, refresh):
        monkeypatch.setitem(issuing.__kwdefaults__ or {}, "lifetime", lifetime)
    async with following(world, wire.url, client) as program:
        await _is_told_of_a_move(program, world, job, to=1)
        wire.down()
        expired = datetime.now(UTC) + lifetime
        await program.is_refused(times=2)
        before = wire.sent.count(REFRESH)
        missed = await _move(world, job, to=2)
        while datetime.now(UTC) <= expired:
            await asyncio.sleep(0.05)
        monkeypatch.undo()
        await wire.up()
        assert await program.says() == f"{missed} JobMoved: 1 cards"
        await _is_told_of_a_move(program, world, job, to=1)
        assert wire.sent.count(REFRESH) == before + 1


async def test_they_end_when_they_were_signed_out_while_the_server_was_away(
    world: World, wire: Wire, job: Job, client: Command
) -> None:
    async with following(world, wire.url, client) as program:
        await _is_told_of_a_move(program, world, job, to=1)
        wire.down()
        await program.is_refused(times=2)
        await end_sessions_of(world.owner.id)
        await wire.up()
        assert await program.ends() == (1, "This session has ended. Sign in again.")
        assert wire.sent.count(REFRESH) == 1


def _codes(what: str) -> list[int]:
    return [int(cells[0].strip("`")) for cells in rows(section("docs/live.md", "Close codes")) if cells[3] == what]


@pytest.mark.parametrize("code", _codes("give up"))
async def test_they_end_at_a_code_that_is_final(world: World, wire: Wire, job: Job, client: Command, code: int) -> None:
    async with following(world, wire.url, client) as program:
        await _is_told_of_a_move(program, world, job, to=1)
        wire.close(code, "Because")
        assert await program.ends() == (1, f"Closed for good: {code} Because")


async def test_they_come_back_after_the_other_codes(world: World, wire: Wire, job: Job, client: Command) -> None:
    codes = _codes("come back")
    assert 4403 in codes
    async with following(world, wire.url, client) as program:
        for number, code in enumerate(codes):
            await _is_told_of_a_move(program, world, job, to=number % 2 + 1)
            wire.close(code, "Because")
        await _is_told_of_a_move(program, world, job, to=0)
        # 4403 alone says that the token is good no more.
        assert wire.sent.count(REFRESH) == 1


async def test_they_end_with_a_wrong_password(wire: Wire, world: World, job: Job, client: Command) -> None:
    async with running(*client, wire.url, world.owner.email, "a wrong one") as program:
        assert await program.ends() == (1, "The e-mail address or the password is wrong.")


# All who need a token at once, which is good no more: twice over HTTP, once for a websocket.
CROWDS = {
    JAVASCRIPT: """
await open(SIGN_IN, { email, password });
await read();
drop(session.accessToken);
const connected = new Promise((go) => client.on('connected', go));
follow();
await Promise.all([read(), read(), connected]);
console.log('all have one');
process.exit();
""",
    PYTHON: """
import asyncio, sys
from board import SIGN_IN, Board, Session

async def main(url, email, password):
    session = Session(url)
    await session.open(SIGN_IN, email=email, password=password)
    boards = [Board(session) for _ in range(3)]
    await boards[2].read()
    session.drop(session.access)
    following = asyncio.create_task(boards[2].follow())
    await asyncio.gather(boards[0].read(), boards[1].read())
    print("all have one", flush=True)
    following.cancel()

asyncio.run(main(*sys.argv[1:]))
""",
}


@pytest.fixture
def crowd(client: Command, tmp_path: Path) -> Command:
    """The client of the page, at another task."""
    *interpreter, path = client
    crowded = tmp_path / f"crowd{Path(path).suffix}"
    parts, _, _ = Path(path).read_text().partition("// --- from the beginning")
    crowded.write_text((parts if path.endswith(JAVASCRIPT) else "") + CROWDS[Path(path).name])
    return [*interpreter, str(crowded)]


async def test_all_who_need_a_token_wait_for_one_refresh(world: World, wire: Wire, job: Job, crowd: Command) -> None:
    async with running(*crowd, wire.url, world.owner.email, PASSWORD) as program:
        while (line := await program.line()) != "all have one":
            assert line.startswith("read "), await program.ends()
    assert wire.sent.count(REFRESH) == 1


# What the example in the README leaves to its reader, and a browser's WebSocket that reaches the server of the test.
AROUND_THE_README = """
import WS from 'ws';
const [url, accessToken, CHANGES, id, revision, epoch] = process.argv.slice(2);
globalThis.WebSocket = class extends WS {
  constructor(_, protocol) {
    super(url, protocol);
    this.on('error', () => console.log('refused: trying again'));
  }
};
const board = { id, revision, epoch };
const freshToken = async () => accessToken;
const signedIn = () => true;
const show = ({ previous, revision, events }) =>
  console.log(JSON.stringify([previous, revision, events.map((event) => event.__typename)]));
"""


async def test_the_example_in_the_readme_goes_on_where_it_was(
    world: World, wire: Wire, api: Api, job: Job, node: str, tmp_path: Path
) -> None:
    path = script(tmp_path, "readme.mjs", AROUND_THE_README + page_program("readme.mjs"))
    pipeline, token = encode(Kind.PIPELINE, world.pipeline.id), await api.token(world.owner)
    known = await api.ask(world.owner, "{ revision epoch }")
    at = [known["revision"]]
    changes = printed("graphql", "docs/live.md", "subscription Changes")
    async with running(node, path, wire.url, token, changes, pipeline, at[0], known["epoch"]) as program:
        assert await program.tells() == [at[0], at[0], []]
        at.append(str(await _move(world, job, to=1)))
        assert await program.tells() == [at[0], at[1], ["JobMoved"]]
        wire.down()
        await program.is_refused(times=1)
        at.append(str(await _move(world, job, to=2)))
        await wire.up()
        assert json.loads(await program.says()) == [at[1], at[2], ["JobMoved"]]


async def _listens(server: Jobwire) -> None:
    await asyncio.to_thread(server.says, "Listening on")


async def _is_told_of_a_move(program: Program, world: World, job: Job, *, to: int) -> None:
    moved = await _move(world, job, to=to)
    assert await program.says() == f"{moved} JobMoved: 1 cards"


async def _move(world: World, job: Job, *, to: int) -> int:
    stages = await world.stages()
    return (await move_job(world.acting(world.admin), job_id=job.id, stage_id=stages[to].id)).revision
