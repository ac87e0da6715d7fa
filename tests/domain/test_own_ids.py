"""Ids that callers bring: one space over all kinds of things."""

import asyncio

from models.commands.tags import create_tag
from models.commands.tasks import create_task
from models.database import sql
from models.errors import Invalid
from models.ids import new_id
from models.items.documents import create_document
from models.items.notes import create_note
from models.items.wiki_pages import create_wiki_page
from models.reasons import Reason
from models.rows.base import known_models
from tests.world import World


async def test_of_things_of_several_kinds_at_once_one_has_the_id(world: World) -> None:
    owner, account = world.acting(world.owner), world.account.id
    for _ in range(3):
        id = new_id()
        asked = (
            create_note(owner, text="One", account_id=account, id=id),
            create_task(owner, name="Two", account_id=account, id=id),
            create_document(owner, name="Three", account_id=account, id=id),
            create_wiki_page(owner, name="Four", text="Five", account_id=account, id=id),
            create_tag(owner, name=str(id), color="#ffffff", id=id),
        )
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        refused = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        assert [(type(each), getattr(each, "reason", None)) for each in refused] == [(Invalid, Reason.TAKEN)] * 4
        tables = [model._meta.db_table for model in known_models().values()]
        found = [table for table in tables if await sql(f"SELECT FROM {table} WHERE id = $1", id)]
        assert len(found) == 1
