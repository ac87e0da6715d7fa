"""What a filter finds is what its description says, whatever is in it: no value, the same one twice, a thing that is
not there; filters in filters; and lists of nothing, of which one holds for no row and all hold for every row.

The database's answer is compared with one that is worked out here, of filters that are made from the schema itself: a
field that is added to a filter is tried too, as soon as FACTS says what it asks for."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, get_named_type
from hypothesis import given, settings
from hypothesis import strategies as st

from models.commands.jobs import set_job_client_status
from models.commands.moves import archive_job, complete_job
from models.commands.relations import relate_job
from models.commands.tasks import create_task, set_task_state
from models.commands.time import log_time
from models.commands.timers import start_timer
from models.database import sql
from models.firm.account_roles import AccountRoleHolder
from models.ids import Kind, encode, new_id, plural
from models.rows import (
    Account,
    AccountMember,
    AccountTag,
    Category,
    Item,
    Job,
    JobAssignee,
    JobRelation,
    Member,
    Priority,
    Relation,
    Stage,
    Status,
    Subtask,
    Tag,
    Task,
    TaskAssignee,
    TaskState,
    TimeEntry,
    model_of,
)
from models.texts import sameness
from tests.api.samples import camel, kinds_in, snake
from tests.api.selections import root_fields
from tests.links import job_of, jobs_of
from tests.serving import Api
from tests.specimens import Specimens, Spot, specimens
from tests.world import World

Facts = dict[str, Any]
#: Reports and the activity have filters of their own, which tests/domain and tests/api/test_activity.py hold them to.
LISTS = {name: field for name, field in root_fields("query").items() if {"filter", "before"} <= field.args.keys()}
TODAY = date(2026, 3, 15)
#: As they are written, and as they are kept.
PERIODS = ("2026 q1", "2026-Q1", "Tax  season", "2026")
KEPT = {"2026 q1": "2026-Q1", "Q1 2026": "2026-Q1", "Tax  season": "Tax season", "TAX SEASON": "Tax season"}
NOON = datetime(2026, 3, 15, 12, tzinfo=UTC)
#: How deep a filter in a filter is tried, and how many on each level: within what the server takes.
DEEPEST, WIDEST = 3, 2
#: The fields that take filters.
COMBINED = {"and", "or", "not"}
#: What is searched for.
SOUGHT = (
    "job",
    "j",
    "3",
    "jbo",
    "task",
    "takss",
    "emma",
    "emna",
    "employee",
    "acme",
    "othr",
    "nobody",
    "some",
    "call",
    "x",
)
#: What clients are told, as it is asked for.
TOLD = ("On hold", "ON HOLD", "Done")


@dataclass(repr=False)
class Known:
    """A firm, and what is known of each of its rows by the list that it is in: what it has under the names of the
    filter's fields, as a set of ids or values, a day, a moment, or whether."""

    world: World
    rows: dict[str, dict[str, Facts]]
    #: Ids by what they are of, and one of each that nothing has.
    ids: dict[str, list[str]]


