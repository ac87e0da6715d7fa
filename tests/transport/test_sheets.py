"""Sheets on the wire: whole, or seen to be cut; and nothing is left of them."""

from __future__ import annotations

import asyncio
import csv
import io
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import openpyxl
import pytest

from tests.plain_http import NO_TLS
from tests.transport.house import House, served, wait_until
from transport.engine import Ended
from transport.options import TransportOptions

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NEW, OLD, EVENTS = "application/graphql-response+json", "application/json", "text/event-stream"
#: More than the buffers on the way hold.
LONG = "x" * 4_000
MANY = "rows: 4000"


@asynccontextmanager
async def asked(
    house: House, query: str, accept: str = CSV, method: str = "POST", name: str = "alice"
) -> AsyncIterator[httpx.Response]:
    """The answer, of which nothing but the head has been read."""
    headers = {"content-type": OLD, "authorization": f"Bearer {name}", "accept": accept}
    async with httpx.AsyncClient(verify=NO_TLS, timeout=20) as http:
        given = {"params": {"query": query}} if method == "GET" else {"json": {"query": query}}
        async with http.stream(method, house.url, headers=headers, **given) as answer:  # type: ignore[arg-type]
            yield answer


async def ask(house: House, query: str, accept: str = CSV, method: str = "POST", name: str = "alice") -> httpx.Response:
    async with asked(house, query, accept, method, name) as answer:
        await answer.aread()
    return answer


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what is temporary nothing is anybody else's."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def left_behind() -> list[Path]:
    """The folders of sheets that are there."""
    return list(Path(tempfile.gettempdir()).glob("jobwire-sheet-*"))


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (CSV, CSV),
        (f"{CSV}, */*", CSV),
        (f"{XLSX}, {CSV};q=0.9", XLSX),
        (f"{OLD};q=0.5, TEXT/CSV; charset=utf-8", CSV),
        (f"{OLD}, {CSV}", OLD),
        (f"{CSV};q=0.5, {NEW}", NEW),
        ("text/*, */*;q=0.1", OLD),
        (f"{CSV};q=0, */*", OLD),
        (f"{CSV};charset=latin1, */*;q=0.1", OLD),
    ],
)
async def test_only_who_names_a_sheet_is_given_one(house: House, method: str, accept: str, media: str) -> None:
    answer = await ask(house, "{ table(rows: 2) }", accept, method)
    assert answer.status_code == 200 or (method, accept[:6]) == ("POST", "text/*")
    if answer.headers["content-type"].startswith(EVENTS):
        assert (method, accept[:6]) == ("POST", "text/*")
    else:
        assert answer.headers["content-type"].split(";")[0] == media
    assert ("content-disposition" in answer.headers) is (media in (CSV, XLSX))


async def test_a_sheet_that_is_streamed_is_whole(house: House) -> None:
    hostile = ['=1+1"', "+1", "-1", "@A", "\tx", "\rx", "\nx", "＝1", "a\r\nb", 'a;"=1']
    for text in hostile:
        variables = {"text": text}
        body = {"query": "query($text: String) { table(rows: 2, text: $text) }", "variables": variables}
        async with httpx.AsyncClient(verify=NO_TLS) as http:
            answer = await http.post(house.url, json=body, headers={"authorization": "Bearer alice", "accept": CSV})
        shown = text if text[0] == "a" else f"'{text}"
        lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
        assert lines == [["Text", "Number"], [shown, "0"], [shown, "1"]]
        doubled = shown.replace('"', '""')
        assert answer.content.decode("utf-8-sig") == f'"Text","Number"\r\n"{doubled}",0\r\n"{doubled}",1\r\n'
    answer = await ask(house, f'{{ table({MANY}, text: "{LONG[:50]}") }}')
    assert answer.text.count("\n") == 4_001 and "content-length" not in answer.headers
    assert answer.headers["content-disposition"] == 'attachment; filename="Table.csv"'
    assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert answer.headers["ratelimit"] == '"points";r=1;t=5'
    answer = await ask(house, '{ table(rows: 300, text: "=1") }', XLSX)
    (sheet,) = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets
    assert list(sheet.iter_rows(values_only=True))[1:] == [("=1", number) for number in range(300)]
    assert sheet["A2"].data_type == "s" and not left_behind()


@pytest.mark.parametrize("accept", [CSV, XLSX])
async def test_what_goes_wrong_before_the_first_byte_is_told(house: House, accept: str) -> None:
    for query, status, message in (
        ("{ hello }", 406, "Ask for `table`."),
        ("{", 400, "Syntax Error"),
        ("{ table(rows: 1, failsAfter: 0) }", 400, "Not this one."),
        ("{ table(rows: 500, failsAfter: 100) }", 500, "Something went wrong here."),
        ('mutation { add(key: "a sheet") }', 406, "A sheet is of a query."),
        ("subscription { count(to: 1) }", 400, "A subscription needs"),
    ):
        answer = await ask(house, query, accept)
        assert (answer.status_code, answer.headers["content-type"]) == (status, f"{NEW}; charset=utf-8"), query
        assert message in answer.json()["errors"][0]["message"] and "secret" not in answer.text
    assert not house.engine.added["a sheet"] and not left_behind()
    answer = await ask(house, "subscription { count(to: 1) }", f"{accept}, {EVENTS}")
    assert answer.headers["content-type"].startswith(EVENTS)


