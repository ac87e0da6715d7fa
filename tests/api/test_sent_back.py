"""What was read may be sent back: a form that sends all of its fields changes nothing but what somebody changed in it,
also where a value would not be taken any more, by today's rules or in today's state of things."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, get_named_type

from models.database import sql
from models.ids import Kind
from models.rows import Member
from tests.api.asking import MUTATIONS
from tests.api.furnished import CHOSEN, Furnished
from tests.api.samples import Id, Sampler, filled, snake
from tests.api.selections import root_fields
from tests.serving import Api
from tests.specimens import specimens

#: Mutations that say how a thing is to be, or that its state is to be this one.
#: What nobody reads cannot be sent back.
NEVER_READ = {"setPaymentProviderSecret"}
SETTERS = [
    name
    for name in MUTATIONS
    if name.startswith(("update", "set", "assign")) and "Jobs" not in name and name not in NEVER_READ
]
#: Where a field of an input is read, if the thing has none of its name.
READ: dict[str, str] = {
    "assignJob.memberIds": "assignees { id }",
    "assignTask.memberIds": "assignees { id }",
    "setAccountRoleHolders.memberIds": "roles { members { id } }",
    "setAccountTeam.memberIds": "team { id }",
    "setClientTasks.clientTasks": "clientTasks { name }",
    "setJobClientStatus.color": "clientStatus { color }",
    "setJobClientStatus.description": "clientStatus { description }",
    "setJobClientStatus.name": "clientStatus { name }",
    "setJobClientStatus.visible": "clientStatus { visible }",
    "setJobStatus.statusId": "status { id }",
    "setTaskChecklist.checklist": "checklist { name }",
    "setTaskParent.parentId": "parent { id }",
    "setTimeEntryRate.rate": "rate { amount }",
    "updateMessage.mentionIds": "mentions { id }",
    "updateInvoice.payerId": "payer { id }",
    "updateJob.period": "period { text }",
    "updateTimeEntry.jobId": "job { id }",
}
#: What names the place of the thing that is set, besides the thing.
PLACES = {"setAccountRoleHolders": ["accountRoleId"]}
#: What is no state of the thing.
NO_STATE = {"idempotencyKey", "expectedVersion", "setJobClientStatus.clientStatusId"}
#: Read as JSON, and as objects of several fields: tests/api/test_saved_views.py sends them back.
NO_STATE |= {"updateSavedView.filter", "updateSavedView.sort"}
#: As objects of several fields: tests/api/test_invoices.py sends them back.
NO_STATE |= {"updateInvoice.lines"}
#: Of what is read as money the amount is sent: tests/domain/test_proposals.py sends them back.
NO_STATE |= {"updateProposal.services"}


def input_fields(mutation: str) -> dict[str, Any]:
    """The fields of a mutation's input."""
    type_: Any = get_named_type(root_fields("mutation")[mutation].args["input"].type)
    return dict(type_.fields)


def thing_of(mutation: str) -> GraphQLObjectType:
    """The type of what a mutation changes."""
    payload: Any = root_fields("mutation")[mutation].type
    type_ = get_named_type(next(iter(payload.fields.values())).type)
    assert isinstance(type_, GraphQLObjectType)
    return type_


async def read(api: Api, firm: Furnished, mutation: str, target: dict[str, Any]) -> dict[str, Any]:
    """The input of a mutation as the thing is now, read field by field."""
    type_ = thing_of(mutation)
    id = next(iter(target.values())) if target else firm.id(Id(Kind.FIRM, "read"))
    fields = input_fields(mutation)
    paths = {
        name: READ.get(f"{mutation}.{name}") or _usual(name, field.type)
        for name, field in fields.items()
        if name not in target and not {name, f"{mutation}.{name}"} & NO_STATE
    }
    query = f"query Read($id: ID!) {{ node(id: $id) {{ ... on {type_.name} {{ {' '.join(set(paths.values()))} }} }} }}"
    node = (await api.ask(firm.world.owner, query, id=id))["node"]
    return {
        name: _parts(node[name], fields[name].type) if _has_parts(fields[name]) else _value(node, path)
        for name, path in paths.items()
    }


