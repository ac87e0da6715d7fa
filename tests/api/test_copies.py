"""A firm that was copied is one as if it had been built."""

from __future__ import annotations

from typing import Any

import pytest
from tortoise import Tortoise

from models.commands.jobs import update_job
from models.database import sql
from models.rows import Job, Member
from models.rows.base import known_models
from models.rows.keys import MadeOf
from models.search_entries import keep_entries
from tests.api.furnished import Furnished
from tests.copies import Kept


async def rows(firm: Furnished) -> tuple[Kept, str]:
    """All rows of a firm, and as they are written: but for what is made of others, of which the next test is."""
    kept = await Kept.of(firm.world.firm.id, firm.word)
    return kept, "".join(table.with_({each: each for each in table.things}) for table in kept.tables.values())


async def test_a_copy_has_all_that_the_first_one_has_and_nothing_of_it(database: str) -> None:
    one = await Furnished.build("first")
    two = await Furnished.build("second")
    (ours, our_text), (theirs, their_text) = await rows(one), await rows(two)
    assert len(ours.ids) == len(theirs.ids) > 40
    assert not set(ours.ids) & set(theirs.ids)
    assert one.word not in their_text
    assert our_text.count(one.word) == their_text.count(two.word) > 40
    assert one.things.keys() == two.things.keys()
    for name, id in two.things.items():
        assert id in theirs.ids, name


async def test_what_is_made_of_a_column_is_made_anew(database: str) -> None:
    firm = await Furnished.build()
    looked_at = 0
    for model in Tortoise.apps["models"].values():
        for field in model._meta.fields_map.values():
            if isinstance(field, MadeOf) and "firm_id" in model._meta.db_fields:
                for row in await model.filter(firm_id=firm.world.firm.id):
                    source = getattr(row, field.source)
                    assert getattr(row, field.model_field_name) == (None if source is None else field.make(source))
                    looked_at += 1
    assert looked_at > 20


async def entries(firm: Furnished) -> list[dict[str, Any]]:
    """What its things are found by."""
    return await sql("SELECT * FROM search_entry WHERE firm_id = $1 ORDER BY thing", firm.world.firm.id)


@pytest.mark.parametrize("word", ["", "first", "of-two-words-"])
async def test_its_things_are_found_by_what_they_say(database: str, word: str) -> None:
    firm = await Furnished.build(word)
    copied = await entries(firm)
    assert sum(firm.word in entry["words"] for entry in copied) > 10 or "-" in word
    for model in known_models().values():
        if model.searched is not None:
            await keep_entries(await model.filter(firm_id=firm.world.firm.id))
    assert await entries(firm) == copied


async def stays(firm: Furnished) -> list[list[dict[str, Any]]]:
    """Since when and until when its jobs were where, which the log keeps beside it."""
    tables = ("stay", "completion")
    return [
        await sql(f"SELECT * FROM {table} WHERE firm_id = $1 ORDER BY {table}", firm.world.firm.id) for table in tables
    ]


async def test_what_the_log_keeps_of_its_jobs_is_what_follows_from_its_events(database: str) -> None:
    firm = await Furnished.build()
    copied = await stays(firm)
    assert all(copied)
    for table in ("stay", "completion"):
        await sql(f"DELETE FROM {table} WHERE firm_id = $1", firm.world.firm.id)
    await sql(
        "SELECT keep_stays(firm_id, job, type, data, at) FROM (SELECT * FROM event WHERE firm_id = $1 "
        "AND type IN ('JobCreated', 'JobMoved', 'JobStatusChanged', 'JobDeleted') ORDER BY revision, index) AS told",
        firm.world.firm.id,
    )
    assert await stays(firm) == copied


async def test_its_world_goes_on(database: str) -> None:
    firm = await Furnished.build()
    world = firm.world
    further = await world.member("Adam Again")
    assert await Member.filter(firm_id=world.firm.id, email_key=further.email).count() == 1
    before = await world.revision()
    await update_job(world.acting(world.owner), job_id=firm.things["job"], description="Anew")
    assert await world.revision() == before + 1
    other = await Furnished.build()
    versions = [(await Job.get(id=each.things["job"])).version for each in (firm, other)]
    assert versions[0] == versions[1] + 1
