"""Whether a firm that was just written is one: all that it names is its own, and its log has no gaps."""

from collections.abc import Iterator, Mapping
from uuid import UUID

from models.database import sql
from models.portable.faults import Unrestorable
from models.portable.tables import PortableTable, portable_tables


async def expect_whole(firm_id: UUID, rows: Mapping[str, int]) -> None:
    """`Unrestorable` unless the firm has as many rows in each table as were written, names nothing of another one's,
    and has each revision of its log from the first that is kept."""
    tables = portable_tables()
    for table in tables:
        await _expect_own(table, firm_id, rows.get(table.name))
    await _expect_unbound_own(tables, firm_id)
    await _expect_no_gaps(firm_id)


async def _expect_own(table: PortableTable, firm_id: UUID, written: int | None) -> None:
    if written is not None:
        (found,) = await sql(f"SELECT count(*) AS number FROM {table.name} WHERE {table.condition}", firm_id)
        if found["number"] != written:
            raise Unrestorable(f"{table.part}: rows belong to things of another firm.")
        if table.within is not None:
            await _expect_no_circle(table, table.within, firm_id, written)
    for column, of in _references(table):
        key = "id" if of == "firm" else "firm_id"
        others = (
            f"SELECT FROM {table.name} AS mine JOIN {of} AS named ON named.id = mine.{column} "
            f"WHERE mine.{table.condition} AND named.{key} <> $1 LIMIT 1"
        )
        if await sql(others, firm_id):
            raise Unrestorable(f"{table.part}: {column} names a thing of another firm.")


async def _expect_no_circle(table: PortableTable, within: str, firm_id: UUID, number: int) -> None:
    """Whatever is within another row is, in the end, within one that is in none."""
    (found,) = await sql(
        f"WITH RECURSIVE reached AS (SELECT id FROM {table.name} WHERE {table.condition} AND {within} IS NULL "
        f"UNION ALL SELECT one.id FROM {table.name} AS one JOIN reached ON one.{within} = reached.id) "
        "SELECT count(*) AS number FROM reached",
        firm_id,
    )
    if found["number"] != number:
        raise Unrestorable(f"{table.part}: rows are within each other.")


def _references(table: PortableTable) -> Iterator[tuple[str, str]]:
    owned = {other.name for other in portable_tables() if "firm_id" in other.columns or other.name == "firm"}
    for column in table.columns.values():
        if column.of in owned:
            yield column.name, column.of


async def _expect_unbound_own(tables: tuple[PortableTable, ...], firm_id: UUID) -> None:
    """Where no foreign key holds an id to what there is, it may name what is gone, but nothing of another firm."""
    await sql("CREATE TEMPORARY TABLE unbound (id uuid PRIMARY KEY) ON COMMIT DROP")
    for table in tables:
        if names := table.unbound:
            await sql(
                "INSERT INTO unbound SELECT DISTINCT named "
                f"FROM {table.name} AS mine, unnest(ARRAY[{', '.join(names)}]) AS named "
                f"WHERE mine.{table.condition} AND named IS NOT NULL ON CONFLICT DO NOTHING",
                firm_id,
            )
    await sql("ANALYZE unbound")
    for table in tables:
        if table.columns.keys() >= {"id", "firm_id"}:
            others = f"SELECT FROM unbound JOIN {table.name} AS named USING (id) WHERE named.firm_id <> $1 LIMIT 1"
            if await sql(others, firm_id):
                raise Unrestorable(f"Rows name things of another firm, of the table {table.name}.")


async def _expect_no_gaps(firm_id: UUID) -> None:
    (log,) = await sql(
        "SELECT max(event.revision) - min(event.revision) + 1 AS span, count(DISTINCT event.revision) AS number, "
        "max(event.revision) AS last, firm.revision FROM firm LEFT JOIN event ON event.firm_id = firm.id "
        "WHERE firm.id = $1 GROUP BY firm.revision",
        firm_id,
    )
    if log["number"] and (log["span"] != log["number"] or log["last"] != log["revision"]):
        raise Unrestorable("The log lacks revisions.")
