"""The path of a refusal leads to what was sent: a form can show it beside the field that somebody filled in."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, get_named_type, is_required_input_field

from models.commands.tasks import create_task
from models.commands.time import log_time
from models.ids import Kind, encode, new_id
from models.reasons import Reason
from models.rows import Member
from schema.inputs.tasks import AtAccountOrJob
from schema.kinds import MUTATIONS as DECLARED
from tests.api.asking import MUTATIONS, different, refused_of_each
from tests.api.furnished import Furnished
from tests.api.messages import message
from tests.api.samples import Sampler, camel, filled, ids_in, snake
from tests.api.selections import root_fields
from tests.serving import Api
from tests.world import World

#: What each mutation takes.
INPUTS = {declared.name: declared.takes for declared in DECLARED}
#: Refused because this field is needed, and was not sent: it is the one to fill in.
NEEDED = {
    ("deleteStage", "replacementStageId"),
    ("deleteStatus", "replacementStatusId"),
    ("setJobBudget", "budget"),
    ("setTaskParent", "parentId"),
    ("setTimeEntryRate", "rate"),
    ("createContact", "accountId"),
    ("moveDocuments", "folderId"),
    ("moveFolder", "parentId"),
    ("recordProposalSignature", "chosen"),
    ("createTemplate", "task"),
    ("copyAutomation", "triggerStageId"),
    ("createAutomation", "triggerStageId"),
    ("createAutomation", "createTasks"),
    ("deleteStage", "deleteAutomations"),
    ("deleteStatus", "deleteAutomations"),
    ("saveAsTemplate", "fromTaskId"),
    *((mutation, "accountId") for mutation, input in INPUTS.items() if issubclass(input, AtAccountOrJob)),
}

FOREIGN = {kind: encode(kind, new_id()) for kind in Kind}
#: Values that some rule refuses, by the scalar.
BAD: dict[str, list[Any]] = {
    "String": ["", " ", "a\0b", "x" * 21_000, "nonsense"],
    "Int": [-1, 0, 1441, 2**31 - 1],
    "Boolean": [True, False],
    "Date": ["0001-01-01", "9999-12-31"],
    "Decimal": ["-1", "0.001", "10000000000"],
    "ID": ["nonsense", *FOREIGN.values()],
    "Revision": ["0", str(2**62)],
}
_KINDS = list(Kind)


#: And of the inputs that lists take.
BAD_INPUTS: dict[str, list[Any]] = {
    "JobFilter": [{}, {"search": ""}, {"id": {"in": ["nonsense"]}}, {"or": [{"account": {"notIn": BAD["ID"]}}]}],
    "JobSort": [{"field": "NAME"}],
    "NewInvoiceLineInput": [
        {"description": " ", "unitPrice": "0.001", "quantity": "-1"},
        {"description": "Advice", "unitPrice": "1", "quantity": "1", "minutes": 5},
        {"description": "Advice", "unitPrice": "1", "discount": "101", "taxRate": "0.00001"},
    ],
}
BAD_INPUTS["AllocationInput"] = [
    *({"invoiceId": id, "amount": "1"} for id in BAD["ID"]),
    *({"invoiceId": FOREIGN[Kind.INVOICE], "amount": amount} for amount in BAD["Decimal"]),
]
BAD_INPUTS["InvoiceLineInput"] = [
    *BAD_INPUTS["NewInvoiceLineInput"],
    *({"description": "Advice", "unitPrice": "1", "timeEntryId": id} for id in BAD["ID"]),
]


def resolves(path: list[str], sent: Any) -> bool:
    """Whether the path leads to something in what was sent."""
    for step in path:
        if isinstance(sent, list) and step.isdecimal() and int(step) < len(sent):
            sent = sent[int(step)]
        elif isinstance(sent, dict) and step in sent:
            sent = sent[step]
        else:
            return False
    return True


def check(mutation: str, sent: dict[str, Any], errors: list[dict[str, Any]]) -> None:
    """Each path leads to what was sent, or names what is needed."""
    for error in errors:
        begin, *path = error["path"]
        assert begin == "input"
        missing = len(path) == 1 and path[0] not in sent and (mutation, path[0]) in NEEDED
        assert missing or resolves(path, sent), (sent, error)
        if "reason" in error:
            assert message(error["reason"], {each["name"]: each["value"] for each in error["parameters"]})


def bad_values(type_: Any, kind: Kind | None = None) -> list[Any]:
    """Values of a type that somebody might send, most of which are refused: where ids are of a kind, no id, that of no
    thing, and one of another kind. Of all others `of_each_kind` has them."""
    named: Any = get_named_type(type_)
    values: list[Any]
    if isinstance(named, GraphQLEnumType):
        values = list(named.values)
    elif named.name in BAD_INPUTS:
        values = BAD_INPUTS[named.name]
    elif isinstance(named, GraphQLInputObjectType) and not named.name.endswith("Target"):
        values = _bad_parts(named)
    elif isinstance(named, GraphQLInputObjectType):
        kind = Kind(snake(named.name.removesuffix("Target")))
        values = [
            {camel(f"{kind}_id"): id, **version}
            for id in BAD["ID"][:2] + [FOREIGN[kind]]
            for version in ({}, {"expectedVersion": 7})
        ]
    elif kind is not None:
        another = _KINDS[_KINDS.index(kind) - 1]
        values = ["nonsense", FOREIGN[kind], FOREIGN[another]]
    else:
        values = BAD[named.name]
    return [[], values, [values[0]] * 2, *([value] for value in values)] if "[" in str(type_) else values


def _bad_parts(type_: GraphQLInputObjectType) -> list[Any]:
    """One of what a list in an input holds, with a bad value in each place, be it in a list within."""
    least = {name: _bad_at(field.type)[-1] for name, field in type_.fields.items() if is_required_input_field(field)}
    return [least | {name: bad} for name, field in type_.fields.items() for bad in _bad_at(field.type)]


def _bad_at(type_: Any) -> list[Any]:
    named = get_named_type(type_)
    if isinstance(named, GraphQLInputObjectType):
        parts = _bad_parts(named)
        return [[part] for part in parts] if "[" in str(type_) else parts
    # A few, and short ones: together they are to fit into a request.
    return [bad for bad in bad_values(type_) if len(str(bad)) < 1_000][:3]


def tries(mutation: str, whole: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The sample, each field of it alone beside what is required, and all of these with a bad value in one place."""
    type_: Any = get_named_type(root_fields("mutation")[mutation].args["input"].type)
    least = {name: whole[name] for name, field in type_.fields.items() if is_required_input_field(field)}
    kinds = kinds_of(mutation)
    yield from (whole, least)
    for name, field in type_.fields.items():
        if name in whole:
            yield least | {name: whole[name]}
        for value in bad_values(field.type, kinds.get(name)):
            yield least | {name: value}
            yield whole | {name: value}


