"""`jobwire export`, `restore` and `set-password` as processes: killed in the middle, and with more than fits into
memory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import asyncpg

import embedded
from bench.commands import taken_by
from models.connection import credentials
from models.ids import Kind, encode, new_id
from models.portable.tables import portable_tables
from models.sign_in import sign_in
from tests.databases import on, own_database
from tests.interchange.stores import store_of
from tests.interchange.tampering import read_from
from tests.kinds import files
from tests.live.eventually import eventually
from tests.signing_in import refused
from tests.specimens import Spot
from tests.system.jobwire import jobwire
from tests.world import World


def run(urls: Mapping[str, str], *words: str, typed: str | None = None) -> str:
    """What a command that must succeed says."""
    with jobwire(*words, typed=typed, **urls) as command:
        assert command.ends() == 0, command.stderr.rest()
        return "\n".join(command.stdout.rest())


def complaint(urls: Mapping[str, str], *words: str, typed: str | None = None) -> str:
    """What a command that must not says, in one line."""
    with jobwire(*words, typed=typed, **urls) as command:
        assert command.ends() == 1, command.stdout.rest()
        (line,) = command.stderr.rest()
        return line


async def test_a_firm_moves_to_another_installation(
    world: World, servers: embedded.Servers, database: str, tmp_path: Path
) -> None:
    await world.job("Return")
    await files.make(world.acting(world.owner), "1040", Spot(world.account.id))
    await store_of(world.firm.id, tmp_path / "here/files")
    id, path = encode(Kind.FIRM, world.firm.id), str(tmp_path / "firm.zip")
    here = {"database_url": database, "redis_url": servers.redis_url, "data_dir": str(tmp_path / "here")}
    assert f"{world.firm.name} is in {path}, as of revision " in run(here, "export", path, "--firm", id)
    assert "is there already" in complaint(here, "export", path, "--firm", id)
    assert "No firm has the id or the name" in complaint(here, "export", path + "2", "--firm", "Nobody & Sons")
    assert "This firm is here already" in complaint(here, "restore", path)
    async with own_database(servers, "moved") as url:
        there = here | {"database_url": url, "data_dir": str(tmp_path / "there")}
        assert f"{world.firm.name} is there as {id}" in run(there, "restore", path)
        assert complaint(there, "restore", path).endswith("(--copy). Nothing was changed.")
        async with on(url):
            await refused(sign_in(world.owner.email, "long enough"))
            words = ("set-password", world.owner.email, "--password-stdin")
            assert "signs in with the new password" in run(there, *words, typed="long enough\n")
            first = await sign_in(world.owner.email, "long enough")
            assert first.member_id == world.owner.id
            assert "8 to 1,000 characters" in complaint(there, *words, typed="short\n")
            nobody = ("set-password", "nobody@nowhere.test", "--password-stdin")
            assert complaint(there, *nobody, typed="long enough\n").endswith(
                "No active member signs in as nobody@nowhere.test."
            )
            assert world.firm.name in run(there, "restore", path, "--copy", "twin")
            run(
                there,
                "set-password",
                world.owner.email.replace("@", "+twin@"),
                "--password-stdin",
                typed="long enough\n",
            )
            (content,) = set(read_from(tmp_path / "here/files").values())
            assert list(read_from(tmp_path / "there/files").values()) == [content] * 2
            other = await sign_in(world.owner.email.replace("@", "+twin@"), "long enough")
            assert other.firm_id != first.firm_id


async def test_killed_in_the_middle_nothing_is_there(
    world: World, servers: embedded.Servers, database: str, tmp_path: Path
) -> None:
    await world.job("Return")
    path = str(tmp_path / "firm.zip")
    here = {"database_url": database, "redis_url": servers.redis_url}
    run(here, "export", path, "--firm", encode(Kind.FIRM, world.firm.id))
    async with own_database(servers, "killed") as url:
        there = here | {"database_url": url}
        database_ = await asyncpg.connect(**credentials(url))
        beside = await asyncpg.connect(**credentials(url))
        try:
            # Of all that is written this comes last.
            transaction = beside.transaction()
            await transaction.start()
            await beside.execute("LOCK TABLE search_entry")
            with jobwire("restore", path, **there) as command:
                await eventually(lambda: _waits(database_))
                command.process.kill()
                command.ends()
            await transaction.rollback()
            await eventually(lambda: _alone(database_))
            for table in [*(table.name for table in portable_tables()), "event", "search_entry", "follower_cursor"]:
                assert await database_.fetchval(f"SELECT count(*) FROM {table}") == 0, table
            run(there, "restore", path)
            assert await database_.fetchval("SELECT count(*) FROM job") == 1
        finally:
            await database_.close()
            await beside.close()


async def _waits(database: asyncpg.Connection) -> bool:
    """Whether somebody waits for a lock, having written the firm."""
    return bool(
        await database.fetchval(
            "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted "
            "AND datname = current_database() AND backend_xid IS NOT NULL"
        )
    )


async def _alone(database: asyncpg.Connection) -> bool:
    return not await database.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_xid IS NOT NULL"
    )


ENTRIES = 30_000
#: In letters, and in MiB: what is in the notes of all of them does not fit into what a process may grow by.
NOTE, MOST_MORE = 2_000, 40


async def test_what_a_firm_has_need_not_fit_into_memory(
    world: World, servers: embedded.Servers, database: str, tmp_path: Path
) -> None:
    id, small, large = encode(Kind.FIRM, world.firm.id), str(tmp_path / "small"), str(tmp_path / "large")
    here = {"database_url": database, "redis_url": servers.redis_url}
    least = await taken_by(here, "export", small, "--firm", id)
    await _log_much(world, database)
    exported = await taken_by(here, "export", large, "--firm", id)
    assert (tmp_path / "large/rows/time_entry.jsonl").stat().st_size > 40 << 20
    async with own_database(servers, "large") as url:
        restored = await taken_by(here | {"database_url": url}, "restore", large)
    assert max(exported.memory, restored.memory) < least.memory + MOST_MORE


async def _log_much(world: World, url: str) -> None:
    database = await asyncpg.connect(**credentials(url))
    entry: Any = (new_id(), world.firm.id, world.account.id, world.owner.id, "x" * NOTE, ENTRIES)
    await database.execute(
        """
        INSERT INTO time_entry (id, version, created_at, firm_id, account_id, member_id, created_by_id, day, minutes,
            note, billable, flags)
        SELECT (left($1::uuid::text, 24) || lpad(to_hex(number), 12, '0'))::uuid, 1, now(), $2, $3, $4, $4,
            '2026-01-05', 5, $5 || number, true, '[]'
        FROM generate_series(1, $6::int) AS number
        """,
        *entry,
    )
    await database.close()
