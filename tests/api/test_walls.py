"""Two firms in one database: for each, the other does not exist.

The schema itself says what is tried, so that a query, mutation or subscription that is added later is tried too: each
with every id that it takes, one after the other, being the other firm's.
"""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from tortoise import Tortoise

from models.database import sql
from models.ids import Kind, encode, plural
from models.rows.base import known_models
from tests.api.asking import (
    MUTATIONS,
    QUERIES,
    SUBSCRIPTIONS,
    kind_of_bulk,
    post,
    refused_of_each,
    said_by_server,
)
from tests.api.furnished import Furnished, having
from tests.api.samples import Id, Path, Sampler, asked, camel, filled, ids_in
from tests.api.selections import document, root_fields
from tests.api.untouched import untouched
from tests.locks import firm_held
from tests.serving import Api

#: Mutations that the owner may make and that raise no revision, and why.
WITHOUT_REVISION = {"changePassword": "nobody but its member ever sees it"}
#: Queries whose answer holds nothing of the firm's own, and why.
WITHOUT_TEXT = {
    "revision": "a number",
    "epoch": "the name of a log",
    "forecast": "numbers and days",
    "shortcodes": "the same for every firm",
}


@dataclass
class Firms:
    """The caller's firm, and the other."""

    own: Furnished
    other: Furnished
    traces: list[bytes]

    def leaks(self, answer: bytes) -> list[str]:
        """What of the other firm an answer holds."""
        return [trace.decode() for trace in self.traces if trace in answer]


@pytest.fixture(scope="module")
async def firms(database: str) -> Firms:
    """Nothing in this module changes them, or a test has failed."""
    own, other = await Furnished.build("own"), await Furnished.build("other")
    return Firms(own, other, await other.traces())


def tries(mutation: str, own: Furnished, other: Any) -> list[tuple[Path, Id, dict[str, Any]]]:
    """The mutation with own things everywhere but in one place; and with the other's everywhere."""
    sample = Sampler(mutation, own.word).input()
    places = list(ids_in(sample))
    found = [(path, place, filled(sample, own.id, other, path)) for path, place in places]
    for path, _, variables in found:
        # What is given in place of the usual things is not what is tried.
        variables["input"] |= having(own, mutation, str(path[1]))
    if any(not place.mine for _, place in places):
        everywhere = filled(sample, other)
        everywhere["input"] |= {"expectedVersion": 999} if "expectedVersion" in _input_fields(mutation) else {}
        found.append(((), next(place for _, place in places if not place.mine), everywhere))
    return found


def _input_fields(mutation: str) -> set[str]:
    type_: Any = root_fields("mutation")[mutation].args["input"].type
    return set(type_.of_type.fields)


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_a_mutation_reaches_nothing_of_the_other_firm(
    firms: Firms, database: str, api: Api, mutation: str
) -> None:
    await api.token(firms.own.world.owner)
    # Nor does it wait for anything of it, which would tell that it is there.
    async with firm_held(database, firms.other.world.firm.id), untouched():
        for path, place, variables in tries(mutation, firms.own, firms.other.id):
            query = document("mutation", mutation, ["input"])
            answer = await post(api, firms.own.world.owner, query, variables)
            assert not firms.leaks(said_by_server(answer, variables)), (path, answer)
            payload = json.loads(answer)["data"][mutation]
            assert payload["revision"] is None, path
            assert all(not value for key, value in payload.items() if key not in ("__typename", "errors")), payload
            (error,) = payload["errors"]
            assert error["code"] == ("INVALID" if place.mine else "NOT_FOUND"), (path, error)
            assert not path or error["path"] == _told(path), (path, error)


def _told(path: Path) -> list[str]:
    """The path that an error names: of a list of ids the list, of a list of targets the target, and what is in another
    list itself. Of files it is the one."""
    # The other firm's thing comes second in each list.
    steps = ["1" if isinstance(step, int) else step for step in path]
    of_a_list = isinstance(path[-1], int) or (isinstance(path[-2], int) and path[-1] in _OF_TARGETS)
    return steps[:-1] if of_a_list and path[-2] != "fileIds" else steps


CREATING = {
    name: place.kind for name in MUTATIONS for _, place in ids_in(Sampler(name, "a word").input()) if place.mine
}


