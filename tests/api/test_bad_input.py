"""What bad input gets: a clear error, read here as a person would, and no change."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from models.commands.moves import archive_job
from models.ids import Kind, encode, new_id
from models.rows import Category, Member
from tests.api.selections import root_fields
from tests.api.untouched import untouched
from tests.serving import Api
from tests.world import World


@dataclass
class Desk:
    """A firm with what the inputs below are about."""

    world: World
    ids: dict[str, str]

    def filled(self, value: Any) -> Any:
        """The input with `$name` as the id of that name."""
        if isinstance(value, dict):
            return {key: self.filled(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.filled(inner) for inner in value]
        return self.ids.get(value[1:], value) if isinstance(value, str) and value.startswith("$") else value


@pytest.fixture(scope="module")
async def desk(database: str) -> Desk:
    """Nothing in this module changes it, or a test has failed."""
    world = await World.build("desk")
    other = await World.build("desks-neighbour")
    hidden = await world.new_pipeline("Payroll")
    archived = await world.job("Archived")
    await archive_job(world.acting(world.owner), job_id=archived.id)
    dated = await world.job("Dated", start_date=datetime(2026, 3, 1, tzinfo=UTC).date())
    ids = {
        "account": encode(Kind.ACCOUNT, world.account.id),
        "pipeline": encode(Kind.PIPELINE, world.pipeline.id),
        "member": encode(Kind.MEMBER, world.employee.id),
        "job": encode(Kind.JOB, (await world.job()).id),
        "archived": encode(Kind.JOB, archived.id),
        "dated": encode(Kind.JOB, dated.id),
        "stage": encode(Kind.STAGE, (await world.stages())[1].id),
        "status": encode(Kind.STATUS, (await world.status(Category.COMPLETED)).id),
        "hiddenStage": encode(Kind.STAGE, (await world.stages(hidden))[0].id),
        "hiddenStatus": encode(Kind.STATUS, (await world.status(Category.COMPLETED, hidden)).id),
        "othersJob": encode(Kind.JOB, (await other.job()).id),
        "othersStage": encode(Kind.STAGE, (await other.stages())[0].id),
        "noJob": encode(Kind.JOB, new_id()),
    }
    return Desk(world, ids)


NEW = {"accountId": "$account", "pipelineId": "$pipeline", "name": "1040"}
NO_JOB = "There is no such job, or you may not see it."
NO_STAGE = "There is no such stage, or you may not see it."
#: Mutation, input, and what is said: code, path, message.
REFUSED: dict[str, tuple[str, dict[str, Any], str, list[str], str]] = {
    "an id of another kind": (
        "moveJob",
        {"jobId": "$stage", "stageId": "$stage"},
        "INVALID",
        ["jobId"],
        "This is the id of a stage, but a job is needed here.",
    ),
    "no id at all": (
        "moveJob",
        {"jobId": "42", "stageId": "$stage"},
        "INVALID",
        ["jobId"],
        "This is not an id. Ids look like 'job_00000000000000000000000000'.",
    ),
    "another kind in a list": (
        "assignJob",
        {"jobId": "$job", "memberIds": ["$member", "$job"]},
        "INVALID",
        ["memberIds", "1"],
        "This is the id of a job, but a member is needed here.",
    ),
    "another firm's job": ("moveJob", {"jobId": "$othersJob", "stageId": "$stage"}, "NOT_FOUND", ["jobId"], NO_JOB),
    "a job that nobody has": ("moveJob", {"jobId": "$noJob", "stageId": "$stage"}, "NOT_FOUND", ["jobId"], NO_JOB),
    "another firm's stage": (
        "moveJob",
        {"jobId": "$job", "stageId": "$othersStage"},
        "NOT_FOUND",
        ["stageId"],
        NO_STAGE,
    ),
    "a stage of a pipeline that is not available": (
        "moveJob",
        {"jobId": "$job", "stageId": "$hiddenStage"},
        "NOT_FOUND",
        ["stageId"],
        NO_STAGE,
    ),
    "a status of a pipeline that is not available": (
        "setJobStatus",
        {"jobId": "$job", "statusId": "$hiddenStatus"},
        "NOT_FOUND",
        ["statusId"],
        "There is no such status, or you may not see it.",
    ),
    "a stale version": (
        "updateJob",
        {"jobId": "$job", "name": "New", "expectedVersion": 7},
        "CONFLICT",
        ["expectedVersion"],
        "This job is at version 1, not 7: somebody changed it meanwhile. Look at the present one and decide again.",
    ),
    "a blank name": ("createJob", NEW | {"name": " \t\n"}, "INVALID", ["name"], "This must not be blank."),
    "an overlong name": (
        "createJob",
        NEW | {"name": "x" * 201},
        "INVALID",
        ["name"],
        "This has 201 characters; at most 200 are allowed.",
    ),
    "an overlong description": (
        "updateJob",
        {"jobId": "$job", "description": "x" * 20_001},
        "INVALID",
        ["description"],
        "This has 20,001 characters; at most 20,000 are allowed.",
    ),
    "a name with NUL": (
        "createJob",
        NEW | {"name": "a\0b"},
        "INVALID",
        ["name"],
        "This is one line of visible text: take out the character U+0000.",
    ),
    "a negative budget": (
        "createJob",
        NEW | {"budget": -1},
        "INVALID",
        ["budget"],
        "This must be from 0 to 5,270,400 minutes, and is -1.",
    ),
    "due before start": (
        "createJob",
        NEW | {"startDate": "2026-03-02", "dueDate": "2026-03-01"},
        "INVALID",
        ["dueDate"],
        "The due date 2026-03-01 is before the start date 2026-03-02.",
    ),
    "due before the start that is there": (
        "updateJob",
        {"jobId": "$dated", "dueDate": "2026-02-28"},
        "INVALID",
        ["dueDate"],
        "The due date 2026-02-28 is before the start date 2026-03-01.",
    ),
    "due after the deadline": (
        "createJob",
        NEW | {"deadline": "2999-01-01", "dueDate": "2999-01-02"},
        "INVALID",
        ["dueDate"],
        "The due date 2999-01-02 is after the deadline 2999-01-01. If that was extended, change the deadline as well.",
    ),
    "a period of nothing": ("createJob", NEW | {"period": " "}, "INVALID", ["period"], "This must not be blank."),
    "no country": (
        "updateFirm",
        {"country": "Germany"},
        "INVALID",
        ["country"],
        "A country is its ISO 3166-1 alpha-2 code: two capital letters, such as US.",
    ),
    "another country's region": (
        "updateFirm",
        {"country": "GB", "region": "NY"},
        "INVALID",
        ["region"],
        "This is not a region of GB. Those are: ENG, NIR, SCT, WLS.",
    ),
    "a region of a country that has none": (
        "updateFirm",
        {"country": "LU", "region": "NY"},
        "INVALID",
        ["region"],
        "LU has no regions here: leave this out, or send null.",
    ),
    "a region of no country": (
        "updateFirm",
        {"region": "NY"},
        "INVALID",
        ["region"],
        "A region is one of a country: send the country as well.",
    ),
    "a move of an archived job": (
        "moveJob",
        {"jobId": "$archived", "stageId": "$stage"},
        "RULE",
        ["jobId"],
        "An archived job cannot move. Restore it first.",
    ),
    "a bulk move with an archived job": (
        "moveJobs",
        {"jobs": [{"jobId": "$job"}, {"jobId": "$archived"}], "stageId": "$stage"},
        "RULE",
        ["jobs", "1", "jobId"],
        "An archived job cannot move. Restore it first.",
    ),
    "a card beside itself": (
        "moveJob",
        {"jobId": "$job", "stageId": "$stage", "afterJobId": "$job"},
        "INVALID",
        ["afterJobId"],
        "A card cannot be placed beside itself.",
    ),
    "before and after at once": (
        "moveJob",
        {"jobId": "$job", "stageId": "$stage", "afterJobId": "$dated", "beforeJobId": "$dated"},
        "INVALID",
        ["beforeJobId"],
        "Say either before or after which card, not both.",
    ),
    "null where it is not allowed": (
        "updateJob",
        {"jobId": "$job", "name": None},
        "INVALID",
        ["name"],
        "This cannot be null. Leave it out to keep what is there.",
    ),
    "no jobs": ("archiveJobs", {"jobs": []}, "INVALID", ["jobs"], "Name from 1 to 200 different jobs, not 0."),
    "too many jobs": (
        "archiveJobs",
        {"jobs": [{"jobId": encode(Kind.JOB, new_id())} for _ in range(201)]},
        "INVALID",
        ["jobs"],
        "Name from 1 to 200 different jobs, not 201.",
    ),
    "a job twice, at two versions": (
        "archiveJobs",
        {"jobs": [{"jobId": "$job", "expectedVersion": 1}, {"jobId": "$job", "expectedVersion": 2}]},
        "INVALID",
        ["jobs", "1"],
        "This one is named twice, at different versions. Name it once.",
    ),
    "too many minutes": (
        "logTime",
        {"accountId": "$account", "minutes": 1441},
        "INVALID",
        ["minutes"],
        "This must be from 1 to 1,440 minutes, and is 1,441.",
    ),
    "time for nothing": ("logTime", {"minutes": 5}, "INVALID", ["accountId"], "Name an account, or one of its jobs."),
    "a colour that is none": (
        "createTag",
        {"name": "Tag", "color": "red"},
        "INVALID",
        ["color"],
        "A colour is written as #rrggbb, for example #2f80ed.",
    ),
    "an address that is none": (
        "createMember",
        {"email": "nobody", "name": "N"},
        "INVALID",
        ["email"],
        "This is not an e-mail address.",
    ),
    "an address that somebody has": (
        "createMember",
        {"email": "OWNER@desks-neighbour.test", "name": "N"},
        "RULE",
        ["email"],
        "This address cannot be used: somebody already signs in with it.",
    ),
    "a time zone that is none": (
        "updateFirm",
        {"timeZone": "Mars/Olympus"},
        "INVALID",
        ["timeZone"],
        "This is not the name of an IANA time zone, such as America/New_York.",
    ),
}


def inputs_type(mutation: str) -> str:
    """The name of the input type of a mutation."""
    return str(root_fields("mutation")[mutation].args["input"].type)


@pytest.mark.parametrize("what", REFUSED)
async def test_what_is_refused_and_how(desk: Desk, api: Api, what: str) -> None:
    mutation, given, code, path, message = REFUSED[what]
    # An employee with all rights: whom the unavailable pipeline is hidden from.
    who = await _who(desk, what)
    await api.token(who)
    query = (
        f"mutation Bad($input: {inputs_type(mutation)}) {{ {mutation}(input: $input) "
        "{ revision errors { code message path } } }"
    )
    async with untouched():
        payload = (await api.ask(who, query, input=desk.filled(given)))[mutation]
        for name, id in desk.ids.items():
            message = message.replace(f"${name}'", f"{id}'")
        assert payload == {"revision": None, "errors": [{"code": code, "message": message, "path": ["input", *path]}]}


async def _who(desk: Desk, what: str) -> Member:
    return desk.world.employee if "not available" in what else desk.world.admin


#: Operations that never come to a command: code and message.
NOT_RUN: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "an unknown cursor": (
        '{ jobs(after: "bogus") { nodes { id } } }',
        {},
        "INVALID",
        "This is not a cursor of this list. Cursors go with the filter and sort that they came from: start anew "
        "without one.",
    ),
    "a page that is too long": (
        "{ jobs(first: 101) { nodes { id } } }",
        {},
        "INVALID",
        "A page has from 1 to 100 things, not 101.",
    ),
    "a page of nothing": (
        "{ jobs(first: 0) { nodes { id } } }",
        {},
        "INVALID",
        "A page has from 1 to 100 things, not 0.",
    ),
    "an id of another kind": (
        "query A($id: ID!) { job(id: $id) { id } }",
        {"id": "$stage"},
        "INVALID",
        "This is the id of a stage, but a job is needed here.",
    ),
    "an id of another kind in a filter": (
        "query A($id: ID!) { jobs(filter: {stage: {in: [$id]}}) { nodes { id } } }",
        {"id": "$job"},
        "INVALID",
        "This is the id of a job, but a stage is needed here.",
    ),
    "null for an id": (
        "query A($id: ID!) { job(id: $id) { id } }",
        {"id": None},
        "INVALID",
        "Variable '$id' has invalid value: Expected value of non-null type 'ID!' not to be None.",
    ),
    "too many cards": (
        "query A($id: ID!) { pipeline(id: $id) { stages { jobs(limit: 1001) { id } } } }",
        {"id": "$pipeline"},
        "INVALID",
        "`limit` is from 1 to 1,000, not 1001.",
    ),
    "a sort that is too deep": (
        "{ jobs(sort: [{field: NAME}, {field: NAME}]) { nodes { id } } }",
        {},
        "INVALID",
        "Sort by at most 3 different fields.",
    ),
    "too deep a document": (
        "{ viewer " + "{ member " * 12 + "{ id }" + " }" * 12 + " }",
        {},
        "LIMIT",
        "The operation is 14 levels deep; at most 12 are allowed. Ask for fewer nested levels, or fetch the inner ones "
        "by id in a second request.",
    ),
    "too many aliases": (
        "{ " + " ".join(f"a{n}: revision" for n in range(31)) + " }",
        {},
        "LIMIT",
        "The operation uses 31 aliases, counting fragments wherever they are spread; at most 30 are allowed. Fetch "
        "items of a kind through one list, such as nodes(ids:).",
    ),
    "too long a document": (
        "{ " + "revision " * 2001 + " }",
        {},
        "LIMIT",
        "The document has more than 2000 tokens. Ask for less, or send it as several requests.",
    ),
}


@pytest.mark.parametrize("what", NOT_RUN)
async def test_what_is_not_run(desk: Desk, api: Api, what: str) -> None:
    query, variables, code, message = NOT_RUN[what]
    answer = await api.post(desk.world.admin, query, **desk.filled(variables))
    assert not any((answer.get("data") or {}).values())
    error = answer["errors"][0]
    for name, id in desk.ids.items():
        message = message.replace(f"${name}'", f"{id}'")
    assert (error["extensions"]["code"], error["message"]) == (code, message)


async def test_a_malformed_token(desk: Desk, api: Api) -> None:
    query = {"query": "{ revision }"}
    for authorization, message in [
        ("Bearer nonsense", "This is not a token of ours, or its key has been replaced. Sign in again."),
        ("Basic abc", "The authorization must read 'Bearer' and a token."),
        ("Bearer", "The authorization must read 'Bearer' and a token."),
    ]:
        answer = await api.send(query, authorization=authorization)
        assert answer.status == 401
        assert answer.headers["www-authenticate"].startswith("Bearer ")
        (error,) = answer.json()["errors"]
        assert (error["extensions"]["code"], error["message"]) == ("UNAUTHENTICATED", message)


async def test_a_body_that_is_too_long(desk: Desk, api: Api) -> None:
    large = {"query": "{ revision }", "variables": {"pad": "x" * 100_000}}
    signed = {"authorization": f"Bearer {await api.token(desk.world.owner)}"}
    nobody: dict[str, str] = {}
    for headers, most in ((nobody, "16,384 bytes"), (signed, "100,000 bytes")):
        answer = await api.send(large, **headers)
        assert answer.status == 413
        assert most in answer.json()["errors"][0]["message"]