async def test_what_goes_wrong_later_cuts_the_connection(house: House) -> None:
    before = house.counters.sheets_cut
    async with asked(house, f'{{ table({MANY}, failsAfter: 2000, text: "{LONG}") }}') as answer:
        assert answer.status_code == 200
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            await answer.aread()
    await wait_until(lambda: house.counters.sheets_open == 0)
    assert house.counters.sheets_cut == before + 1


async def test_when_the_session_ends_so_does_the_sheet(house: House) -> None:
    async with asked(house, f'{{ table({MANY}, key: "ends", text: "{LONG}") }}', name="anne") as answer:
        rows = answer.aiter_bytes()
        await anext(rows)
        house.engine.end("anne", Ended(4401, "Signed out"))
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            async for _ in rows:
                pass
    await wait_until(lambda: house.engine.cancelled["ends"])
    asking = asyncio.create_task(ask(house, '{ table(rows: 1, key: "ended") }', XLSX, name="anne"))
    await wait_until(lambda: house.engine.executing["ended"])
    house.engine.end("anne", Ended(4401, "Signed out"))
    answer = await asking
    assert (answer.status_code, answer.json()["errors"][0]["message"]) == (401, "Signed out")
    assert not left_behind()


@pytest.mark.parametrize("accept", [CSV, XLSX])
async def test_whoever_leaves_is_noticed(house: House, accept: str) -> None:
    key, abandoned = f"leaves {accept}", house.counters.requests_abandoned
    asking = asyncio.create_task(ask(house, f'{{ table(rows: 1, key: "{key}") }}', accept))
    await wait_until(lambda: house.engine.executing[key])
    asking.cancel()
    await wait_until(lambda: house.counters.requests_abandoned == abandoned + 1)
    assert house.engine.cancelled[key] == 1
    assert house.counters.sheets_open == 0 and not left_behind() and not house.traffic._sheets


async def test_each_member_has_one_at_a_time_and_all_have_two(house: House) -> None:
    asking = []
    for name in ("ann", "ben"):
        asking.append(asyncio.create_task(ask(house, '{ table(rows: 1, key: "at once") }', name=name)))
        await wait_until(lambda: house.engine.executing["at once"] == len(asking))
        for other in (name, "cid")[: len(asking)]:
            answer = await ask(house, "{ table(rows: 1) }", name=other)
            assert (answer.status_code, answer.headers["retry-after"]) == (429, "10")
            assert answer.json()["errors"][0]["extensions"]["code"] == "LIMIT"
    for each in asking:
        each.cancel()
    await wait_until(lambda: house.counters.sheets_open == 0)
    assert (await ask(house, "{ table(rows: 1) }", name="cid")).status_code == 200


async def test_a_reader_that_stops_and_a_sheet_that_takes_too_long_are_cut() -> None:
    with served(TransportOptions(stall_timeout=0.3)) as house:
        async with asked(house, f'{{ table({MANY}, key: "slow", text: "{LONG}") }}'):
            await wait_until(lambda: house.counters.sheets_cut == 1)
            await wait_until(lambda: house.connections == 0)
        # Nothing was waited for but the reader.
        assert house.counters.sheets_open == 0
    with served(TransportOptions(sheet_deadline=0.3)) as house:
        answer = await ask(house, '{ table(rows: 1, key: "late") }')
        assert (answer.status_code, house.engine.cancelled["late"]) == (504, 1)
        assert answer.json()["errors"][0]["message"] == "The sheet took longer than 0.3 s."
        assert not left_behind()


async def test_a_sheet_that_is_too_large_is_refused() -> None:
    with served(TransportOptions(sheet_file_limit=10_000)) as house:
        answer = await ask(house, f'{{ table(rows: 1000, text: "{LONG}") }}', XLSX)
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "LIMIT")
        answer = await ask(house, f'{{ table(rows: 1, text: "{"x" * 32768}") }}', XLSX)
        assert "32,767 characters" in answer.json()["errors"][0]["message"]
        assert not left_behind()


async def test_a_server_that_restarts_begins_none() -> None:
    with served(TransportOptions(close_timeout=0.3)) as house:
        asking = asyncio.create_task(ask(house, '{ table(rows: 1, key: "restart") }'))
        await wait_until(lambda: house.engine.executing["restart"])
        draining = asyncio.create_task(house.drain(0.5))
        await wait_until(lambda: house.traffic.draining)
        assert (await ask(house, "{ table(rows: 1) }", name="late")).status_code == 503
        answer = await asking
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        await draining
