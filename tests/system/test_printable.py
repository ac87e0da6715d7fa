"""Whatever texts there are, of a server, a database, a file, an error or whoever typed: none does anything to the
terminal of who runs a command."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

import embedded
from cli.entry import app
from models.commands.moves import move_job, set_job_status
from models.commands.pipelines import update_pipeline
from models.commands.statuses import create_status
from models.rights import Role
from models.rows import CardField
from models.templates.jobs import create_job
from tests.databases import on, own_database
from tests.hostile import ATTACK, MARKUP, ONLY_JSON, ONLY_JSON_SHOWN, SHOWN, forged, obeyed
from tests.serving import Api
from tests.system.relaying import rewriting
from tests.system.terminals import on_a_terminal
from tests.system.watching import arguments, outcome, watching, with_password
from tests.world import World

#: What programs read of an answer: everything else is for eyes, and may hold anything.
FOR_PROGRAMS = {
    *("__typename", "accessToken", "archivedAt", "cardFields", "category", "code", "createdAt", "deadline", "dueDate"),
    *("endCursor", "epoch", "expiresAt", "field", "id", "jobOrder", "kind", "position", "previous", "priority"),
    *("refreshToken", "revision", "rights", "stageEnteredAt", "startDate", "state", "type", "at", "path", "timeZone"),
}
BEFORE, SHOWN_BEFORE = ATTACK + ONLY_JSON + MARKUP, SHOWN + ONLY_JSON_SHOWN + MARKUP


def hostile(value: Any, key: str = "") -> Any:
    """An answer with all that is for eyes changed to what a terminal would obey."""
    if isinstance(value, dict):
        return {name: hostile(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [hostile(inner, key) for inner in value]
    if not isinstance(value, str) or key in FOR_PROGRAMS or key.endswith("Id"):
        return value
    # Read as a style, it would be a link.
    return "link http://evil.example" if key == "color" else BEFORE + value


def harmless(output: str) -> bool:
    """Nothing of it is obeyed but what the board itself draws with, and no text has made a line."""
    assert obeyed(output, drawing=True) == []
    assert not [part for part in ("\x1b[8m", "\x1b[5A", "\x1b]") if part in output]
    assert forged(output) == []
    return True


async def test_the_board_of_a_hostile_server(world: World, api: Api) -> None:
    watcher = await with_password(world, "Wanda Watcher", role=Role.ADMIN)
    owner, (_, doing, _) = world.acting(world.owner), await world.stages()
    missing = (await create_status(owner, pipeline_id=world.pipeline.id, name="Missing docs", color="#aa0000")).value
    job = await world.job("1040 Smith")
    await update_pipeline(owner, pipeline_id=world.pipeline.id, card_fields=[CardField.ACCOUNT, CardField.STATUS])
    await set_job_status(owner, job_id=job.id, status_id=missing.id)
    async with rewriting(api.url, hostile) as url:
        words = ("watch", "--url", url, "--token", await api.token(watcher))
        async with on_a_terminal(*words) as board:
            names = (world.firm.name, "Tax returns", "Wanda Watcher", "To do", "1040 Smith", "Acme", "Missing docs")
            await board.shows("● live", *(SHOWN_BEFORE + name for name in names))
            await move_job(world.acting(world.admin), job_id=job.id, stage_id=doing.id)
            await board.shows(f" moved {SHOWN_BEFORE}1040 Smith to {SHOWN_BEFORE}Doing")
            board.process.send_signal(signal.SIGINT)
            assert harmless(await board.ends())
        async with watching(url, watcher) as lines:
            await lines.says(f"{SHOWN_BEFORE}Tax returns: {SHOWN_BEFORE}To do 0, {SHOWN_BEFORE}Doing 1")
            await create_job(owner, account_id=world.account.id, pipeline_id=world.pipeline.id, name="1120 Jones")
            await lines.says(f" added {SHOWN_BEFORE}1120 Jones · {SHOWN_BEFORE}Acme")
        assert harmless("\n".join(lines.lines))


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ({"errors": [{"message": BEFORE, "extensions": {"code": "UNAUTHENTICATED"}}]}, SHOWN_BEFORE),
        ({"errors": [{"message": BEFORE}], "data": None}, SHOWN_BEFORE),
        ({"data": {"session": {"errors": [{"message": BEFORE}]}}}, SHOWN_BEFORE),
        (BEFORE, "is not Jobwire's API"),
        ([BEFORE], "is not Jobwire's API"),
    ],
    ids=["refused", "failed", "mended", "a text", "a list"],
)
async def test_what_a_hostile_server_says_instead_of_a_board(world: World, api: Api, answer: Any, shown: str) -> None:
    async with rewriting(api.url, lambda _: answer) as url:
        code, said = await outcome(arguments(url, world.owner))
    assert code == 1
    assert shown in said
    assert harmless(said)


async def test_why_a_hostile_server_closes_the_socket(world: World, api: Api) -> None:
    def refuse(value: Any) -> Any:
        if "reason" in value:
            return {"reason": ATTACK + value["reason"]}
        return {"id": value["id"], "type": "error", "payload": [{"message": BEFORE}]} if "id" in value else value

    watcher = await with_password(world, "Wanda Watcher", role=Role.ADMIN)
    async with rewriting(api.url, refuse) as url, watching(url, watcher) as lines:
        await lines.says(SHOWN_BEFORE)
        await lines.says("trying again in", after=2)
    assert harmless("\n".join(lines.lines))


@pytest.fixture(scope="module")
async def urls(servers: embedded.Servers) -> AsyncIterator[dict[str, str]]:
    """A database of this module's own, in which every text is hostile: as one that was written before such texts were
    refused, or by others."""
    async with own_database(servers, "hostile") as url:
        yield {"database_url": url, "redis_url": servers.redis_url}


#: How each command is given hostile texts, and whether it shows one.
Words = Callable[[Path], tuple[str, ...]]
COMMANDS: dict[str, tuple[Words, dict[str, str], bool]] = {
    "run": (lambda _: (), {"data_dir": f"/dev/null/{ATTACK}"}, True),
    "serve": (lambda _: (), {"host": ATTACK}, False),
    "worker": (lambda _: (), {"database_url": f"postgresql://{ATTACK}@127.0.0.1:1/{ATTACK}"}, False),
    "migrate": (lambda _: (), {"database_url": f"postgresql://x@127.0.0.1:1/{ATTACK}?sslmode={ATTACK}"}, False),
    "create-firm": (lambda _: (ATTACK, "--owner", "a@b.test", "--time-zone", ATTACK, "--password-stdin"), {}, False),
    "set-password": (lambda _: (ATTACK, "--password-stdin"), {}, True),
    "export": (lambda folder: (str(folder / "firm.zip"), "--firm", ATTACK), {}, True),
    "restore": (lambda folder: (str(folder / ATTACK),), {}, True),
    "token": (lambda _: (ATTACK,), {}, True),
    "rotate-keys": (lambda _: (ATTACK,), {}, False),
    "restored": (lambda _: (f"--{ATTACK}",), {}, False),
    "demo": (lambda _: ("--rate", ATTACK), {"log_level": ATTACK}, False),
    "watch": (lambda _: ("--url", f"http://127.0.0.1:9/{ATTACK}", "--token", "x"), {}, True),
    "import": (
        lambda _: (ATTACK, "--firm", ATTACK, "--as", ATTACK, "--what", "jobs", "--preset", ATTACK),
        {},
        True,
    ),
    "url": (lambda _: (), {"data_dir": f"/nowhere/{ATTACK}"}, True),
    "export-schema": (lambda folder: (str(folder / f"{ATTACK}.graphql"), "--check"), {}, True),
}


def test_every_command_is_given_hostile_texts() -> None:
    names = {
        str(command.name or getattr(command.callback, "__name__", "")).replace("_", "-")
        for command in app.registered_commands
    }
    assert set(COMMANDS) == names


@pytest.mark.parametrize("command", COMMANDS)
async def test_no_command_passes_a_hostile_text_on(urls: dict[str, str], command: str, tmp_path: Path) -> None:
    words, environment, shows = COMMANDS[command]
    given = environment if "data_dir" in environment else urls | environment
    async with on_a_terminal(command, *words(tmp_path), **given) as terminal:
        if "--password-stdin" in words(tmp_path):
            terminal.type("correct horse battery\n")
        output = await terminal.ends()
    assert output.strip()
    assert harmless(output)
    # In one line, in which other ends of lines are spaces.
    assert not shows or SHOWN.partition("␍")[0] in output


async def test_rows_of_before_are_shown_as_they_can_be(urls: dict[str, str], tmp_path: Path) -> None:
    """Nobody refused them then. They are not changed, and do no harm."""
    async with on(urls["database_url"]):
        world = await World.build("hostile")
        for row in (world.firm, world.owner, world.pipeline):
            row.name = ATTACK
            await row.save()
    async with on_a_terminal("token", world.owner.email, **urls) as terminal:
        token = (await terminal.ends()).strip()
    async with on_a_terminal("serve", port=0, **urls) as server:
        await server.shows("Listening on ")
        url = server.output.partition("Listening on ")[2].split()[0]
        async with on_a_terminal("watch", "--url", url, "--token", token) as board:
            await board.shows("● live", SHOWN)
            board.process.send_signal(signal.SIGINT)
            assert harmless(await board.ends())
        server.process.send_signal(signal.SIGTERM)
        assert harmless(await server.ends())


async def test_a_schema_of_hostile_texts_is_compared_in_print(tmp_path: Path) -> None:
    file = tmp_path / "schema.graphql"
    file.write_text(f'"{ATTACK.splitlines()[0]}"\ntype Query {{\n  a: Int\n}}\n')
    async with on_a_terminal("export-schema", str(file), "--check") as terminal:
        assert harmless(await terminal.ends())
    assert "␛]2;T␇" in terminal.output


async def test_a_question_on_the_terminal_is_printable(tmp_path: Path) -> None:
    async with on_a_terminal("watch", "--url", "http://127.0.0.1:9/graphql", "--email", ATTACK) as terminal:
        await terminal.shows(f"Password of {SHOWN}")
        assert harmless(terminal.output)