def kinds_of(mutation: str) -> dict[str, Kind]:
    """Of which kinds the ids are that it takes."""
    ids = ids_in(Sampler(mutation, "unused").input()["input"])
    return {str(path[0]): place.kind for path, place in ids if all(isinstance(step, int) for step in path[1:])}


def of_each_kind(mutation: str, whole: dict[str, Any]) -> Iterator[tuple[set[str], dict[str, Any]]]:
    """The sample with an id of one kind in all places for ids at once, each in turn; and where it does not belong."""
    fields: Any = get_named_type(root_fields("mutation")[mutation].args["input"].type)
    kinds = kinds_of(mutation)
    for kind, id in FOREIGN.items():
        sent = {name: [id] if "[" in str(fields.fields[name].type) else id for name in kinds}
        yield {name for name, right in kinds.items() if right is not kind}, whole | sent


@pytest.mark.parametrize("mutation", [name for name in MUTATIONS if name != "changePassword"])  # It hashes each time.
async def test_every_path_leads_to_what_was_sent(database: str, api: Api, mutation: str) -> None:
    firm = await Furnished.build()
    whole = filled(Sampler(mutation, firm.word).input(), firm.id)["input"]
    # While the owner is one, and all is there.
    await check_ids(api, firm, mutation, whole)
    refused = 0
    for member, inputs in ((await firm.employee(), [whole]), (firm.world.owner, different(tries(mutation, whole)))):
        for sent, errors in zip(inputs, await refused_of_each(api, member, mutation, inputs), strict=True):
            check(mutation, sent, errors)
            refused += len(errors)
    assert refused


async def check_ids(api: Api, firm: Furnished, mutation: str, whole: dict[str, Any]) -> None:
    """An id is told of wherever it does not belong, whatever else is sent."""
    if not kinds_of(mutation):
        return
    wrong, inputs = zip(*of_each_kind(mutation, whole), strict=True)
    told = await refused_of_each(api, firm.world.owner, mutation, inputs)
    for names, sent, errors in zip(wrong, inputs, told, strict=True):
        check(mutation, sent, errors)
        assert names <= {error["path"][1] for error in errors if error["reason"] == Reason.WRONG_KIND}, (sent, errors)


