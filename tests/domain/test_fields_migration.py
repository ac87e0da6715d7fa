"""What rows from before have in the columns that were added: nothing, but for the week, which begins on Monday."""

from datetime import UTC, datetime

import asyncpg
import pytest

import embedded
from models.rows import Firm, Weekday
from tests.databases import database_before, on


async def test_firms_from_before_have_a_week(servers: embedded.Servers) -> None:
    async with database_before(servers, "0010_fields") as old:
        id = await old.firm()
        await old.migrate()
        async with on(old.url):
            firm = await Firm.get(id=id)
            assert (firm.week_start, firm.country, firm.region) == (Weekday.MONDAY, None, None)
            assert firm.today(datetime(2026, 1, 1, tzinfo=UTC)).year == 2026
            with pytest.raises(asyncpg.CheckViolationError):
                await old.db.execute("UPDATE firm SET region = 'BY' WHERE id = $1", id)
