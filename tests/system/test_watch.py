"""`jobwire watch` against a real server: what a newcomer with two terminals sees."""

import asyncio
import os
import pty
import signal
import struct
import subprocess
import termios
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta
from fcntl import ioctl

import pytest

import embedded
from models.commands.accounts import set_account_team
from models.commands.jobs import update_job
from models.commands.members import deactivate_member
from models.commands.moves import move_job
from models.commands.pipelines import create_pipeline, set_pipeline_members, update_pipeline
from models.ids import Kind, encode
from models.rights import Role
from models.rows import CardField
from models.templates.jobs import create_job
from tests.serving import Api, serving
from tests.system.terminals import drawn, picture
from tests.system.watching import (
    PASSWORD,
    Relay,
    arguments,
    follow,
    following,
    fresh,
    outcome,
    start,
    until,
    watching,
    with_password,
)
from tests.world import World
from watch.client import Link
from watch.documents import WHO
from watch.session import MARGIN, Session


async def test_a_move_made_by_one_is_seen_by_another(world: World, api: Api) -> None:
    watcher = await with_password(world, "Wanda Watcher", role=Role.ADMIN)
    job = await world.job("1040 Smith")
    _, doing, _ = await world.stages()
    async with watching(api.url, watcher, pipeline="tax RETURNS") as command:
        await command.says("Tax returns: To do 1, Doing 0, Done 0")
        await command.says("as Wanda Watcher")
        await move_job(world.acting(world.admin), job_id=job.id, stage_id=doing.id)
        await command.says("Adam moved 1040 Smith to Doing · Acme")


async def test_what_happened_while_the_connection_was_broken_arrives(world: World, api: Api) -> None:
    watcher = await with_password(world, "Wanda Watcher", role=Role.ADMIN)
    job = await world.job("1040 Smith")
    _, doing, done = await world.stages()
    async with Relay(api.url) as relay, watching(relay.url, watcher) as command:
        await command.says("live at revision")
        await relay.cut()
        away = await command.says("trying again in")
        await move_job(world.acting(world.admin), job_id=job.id, stage_id=doing.id)
        await create_job(
            world.acting(world.owner), account_id=world.account.id, pipeline_id=world.pipeline.id, name="1120 Jones"
        )
        relay.mend()
        resumed = await command.says("connected again, going on from revision", away)
        await command.says("Adam moved 1040 Smith to Doing", resumed)
        await command.says("Olive added 1120 Jones", resumed)
        await move_job(world.acting(world.admin), job_id=job.id, stage_id=done.id)
        await command.says("Adam moved 1040 Smith to Done", resumed)
        assert sum("reading the board" in line for line in command.lines) == 1


async def test_it_goes_over_to_another_server(world: World, database: str, servers: embedded.Servers, api: Api) -> None:
    """One server drains and ends; the next one has the client's cursor in its log, too."""
    job = await world.job("1040 Smith")
    _, doing, _ = await world.stages()
    async with Relay() as relay, AsyncExitStack() as stack:
        async with serving(database, servers.redis_url) as first:
            relay.target = first.url
            client, seen = await stack.enter_async_context(following(relay.url, api, world.admin, world.pipeline))
        await until(lambda: Link.AWAY in seen.links, "it has noticed")
        await move_job(world.acting(world.admin), job_id=job.id, stage_id=doing.id)
        async with serving(database, servers.redis_url) as second:
            relay.target = second.url
            await until(lambda: "Adam moved 1040 Smith to Doing · Acme" in seen.words, "the move arrives")
            assert seen.links.count(Link.READING) == 1
            assert client.store.board(client.pipeline) == await fresh(api, world.admin, world.pipeline, budgets=True)


async def test_a_right_that_is_taken_takes_the_cards(world: World, api: Api) -> None:
    watcher = await with_password(world, "Wanda Watcher")
    owner = world.acting(world.owner)
    await set_account_team(owner, account_id=world.account.id, member_ids=[watcher.id])
    await set_pipeline_members(owner, pipeline_id=world.pipeline.id, member_ids=[watcher.id])
    await world.job("1040 Smith")
    async with (
        watching(api.url, watcher) as command,
        following(api.url, api, watcher, world.pipeline) as (client, _),
    ):
        await command.says("Tax returns: To do 1")
        await command.says("live at revision")
        await set_account_team(owner, account_id=world.account.id, member_ids=[])
        gone = await command.says("1040 Smith left your sight")
        await until(lambda: _cards(client.store.board(client.pipeline)) == [], "the card is gone")
        await set_account_team(owner, account_id=world.account.id, member_ids=[watcher.id])
        await command.says("1040 Smith came into your sight", gone)
        await set_pipeline_members(owner, pipeline_id=world.pipeline.id, member_ids=[])
        await command.says("Tax returns left your sight", gone)
        await until(lambda: client.store.board(client.pipeline) is None, "the board is gone")
        await set_pipeline_members(owner, pipeline_id=world.pipeline.id, member_ids=[watcher.id])
        await until(lambda: _cards(client.store.board(client.pipeline)) == ["1040 Smith"], "all is back")
        assert client.store.board(client.pipeline) == await fresh(api, watcher, world.pipeline, budgets=False)


async def test_a_token_is_replaced_by_the_next_and_by_the_password_when_that_is_lost(world: World, api: Api) -> None:
    watcher = await with_password(world, "Wanda Watcher")
    session = Session(api.url, watcher.email, PASSWORD)
    first = await session.token()
    renewals = [session.refresh]
    assert await session.token() == first
    for lost in (False, True):
        session.distrust()
        session.refresh = "lost" if lost else session.refresh
        await session.token()
        renewals.append(session.refresh)
    assert len(set(renewals)) == 3
    assert (await session.ask(WHO))["viewer"]["member"]["name"] == "Wanda Watcher"


