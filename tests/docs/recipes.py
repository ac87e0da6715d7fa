"""Boards that are open in the clients of docs/clients.md, and a firm that works meanwhile."""

from __future__ import annotations

import asyncio
import random
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.export_schema import COMMITTED
from models.commands.accounts import update_account
from models.commands.jobs import delete_job, update_job
from models.commands.moves import archive_job, move_job
from models.commands.stages import update_stage
from models.commands.tasks import create_task
from models.errors import RuleBroken
from models.ids import Kind, encode
from models.reasons import Reason
from models.rows import Job, Stage
from models.templates.jobs import create_job
from tests.docs.pages import blocks
from tests.docs.printed import PATIENCE, Program, page_program, printed, running, script
from tests.node import CLIENTS
from tests.serving import Api
from tests.world import World

RECIPES = ("apollo", "urql", "relay")
#: The same, with an `order.mjs` that puts nothing into order.
CONTROLS = tuple(f"control/{name}" for name in RECIPES)
#: They, what they share, and what is compiled for Relay.
_PROGRAMS = (
    *("apollo.mjs", "urql.mjs", "relay.mjs"),
    *("cards.mjs", "connection.mjs", "documents.js", "order.mjs", "positions.mjs", "resuming.mjs"),
)
_ORDER = {
    "if (revision) await reached(revision);": "",
    "kept.filter((message) => revision && isLater(message.revision, revision))": "[]",
}
#: With fields that a right withholds, which may be left out.
BUDGETS = printed("graphql", "docs/api.md", "query Budgets")
_FRESH = """query ($id: ID!) { pipeline(id: $id) { stages { id name jobs {
  id version name position archivedAt openTaskCount stage { id } pipeline { id } account { id version name } } } } }"""


def printed_recipes(folder: Path, node: str) -> None:
    """Make programs of what is on the page, beside the files that they take. Relay's compiler makes its part."""
    folder.mkdir()
    for name in _PROGRAMS:
        script(folder, name, page_program(name))
    for name in ("recipes.mjs", "withheld.mjs"):
        script(folder, name, (Path(__file__).parent / name).read_text())
    tagged = BUDGETS.replace("query Budgets", "query withheldBudgetsQuery")
    script(folder, "withheld.js", f"import {{ graphql }} from 'relay-runtime';\ngraphql`{tagged}`;\n")
    for file in (COMMITTED, COMMITTED.parent / "clients" / "possible-types.json"):
        shutil.copy(file, folder)
    (config,) = [block.text for block in blocks("json") if block.page == "docs/clients.md"]
    (folder / "relay.config.json").write_text(config)
    compiler = CLIENTS / "node_modules" / "relay-compiler" / "cli.js"
    subprocess.run([node, compiler, "relay.config.json"], cwd=folder, check=True, capture_output=True)


def careless(folder: Path) -> None:
    """Make the controls, beside the recipes."""
    shutil.copytree(folder, control := folder / "control", symlinks=True)
    order = (control / "order.mjs").read_text()
    for what, instead in _ORDER.items():
        assert what in order
        order = order.replace(what, instead)
    (control / "order.mjs").write_text(order)


@dataclass
class Boards:
    """Boards of a world's pipeline that are open in a program, by the names of their recipes."""

    program: Program
    api: Api
    world: World

    async def does(self, name: str, what: str, **asked: Any) -> Any:
        """What one of them answers."""
        return await self.program.asks({"name": name, "does": what, **asked})

    async def stages(self, name: str) -> Any:
        """What its viewer sees."""
        return _bare(await self.does(name, "shown"))["stages"]

    async def fresh(self) -> Any:
        """What a query answers."""
        id = encode(Kind.PIPELINE, self.world.pipeline.id)
        return (await self.api.ask(self.world.owner, _FRESH, id=id))["pipeline"]["stages"]

    async def shows(self, name: str, card: str) -> Any:
        """The card, as one of them shows it."""
        cards = {job["id"]: job for stage in await self.stages(name) for job in stage["jobs"]}
        return cards.get(card)

    async def agrees(self, name: str) -> bool:
        """Whether one shows what a query answers."""
        return bool(await self.stages(name) == await self.fresh())

    async def agree(self, *names: str) -> None:
        """Wait until they do."""
        for name in names:
            deadline = asyncio.get_running_loop().time() + PATIENCE
            while not await self.agrees(name):
                assert asyncio.get_running_loop().time() < deadline, (name, await self.stages(name), await self.fresh())
                await asyncio.sleep(0.05)


