"""Answers as sheets: they have what the pages of the same list have, of one moment, and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import csv
import io
import re
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
from graphql import get_named_type, is_leaf_type, is_list_type, is_required_argument

import embedded
from engine.engine import Engine
from engine.limits import Limits
from engine.points import Points
from models.command import settle
from models.commands.accounts import update_account
from models.commands.jobs import delete_job, update_job
from models.commands.time import log_time
from models.database import sql
from models.ids import Kind, encode
from models.rights import Right
from models.rows import Member
from models.sign_in import issue_for
from resolvers.root import graphql_schema
from tests.api.asking import QUERIES
from tests.api.furnished import Furnished
from tests.api.selections import root_fields
from tests.api.test_reports import REPORTS, reader
from tests.api.untouched import untouched
from tests.http_client import Answer
from tests.live.house import hub_on
from tests.serving import Api, serving
from tests.transport.house import wait_until
from tests.world import World
from transport.engine import Cell, Refused, Request

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LISTS = [name for name in QUERIES if "after" in root_fields("query")[name].args]
#: What a spreadsheet takes for the beginning of a formula, as far as a name may begin with it.
HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("https://evil.test","x")', "＝1", 'a";=1+1', "'quoted", "-"]

Path = tuple[str, ...]


def table(answer: Answer) -> list[list[str]]:
    """The lines of a sheet in CSV, which must have come."""
    assert answer.status == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answer.body.startswith(b"\xef\xbb\xbf") and answer.body.endswith(b"\r\n")
    return list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"), newline=""), strict=True))


def book(answer: Answer) -> list[list[Any]]:
    """The rows of a sheet in XLSX, which must have come."""
    assert (answer.status, answer.headers["content-type"]) == (200, XLSX), answer.text
    (sheet,) = openpyxl.load_workbook(io.BytesIO(answer.body)).worksheets
    for row in sheet.iter_rows():
        assert all(cell.data_type != "f" and cell.hyperlink is None for cell in row)
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def at(value: Any, path: Path) -> str:
    """What a cell must show, worked out from the answer in JSON."""
    if isinstance(value, list):
        return "; ".join(at(each, path) for each in value)
    if value is None or not path:
        return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return at(value[path[0]], path[1:])


def safe(text: str, *, is_text: bool) -> str:
    return f"'{text}" if is_text and text[:1] in tuple("=+-@＝＋－＠") else text


def columns_of(type_: Any) -> dict[Path, str]:
    """All that can be read of a thing and of the things that it names, with the scalars of it."""
    found: dict[Path, str] = {}
    for name, field in type_.fields.items():
        inner: Any = get_named_type(field.type)
        if any(map(is_required_argument, field.args.values())) or inner.name.endswith("Connection"):
            continue
        if is_leaf_type(inner):
            found[name,] = inner.name if not is_list_type(field.type) else "String"
        else:
            within = {"id", "name", "amount", "currency"} & inner.fields.keys()
            within = {each for each in within if is_leaf_type(get_named_type(inner.fields[each].type))}
            found |= {(name, each): get_named_type(inner.fields[each].type).name for each in sorted(within)}
    return found


def selected(columns: Sequence[Path]) -> str:
    """The selection of these columns, in their order."""
    heads = list(dict.fromkeys(path[0] for path in columns))
    below = {head: " ".join(path[1] for path in columns if path[0] == head and len(path) > 1) for head in heads}
    return " ".join(f"{head} {{ {inner} }}" if inner else head for head, inner in below.items())


async def walked(api: Api, member: Member, name: str, selection: str) -> list[Any]:
    """What the pages of a list have, as a client walks them."""
    parts = f"nodes {{ {selection} }} pageInfo {{ hasNextPage endCursor }}"
    page = f"query($c: String) {{ {name}(first: 2, after: $c) {{ {parts} }} }}"
    rows, cursor = [], None
    while True:
        data = (await api.post(member, page, c=cursor))["data"][name]
        rows += data["nodes"]
        if not data["pageInfo"]["hasNextPage"]:
            return rows
        cursor = data["pageInfo"]["endCursor"]


@pytest.fixture(scope="module")
async def firms(database: str) -> tuple[Furnished, Furnished]:
    """Two firms, in which nothing changes."""
    return await Furnished.build("own"), await Furnished.build("other")


@pytest.mark.parametrize("name", LISTS)
async def test_a_sheet_has_what_the_pages_have_and_nothing_else(
    firms: tuple[Furnished, Furnished], api: Api, name: str
) -> None:
    own, other = firms
    traces = await other.traces()
    page: Any = get_named_type(root_fields("query")[name].type)
    columns = columns_of(get_named_type(page.fields["nodes"].type))
    selection = selected(list(columns))
    for member in (own.world.owner, own.world.employee, own.world.stranger):
        rows = await walked(api, member, name, selection)
        assert rows or member is not own.world.owner
        answer = await api.sheet(member, f"{{ {name}(first: 2) {{ nodes {{ {selection} }} }} }}")
        head, *lines = table(answer)
        assert len(head) == len(columns) == len(set(head))
        scalars = {"Int", "Float", "Decimal", "Date", "DateTime", "Boolean"}
        told = [[safe(at(row, path), is_text=of not in scalars) for path, of in columns.items()] for row in rows]
        assert lines == told
        assert not [trace for trace in traces if trace in answer.body]
        answer = await api.sheet(member, f"{{ {name} {{ nodes {{ {selection} }} }} }}", media=XLSX)
        assert len(book(answer)) == len(rows) + 1


@pytest.mark.parametrize("name", REPORTS)
async def test_a_report_has_its_rows_and_then_its_sums(firms: tuple[Furnished, Furnished], api: Api, name: str) -> None:
    own, other = firms
    whole: Any = get_named_type(root_fields("query")[name].type)
    columns = columns_of(get_named_type(whole.fields["rows"].type))
    figures = columns_of(get_named_type(whole.fields["total"].type))
    selection = selected(list(columns))
    sums = ["total", "residual", "cut", "repeated"]
    text = " ".join(f"{each} {{ {'rows' if each == 'cut' else ''} {selected(list(figures))} }}" for each in sums)
    query = f"{{ {name} {{ covers rows {{ {selection} }} {text} }} }}"
    for member in (own.world.owner, own.world.employee):
        report = (await api.post(member, query))["data"][name]
        answer = await api.sheet(member, query)
        if report is None:
            assert (answer.status, answer.json()["errors"][0]["extensions"]["code"]) == (400, "FORBIDDEN")
            continue
        head, *lines = table(answer)
        assert head[0] == "Sum" and head[-1] == "Rows" and len(head) == len(columns) + 2
        told = [["", *(at(row, path) for path in columns), ""] for row in report["rows"]]
        for each in sums:
            if report[each] is not None:
                shown = [at(report[each], path) if path in figures else "" for path in columns]
                told.append([each.capitalize(), *shown, at(report[each], ("rows",)) if each == "cut" else ""])
        assert lines == told
        assert not [trace for trace in await other.traces() if trace in answer.body]


async def test_numbers_days_and_moments_are_what_they_are_and_texts_are_texts(world: World, api: Api) -> None:
    job = await world.job("-1", due_date=date(2026, 4, 15), budget=90)
    for minutes in (20, 40):
        entry = (await log_time(world.acting(world.owner), minutes=minutes, day=date(2026, 3, 4), job_id=job.id)).value
        await sql("UPDATE time_entry SET rate = 60.5 WHERE id = $1", entry.id)
    query = """query Worked { timeEntries { edges { node {
        minutes billable day startedAt jobs: job { name  VAT_id: id dueDate } rate { amount currency } createdAt
        } } } }"""
    answer = await api.sheet(world.owner, query, media=XLSX)
    assert answer.headers["content-disposition"] == 'attachment; filename="Worked.xlsx"'
    head, first, _ = book(answer)
    assert head == [
        *("Minutes", "Billable", "Day", "Started at (UTC)", "Jobs name", "Jobs VAT ID", "Jobs due date"),
        *("Rate amount", "Rate currency", "Created at (UTC)"),
    ]
    created = first.pop()
    day, due = datetime(2026, 3, 4), datetime(2026, 4, 15)
    assert first == [20, True, day, None, "-1", encode(Kind.JOB, job.id), due, 60.5, "USD"]
    assert [type(value) for value in first[:2]] == [int, bool] and isinstance(created, datetime)
    answer = await api.sheet(world.owner, query.replace("query Worked", ""))
    assert answer.headers["content-disposition"] == 'attachment; filename="timeEntries.csv"'
    assert answer.headers["cache-control"] == "no-store"
    line = answer.body.decode("utf-8-sig").splitlines()[1]
    assert line.startswith(f'20,"true","2026-03-04","","\'-1","{encode(Kind.JOB, job.id)}","2026-04-15",60.50,"USD","2')
    assert re.search(r'"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"$', line)


async def test_no_cell_is_a_formula(world: World, api: Api) -> None:
    for name in HOSTILE:
        await world.job(name)
    query = "{ jobs(first: 4, sort: [{ field: CREATED_AT, direction: ASC }]) { nodes { name } } }"
    assert [row[0] for row in book(await api.sheet(world.owner, query, media=XLSX))[1:]] == HOSTILE
    answer = await api.sheet(world.owner, query)
    shown = [row[0] for row in table(answer)[1:]]
    assert [cell.removeprefix("'") for cell in shown] == [name.removeprefix("'") for name in HOSTILE]
    assert not [cell for cell in shown if cell[0] in "=+-@＝＋－＠"]
    # In quotation marks each, so that none has a part that is a cell of its own where cells are divided otherwise.
    assert all(line.startswith('"') and line.endswith('"') for line in answer.body.decode("utf-8-sig").splitlines())


async def test_what_is_withheld_says_so_at_its_head(world: World, api: Api) -> None:
    await world.job("1040", budget=90)
    query = "{ jobs { nodes { name budget __typename ... on Job { tracked kind: __typename } } } }"
    assert table(await api.sheet(world.employee, query)) == [
        ["Name", *(f"{name} (needs the right MANAGE_TIME_BUDGETS)" for name in ("Budget", "Tracked")), "Kind"],
        ["1040", "", "", "Job"],
    ]
    assert table(await api.sheet(world.owner, query))[1] == ["1040", "90", "0", "Job"]
    member = await reader(world, Right.VIEW_REPORTS)
    report = "{ timeReport { rows { minutes } total { amounts { amount } } } }"
    head = table(await api.sheet(member, report))[0]
    assert head == ["Sum", "Minutes", "Amounts amount (needs the right MANAGE_RATES)"]


async def test_fragments_directives_variables_and_lists_within(world: World, api: Api) -> None:
    job = await world.job("1040", assignee_ids=[world.owner.id, world.employee.id])
    for number in range(5):
        await world.job(f"other {number}", account_id=(await world.new_account("Other")).id)
    query = """query Of($id: ID!, $after: String, $without: Boolean!, $with: Boolean!) { account(id: $id) { ...Jobs } }
        fragment Jobs on Account { name list: jobs(first: 1, after: $after) { pageInfo { hasNextPage } page: totalCount
          nodes { ...Named id @skip(if: $without) account { id @include(if: $with) } } } }
        fragment Named on Job { name assignees { name } }"""
    variables = {"id": encode(Kind.ACCOUNT, world.account.id), "without": True, "with": False}
    for name in ("second", "third"):
        await world.job(name)
    head, *lines = table(await api.sheet(world.owner, query, variables))
    assert head == ["Name", "Assignees name"]
    assert sorted(lines) == [["1040", "Emma Employee; Olive Owner"], ["second", ""], ["third", ""]]
    data = (await api.ask(world.owner, query.replace("hasNextPage", "endCursor"), **variables))["account"]["list"]
    variables |= {"after": data["pageInfo"]["endCursor"], "without": False}
    assert len(table(await api.sheet(world.owner, query, variables))) == 3
    # A plain list is its one page.
    board = f'{{ job(id: "{encode(Kind.JOB, job.id)}") {{ assignees {{ name }} }} }}'
    assert table(await api.sheet(world.owner, board)) == [["Name"], ["Emma Employee"], ["Olive Owner"]]


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        ("{ viewer { role } }", 406, "A sheet is of one list, and this has no list."),
        ("{ jobs { nodes { id } } tasks { nodes { id } } }", 406, "this has 2 lists: jobs, tasks."),
        ("{ jobs { nodes { id } edges { cursor } } }", 406, "ask `jobs` for `nodes` or `edges`, once."),
        ("{ jobs { totalCount } }", 406, "ask `jobs` for `nodes` or `edges`, once."),
        ("{ timeReport { covers } }", 406, "ask a report for `rows`, once."),
        ("{ jobs(last: 2) { nodes { id } } }", 406, "leave `last` of `jobs` out"),
        ("{ jobs { nodes { __typename } } }", 406, "Nothing is selected of the things in `jobs`"),
        ('{ jobs(after: "x") { nodes { id } } }', 400, "This is not a cursor of this list."),
        ("{ jobs(first: 101) { nodes { id } } }", 400, "A page has from 1 to 100 things"),
        ('{ account(id: "account_01m82zyzsme37t3jkadr08cqpe") { jobs { nodes { id } } } }', 400, "no `account.jobs`"),
        ("{ jobs { nodes { nothing } } }", 400, "nothing"),
        ("subscription { viewerChanges { __typename } }", 400, "A subscription needs"),
    ],
)
async def test_what_is_no_sheet(peopled: World, api: Api, query: str, status: int, told: str) -> None:
    for media in ("text/csv", f"{XLSX}, application/json;q=0.9"):
        answer = await api.sheet(peopled.owner, query, media=media)
        assert answer.status == status, answer.text
        assert answer.headers["content-type"] == "application/graphql-response+json; charset=utf-8"
        assert told in answer.json()["errors"][0]["message"]
    assert answer.json()["errors"][0]["extensions"]["code"]


@pytest.fixture(scope="module")
async def peopled(database: str) -> World:
    return await World.build("refused-sheets")


async def test_nothing_is_changed_by_a_sheet_and_strangers_have_none(peopled: World, api: Api) -> None:
    async with untouched():
        mutation = 'mutation { createPipeline(input: { name: "One", stages: ["Only"] }) { pipeline { id } } }'
        assert (await api.sheet(peopled.owner, mutation)).status == 406
        for query in ("{ jobs { nodes { id } } }", "{ __typename }"):
            answer = await api.sheet(None, query)
            assert (answer.status, answer.json()["errors"][0]["extensions"]["code"]) in (
                (401, "UNAUTHENTICATED"),
                (406, "NOT_ACCEPTABLE"),
            )


class Kept:
    """A sheet that is kept, and does something after its first page."""

    def __init__(self, then: Any) -> None:
        self.rows: list[Sequence[Cell]] = []
        self.wanted = True
        self._then = then

    async def begin(self, name: str, headers: Sequence[str]) -> None:
        assert (name, list(headers)) == ("jobs", ["Name", "Account name"])

    async def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        first = not self.rows
        self.rows += rows
        if first:
            # Elsewhere: in here everything is read in the snapshot.
            await asyncio.create_task(self._then(self), context=contextvars.Context())


async def walk(engine: Engine, world: World, sheet: Kept) -> None:
    """Write a sheet of the world's jobs, two a page."""
    session = await engine.sign_in(await issue_for(world.owner.id, 1))
    text = "{ jobs(first: 2, sort: [{ field: NAME, direction: ASC }]) { nodes { name account { name } } } }"
    await engine.sheet(engine.prepare(Request(text), session), session, sheet)


