"""How rows from before got the keys of their texts. What was there twice by then stays there, as it was."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest

import embedded
from models.actor import Actor
from models.commands.tags import create_tag, update_tag
from models.errors import RuleBroken
from models.lookup import member_at
from models.reading_order import order_key
from models.rights import Role
from models.rows import Member, Tag
from tests.databases import OldDatabase, database_before, on

#: More than are written at a time.
MANY = 10_050


@pytest.fixture
async def old(servers: embedded.Servers) -> AsyncIterator[OldDatabase]:
    """A database from before."""
    async with database_before(servers, "0004_text_keys") as old:
        yield old


async def new_tag(old: OldDatabase, firm: UUID, name: str) -> UUID:
    return await old.add("tag", firm_id=firm, name=name, color="#ffffff")


async def new_member(old: OldDatabase, firm: UUID, email: str, name: str = "M") -> UUID:
    return await old.member(firm, email=email, name=name)


def as_before(found: list[Any], before: list[Any]) -> list[Any]:
    """The rows with the columns that there were before."""
    return [{name: row[name] for name in before[0]} for row in found]


async def test_tags_that_are_the_same_stay_and_can_be_set_right(old: OldDatabase) -> None:
    firm, other = await old.firm(), await old.firm()
    composed, decomposed = await new_tag(old, firm, "Café"), await new_tag(old, firm, "Cafe\u0301")
    third, elsewhere = await new_tag(old, firm, "Ca\u200bfé"), await new_tag(old, other, "Cafe\u0301")
    before = await old.rows("tag")
    await old.migrate()
    after = await old.rows("tag")
    assert as_before(after, before) == before
    keys = {row["id"]: row["name_key"] for row in after}
    assert keys[composed] == keys[elsewhere] == "café"
    assert len({keys[composed], keys[decomposed], keys[third]}) == 3
    async with on(old.url):
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


async def test_who_has_the_same_address_as_another_signs_in_with_their_own(old: OldDatabase) -> None:
    firm = await old.firm()
    first, second = await new_member(old, firm, "straße@x.test"), await new_member(old, firm, "strasse@x.test")
    before = await old.rows("member")
    await old.migrate()
    assert as_before(await old.rows("member"), before) == before
    async with on(old.url):
        assert await member_at("straße@x.test") == await member_at("STRAßE@X.test ") == first
        assert await member_at("strasse@x.test") == await member_at("STRASSE@x.test") == second
        assert await member_at("ＳＴＲＡＳＳＥ@x.test") == first


async def test_what_is_listed_by_name_is_sorted_bytewise(old: OldDatabase) -> None:
    firm = await old.firm()
    names = ["b", "A", "\u00e9", "a"]
    for number, name in enumerate(names):
        await new_tag(old, firm, name)
        await new_member(old, firm, f"m{number}@x.test", name)
        await old.add("account", firm_id=firm, name=name, type="OTHER", created_at=datetime.now(UTC))
    before = {table: await old.rows(table) for table in ("tag", "member", "account")}
    await old.migrate()
    for table, kept in before.items():
        assert as_before(await old.rows(table), kept) == kept
        found = await old.db.fetch(f"SELECT name, name_order FROM {table} ORDER BY name_order")
        assert [(row["name"], row["name_order"]) for row in found] == [
            (name, order_key(name)) for name in ("a", "A", "b", "\u00e9")
        ]
    columns = await old.db.fetch(
        "SELECT attnotnull, collname FROM pg_attribute JOIN pg_collation c ON c.oid = attcollation "
        "JOIN pg_class t ON t.oid = attrelid WHERE attname = 'name_order' AND t.relkind = 'r'"
    )
    assert len(columns) >= 7
    assert {tuple(row) for row in columns} == {(True, "C")}
    indexes = " ".join(row["indexdef"] for row in await old.db.fetch("SELECT indexdef FROM pg_indexes"))
    assert "(firm_id, name_order, id)" in indexes
    assert "(firm_id, name, id)" not in indexes


async def test_many_rows_get_their_keys_and_none_is_without(old: OldDatabase) -> None:
    firm = await old.firm()
    await old.db.execute(
        "INSERT INTO tag (id, version, firm_id, name, color) "
        "SELECT gen_random_uuid(), 1, $1, 'Tag ' || number, '#ffffff' FROM generate_series(1, $2) AS number",
        firm,
        MANY,
    )
    await old.migrate()
    assert await old.db.fetchval("SELECT count(*) FROM tag WHERE name_key = lower(name)") == MANY
    with pytest.raises(asyncpg.NotNullViolationError):
        await new_tag(old, firm, "Without")