def _usual(name: str, type_: Any) -> str:
    """Where a field is read for which nothing else is said: parts as they are sent, ids of things in the things."""
    named = get_named_type(type_)
    if isinstance(named, GraphQLInputObjectType):
        return f"{name} {{ {' '.join(_usual(part, field.type) for part, field in named.fields.items())} }}"
    return f"{_things(name)} {{ id }}" if _things(name) else name


def _things(name: str) -> str | None:
    """What has the things whose ids such a field takes; None where it takes none."""
    if name.endswith("Ids"):
        return f"{name.removesuffix('Ids')}s"
    return name.removesuffix("Id") if name.endswith("Id") else None


def _parts(read: Any, type_: Any) -> Any:
    """What was read of an input within another one, as it is sent: of things their ids."""
    if isinstance(read, list):
        return [_parts(each, type_) for each in read]
    named = get_named_type(type_)
    if read is None or not isinstance(named, GraphQLInputObjectType):
        return read
    return {
        name: _ids(read[things]) if (things := _things(name)) else _parts(read[name], field.type)
        for name, field in named.fields.items()
    }


def _ids(read: Any) -> Any:
    return [_ids(thing) for thing in read] if isinstance(read, list) else read and read["id"]


def _has_parts(field: Any) -> bool:
    return isinstance(get_named_type(field.type), GraphQLInputObjectType)


def _value(node: Any, path: str) -> Any:
    steps = path.replace("{", " ").replace("}", " ").split()
    for step in steps:
        if isinstance(node, list):
            inner = [each[step] for each in node]
            node = [each for several in inner for each in several] if inner and isinstance(inner[0], list) else inner
        else:
            node = node[step] if node is not None else None
    return node


def target_of(mutation: str, firm: Furnished) -> dict[str, Any]:
    """What names the thing that is changed."""
    whole = filled(Sampler(mutation, firm.word).input(), firm.id)["input"]
    name = thing_of(mutation).name
    own = name[0].lower() + name[1:] + "Id"
    return {name: whole[name] for name in (own, *PLACES.get(mutation, ())) if name in whole}


async def send_back(api: Api, firm: Furnished, mutation: str, target: dict[str, Any]) -> dict[str, Any]:
    """Read the thing, and send back all that was read; it is no refusal, and no revision."""
    before = await firm.world.revision()
    given = await read(api, firm, mutation, target)
    assert given, f"Say in READ where what {mutation} takes is read."
    query = (
        f"mutation Back($input: {root_fields('mutation')[mutation].args['input'].type}) "
        f"{{ {mutation}(input: $input) {{ revision errors {{ message path }} }} }}"
    )
    payload = (await api.ask(firm.world.owner, query, input=target | given))[mutation]
    assert payload == {"revision": str(before), "errors": []}, given
    assert await firm.world.revision() == before
    return given


@pytest.mark.parametrize("mutation", SETTERS)
async def test_what_was_read_is_sent_back(database: str, api: Api, mutation: str) -> None:
    firm = await Furnished.build()
    await send_back(api, firm, mutation, target_of(mutation, firm))


