"""What a parser takes and nobody means: as a variable and as a literal, in every place that a scalar can stand in. Each
is a value or a refusal, and never a fault."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, get_named_type, is_leaf_type
from websockets.exceptions import ConnectionClosedError

from models.ids import Kind
from models.rights import Role
from models.rows import Member
from tests.api.furnished import Furnished
from tests.api.samples import Id, Sampler, filled
from tests.api.selections import root_fields
from tests.serving import Api

DIGITS = "1" * 4_301
#: Numbers, as they are written into the document and into the JSON of the variables.
NUMBERS = [
    *("-0", "0", "-1", "1e5", "1E-400", "1e400", "-1e400", "0.0", "-0.0", "1.0", "1.5", "2147483648", "-2147483649"),
    *("9223372036854775808", "-9223372036854775809", "18446744073709551616", "1" * 400 + ".0", DIGITS, f"-{DIGITS}"),
]
TEXTS = [
    *("-0", "-0.00", "+1", "1e5", "1E-400", "1_000", " 1", "1 ", "1\n", "\u200b1", "NaN", "nan", "-NaN", "sNaN"),
    *("Infinity", "-Infinity", "inf", "1.", ".5", ".", "-", "", "0x10", "1,5", "\u22121", "\0", "x"),
    # Digits of other scripts, which Python reads as numbers: full-width, Devanagari, Arabic; and what is none.
    *("\uff11\uff12", "\u0967\u0968", "\u0664\u0662", "\u00b2", "\u00bd"),
    *("1" * 20 + "." + "1" * 20, DIGITS, f"0.{DIGITS}", f"-{DIGITS}"),
    *("2026-02-30", "2026-04-15", "0000-01-01", "0001-01-01", "9999-12-31", "10000-01-01", "-2026-04-15", "20260415"),
    *("\uff12\uff10\uff12\uff16-04-15", "2026-04-15\n", "2026-W01-1", "2026-04-15T09:30:00Z", "2026-04-15t09:30:00z"),
    *("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-04-15T24:00:00Z", "2026-04-15T23:59:60Z"),
    *("2026-04-15T09:30:00+99:99", "2026-04-15T09:30:00.123456789Z", "2026-04-15T09:30:00\u221201:00"),
]
OTHERS = ["true", "false", "null", "[]", "[1]", "{}"]
#: What JSON has no way to write.
NAMES = ["NaN", "Infinity", "INF", "{a: 1}", '"""\n1\n"""', "[[1]]"]

#: They take anything: a text, or an id, whose own reading refuses what is none.
ANY_TEXT = {"String", "ID", "Boolean"}


@dataclass(frozen=True)
class Place:
    """Where a scalar can stand: an operation on a root field, and the way to it."""

    kind: str
    field: str
    path: tuple[str, ...]
    type: str

    def call(self, standing: str, others: dict[str, Any]) -> str:
        """The field with this text standing there. The other fields of a mutation's input are variables."""
        argument, *inside = self.path
        value = standing
        for name in reversed(inside):
            value = f"{{{name}: {value}}}"
        if self.kind == "mutation":
            beside = "".join(f"{name}: ${name} " for name in others)
            value = f"{{{beside}{value[1:-1]}}}"
        returned = root_fields(self.kind)[self.field].type
        below = "" if is_leaf_type(get_named_type(returned)) else "{ __typename }"
        if self.kind == "mutation":
            below = "{ errors { code path } }"
        return f"{self.field}({argument}: {value}{_needed(self)}) {below}"

    def request(self, odd: Sequence[str], literal: bool, others: dict[str, Any]) -> tuple[str, str]:
        """An operation that has each of these there, on a line of its own, and its variables."""
        passed = {} if literal else {f"v{number}": each for number, each in enumerate(odd)}
        calls = [
            f"c{number}: {self.call(each if literal else f'$v{number}', others)}" for number, each in enumerate(odd)
        ]
        declared = [f"${name}: {self.type}" for name in passed]
        if self.kind == "mutation":
            input_type: Any = get_named_type(root_fields("mutation")[self.field].args["input"].type)
            declared += [f"${name}: {input_type.fields[name].type}" for name in others]
        head = f"{self.kind} Odd{'(' + ', '.join(declared) + ')' if declared else ''}"
        return "\n".join([f"{head} {{", *calls, "}"]), written(others, passed)


def _needed(place: Place) -> str:
    return ', jobs: ["x"]' if place.field == "jobChanges" else ""


def places(kind: str) -> Iterator[Place]:
    """Every place for a number, an amount, a day or a moment."""
    for name, field in root_fields(kind).items():
        for argument, definition in field.args.items():
            for path, type_ in _inside(definition.type, (argument,)):
                yield Place(kind, name, path, type_)