async def _furnish(world: World) -> None:
    owner = world.acting(world.owner)
    other = await world.new_account("Other", world.employee, world.stranger)
    await world.new_account("Nobody's")
    await Account.filter(name="Nobody's", firm_id=world.firm.id).update(archived_at=NOON)
    pipeline = await world.new_pipeline("Payroll", world.employee)
    for name in ("VIP", "Late"):
        tag = await Tag.create(firm_id=world.firm.id, name=name, color="#ffffff")
        await AccountTag.create(account_id=other.id, tag_id=tag.id)
    jobs = []
    for number, priority in enumerate([*Priority, *Priority]):
        dates: dict[str, Any] = {"deadline": TODAY + timedelta(number)} if number % 2 else {}
        if number % 3:
            dates |= {"due_date": TODAY + timedelta(number), "start_date": TODAY, "period": PERIODS[number % 4]}
        account = world.account if number % 2 else other
        line = world.pipeline if number < 5 else pipeline
        job = await world.job(f"Job {number}", account_id=account.id, pipeline_id=line.id, priority=priority, **dates)
        await Job.filter(id=job.id).update(created_at=NOON + timedelta(days=number))
        jobs.append(job)
    await JobAssignee.create(job_id=jobs[0].id, member_id=world.employee.id)
    await JobAssignee.create(job_id=jobs[0].id, member_id=world.stranger.id)
    await JobAssignee.create(job_id=jobs[1].id, member_id=world.stranger.id)
    await Stage.filter(id=jobs[0].stage_id).update(time_limit=60)
    for number in range(3):
        await Job.filter(id=jobs[number].id).update(stage_entered_at=NOON + timedelta(days=number))
        await set_job_client_status(owner, job_id=jobs[number].id, name=("On hold", "on hold", "In review")[number])
    for number, counts in ((4, True), (5, False)):
        status = await Status.create(
            firm_id=world.firm.id,
            pipeline_id=jobs[number].pipeline_id,
            category=Category.CUSTOM,
            name="Held",
            color="#ffffff",
            counts_as_overdue=counts,
        )
        await Job.filter(id=jobs[number].id).update(status_id=status.id)
    await Job.filter(id=jobs[7].id).update(due_date=date(2099, 1, 1))
    await archive_job(owner, job_id=jobs[2].id)
    await complete_job(owner, job_id=jobs[3].id)
    await Job.filter(id=jobs[3].id).update(completed_at=NOON + timedelta(days=3))
    for number, state in enumerate(TaskState):
        of = {"job_id": jobs[number].id} if number % 2 else {"account_id": world.account.id}
        due = None if number == 2 else TODAY + timedelta(number)
        priority = (Priority.LOW, Priority.URGENT)[number % 2]
        task = (await create_task(owner, name=f"Task {number}", due_date=due, priority=priority, **of)).value  # type: ignore[arg-type]
        await set_task_state(owner, task_id=task.id, state=state)
        if number:
            await TaskAssignee.create(task_id=task.id, member_id=(world.employee, world.stranger)[number % 2].id)
    await create_task(owner, name="Part", parent_id=task.id)
    for number, job in enumerate(jobs[:4]):
        await log_time(owner, minutes=5, job_id=job.id, day=TODAY + timedelta(number), member_id=world.employee.id)
    await log_time(owner, minutes=5, account_id=other.id, day=TODAY, billable=False)
    await start_timer(owner, account_id=world.account.id)
    for number, job in enumerate(jobs[4:7]):
        for spot in (Spot(job.account_id, job.id), Spot(job.account_id)):
            for known in specimens():
                await known.make(owner, f"Some {number}", spot)
    # Those that are completed or archived block nobody.
    for blocking, blocked in pairwise(jobs):
        await relate_job(owner, job_id=blocking.id, other_job_id=blocked.id, relation=Relation.BLOCKS)
    await Member.filter(id=world.stranger.id).update(active=False)
    for number, days in ((0, 2), (1, 5), (4, 200)):
        await sql("UPDATE event SET at = now() - make_interval(days => $2) WHERE job = $1", jobs[number].id, days)
    for number, days in ((0, 2), (1, 2), (3, 9), (4, 200)):
        await sql("UPDATE job SET updated_at = now() - make_interval(days => $2) WHERE id = $1", jobs[number].id, days)


async def _links(link: Any, owner: str, target: str, kind: Kind, id: Any) -> set[str]:
    return {encode(kind, found) for found in await link.filter(**{owner: id}).values_list(target, flat=True)}


def _one(kind: Kind, id: Any) -> set[str]:
    return set() if id is None else {encode(kind, id)}


def _spoken(name: str) -> str:
    """A name as its words are told apart."""
    return name.replace("'", "")


def _today() -> date:
    return datetime.now(UTC).date()


async def _job(job: Job) -> Facts:
    (last,) = await sql("SELECT greatest(max(at), $2) AS at FROM event WHERE job = $1", job.id, job.updated_at)
    status, limit = await Status.get(id=job.status_id), (await Stage.get(id=job.stage_id)).time_limit
    account = await Account.get(id=job.account_id)
    blocks = JobRelation.filter(other_id=job.id, relation=Relation.BLOCKS)
    return {
        "id": _one(Kind.JOB, job.id),
        # By its account's name as by its own.
        "search": (f"{job.name} {_spoken(account.name)}", job.description),
        "account": _one(Kind.ACCOUNT, job.account_id),
        "pipeline": _one(Kind.PIPELINE, job.pipeline_id),
        "stage": _one(Kind.STAGE, job.stage_id),
        "status": _one(Kind.STATUS, job.status_id),
        "category": {status.category.value},
        "assignee": await _links(JobAssignee, "job_id", "member_id", Kind.MEMBER, job.id),
        "unassigned": not await JobAssignee.filter(job_id=job.id).exists(),
        "tag": await _links(AccountTag, "account_id", "tag_id", Kind.TAG, job.account_id),
        "team": await _links(AccountMember, "account_id", "member_id", Kind.MEMBER, job.account_id),
        "priority": {job.priority.value},
        "due": job.due_date,
        "overdue": job.due_date is not None and job.due_date < _today() and status.can_be_overdue,
        "overLimit": limit is not None and job.stage_entered_at + timedelta(minutes=limit) < datetime.now(UTC),
        "blocked": any([await _in_hand(link.job_id) async for link in blocks]),
        "idleDays": (datetime.now(UTC) - last["at"]).days,
        "stageEntered": job.stage_entered_at,
        "completed": job.completed_at,
        "clientStatus": set() if job.client_status_name is None else {sameness(job.client_status_name)},
        "start": job.start_date,
        "deadline": job.deadline,
        "period": set() if job.period is None else {job.period},
        "created": job.created_at,
        "archived": job.archived_at is not None,
    }