LONG = "x" * 30_000
#: By mutation: SQL that puts its thing ($1) into a state that the mutation itself would refuse to bring it into.
NOT_ANY_MORE: dict[str, Sequence[str]] = {
    "assignJob": [
        "UPDATE member SET active = false WHERE id IN (SELECT member_id FROM job_assignee WHERE job_id = $1)"
    ],
    "assignTask": [
        "UPDATE member SET active = false WHERE id IN (SELECT member_id FROM task_assignee WHERE task_id = $1)"
    ],
    "setAccountTeam": [
        "UPDATE member SET active = false WHERE id IN (SELECT member_id FROM account_member WHERE account_id = $1)"
    ],
    "setJobBudget": ["UPDATE job SET budget = 2000000000 WHERE id = $1"],
    "setJobClientStatus": [
        "UPDATE job SET client_status_name = E'a\\nb', client_status_color = 'red', client_status_visible = true, "
        f"client_status_description = '{LONG}' WHERE id = $1",
        "UPDATE job SET client_status_name = NULL, client_status_visible = true WHERE id = $1",
    ],
    "setJobStatus": [
        "UPDATE account SET archived_at = now() WHERE id = (SELECT account_id FROM job WHERE id = $1)",
        "UPDATE job SET archived_at = now(), status_id = "
        "(SELECT id FROM status WHERE pipeline_id = job.pipeline_id AND category = 'ARCHIVED') WHERE id = $1",
    ],
    "setMemberRole": ["UPDATE member SET active = false WHERE id = $1"],
    "setPipelineMembers": [
        "UPDATE member SET active = false WHERE id IN (SELECT member_id FROM pipeline_member WHERE pipeline_id = $1)"
    ],
    "setTaskChecklist": [
        "UPDATE task SET checklist = jsonb_set(checklist, '{0,name}', to_jsonb(E'\\t'::text)) WHERE id = $1"
    ],
    "setTaskParent": [
        "UPDATE task SET account_id = "
        "(SELECT id FROM account WHERE firm_id = task.firm_id AND id <> account_id LIMIT 1) "
        "WHERE id = (SELECT parent_id FROM subtask WHERE task_id = $1)"
    ],
    "setTaskState": ["UPDATE job SET archived_at = now() WHERE id = (SELECT job_id FROM job_item WHERE item = $1)"],
    "setTimeEntryRate": [
        "UPDATE member SET active = false WHERE id = (SELECT member_id FROM time_entry WHERE id = $1)"
    ],
    "updateAccount": ["UPDATE account SET name = ' ', archived_at = now() WHERE id = $1"],
    "updateClientStatus": [
        f"UPDATE client_status SET name = E'\\t', color = 'RED', description = '{LONG}' WHERE id = $1"
    ],
    "updateFirm": [
        "UPDATE firm SET name = ' ', time_zone = 'EST5EDT4,M3', currency = 'XXY', country = 'ZZ', region = 'X' "
        "WHERE id = $1"
    ],
    "updateJob": [
        f"UPDATE job SET name = ' ', description = '{LONG}', archived_at = now() WHERE id = $1",
        "UPDATE job SET period = E'a\\u202eb', period_key = 'x', deadline = '2999-01-01', due_date = '2999-01-02' "
        "WHERE id = $1",
    ],
    "updateMember": ["UPDATE member SET name = E'a\\nb', capacity = 20000, active = false WHERE id = $1"],
    "updatePipeline": ["UPDATE pipeline SET name = ' ', card_fields = '[\"STATUS\", \"STATUS\"]' WHERE id = $1"],
    "updateStage": [
        "UPDATE stage SET name = ' ', time_limit = 0 WHERE id = $1",
        "WITH last AS (UPDATE stage SET position = 'zz' WHERE id = $1 RETURNING id, firm_id) INSERT INTO stage_tag "
        "(stage_id, tag_id) SELECT id, (SELECT id FROM tag WHERE firm_id = last.firm_id LIMIT 1) FROM last",
    ],
    "updateStatus": ["UPDATE status SET name = ' ', color = 'red' WHERE id = $1"],
    "updateTag": ["UPDATE tag SET name = E'\\t', color = 'red' WHERE id = $1"],
    "updateTask": [f"UPDATE task SET name = ' ', description = '{LONG}', estimate = 2000000000 WHERE id = $1"],
    "updateTimeEntry": [
        "UPDATE time_entry SET minutes = 3000 WHERE id = $1",
        "UPDATE time_entry SET day = '2999-01-01' WHERE id = $1",
        f"UPDATE time_entry SET note = '{LONG}' WHERE id = $1",
        "UPDATE job SET archived_at = now() WHERE id = (SELECT job_id FROM job_item WHERE item = $1)",
        "UPDATE time_entry SET minutes = 0, started_at = now() WHERE id = $1",
    ],
} | {mutation: states for known in specimens() for mutation, states in known.not_any_more.items()}
#: They take ids and enums alone, of which none can go out of use.
NOTHING_OLD = {"setAccountTags", "setAutomationState", "setMemberRights"}


def test_every_setter_has_its_old_values() -> None:
    assert set(SETTERS) == NOT_ANY_MORE.keys() | NOTHING_OLD