async def test_a_sheet_is_of_one_moment(world: World, engine: Engine) -> None:
    jobs = [await world.job(f"{number}") for number in range(6)]
    owner = world.acting(world.owner)

    async def change(_: Kept) -> None:
        await update_job(owner, job_id=jobs[4].id, name="0 renamed")
        await delete_job(owner, job_id=jobs[5].id)
        await update_account(owner, account_id=world.account.id, name="Renamed")
        for name in ("00", "4 and a half", "9"):
            await world.job(name)

    sheet = Kept(change)
    await walk(engine, world, sheet)
    assert sheet.rows == [[f"{number}", "Acme"] for number in range(6)]
    # The control: from now on it is another.
    sheet = Kept(_nothing)
    await walk(engine, world, sheet)
    assert [row[0] for row in sheet.rows] == ["0", "0 renamed", "00", "1", "2", "3", "4 and a half", "9"]
    assert {row[1] for row in sheet.rows} == {"Renamed"}


async def _nothing(_: Kept) -> None:
    pass


async def test_whoever_leaves_holds_no_connection(world: World, engine: Engine) -> None:
    """Nor does whoever's sheet fails, or is cancelled."""
    for number in range(6):
        await world.job(f"{number}")
    holding: list[int] = []

    async def leave(sheet: Kept) -> None:
        holding.append(await _in_transactions())
        sheet.wanted = False

    sheet = Kept(leave)
    await walk(engine, world, sheet)
    assert (len(sheet.rows), holding, await _in_transactions()) == (2, [1], 0)

    async def fail(_: Kept) -> None:
        raise OSError("The disk is full.")

    with pytest.raises(OSError, match="full"):
        await walk(engine, world, Kept(fail))
    assert await _in_transactions() == 0

    async def cancel(_: Kept) -> None:
        task.cancel()

    sheet = Kept(cancel)
    task = asyncio.create_task(walk(engine, world, sheet))
    with pytest.raises(asyncio.CancelledError):
        await task
    await settle()
    assert (len(sheet.rows), await _in_transactions()) == (2, 0)