async def _in_hand(job_id: Any) -> bool:
    status = await Status.get(id=(await Job.get(id=job_id)).status_id)
    return status.category in (Category.ACTIVE, Category.CUSTOM)


async def _account(account: Account) -> Facts:
    return {
        "id": _one(Kind.ACCOUNT, account.id),
        "search": (_spoken(account.name), ""),
        "tag": await _links(AccountTag, "account_id", "tag_id", Kind.TAG, account.id),
        "team": await _links(AccountMember, "account_id", "member_id", Kind.MEMBER, account.id),
        "holder": await _links(AccountRoleHolder, "account_id", "member_id", Kind.MEMBER, account.id),
        "archived": account.archived,
    }


async def _member(member: Member) -> Facts:
    return {
        "id": _one(Kind.MEMBER, member.id),
        "search": (member.name, re.sub(r"\W", " ", member.email)),
        "active": member.active,
    }


async def _task(task: Task) -> Facts:
    job = await job_of(task)
    return {
        "search": (task.name, task.description),
        "account": _one(Kind.ACCOUNT, task.account_id),
        "job": _one(Kind.JOB, job),
        "unlinked": job is None,
        "parent": await _links(Subtask, "task_id", "parent_id", Kind.TASK, task.id),
        "subtask": await Subtask.filter(task_id=task.id).exists(),
        "unassigned": not await TaskAssignee.filter(task_id=task.id).exists(),
        "priority": {task.priority.value},
        "assignee": await _links(TaskAssignee, "task_id", "member_id", Kind.MEMBER, task.id),
        "state": {task.state.value},
        "due": task.due_date,
    }


async def _time_entry(entry: TimeEntry) -> Facts:
    job = await job_of(entry)
    return {
        "member": _one(Kind.MEMBER, entry.member_id),
        "account": _one(Kind.ACCOUNT, entry.account_id),
        "job": _one(Kind.JOB, job),
        "pipeline": set() if job is None else _one(Kind.PIPELINE, (await Job.get(id=job)).pipeline_id),
        "billable": entry.billable,
        "day": entry.day,
        "running": entry.running,
    }


def _type(name: str) -> GraphQLInputObjectType:
    type_ = get_named_type(LISTS[name].args["filter"].type)
    assert isinstance(type_, GraphQLInputObjectType)
    return type_


def _usual(of_kind: Specimens, filter: GraphQLInputObjectType) -> Callable[[Any], Any]:
    """What is known of rows whose columns are called as the fields of their filter are."""
    kinds = kinds_in(filter)

    async def fact(row: Any, name: str) -> Any:
        if name in of_kind.facts:
            return await of_kind.facts[name](row)
        if name == "job" and isinstance(row, Item):
            return {encode(Kind.JOB, job) for job in await jobs_of(row)}
        return _column(row, snake(name), kinds.get(name))

    async def facts(row: Any) -> Facts:
        return {name: await fact(row, name) for name in filter.fields.keys() - COMBINED}

    return facts


def _column(row: Any, name: str, kind: Kind | None) -> Any:
    if kind is not None:
        return _one(kind, row.id if name == "id" else getattr(row, f"{name}_id"))
    if hasattr(row, f"{name}_date"):
        return getattr(row, f"{name}_date")
    if hasattr(row, f"{name}_at"):
        at = getattr(row, f"{name}_at")
        # `archived` is whether there is a moment, `created` the moment itself.
        return at if row._meta.fields_map[f"{name}_at"].null is False else at is not None
    value = getattr(row, name)
    return {value.value} if isinstance(value, Enum) else value


