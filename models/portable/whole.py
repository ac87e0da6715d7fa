"""Whether a firm that was just written is one: all that it names is its own, and its log has no gaps."""

from collections.abc import Collection, Iterator, Mapping
from uuid import UUID

from models.bounds import FOLDER_LEVELS, FOLDERS_OF_ACCOUNT
from models.database import sql
from models.ids import Kind
from models.portable.faults import Unrestorable
from models.portable.tables import PortableTable, portable_tables


async def begin_naming() -> None:
    """Have a place, until the transaction ends, for all ids that a firm names."""
    await sql("CREATE TEMPORARY TABLE named (id uuid PRIMARY KEY) ON COMMIT DROP")


async def note_named(ids: Collection[UUID]) -> None:
    """Remember ids that the firm names: its own, and those in its columns, its JSON and its log."""
    await sql("INSERT INTO named SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING", list(ids))


async def expect_whole(firm_id: UUID, rows: Mapping[str, int]) -> None:
    """`Unrestorable` unless the firm has as many rows in each table as were written, none of whose ids another one has,
    names nothing of another firm's, has nothing of one account at another, and has each revision of its log from the
    first that is kept."""
    tables = portable_tables()
    for table in tables:
        if table.name in rows:
            await _expect_own(table, firm_id, rows[table.name])
    await _expect_ids_once(tables, firm_id)
    await _expect_named_own(tables, firm_id)
    for part, others in _at_other_accounts(tables):
        if await sql(f"SELECT FROM {others} LIMIT 1", firm_id):
            raise Unrestorable(f"{part}: a thing of one account is at another.")
    await _expect_no_gaps(firm_id)


async def _expect_own(table: PortableTable, firm_id: UUID, written: int) -> None:
    (found,) = await sql(f"SELECT count(*) AS number FROM {table.name} WHERE {table.condition}", firm_id)
    if found["number"] != written:
        raise Unrestorable(f"{table.part}: rows belong to things of another firm.")
    if table.name == Kind.FOLDER:
        await _expect_trees(firm_id, written)


async def _expect_trees(firm_id: UUID, number: int) -> None:
    """Folders are within each other as commands let them be: whoever reads them goes from one to the next."""
    (found,) = await sql(
        "WITH RECURSIVE reached AS (SELECT id, 1 AS level FROM folder WHERE firm_id = $1 AND parent_id IS NULL "
        "UNION ALL SELECT folder.id, level + 1 FROM folder JOIN reached ON folder.parent_id = reached.id "
        "WHERE level < $2) SELECT count(*) AS number FROM reached",
        firm_id,
        FOLDER_LEVELS.most,
    )
    if found["number"] != number:
        raise Unrestorable(f"Folders are within each other in a circle, or more than {FOLDER_LEVELS.most} levels deep.")
    many = "SELECT FROM folder WHERE firm_id = $1 GROUP BY account_id HAVING count(*) > $2 LIMIT 1"
    if await sql(many, firm_id, FOLDERS_OF_ACCOUNT.most):
        raise Unrestorable(f"An account has more than {FOLDERS_OF_ACCOUNT.most} folders.")


def _at_other_accounts(tables: tuple[PortableTable, ...]) -> Iterator[tuple[str, str]]:
    """What is of one account is in, or linked to, what is of the same: else who sees the one would see of the other.
    The part of each such column, and what finds rows that are not so."""
    at = {table.name: table for table in tables if table.columns.keys() >= {"id", "account_id"}}
    jobs = "(SELECT item, account_id FROM job_item JOIN job ON job.id = job_id WHERE job_item.firm_id = $1)"
    files = "(SELECT owner_id, account_id FROM file WHERE firm_id = $1)"
    for table in at.values():
        rows = f"(SELECT * FROM {table.name} WHERE firm_id = $1)"
        named = [(table.part, rows, name, of.of) for name, of in table.columns.items() if of.of in at]
        besides = [
            ("rows/job_item.jsonl", jobs, "item", table.name),
            ("rows/file.jsonl", files, "owner_id", table.name),
        ]
        for part, mine, column, of in (*named, *besides):
            yield (
                part,
                f"{mine} AS mine JOIN {of} AS its ON its.id = mine.{column} AND its.account_id <> mine.account_id",
            )


async def _expect_ids_once(tables: tuple[PortableTable, ...], firm_id: UUID) -> None:
    """Ids are one space over all tables: what is kept beside things, such as links, goes by their ids alone."""
    own = " UNION ALL ".join(
        f"SELECT id FROM {table.name} WHERE {table.condition}" for table in tables if "id" in table.columns
    )
    twice = await sql(f"SELECT id FROM ({own}) AS own GROUP BY id HAVING count(*) > 1 LIMIT 1", firm_id)
    if twice:
        raise Unrestorable(f"Two things have one id: {twice[0]['id']}.")


async def _expect_named_own(tables: tuple[PortableTable, ...], firm_id: UUID) -> None:
    """What is named may be gone, where no foreign key holds it, but is nothing of another firm."""
    await sql("ANALYZE named")
    for table in tables:
        if "id" in table.columns:
            whose = "id" if table.name == "firm" else "firm_id"
            others = f"SELECT FROM named JOIN {table.name} AS thing USING (id) WHERE thing.{whose} <> $1 LIMIT 1"
            if await sql(others, firm_id):
                raise Unrestorable(f"It names things of another firm, or has their ids: of the table {table.name}.")


async def _expect_no_gaps(firm_id: UUID) -> None:
    (log,) = await sql(
        "SELECT max(event.revision) - min(event.revision) + 1 AS span, count(DISTINCT event.revision) AS number, "
        "max(event.revision) AS last, firm.revision FROM firm LEFT JOIN event ON event.firm_id = firm.id "
        "WHERE firm.id = $1 GROUP BY firm.revision",
        firm_id,
    )
    if log["number"] and (log["span"] != log["number"] or log["last"] != log["revision"]):
        raise Unrestorable("The log lacks revisions.")
    # The key of the log, in partitions, has the time in it: of two events with one number, that of one would differ.
    several = "SELECT revision FROM event WHERE firm_id = $1 GROUP BY revision HAVING min(at) < max(at) LIMIT 1"
    for found in await sql(several, firm_id):
        raise Unrestorable(f"The log has events of revision {found['revision']} at several times.")
