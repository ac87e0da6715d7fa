"""Reports as they are asked for: things beside their figures, what is withheld of them, and that nothing in them tells
what is out of sight."""

from __future__ import annotations

import json
from datetime import date
from itertools import combinations, product
from typing import Any
from uuid import UUID

import pytest
from graphql import GraphQLEnumType, get_named_type, is_leaf_type

from models.commands.moves import archive_job, complete_job, set_job_status
from models.commands.statuses import create_status
from models.commands.tasks import create_task
from models.commands.time import log_time
from models.database import sql
from models.ids import Kind, encode
from models.rights import Right, Role
from models.rows import AccountMember, AccountTag, Job, Member, PipelineMember, Tag, Task
from tests.api.asking import post
from tests.api.furnished import Furnished
from tests.api.selections import root_fields
from tests.api.test_statements import anew, counted
from tests.serving import Api
from tests.world import World

REPORTS = sorted(
    name
    for name, field in root_fields("query").items()
    if get_named_type(field.type).name.endswith("Report") and "groupBy" in field.args
)
TIME = """query Time($filter: TimeReportFilter, $by: [TimeDimension!]) { timeReport(filter: $filter, groupBy: $by) {
  covers firstDay lastDay
  rows { member { name } account { name } pipeline { name } job { name } tag { name } day week month
    minutes billableMinutes entries amounts { amount currency } }
  total { minutes entries } residual { minutes entries } cut { rows minutes } repeated { entries } } }"""
BARE = "query Time($filter: TimeReportFilter) { timeReport(filter: $filter) { rows { minutes } residual { minutes } } }"


async def reader(world: World, *rights: Right) -> Member:
    """An employee at the world's account and pipeline, with these rights."""
    member = await world.member("Rita Reader", Role.EMPLOYEE, *rights)
    await AccountMember.create(account_id=world.account.id, member_id=member.id)
    await PipelineMember.create(pipeline_id=world.pipeline.id, member_id=member.id)
    return member


async def test_rows_name_what_they_are_of(world: World, api: Api) -> None:
    job = await world.job("1040")
    for minutes in (20, 40):
        entry = (await log_time(world.acting(world.owner), minutes=minutes, day=date(2026, 3, 4), job_id=job.id)).value
        await sql("UPDATE time_entry SET rate = 60 WHERE id = $1", entry.id)
    asked = {"filter": {"firstDay": "2026-03-01", "lastDay": "2026-03-31"}, "by": ["MEMBER", "WEEK"]}
    report = (await api.ask(world.owner, TIME, **asked))["timeReport"]
    assert (report["covers"], report["firstDay"], report["lastDay"]) == ("FIRM", "2026-03-01", "2026-03-31")
    (row,) = report["rows"]
    assert {key: value for key, value in row.items() if value is not None} == {
        "member": {"name": "Olive Owner"},
        "week": "2026-03-02",
        "minutes": 60,
        "billableMinutes": 60,
        "entries": 2,
        "amounts": [{"amount": "60.00", "currency": "USD"}],
    }
    assert report["total"] == {"minutes": 60, "entries": 2}
    assert report["residual"] == {"minutes": 0, "entries": 0}
    assert report["cut"] == {"rows": 0, "minutes": 0}
    row = (await api.ask(world.owner, TIME, filter=asked["filter"], by=["ACCOUNT", "JOB"]))["timeReport"]["rows"][0]
    assert (row["account"], row["job"], row["member"]) == ({"name": "Acme"}, {"name": "1040"}, None)


async def test_amounts_are_withheld_and_not_even_added_up(world: World, api: Api) -> None:
    await log_time(world.acting(world.owner), minutes=60, account_id=world.account.id)
    member = await reader(world, Right.VIEW_REPORTS)
    answer = await api.post(member, "{ timeReport { rows { minutes amounts { amount } } } }")
    assert answer["data"]["timeReport"]["rows"] == [{"minutes": 60, "amounts": None}]
    assert [error["extensions"] for error in answer["errors"]] == [{"code": "FORBIDDEN", "right": "MANAGE_RATES"}]
    for text, added in (
        ("{ timeReport { rows { minutes } } }", False),
        ("{ timeReport { total { ...A } } } fragment A on TimeFigures { amounts { amount } }", True),
    ):
        with counted() as statements:
            await api.ask(world.owner, anew(text))
        assert any("entry.rate" in statement for statement in statements) is added


async def test_who_plans_the_team_is_told_what_their_rights_are_for(world: World, api: Api) -> None:
    """Capacity of everybody, without others' time and without budgets; of oneself, one's own time."""
    job = await world.job("1040", budget=600)
    for member in (world.owner, world.employee):
        await log_time(world.acting(member), minutes=60, job_id=job.id)
    capacity = "{ capacityReport(groupBy: [MEMBER]) { covers rows { member { name } available %s } } }"
    planner = await reader(world, Right.VIEW_REPORTS, Right.MANAGE_TEAM)
    answer = await api.post(planner, capacity % "estimated planned tracked")
    report = answer["data"]["capacityReport"]
    assert report["covers"] == "FIRM"
    rows = {row["member"]["name"]: row for row in report["rows"] if row["member"]}
    assert len(rows) == 5
    assert {(row["estimated"], row["planned"], row["tracked"]) for row in rows.values()} == {(0, None, None)}
    rights = {error["path"][-1]: error["extensions"]["right"] for error in answer["errors"]}
    assert rights == {"planned": "MANAGE_TIME_BUDGETS", "tracked": "MANAGE_TIME_ENTRIES"}
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"FORBIDDEN"}
    (own,) = (await api.ask(world.employee, capacity % "tracked"))["capacityReport"]["rows"]
    assert (own["member"], own["tracked"]) == ({"name": world.employee.name}, 60)


