"""What a client reads of a bound is what is checked: each is tried, from both sides.

The descriptions say what is tried, so a bound that is added later is tried too, and one that is not described is found.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_required_argument,
)

from models.ids import Kind, encode, new_id
from resolvers.root import graphql_schema
from tests.api.asking import MUTATIONS, QUERIES
from tests.api.furnished import Furnished
from tests.api.samples import ONE_OF, SEARCHED, Sampler, filled, kinds_in, snake
from tests.api.selections import document, root_fields
from tests.serving import Api

#: "1 to 200 characters", "at most 100", "0 to 5,270,400".
CLAIM = re.compile(r"(\d[\d,]*) to (\d[\d,]*)|\bat most (\d[\d,]*)", re.IGNORECASE)
#: They have a form of their own, or are compared with what there is.
UNBOUND = {
    "answers",
    "color",
    "country",
    "currency",
    "language",
    "region",
    "replyTo",
    "rule",
    "secret",
    "timeOfDay",
    "timeZone",
    "currentPassword",
    "expectedVersion",
    "expectedContentVersion",
    "intoExpectedVersion",
    "version",
    "number",
    "after",
    "before",
}


@dataclass(frozen=True)
class Bound:
    """What is said of an input or an argument, and what it takes."""

    where: tuple[str, ...]
    least: int
    most: int
    type_: Any

    def value(self, size: int) -> Any:
        """One of this size."""
        field, named = self.where[-1], get_named_type(self.type_)
        if is_list_type(get_nullable_type(self.type_)):
            return [_item(field, named, number) for number in range(size)]
        if named.name == "Int":
            return size
        if named.name == "Decimal":
            return str(size)
        if named.name == "Date":  # The last of so many days, of which the first is the sample's.
            return (datetime.now(UTC).date() + timedelta(size - 1)).isoformat()
        return "x" * size if field != "email" else "x" * (size - len("@new.test")) + "@new.test"

    @property
    def sizes(self) -> Iterator[tuple[int, bool]]:
        """What to try, and whether it is allowed."""
        least = max(self.least, len("x@new.test")) if self.where[-1] == "email" else self.least
        yield from ((least, True), (self.most, True), (self.most + 1, False))
        if self.least > 0 or get_nullable_type(self.type_) is GraphQLInt:
            yield self.least - 1, False


def _item(field: str, named: Any, number: int) -> Any:
    if is_enum_type(named):
        # Of few values some are there twice: where they may be all, there are never more of them.
        return list(named.values)[number % len(named.values)]
    if is_input_object_type(named):
        if "direction" in named.fields:
            values = list(named.fields["field"].type.of_type.values)
            return {"field": values[number % len(values)]}
        return {
            name: _item(name, get_named_type(inner.type), number)
            for name, inner in named.fields.items()
            if inner.type != get_nullable_type(inner.type)
        }
    if named.name == "Int":
        return number
    if named.name == "Decimal":
        return "1"
    if named.name == "ID":
        return encode(_kind(field.removesuffix("Ids").removesuffix("Id")), new_id())
    return f"step{number}@new.example" if field == "emails" else f"Step {number}"


def _kind(name: str) -> Kind:
    name = {
        "id": "job",
        "ids": "job",
        "approver": "contact",
        "signer": "contact",
        "assignee": "member",
        "assignees": "member",
        "assigneeRole": "account_role",
        "team": "member",
        "holder": "member",
        "recipient": "contact",
        "recipients": "contact",
        "mention": "member",
        "conditionalTag": "tag",
        "skipAutomations": "automation",
    }.get(name, name)
    return Kind(snake(name)) if snake(name) in set(Kind) else Kind(snake(name).removesuffix("s"))


def claimed(where: tuple[str, ...], field: GraphQLInputField | GraphQLArgument) -> Bound | None:
    """The bound that a description tells of."""
    found = CLAIM.search(field.description or "")
    if found is None:
        return None
    least, most = (int(number.replace(",", "")) for number in (found[1] or "0", found[2] or found[3]))
    return Bound(where, least, most, field.type)


def bounded(field: GraphQLInputField | GraphQLArgument) -> bool:
    """Whether it takes something that could be too much: text, a number, a list."""
    named = get_named_type(field.type)
    return named.name in ("String", "Int") or (is_list_type(get_nullable_type(field.type)) and not is_enum_type(named))


def _input_of(mutation: str) -> Any:
    return root_fields("mutation")[mutation].args["input"].type


def inputs() -> Iterator[tuple[tuple[str, str], GraphQLInputField]]:
    for mutation in MUTATIONS:
        if "input" in root_fields("mutation")[mutation].args:
            type_: Any = get_named_type(_input_of(mutation))
            assert isinstance(type_, GraphQLInputObjectType)
            yield from (((mutation, name), field) for name, field in type_.fields.items())


def arguments() -> Iterator[tuple[tuple[str, str], GraphQLArgument]]:
    """Of every field of an output type, the roots of queries and subscriptions among them."""
    for name, type_ in graphql_schema().type_map.items():
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) and name != "Mutation" and name[:2] != "__":
            for field, definition in type_.fields.items():
                yield from (((name, field, argument), of) for argument, of in definition.args.items())  # type: ignore[misc]


INPUTS = [bound for where, field in inputs() if (bound := claimed(where, field))]
ARGUMENTS = [bound for where, field in arguments() if (bound := claimed(where, field))]


@pytest.fixture(scope="module")
async def firm(database: str) -> Furnished:
    return await Furnished.build()


def test_what_could_be_too_much_says_how_much_is_not() -> None:
    silent = [where for where, field in inputs() if bounded(field) and claimed(where, field) is None]
    silent += [where for where, field in arguments() if bounded(field) and claimed(where, field) is None]
    assert {where for where in silent if where[-1] not in UNBOUND} == set()
    lists = graphql_schema().type_map["IdFilter"]
    assert claimed(("IdFilter", "in"), lists.fields["in"]) is not None  # type: ignore[attr-defined]


@pytest.mark.parametrize("bound", INPUTS, ids=lambda bound: ".".join(bound.where))
async def test_what_an_input_may_hold(firm: Furnished, api: Api, bound: Bound) -> None:
    mutation, field = bound.where
    query = f"mutation Try($input: {_input_of(mutation)}) {{ {mutation}(input: $input) {{ errors {{ code path }} }} }}"
    # What is refused changes nothing, so it comes first. What is taken may take away what is needed after it.
    for size, allowed in sorted(bound.sizes, key=lambda tried: tried[1]):
        if allowed and not mutation.startswith(("create", "update", "set")):
            firm = await Furnished.build()
        # What the call changed, the next one does not find: a fresh sample of a fresh word each time.
        sample = filled(Sampler(mutation, f"{firm.word}{new_id().hex}").input(), firm.id)
        payload = (await api.ask(firm.world.owner, query, input=sample["input"] | {field: bound.value(size)}))[mutation]
        assert _too_much(payload["errors"], ["input", field]) is not allowed, (size, payload["errors"])


def _too_much(errors: list[dict[str, Any]], path: list[str]) -> bool:
    return any(error["code"] in ("INVALID", "LIMIT") and error["path"][: len(path)] == path for error in errors)


@pytest.mark.parametrize("bound", ARGUMENTS, ids=lambda bound: ".".join(bound.where))
async def test_what_an_argument_may_be(firm: Furnished, api: Api, bound: Bound) -> None:
    owner, field, argument = bound.where
    for size, allowed in bound.sizes:
        value = bound.value(size)
        if owner == "Subscription":
            errors = await _subscribed(firm, api, field, argument, value)
        else:
            errors = await _asked(firm, api, bound, value)
        codes = {error["extensions"]["code"] for error in errors}
        assert bool(codes & {"INVALID", "LIMIT"}) is not allowed, (size, errors)


async def _asked(firm: Furnished, api: Api, bound: Bound, value: Any) -> list[dict[str, Any]]:
    owner, field, argument = bound.where
    definition = graphql_schema().type_map[owner].fields[field]  # type: ignore[attr-defined]
    given = {name: text for name, text in SEARCHED.items() if name in definition.args and name != argument}
    for name, other in definition.args.items():
        is_needed = is_required_argument(other) or name in ONE_OF.get(field, ())[:1]
        if name.endswith("Id") and name != argument and is_needed:
            kind = Kind(snake(name).removesuffix("_id"))
            given[name] = encode(kind, firm.things[kind.value])
    needed = "".join(f', {name}: "{text}"' for name, text in given.items())
    below = "{ __typename }" if is_composite_type(get_named_type(definition.type)) else ""
    chosen = f"{field}({argument}: $value{needed}) {below}"
    query = f"query Tried($value: {bound.type_}) {{ {chosen} }}"
    variables = {"value": value}
    if owner != "Query":
        query = f"query Tried($value: {bound.type_}, $id: ID!) {{ node(id: $id) {{ ... on {owner} {{ {chosen} }} }} }}"
        variables["id"] = encode(Kind(owner.lower()), firm.things[owner.lower()])
    return (await api.post(firm.world.owner, query, **variables)).get("errors", [])  # type: ignore[no-any-return]


async def _subscribed(firm: Furnished, api: Api, field: str, argument: str, value: Any) -> list[dict[str, Any]]:
    async with api.socket(firm.world.owner) as socket:
        await socket.subscribe(document("subscription", field, [argument]), **{argument: value})
        frame = await socket.receive()
        return frame["payload"] if frame["type"] == "error" else frame["payload"].get("errors", [])  # type: ignore[no-any-return]


@pytest.mark.parametrize("query", [name for name in QUERIES if "filter" in root_fields("query")[name].args])
async def test_how_many_ids_a_filter_takes(firm: Furnished, api: Api, query: str) -> None:
    type_: Any = get_named_type(root_fields("query")[query].args["filter"].type)
    ids = graphql_schema().type_map["IdFilter"].fields["in"]  # type: ignore[attr-defined]
    for name, kind in kinds_in(type_).items():
        bound = claimed((query, "filter", kind), ids)
        assert bound is not None
        for size, allowed in bound.sizes:
            variables = {"filter": {name: {"in": bound.value(size)}}}
            answer = await api.post(firm.world.owner, document("query", query, ["filter"]), **variables)
            # Of things that are not there, a report says so.
            codes = {error["extensions"]["code"] for error in answer.get("errors", [])} - {"NOT_FOUND"}
            assert codes == (set() if allowed else {"INVALID"}), (name, size, answer.get("errors"))
