"""What is kept of the courses of jobs whose log is from before: as much as the log still tells."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

import embedded
from models.ids import new_id
from tests.databases import database_before, on
from tests.domain.test_items_migration import OPENED, Past

_HOUR = timedelta(hours=1)


@pytest.fixture
async def past(servers: embedded.Servers) -> AsyncIterator[Past]:
    """A firm of before."""
    async with database_before(servers, "0017_stays") as old:
        yield await Past.build(old)


async def test_stays_of_before_are_what_the_log_tells(past: Past) -> None:
    db, stage, pipeline = past.old.db, past.places["stage_id"], past.places["pipeline_id"]
    found = await db.fetch("SELECT category, id FROM status WHERE firm_id = $1", past.firm)
    statuses: dict[str, UUID] = dict(map(tuple, found))
    later = await past.old.add("stage", firm_id=past.firm, pipeline_id=pipeline, name="Later", position="a1")
    gone, again = new_id(), new_id()
    for name in ("opened", "moved", "restored", "untold", "crossed"):
        await past.job(name)
    jobs = past.jobs | {"deleted": gone, "again": again}
    at = iter(OPENED + number * _HOUR for number in range(30))
    moments: dict[str, datetime] = {}

    async def log(moment: str, kind: str, of: str, **data: Any) -> None:
        moments[moment] = next(at)
        ids = {key: str(value) for key, value in data.items()}
        await past.log(kind, jobs[of], jobs[of], moments[moment], **ids)

    move = {"from_pipeline": pipeline, "from_stage": stage, "to_stage": later}
    await log("begun", "JobMoved", "moved", **move)
    await log("opened", "JobCreated", "opened", stage=stage)
    await log(
        "restored", "JobStatusChanged", "restored", from_status=statuses["ARCHIVED"], to_status=statuses["ACTIVE"]
    )
    await log("away", "JobStatusChanged", "opened", from_status=statuses["ACTIVE"], to_status=statuses["ARCHIVED"])
    await log("put", "JobMoved", "opened", **move)
    await log("back", "JobStatusChanged", "opened", from_status=statuses["ARCHIVED"], to_status=statuses["ACTIVE"])
    await log("done", "JobStatusChanged", "moved", from_status=statuses["ACTIVE"], to_status=statuses["COMPLETED"])
    await log("left", "JobMoved", "deleted", **move)
    await log("end", "JobDeleted", "deleted", name="Deleted")
    # A client brings its own ids, and may use that of a job that was deleted.
    complete = {"from_status": statuses["ACTIVE"], "to_status": statuses["COMPLETED"]}
    for time in ("first", "second"):
        await log(f"{time} begun", "JobCreated", "again", stage=stage)
        await log(f"{time} done", "JobStatusChanged", "again", **complete)
        await log(f"{time} gone", "JobDeleted", "again", name="Again")
    # Of two who did it at once, who began later was first.
    later_still = next(at)
    await log("crossed begun", "JobCreated", "crossed", stage=stage)
    await log("crossed put", "JobMoved", "crossed", **move)
    await past.log(
        "JobMoved",
        jobs["crossed"],
        jobs["crossed"],
        later_still,
        **{key: str(value) for key, value in (move | {"from_stage": later, "to_stage": stage}).items()},
    )
    await past.old.migrate()
    async with on(past.old.url):
        rows = await db.fetch("SELECT * FROM stay WHERE firm_id = $1", past.firm)
        forever = None

        def told(name: str) -> set[tuple[UUID, datetime, datetime | None, bool, bool]]:
            return {
                (
                    row["thing"],
                    row["since"],
                    None if row["until"].year == 9999 else row["until"],
                    row["away"],
                    row["origin"],
                )
                for row in rows
                if row["job"] == jobs[name]
            }

        begun = moments["begun"]
        assert told("untold") == {(stage, begun, forever, False, True)}
        assert told("deleted") == {
            (stage, begun, moments["left"], False, True),
            (later, moments["left"], moments["end"], False, False),
        }
        assert told("restored") == {
            (stage, begun, moments["restored"], True, True),
            (stage, moments["restored"], forever, False, False),
        }
        assert (later, begun, forever, False, False) in told("moved")
        assert told("opened") == {
            (stage, moments["opened"], moments["away"], False, False),
            (later, moments["away"], moments["back"], True, False),
            (later, moments["back"], forever, False, False),
        }
        assert told("again") == {
            (stage, moments[f"{time} begun"], moments[f"{time} gone"], False, False) for time in ("first", "second")
        }
        put = moments["crossed put"]
        assert told("crossed") == {
            (stage, moments["crossed begun"], put, False, False),
            (later, put, put, False, False),
            (stage, put, forever, False, False),
        }
        completions = await db.fetch("SELECT job, since, until FROM completion")
        assert set(map(tuple, completions)) == {
            (jobs["moved"], OPENED, moments["done"]),
            (again, moments["second begun"], moments["second done"]),
        }
