"""Every list whose description says "by name" is in one order: in SQL and in Python, on any database.

The schema itself says which lists there are, so that one that is added later has to be known here.
"""

import re
from collections.abc import AsyncIterator
from random import Random
from typing import Any

import asyncpg
import pytest
from graphql import ExecutionResult, GraphQLObjectType, execute, get_named_type, parse

import embedded
from models.connection import credentials
from models.database import sql
from models.firm.account_roles import AccountRole, AccountRoleHolder
from models.firm.saved_views import SavedView
from models.ids import Kind, encode
from models.items.folders import Folder
from models.items.wiki_pages import WikiPage
from models.reading_order import order_key
from models.rows import (
    Account,
    AccountMember,
    AccountTag,
    Category,
    ClientStatus,
    Frequency,
    Job,
    JobAssignee,
    Member,
    Pipeline,
    PipelineMember,
    Recurrence,
    RecurrenceAccount,
    Row,
    Status,
    Tag,
    Task,
    TaskAssignee,
)
from models.rows.contacts import Contact
from models.templates.content import TemplateKind
from models.templates.templates import Template
from models.texts import sameness
from models.viewers import viewer
from resolvers.context import Context
from resolvers.root import graphql_schema
from tests.api.selections import root_fields
from tests.api.test_statements import counted
from tests.databases import on, own_database
from tests.domain.test_reading_order import IN_ORDER
from tests.engine.execution_comparing import result_of
from tests.world import World

#: In no order, none of them the same as another.
NAMES = Random(7).sample([name for names in IN_ORDER.values() for name in dict.fromkeys(names)], 50)
NAMES = list(dict.fromkeys([*NAMES, "\U0001fae8 shaking", "\ufb01nance", "x" * 100, "é" * 100]))

#: Those that a firm may have as tags, or as roles: no two that are taken for the same.
TAGS = set({sameness(name): name for name in NAMES}.values())

#: By its type and field: the GraphQL type of the thing to ask, and how.
LISTS = {
    ("Query", "pipelines"): "{ pipelines(first: 100) { nodes { id name nameOrder } } }",
    ("Query", "accounts"): "{ accounts(first: 100) { nodes { id name nameOrder } } }",
    ("Query", "members"): "{ members(first: 100) { nodes { id name nameOrder } } }",
    ("Query", "tags"): "{ tags(first: 100) { nodes { id name nameOrder } } }",
    ("Query", "accountRoles"): "{ accountRoles(first: 100) { nodes { id name nameOrder } } }",
    ("Query", "savedViews"): "{ savedViews(first: 100) { nodes { id name nameOrder } } }",
    ("Query", "templates"): "{ templates(first: 100) { nodes { id name nameOrder } } }",
    ("Query", "recurrences"): "{ recurrences(first: 100) { nodes { id name nameOrder } } }",
    ("Recurrence", "accounts"): "{ node(id: %s) { ... on Recurrence { accounts(first: 100) "
    "{ nodes { id name nameOrder } } } } }",
    ("Query", "folders"): "{ folders(first: 100) { nodes { id name nameOrder } } }",
    ("Query", "wikiPages"): "{ wikiPages(first: 100) { nodes { id name nameOrder } } }",
    ("Query", "clientStatuses"): "{ clientStatuses(first: 100) { nodes { id name nameOrder } } }",
    ("JobSortField", "NAME"): "{ jobs(first: 100, sort: [{field: NAME}]) { nodes { id name nameOrder } } }",
    ("ContactSortField", "NAME"): "{ contacts(first: 100, sort: [{field: NAME}]) { nodes { id name nameOrder } } }",
    ("Account", "tags"): "{ node(id: %s) { ... on Account { tags { id name nameOrder } } } }",
    ("Account", "folders"): "{ node(id: %s) { ... on Account { folders { id name nameOrder } } } }",
    ("Account", "team"): "{ node(id: %s) { ... on Account { team { id name nameOrder } } } }",
    (
        "AccountRoleHolders",
        "members",
    ): "{ node(id: %s) { ... on Account { roles { members { id name nameOrder } } } } }",
    ("Pipeline", "statuses"): "{ node(id: %s) { ... on Pipeline { statuses { id name nameOrder category } } } }",
    ("Pipeline", "members"): "{ node(id: %s) { ... on Pipeline { members { id name nameOrder } } } }",
    ("Job", "assignees"): "{ node(id: %s) { ... on Job { assignees { id name nameOrder } } } }",
    ("Task", "assignees"): "{ node(id: %s) { ... on Task { assignees { id name nameOrder } } } }",
}
#: What "by name" is said of and is none of the server's lists.
NO_LISTS = {
    ("JobOrder", "NAME"): "how a board is ordered: tests/api/test_within.py",
    ("UserError", "parameters"): "the names of parameters",
    # Too few for all of the names here. They are sorted by the column that the lists of contacts and members are.
    **{(name, "recipients"): "20 contacts at most" for name in ("ClientRequest", "Organizer")},
    **{(f"{name}Filter", "recipient"): "which of these" for name in ("ClientRequest", "Organizer")},
    ("Message", "mentions"): "20 members at most",
    ("Stage", "conditionalTags"): "sorted by the column that the tags of accounts are",
    **{(name, "GROUP"): "the rows of a report" for name in graphql_schema().type_map if name.endswith("ReportOrder")},
}
LOCALES = {
    "embedded": "",
    "unicode": "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'PG_UNICODE_FAST' LOCALE 'C'",
    "of the machine": "LOCALE_PROVIDER libc LOCALE '{}'",
}