@pytest.mark.parametrize("mutation", CREATING)
async def test_nothing_is_made_under_the_id_of_a_thing_of_another_kind(firms: Firms, api: Api, mutation: str) -> None:
    """Links, the words that a thing is found by, its signers and files are kept by its id alone: they stay its own."""
    made, sample = CREATING[mutation], filled(Sampler(mutation, firms.own.word).input(), firms.own.id)["input"]
    kinds = {kind: model._meta.db_table for kind, model in known_models().items() if kind != made}
    things = [
        (await sql(f"SELECT id FROM {table} WHERE firm_id = $1 LIMIT 1", firm.world.firm.id))[0]["id"]
        for firm in (firms.own, firms.other)
        for kind, table in kinds.items()
        if kind is not Kind.FIRM
    ]
    inputs = [sample | {"id": encode(made, thing)} for thing in things]
    async with untouched():
        refused = await refused_of_each(api, firms.own.world.owner, mutation, inputs)
    told = [[(error["code"], error["path"], error["reason"]) for error in errors] for errors in refused]
    assert told == [[("INVALID", ["input", "id"], "TAKEN")]] * len(things)


BULK = {name: kind for name in MUTATIONS if (kind := kind_of_bulk(name)) is not None}
#: What names the thing of a target.
_OF_TARGETS = {camel(f"{kind}_id") for kind in BULK.values()}


@pytest.mark.parametrize("mutation", BULK)
async def test_a_bulk_call_that_is_not_atomic_leaves_out_the_other_firms(api: Api, mutation: str) -> None:
    own, other = await Furnished.build("own"), await Furnished.build("other")
    sample = Sampler(mutation, own.word).input()
    things = camel(plural(BULK[mutation]))
    path = next(path for path, place in ids_in(sample) if path[-1] == camel(f"{BULK[mutation]}_id"))
    variables = filled(sample, own.id, other.id, path)
    variables["input"]["atomic"] = False
    before = await other.world.revision()
    answer = await post(api, own.world.owner, document("mutation", mutation, ["input"]), variables)
    payload = json.loads(answer)["data"][mutation]
    assert [thing["id"] for thing in payload[things]] == [variables["input"][things][0][path[-1]]]
    assert [(error["code"], error["path"]) for error in payload["errors"]] == [("NOT_FOUND", ["input", things, "1"])]
    told = said_by_server(answer, variables)
    assert not any(trace in told for trace in await other.traces())
    assert await other.world.revision() == before


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_the_same_mutation_works_in_ones_own_firm(api: Api, mutation: str) -> None:
    """The control: what is refused above is refused for the other firm's id alone."""
    own = await Furnished.build("own")
    before = await own.world.revision()
    variables = filled(Sampler(mutation, own.word).input(), own.id)
    answer = json.loads(await post(api, own.world.owner, document("mutation", mutation, ["input"]), variables))
    assert "errors" not in answer, answer["errors"]
    assert answer["data"][mutation]["errors"] == [], (
        f"Say in tests/api/furnished.py, CHOSEN, which of the firm's things {mutation} can be done to."
    )
    risen = 0 if mutation in WITHOUT_REVISION else 1
    assert await own.world.revision() == before + risen
    assert answer["data"][mutation]["revision"] == str(before + risen)


@pytest.mark.parametrize("query", QUERIES)
async def test_a_query_reads_nothing_of_the_other_firm(firms: Firms, api: Api, query: str) -> None:
    owner = firms.own.world.owner
    for arguments, named in asked(query, root_fields("query")[query]):
        text = document("query", query, arguments)
        if named and query != "viewer":
            variables = filled(arguments, firms.other.id)
            answer = await post(api, owner, text, variables)
            assert not firms.leaks(said_by_server(answer, variables)), (arguments, answer)
            assert _empty(json.loads(answer)["data"][query]), (arguments, answer)
        answer = await post(api, owner, text, filled(arguments, firms.own.id))
        assert "errors" not in json.loads(answer), answer
        assert not firms.leaks(answer), (arguments, answer)
        assert query in WITHOUT_TEXT or firms.own.word.encode() in answer, (arguments, answer)


def _empty(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_empty(inner) for key, inner in value.items() if key not in ("__typename", "covers"))
    return not value or (isinstance(value, list) and all(map(_empty, value)))


