"""The program of docs/api.md that makes a client's own messages, of refusals as the server tells them."""

from __future__ import annotations

import asyncio
import json
from asyncio.subprocess import PIPE
from pathlib import Path

from tests.docs.printed import page_program, script
from tests.serving import Api
from tests.world import World

ASKED = """
import { readFileSync } from 'node:fs';
import { message } from './messages.mjs';
console.log(JSON.stringify(JSON.parse(readFileSync(0)).map(message)));
"""
CREATE = """mutation Tag($name: String!, $color: String!) { createTag(input: { name: $name, color: $color }) {
  errors { reason parameters { name value } message } } }"""


async def test_a_message_is_made_of_reason_and_parameters(node: str, world: World, api: Api, tmp_path: Path) -> None:
    refusals = []
    for name, color in ((" ", "#ffffff"), ("n" * 120, "#ffffff"), ("Red", "red")):
        answer = await api.ask(world.owner, CREATE, name=name, color=color)
        refusals += answer["createTag"]["errors"]
    script(tmp_path, "messages.mjs", page_program("messages.mjs"))
    asked = script(tmp_path, "asked.mjs", ASKED)
    process = await asyncio.create_subprocess_exec(node, asked, stdin=PIPE, stdout=PIPE)
    said, _ = await process.communicate(json.dumps(refusals).encode())
    # The last one has no text of the client's: the server's is as good.
    assert json.loads(said) == [
        "Bitte ausfüllen.",
        "Höchstens 100 Zeichen, es sind 120.",
        refusals[2]["message"],
    ]
