"""Every refusal has a reason, of which a message in any language can be made; all that is wrong is told at once."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from graphql import get_named_type

from models.command_steps import deactivated
from models.errors import Forbidden, Invalid, RuleBroken
from models.ids import Kind, encode, new_id
from models.reasons import Reason, parameters_of
from models.rights import Right
from models.rows import Member
from tests.api.asking import MUTATIONS, refused_of_each
from tests.api.furnished import Furnished
from tests.api.messages import TEXTS, names_in
from tests.api.samples import Sampler, filled
from tests.api.selections import root_fields
from tests.api.test_refusal_paths import bad_values
from tests.serving import Api
from tests.world import World

#: Where an error of one of these may be told of another.
OF_DATES = {"startDate", "dueDate", "deadline", "jobStartDate", "jobDueDate", "jobDeadline", "firstDay", "lastDay"}
#: A region is looked for in a country that is one.
AFTER = {"region": "country"}


def test_a_message_can_be_made_of_each_reason() -> None:
    assert {reason: names_in(text) for reason, text in TEXTS.items()} == {
        reason: set(parameters_of(reason)) for reason in Reason
    }


def test_a_refusal_has_the_parameters_of_its_reason() -> None:
    with pytest.raises(TypeError, match="TOO_LONG has the parameters ACTUAL, MAXIMUM, and not MAXIMUM"):
        Invalid("This is long.", reason=Reason.TOO_LONG, maximum=5)
    with pytest.raises(TypeError, match="BLANK has the parameters none, and not ACTUAL"):
        Invalid("This is blank.", reason=Reason.BLANK, actual=5)


async def refusals(api: Api, who: Member, mutation: str, sent: Mapping[str, Any]) -> list[dict[str, Any]]:
    query = (
        f"mutation Try($input: {root_fields('mutation')[mutation].args['input'].type}) "
        f"{{ {mutation}(input: $input) {{ errors {{ code reason path parameters {{ name value }} }} }} }}"
    )
    errors: list[dict[str, Any]] = (await api.ask(who, query, input=sent))[mutation]["errors"]
    return errors


def fields_of(errors: Iterable[Mapping[str, Any]]) -> set[str]:
    return {error["path"][1] for error in errors}


async def refused_alone(firm: Furnished, api: Api, mutation: str, whole: dict[str, Any]) -> dict[str, Any]:
    """For each field a value that is refused by itself, whatever else there is."""
    type_: Any = get_named_type(root_fields("mutation")[mutation].args["input"].type)
    left = {name: bad_values(field.type) for name, field in type_.fields.items()}
    alone: dict[str, Any] = {}
    # Of all fields that have none yet the next value.
    while left := {name: values for name, values in left.items() if values and name not in alone}:
        tried = {name: values[0] for name, values in left.items()}
        given = [whole | {name: value} for name, value in tried.items()]
        for name, errors in zip(tried, await refused_of_each(api, firm.world.owner, mutation, given), strict=True):
            if errors and fields_of(errors) == {name} and all(error["code"] == "INVALID" for error in errors):
                alone[name] = tried[name]
        left = {name: values[1:] for name, values in left.items()}
    return alone


def told_together(bad: Iterable[str]) -> set[str]:
    """The fields that have an error when all of these are bad."""
    names = set(bad)
    return {name for name in names if AFTER.get(name) not in names} - OF_DATES


@pytest.mark.parametrize("mutation", [name for name in MUTATIONS if name != "changePassword"])  # It hashes each time.
async def test_whatever_is_bad_is_told_at_once(database: str, api: Api, mutation: str) -> None:
    firm = await Furnished.build()
    whole = filled(Sampler(mutation, firm.word).input(), firm.id)["input"]
    alone = await refused_alone(firm, api, mutation, whole)
    ids = {name: value for name, value in alone.items() if name.endswith(("Id", "Ids", "id", "Key"))}
    texts = {name: value for name, value in alone.items() if name not in ids}
    # What is to be changed cannot be compared with what nobody knows; what is to be made can.
    groups = [ids | texts] if "id" in ids else [ids, texts]
    # Every mutation but of the firm names something, if only in a list, and has a key.
    assert len(alone) > 1
    for bad in filter(None, groups):
        errors = await refusals(api, firm.world.owner, mutation, whole | bad)
        assert fields_of(errors) >= told_together(bad), (bad, errors)
        assert fields_of(errors) <= bad.keys(), (bad, errors)


async def test_two_bad_fields_are_two_errors(world: World, api: Api) -> None:
    day = date(2026, 4, 15)
    sent = {
        "accountId": "nonsense",
        "pipelineId": encode(Kind.STAGE, new_id()),
        "name": " ",
        "description": "x" * 20_001,
        "budget": -1,
        "startDate": day.isoformat(),
        "dueDate": (day - timedelta(1)).isoformat(),
    }
    errors = await refusals(api, world.owner, "createJob", sent)
    told = {
        error["path"][1]: (error["reason"], {each["name"]: each["value"] for each in error["parameters"]})
        for error in errors
    }
    assert told == {
        "accountId": ("FORMAT", {"FORMAT": "ID"}),
        "pipelineId": ("WRONG_KIND", {"EXPECTED": "pipeline", "ACTUAL": "stage"}),
        "name": ("BLANK", {}),
        "description": ("TOO_LONG", {"MAXIMUM": "20000", "ACTUAL": "20001"}),
        "budget": ("OUT_OF_RANGE", {"MINIMUM": "0", "MAXIMUM": "5270400", "UNIT": "MINUTES"}),
        "dueDate": (
            "DATE_ORDER",
            {"EARLIER": "startDate", "EARLIER_DAY": "2026-04-15", "LATER": "dueDate", "LATER_DAY": "2026-04-14"},
        ),
    }


async def test_each_of_many_texts_has_its_place(world: World, api: Api) -> None:
    sent = {"name": "Payroll", "stages": ["Collect", " ", "Pay", "x" * 201], "idempotencyKey": ""}
    before = await world.revision()
    errors = await refusals(api, world.owner, "createPipeline", sent)
    assert sorted((error["path"][1:], error["reason"]) for error in errors) == [
        (["idempotencyKey"], "BLANK"),
        (["stages", "1"], "BLANK"),
        (["stages", "3"], "TOO_LONG"),
    ]
    assert await world.revision() == before


async def test_what_is_null_is_told_with_the_rest(world: World, api: Api) -> None:
    job = encode(Kind.JOB, (await world.job()).id)
    errors = await refusals(
        api, world.owner, "updateJob", {"jobId": job, "name": None, "description": "a\0b", "priority": None}
    )
    assert sorted((error["path"][1], error["reason"]) for error in errors) == [
        ("description", "CHARACTER"),
        ("name", "NULL"),
        ("priority", "NULL"),
    ]


async def test_nothing_is_done_with_what_could_not_be_read(world: World, api: Api) -> None:
    jobs = [{"jobId": encode(Kind.JOB, (await world.job()).id)}, {"jobId": "nonsense"}]
    before = await world.revision()
    errors = await refusals(api, world.owner, "archiveJobs", {"jobs": jobs, "atomic": False, "idempotencyKey": "k"})
    assert [(error["path"], error["reason"]) for error in errors] == [(["input", "jobs", "1", "jobId"], "FORMAT")]
    assert await world.revision() == before
    # Mended, it is sent with the same key.
    assert await refusals(api, world.owner, "archiveJobs", {"jobs": jobs[:1], "idempotencyKey": "k"}) == []


async def test_who_lacks_a_right_learns_that_alone(world: World, api: Api) -> None:
    sent = {"accountId": "nonsense", "pipelineId": "nonsense", "name": "", "budget": -1}
    errors = await refusals(api, world.employee, "createJob", sent)
    assert [(error["code"], error["reason"], error["parameters"]) for error in errors] == [
        ("FORBIDDEN", "RIGHT_MISSING", [{"name": "RIGHTS", "value": Right.MANAGE_TIME_BUDGETS.value}])
    ]
    errors = await refusals(api, world.employee, "createTag", {"name": "", "color": ""})
    assert [error["reason"] for error in errors] == ["RIGHT_MISSING"]


async def test_what_is_not_found_is_named(world: World, api: Api) -> None:
    gone = encode(Kind.MEMBER, new_id())
    job = encode(Kind.JOB, (await world.job()).id)
    (error,) = await refusals(
        api, world.owner, "assignJob", {"jobId": job, "memberIds": [encode(Kind.MEMBER, world.owner.id), gone]}
    )
    assert (error["code"], error["reason"]) == ("NOT_FOUND", "NOT_FOUND")
    assert error["parameters"] == [{"name": "ID", "value": gone}, {"name": "KIND", "value": "member"}]


async def test_a_call_sent_again_is_refused_for_the_same_reasons(world: World, api: Api) -> None:
    gone = encode(Kind.JOB, new_id())
    jobs = [{"jobId": encode(Kind.JOB, (await world.job()).id), "expectedVersion": 7}, {"jobId": gone}]
    sent = {"jobs": jobs, "atomic": False, "idempotencyKey": "once"}
    first = await refusals(api, world.owner, "completeJobs", sent)
    assert [error["reason"] for error in first] == ["CHANGED", "NOT_FOUND"]
    assert await refusals(api, world.owner, "completeJobs", sent) == first


async def test_a_refusal_without_a_payload_says_it_as_well(world: World, api: Api) -> None:
    answer = await api.post(world.owner, "query P($first: Int!) { jobs(first: $first) { nodes { id } } }", first=0)
    (error,) = answer["errors"]
    assert error["extensions"] == {
        "code": "INVALID",
        "reason": "OUT_OF_RANGE",
        "parameters": {"MAXIMUM": "100", "MINIMUM": "1", "UNIT": "THINGS"},
        "inputPath": ["first"],
    }


async def test_a_value_that_is_none_is_placed(world: World, api: Api) -> None:
    query = "mutation C($input: CreateJobInput!) { createJob(input: $input) { revision } }"
    sent = {"accountId": "a", "pipelineId": "p", "name": None, "dueDate": "15 April", "priority": "soon", "x": 1}
    answer = await api.post(world.owner, query, input=sent)
    told = {tuple(error["extensions"]["inputPath"]): error["extensions"] for error in answer["errors"]}
    assert {path: (each["reason"], each["parameters"]) for path, each in told.items()} == {
        ("input", "name"): ("NULL", {}),
        ("input", "dueDate"): ("TYPE", {"EXPECTED": "Date"}),
        ("input", "priority"): ("NOT_ONE_OF", {"VALUES": "LOW, MEDIUM, HIGH, URGENT"}),
        ("input",): ("UNKNOWN_FIELD", {"FIELD": "x"}),
    }
    literal = 'mutation { createJob(input: { accountId: "a", pipelineId: "p", name: 5 }) { revision } }'
    (error,) = (await api.post(world.owner, literal))["errors"]
    assert (error["extensions"]["reason"], error["extensions"]["parameters"]) == ("TYPE", {"EXPECTED": "String"})


def test_what_is_beside_a_refusal_goes_with_it() -> None:
    first = Invalid("One.", "name", reason=Reason.BLANK)
    first.beside = (RuleBroken("Two.", "day", reason=Reason.BUILT_IN),)
    assert [refusal.path for refusal in first.within("jobs", 3).all] == [("jobs", 3, "name"), ("jobs", 3, "day")]
    assert isinstance(deactivated(Member(name="Ann"), "memberIds"), RuleBroken)
    assert Forbidden("No.", reason=Reason.RIGHT_MISSING, rights=(Right.MANAGE_TAGS,)).right is Right.MANAGE_TAGS