def _bare(value: Any) -> Any:
    """Without what clients add."""
    if isinstance(value, list):
        return [_bare(each) for each in value]
    if isinstance(value, dict):
        return {name: _bare(each) for name, each in value.items() if not name.startswith("__")}
    return value


@asynccontextmanager
async def opened(node: str, folder: Path, world: World, api: Api, url: str, *names: str) -> AsyncIterator[Boards]:
    """Boards of the world's pipeline as its owner sees it. They have complained of nothing in the end."""
    words = (url, await api.token(world.owner), encode(Kind.PIPELINE, world.pipeline.id))
    async with running(node, str(folder / "recipes.mjs"), *words, *names) as program:
        assert await program.line() == "open", await program.ends()
        yield Boards(program, api, world)
        assert await program.ends() == (0, "")


class Work:
    """What a firm does on its board, at random."""

    def __init__(self, world: World, chance: random.Random, stages: list[Stage], elsewhere: Stage) -> None:
        self._actor, self._account, self._pipeline = world.acting(world.admin), world.account, world.pipeline
        self._chance, self._stages, self._elsewhere = chance, stages, elsewhere
        self._number = 0

    @classmethod
    async def of(cls, world: World, seed: str) -> Work:
        """A firm with some cards, and another board."""
        other = await world.new_pipeline("Year end", stages=("Only",))
        (elsewhere,) = await world.stages(other)
        work = cls(world, random.Random(seed), await world.stages(), elsewhere)
        for _ in range(8):
            await work.create()
        return work

    async def goes_on(self, changes: int) -> None:
        """Change so much."""
        usual = [self.move] * 8 + [self.create, self.rename, self.add_task] * 2
        rare = [self.move_away, self.archive, self.delete, self.rename_account, self.rename_stage]
        for _ in range(changes):
            await self._chance.choice(usual + rare)()

    async def create(self) -> None:
        """A card."""
        account, stage = self._account.id, self._stage()
        pipeline = stage.pipeline_id
        await create_job(self._actor, account_id=account, pipeline_id=pipeline, stage_id=stage.id, name=self._name())

    async def move(self) -> None:
        """A card, below another one or to the end."""
        stage, job = self._stage(), await self._job()
        there = await Job.filter(stage_id=stage.id, archived_at=None).exclude(id=job.id).order_by("id")
        above = self._chance.choice([None, *(other.id for other in there)])
        try:
            await move_job(self._actor, job_id=job.id, stage_id=stage.id, after_job_id=above)
        except RuleBroken as refusal:
            # A client has moved the other one meanwhile: look again, as people are told to.
            if refusal.reason is not Reason.ELSEWHERE:
                raise
            await self.move()

    async def rename(self) -> None:
        """A card."""
        await update_job(self._actor, job_id=(await self._job()).id, name=self._name())

    async def add_task(self) -> None:
        """To a card, which shows how many are open."""
        await create_task(self._actor, name=self._name(), job_id=(await self._job()).id)

    async def move_away(self) -> None:
        """A card leaves the board."""
        await move_job(self._actor, job_id=(await self._job()).id, stage_id=self._elsewhere.id)
        await self.create()

    async def archive(self) -> None:
        """A card leaves the board."""
        await archive_job(self._actor, job_id=(await self._job()).id)
        await self.create()

    async def delete(self) -> None:
        """A card leaves the board."""
        await delete_job(self._actor, job_id=(await self._job()).id)
        await self.create()

    async def rename_account(self) -> None:
        """All cards show it."""
        await update_account(self._actor, account_id=self._account.id, name=self._name())

    async def rename_stage(self) -> None:
        """Which is no change of a card."""
        await update_stage(self._actor, stage_id=self._stage().id, name=self._name())

    async def asked_of_a_client(self) -> dict[str, str | None]:
        """A move that somebody else is to make."""
        stage, job = self._stage(), await self._job()
        there = await Job.filter(stage_id=stage.id, archived_at=None).exclude(id=job.id).order_by("id")
        above = self._chance.choice([None, *(encode(Kind.JOB, other.id) for other in there)])
        return {"card": encode(Kind.JOB, job.id), "stage": encode(Kind.STAGE, stage.id), "above": above}

    def _stage(self) -> Stage:
        return self._chance.choice(self._stages)

    async def _job(self) -> Job:
        return self._chance.choice(await Job.filter(pipeline_id=self._pipeline.id, archived_at=None).order_by("id"))

    def _name(self) -> str:
        self._number += 1
        return f"No {self._number}"