async def test_a_sheet_leaves_half_of_a_minutes_points_for_what_else_is_asked(
    world: World, servers: embedded.Servers
) -> None:
    for number in range(6):
        await world.job(f"{number}")
    looks: list[float] = []
    now = 0.0

    def clock() -> float:
        looks.append(now)
        return now

    points = Points(10_000, clock=clock)
    async with hub_on(servers.redis_url) as hub:
        sheet = Kept(_nothing)
        # 1 + 2 * (1 + 1) a page: enough for two of the three.
        points.spend(world.owner.id, 4_990)
        task = asyncio.create_task(walk(Engine(graphql_schema(), hub, points=points), world, sheet))
        await wait_until(lambda: len(sheet.rows) == 4)
        before = len(looks)
        await wait_until(lambda: len(looks) > before + 3)
        assert len(sheet.rows) == 4
        points.spend(world.owner.id, 4_000)
        now = 60.0
        await task
    assert len(sheet.rows) == 6


async def test_more_rows_than_a_sheet_has_are_refused_before_the_first(
    world: World, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        await world.job(f"{number}")
    for most, rows in ((5, 0), (6, 6)):
        monkeypatch.setattr("engine.sheets.walk.MOST_ROWS", most)
        sheet = Kept(_nothing)
        with contextlib.suppress(Refused):
            await walk(engine, world, sheet)
        assert len(sheet.rows) == rows
    monkeypatch.setattr("engine.sheets.walk.MOST_ROWS", 5)
    with pytest.raises(Refused) as caught:
        await walk(engine, world, Kept(_nothing))
    (error,) = caught.value.errors
    assert error["extensions"] == {"code": "LIMIT", "limit": "rows"}
    assert error["message"] == "A sheet has at most 5 rows. Narrow the list with its filter."


async def _in_transactions() -> int:
    """How many connections of this database read a snapshot, and wait."""
    idle = "datname = current_database() AND state = 'idle in transaction'"
    (row,) = await sql(f"SELECT count(*) FROM pg_stat_activity WHERE {idle}")
    count: int = row["count"]
    return count


@pytest.fixture(scope="module")
async def small(database: str, servers: embedded.Servers) -> AsyncIterator[Api]:
    """A server that gives few points."""
    async with serving(database, servers.redis_url, points_a_minute=Limits().cost) as api:
        yield api


async def test_a_sheet_costs_what_its_pages_cost(world: World, small: Api) -> None:
    for number in range(12):
        await world.job(f"{number}")
    # 1 + 1 + 100 * (1 + 5), for each of them.
    dear = "account { jobs(first: 100) { nodes { tasks { id } } } }"
    page = f"jobs(first: 1) {{ nodes {{ id {' '.join(f'a{n}: {dear}' for n in range(15))} }} }}"
    cost = (await small.post(world.owner, f"{{ {page} }}"))["extensions"]["cost"]["actual"]
    answer = await small.sheet(world.admin, f"{{ {page} }}")
    (error,) = answer.json()["errors"]
    assert (answer.status, error["extensions"]) == (400, {"code": "LIMIT", "limit": "points"})
    assert f"These are 12 rows, and a sheet of this selection may have {10 * Limits().cost // cost}" in error["message"]
    # 1 + 5 * (1 + 1 + 1 + 50 * (1 + 5)), three times.
    page = f"jobs(first: 5) {{ nodes {{ {dear.replace('100', '50')} }} }}"
    assert len(table(await small.sheet(world.employee, f"{{ {page} }}"))) == 13
    answer = await small.ask_in_bytes(world.employee, "{ viewer { role } }", {})
    left = int(answer.headers["ratelimit"].split(";")[1].removeprefix("r="))
    assert Limits().cost - 3 * 1516 <= left + 2 < Limits().cost - 2 * 1516
    page = f"jobs(first: 2) {{ nodes {{ {' '.join(f'a{n}: {dear}' for n in range(8))} }} }}"
    for _ in range(20):
        answer = await small.sheet(world.stranger, f"{{ {page} }}")
        if answer.status == 429:
            break
    assert (answer.status, answer.json()["errors"][0]["extensions"]["limit"]) == (429, "points")
    assert int(answer.headers["retry-after"]) > 0