@pytest.mark.parametrize(("mutation", "state"), [(name, sql) for name, all in NOT_ANY_MORE.items() for sql in all])
async def test_what_is_not_allowed_any_more_is_sent_back(database: str, api: Api, mutation: str, state: str) -> None:
    firm = await Furnished.build()
    target = target_of(mutation, firm)
    place = Id(Kind(snake(thing_of(mutation).name)), next((f"{mutation}.{name}" for name in target), "read"))
    await api.token(firm.world.owner)
    await sql(state, firm.things[CHOSEN.get(place.where, place.kind.value)])
    await send_back(api, firm, mutation, target)


async def test_every_built_in_status_is_sent_back(database: str, api: Api) -> None:
    """One shows that it counts as overdue, and nobody ever said so."""
    firm = await Furnished.build()
    rows = await sql("SELECT id FROM status WHERE firm_id = $1", firm.world.firm.id)
    for row in rows:
        firm.things["status"] = row["id"]
        await send_back(api, firm, "updateStatus", target_of("updateStatus", firm))


async def test_the_owner_stays_the_owner(database: str, api: Api) -> None:
    firm = await Furnished.build()
    for member in (firm.world.owner, firm.world.admin):
        firm.things["member"] = member.id
        for mutation in ("setMemberRole", "setMemberRights", "updateMember"):
            await send_back(api, firm, mutation, target_of(mutation, firm))


async def test_ones_own_time_on_a_job_out_of_sight_is_sent_back(database: str, api: Api) -> None:
    firm = await Furnished.build()
    job = firm.id(Id(Kind.JOB, "read"))
    entry = {"timeEntryId": firm.id(Id(Kind.TIME_ENTRY, "read"))}
    employee: Member = firm.world.employee
    await sql("DELETE FROM account_member WHERE member_id = $1", employee.id)
    query = "mutation Back($input: UpdateTimeEntryInput!) { updateTimeEntry(input: $input) { errors { code path } } }"
    answer = await api.ask(employee, query, input=entry | {"jobId": job, "note": "Sent back, but for this"})
    assert answer["updateTimeEntry"]["errors"] == []
    second = firm.id(Id(Kind.JOB, "moveJob.beforeJobId"))
    answer = await api.ask(employee, query, input=entry | {"jobId": second})
    assert answer["updateTimeEntry"]["errors"] == [{"code": "NOT_FOUND", "path": ["input", "jobId"]}]


async def test_one_changed_field_is_checked_alone(database: str, api: Api) -> None:
    """What else was sent back is left as it is."""
    firm = await Furnished.build()
    await sql("UPDATE job SET name = ' ', description = $2 WHERE id = $1", firm.things["job"], LONG)
    query = "mutation One($input: UpdateJobInput!) { updateJob(input: $input) { errors { code path } job { name } } }"
    job = {"jobId": firm.id(Id(Kind.JOB, "read")), "name": " ", "description": LONG}
    answer = (await api.ask(firm.world.owner, query, input=job | {"priority": "URGENT"}))["updateJob"]
    assert answer == {"errors": [], "job": {"name": " "}}
    answer = (await api.ask(firm.world.owner, query, input=job | {"name": "  "}))["updateJob"]
    assert answer["errors"] == [{"code": "INVALID", "path": ["input", "name"]}]


async def test_a_template_and_what_is_there_already(database: str, api: Api) -> None:
    """A field that is sent beside a template is what it says, also where the job has it already."""
    firm = await Furnished.build()
    query = (
        "mutation Told($input: SetJobClientStatusInput!) { setJobClientStatus(input: $input) "
        "{ errors { path } job { clientStatus { name color } } } }"
    )
    job = {"jobId": firm.id(Id(Kind.JOB, "read"))}
    await api.ask(firm.world.owner, query, input=job | {"name": "Ours", "color": "#000000"})
    template = {"clientStatusId": firm.id(Id(Kind.CLIENT_STATUS, "read"))}
    answer = await api.ask(firm.world.owner, query, input=job | template | {"name": "Ours"})
    assert answer["setJobClientStatus"] == {
        "errors": [],
        "job": {"clientStatus": {"name": "Ours", "color": "#ffffff"}},
    }