@pytest.mark.parametrize(
    ("arguments", "right"),
    [
        ("groupBy: [MEMBER]", "MANAGE_TIME_ENTRIES"),
        ("groupBy: [JOB]", "MANAGE_TIME_BUDGETS"),
        ("sort: {by: AMOUNTS}", "MANAGE_RATES"),
    ],
)
async def test_an_error_names_the_right(world: World, api: Api, arguments: str, right: str) -> None:
    member = await reader(world, Right.VIEW_REPORTS)
    answer = await api.post(member, f"{{ timeReport({arguments}) {{ rows {{ minutes }} }} }}")
    assert answer["data"] == {"timeReport": None}
    assert answer["errors"][0]["extensions"] == {
        "code": "FORBIDDEN",
        "right": right,
        "reason": "RIGHT_MISSING",
        "parameters": {"RIGHTS": right},
    }
    assert right in answer["errors"][0]["message"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("groupBy: [DAY, DAY]", "Group by at most 2 different things."),
        ("first: 0", "A report has from 1 to 1,000 rows, not 0."),
        (
            'filter: {firstDay: "2026-01-02", lastDay: "2026-01-01"}',
            "A report is of 1 to 3,660 days, and from 2026-01-02 to 2026-01-01 there are 0.",
        ),
    ],
)
async def test_what_is_no_report(world: World, api: Api, arguments: str, message: str) -> None:
    answer = await api.post(world.owner, f"{{ timeReport({arguments}) {{ rows {{ minutes }} }} }}")
    assert (answer["errors"][0]["message"], answer["errors"][0]["extensions"]["code"]) == (message, "INVALID")


async def test_two_who_see_everything_are_told_at_once(world: World, api: Api) -> None:
    with counted() as statements:
        for member in (world.owner, world.admin, world.owner):
            await api.ask(member, BARE)
    assert sum("time_entry" in statement for statement in statements) == 1
    # One's own is nobody else's answer.
    with counted() as statements:
        for member in (world.employee, world.stranger):
            await api.ask(member, BARE)
    assert sum("time_entry" in statement for statement in statements) == 2


def parts(name: str) -> tuple[list[str], str]:
    """The dimensions of a report, and all that can be read of its rows and its sums."""
    field = root_fields("query")[name]
    dimensions: Any = get_named_type(field.args["groupBy"].type)
    assert isinstance(dimensions, GraphQLEnumType)
    whole: Any = get_named_type(field.type)
    return list(dimensions.values), " ".join(_read(part, inner.type) for part, inner in whole.fields.items())


def _read(name: str, type_: Any) -> str:
    named: Any = get_named_type(type_)
    if is_leaf_type(named):
        return name
    if "id" in named.fields:
        return f"{name} {{ id name }}"
    return f"{name} {{ {' '.join(_read(each, inner.type) for each, inner in named.fields.items())} }}"


def questions(name: str) -> tuple[str, list[dict[str, Any]]]:
    """The report by everything that there is, by itself and by any two: a query, and the variables to ask it with."""
    dimensions, below = parts(name)
    by, sort = (root_fields("query")[name].args[argument].type for argument in ("groupBy", "sort"))
    query = f"query Of($by: {by}, $sort: {sort}) {{ {name}(groupBy: $by, sort: $sort, first: 20) {{ {below} }} }}"
    groups = [*((each,) for each in dimensions), *combinations(dimensions, 2)]
    return query, [
        {"by": group, "sort": {"by": "GROUP", "direction": direction}}
        for group, direction in product(groups, ("ASC", "DESC"))
    ]


