"""Saved views as clients keep them: what is given comes back, and finds the same; what is hidden is not named."""

from __future__ import annotations

import json
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, get_named_type

from models.commands.stages import delete_stage
from models.firm.saved_views import NAMING, SavedView
from models.ids import Kind, decode, encode, new_id
from models.rights import Right, Role
from models.rows import Job
from resolvers.root import graphql_schema
from tests.serving import Api
from tests.world import World

CREATE = """mutation Save($input: CreateSavedViewInput!) { createSavedView(input: $input) {
  savedView { id version name filter sort { field direction } cardFields shared } revision
  errors { code reason path message } } }"""
UPDATE = """mutation Update($input: UpdateSavedViewInput!) { updateSavedView(input: $input) { errors { code } } }"""
SHARE = """mutation Share($input: SavedViewInput!) { shareSavedView(input: $input) { errors { code } } }"""
VIEWS = """query Views { savedViews { nodes { id name shared filter sort { field direction } cardFields
  member { id } } } }"""
FIND = "query Find($filter: JobFilter, $sort: [JobSort!]) { jobs(filter: $filter, sort: $sort) { nodes { name } } }"


def everything(world: World, job: Job, tag: str) -> dict[str, Any]:
    """A filter with each sort of value."""
    return {
        "account": {"in": [encode(Kind.ACCOUNT, world.account.id)]},
        "priority": ["HIGH", "URGENT"],
        "category": ["ACTIVE"],
        "due": {"before": "2026-04-15", "isSet": True},
        "created": {"after": "2020-01-01T00:00:00.000Z"},
        "clientStatus": ["Waiting"],
        "archived": False,
        "idleDays": 366,
        "overdue": False,
        "overLimit": False,
        "search": "tax",
        "or": [{"id": {"in": [encode(Kind.JOB, job.id)]}}, {"not": {"tag": {"notIn": [tag]}}}],
        "and": [],
    }


async def test_what_is_given_comes_back_and_can_be_sent_again(world: World, api: Api) -> None:
    job = await world.job("tax")
    given = everything(world, job, encode(Kind.TAG, new_id()))
    sort = [{"field": "DUE_DATE", "direction": "DESC"}, {"field": "STAGE_ENTERED_AT"}]
    wanted = {"name": "Late", "filter": given, "sort": sort, "cardFields": ["TAGS", "PERIOD"]}
    made = (await api.ask(world.employee, CREATE, input=wanted))["createSavedView"]
    assert made["errors"] == []
    view = made["savedView"]
    # The tag is nobody's.
    told = {**given, "or": [given["or"][0], {"not": {"tag": {"notIn": []}}}]}
    assert json.loads(view["filter"]) == told
    assert view["sort"] == [sort[0], {**sort[1], "direction": "ASC"}]
    assert (view["cardFields"], view["shared"], view["version"]) == (["TAGS", "PERIOD"], False, 1)
    assert "errors" not in await api.post(world.employee, FIND, filter=json.loads(view["filter"]), sort=view["sort"])
    back = {"savedViewId": view["id"], "name": "Late", "filter": json.loads(view["filter"]), "sort": view["sort"]}
    before = await world.revision()
    await api.ask(world.employee, UPDATE, input=back)
    # Neither what they are not shown.
    kept = (await world.row(SavedView, decode(Kind.SAVED_VIEW, view["id"]))).job_filter
    assert (await world.revision(), kept) == (before, given)
    change = """mutation Change($input: UpdateSavedViewInput!) { updateSavedView(input: $input) {
      savedView { filter sort { field } cardFields } errors { reason path } } }"""
    empty = {"savedViewId": view["id"], "filter": None, "sort": [], "cardFields": None}
    changed = (await api.ask(world.employee, change, input=empty))["updateSavedView"]
    assert changed == {"savedView": {"filter": None, "sort": [], "cardFields": None}, "errors": []}
    (listed,) = (await api.ask(world.employee, VIEWS))["savedViews"]["nodes"]
    assert (listed["name"], listed["filter"], listed["member"]["id"]) == (
        "Late",
        None,
        encode(Kind.MEMBER, world.employee.id),
    )
    assert (await api.ask(world.owner, VIEWS))["savedViews"]["nodes"] == []


