"""What may be left out of an input or be null is left out, or null, in every combination that a client might send: each
gets an answer or a refusal that says where, and none is a fault."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pytest
import strawberry
from graphql import GraphQLInputObjectType, get_named_type, is_required_argument, is_required_input_field
from graphql.pyutils import Undefined

from models.actions import Action, Command
from models.rights import EVERY_MEMBER
from models.rows import Member
from resolvers.acting import mutation_field
from resolvers.fitting import Misfit, check_fit
from resolvers.root import graphql_schema
from schema.declarations import mutation
from schema.inputs.base import Keyed, clearable, explicit, needed, optional
from tests.api.asking import MUTATIONS, QUERIES, SUBSCRIPTIONS, TOGETHER, different
from tests.api.furnished import Furnished
from tests.api.samples import Sampler, filled
from tests.api.selections import PAGE, document, root_fields, selection
from tests.serving import Api

#: What must be given, be it null: left out, there is no telling whether it was meant.
EXPLICIT = {("setJobBudget", "budget"), ("setTimeEntryRate", "rate"), ("setTaskParent", "parentId")}


def optional_fields(mutation: str) -> list[str]:
    """The fields of a mutation's input that the schema lets a client leave out."""
    type_: Any = get_named_type(root_fields("mutation")[mutation].args["input"].type)
    return [name for name, field in type_.fields.items() if not is_required_input_field(field)]


def inputs(mutation: str, firm: Furnished) -> Iterator[dict[str, Any]]:
    """Without each of them, with null for each of them, and all of them at once."""
    whole = filled(Sampler(mutation, firm.word).input(), firm.id)["input"]
    type_: Any = get_named_type(root_fields("mutation")[mutation].args["input"].type)
    names = optional_fields(mutation)
    nullable = [name for name in names if not str(type_.fields[name].type).endswith("!")]
    for name in names:
        yield {key: value for key, value in whole.items() if key != name}
    for name in nullable:
        yield whole | {name: None}
    yield {key: value for key, value in whole.items() if key not in names}
    yield {key: value for key, value in whole.items() if key not in names} | dict.fromkeys(nullable)


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_no_input_that_is_left_out_or_null_is_a_fault(database: str, api: Api, mutation: str) -> None:
    firm = await Furnished.build()
    for given in different(inputs(mutation, firm)):
        answer = await api.post(firm.world.owner, document("mutation", mutation, ["input"]), input=given)
        assert "errors" not in answer, (given, answer["errors"])
        for error in answer["data"][mutation]["errors"]:
            assert error["path"][0] == "input", (given, error)


@pytest.mark.parametrize(("mutation", "field"), sorted(EXPLICIT))
async def test_what_must_be_said_is_asked_for(database: str, api: Api, mutation: str, field: str) -> None:
    firm = await Furnished.build()
    whole = filled(Sampler(mutation, firm.word).input(), firm.id)["input"]
    before = await firm.world.revision()
    given = {key: value for key, value in whole.items() if key != field}
    payload = (await api.ask(firm.world.owner, document("mutation", mutation, ["input"]), input=given))[mutation]
    (error,) = payload["errors"]
    assert (error["code"], error["path"], payload["revision"]) == ("INVALID", ["input", field], None)
    assert await firm.world.revision() == before
    payload = (await api.ask(firm.world.owner, document("mutation", mutation, ["input"]), input=given | {field: None}))[
        mutation
    ]
    assert payload["errors"] == []
    assert await firm.world.revision() == before + 1


def literals(type_: Any) -> Iterator[str]:
    """Null, and where it is an input, an empty one and ones with null for each of their fields."""
    named: Any = get_named_type(type_)
    if not str(type_).endswith("!"):
        yield "null"
    if isinstance(named, GraphQLInputObjectType):
        opened, closed = ("[{", "}]") if str(type_).startswith("[") else ("{", "}")
        needed = "".join(
            f"{name}: {_least(field.type)} " for name, field in named.fields.items() if is_required_input_field(field)
        )
        yield f"{opened}{needed}{closed}"
        for name, field in named.fields.items():
            for inner in literals(field.type) if get_named_type(field.type) is not named else ["null", "[]", "[{}]"]:
                others = "" if is_required_input_field(field) else needed
                yield f"{opened}{others}{name}: {inner}{closed}"


def _least(type_: Any) -> str:
    named: Any = get_named_type(type_)
    return "[]" if "[" in str(type_) else next(iter(named.values))


class Given(NamedTuple):
    """An argument of a query, as it is written."""

    name: str
    literal: str


@pytest.mark.parametrize("query", QUERIES)
async def test_no_argument_that_is_null_is_a_fault(database: str, api: Api, query: str) -> None:
    firm, field = await Furnished.build(), root_fields("query")[query]
    if any(map(is_required_argument, field.args.values())):
        return
    tried = [Given(name, literal) for name, argument in field.args.items() for literal in literals(argument.type)]
    for at in range(0, len(tried), TOGETHER):
        await _ask(api, firm.world.owner, query, tried[at : at + TOGETHER])


