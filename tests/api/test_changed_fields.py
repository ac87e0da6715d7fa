"""A changed field says how its values are written: of every command that changes fields, each of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLInterfaceType, GraphQLList, GraphQLNonNull, GraphQLObjectType
from tortoise.transactions import in_transaction

from models.event_kinds import KINDS
from models.events import field_types, kind_of_thing, name_for_clients
from models.events.values import CHANGES
from models.ids import Kind, encode, parse
from models.log import append
from models.rows import Member
from resolvers.root import graphql_schema
from schema.enums import FieldKind
from schema.kinds import type_of
from tests.api.asking import MUTATIONS
from tests.api.furnished import Furnished
from tests.api.peers import sample
from tests.api.samples import Sampler, camel, filled
from tests.api.selections import root_fields
from tests.serving import Api
from tests.world import World

CHANGED = {
    name: kind
    for name, kind in KINDS.items()
    if CHANGES in (of for field, of in field_types(kind).items() if field not in kind.untold)
}
#: Commands that change fields, of which each says what changed; those of whole lists have events of their own.
SETTERS = [name for name in MUTATIONS if name.startswith(("update", "set")) and "Jobs" not in name]
#: What changed of time may be withheld, and so is of another type.
_CALLED = {name: camel(name_for_clients(kind, "changes")) for name, kind in CHANGED.items()}
_READ = " ".join(f"... on {name} {{ {called} {{ field kind before after }} }}" for name, called in _CALLED.items())
STREAM = f"subscription S($after: Revision) {{ boardChanges(after: $after) {{ events {{ __typename {_READ} }} }} }}"

#: By the name of the type that a field of a thing has, the kind of its changes.
_KINDS = {
    "String": "TEXT",
    "Int": "NUMBER",
    "Boolean": "BOOLEAN",
    "Date": "DATE",
    "DateTime": "DATE_TIME",
    # The amount: it has no currency of its own.
    "Money": "DECIMAL",
    "ID": "ID",
    # As it is written: what it says is worked out.
    "Period": "TEXT",
    "RelativeDate": "JSON",
}


def expected(kind: Kind, field: str) -> str:
    """The kind of a field of a thing, by the type that the schema gives it."""
    type_: Any = graphql_schema().type_map[type_of(kind).__name__]
    if field not in type_.fields and field.endswith("Ids"):
        field = f"{field.removesuffix('Ids')}s"
    if field not in type_.fields and field.endswith("Id"):
        assert isinstance(_bare(type_.fields[field.removesuffix("Id")].type), GraphQLObjectType | GraphQLInterfaceType)
        return "ID"
    if field not in type_.fields and field.endswith("Ids"):
        return "JSON"
    if field not in type_.fields:
        # What a recurrence says of its jobs is called so.
        field = f"job{field[0].upper()}{field[1:]}"
    found = _bare(type_.fields[field].type)
    if isinstance(found, GraphQLList):
        return "JSON"
    return "ENUM" if isinstance(found, GraphQLEnumType) else _KINDS[found.name]


def _bare(type_: Any) -> Any:
    return type_.of_type if isinstance(type_, GraphQLNonNull) else type_


def parsed(thing: Kind, field: str, kind: str, text: str) -> Any:
    """The text, read as the description of its kind says."""
    schema = graphql_schema()
    match kind:
        case "TEXT":
            return text
        case "NUMBER" | "BOOLEAN" | "JSON":
            value = json.loads(text)
            assert type(value) in {"NUMBER": (int,), "BOOLEAN": (bool,), "JSON": (list, dict)}[kind]
            return value
        case "DATE" | "DATE_TIME" | "DECIMAL":
            scalar = {"DATE": "Date", "DATE_TIME": "DateTime", "DECIMAL": "Decimal"}[kind]
            return schema.type_map[scalar].coerce_input_value(text)  # type: ignore[attr-defined]
        case "ID":
            return parse(text)
        case "ENUM":
            type_: Any = schema.type_map[type_of(thing).__name__]
            return _bare(type_.fields[field].type).values[text].value
    raise AssertionError(f"{field}: {kind}")


def check(thing: Kind, change: dict[str, Any]) -> None:
    """Both values are written as the kind says, which is that of the field."""
    assert change["kind"] == expected(thing, change["field"]), change
    for text in (change["before"], change["after"]):
        if text is not None:
            parsed(thing, change["field"], change["kind"], text)


async def done(api: Api, firm: Furnished, mutation: str) -> tuple[str, set[str]]:
    """Call a mutation with a sample of all that it takes. Returns the revision before it, and what was given."""
    before = str(await firm.world.revision())
    given = filled(Sampler(mutation, firm.word).input(), firm.id)["input"]
    field = root_fields("mutation")[mutation]
    takes = field.args["input"].type
    query = f"mutation Do($input: {takes}) {{ {mutation}(input: $input) {{ errors {{ message }} }} }}"
    assert (await api.ask(firm.world.owner, query, input=given))[mutation]["errors"] == [], mutation
    return before, given.keys()


async def told(api: Api, member: Member, after: str) -> list[dict[str, Any]]:
    """The events since a revision in which fields changed."""
    async with api.socket(member) as socket:
        await socket.subscribe(STREAM, after=after)
        while not (events := (await socket.next())["boardChanges"]["events"]):
            pass
    return [changed(event) for event in events if event["__typename"] in CHANGED]


def changed(event: dict[str, Any]) -> dict[str, Any]:
    """The event, with what changed under the name that it has in the schema."""
    return {"kind": event["__typename"], "changes": event[_CALLED[event["__typename"]]]}


async def test_every_field_that_a_command_changes_is_written_as_it_says(database: str, api: Api) -> None:
    firm, kinds, things = await Furnished.build(), set(), set()
    for mutation in SETTERS:
        before, given = await done(api, firm, mutation)
        for event in await told(api, firm.world.owner, before):
            thing = kind_of_thing(CHANGED[event["kind"]])
            assert event["changes"]
            for change in event["changes"]:
                # What nobody gave follows from what somebody did: no flag of a timer is left on minutes set by hand.
                assert change["field"] in {*given, "contentVersion", "flags", "ofTemplate", "rate"}, mutation
                check(thing, change)
                kinds.add(change["kind"])
                things.add(thing)
    assert things == {kind_of_thing(kind) for kind in CHANGED.values()}
    # Nothing that a command changes is a moment, or money.
    assert kinds == {"TEXT", "NUMBER", "BOOLEAN", "DATE", "ENUM", "DECIMAL", "JSON", "ID"}


async def test_the_job_of_a_time_entry_is_named_by_its_id(database: str, api: Api) -> None:
    firm = await Furnished.build()
    before, _ = await done(api, firm, "updateTimeEntry")
    (event,) = await told(api, firm.world.owner, before)
    # The sample puts it on the job that it is on.
    assert "jobId" not in {change["field"] for change in event["changes"]}
    to = encode(Kind.JOB, firm.things["second job"])
    entry = encode(Kind.TIME_ENTRY, firm.things["time_entry"])
    move = "mutation Move($input: UpdateTimeEntryInput!) { updateTimeEntry(input: $input) { revision } }"
    moved = await api.ask(firm.world.owner, move, input={"timeEntryId": entry, "jobId": to})
    events = await told(api, firm.world.owner, str(int(moved["updateTimeEntry"]["revision"]) - 1))
    assert events
    for event in events:
        (change,) = event["changes"]
        left = encode(Kind.JOB, firm.things["job"])
        assert change == {"field": "jobId", "kind": "ID", "before": left, "after": to}


async def test_events_of_before_are_told_as_the_log_has_them(database: str, api: Api) -> None:
    """An older version had other fields, and other values in them: nothing of that keeps a history from being read."""
    firm = await Furnished.build()
    before = await firm.world.revision()
    raw = {
        "shade": ["#fff", None],
        "shade_id": ["0190a8f0-0000-7000-8000-000000000000", None],
        "hours": [1, 2],
        "due_date": ["tomorrow", "2026-04-15"],
        "priority": ["HIGHEST", "LOW"],
        "name": ["old", "new"],
    }
    event = sample(KINDS["JobUpdated"], firm.things)
    async with in_transaction():
        old = type(event)(**{**_fields(event), "changes": raw})
        await append(firm.world.acting(firm.world.owner), [old], datetime.now(UTC))
    (told_,) = await told(api, firm.world.owner, str(before))
    assert {change["field"]: (change["kind"], change["before"], change["after"]) for change in told_["changes"]} == {
        "shade": ("TEXT", "#fff", None),
        "shadeId": ("TEXT", "0190a8f0-0000-7000-8000-000000000000", None),
        "hours": ("JSON", "1", "2"),
        "dueDate": ("TEXT", "tomorrow", "2026-04-15"),
        "priority": ("TEXT", "HIGHEST", "LOW"),
        "name": ("TEXT", "old", "new"),
    }


def _fields(event: Any) -> dict[str, Any]:
    return {name: getattr(event, name) for name in field_types(type(event))}


@pytest.mark.parametrize("who", ["owner", "employee"])
async def test_the_kind_of_a_withheld_field_is_no_secret(world: World, api: Api, who: str) -> None:
    job = await world.job()
    budget = "mutation Budget($input: SetJobBudgetInput!) { setJobBudget(input: $input) { revision } }"
    given = {"jobId": encode(Kind.JOB, job.id), "budget": 90}
    revision = (await api.ask(world.owner, budget, input=given))["setJobBudget"]["revision"]
    async with api.socket(getattr(world, who)) as socket:
        await socket.subscribe(STREAM, after=str(int(revision) - 1))
        while not (answer := (await socket.receive())["payload"])["data"]["boardChanges"]["events"]:
            pass
    (event,) = map(changed, answer["data"]["boardChanges"]["events"])
    after = "90" if who == "owner" else None
    assert event["changes"] == [{"field": "budget", "kind": "NUMBER", "before": None, "after": after}]
    assert ("errors" in answer) is (who == "employee")


def test_every_kind_is_described() -> None:
    enum = graphql_schema().type_map["FieldKind"]
    assert isinstance(enum, GraphQLEnumType)
    assert enum.values.keys() == {kind.name for kind in FieldKind}
    assert all(value.description for value in enum.values.values())
