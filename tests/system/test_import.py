"""`jobwire import` as a process: what it prints and writes, and that it may be killed at any moment."""

import asyncio
import csv
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import pytest

import embedded
from models.database import sql
from tests.databases import on, own_database
from tests.hostile import ATTACK
from tests.system.jobwire import Jobwire, jobwire
from tests.system.terminals import on_a_terminal
from tests.world import World

Urls = dict[str, Any]


@pytest.fixture(scope="module")
async def urls(servers: embedded.Servers) -> AsyncIterator[Urls]:
    """A database of this module's own."""
    async with own_database(servers, "imported") as url:
        yield {"database_url": url, "redis_url": servers.redis_url}


@pytest.fixture
async def firm(urls: Urls, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """A firm in it, and a connection to it."""
    async with on(urls["database_url"]):
        yield await World.build(request.node.name.replace("_", "-")[:40])


def words(world: World, path: Path, *more: str, what: str = "contacts", by: str | None = None) -> list[str]:
    """What is typed to import a file as the owner, or as somebody else."""
    firm = ["--firm", world.firm.name, "--as", by or world.owner.email]
    return ["import", str(path), *firm, "--what", what, "--preset", "generic", *more]


async def account_names(world: World) -> list[str]:
    """The names of the firm's accounts."""
    return [row["name"] for row in await sql("SELECT name FROM account WHERE firm_id = $1", world.firm.id)]


def lines_of(path: Path, rows: Iterable[tuple[str, ...]]) -> Path:
    """A file of clients."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("Account name", "Name", "Emails", "Phone"), *rows])
    return path


async def _ended(command: Jobwire) -> int:
    return await asyncio.to_thread(command.ends)


async def state(world: World) -> list[Any]:
    """What there is of the firm's clients, whatever their ids are, and the keys that they are known by."""
    found = await sql(
        "SELECT a.name AS at, c.name, c.emails::text, c.phone, array_agg(k.key ORDER BY k.key) AS keys "
        "FROM contact c JOIN account_contact l ON l.contact_id = c.id JOIN account a ON a.id = l.account_id "
        "LEFT JOIN external_key k ON k.thing IN (c.id, a.id) WHERE c.firm_id = $1 GROUP BY a.id, c.id ORDER BY 1, 2, 3",
        world.firm.id,
    )
    return [tuple(row.values()) for row in found]


async def test_it_says_what_it_does_and_keeps_what_it_refuses(firm: World, urls: Urls, tmp_path: Path) -> None:
    rows = [
        ("Blue Ltd", "Ann Blue", "ann@blue.org", "555"),
        ("Blue Ltd", "Bob", "bob@@blue", ""),
        ("Blue Ltd", "", "", ""),
    ]
    path, back = lines_of(tmp_path / "clients.csv", rows), tmp_path / "refused.csv"
    before = await firm.revision()
    with jobwire(*words(firm, path, "--dry-run", "--refused", str(back)), **urls) as command:
        assert await _ended(command) == 1
        assert command.stdout.rest() == [
            "2: account 'Blue Ltd' created; contact 'Ann Blue' created",
            "3: refused. Emails: This is not an e-mail address.",
            "4: account 'Blue Ltd' same",
            "account: 1 would be created, 0 would be updated, 1 would be same",
            "contact: 1 would be created, 0 would be updated, 0 would be same",
            "Lines: 3, of which 1 would be refused. Nothing was changed: this was a dry run.",
        ]
        said = command.stderr.rest()
    assert said[0] == "jobwire: Read as utf-8-sig, with a comma between cells."
    assert said[-1].startswith("jobwire: 1 of 3 lines were refused. They are in ")
    assert await firm.revision() == before
    back.unlink()
    with jobwire(*words(firm, path, "--refused", str(back)), **urls) as command:
        assert await _ended(command) == 1
        assert command.stdout.rest()[-1] == "Lines: 3, of which 1 refused. Revisions: 1."
    assert back.read_text("utf-8-sig").splitlines()[1].startswith("3,Emails: This is not an e-mail address.,")
    assert await firm.revision() == before + 1
    back.write_text(back.read_text("utf-8-sig").replace("bob@@blue", "bob@blue.org"))
    with jobwire(*words(firm, back), **urls) as command:
        assert await _ended(command) == 0
    assert [row[1:4] for row in await state(firm)] == [
        ("Ann Blue", '["ann@blue.org"]', "555"),
        ("Bob", '["bob@blue.org"]', None),
    ]


@pytest.mark.parametrize("batches", [1, 3])
async def test_killed_and_run_again_it_ends_as_if_nothing_was(
    firm: World, urls: Urls, tmp_path: Path, batches: int
) -> None:
    rows = [(f"Client {n % 150}", f"Person {n}", f"p{n}@blue.org" if n % 3 else "", str(n)) for n in range(1_000)]
    path = lines_of(tmp_path / "clients.csv", rows)
    before = await firm.revision()
    with jobwire(*words(firm, path), **urls) as command:
        while await firm.revision() < before + batches:
            assert command.process.poll() is None
            await asyncio.sleep(0.01)
        command.process.kill()
        await _ended(command)
    assert before + batches <= await firm.revision() < before + 5
    for more in (5, 0):
        at = await firm.revision()
        with jobwire(*words(firm, path), **urls) as command:
            assert await _ended(command) == 0, command.stderr.rest()
        assert await firm.revision() <= at + more
    assert await firm.revision() == before + 5
    other = await World.build(f"whole-{batches}")
    with jobwire(*words(other, path), **urls) as command:
        assert await _ended(command) == 0, command.stderr.rest()
    assert await state(firm) == await state(other)
    assert len(await state(firm)) == 1_000


async def test_a_bar_shows_how_far_it_is(firm: World, urls: Urls, tmp_path: Path) -> None:
    path = lines_of(tmp_path / "clients.csv", [("Blue Ltd", f"Person {n}", "", "") for n in range(300)])
    async with on_a_terminal(*words(firm, path), **urls) as terminal:
        await terminal.shows("Lines", "300", "contact: 300 created")


async def test_whoever_is_not_of_the_firm_sees_nothing(firm: World, urls: Urls, tmp_path: Path) -> None:
    path = lines_of(tmp_path / "clients.csv", [("Blue Ltd", "Ann Blue", "ann@blue.org", "555")])
    other = await World.build("imports-others")
    said = []
    for by in (other.owner.email, "nobody@nowhere.org"):
        with jobwire(*words(firm, path, by=by), **urls) as command:
            assert await _ended(command) == 1
            said.append(command.stderr.rest()[-1].replace(by, "X"))
    assert len(set(said)) == 1
    assert await account_names(other) == await account_names(firm) == ["Acme"]


async def test_a_file_that_breaks_off_late_changes_nothing(firm: World, urls: Urls, tmp_path: Path) -> None:
    path = lines_of(tmp_path / "clients.csv", [("Blue Ltd", f"Person {n}", "", "") for n in range(300)])
    path.write_text(path.read_text("utf-8") + 'Red Ltd,"never closed\n', "utf-8")
    before = await firm.revision()
    with jobwire(*words(firm, path), **urls) as command:
        assert await _ended(command) == 1
        assert "Line 302 cannot be read" in command.stderr.rest()[-1]
    assert await firm.revision() == before


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--what", "invoices"], "--what is one of accounts, contacts, jobs, tasks, time-entries"),
        (["--preset", "none"], "There is no preset none. There is: generic, karbon-contacts"),
        (["--preset", "karbon-work"], "The preset karbon-work is for jobs, not for contacts"),
        (["--preset", "karbon-contacts"], "The file lacks the columns ContactKey. It has: Account name, Name"),
        (["--mapping", "nowhere.toml"], "Say either which --preset or which --mapping"),
        (["--dates", "DDMM"], "--dates is one of YMD, DMY, MDY"),
        (["--encoding", "klingon"], "is no encoding that is known here"),
        (["--sheet", "One"], "there is no sheet to choose"),
        (["--refused", "/nowhere/x.csv"], "There is no folder /nowhere"),
    ],
)
async def test_mistakes_are_one_line(firm: World, urls: Urls, tmp_path: Path, more: list[str], told: str) -> None:
    path = lines_of(tmp_path / f"{ATTACK[:3]}.csv", [("Blue Ltd", "Ann Blue", "", "")])
    before = await firm.revision()
    with jobwire(*words(firm, path, *more), **urls) as command:
        assert await _ended(command) == 1
        said = command.stderr.rest()
    assert told in said[-1]
    assert await firm.revision() == before
