"""A firm that was exported and restored answers what the first one answers: to every query that there is, as deep as
the schema goes."""

from __future__ import annotations

import re
from uuid import UUID, uuid4

import pytest

import demo
import embedded
from demo.people import FIRM, OWNER, TEAM
from interchange.exports.firm import export_firm
from interchange.restoring.firm import restore_firm
from models.database import sql
from models.ids import Kind, encode
from models.portable.tables import portable_tables
from models.rows import Member
from tests.api.asking import QUERIES
from tests.api.furnished import Furnished
from tests.api.samples import asked, filled, ids_in
from tests.api.selections import document, root_fields
from tests.databases import on, own_database
from tests.interchange.answers import Pair, differing, discard_uploads, end_reminders, keep_key_of, list_contacts_anew
from tests.interchange.stores import NOWHERE
from tests.serving import Api

#: So many jobs: with a past, whose reports are not empty.
JOBS = 60

Asked = tuple[Pair, list[tuple[Member, Member]]]


@pytest.fixture(scope="module")
async def furnished(database: str, tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """A firm with one of everything, its copy, and whoever asks both: the owner, and an employee who sees a part."""
    firm = await Furnished.build()
    await list_contacts_anew(firm.world.firm.id)
    await keep_key_of(firm.world.firm.id, firm.things["job"])
    await discard_uploads(firm.world.firm.id)
    await end_reminders(firm.world.firm.id)
    pair = await Pair.of(firm.world.firm.id, f"c{uuid4().hex[:8]}", tmp_path_factory.mktemp("furnished"), firm.things)
    return pair, [await pair.members(each.email) for each in (firm.world.owner, firm.world.employee)]


@pytest.fixture(scope="module")
async def demonstrated(database: str, servers: embedded.Servers, tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """The demo firm, which comes from another installation with its own ids, and its copy."""
    path = tmp_path_factory.mktemp("demo")
    async with own_database(servers, "shown") as url, on(url):
        await demo.seed(jobs=JOBS)
        await export_firm(FIRM, path / "first.zip", NOWHERE)
    restored = await restore_firm(path / "first.zip", NOWHERE)
    pair = await Pair.of(restored.id, f"c{uuid4().hex[:8]}", path)
    return pair, [await pair.members(email) for email in (OWNER.email, TEAM[1].email)]


async def same(pair: Pair, members: list[tuple[Member, Member]], api: Api, query: str) -> int:
    """How many answers were compared."""
    number = 0
    for arguments, _ in asked(query, root_fields("query")[query]):
        if any(place.kind.value not in pair.things for _, place in ids_in(arguments)):
            continue  # The firm has none of these.
        text, variables = document("query", query, arguments), filled(arguments, pair.id)
        for first, second in members:
            expected = await api.post(first, text, **variables)
            answer = await api.post(second, text, **pair.copied(variables))
            assert list(differing(pair.told(expected), pair.told(answer, second=True))) == []
            number += 1
    return number


async def test_a_firm_with_everything_and_its_copy(furnished: Asked, api: Api) -> None:
    pair, members = furnished
    await pair.name_things()
    numbers = {query: await same(pair, members, api, query) for query in QUERIES}
    assert min(numbers.values()) >= len(members), numbers


async def test_the_demo_firm_and_its_copy(demonstrated: Asked, api: Api) -> None:
    pair, members = demonstrated
    await pair.name_things()
    numbers = {query: await same(pair, members, api, query) for query in QUERIES}
    assert sum(numbers.values()) >= len(QUERIES) * len(members) // 2


async def test_sheets_are_the_same(demonstrated: Asked, api: Api) -> None:
    pair, members = demonstrated
    await pair.name_things()
    query = "{ jobs(first: 50) { nodes { name dueDate priority account { name } stage { name } assignees { name } } } }"
    for first, second in members:
        sheets = [(await api.sheet(member, query)).body for member in (first, second)]
        assert sheets[0] == sheets[1]
        assert sheets[0].count(b"\n") > 10


async def test_invoices_go_on_without_a_gap(furnished: Asked, api: Api) -> None:
    pair, _ = furnished
    reached = "SELECT series, reached FROM invoice_series WHERE firm_id = $1 ORDER BY series"
    assert await sql(reached, pair.first) == await sql(reached, pair.second) != []


async def test_nothing_of_a_copy_names_what_is_the_first_ones(
    furnished: Asked,
) -> None:
    """In no column, nor in the JSON of one: not as the database has ids, nor as clients have them."""
    pair, _ = furnished
    first, second = await texts_of(pair.first), await texts_of(pair.second)
    ids = await ids_of(pair.first)
    assert len(ids) > 100
    for table, text in second.items():
        words = set(WORDS.findall(text))
        assert words & ids == set(), table
        # Each of these tables names something, where it has anything.
        assert ids & set(WORDS.findall(first[table])) or not text, table


WORDS = re.compile(r"[0-9a-z_-]{30,}")


async def texts_of(firm_id: UUID) -> dict[str, str]:
    """All that the firm has in each table, as text."""
    conditions = {table.name: table.condition for table in portable_tables()}
    conditions |= dict.fromkeys(("event", "search_entry"), "firm_id = $1")
    found = {}
    for name, condition in conditions.items():
        rows = await sql(f"SELECT t::text AS row FROM {name} t WHERE {condition}", firm_id)
        found[name] = "\n".join(row["row"] for row in rows)
    return found


async def ids_of(firm_id: UUID) -> set[str]:
    """The ids of all that the firm has, in every spelling."""
    found: set[str] = set()
    for table in portable_tables():
        if "id" in table.columns:
            rows = await sql(f"SELECT id FROM {table.name} WHERE {table.condition}", firm_id)
            found |= {str(row["id"]) for row in rows} | {encode(kind, row["id"]) for kind in Kind for row in rows}
    return found