@pytest.mark.parametrize("query", [name for name in QUERIES if "after" in root_fields("query")[name].args])
async def test_the_other_firms_cursors_lead_nowhere(firms: Firms, api: Api, query: str) -> None:
    page = f"query Page($c: String) {{ {query}(first: 1, after: $c) {{ edges {{ cursor }} nodes {{ __typename }} }} }}"
    theirs = json.loads(await post(api, firms.other.world.owner, page, {}))["data"][query]["edges"][0]["cursor"]
    answer = await post(api, firms.own.world.owner, page, {"c": theirs})
    assert not firms.leaks(answer)


@pytest.mark.parametrize("subscription", SUBSCRIPTIONS)
async def test_a_subscription_tells_nothing_of_the_other_firm(firms: Firms, api: Api, subscription: str) -> None:
    field = root_fields("subscription")[subscription]
    for arguments, named in asked(subscription, field):
        text = document("subscription", subscription, [*arguments, "after"])
        frame = await first_frame(api, firms.own, text, filled(arguments, firms.own.id) | {"after": "0"})
        assert firms.own.word.encode() in frame, "The control: one's own is told."
        assert not firms.leaks(frame)
        if named:
            variables = filled(arguments, firms.other.id) | {"after": "0"}
            frame = await first_frame(api, firms.own, text, variables)
            assert json.loads(frame)["type"] == "error"
            assert not firms.leaks(said_by_server(frame, variables))


async def first_frame(api: Api, firm: Furnished, query: str, variables: dict[str, Any]) -> bytes:
    """The first answer to a subscription."""
    async with api.socket(firm.world.owner) as socket:
        await socket.subscribe(query, **variables)
        return json.dumps(await socket.receive()).encode()


async def test_what_happens_in_the_other_firm_is_not_told(api: Api) -> None:
    own, other = await Furnished.build("own"), await Furnished.build("other")
    query = "subscription { boardChanges { revision events { ... on JobEvent { jobId } } } }"
    async with api.socket(own.world.owner) as socket:
        await socket.subscribe(query)
        await socket.next()
        theirs = await other.world.job(f"{other.word} new")
        mine = await own.world.job(f"{own.word} new")
        change = (await socket.next())["boardChanges"]
        assert [event["jobId"] for event in change["events"]] == [encode(Kind.JOB, mine.id)]
        assert change["revision"] == str(await own.world.revision())
        assert encode(Kind.JOB, theirs.id) not in json.dumps(change)


async def test_every_text_of_the_other_firm_is_marked(firms: Firms) -> None:
    """Or the searches above would not find it."""
    columns = await sql(
        "SELECT table_name AS t, column_name AS c FROM information_schema.columns WHERE data_type IN "
        "('text', 'character varying') AND table_schema = 'public' AND table_name IN "
        "(SELECT table_name FROM information_schema.columns WHERE column_name = 'firm_id') ORDER BY 1, 2"
    )
    told_apart = {"client_status_color", "color", "course", "currency", "digest", "fingerprint", "idempotency_key"}
    told_apart |= {
        "content_type",
        "key",
        "kind",
        "language",
        "message_key",
        "password_hash",
        "owner_kind",
        "path",
        "position",
    }
    told_apart |= {"file_sha256", "priority_order", "rule", "sha256", "time_of_day", "type"}
    # What holds one of some words holds no other.
    words = {
        (model._meta.db_table, model._meta.fields_db_projection[name])
        for model in Tortoise.apps["models"].values()
        for name, field in model._meta.fields_map.items()
        if getattr(field, "enum_type", None) is not None
    }
    for column in columns:
        if column["c"] in told_apart or (column["t"], column["c"]) in words:
            continue
        # What invoices and payments are called, nobody has written.
        called = " AND kind NOT IN ('invoice', 'payment')" if column["t"] == "search_entry" else ""
        unmarked = await sql(
            f"SELECT {column['c']} AS text FROM {column['t']} WHERE firm_id = $1 AND {column['c']} <> '' "
            f"AND strpos({column['c']}, $2) = 0{called}",
            firms.other.world.firm.id,
            firms.other.word,
        )
        assert not unmarked or column["t"] == "client_status", f"Mark {column} in tests/api/furnished.py: {unmarked}"
