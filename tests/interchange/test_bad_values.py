"""Values that the database would take and nothing here could read again are refused in words; nothing is changed."""

from __future__ import annotations

import random
from uuid import uuid4

import orjson
import pytest

from models.portable.faults import Unrestorable
from models.portable.lines import check_row
from models.portable.tables import PortableTable, portable_tables
from tests.databases import on
from tests.interchange.houses import House
from tests.interchange.tampering import Row, changed, each, in_folder, manifest_of


async def test_values_that_nothing_here_has(house: House) -> None:
    """What the database would take, and whoever reads it could not, or could not go on from."""
    log = next(name for name in sorted(house.parts) if name.startswith("log/"))
    actor = {"kind": "MEMBER", "id": str(house.here.owner.id), "label": None}
    cases: list[tuple[str, Row, str]] = [
        *(("rows/job.jsonl", {"due_date": day}, "no DATE") for day in ("10000-01-01", "0044-03-15 BC", "now")),
        *(
            ("rows/job.jsonl", {"created_at": moment}, "no TIMESTAMPTZ")
            for moment in ("infinity", "10000-01-01T00:00:00+00:00", "9999-12-31T23:59:59-12:00", "2026-01-01T00:00:00")
        ),
        (log, {"at": "infinity"}, "no TIMESTAMPTZ"),
        (log, {"actor": actor | {"id": "not an id"}}, "its actor is not known"),
        (log, {"actor": actor | {"label": 5}}, "its actor is not known"),
        (log, {"actor": actor | {"token": "not an id"}}, "its actor is not known"),
        (log, {"actor": actor | {"more": None}}, "its actor is not known"),
        (log, {"actor": actor | {"causer": None}}, "its actor is not known"),
        (log, {"actor": actor | {"causer": actor | {"causer": actor}}}, "its actor is not known"),
        (log, {"type": "FirmUpdated", "data": {"changes": 5}}, "line 1: it is no event FirmUpdated"),
        (log, {"type": "FirmUpdated", "data": 5}, "line 1: its data is no JSONB"),
        ("rows/job_item.jsonl", {"stays": "{[1,)}"}, "no INT4MULTIRANGE"),
        ("rows/firm.jsonl", {"revision": 2**63 - 1}, "no BIGINT"),
        ("rows/note.jsonl", {"version": 2**31 - 1}, "no INT"),
        ("rows/member.jsonl", {"role": []}, "its role is not known"),
        ("rows/member.jsonl", {"role": {}}, "its role is not known"),
        ("rows/stage.jsonl", {"position": random.Random(1).randbytes(9000).hex()}, "rows/stage.jsonl, lines 1 to"),
    ]
    async with on(house.url):
        for name, values, told in cases:
            await house.refuses(in_folder(manifest_of(changed(house.parts, name, each(**values))), house.path()), told)
        # Nothing stands under a saved filter's `in` but a list.
        (owner, *_) = house.rows_of("rows/member.jsonl")
        view = {name: owner[name] for name in ("version", "created_at", "updated_at", "updated_by_id", "created_by_id")}
        view |= {"id": str(uuid4()), "firm_id": owner["firm_id"], "member_id": owner["id"], "name": "Ours"}
        view |= {"shared": True, "job_filter": {"assignee": {"in": 5}}, "job_sort": [], "card_fields": None}
        parts = manifest_of({**house.parts, "rows/saved_view.jsonl": orjson.dumps(view) + b"\n"})
        await house.refuses(
            in_folder(parts, house.path()), "rows/saved_view.jsonl, lines 1 to 1: something in it has a"
        )
        # Such an event is in its month, which has not come.
        later = house.rows_of(log)[0] | {"at": "2201-05-05T00:00:00+00:00"}
        parts = manifest_of({**house.parts, "log/2201-05.jsonl": orjson.dumps(later) + b"\n"})
        await house.refuses(in_folder(parts, house.path()), "log/2201-05.jsonl, line 1: it is of 2201-05-05, and today")


def test_numbers_that_are_none() -> None:
    column = next(column for table in portable_tables() for column in table.columns.values() if column.exact)
    table = PortableTable("rate", {"amount": column}, "", "", "")
    check_row(table, {"amount": "-12.50"}, "")
    for amount in ("NaN", "Infinity", "-Infinity", "", "1_0", "\u0661"):
        with pytest.raises(Unrestorable, match="is no DECIMAL"):
            check_row(table, {"amount": amount}, "")
