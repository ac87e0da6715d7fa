"""The calls of curl on the pages, run as they are printed, but for the address that `jobwire url` would print."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from models.commands.moves import move_job
from tests.docs.pages import blocks
from tests.docs.printed import Program, running
from tests.serving import Api
from tests.world import World

CALLS = {block.page: block.text for block in blocks("sh") if "-d '" in block.text}


@asynccontextmanager
async def called(page: str, api: Api, token: str, folder: Path) -> AsyncIterator[Program]:
    """The page's call, to the server of the test."""
    _, _, call = CALLS[page].rpartition("\ncurl ") if "\ncurl " in CALLS[page] else ("", "", CALLS[page][5:])
    call, addresses = re.subn(r'"\$\([^)]*jobwire url\)"', api.url, call)
    assert addresses == 1
    words = shlex.join([f"CURL_HOME={folder}", f"TOKEN={token}", f"PATH={os.environ['PATH']}"])
    async with running("sh", "-c", f"exec env -i {words} sh -c {shlex.quote('exec curl ' + call)}") as program:
        yield program


def test_there_are_no_other_calls() -> None:
    assert set(CALLS) == {"README.md", "docs/live.md", "docs/sheets.md"}


async def test_a_query(world: World, api: Api, tmp_path: Path) -> None:
    async with called("README.md", api, await api.token(world.owner), tmp_path) as program:
        data = (await program.tells())["data"]
    assert data["revision"] == str(await world.revision())
    assert [pipeline["name"] for pipeline in data["pipelines"]["nodes"]] == ["Tax returns"]


async def test_an_event_stream_is_what_the_page_shows(world: World, api: Api, tmp_path: Path) -> None:
    job, stages = await world.job(), await world.stages()
    first = str(await world.revision())
    async with called("docs/live.md", api, await api.token(world.owner), tmp_path) as program:
        assert [await program.line() for _ in range(3)] == [":", "", "event: next"]
        assert await _changes(program) == {"revision": first, "previous": None, "resync": False, "events": []}
        moved = await move_job(world.acting(world.admin), job_id=job.id, stage_id=stages[1].id)
        while (line := await program.line()) in ("", ":"):
            pass
        assert line == "event: next"
        assert await _changes(program) == {
            "revision": str(moved.revision),
            "previous": first,
            "resync": False,
            "events": [{"__typename": "JobMoved"}],
        }


async def test_a_sheet_is_what_the_page_shows(world: World, api: Api, tmp_path: Path) -> None:
    (shown,) = [block.text for block in blocks("text") if block.page == "docs/sheets.md"]
    async with called("docs/sheets.md", api, await api.token(world.owner), tmp_path) as program:
        lines = [await program.line() for _ in shown.splitlines()]
        assert (await program.ends())[0] == 0
    assert lines == ["\ufeff" + shown.splitlines()[0], *shown.splitlines()[1:]]


def test_the_page_shows_what_the_stream_says() -> None:
    (shown,) = [block for block in blocks("text") if block.page == "docs/live.md" and "event: next" in block.text]
    assert shown.text.startswith(":\n\nevent: next\ndata: ")
    told = [json.loads(line[6:]) for line in shown.text.splitlines() if line.startswith("data: ")]
    first, second = (message["data"]["boardChanges"] for message in told)
    assert (first["previous"], first["events"]) == (None, [])
    assert (second["previous"], second["events"]) == (first["revision"], [{"__typename": "JobMoved"}])


async def _changes(program: Program) -> object:
    line = await program.line()
    assert line.startswith("data: "), line
    return json.loads(line[6:])["data"]["boardChanges"]
