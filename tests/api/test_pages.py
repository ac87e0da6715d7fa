"""Walking a list page by page: each row once, in order, whichever way, through ties and nulls."""

import base64
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
import pytest

from models.commands.tasks import create_task
from models.commands.time import log_time
from models.database import sql
from models.ids import Kind, encode
from models.reading_order import LONGEST
from models.rows import Account, ClientStatus, Job, Pipeline, Priority, Tag
from resolvers.root import graphql_schema
from schema.inputs.filters import JobSortField
from tests.serving import Api
from tests.world import World

MANY = 9
SORTS = [
    None,
    *(
        f"[{{field: {field}, direction: {direction}}}]"
        for field in graphql_schema().type_map["JobSortField"].values  # type: ignore[attr-defined]
        for direction in ("ASC", "DESC")
    ),
    "[{field: DUE_DATE, direction: DESC}, {field: NAME}]",
    "[{field: NAME, direction: DESC}, {field: DUE_DATE}, {field: CREATED_AT, direction: DESC}]",
]


@pytest.fixture(scope="module")
async def shelf(database: str) -> World:
    """A firm with lists in which much is alike, and some dates are missing."""
    world = await World.build("shelf")
    now = datetime.now(UTC)
    for number in range(MANY):
        due = date(2026, 1, 1 + number // 3) if number % 3 else None
        priority = list(Priority)[number % 4]
        job = await world.job(f"Job {number // 2}", due_date=due, deadline=due, priority=priority)
        at = now - timedelta(days=number // 4)
        await Job.filter(id=job.id).update(created_at=at, stage_entered_at=at)
        owner = world.acting(world.owner)
        await create_task(owner, name="Task", job_id=job.id)
        await log_time(owner, minutes=5, job_id=job.id, day=date(2026, 1, 1 + number // 3))
        await Account.create(firm_id=world.firm.id, name=f"Account {number // 2}", type="OTHER")
        await Pipeline.create(firm_id=world.firm.id, name=f"Pipeline {number // 2}")
        await Tag.create(firm_id=world.firm.id, name=f"Tag {number}", color="#ffffff")
        await ClientStatus.create(firm_id=world.firm.id, name="Told", color="#ffffff")
        await world.member(f"Member {number // 2}")
    await sql("UPDATE task SET created_at = $2 WHERE firm_id = $1", world.firm.id, now)
    return world


async def pages(api: Api, world: World, name: str, arguments: str, *, backward: bool, size: int = 4) -> list[list[str]]:
    """The ids of each page, from one end of the list to the other."""
    way, cursor, more, on = (
        ("last", "before", "hasPreviousPage", "startCursor")
        if backward
        else ("first", "after", "hasNextPage", "endCursor")
    )
    query = (
        f"query Page($c: String) {{ {name}({way}: {size}, {cursor}: $c {arguments}) "
        f"{{ nodes {{ id }} edges {{ cursor node {{ id }} }} totalCount "
        "pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"
    )
    found: list[list[str]] = []
    at: str | None = None
    while True:
        page = (await api.ask(world.owner, query, c=at))[name]
        ids = [node["id"] for node in page["nodes"]]
        assert [edge["node"]["id"] for edge in page["edges"]] == ids
        assert page["pageInfo"]["startCursor"] == page["edges"][0]["cursor"]
        assert page["pageInfo"]["endCursor"] == page["edges"][-1]["cursor"]
        found.append(ids)
        if not page["pageInfo"][more]:
            assert sum(map(len, found)) == page["totalCount"]
            return found
        assert len(ids) == size
        at = page["pageInfo"][on]


async def walked(api: Api, world: World, name: str, arguments: str = "") -> list[str]:
    """The ids of a list, which are the same in both directions and in one page."""
    forward = [id for page in await pages(api, world, name, arguments, backward=False) for id in page]
    backward = [id for page in reversed(await pages(api, world, name, arguments, backward=True)) for id in page]
    assert forward == backward
    assert len(set(forward)) == len(forward) >= MANY
    assert forward == (await pages(api, world, name, arguments, backward=False, size=100))[0]
    return forward


@pytest.mark.parametrize("name", ["accounts", "clientStatuses", "members", "pipelines", "tags", "tasks", "timeEntries"])
async def test_a_list_is_walked_in_its_order(shelf: World, api: Api, name: str) -> None:
    ids = await walked(api, shelf, name)
    column, descending = {"tasks": ("created_at", False), "timeEntries": ("day", True)}.get(name, ("name_order", False))
    table = {"clientStatuses": "client_status", "timeEntries": "time_entry"}.get(name, name.removesuffix("s"))
    order = f"{column} DESC, id" if descending else f"{column}, id"
    rows = await sql(f"SELECT id FROM {table} WHERE firm_id = $1 ORDER BY {order}", shelf.firm.id)
    assert ids == [encode(Kind(table), row["id"]) for row in rows]


#: What the levels are in SQL, where they are not called as their columns.
LEVELS = {
    "NAME": ("name_order",),
    "PRIORITY": ("array_position(ARRAY['LOW', 'MEDIUM', 'HIGH', 'URGENT'], priority::text)",),
    "POSITION": ("stage_id", "position"),
}


@pytest.mark.parametrize("sort", SORTS)
async def test_jobs_are_walked_in_any_order(shelf: World, api: Api, sort: str | None) -> None:
    ids = await walked(api, shelf, "jobs", f", sort: {sort}" if sort else "")
    levels = [("created_at", "DESC")]
    if sort:
        fields = [part.partition(",") for part in sort.strip("[]{}").replace("field: ", "").split("}, {")]
        levels = [
            (column, "DESC" if "DESC" in direction else "ASC")
            for field, _, direction in fields
            for column in LEVELS.get(field, (field.lower(),))
        ]
    order = ", ".join(f"{column} {direction}" for column, direction in levels)
    rows = await sql(f"SELECT id FROM job WHERE firm_id = $1 ORDER BY {order}, id", shelf.firm.id)
    assert ids == [encode(Kind.JOB, row["id"]) for row in rows]


#: What an order may begin within.
WITHIN = {"firm_id", "stage_id"}


@pytest.mark.parametrize("field", list(JobSortField))
async def test_what_jobs_are_sorted_by_has_an_index(shelf: World, field: Any) -> None:
    indexes = await sql(
        "SELECT array_agg(attname::text ORDER BY attnum) AS columns FROM pg_index JOIN pg_attribute "
        "ON attrelid = indexrelid WHERE indrelid = 'job'::regclass AND indpred IS NULL GROUP BY indexrelid"
    )
    order = [*field.value.split(" "), "id"]
    found = [index["columns"] for index in indexes]
    assert any(columns == order or (columns[1:] == order and columns[0] in WITHIN) for columns in found), order


async def test_what_comes_before_a_null_is_found_too(shelf: World, api: Api) -> None:
    query = "query P($c: String!) { jobs(sort: [{field: DUE_DATE}], first: 100, before: $c) { nodes { dueDate } } }"
    last = "{ jobs(sort: [{field: DUE_DATE}], last: 1) { edges { cursor node { dueDate } } } }"
    (edge,) = (await api.ask(shelf.owner, last))["jobs"]["edges"]
    assert edge["node"]["dueDate"] is None
    found = (await api.ask(shelf.owner, query, c=edge["cursor"]))["jobs"]["nodes"]
    assert len(found) == MANY - 1


FIRST = "{ jobs(%s first: 1) { edges { cursor } } }"


@pytest.mark.parametrize(
    "other",
    [
        'jobs(after: "%s", sort: [{field: NAME}])',
        'jobs(before: "%s", sort: [{field: CREATED_AT, direction: ASC}])',
        'jobs(after: "%s", filter: {archived: false})',
        'tasks(after: "%s")',
        'members(after: "%s")',
    ],
)
async def test_a_cursor_of_another_list_is_refused(shelf: World, api: Api, other: str) -> None:
    cursor = (await api.ask(shelf.owner, FIRST % ""))["jobs"]["edges"][0]["cursor"]
    answer = await api.post(shelf.owner, f"{{ {other % cursor} {{ nodes {{ id }} }} }}")
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "INVALID"
    assert error["message"].startswith("This is not a cursor of this list.")


async def cursor_values(api: Api, world: World, arguments: str = "") -> list[Any]:
    """What is inside a good cursor."""
    cursor = (await api.ask(world.owner, FIRST % arguments))["jobs"]["edges"][0]["cursor"]
    values: list[Any] = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return values


@pytest.mark.parametrize(
    "tampered",
    [[], [1], [None, None, None], ["x", "y"], [5, 5], [True, True], [{}, []],
     ["2026-01-01T00:00:00", "x"], ["2026-01-01", None],
     ["9999-12-31T23:59:59+00:00", "\0"], ["0001-01-01T00:00:00+14:00", "00000000-0000-0000-0000-000000000000"]],
)  # fmt: skip
async def test_a_cursor_that_was_tampered_with_is_refused_or_harmless(
    shelf: World, api: Api, tampered: list[Any]
) -> None:
    of, *_ = await cursor_values(api, shelf)
    cursor = base64.urlsafe_b64encode(orjson.dumps([of, *tampered])).decode().rstrip("=")
    answer = await api.post(shelf.owner, "query A($c: String) { jobs(after: $c) { nodes { id } } }", c=cursor)
    codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
    assert codes <= {"INVALID"}


@pytest.mark.parametrize(("name", "id"), [("nul\0", "?"), ("x" * (LONGEST + 1), "?"), ("x", 5), (None, "?"), (5, "?")])
async def test_a_text_in_a_cursor_is_no_fault_either(shelf: World, api: Api, name: Any, id: Any) -> None:
    sort = "sort: [{field: NAME}],"
    of, _, good = await cursor_values(api, shelf, sort)
    cursor = base64.urlsafe_b64encode(orjson.dumps([of, name, good if id == "?" else id])).decode().rstrip("=")
    query = f"query A($c: String) {{ jobs({sort} after: $c) {{ nodes {{ id }} }} }}"
    answer = await api.post(shelf.owner, query, c=cursor)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INVALID"]


@pytest.mark.parametrize("cursor", ["", "!", "é", "bnVsbA", "W10", "e30", "A" * 5_000])
async def test_nonsense_is_no_cursor(shelf: World, api: Api, cursor: str) -> None:
    for query in ("jobs(after: $c) { nodes { id } }", "jobs(before: $c, last: 1) { nodes { id } }"):
        answer = await api.post(shelf.owner, f"query A($c: String) {{ {query} }}", c=cursor)
        assert answer["errors"][0]["extensions"]["code"] == "INVALID"


HISTORY = """
query History($id: ID!, $first: Int!, $after: String) { job(id: $id) { history(first: $first, after: $after) {
  nodes { revision at } pageInfo { hasNextPage endCursor } } } }"""


async def test_a_history_is_walked_from_the_newest(shelf: World, api: Api) -> None:
    job = encode(Kind.JOB, (await Job.filter(firm_id=shelf.firm.id).first()).id)  # type: ignore[union-attr]
    rename = "mutation R($i: UpdateJobInput!) { updateJob(input: $i) { errors { message } } }"
    for number in range(7):
        await api.ask(shelf.owner, rename, i={"jobId": job, "name": f"Name {number}"})
    whole = (await api.ask(shelf.owner, HISTORY, id=job, first=100))["job"]["history"]["nodes"]
    found: list[Any] = []
    after: str | None = None
    while True:
        page = (await api.ask(shelf.owner, HISTORY, id=job, first=2, after=after))["job"]["history"]
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == whole
    assert len(found) >= 8
    assert [int(node["revision"]) for node in found] == sorted((int(node["revision"]) for node in found), reverse=True)


@pytest.mark.parametrize("position", [[], [1], ["1", "0"], [-1, 0], [True, 0], [2**62, 2**62], [2**63, 0], [1.5, 0]])
async def test_a_cursor_of_a_history_that_was_tampered_with(shelf: World, api: Api, position: list[Any]) -> None:
    job = encode(Kind.JOB, (await Job.filter(firm_id=shelf.firm.id).first()).id)  # type: ignore[union-attr]
    good = (await api.ask(shelf.owner, HISTORY, id=job, first=1))["job"]["history"]["pageInfo"]["endCursor"]
    of = orjson.loads(base64.urlsafe_b64decode(good + "=" * (-len(good) % 4)))[0]
    cursor = base64.urlsafe_b64encode(orjson.dumps([of, *position])).decode().rstrip("=")
    answer = await api.post(shelf.owner, HISTORY, id=job, first=1, after=cursor)
    assert {error["extensions"]["code"] for error in answer.get("errors", [])} <= {"INVALID"}


async def test_an_alternative_that_asks_for_nothing_holds_for_all(shelf: World, api: Api) -> None:
    one = encode(Kind.JOB, (await Job.filter(firm_id=shelf.firm.id).first()).id)  # type: ignore[union-attr]
    document = "query Either($filter: JobFilter) { jobs(filter: $filter) { totalCount } }"
    wide: list[list[dict[str, Any]]] = [[{}], [{}, {"id": {"in": [one]}}], [{"or": [{}]}, {"id": {"in": []}}]]
    for alternatives in wide:
        found = await api.ask(shelf.owner, document, filter={"or": alternatives})
        assert found["jobs"]["totalCount"] == MANY, alternatives
    assert (await api.ask(shelf.owner, document, filter={"or": [{"id": {"in": [one]}}]}))["jobs"]["totalCount"] == 1