@pytest.mark.parametrize("name", REPORTS)
async def test_nothing_tells_what_is_out_of_sight(database: str, api: Api, name: str) -> None:
    """As somebody with every right but to see all accounts. The control: it is added up."""
    firm = await Furnished.build("seen")
    world, word = firm.world, f"secret{firm.word}"
    member = await firm.employee(*(right for right in Right if right is not Right.VIEW_ALL_ACCOUNTS))
    await AccountMember.create(account_id=world.account.id, member_id=member.id)
    account = await world.new_account(f"{word} account")
    pipeline = await world.new_pipeline(f"{word} pipeline", stages=(f"{word} stage",))
    secrets = [word, encode(Kind.ACCOUNT, account.id), encode(Kind.PIPELINE, pipeline.id)]
    owner = world.acting(world.owner)
    held = (await create_status(owner, pipeline_id=pipeline.id, name=f"{word} status", color="#ffffff")).value
    hidden: tuple[tuple[int, dict[str, UUID], UUID], ...] = (
        (111, {"account_id": account.id}, firm.things["status"]),
        (222, {"pipeline_id": pipeline.id}, held.id),
    )
    for minutes, places, status_id in hidden:
        job = await world.job(f"{word} job", budget=minutes, **places)
        secrets.append(encode(Kind.JOB, job.id))
        await log_time(owner, minutes=minutes, job_id=job.id, note=word)
        done = await world.job(f"{word} done", **places)
        await set_job_status(owner, job_id=done.id, status_id=status_id)
        await complete_job(owner, job_id=done.id)
        await archive_job(owner, job_id=done.id)
    _, told = await api.token(member), 0
    query, variables = questions(name)
    for asked in variables:
        answer = await post(api, member, query, asked)
        assert "errors" not in json.loads(answer), answer
        assert not [secret for secret in secrets if secret.encode() in answer], asked
        assert any(json.loads(answer)["data"][name]["residual"].values()), asked
        everything = await post(api, world.owner, query, asked)
        told += any(secret.encode() in everything for secret in secrets)
    assert told > 3 or not {"ACCOUNT", "PIPELINE"} & set(parts(name)[0])


@pytest.mark.parametrize("what", ["account", "pipeline"])
async def test_what_is_out_of_sight_cannot_be_filtered_by(world: World, api: Api, what: str) -> None:
    member = await reader(world, *(right for right in Right if right is not Right.VIEW_ALL_ACCOUNTS))
    hidden = {
        "account": encode(Kind.ACCOUNT, (await world.new_account("Hidden")).id),
        "pipeline": encode(Kind.PIPELINE, (await world.new_pipeline("Hidden")).id),
    }
    seen = {"account": encode(Kind.ACCOUNT, world.account.id), "pipeline": encode(Kind.PIPELINE, world.pipeline.id)}
    told = []
    for id in (hidden[what], encode(Kind(what), world.firm.id)):
        (error,) = (await api.post(member, BARE, filter={what: {"in": [seen[what], id]}}))["errors"]
        # The id that was sent, and nothing else, differs.
        assert error["extensions"]["parameters"].pop("ID") == id
        told.append(error)
    assert told[0] == told[1]
    assert told[0]["extensions"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize("what", ["account", "pipeline", "tag", "member", None])
async def test_the_residual_is_nobodys_figures(world: World, api: Api, what: str | None) -> None:
    """One hidden account, with the only tag, where one member has spent an hour."""
    member = await reader(world, *(right for right in Right if right is not Right.VIEW_ALL_ACCOUNTS))
    hidden = await world.new_account("Hidden")
    tag = await Tag.create(firm_id=world.firm.id, name="Tag", color="#ffffff")
    await AccountTag.create(account_id=hidden.id, tag_id=tag.id)
    job = await world.job("Hidden", account_id=hidden.id)
    await log_time(world.acting(world.owner), minutes=60, job_id=job.id)
    ids = {
        "account": encode(Kind.ACCOUNT, world.account.id),
        "pipeline": encode(Kind.PIPELINE, world.pipeline.id),
        "tag": encode(Kind.TAG, tag.id),
        "member": encode(Kind.MEMBER, world.owner.id),
    }
    filter = {} if what is None else {what: {"in": [ids[what]]}}
    report = (await api.ask(member, TIME, filter=filter))["timeReport"]
    if what is None:
        assert report["residual"] == report["total"] == {"minutes": 60, "entries": 1}
    else:
        assert report["residual"] is None
        assert report["total"] == {"minutes": 0, "entries": 0}
    assert report["rows"] == []


async def test_a_report_takes_no_ids_that_are_to_be_left_out(world: World, api: Api) -> None:
    """It would be told of without a residual, and so of what is out of sight."""
    query = "query Time($f: TimeReportFilter) { timeReport(filter: $f) { rows { minutes } } }"
    account = encode(Kind.ACCOUNT, world.account.id)
    answer = await api.post(world.owner, query, f={"account": {"notIn": [account]}})
    assert answer["errors"][0]["extensions"]["code"] == "INVALID"
    assert "errors" not in await api.post(world.owner, query, f={"account": {"in": [account]}, "member": {}})


async def test_days_at_the_edge_are_no_fault(world: World, api: Api) -> None:
    """To PostgreSQL the first day that Python has and the last one are infinitely far."""
    job = await world.job("Far", budget=600)
    task = (await create_task(world.acting(world.owner), name="Far", job_id=job.id, estimate=60)).value
    told = [name for name in root_fields("query") if "eport" in name or name == "forecast"]
    assert len(told) > 9
    days = product((None, date.min, date.max), repeat=2)
    for start, due in [pair for pair in days if pair != (date.max, date.min)]:
        await Job.filter(id=job.id).update(start_date=start, due_date=due, deadline=due)
        await Task.filter(id=task.id).update(start_date=start, due_date=due)
        for name in told:
            await api.ask(world.owner, f"{{ {name} {{ __typename }} }}")