async def errors_of(api: Api, who: Member, mutation: str, **sent: Any) -> list[list[str]]:
    """The paths of a refusal."""
    query = (
        f"mutation Try($input: {root_fields('mutation')[mutation].args['input'].type}) "
        f"{{ {mutation}(input: $input) {{ revision errors {{ path }} }} }}"
    )
    payload = (await api.ask(who, query, input=sent))[mutation]
    check(mutation, sent, payload["errors"])
    return [error["path"][1:] for error in payload["errors"]]


async def test_a_password_that_is_refused(database: str, api: Api) -> None:
    firm = await Furnished.build()
    sent = filled(Sampler("changePassword", firm.word).input(), firm.id)["input"]
    for bad in ({"currentPassword": "another"}, {"newPassword": "short"}):
        assert await errors_of(api, firm.world.owner, "changePassword", **(sent | bad)) == [list(bad)]


async def test_of_two_dates_the_one_that_was_sent_is_at_fault(world: World, api: Api) -> None:
    day = date(2026, 3, 1)
    job = encode(Kind.JOB, (await world.job(start_date=day, due_date=day)).id)
    made = await create_task(
        world.acting(world.owner), name="Sort", account_id=world.account.id, start_date=day, due_date=day
    )
    task = encode(Kind.TASK, made.value.id)
    for mutation, thing in (("updateJob", {"jobId": job}), ("updateTask", {"taskId": task})):
        assert await errors_of(api, world.owner, mutation, **thing, startDate="2026-03-02") == [["startDate"]]
        assert await errors_of(api, world.owner, mutation, **thing, dueDate="2026-02-28") == [["dueDate"]]
        both = {"startDate": "2026-04-02", "dueDate": "2026-04-01"}
        assert await errors_of(api, world.owner, mutation, **thing, **both) == [["dueDate"]]
        unchanged = {"startDate": "2026-03-02", "dueDate": "2026-03-01"}
        assert await errors_of(api, world.owner, mutation, **thing, **unchanged) == [["startDate"]]


async def test_what_the_client_is_told_names_what_was_sent(world: World, api: Api) -> None:
    job = {"jobId": encode(Kind.JOB, (await world.job()).id)}
    assert await errors_of(api, world.owner, "setJobClientStatus", **job, visible=True) == [["visible"]]
    assert await errors_of(api, world.owner, "setJobClientStatus", **job, visible=True, name="Soon") == []
    assert await errors_of(api, world.owner, "setJobClientStatus", **job, name=None) == [["name"]]
    assert await errors_of(api, world.owner, "setJobClientStatus", **job, name=None, visible=False) == []


async def test_a_bulk_call_names_the_job_by_its_place_in_what_was_sent(world: World, api: Api) -> None:
    jobs = [encode(Kind.JOB, (await world.job(f"Job {number}")).id) for number in range(3)]
    gone = FOREIGN[Kind.JOB]
    await Member.filter(id=world.stranger.id).update(active=False)
    status = encode(Kind.STATUS, (await world.job(pipeline_id=(await world.new_pipeline("P")).id)).status_id)
    listed = [{"jobId": jobs[0]}, {"jobId": jobs[0]}, {"jobId": gone}, {"jobId": jobs[1], "expectedVersion": 7}]
    sent: dict[str, Any] = {"jobs": listed, "atomic": False}
    assert await errors_of(api, world.owner, "completeJobs", **sent) == [
        ["jobs", "2"],
        ["jobs", "3", "expectedVersion"],
    ]
    assert await errors_of(api, world.owner, "completeJobs", jobs=listed) == [["jobs", "2"]]
    twice = [{"jobId": jobs[0]}, {"jobId": jobs[0]}, {"jobId": jobs[0], "expectedVersion": 7}]
    assert await errors_of(api, world.owner, "completeJobs", jobs=twice) == [["jobs", "2"]]
    stranger = [encode(Kind.MEMBER, world.stranger.id)]
    for atomic in (True, False):
        sent = {"jobs": [{"jobId": jobs[2]}], "atomic": atomic}
        assert await errors_of(api, world.owner, "assignJobs", **sent, memberIds=stranger) == [["jobs", "0"]]
        assert await errors_of(api, world.owner, "setJobsStatus", **sent, statusId=status) == [["jobs", "0"]]


async def test_a_timers_minutes_and_day(world: World, api: Api) -> None:
    entry = (await log_time(world.acting(world.owner), minutes=5, account_id=world.account.id)).value
    thing = {"timeEntryId": encode(Kind.TIME_ENTRY, entry.id)}
    assert await errors_of(api, world.owner, "updateTimeEntry", **thing, minutes=0) == [["minutes"]]
    assert await errors_of(api, world.owner, "updateTimeEntry", **thing, day="2999-01-01", minutes=5) == [["day"]]
