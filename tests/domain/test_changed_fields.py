"""What changed is read as what the column holds: as it is declared, and not as it is called."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from models.changed_fields import changed_type, changes_in
from models.command import Change
from models.commands.jobs import update_job
from models.commands.pipelines import update_pipeline
from models.commands.time import log_time, update_time_entry
from models.events import FirmUpdated, JobDeleted, JobUpdated, TagUpdated, TimeEntryUpdated, changes_of
from models.events.values import FieldType
from models.ids import JobId, Kind, new_id
from models.rows import CardField, Job, Priority
from tests.world import World


def job_updated(**changes: tuple[Any, Any]) -> JobUpdated:
    """A job changed so."""
    return JobUpdated(job=new_id(), account=new_id(), pipeline=new_id(), changes=changes)


async def test_commands_say_what_changed_in_values_of_the_columns(world: World) -> None:
    job = await world.job("old", due_date=date(2026, 4, 15))
    other, owner = await world.job(), world.acting(world.owner)
    before = await world.revision()
    to = {"name": "new", "due_date": None, "start_date": date(2026, 4, 1), "priority": Priority.LOW}
    await update_job(owner, job_id=job.id, **to)  # type: ignore[arg-type]
    await update_pipeline(owner, pipeline_id=world.pipeline.id, card_fields=[CardField.TAGS])
    entry = await logged_on(world, job)
    await update_time_entry(owner, time_entry_id=entry, minutes=5, job_id=other.id)
    told = [
        changes_in(logged.event)
        for logged in await world.events(before)
        if "changes" in logged.event.__dataclass_fields__
    ]
    assert told[0] == {
        "name": ("old", "new"),
        "due_date": (date(2026, 4, 15), None),
        "start_date": (None, date(2026, 4, 1)),
        "priority": (Priority.MEDIUM, Priority.LOW),
    }
    assert told[1]["card_fields"][1] == ["TAGS"]
    assert told[2] == told[3] == {"minutes": (30, 5), "job_id": (job.id, other.id)}


async def logged_on(world: World, job: Job) -> UUID:
    """Half an hour on a job."""
    return (await log_time(world.acting(world.owner), minutes=30, job_id=job.id)).value.id


def test_a_type_follows_from_what_is_declared() -> None:
    for kind, field, of in [
        (Kind.JOB, "status_id", FieldType.of_id(Kind.STATUS, optional=True)),
        (Kind.TASK, "created_by_id", FieldType.of_id(Kind.MEMBER, optional=True)),
        (Kind.TIME_ENTRY, "job_id", FieldType.of_hint(JobId | None)),
        (Kind.TIME_ENTRY, "rate", FieldType(Decimal, optional=True)),
        (Kind.JOB, "completed_at", FieldType(datetime, optional=True)),
    ]:
        assert changed_type(kind, field) == of
    # Of a task it says nothing: its links are told by events of their own.
    assert changed_type(Kind.TASK, "job_id") is None
    assert changed_type(Kind.JOB, "status") is None


@pytest.mark.parametrize(
    "event",
    [
        job_updated(nonsense=(1, 2)),
        job_updated(job_id=(None, str(new_id()))),
        job_updated(name=("x", 5)),
        job_updated(due_date=(None, "soon")),
        job_updated(budget=(None, True)),
        TagUpdated(tag=new_id(), changes={"budget": (None, 1)}),
    ],
    ids=["no field", "no column", "not a text", "not a day", "not a number", "of another kind of thing"],
)
async def test_what_nobody_could_read_is_not_recorded(event: Any, world: World) -> None:
    change = Change(world.acting(world.owner), datetime.now(UTC), *[None] * 5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=f"^{type(event).__name__} says that "):
        change.record(event)
    assert change.events == []


def test_what_an_older_version_wrote_is_as_the_log_has_it() -> None:
    event = job_updated(color=("#fff", None), due_date=("soon", None), name=("old", "new"))
    assert changes_in(event) == {"color": ("#fff", None), "due_date": ("soon", None), "name": ("old", "new")}


def test_every_kind_of_value_of_a_column_goes_into_an_event_and_comes_back() -> None:
    moment, day, id = datetime(2026, 4, 15, 9, 30, 0, 5, UTC), date(2026, 4, 15), new_id()
    changed: dict[str, tuple[Any, Any]] = {
        "name": ("", "text"),
        "budget": (None, 90),
        "client_status_visible": (False, True),
        "due_date": (day, None),
        "completed_at": (None, moment),
        "status_id": (id, None),
        "priority": (Priority.LOW, Priority.URGENT),
    }
    assert changes_in(job_updated(**changes_of(changed))) == changed
    rated = TimeEntryUpdated(
        entry=id, member=id, account=id, job=None, pipeline=None, changes=changes_of({"rate": (Decimal("1.50"), None)})
    )
    assert changes_in(rated) == {"rate": (Decimal("1.50"), None)}
    assert changes_in(FirmUpdated(changes={})) == {}
    assert changes_in(JobDeleted(job=id, account=id, pipeline=id, name="gone")) == {}