async def test_a_token_is_replaced_before_it_ends_and_nothing_is_missed(
    world: World, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher = await with_password(world, "Wanda Watcher", role=Role.ADMIN)
    job = await world.job("1040 Smith")
    _, doing, _ = await world.stages()
    monkeypatch.setattr("watch.client.SHORTEST_STAY", 0.2)
    session = Session(api.url, watcher.email, PASSWORD)
    await session.token()
    first = session.refresh
    session.expires_at = datetime.now(UTC) + timedelta(seconds=MARGIN + 2)
    async with follow(session, world.pipeline) as (client, seen):
        await until(lambda: session.refresh != first, "it has another token")
        await until(lambda: Link.RESUMING in seen.links, "it goes over to it")
        await until(lambda: seen.links[-1] is Link.LIVE, "it is live again")
        await move_job(world.acting(world.admin), job_id=job.id, stage_id=doing.id)
        await until(lambda: "Adam moved 1040 Smith to Doing · Acme" in seen.words, "the move arrives")
        assert Link.AWAY not in seen.links
        assert client.store.board(client.pipeline) == await fresh(api, watcher, world.pipeline, budgets=True)


async def test_what_cannot_work_is_one_clear_line(world: World, api: Api) -> None:
    watcher = await with_password(world, "Wanda Watcher")
    code, said = await outcome(arguments(api.url, watcher))
    assert (code, said.count("\n")) == (1, 0)
    assert "No pipeline is available to you" in said
    code, said = await outcome(arguments(api.url, watcher, password="wrong"))
    assert (code, "Signing in as" in said, "password is wrong" in said) == (1, True, True)
    code, said = await outcome(arguments(api.url, watcher, token="nonsense"))
    assert (code, "The token is refused" in said) == (1, True)
    admin = await with_password(world, "Alma Admin", role=Role.ADMIN)
    code, said = await outcome(arguments(api.url, admin, pipeline="Payroll"))
    assert (code, said) == (1, "jobwire: There is no pipeline 'Payroll' that you see. You see: Tax returns.")
    code, said = await outcome(arguments("http://127.0.0.1:9/graphql", watcher))
    assert code == 1
    assert "http://127.0.0.1:9/graphql" in said
    assert "jobwire run" in said
    code, said = await outcome(arguments(api.url.replace("/graphql", "/elsewhere"), watcher))
    assert (code, "is not Jobwire's API" in said) == (1, True)


async def test_a_member_who_is_shut_out_is_told(world: World, api: Api) -> None:
    watcher = await with_password(world, "Wanda Watcher", role=Role.ADMIN)
    process = start(arguments(api.url, watcher), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    while b"live at revision" not in (line := await asyncio.to_thread(process.stdout.readline)):
        assert line, "it ended"
    await deactivate_member(world.acting(world.owner), member_id=watcher.id)
    _, said = await asyncio.to_thread(process.communicate)
    assert process.returncode == 1
    assert b"You are no longer an active member" in said
    assert b"Traceback" not in said


async def test_the_terminal_shows_the_board_and_is_given_back(world: World, api: Api) -> None:
    watcher = await with_password(world, "Wanda Watcher", role=Role.ADMIN)
    job = await world.job("1040 Smith")
    await update_pipeline(
        world.acting(world.owner), pipeline_id=world.pipeline.id, card_fields=[CardField.ACCOUNT, CardField.DUE_DATE]
    )
    main, terminal = pty.openpty()
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color"}
    ends = {"stdin": terminal, "stdout": terminal, "stderr": subprocess.PIPE}
    process = start(arguments(api.url, watcher), env=environment, **ends)
    os.close(terminal)
    os.set_blocking(main, False)
    written = bytearray()

    def output() -> str:
        with suppress(OSError):
            written.extend(os.read(main, 1 << 16))
        return written.decode(errors="replace")

    try:
        await until(lambda: drawn(output(), "Tax returns", "To do", "1040 Smith", "Acme", "● live"), "it is drawn")
        assert "\x1b[?1049h" in output()
        await update_job(world.acting(world.admin), job_id=job.id, name="1120 Jones")
        await until(lambda: drawn(output(), "1120 Jones", "Adam changed 1120 Jones"), "the change is drawn")
        assert "1040 Smith" not in picture(output())
        process.send_signal(signal.SIGINT)
        await until(lambda: "\x1b[?1049l" in output(), "the terminal is given back")
        _, said = await asyncio.to_thread(process.communicate)
        assert (process.returncode, said) == (0, b"")
    finally:
        process.kill()
        process.wait()
        os.close(main)


async def test_the_first_pipeline_is_shown_and_one_can_be_named_by_its_id(world: World, api: Api) -> None:
    watcher = await with_password(world, "Wanda Watcher", role=Role.ADMIN)
    payroll = (await create_pipeline(world.acting(world.owner), name="Payroll", stages=["New"])).value
    async with watching(api.url, watcher) as command:
        await command.says("Payroll: New 0")
    async with watching(api.url, watcher, pipeline=encode(Kind.PIPELINE, world.pipeline.id)) as command:
        await command.says("Tax returns: To do 0")
    assert payroll.name == "Payroll"


def _cards(board: dict | None) -> list[str] | None:  # type: ignore[type-arg]
    if board is None:
        return None
    return [job["name"] for stage in board["stages"] for job in stage["jobs"]]
