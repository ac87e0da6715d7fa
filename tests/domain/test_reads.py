"""What is shown is read as records, past the ORM: the same rows, with the same values."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from inspect import isfunction
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from models import boards
from models.audiences import Audience
from models.commands.time import log_time
from models.ids import Kind, new_id
from models.kinds import modules_in
from models.queries import read_query
from models.records import columns, read, record_class
from models.rights import ALL_RIGHTS, Right
from models.rows import (
    AutomationRun,
    Firm,
    Job,
    JobAssignee,
    JobItem,
    Row,
    Stage,
    Status,
    Task,
    TimeEntry,
    model_of,
)
from models.rows.contacts import AccountContact
from models.scope import Rows, Scope
from models.templates.jobs import create_job
from tests.api.furnished import Furnished
from tests.links import linked

modules_in("models")
MODELS: list[type[Row]] = [model_of(kind) for kind in Kind]


@pytest.fixture(scope="module")
async def firm(database: str) -> Furnished:
    """A firm with one of everything, and with work on two boards for two accounts, on jobs and without one."""
    firm = await Furnished.build()
    world, owner = firm.world, firm.world.acting(firm.world.owner)
    account = firm.things["idle account"]
    for at, pipeline in product((world.account.id, account), (world.pipeline.id, firm.things["empty pipeline"])):
        job = (await create_job(owner, name="Work", account_id=at, pipeline_id=pipeline)).value
        await linked(await Task.create(**_work(job.firm_id, at), name="Step"), job)
        await log_time(owner, minutes=5, job_id=job.id)
    for at in (world.account.id, account):
        await Task.create(**_work(world.firm.id, at), name="Loose")
        for member in (world.owner, world.employee):
            entry = _work(world.firm.id, at)
            await TimeEntry.create(**entry, member_id=member.id, day=date(2026, 1, 5), minutes=10)
    return firm


def _work(firm_id: UUID, account_id: UUID) -> dict[str, Any]:
    return {
        "id": new_id(),
        "firm_id": firm_id,
        "account_id": account_id,
        "created_at": datetime.now(UTC),
    }


@pytest.fixture(scope="module")
async def other(database: str) -> Furnished:
    """Another firm."""
    return await Furnished.build()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.kind)
async def test_a_record_has_what_an_instance_has(firm: Furnished, model: type[Row]) -> None:
    instances = {row.id: row for row in await Scope.whole(firm.world.firm.id).rows(model).where()}
    table = model._meta.db_table
    records = await read(model, f"SELECT {columns(model, 'r')} FROM {table} AS r WHERE r.id = ANY($1)", list(instances))
    assert len(records) == len(instances) > 0
    for record in records:
        instance: Any = instances[record.id]
        assert record.kind is instance.kind
        for name in [*model._meta.fields_db_projection, *_properties(model)]:
            value, expected = getattr(record, name), getattr(instance, name)
            assert value == expected, name
            assert type(value) is type(expected), name
            assert str(value) == str(expected), name


def _properties(model: type[Row]) -> Iterator[str]:
    for name, member in vars(model).items():
        if isinstance(member, property) and name not in model._meta.fields_map and not name.startswith("_"):
            yield name


async def test_a_record_does_what_its_model_does(firm: Furnished) -> None:
    now = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
    whole = Scope.whole(firm.world.firm.id)
    (shown,) = (await whole.rows(Firm).many([firm.world.firm.id])).values()
    assert shown.today(now) == firm.world.firm.today(now)
    entries = await whole.rows(TimeEntry).read("seen.started_at IS NOT NULL")
    assert [entry.forgotten(datetime(2999, 1, 1, tzinfo=UTC)) for entry in entries] == [True]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.kind)
def test_a_record_cannot_be_stored_or_changed(model: type[Row]) -> None:
    kept = {name for name, member in vars(Row).items() if isfunction(member)} | {"save", "delete", "update_from_dict"}
    record = record_class(model)
    assert [name for name in kept - {"__init__"} if hasattr(record, name) and not name.startswith("__")] == []
    assert all(getattr(record, name).fset is None for name in model._meta.fields_db_projection)


async def test_records_of_a_row_are_equal(firm: Furnished) -> None:
    jobs = Scope.whole(firm.world.firm.id).rows(Job)
    id = firm.things["job"]
    before = (await jobs.many([id]))[id]
    await Job.filter(id=id).update(description="Something else")
    after = (await jobs.many([id]))[id]
    assert before.description != after.description
    assert before == after
    assert len({before, after}) == 1
    others = await jobs.many([firm.things["second job"]])
    assert before not in others.values()


async def test_a_query_of_the_orm_is_read_as_records(firm: Furnished) -> None:
    query = Scope.whole(firm.world.firm.id).rows(Job).where(status__category__in=["CUSTOM", "ACTIVE"]).order_by("-name")
    records = await read_query(query.limit(3))
    assert [record.id for record in records] == [job.id for job in await query.limit(3)]
    assert {type(record) for record in records} == {record_class(Job)}


# The rule of who sees what, for a third time and in plain words: a policy that says something else fails here.
def _visible(
    row: Any, scope: Scope, member: UUID | None, pipelines: dict[UUID, UUID], contacts: dict[UUID, list[UUID]]
) -> bool:
    if getattr(row, "firm_id", row.id) != scope.firm_id:
        return False
    if row.kind is Kind.SAVED_VIEW:
        return bool(row.shared or row.member_id == member)
    if row.kind is Kind.CONTACT:
        return scope.accounts is None or any(map(scope.sees_account, contacts.get(row.id, ())))
    if row.kind is Kind.FILE and not row.taken:
        return member is not None and row.kept_for_id == member
    at = row.id if row.kind is Kind.ACCOUNT else getattr(row, "account_id", None)
    within = row.id if row.kind is Kind.PIPELINE else getattr(row, "pipeline_id", None)
    if row.kind in (Kind.TASK, Kind.TIME_ENTRY, Kind.AUTOMATION_RUN):
        within = pipelines.get(row.id)
    seen = scope.sees_account(at) and scope.sees_pipeline(within)
    if row.kind is Kind.TIME_ENTRY:
        return row.member_id == member or (seen and Right.MANAGE_TIME_ENTRIES in scope.rights)
    return seen


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.kind)
async def test_the_orm_and_the_reads_see_the_same_rows(firm: Furnished, other: Furnished, model: type[Row]) -> None:
    # What others' firms have by now is not to be shown either; to read it here would take ever longer.
    firms = [firm.world.firm.id, other.world.firm.id]
    of_both = {"id__in" if model is Firm else "firm_id__in": firms}
    rows: list[Any] = await model.filter(**of_both)
    links = await JobItem.filter(unlinked_at__isnull=True, firm_id__in=firms).prefetch_related("job")
    pipelines = {link.item: link.job.pipeline_id for link in links}
    for run in await AutomationRun.filter(firm_id__in=firms).prefetch_related("job"):
        pipelines[run.id] = run.job.pipeline_id
    contacts: dict[UUID, list[UUID]] = {}
    for at in await AccountContact.filter(firm_id__in=firms):
        contacts.setdefault(at.contact_id, []).append(at.account_id)
    ids = [row.id for row in rows]
    counts = set()
    for scope, member in _scopes(firm, other):
        seen: Rows[Any] = Rows(model, scope, member)
        expected = {row.id for row in rows if _visible(row, scope, member, pipelines, contacts)}
        assert {row.id for row in await seen.where()} == expected, (scope, member)
        assert (await seen.many(ids)).keys() == expected, (scope, member)
        counts.add(len(expected))
    # Scopes that all see the same would show nothing.
    assert len(counts) > (model.kind in {Kind.ACCOUNT, Kind.PIPELINE, Kind.STAGE, Kind.STATUS, Kind.JOB, Kind.TASK})


async def test_a_board_has_what_the_orm_sees_on_it(firm: Furnished, other: Furnished) -> None:
    stages = [stage.id for stage in await Stage.filter(firm_id=firm.world.firm.id)]
    accounts = [firm.things["account"], firm.things["idle account"]]
    pipelines = [firm.things["pipeline"], firm.things["empty pipeline"]]
    for scope, _ in _scopes(firm, other):
        cards = await scope.rows(Job).where(archived_at__isnull=True).order_by("position", "id")
        shown = await boards.cards(scope, stages, 100)
        assert shown == _by(cards, "stage_id", await scope.rows(Job).many(card.id for card in cards))
        assert await boards.cards_on(scope, stages) == Counter(card.stage_id for card in cards)
        assert await boards.cards_in(scope, pipelines) == Counter(card.pipeline_id for card in cards)
        in_work = Counter(card.account_id for card in cards if card.completed_at is None)
        assert await boards.open_jobs(scope, accounts) == in_work
        columns = await scope.rows(Stage).where().order_by("position", "id")
        shown_columns = await boards.stages_of(scope, pipelines)
        assert shown_columns == _by(columns, "pipeline_id", await scope.rows(Stage).many(row.id for row in columns))
        statuses = await boards.statuses_of(scope, pipelines)
        assert sum(map(len, statuses.values())) == await scope.rows(Status).where().count()


def _by(rows: Iterable[Any], column: str, records: dict[UUID, Any]) -> dict[UUID, list[Any]]:
    groups: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, column)].append(records[row.id])
    return groups


async def test_what_is_linked_comes_by_name(firm: Furnished) -> None:
    world = firm.world
    # Of which neither code points nor the locale of most databases make this order.
    people = [await world.member(name) for name in ("b One", "B Two", "a Three", "Ä Four", "B Two")]
    jobs = [await world.job(), await world.job(), await world.job()]
    for job, assigned in zip(jobs, (people, people[:2], []), strict=True):
        for member in assigned:
            await JobAssignee.create(job_id=job.id, member_id=member.id)
    found = await boards.assignees_of_jobs([job.id for job in jobs])
    assert found.keys() == {jobs[0].id, jobs[1].id}
    assert [member.name for member in found[jobs[0].id]] == ["Ä Four", "a Three", "b One", "B Two", "B Two"]
    assert [member.id for member in found[jobs[0].id][3:]] == sorted([people[1].id, people[4].id])
    assert {member.id for member in found[jobs[1].id]} == {people[0].id, people[1].id}


def _scopes(firm: Furnished, other: Furnished) -> Iterator[tuple[Scope, UUID | None]]:
    """Of the firm: every mix of accounts, pipelines and the right that decides, for nobody and for two members."""
    accounts = [None, [], ["account"], ["idle account"], ["account", "idle account"]]
    pipelines = [None, [], ["pipeline"], ["empty pipeline"], ["pipeline", "empty pipeline"]]
    rights = [ALL_RIGHTS, ALL_RIGHTS - {Right.MANAGE_TIME_ENTRIES}]
    members = [None, firm.world.owner.id, firm.world.employee.id]
    for at, within, held, member in product(accounts, pipelines, rights, members):
        yield Scope(firm.world.firm.id, Audience.TEAM, held, _ids(firm, other, at), _ids(firm, other, within)), member


def _ids(firm: Furnished, other: Furnished, names: list[str] | None) -> frozenset[UUID] | None:
    """And those of another firm, which are nobody's matter here."""
    return None if names is None else frozenset(of.things[name] for name in names for of in (firm, other))