#: What is known of each row of a list.
FACTS: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "jobs": (Job, _job),
    "accounts": (Account, _account),
    "members": (Member, _member),
    "tasks": (Task, _task),
    "timeEntries": (TimeEntry, _time_entry),
}
FACTS |= {
    listed: (model_of(of_kind.kind), _usual(of_kind, _type(listed)))
    for of_kind in specimens()
    if (listed := camel(plural(of_kind.kind))) in LISTS
}


@pytest.fixture(scope="module")
async def known(database: str) -> Known:
    """Nothing changes in it."""
    world = await World.build("filters")
    await _furnish(world)
    rows: dict[str, dict[str, Facts]] = {}
    for name, (model, facts) in FACTS.items():
        found = await model.filter(firm_id=world.firm.id)
        rows[name] = {encode(model.kind, row.id): await facts(row) for row in found}
        assert len(rows[name]) > 2
    ids = {kind.value: {encode(kind, new_id())} for kind in Kind}
    for facts_of in rows.values():
        for value in (value for facts in facts_of.values() for value in facts.values() if isinstance(value, set)):
            for id in value:
                ids.get(id.rpartition("_")[0], set()).add(id)
    return Known(world, rows, {kind: sorted(found) for kind, found in ids.items()})


def holds(wanted: Facts, facts: Facts) -> bool:
    """Whether a row is what a filter asks for, by the descriptions in the schema."""
    return all(_holds(key, value, facts) for key, value in wanted.items() if value is not None)


def _holds(key: str, value: Any, facts: Facts) -> bool:
    if key == "and":
        return all(holds(inner, facts) for inner in value)
    if key == "or":
        return any(holds(inner, facts) for inner in value)
    if key == "not":
        return not holds(value, facts)
    fact = facts[key]
    if isinstance(value, bool):
        return bool(fact is value)
    if isinstance(value, int):
        return bool(fact >= value)
    if key == "search":
        return all(_is_found(asked, *fact) for asked in value.split())
    if key == "clientStatus":
        return not fact.isdisjoint(map(sameness, value))
    if isinstance(value, list):
        return not fact.isdisjoint(KEPT.get(one, one) for one in value)
    if value.keys() & {"in", "notIn"}:
        return all(fact.isdisjoint(ids) is (how == "notIn") for how, ids in value.items() if ids is not None)
    return all(_compares(how, than, fact) for how, than in value.items() if than is not None)


def _is_found(asked: str, title: str, more: str) -> bool:
    """Whether a word is the beginning of one that is there, or of four letters and near one of the title."""
    titled = title.lower().split()
    if any(word.startswith(asked) for word in [*titled, *more.lower().split()]):
        return True
    return any(not _left(asked).isdisjoint(_left(word)) for word in titled)


def _left(word: str) -> set[str]:
    if len(word) < 4 or not word.isalpha():
        return set()
    return {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}


def _compares(how: str, than: Any, fact: Any) -> bool:
    if how == "isSet":
        return bool((fact is not None) is than)
    if fact is None:
        return False
    limit = datetime.fromisoformat(than) if isinstance(fact, datetime) else date.fromisoformat(than)
    return bool({"before": fact < limit, "after": fact > limit, "on": fact == limit}[how])


DAYS = st.integers(-1, 8).map(lambda days: (TODAY + timedelta(days)).isoformat())
MOMENTS = st.integers(-1, 8).map(lambda days: (NOON + timedelta(days)).isoformat())


@cache  # A strategy that is made anew for each example is worked out anew, too.
def filters(type_: GraphQLInputObjectType, levels: int = DEEPEST) -> st.SearchStrategy[Facts]:
    """Filters of a type. Ids are written `kind:number`: which ones there are is known when the test runs."""
    fields = {
        name: strategy
        for name, field in type_.fields.items()
        if (strategy := _values(type_, name, field.type, levels)) is not None
    }
    return st.fixed_dictionaries({}, optional={name: st.none() | strategy for name, strategy in fields.items()})


def _values(owner: GraphQLInputObjectType, name: str, type_: Any, levels: int) -> st.SearchStrategy[Any] | None:
    named: Any = get_named_type(type_)
    if named is owner and levels > 1:
        inner = filters(owner, levels - 1)
        return inner if name == "not" else st.lists(inner, max_size=WIDEST)
    if named is owner:
        return None
    if named.name == "IdFilter":
        kind = kinds_in(owner)[name]
        ids = st.integers(0, 20).map(lambda number: f"{kind}:{number}")
        some = st.none() | st.lists(ids, max_size=3)
        return st.fixed_dictionaries({}, optional=dict.fromkeys(named.fields, some))
    if isinstance(named, GraphQLInputObjectType):
        return filters(named)
    if isinstance(named, GraphQLEnumType):
        return st.lists(st.sampled_from(list(named.values)), max_size=2)
    if name == "search":
        return st.lists(st.sampled_from(SOUGHT), min_size=1, max_size=2).map(" ".join)
    if name == "clientStatus":
        return st.lists(st.sampled_from([*TOLD, "a\0b", "", "x" * 200]), max_size=2)
    if named.name == "String":
        return st.lists(st.sampled_from([*KEPT, *PERIODS, "2026-01", "a\0b", ""]), max_size=2)
    if named.name == "Int":
        return st.sampled_from([1, 3, 150, 366])
    return {"Boolean": st.booleans(), "Date": DAYS, "DateTime": MOMENTS}[named.name]


