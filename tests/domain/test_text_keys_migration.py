"""How rows from before got the keys of their texts. What was there twice by then stays there, as it was."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest

import embedded
from models.actor import Actor
from models.commands.tags import create_tag, update_tag
from models.connection import credentials, migrate
from models.errors import RuleBroken
from models.ids import new_id
from models.lookup import member_at
from models.reading_order import order_key
from models.rights import Role
from models.rows import Member, Tag
from tests.databases import on, own_database

#: More than are written at a time.
MANY = 10_050


@pytest.fixture
async def old(servers: embedded.Servers) -> AsyncIterator[str]:
    """A database from before."""
    async with own_database(servers, "before_keys", migrated_to="0003_log_by_month") as url:
        yield url


@pytest.fixture
async def db(old: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to it."""
    connection = await asyncpg.connect(**credentials(old))
    yield connection
    await connection.close()


async def new_firm(db: asyncpg.Connection) -> UUID:
    firm: UUID = await db.fetchval(
        "INSERT INTO firm (id, version, name, time_zone, currency, client_status_enabled, count_pending_ach, "
        "revision, scope_revision, epoch, created_at) "
        "VALUES ($1, 1, 'F', 'UTC', 'USD', true, false, 0, 0, $1, now()) RETURNING id",
        new_id(),
    )
    return firm


async def new_tag(db: asyncpg.Connection, firm: UUID, name: str) -> UUID:
    id = new_id()
    await db.execute(
        "INSERT INTO tag (id, version, firm_id, name, color) VALUES ($1, 1, $2, $3, '#ffffff')", id, firm, name
    )
    return id


async def new_member(db: asyncpg.Connection, firm: UUID, email: str, name: str = "M") -> UUID:
    id = new_id()
    await db.execute(
        "INSERT INTO member (id, version, firm_id, email, name, role, given_rights, capacity, active, created_at) "
        "VALUES ($1, 1, $2, $3, $4, 'EMPLOYEE', '[]', 2400, true, now())",
        id,
        firm,
        email,
        name,
    )
    return id


async def rows(db: asyncpg.Connection, table: str) -> list[Any]:
    return [dict(row) for row in await db.fetch(f"SELECT * FROM {table} ORDER BY id")]


def without_keys(found: list[Any]) -> list[Any]:
    made = ("name_key", "email_key", "name_order")
    return [{name: value for name, value in row.items() if name not in made} for row in found]


async def test_tags_that_are_the_same_stay_and_can_be_set_right(old: str, db: asyncpg.Connection) -> None:
    firm, other = await new_firm(db), await new_firm(db)
    composed, decomposed = await new_tag(db, firm, "Café"), await new_tag(db, firm, "Cafe\u0301")
    third, elsewhere = await new_tag(db, firm, "Ca\u200bfé"), await new_tag(db, other, "Cafe\u0301")
    before = await rows(db, "tag")
    await migrate(old)
    after = await rows(db, "tag")
    assert without_keys(after) == before
    keys = {row["id"]: row["name_key"] for row in after}
    assert keys[composed] == keys[elsewhere] == "café"
    assert len({keys[composed], keys[decomposed], keys[third]}) == 3
    async with on(old):
        owner = await Member.create(firm_id=firm, email="olive@f.test", name="Olive", role=Role.OWNER)
        actor = Actor.member(firm, owner.id)
        with pytest.raises(RuleBroken):
            await create_tag(actor, name="CAFÉ", color="#ffffff")
        with pytest.raises(RuleBroken):
            await update_tag(actor, tag_id=decomposed, name="CAFÉ")
        # What is not their name can change, and so can the name.
        assert (await update_tag(actor, tag_id=decomposed, name="Cafe\u0301", color="#000000")).value.version == 2
        await update_tag(actor, tag_id=decomposed, name="Coffee")
        await update_tag(actor, tag_id=composed, name="CAFÉ")
        assert (await Tag.get(id=decomposed)).name_key == "coffee"


async def test_who_has_the_same_address_as_another_signs_in_with_their_own(old: str, db: asyncpg.Connection) -> None:
    firm = await new_firm(db)
    first, second = await new_member(db, firm, "straße@x.test"), await new_member(db, firm, "strasse@x.test")
    before = await rows(db, "member")
    await migrate(old)
    assert without_keys(await rows(db, "member")) == before
    async with on(old):
        assert await member_at("straße@x.test") == await member_at("STRAßE@X.test ") == first
        assert await member_at("strasse@x.test") == await member_at("STRASSE@x.test") == second
        assert await member_at("ＳＴＲＡＳＳＥ@x.test") == first


async def test_what_is_listed_by_name_is_sorted_bytewise(old: str, db: asyncpg.Connection) -> None:
    firm = await new_firm(db)
    names = ["b", "A", "\u00e9", "a"]
    for number, name in enumerate(names):
        await new_tag(db, firm, name)
        await new_member(db, firm, f"m{number}@x.test", name)
        await db.execute(
            "INSERT INTO account (id, version, firm_id, name, type, created_at) VALUES ($1, 1, $2, $3, 'OTHER', now())",
            new_id(),
            firm,
            name,
        )
    before = {table: await rows(db, table) for table in ("tag", "member", "account")}
    await migrate(old)
    for table, kept in before.items():
        assert without_keys(await rows(db, table)) == kept
        found = await db.fetch(f"SELECT name, name_order FROM {table} ORDER BY name_order")
        assert [(row["name"], row["name_order"]) for row in found] == [
            (name, order_key(name)) for name in ("a", "A", "b", "\u00e9")
        ]
    columns = await db.fetch(
        "SELECT attnotnull, collname FROM pg_attribute JOIN pg_collation c ON c.oid = attcollation "
        "JOIN pg_class t ON t.oid = attrelid WHERE attname = 'name_order' AND t.relkind = 'r'"
    )
    assert [tuple(row) for row in columns] == [(True, "C")] * 7
    indexes = " ".join(row["indexdef"] for row in await db.fetch("SELECT indexdef FROM pg_indexes"))
    assert "(firm_id, name_order, id)" in indexes
    assert "(firm_id, name, id)" not in indexes


async def test_many_rows_get_their_keys_and_none_is_without(old: str, db: asyncpg.Connection) -> None:
    firm = await new_firm(db)
    await db.execute(
        "INSERT INTO tag (id, version, firm_id, name, color) "
        "SELECT gen_random_uuid(), 1, $1, 'Tag ' || number, '#ffffff' FROM generate_series(1, $2) AS number",
        firm,
        MANY,
    )
    await migrate(old)
    assert await db.fetchval("SELECT count(*) FROM tag WHERE name_key = lower(name)") == MANY
    with pytest.raises(asyncpg.NotNullViolationError):
        await new_tag(db, firm, "Without")