def _inside(type_: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    named: Any = get_named_type(type_)
    if isinstance(named, GraphQLInputObjectType) and "[" not in str(type_):
        for name, field in named.fields.items():
            if get_named_type(field.type) is not named:
                yield from _inside(field.type, (*path, name))
    elif is_leaf_type(named) and named.name not in ANY_TEXT and not hasattr(named, "values"):
        yield path, str(type_)


async def answer_to(api: Api, member: Member, query: str, variables: str) -> str:
    """The text of the answer: what it takes to be a fault is the caller's to say."""
    body = f'{{"query": {json.dumps(query)}, "variables": {variables}}}'
    answer = await api.send(body.encode(), authorization=f"Bearer {await api.token(member)}")
    assert answer.status < 500, (query, variables[:200], answer.text)
    assert '"limit":"documents"' not in answer.text, "The budget is spent: nothing was tried."
    return answer.text


def written(value: dict[str, Any], odd: dict[str, str]) -> str:
    """The variables in JSON, those that are odd as they are."""
    parts = {name: json.dumps(each) for name, each in value.items()} | odd
    return "{" + ", ".join(f'"{name}": {text}' for name, text in parts.items()) + "}"


#: So many values are tried with one request.
TOGETHER = 10


async def answered(
    api: Api, member: Member, place: Place, odd: list[str], literal: bool, others: dict[str, Any]
) -> None:
    """Each of these is a value, with which the field is executed, or is refused: where several are asked together,
    those that are refused are taken out, until the others are executed."""
    while odd:
        text = await answer_to(api, member, *place.request(odd, literal, others))
        assert "INTERNAL" not in text, ([each[:60] for each in odd], text)
        answer = json.loads(text)
        if len(odd) == 1 or answer.get("data") is not None:
            return
        refused = {refused_call(error) for error in answer["errors"]}
        left = [each for number, each in enumerate(odd) if f"c{number}" not in refused]
        if len(left) == len(odd):  # It does not say which.
            for each in odd:
                await answered(api, member, place, [each], literal, others)
            return
        odd = left


def refused_call(error: dict[str, Any]) -> str | None:
    """Which call of several an error is of, where it says so: by its path, by the variable, or by the line."""
    if "path" in error:
        return str(error["path"][0])
    if found := re.fullmatch(r"v(\d+)", str(error["extensions"].get("inputPath", [""])[0])):
        return f"c{found[1]}"
    # The first of them stands on the second line.
    return f"c{error['locations'][0]['line'] - 2}" if "locations" in error else None


#: What a scalar takes, and what stands behind it may not: tried everywhere. The rest is tried once for each scalar.
AT_THE_EDGE = ["-0", "1.0", "2147483647", "-2147483648", *map(json.dumps, ("-0", "9" * 20, "0001-01-01", "9999-12-31"))]
AT_THE_EDGE += [json.dumps(moment) for moment in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z")]

PLACES = [place for kind in ("query", "mutation") for place in places(kind) if place.path[-1] != "expectedVersion"]
# One of the many, which are all declared once.
PLACES.append(Place("mutation", "updateJob", ("input", "expectedVersion"), "Int"))


@pytest.mark.parametrize("place", PLACES, ids=lambda place: ".".join((place.field, *place.path)))
async def test_no_value_is_a_fault(firm: Furnished, api: Api, place: Place) -> None:
    others: dict[str, Any] = {}
    if place.kind == "mutation":
        others = filled(Sampler(place.field, firm.word).input(), firm.id)["input"]
        others.pop(place.path[-1], None)
    # Each has a budget of their own for documents that were not seen before.
    admin = await firm.world.member("Ann", Role.ADMIN)
    for literal, values in ((False, variables_at(place)), (True, literals_at(place))):
        for at in range(0, len(values), TOGETHER):
            await answered(api, admin, place, values[at : at + TOGETHER], literal, others)


def is_first(place: Place) -> bool:
    """Whether no place before it is for the same scalar."""
    return place == next(other for other in PLACES if other.type.strip("!") == place.type.strip("!"))


def variables_at(place: Place) -> list[str]:
    """What is passed there as a variable."""
    return [*AT_THE_EDGE, *NUMBERS, *map(json.dumps, TEXTS), *OTHERS] if is_first(place) else AT_THE_EDGE


def literals_at(place: Place) -> list[str]:
    """What is written there."""
    return [*AT_THE_EDGE, *NUMBERS, *map(json.dumps, TEXTS), *OTHERS, *NAMES] if is_first(place) else AT_THE_EDGE


@pytest.mark.parametrize(
    ("rate", "shown"),
    [('"-0"', "0.00"), ('"-0.00"', "0.00"), ('"0"', "0.00"), ('"1.50"', "1.50"), ("null", None)],
)
@pytest.mark.parametrize("literal", [True, False])
async def test_nothing_has_no_sign(firm: Furnished, api: Api, rate: str, shown: str | None, literal: bool) -> None:
    entry = firm.id(Id(Kind.TIME_ENTRY, "setTimeEntryRate.timeEntryId"))
    declared, standing = ("", rate) if literal else (", $v: Decimal", "$v")
    query = (
        f"mutation Rate($id: ID!{declared}) {{ setTimeEntryRate(input: {{timeEntryId: $id, rate: {standing}}}) "
        "{ errors { code } timeEntry { rate { amount } } } }"
    )
    variables = written({"id": entry}, {} if literal else {"v": rate})
    admin = await firm.world.member("Ann", Role.ADMIN)
    payload = json.loads(await answer_to(api, admin, query, variables))["data"]["setTimeEntryRate"]
    assert payload == {"errors": [], "timeEntry": {"rate": shown and {"amount": shown}}}


@pytest.mark.parametrize("after", [*NUMBERS, *map(json.dumps, TEXTS[:8])], ids=lambda text: text[:20])
async def test_nor_is_one_in_a_stream(firm: Furnished, api: Api, after: str) -> None:
    query = "subscription S($v: Revision) { boardChanges(after: $v) { revision } }"
    async with api.socket(firm.world.owner) as socket:
        payload = f'{{"query": {json.dumps(query)}, "variables": {{"v": {after}}}}}'
        await socket.connection.send(f'{{"id": "1", "type": "subscribe", "payload": {payload}}}')
        # Of what is no JSON at all the socket is closed, as of any frame that is none.
        with contextlib.suppress(ConnectionClosedError):
            assert "INTERNAL" not in json.dumps(await socket.receive())
        assert socket.connection.close_code in (None, 4400)


@pytest.fixture(scope="module")
async def firm(database: str) -> Furnished:
    """What is changed in it is no matter here."""
    return await Furnished.build()