@pytest.fixture(scope="module", params=LOCALES)
async def library(request: pytest.FixtureRequest, servers: embedded.Servers) -> AsyncIterator[World]:
    """A firm with each of these names for everything, on a database of this locale."""
    locale = LOCALES[request.param].format(await _of_the_machine(servers))
    async with own_database(servers, f"order_{len(locale)}", locale=locale) as url, on(url):
        world = await World.build("library")
        await _fill(world)
        yield world


async def _of_the_machine(servers: embedded.Servers) -> str:
    """A locale that knows a language, where there is one."""
    admin = await asyncpg.connect(**credentials(servers.database_url))
    try:
        found = await admin.fetch(
            "SELECT collname FROM pg_collation WHERE collprovider = 'c' AND collencoding = 6 "
            "ORDER BY collname = 'C.utf8', collname"
        )
        return str(found[0]["collname"]) if found else "C"
    finally:
        await admin.close()


async def _fill(world: World) -> None:
    firm_id, account_id, pipeline_id = world.firm.id, world.account.id, world.pipeline.id
    job = await world.job("Job")
    task = await Task.create(firm_id=firm_id, account_id=account_id, name="Task", created_at=job.created_at)
    own = [{"firm_id": firm_id, "name": name} for name in NAMES]
    members = [Member(**each, email=f"m{number}@library.test", role="EMPLOYEE") for number, each in enumerate(own)]
    tags = [Tag(firm_id=firm_id, name=name, color="#ffffff") for name in TAGS]
    roles = [AccountRole(firm_id=firm_id, name=name) for name in TAGS]
    custom = {"pipeline_id": pipeline_id, "category": Category.CUSTOM, "color": "#ffffff"}
    holder = {"account_id": account_id, "account_role_id": roles[0].id}
    accounts = [Account(**each, type="OTHER") for each in own]
    often: dict[str, Any] = {
        "pipeline_id": pipeline_id,
        "frequency": Frequency.DAILY,
        "first_day": job.created_at.date(),
        "next_day": job.created_at.date(),
        "time_of_day": "00:00",
        "ended_at": job.created_at,
    }
    recurrence = Recurrence(firm_id=firm_id, name="Recurrence", **often)
    rows: list[list[Any]] = [
        members,
        tags,
        roles,
        accounts,
        [Pipeline(**each) for each in own],
        [SavedView(**each, member_id=member.id, shared=True) for each, member in zip(own, members, strict=True)],
        [ClientStatus(**each, color="#ffffff") for each in own],
        [Template(firm_id=firm_id, name=name, template_kind=TemplateKind.TASK) for name in TAGS],
        [Folder(firm_id=firm_id, account_id=account_id, name=name) for name in TAGS],
        [Contact(**each) for each in own],
        [WikiPage(**each, account_id=account_id, text="Page", created_at=job.created_at) for each in own],
        [Status(**each, **custom) for each in own],
        [_like(job, name) for name in NAMES],
        [Recurrence(**each, **often) for each in own],
        [recurrence],
        [RecurrenceAccount(recurrence_id=recurrence.id, account_id=account.id) for account in accounts],
        [AccountTag(account_id=account_id, tag_id=tag.id) for tag in tags],
        [AccountMember(account_id=account_id, member_id=member.id) for member in members],
        [AccountRoleHolder(**holder, member_id=member.id) for member in members],
        [PipelineMember(pipeline_id=pipeline_id, member_id=member.id) for member in members],
        [JobAssignee(job_id=job.id, member_id=member.id) for member in members],
        [TaskAssignee(task_id=task.id, member_id=member.id) for member in members],
    ]
    for of_one_kind in rows:
        await type(of_one_kind[0]).bulk_create(of_one_kind)


def _like(job: Job, name: str) -> Job:
    same = (
        "firm_id",
        "account_id",
        "pipeline_id",
        "stage_id",
        "status_id",
        "position",
        "stage_entered_at",
        "created_at",
    )
    return Job(name=name, **{column: getattr(job, column) for column in same})


async def asked(world: World, text: str) -> Any:
    """The data, without a server: there is one for the run's own database only."""
    seen = await viewer(world.owner.id)
    result: ExecutionResult = await result_of(lambda: execute(graphql_schema(), parse(text), None, Context.of(seen)))
    assert result.errors is None
    return result.data


def things(data: Any) -> list[dict[str, Any]]:
    """The list in an answer, however deep."""
    while isinstance(data, dict) or len(data) == 1:
        (data,) = data.values() if isinstance(data, dict) else data
    return data  # type: ignore[no-any-return]