async def _ask(api: Api, member: Member, query: str, part: Sequence[Given]) -> None:
    """Ask with all of these at once, and where something is refused, or that is too much, with fewer."""
    answer = await api.post(member, asking(query, part))
    if "errors" not in answer:
        return
    if len(part) == 1:
        assert {error["extensions"]["code"] for error in answer["errors"]} == {"INVALID"}, (part, answer["errors"])
        return
    for half in (part[: len(part) // 2], part[len(part) // 2 :]):
        await _ask(api, member, query, half)


def asking(query: str, several: Sequence[Given]) -> str:
    """A document that asks the query with each of these arguments."""
    field = root_fields("query")[query]
    asked = []
    for number, (name, literal) in enumerate(several):
        # A short page, where that is not what is tried: of the usual one, all that can be selected costs too much.
        page = f"first: {PAGE} " if "first" in field.args and name not in ("first", "last") else ""
        asked.append(f"call{number}: {query}({page}{name}: {literal}) {{ ...Told }}")
    told = get_named_type(field.type)
    return f"{{ {' '.join(asked)} }} fragment Told on {told} {selection(field)}"


@pytest.mark.parametrize("subscription", SUBSCRIPTIONS)
async def test_no_argument_of_a_stream_that_is_null_is_a_fault(database: str, api: Api, subscription: str) -> None:
    firm = await Furnished.build()
    field = root_fields("subscription")[subscription]
    for name, argument in field.args.items():
        for literal in [*literals(argument.type), *(["[]"] if "[" in str(argument.type) else [])]:
            others = [other for other, one in field.args.items() if is_required_argument(one) and other != name]
            if others:
                continue
            async with api.socket(firm.world.owner) as socket:
                await socket.subscribe(f"subscription {{ {subscription}({name}: {literal}) {{ revision }} }}")
                frame = await socket.receive()
                if frame["type"] == "error":
                    assert {error["extensions"]["code"] for error in frame["payload"]} == {"INVALID"}, (name, literal)
                else:
                    assert "errors" not in frame["payload"], (name, literal)


def test_an_argument_with_a_default_is_never_null() -> None:
    """Or a null would take the place of the default, which the resolver counts on."""
    for type_ in graphql_schema().type_map.values():
        for name, field in getattr(type_, "fields", {}).items():
            for argument_name, argument in getattr(field, "args", {}).items():
                if argument.default_value is not Undefined and argument.default_value is not None:
                    assert str(argument.type).endswith("!"), (type_, name, argument_name)


@strawberry.input
class _Leaving:
    minutes: int | None = optional("May be left out.")


@strawberry.input
class _Clearing:
    minutes: int | None = clearable("May be null.")


@strawberry.input
class _Explicit:
    minutes: int | None = explicit("May be null.")


@strawberry.input
class _Other:
    hours: int = needed("Of another command.")


@strawberry.input
class _Inner:
    minutes: int | None = optional("May be left out.")

    @staticmethod
    def build(minutes: int) -> int:
        return minutes


@strawberry.input
class _Nesting:
    inner: list[_Inner] = needed("Many.")


async def _needs(change: Any, *, minutes: int) -> None:
    """A command that cannot do without."""


async def _takes_none(change: Any, *, minutes: int | None) -> None:
    """A command that wants to be told, be it None."""


async def _defaults(change: Any, *, minutes: int = 5) -> None:
    """A command that can do without, but not with None."""


async def _nests(change: Any, *, inner: list[int]) -> None:
    """A command that takes many."""


@pytest.mark.parametrize(
    ("command", "takes", "said"),
    [
        (_needs, _Leaving, "may be left out, but _needs needs it"),
        (_takes_none, _Leaving, "may be left out, but _takes_none needs it"),
        (_takes_none, _Clearing, "may be left out, but _takes_none needs it"),
        (_defaults, _Clearing, "may be null, but _defaults takes no None"),
        (_needs, _Explicit, "may be null, but _needs takes no None"),
        (_needs, _Other, "_Other has hours, which _needs does not take"),
        (_defaults, _Other, "_Other has hours, which _defaults does not take"),
        (_nests, _Nesting, "_Inner.minutes may be left out, but"),
        (_needs, Keyed, "_needs needs minutes, which Keyed does not have"),
    ],
)
def test_a_schema_whose_inputs_do_not_fit_is_not_put_together(command: Any, takes: type, said: str) -> None:
    with pytest.raises(Misfit, match=said):
        mutation_field(mutation(Command(Action("fitTest", EVERY_MEMBER), command, command), takes))


@pytest.mark.parametrize(("command", "takes"), [(_takes_none, _Explicit), (_defaults, _Leaving), (_defaults, Keyed)])
def test_what_fits_is_taken(command: Any, takes: type) -> None:
    check_fit(command, takes)