def with_ids(wanted: Any, ids: dict[str, list[str]]) -> Any:
    """The filter with real ids."""
    if isinstance(wanted, dict):
        return {key: with_ids(value, ids) for key, value in wanted.items()}
    if isinstance(wanted, list):
        return [with_ids(value, ids) for value in wanted]
    kind, _, number = wanted.partition(":") if isinstance(wanted, str) else ("", "", "")
    # A word that is searched for may be that of a kind.
    return ids[kind][int(number) % len(ids[kind])] if kind in ids and number else wanted


async def compare(known: Known, api: Api, name: str, wanted: Facts) -> None:
    """The list under the filter is what it should be."""
    wanted = with_ids(wanted, known.ids)
    query = f"query Of($f: {_type(name)}) {{ {name}(filter: $f, first: 100) {{ nodes {{ id }} totalCount }} }}"
    found = (await api.ask(known.world.owner, query, f=wanted))[name]
    right = {id for id, facts in known.rows[name].items() if holds(wanted, facts)}
    assert {node["id"] for node in found["nodes"]} == right
    assert found["totalCount"] == len(right)


#: Of a list of nothing, and beside one.
EMPTY = [
    {"or": []},
    {"and": []},
    {"or": [{}]},
    {"or": [{}, {"archived": True}]},
    {"or": [{"or": []}]},
    {"or": [{"or": []}, {"archived": True}]},
    {"and": [{"or": []}]},
    {"or": [{"and": []}]},
    {"and": [{"and": []}, {}], "or": [{"and": [{}]}]},
    {"archived": False, "or": []},
    {"or": [{"category": []}, {"archived": True}]},
    {"or": [{"id": {"in": []}}, {"assignee": {"in": []}}]},
    {"not": {}},
    {"not": {"not": {}}},
    {"not": {"and": []}},
    {"not": {"or": []}},
    {"id": {}},
    {"id": {"notIn": []}},
    {"not": {"id": {"notIn": []}}},
    # What compares with nothing does not hold, so that it does not is found.
    {"not": {"due": {"before": "2026-03-18"}}},
    {"not": {"not": {"due": {"before": "2026-03-18"}}}},
    {"not": {"period": ["2026-Q1"]}},
    {"not": {"deadline": {"after": "2026-03-18"}, "archived": False}},
]


@pytest.mark.parametrize("wanted", EMPTY, ids=str)
async def test_quantifiers_over_nothing(known: Known, api: Api, wanted: Facts) -> None:
    await compare(known, api, "jobs", wanted)


@pytest.mark.parametrize("name", LISTS)
async def test_among_nothing_is_none(known: Known, api: Api, name: str) -> None:
    for field, definition in _type(name).fields.items():
        named: Any = get_named_type(definition.type)
        if named.name == "IdFilter":
            await compare(known, api, name, {field: {"in": []}})
        elif isinstance(named, GraphQLEnumType):
            await compare(known, api, name, {field: []})


@pytest.mark.parametrize("name", LISTS)
def test_what_each_filter_asks_for_is_known(known: Known, name: str) -> None:
    asked = _type(name).fields.keys() - COMBINED
    assert all(facts.keys() == asked for facts in known.rows[name].values()), "Say in FACTS what a row has under it."


@settings(max_examples=150, deadline=None)
@given(wanted=filters(_type("jobs")))
async def test_any_filter_of_jobs(known: Known, api: Api, wanted: Facts) -> None:
    await compare(known, api, "jobs", wanted)


@pytest.mark.parametrize("name", sorted(LISTS.keys() - {"jobs"}))
@settings(max_examples=40, deadline=None)
@given(data=st.data())
async def test_any_filter_of_the_other_lists(known: Known, api: Api, name: str, data: st.DataObject) -> None:
    await compare(known, api, name, data.draw(filters(_type(name))))