async def listed(world: World, where: tuple[str, str]) -> list[dict[str, Any]]:
    """What a list holds, in its order."""
    text = LISTS[where]
    if "%s" in text:
        kind = Kind.ACCOUNT if where[0] == "AccountRoleHolders" else Kind(where[0].lower())
        models: dict[Kind, type[Row]] = {Kind.JOB: Job, Kind.TASK: Task, Kind.RECURRENCE: Recurrence}
        row = await models[kind].get(firm_id=world.firm.id, name=where[0]) if kind in models else None
        id = row.id if row is not None else {Kind.ACCOUNT: world.account, Kind.PIPELINE: world.pipeline}[kind].id
        text = text % f'"{encode(kind, id)}"'
    return things(await asked(world, text))


def by_name() -> set[tuple[str, str]]:
    """Whatever the schema describes so."""
    found = set()
    for name, type_ in graphql_schema().type_map.items():
        for field, definition in {**getattr(type_, "fields", {}), **getattr(type_, "values", {})}.items():
            if re.search(r"\bby name\b", definition.description or "", re.IGNORECASE) and field != "nameOrder":
                found.add((name, field))
    return found


def test_every_list_by_name_is_known() -> None:
    assert by_name() == LISTS.keys() | NO_LISTS.keys()
    # Each of the things in them says by what it is sorted.
    for owner, field in by_name() - NO_LISTS.keys() - {("JobSortField", "NAME"), ("ContactSortField", "NAME")}:
        type_: Any = get_named_type(graphql_schema().type_map[owner].fields[field].type)  # type: ignore[attr-defined]
        node = get_named_type(type_.fields["nodes"].type) if "nodes" in type_.fields else type_
        assert isinstance(node, GraphQLObjectType)
        assert "nameOrder" in node.fields, (owner, field)


@pytest.mark.parametrize("where", LISTS, ids=".".join)
async def test_lists_by_name_are_in_the_order_of_a_reader(library: World, where: tuple[str, str]) -> None:
    shown = await listed(library, where)
    if where == ("Pipeline", "statuses"):
        shown = [status for status in shown if status["category"] == "CUSTOM"]
    assert {thing["name"] for thing in shown} >= (
        TAGS if where[1] in ("tags", "accountRoles", "templates", "folders") else set(NAMES)
    )
    assert [thing["nameOrder"] for thing in shown] == [order_key(thing["name"]) for thing in shown]
    assert shown == sorted(shown, key=lambda thing: (thing["nameOrder"], thing["id"]))


async def test_the_same_things_come_in_the_same_order_wherever_they_are_listed(library: World) -> None:
    for one, other in ((("Query", "tags"), ("Account", "tags")), (("Query", "members"), ("Account", "team"))):
        within = [thing["id"] for thing in await listed(library, other)]
        assert [thing["id"] for thing in await listed(library, one) if thing["id"] in set(within)] == within


@pytest.mark.parametrize("way", ["first", "last"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_pages_by_name_miss_and_repeat_nothing(library: World, way: str, direction: str) -> None:
    cursor, more, at = (
        ("after", "hasNextPage", "endCursor") if way == "first" else ("before", "hasPreviousPage", "startCursor")
    )
    found: list[str] = []
    place = ""
    while True:
        text = (
            f"{{ jobs({way}: 7 {place} sort: [{{field: NAME, direction: {direction}}}]) "
            f"{{ nodes {{ name }} pageInfo {{ {more} {at} }} }} }}"
        )
        page = (await asked(library, text))["jobs"]
        names = [node["name"] for node in page["nodes"]]
        found = found + names if way == "first" else names + found
        if not page["pageInfo"][more]:
            break
        place = f'{cursor}: "{page["pageInfo"][at]}"'
    assert found == sorted(["Job", *NAMES], key=order_key, reverse=direction == "DESC")


async def test_no_statement_leaves_an_order_to_the_database(library: World) -> None:
    """Text that is sorted is of a column that is compared bytewise."""
    rows = await sql(
        "SELECT attname AS name, bool_and(collname = 'C') AS bytewise FROM pg_attribute "
        "JOIN pg_class ON pg_class.oid = attrelid JOIN pg_collation ON pg_collation.oid = attcollation "
        "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND attnum > 0 GROUP BY attname"
    )
    bytewise = {row["name"]: row["bytewise"] for row in rows}
    assert bytewise["name_order"]
    assert bytewise["position"]
    sorted_by: set[str] = set()
    with counted() as statements:
        for where in LISTS:
            await listed(library, where)
    for statement in statements:
        for order in re.findall(r"ORDER BY (.+?)(?: LIMIT|\)|$)", statement.replace('"', ""), re.DOTALL):
            sorted_by |= {part.split()[0].rpartition(".")[2] for part in order.split(",")}
    assert "name_order" in sorted_by
    assert {column for column in sorted_by if not bytewise.get(column, True)} == set()
    assert set(root_fields("query")) >= {field for owner, field in LISTS if owner == "Query"}
