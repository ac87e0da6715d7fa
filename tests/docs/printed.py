"""The programs on the pages, run as they are printed, and what they say."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.docs.pages import blocks
from tests.node import CLIENTS

PATIENCE = 60
#: What the clients say each time that they are about to try again.
RETRIES = re.compile(r".+: trying again")

#: The programs on the pages: their language and page, and what stands in no other block there. A test runs each.
PROGRAMS = {
    "apollo.mjs": ("js", "docs/clients.md", "// apollo.mjs"),
    "board.mjs": ("js", "docs/live.md", "// node board.mjs"),
    "board.py": ("python", "docs/live.md", "# python board.py"),
    "cards.mjs": ("js", "docs/clients.md", "// cards.mjs"),
    "connection.mjs": ("js", "docs/clients.md", "// connection.mjs"),
    "documents.js": ("js", "docs/clients.md", "// documents.js"),
    "messages.mjs": ("js", "docs/api.md", "export function message("),
    "order.mjs": ("js", "docs/clients.md", "// order.mjs"),
    "positions.mjs": ("js", "docs/live.md", "positionBetween"),
    "possible-types.mjs": ("js", "docs/live.md", "// node possible-types.mjs"),
    "published clients": ("js", "docs/live.md", "new GraphQLWsLink"),
    "readme.mjs": ("js", "README.md", "createClient"),
    "relay.mjs": ("js", "docs/clients.md", "// relay.mjs"),
    "resuming.mjs": ("js", "docs/live.md", "export function resuming"),
    "urql.mjs": ("js", "docs/clients.md", "// urql.mjs"),
}


def page_program(name: str) -> str:
    """One of them, byte for byte."""
    return printed(*PROGRAMS[name])


def printed(language: str, page: str, name: str) -> str:
    """The one block of a page that has this in it, byte for byte."""
    (example,) = [block for block in blocks(language) if block.page == page and name in block.text]
    return example.text


def script(folder: Path, name: str, text: str) -> str:
    """The path of a module for Node that finds the published clients."""
    modules = folder / "node_modules"
    if not modules.exists():
        modules.symlink_to(CLIENTS / "node_modules")
    (folder / name).write_text(text)
    return str(folder / name)


class Program:
    """A program that runs, and what it says."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def line(self) -> str:
        """The next line."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            return (await self.process.stdout.readline()).decode().strip()

    async def asks(self, question: Any) -> Any:
        """Its answer to a line, both as JSON."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(question).encode() + b"\n")
        return await self.tells()

    async def says(self) -> str:
        """The next line that tells of no retry."""
        while RETRIES.fullmatch(line := await self.line()):
            pass
        return line

    async def tells(self) -> Any:
        """The next line, as JSON."""
        line = await self.line()
        assert line, "it ended"
        return json.loads(line)

    async def is_refused(self, times: int) -> None:
        """Wait until it has tried so often, in vain."""
        # It says so before each try: the first of the lines is about a connection that was lost.
        for _ in range(times + 1):
            line = await self.line()
            assert RETRIES.fullmatch(line), line

    async def ends(self) -> tuple[int, str]:
        """The exit code, and the last line on stderr. There is nothing more to answer."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        async with asyncio.timeout(PATIENCE):
            _, errors = await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode, errors.decode().strip().rpartition("\n")[2]


@asynccontextmanager
async def running(*command: str) -> AsyncIterator[Program]:
    """A program, ended afterwards."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe)
    try:
        yield Program(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
