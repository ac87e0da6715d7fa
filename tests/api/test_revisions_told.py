"""What a payload says of the revision: the one that was made, the present one where there was nothing to change, and
null where nothing was changed because of errors; and the same when the call is sent again."""

from typing import Any

import pytest

from models.commands.jobs import delete_job
from models.ids import Kind, decode, encode, new_id
from tests.api.asking import MUTATIONS
from tests.api.furnished import Furnished
from tests.api.samples import Id, Sampler, filled
from tests.api.selections import root_fields
from tests.serving import Api

BULK = [name for name in MUTATIONS if "Jobs" in name]


def query_of(mutation: str) -> str:
    """The mutation, asked for what it says of its revision."""
    type_ = root_fields("mutation")[mutation].args["input"].type
    return (
        f"mutation Told($input: {type_}) {{ {mutation}(input: $input) {{ revision errors {{ code message path }} }} }}"
    )


async def perform(api: Api, firm: Furnished, mutation: str, given: dict[str, Any]) -> dict[str, Any]:
    """The payload, when it says of the revision what is so."""
    before = await firm.world.revision()
    payload: dict[str, Any] = (await api.ask(firm.world.owner, query_of(mutation), input=given))[mutation]
    after = await firm.world.revision()
    assert after - before in (0, 1)
    if after > before:
        assert payload["revision"] == str(after)
    else:
        assert payload["revision"] == (None if payload["errors"] else str(after))
    return payload


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_what_is_done_twice(database: str, api: Api, mutation: str) -> None:
    """Once it is a change; then there is nothing to change, or it is refused, or it is another change."""
    firm = await Furnished.build()
    given = filled(Sampler(mutation, firm.word).input(), firm.id)["input"]
    first = await perform(api, firm, mutation, given)
    assert first["errors"] == []
    for _ in range(2):
        await perform(api, firm, mutation, given)


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_a_call_sent_again_says_the_same(database: str, api: Api, mutation: str) -> None:
    """Also one that changed nothing, and after others have changed something."""
    firm = await Furnished.build()
    given = filled(Sampler(mutation, firm.word).input(), firm.id)["input"]
    for key in ("first", "second"):
        payload = await perform(api, firm, mutation, given | {"idempotencyKey": key})
        await firm.world.job()
        again = (await api.ask(firm.world.owner, query_of(mutation), input=given | {"idempotencyKey": key}))[mutation]
        # A call that was refused leaves no key behind: it is another call, and may be refused otherwise.
        assert again == payload or (payload["errors"] and again["revision"] is None)


def refused(mutation: str, firm: Furnished) -> dict[str, Any]:
    """A bulk call of which nothing succeeds: one job is not there, the other has another version."""
    given: dict[str, Any] = filled(Sampler(mutation, firm.word).input(), firm.id)["input"]
    gone = {"jobId": encode(Kind.JOB, new_id())}
    return given | {"jobs": [gone, given["jobs"][0] | {"expectedVersion": 999}], "atomic": False}


@pytest.mark.parametrize("mutation", BULK)
async def test_a_bulk_call_of_which_nothing_succeeded_has_no_revision(database: str, api: Api, mutation: str) -> None:
    firm = await Furnished.build()
    given = refused(mutation, firm)
    for key in (None, "once"):
        payload = await perform(api, firm, mutation, given | {"idempotencyKey": key})
        assert payload["revision"] is None
        assert [error["code"] for error in payload["errors"]] == ["NOT_FOUND", "CONFLICT"]
    await firm.world.job()
    again = await perform(api, firm, mutation, given | {"idempotencyKey": "once"})
    assert again == payload


@pytest.mark.parametrize("mutation", BULK)
async def test_a_bulk_call_that_finds_everything_done(database: str, api: Api, mutation: str) -> None:
    """With nothing to refuse it names the present revision, and with something to refuse none: nothing was changed."""
    firm = await Furnished.build()
    given = filled(Sampler(mutation, firm.word).input(), firm.id)["input"]
    await perform(api, firm, mutation, given)
    payload = await perform(api, firm, mutation, given | {"atomic": False})
    gone = {"jobId": encode(Kind.JOB, new_id())}
    mixed = await perform(api, firm, mutation, given | {"atomic": False, "jobs": [*given["jobs"], gone]})
    assert mixed["errors"]
    if not payload["errors"] and mutation != "moveJobs":  # Moving to where it is makes a revision.
        assert mixed["revision"] is None


async def test_what_succeeded_keeps_its_revision_when_the_jobs_have_gone(database: str, api: Api) -> None:
    """Which of them there are by now is another matter than whether they were changed."""
    firm = await Furnished.build()
    job = firm.id(Id(Kind.JOB, "read"))
    gone = encode(Kind.JOB, new_id())
    given: dict[str, Any] = {"jobs": [{"jobId": job}, {"jobId": gone}], "atomic": False, "idempotencyKey": "once"}
    payload = await perform(api, firm, "completeJobs", given)
    assert payload["revision"] is not None
    await delete_job(firm.world.acting(firm.world.owner), job_id=decode(Kind.JOB, job))
    again = (await api.ask(firm.world.owner, query_of("completeJobs"), input=given))["completeJobs"]
    assert again == payload
