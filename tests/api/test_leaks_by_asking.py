"""Nobody learns what they may not know by asking for it: whatever is looked for in a list, and in whichever order a
list or a report is asked for, two firms that differ in nothing but their secrets give the same answer.

The schema says what is asked for, so that a filter or an order that is added later is tried too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime
from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, get_named_type, is_list_type

from models.clock import day_in
from models.conditions import in_sql
from models.queries import Q
from resolvers.root import graphql_schema
from schema.inputs.filters import CONDITION
from schema.items.invoices import InvoiceFilter
from schema.kinds import LISTS
from tests.api.asking import QUERIES, post
from tests.api.leaking import Plain, differing, enum_of, rights_of_fields
from tests.api.planted import Planted
from tests.api.samples import Id, filled, kinds_in
from tests.api.selections import root_fields, selection
from tests.serving import Api

FIELDS = rights_of_fields()
#: What is asked for with an order, a group or a filter.
ASKED = [name for name in QUERIES if {"filter", "sort", "groupBy"} & root_fields("query")[name].args.keys()]
#: What combines filters.
COMBINED = {"and", "or", "not"}
#: So many filters at once are in one, and so many lists are asked for in one request, or fewer reports.
AT_ONCE, TOGETHER, FEWER = 25, 10, 2
#: Days, some of which are those of secrets. The last is the firms' own: none of theirs has begun earlier elsewhere.
DAYS = (date(2026, 3, 5), date(2026, 3, 6), day_in("America/New_York", datetime.now(UTC)))


def types_in(name: str) -> set[str]:
    """The types of what a list or a report tells."""
    returned: Any = get_named_type(root_fields("query")[name].type)
    return {returned.name, *(get_named_type(inner.type).name for inner in returned.fields.values())}


def fields_of(name: str) -> set[str]:
    """What a list or a report has."""
    returned: Any = get_named_type(root_fields("query")[name].type)
    return set(returned.fields)


def who_asks(name: str) -> list[str]:
    """Whoever has no right; and whoever has all but one of those that withhold something of it."""
    return ["nothing", *sorted({f"all but {right}" for (of, _), right in FIELDS.items() if of in types_in(name)})]


TRIED = [(name, who) for name in ASKED for who in who_asks(name)]


@dataclass
class Pairs:
    """The firm, and others that differ in what one of its members may not know."""

    firm: Planted
    twins: dict[str, Planted] = field(default_factory=dict)

    @property
    def marks(self) -> list[str]:
        """What somebody might look for: hashes are no words."""
        return [secret.mark for secret in self.firm.secrets if secret.known_with]

    async def of(self, who: str) -> tuple[Planted, Planted]:
        """As this one sees it."""
        if who not in self.twins:
            self.twins[who] = await Planted.build(self.firm.onlookers[who].knowing)
        return self.firm, self.twins[who]


@pytest.fixture(scope="module")
async def pairs(database: str) -> Pairs:
    """Nothing changes in them."""
    return Pairs(await Planted.build())


async def unlike(api: Api, pairs: Pairs, who: str, name: str, asked: list[dict[str, Any]]) -> list[Any]:
    """Where two firms answer otherwise, of what is asked of one root field."""
    firms = await pairs.of(who)
    told: list[list[bytes]] = [[], []]
    together = TOGETHER if is_list(name) else FEWER
    for first in range(0, len(asked), together):
        part = asked[first : first + together]
        text = _document(name, part)
        given = {f"{argument}{place}": value for place, each in enumerate(part) for argument, value in each.items()}
        for firm, answers in zip(firms, told, strict=True):
            answer = await post(api, firm.onlookers[who].member, text, filled(given, firm.firm.id))
            # Asked for in vain is nothing: all that there may be is that somebody lacks a right.
            refused = {error["extensions"]["code"] for error in json.loads(answer).get("errors", ())}
            assert refused <= {"FORBIDDEN"}, answer
            answers.append(answer)
    return differing([await Plain.of(firm) for firm in firms], told)


def _document(name: str, asked: list[dict[str, Any]]) -> str:
    field = root_fields("query")[name]
    returned: Any = get_named_type(field.type)
    of = "{ totalCount nodes { id } }" if is_list(name) else selection(field)
    of = "{ nodes { __typename revision } }" if name == "activity" else of
    taken = [
        f"${argument}{place}: {field.args[argument].type}" for place, each in enumerate(asked) for argument in each
    ]
    usual = ["first: 20"] if "first" in field.args else []
    calls = [
        ", ".join([*usual, *(f"{argument}: ${argument}{place}" for argument in each)])
        for place, each in enumerate(asked)
    ]
    text = " ".join(
        f"asked{place}: {name}{f'({given})' if given else ''} {{ ...Of }}" for place, given in enumerate(calls)
    )
    declared = f"({', '.join(taken)})" if taken else ""
    return f"query Asking{declared} {{ {text} }} fragment Of on {returned.name} {of}"


def is_list(name: str) -> bool:
    """Whether it gives things, and no figures or events."""
    return "totalCount" in fields_of(name)


def orders(name: str) -> Iterator[dict[str, Any]]:
    """Each order, each way; and each group."""
    args = root_fields("query")[name].args
    if "sort" in args:
        of: Any = get_named_type(args["sort"].type)
        by = next(each for each in of.fields if each != "direction")
        for word in enum_of(of.fields[by]):
            for direction in ("ASC", "DESC"):
                level = {by: word, "direction": direction}
                yield {"sort": [level] if is_list_type(args["sort"].type) else level}
    if "groupBy" in args:
        yield from ({"groupBy": [word]} for word in enum_of(args["groupBy"]))


def filters(name: str, marks: list[str]) -> Iterator[dict[str, Any]]:
    """Each field of the filter, with all that it may be given: of texts, the secrets."""
    type_: Any = get_named_type(root_fields("query")[name].args["filter"].type)
    kinds = kinds_in(type_)
    for key, taken in type_.fields.items():
        if key not in COMBINED:
            values = [{key: value} for value in _values(name, key, taken.type, kinds, marks)]
            if len(values) <= AT_ONCE or "or" not in type_.fields:
                yield from ({"filter": value} for value in values[:AT_ONCE])
            else:
                parts = [values[first : first + AT_ONCE] for first in range(0, len(values), AT_ONCE)]
                yield from ({"filter": {"or": part}} for part in parts)


def _values(name: str, key: str, type_: Any, kinds: Any, marks: list[str]) -> list[Any]:
    named: Any = get_named_type(type_)
    whole = [mark for mark in marks if mark.isdecimal()]
    if named.name == "IdFilter":
        return [{"in": [Id(kinds[key], f"{name}.{key}")]}]
    if isinstance(named, GraphQLEnumType):
        return [[word] for word in named.values]
    if isinstance(named, GraphQLInputObjectType):
        return _between(named)
    match named.name, is_list_type(type_):
        case "Boolean", False:
            return [True, False]
        case "Date", False:
            return [day.isoformat() for day in DAYS]
        case "Int", False:
            return [1, 30]
        case "Decimal", False:
            return whole
        case "String", False:
            return [mark for mark in marks if not mark.isdecimal()]
        case "String", True:
            return [marks[:100]]
    raise AssertionError(f"Say what to give to {key} of the filter of {name}.")


def _between(type_: GraphQLInputObjectType) -> list[Any]:
    if type_.fields.keys() >= {"on"}:
        return [{how: day.isoformat()} for how in ("before", "after", "on") for day in DAYS] + [{"isSet": True}]
    if type_.fields.keys() >= {"before", "after", "isSet"}:
        return [{how: f"{day}T12:00:00Z"} for how in ("before", "after") for day in DAYS] + [{"isSet": True}]
    raise AssertionError(f"Say what to give to a {type_.name}.")


@pytest.mark.parametrize(("name", "who"), TRIED)
async def test_no_answer_depends_on_what_nobody_may_know(pairs: Pairs, api: Api, name: str, who: str) -> None:
    asked = [{}, *orders(name)]
    # Those of reports are lists' filters, or name things and days.
    if "filter" in root_fields("query")[name].args and "rows" not in fields_of(name):
        asked += filters(name, pairs.marks)
    assert await unlike(api, pairs, who, name, asked) == []


async def test_nothing_is_found_by_a_secret(pairs: Pairs, api: Api) -> None:
    marks = [mark for mark in pairs.marks if not mark.isdecimal()]
    for who in ("nothing", "owner"):
        member = pairs.firm.onlookers[who].member
        for first in range(0, len(marks), TOGETHER):
            part = marks[first : first + TOGETHER]
            calls = " ".join(f'asked{place}: search(text: "{mark}") {{ cut }}' for place, mark in enumerate(part))
            found = await api.ask(member, f"{{ {calls.replace('cut', 'hits { __typename }')} }}")
            assert not any(each["hits"] for each in found.values())


def test_within_things_nothing_else_can_be_asked_for() -> None:
    """Lists within things have the filters and the orders of those at the root, but for the order of cards, and whether
    items are open."""
    asked = {"filter", "sort", "groupBy", "order", "orderBy"}
    at_root = {
        str(field.args[each].type) for field in root_fields("query").values() for each in asked & field.args.keys()
    }
    for name, type_ in graphql_schema().type_map.items():
        for called, each in (
            getattr(type_, "fields", {}).items() if not isinstance(type_, GraphQLInputObjectType) else ()
        ):
            for argument in asked & each.args.keys():
                assert str(each.args[argument].type) in {*at_root, "CardOrder", "LinkedItemFilter"}, (name, called)


@dataclass(frozen=True, slots=True)
class _More:
    """The invoice comes to more than so much: what no filter may ask for."""

    def __call__(self, _wanted: bool, _asking: Any, /) -> Q:
        return in_sql("{row}.total > {most}", most=11_500_000)


async def test_a_filter_by_what_is_withheld_is_caught(pairs: Pairs, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    sent = next(each for each in fields(InvoiceFilter) if each.name == "sent")  # type: ignore[arg-type]
    monkeypatch.setattr(sent, "metadata", {**sent.metadata, CONDITION: _More()})
    asked = [{"filter": {"sent": True}}]
    assert await unlike(api, pairs, "all but MANAGE_INVOICES", "invoices", asked)


async def test_an_order_by_what_is_withheld_is_caught(pairs: Pairs, api: Api) -> None:
    """The control."""
    (invoices,) = [each for each in LISTS if each.name == "invoices"]
    usual = invoices.order
    object.__setattr__(invoices, "order", "-total")
    try:
        assert await unlike(api, pairs, "all but MANAGE_INVOICES", "invoices", [{}])
    finally:
        object.__setattr__(invoices, "order", usual)
