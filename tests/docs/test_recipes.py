"""The boards of docs/clients.md and the one of docs/live.md, run as they are printed, with the published packages."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from models.commands.jobs import update_job
from models.commands.moves import move_job
from models.ids import Kind, encode
from models.rows import Job, Member
from tests.docs.printed import Program, page_program, running, script
from tests.docs.recipes import BUDGETS, CONTROLS, RECIPES, Boards, Work, careless, opened, printed_recipes
from tests.docs.wire import HOST, port_of_its_own, wire_to
from tests.live.eventually import eventually
from tests.live.valkey import Valkey, own_valkey
from tests.serving import Api
from tests.signing_in import KEPT, PASSWORD
from tests.system.jobwire import Jobwire, jobwire
from tests.world import World


@pytest.fixture(scope="session")
def folder(node: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of the page, and their controls."""
    folder = tmp_path_factory.mktemp("clients") / "recipes"
    printed_recipes(folder, node)
    careless(folder)
    return folder


# Beside the client of docs/live.md, before it begins: a line on stdin is answered with the cards that it has.
CARDS = """
import { createInterface } from 'node:readline';
Math.random = () => 0.05;
console.log = () => {};
createInterface({ input: process.stdin }).on('line', () => {
  process.stdout.write(`${JSON.stringify([...board.cards.values()])}\\n`);
});
"""


@pytest.fixture
async def valkey() -> AsyncIterator[Valkey]:
    """A Valkey that nobody else needs. It runs."""
    async with own_valkey() as valkey:
        yield valkey


@dataclass
class Open:
    """The boards of all clients, and the firm that works on them."""

    boards: Boards
    uncached: Program
    work: Work

    async def all_work(self) -> None:
        """The firm, and whoever has a board open."""
        await asyncio.gather(self.work.goes_on(15), self._their_moves())

    async def _their_moves(self) -> None:
        for name in RECIPES * 3:
            await self.boards.does(name, "tryToMove", **await self.work.asked_of_a_client())

    async def agree(self) -> None:
        """Wait until all show what a query answers."""
        await self.boards.agree(*RECIPES)
        fresh = {job["id"]: _plain(job) for stage in await self.boards.fresh() for job in stage["jobs"]}

        async def same() -> bool:
            return {job["id"]: _plain(job) for job in await self.uncached.asks("cards")} == fresh

        assert await eventually(same)


def _plain(job: dict[str, Any]) -> list[Any]:
    return [job[name] for name in ("version", "name", "position", "stage")]


@pytest.mark.timeout(240)
async def test_boards_follow_through_kills(
    world: World, api: Api, database: str, valkey: Valkey, folder: Path, node: str, tmp_path: Path
) -> None:
    seed = secrets.token_hex(4)
    print(f"\nseed {seed}")
    work = await Work.of(world, seed)
    await Member.filter(id=world.owner.id).update(password_hash=KEPT)
    before, beginning, after = page_program("board.mjs").partition("// --- from the beginning")
    plain = script(tmp_path, "board.mjs", before + CARDS + beginning + after)
    port = port_of_its_own()
    serve = partial(jobwire, "serve", host=HOST, port=port, database_url=database, redis_url=valkey.url)
    with serve() as server:
        await _listens(server)
        async with (
            wire_to(f"http://{HOST}:{port}/graphql") as wire,
            opened(node, folder, world, api, wire.url, *RECIPES) as boards,
            running(node, plain, wire.url, world.owner.email, PASSWORD) as uncached,
        ):
            clients = Open(boards, uncached, work)
            await clients.all_work()
            await clients.agree()
            wire.cut()
            await work.goes_on(10)
            await clients.agree()
            server.process.kill()
            await work.goes_on(20)
            assert not any([await boards.agrees(name) for name in RECIPES])
            with serve() as another:
                await _listens(another)
                await clients.all_work()
                await clients.agree()
                await valkey.kill()
                await clients.all_work()
                await clients.agree()
                await valkey.start()
                await clients.all_work()
                await clients.agree()


async def test_a_move_is_shown_at_once_where_the_server_puts_it(
    world: World, api: Api, folder: Path, node: str
) -> None:
    work = await Work.of(world, seed := secrets.token_hex(4))
    async with opened(node, folder, world, api, api.url, *RECIPES) as boards:
        for name in RECIPES * 4:
            await boards.agree(name)
            moved = await boards.does(name, "move", **await work.asked_of_a_client())
            assert moved["errors"] == []
            assert moved["before"] == moved["after"] == moved["said"], seed