async def test_a_shared_one_names_nothing_that_its_reader_does_not_see(world: World, api: Api) -> None:
    hidden, line = await world.new_account("Secret"), await world.new_pipeline("Secret line")
    await world.job("seen")
    await world.job("unseen", account_id=hidden.id)
    accounts = [encode(Kind.ACCOUNT, id) for id in (world.account.id, hidden.id)]
    stage = (await world.stages(line))[0]
    filter = {
        "account": {"in": accounts},
        "stage": {"notIn": [encode(Kind.STAGE, stage.id)]},
        "not": {"pipeline": {"in": [encode(Kind.PIPELINE, line.id)]}},
    }
    made = (await api.ask(world.owner, CREATE, input={"name": "Ours", "filter": filter}))["createSavedView"]
    await api.ask(world.owner, SHARE, input={"savedViewId": made["savedView"]["id"]})
    found = {}
    for member in (world.owner, world.employee, world.stranger):
        (view,) = (await api.ask(member, VIEWS))["savedViews"]["nodes"]
        found[member.name] = (
            view["filter"],
            [job["name"] for job in (await api.ask(member, FIND, filter=json.loads(view["filter"])))["jobs"]["nodes"]],
            # And as it was given, it would find the same.
            [job["name"] for job in (await api.ask(member, FIND, filter=filter))["jobs"]["nodes"]],
        )
    for text in (accounts[1], encode(Kind.STAGE, stage.id), encode(Kind.PIPELINE, line.id)):
        assert text in found["Olive Owner"][0]
        assert text not in found["Emma Employee"][0] + found["Sam Stranger"][0]
    assert accounts[0] in found["Emma Employee"][0]
    assert accounts[0] not in found["Sam Stranger"][0]
    assert [names for _, *names in found.values()] == [[["unseen", "seen"]] * 2, [["seen"]] * 2, [[]] * 2]
    # To send what is hidden is a change, also where it is there: nobody is told that it is.
    changed = """mutation Change($input: UpdateSavedViewInput!) { updateSavedView(input: $input) {
      savedView { version } errors { code } } }"""
    manager = await world.member("Mia Manager", Role.EMPLOYEE, Right.MANAGE_PIPELINES)
    (view,) = (await api.ask(manager, VIEWS))["savedViews"]["nodes"]
    versions = []
    for sent in (json.loads(view["filter"]), filter, json.loads(view["filter"]), filter):
        answer = await api.ask(manager, changed, input={"savedViewId": view["id"], "filter": sent})
        versions.append(answer["updateSavedView"]["savedView"]["version"])
    assert versions == [2, 3, 3, 4]
    # What is gone is named no more either.
    await Job.filter(stage_id=stage.id).delete()
    await delete_stage(world.acting(world.owner), stage_id=stage.id)
    (view,) = (await api.ask(world.owner, VIEWS))["savedViews"]["nodes"]
    assert json.loads(view["filter"])["stage"] == {"notIn": []}


def test_only_filters_by_ids_have_these_parts() -> None:
    """By them it is known what a filter names."""
    for type_ in graphql_schema().type_map.values():
        if isinstance(type_, GraphQLInputObjectType) and type_.fields.keys() & set(NAMING):
            assert {str(get_named_type(field.type)) for field in type_.fields.values()} == {"ID"}


DEEP: Any = {"not": {"not": {"not": {"not": {"archived": True}}}}}


@pytest.mark.parametrize(
    ("filter", "sort"),
    [
        (DEEP, None),
        ({"or": [{"archived": True}] * 40}, None),
        ({"search": "?!"}, None),
        ({"search": "a b c d e f g h i j k"}, None),
        ({"account": {"in": [encode(Kind.JOB, new_id())]}}, None),
        ({"not": {"tag": {"in": ["nothing"]}}}, None),
        ({"period": ["2026"] * 101}, None),
        ({"idleDays": 367}, None),
        (None, [{"field": "NAME"}, {"field": "NAME", "direction": "DESC"}]),
        (None, [{"field": name} for name in ("NAME", "DUE_DATE", "PRIORITY", "CREATED_AT")]),
    ],
)
async def test_what_no_list_would_take_is_not_saved(world: World, api: Api, filter: Any, sort: Any) -> None:
    """For the same reason, in the same words."""
    refused = await api.post(world.owner, FIND, filter=filter, sort=sort)
    before = await world.revision()
    given = {name: value for name, value in (("filter", filter), ("sort", sort)) if value is not None}
    (error,) = (await api.ask(world.owner, CREATE, input={"name": "Odd", **given}))["createSavedView"]["errors"]
    told = refused["errors"][0]
    assert (error["message"], error["code"]) == (told["message"], told["extensions"]["code"])
    assert error["path"][:2] == ["input", *given]
    assert await world.revision() == before
