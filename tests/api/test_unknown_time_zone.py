"""A firm whose time zone this server does not know: another version stored it. Everything answers."""

from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from models.commands.time import log_time
from models.ids import Kind, encode
from models.rows import Firm
from tests.api.asking import MUTATIONS, QUERIES
from tests.api.furnished import Furnished
from tests.api.samples import Sampler, asked, filled
from tests.api.selections import document, root_fields
from tests.live.test_board_changes import CHANGES
from tests.serving import Api
from watch.board import Board
from watch.documents import BOARD
from watch.session import Session
from watch.store import Store

UNKNOWN = "Mars/Olympus"


@pytest.fixture(scope="module")
async def firm(database: str) -> Furnished:
    """What is read of it, nothing changes."""
    return await _unknown_where()


async def _unknown_where() -> Furnished:
    furnished = await Furnished.build()
    await Firm.filter(id=furnished.world.firm.id).update(time_zone=UNKNOWN)
    return furnished


@pytest.mark.parametrize("query", QUERIES)
async def test_what_is_asked_is_answered(firm: Furnished, api: Api, query: str) -> None:
    for arguments, _ in asked(query, root_fields("query")[query]):
        variables = filled(arguments, firm.id)
        answer = await api.post(firm.world.owner, document("query", query, variables), **variables)
        assert "errors" not in answer, answer["errors"]


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_what_is_changed_is_changed(api: Api, mutation: str) -> None:
    firm = await _unknown_where()
    variables = filled(Sampler(mutation, firm.word).input(), firm.id)
    answer = await api.post(firm.world.owner, document("mutation", mutation, ["input"]), **variables)
    assert "errors" not in answer, answer["errors"]
    assert answer["data"][mutation]["errors"] == []


async def test_boards_are_live(api: Api) -> None:
    firm = await _unknown_where()
    world = firm.world
    async with api.socket(world.owner) as socket:
        await socket.subscribe(CHANGES, pipelines=[encode(Kind.PIPELINE, world.pipeline.id)])
        assert (await socket.next())["boardChanges"]["events"] == []
        entry = (await log_time(world.acting(world.owner), minutes=5, account_id=world.account.id)).value
        assert entry.day == datetime.now(UTC).date()
        await world.job("New")
        events: list[Any] = []
        while "JobCreated" not in {event["__typename"] for event in events}:
            events += (await socket.next())["boardChanges"]["events"]


async def test_the_board_in_the_terminal_is_drawn(firm: Furnished, api: Api) -> None:
    pipeline = {"id": encode(Kind.PIPELINE, firm.world.pipeline.id), "name": "Tax returns"}
    store = Store()
    store.apply_snapshot(await api.ask(firm.world.owner, BOARD, id=pipeline["id"], budgets=True))
    assert store.firm is not None
    assert store.firm["timeZone"] == UNKNOWN
    console = Console(file=StringIO(), width=200, height=50)
    console.print(Board(console, store, Session(api.url, "olive@hart.test", None), pipeline, "Olive"))
    assert f"{firm.word} job" in console.file.getvalue()  # type: ignore[attr-defined]