async def test_answers_and_messages_are_put_into_order(world: World, api: Api, folder: Path, node: str) -> None:
    """And without the care that the page takes of it, a card is shown where it was."""
    ours, marker = await world.job(), await world.job("marker")
    async with opened(node, folder, world, api, api.url, *RECIPES, *CONTROLS) as boards:
        for name in (*RECIPES, *CONTROLS):
            order = _Order(boards, name, ours, marker)
            late = [await order.after_a_late_answer(own_move=own) for own in (False, True)]
            back = await order.after_an_answer_that_is_ahead()
            assert (late, back) == (([True, True], False) if name in RECIPES else ([False, False], True)), name


class _Order:
    """What comes to a board in another order than it was made."""

    def __init__(self, boards: Boards, name: str, job: Job, marker: Job) -> None:
        self.boards, self.name, self.world, self.job, self.marker = boards, name, boards.world, job, marker
        self.card = encode(Kind.JOB, job.id)
        self.number = 0

    async def after_a_late_answer(self, *, own_move: bool) -> bool:
        """Whether the board is right when the answer of a query, or of a move of its own, comes after what was told
        of a later move."""
        await self._reset()
        own = {"card": self.card, "stage": await self._stage(1), "above": None} if own_move else {}
        await self.does("hold", **own)
        await self._moved(2)
        await self._told()
        await self.does("release")
        return await self.boards.agrees(self.name)

    async def after_an_answer_that_is_ahead(self) -> bool:
        """Whether the card goes back when the answer of a move of its own comes before what was told of an earlier
        one."""
        await self._reset()
        await self.does("holdMessages")
        await self._moved(1)
        await eventually(partial(self.does, "messagesHeld"))
        await self.does("hold", card=self.card, stage=await self._stage(2), above=None)
        places = await self.does("releaseMessages", card=self.card)
        return {stage for stage, _ in places} != {await self._stage(2)}

    async def does(self, what: str, **asked: Any) -> Any:
        return await self.boards.does(self.name, what, **asked)

    async def _reset(self) -> None:
        await self.does("read")
        await self._moved(0)
        await self._told()
        await self.boards.agree(self.name)

    async def _stage(self, place: int) -> str:
        return encode(Kind.STAGE, (await self.world.stages())[place].id)

    async def _moved(self, to: int) -> None:
        stage = (await self.world.stages())[to]
        await move_job(self.world.acting(self.world.admin), job_id=self.job.id, stage_id=stage.id)

    async def _told(self) -> None:
        """Wait until the board has been told of everything so far."""
        name = await self._renamed()
        marker = encode(Kind.JOB, self.marker.id)

        async def seen() -> bool:
            return bool((await self.boards.shows(self.name, marker))["name"] == name)

        await eventually(seen)

    async def _renamed(self) -> str:
        self.number += 1
        name = f"{self.name} {self.number}"
        await update_job(self.world.acting(self.world.admin), job_id=self.marker.id, name=name)
        return name


#: Of a board of five cards, with each client: the cards and whether an error came with them, at first and when it is
#: read again, and how often the server was asked.
WITHHELD = {
    "apollo, none, asked for": [[0, True], [0, True], 2],
    "apollo, all, asked for": [[5, True], [5, False], 1],
    "urql, asked for": [[5, True], [5, True], 2],
    "relay, asked for": [[5, False], [5, False], 1],
}
LEFT_OUT = {name.replace("asked for", "left out"): [[5, False], [5, False], 1] for name in WITHHELD}


async def test_clients_keep_a_board_of_which_nothing_withheld_was_asked(
    world: World, api: Api, folder: Path, node: str
) -> None:
    """And else, each does something else."""
    for number in range(5):
        await world.job(f"No {number}")
    words = (await api.token(world.employee), encode(Kind.PIPELINE, world.pipeline.id), BUDGETS)
    async with running(node, str(folder / "withheld.mjs"), api.url, *words) as program:
        assert await program.tells() == WITHHELD | LEFT_OUT
        assert await program.ends() == (0, "")


async def _listens(server: Jobwire) -> None:
    await asyncio.to_thread(server.says, "Listening on")
