"""A schema of every shape of field, in which anything may go wrong; and sources that do go wrong, always the same way.

Each shape is there several times: read, loaded, loaded and kept, loaded by an argument, withheld behind a guard, and
resolved by a function that says nothing about itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from random import Random
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    GraphQLUnionType,
    Undefined,
)

from models.audiences import Audience
from models.rights import Requirement, Right
from schema.field_resolvers import Load, LoadBy, Read, TypeCheck, TypeOf
from schema.permissions import Guard


class Color(Enum):
    """Two of them are in the schema."""

    RED = "red"
    BLUE = "blue"
    UNKNOWN = "unknown"


class Opaque:
    """What no scalar but String and ID can write."""

    def __str__(self) -> str:
        return "opaque"


@dataclass(frozen=True)
class Source:
    """An object. What it answers hangs on its world, its name and the field alone."""

    world: World
    type: str
    number: int

    def value(self, field: str, shape: GraphQLOutputType, may_wait: bool) -> Any:
        """What its resolver returns, or raises."""
        return self.world.value(Random(f"{self.world.seed} {self.type} {self.number} {field}"), shape, may_wait)


@dataclass(frozen=True)
class Scope:
    """What guards ask."""

    rights: frozenset[Right]
    audience: Audience = Audience.TEAM


@dataclass(frozen=True)
class World:
    """Sources, of which a part fails: `faults` is how often, from 0 to 1. It is the context, too."""

    seed: int
    faults: float
    scope: Scope
    futures_only: bool = False
    #: Lists are shorter than that.
    longest: int = 4
    #: Now and then an abstract type is given a source of which it takes more to know the type, or of none of its types.
    strays: bool = True

    def source(self, random: Random, type_: str) -> Source:
        """One of few, so that they come again."""
        return Source(self, type_, random.randrange(3))

    def value(self, random: Random, shape: GraphQLOutputType, may_wait: bool) -> Any:
        """A value of this shape, or what is none, now or later."""
        if may_wait and random.random() < 0.5:
            return self._later(random, shape)
        return self._now(random, shape, may_wait)

    def _later(self, random: Random, shape: GraphQLOutputType) -> Any:
        turns = random.randrange(4)
        if random.random() < 0.5 and not self.futures_only:
            return self._coroutine(random, shape, turns)
        future = asyncio.get_running_loop().create_future()
        self._after(turns, lambda: self._settle(future, random, shape))
        return future

    async def _coroutine(self, random: Random, shape: GraphQLOutputType, turns: int) -> Any:
        for _ in range(turns):
            await asyncio.sleep(0)
        return self._now(random, shape, True)

    def _after(self, turns: int, do: Callable[[], None]) -> None:
        if turns:
            asyncio.get_running_loop().call_soon(self._after, turns - 1, do)
        else:
            do()

    def _settle(self, future: asyncio.Future[Any], random: Random, shape: GraphQLOutputType) -> None:
        if future.cancelled():
            return
        try:
            future.set_result(self._now(random, shape, True))
        except Exception as error:
            future.set_exception(error)
            future.exception()  # It is retrieved, whoever else does so or not.

    def _now(self, random: Random, shape: GraphQLOutputType, may_wait: bool) -> Any:
        if random.random() < self.faults:
            return self._fault(random)
        if isinstance(shape, GraphQLNonNull):
            return self._value(random, shape.of_type, may_wait)
        return None if random.random() < 0.1 else self._value(random, shape, may_wait)

    def _value(self, random: Random, shape: Any, may_wait: bool) -> Any:
        if isinstance(shape, GraphQLList):
            # A die of its own for each item: they may come in any order.
            number = random.randrange(self.longest)
            items = [self.value(Random(random.random()), shape.of_type, may_wait) for _ in range(number)]
            kinds: list[Callable[[list[Any]], Any]] = [list, list, tuple, iter]
            return random.choice(kinds)(items) if may_wait else items
        if isinstance(shape, GraphQLScalarType):
            return random.choice(VALUES[shape.name])
        if isinstance(shape, GraphQLEnumType):
            return random.choice([Color.RED, Color.BLUE])
        if isinstance(shape, GraphQLObjectType):
            return self.source(random, shape.name)
        types = SOURCES.get(shape.name, ["Thing", "Other"])
        return self.source(random, random.choice(types if self.strays else types[:6]))

    def _fault(self, random: Random) -> Any:
        return made(random.choice(FAULTS))


@dataclass(frozen=True)
class Same(World):
    """A world in which every leaf is this value."""

    leaf: Any = None

    def value(self, random: Random, shape: GraphQLOutputType, may_wait: bool) -> Any:
        """The value, or a list of it."""
        inner = shape.of_type if isinstance(shape, GraphQLNonNull) else shape
        if isinstance(inner, GraphQLList):
            return [self.value(random, inner.of_type, may_wait), None]
        return made(self.leaf)


def made(value: Any) -> Any:
    """The value itself, or the exception that stands for, raised or returned."""
    if isinstance(value, Raised):
        raise value.make()
    return value.make() if isinstance(value, Fault) else value


@dataclass(frozen=True)
class Fault:
    """An exception that is returned. It is made anew each time: graphql-core writes into it."""

    make: Callable[[], Exception]


class Raised(Fault):
    """An exception that is raised."""


#: Some of them are not of the scalar's own type, and written all the same; some are not written.
VALUES: dict[str, list[Any]] = {
    "String": ["text", "text", "", 5, True, Opaque()],
    "Int": [1, -7, 2**31 - 1, True, "12", 4.0],
    "Float": [0.5, -1.0, 3, "1e3"],
    "Boolean": [True, False, 1, 0],
    "ID": ["id", 17, Opaque()],
    "Shout": ["quiet", Opaque()],
}
#: Of which types the sources are that abstract types are given. Not all of them are possible ones.
SOURCES = {
    "Marked": [*["Plain", "Plainer"] * 3, "Thing"],
    "AnyOf": [*["Plain", "Plainer", "Thing"] * 3, "Other", "Nowhere"],
}
FAULTS: list[Any] = [
    None,
    None,
    Undefined,
    2**31,
    -(2**31) - 1,
    float("nan"),
    float("inf"),
    "neither",
    Color.UNKNOWN,
    [None],
    {"not": "it"},
    b"bytes",
    Fault(lambda: ValueError("returned")),
    Fault(lambda: GraphQLError("returned")),
    Raised(lambda: ValueError("raised")),
    Raised(lambda: GraphQLError("refused", extensions={"code": "REFUSED"})),
]


def _shout(value: Any) -> str | None:
    if isinstance(value, bytes):
        return None
    if isinstance(value, dict):
        raise ValueError("Too long to shout.")
    return str(value).upper()


def _is_other(source: Any, info: Any) -> Any:
    """Now and then later, or with an error."""
    if not isinstance(source, Source):
        return False
    match source.number:
        case 0:
            return source.type == "Other"
        case 1:
            return _later(source.type == "Other")
        case _ if source.world.seed % 3 == 0:
            raise ValueError("Who knows?")
    return True


async def _later(value: bool) -> bool:
    return value


def _type_of(value: Any, info: Any, type_: Any) -> Any:
    if not isinstance(value, Source):
        return None
    if value.world.seed % 5 == 0 and value.number == 0:
        return "Bare"  # which is none of the possible types
    return value.type


#: What a guard needs; whether it is there is the world's to say.
HELD = Right.MANAGE_TAGS


@cache
def fault_schema() -> GraphQLSchema:
    """The schema. `Query` has the same fields as everything else."""
    color = GraphQLEnumType("Color", {"RED": Color.RED, "BLUE": Color.BLUE})
    shout = GraphQLScalarType("Shout", serialize=_shout)
    leaves = [GraphQLString, GraphQLInt, GraphQLFloat, GraphQLBoolean, GraphQLID, shout, color]
    named = GraphQLInterfaceType("Named", lambda: fields(["Named"]), resolve_type=_type_of)
    thing = GraphQLObjectType(
        "Thing",
        lambda: fields(["Named", "Thing"]),
        interfaces=[named],
        is_type_of=TypeCheck(lambda source: isinstance(source, Source) and source.type == "Thing"),
    )
    other = GraphQLObjectType("Other", lambda: fields(["Named", "Other"]), interfaces=[named], is_type_of=_is_other)
    bare = GraphQLObjectType("Bare", lambda: fields(["Bare"]))
    either = GraphQLUnionType("Either", [thing, other], resolve_type=_type_of)
    # Those that say of what type a source is by the source alone; of one of their types that is not enough.
    told = TypeOf(lambda source: source.type)
    marked = GraphQLInterfaceType("Marked", lambda: fields(["Marked"]), resolve_type=told)

    def marked_type(name: str) -> GraphQLObjectType:
        check = TypeCheck(lambda source: isinstance(source, Source) and source.type == name)
        return GraphQLObjectType(name, lambda: fields(["Marked", name]), interfaces=[marked], is_type_of=check)

    plain, plainer = marked_type("Plain"), marked_type("Plainer")
    any_of = GraphQLUnionType("AnyOf", [plain, plainer, thing, other], resolve_type=told)

    def fields(of: list[str]) -> dict[str, GraphQLField]:
        made: dict[str, GraphQLField] = {}
        for type_ in (*leaves, thing, bare, other, named, either, marked, any_of):
            for shape, suffix in _shapes(type_):
                for way, (resolve, arguments) in _ways(shape).items():
                    name = f"{way}{type_.name}{suffix}"
                    made[name] = GraphQLField(shape, args=arguments, resolve=resolve(name))
        return made

    return GraphQLSchema(
        GraphQLObjectType("Query", lambda: fields(["Query"])), types=[thing, other, bare, plain, plainer]
    )


def _shapes(type_: Any) -> list[tuple[GraphQLOutputType, str]]:
    sure: GraphQLOutputType = GraphQLNonNull(type_)
    return [
        (type_, ""),
        (sure, "Sure"),
        (GraphQLList(type_), "s"),
        (GraphQLList(sure), "sSure"),
        (GraphQLNonNull(GraphQLList(sure)), "sAllSure"),
    ]


def _ways(shape: GraphQLOutputType) -> dict[str, tuple[Callable[[str], Any], dict[str, GraphQLArgument]]]:
    def read(name: str) -> Read:
        return Read(lambda source: source.value(name, shape, False))

    def load(name: str) -> Load:
        return Load(lambda source, context: source.value(name, shape, True))

    def kept(name: str) -> Load:
        async def loading(source: Source) -> Any:
            value = source.value(name, shape, True)
            return await value if hasattr(value, "__await__") else value

        return Load(lambda source, context: asyncio.ensure_future(loading(source)), _keep)

    def together(name: str) -> Load:
        """Of many at once: what fails for one of them, fails for all."""

        def value(source: Source) -> Any:
            try:
                return source.value(name, shape, False)
            except Exception as error:
                return error

        def load(source: Source, context: World) -> Any:
            (found,) = all_of([source], context)
            return found

        def all_of(sources: Sequence[Source], context: World) -> list[Any]:
            random = Random(f"{context.seed} {name}")
            if random.random() < context.faults:
                raise ValueError("Nothing could be loaded.")
            return [value(source) for source in sources]

        async def loading(sources: Sequence[Source], context: World) -> list[Any]:
            return all_of(sources, context)

        def soon(sources: Sequence[Source], context: World) -> Any:
            if (context.seed + len(name)) % 2:
                return all_of(sources, context)
            return asyncio.ensure_future(loading(sources, context))

        return Load(load, together=soon)

    def by(name: str) -> LoadBy:
        """By an argument: in each of these ways, and in none."""

        def of(times: int | None = None) -> Load:
            if times == 1 and len(name) % 3 == 0:
                raise ValueError("Not once.")
            return {None: load, 1: kept, 2: together}[times](f"{name}{times}")

        return LoadBy(of)

    def stock(name: str) -> Callable[..., Any]:
        return lambda source, info, **arguments: source.value(f"{name}{arguments}", shape, True)

    return {
        "read": (read, {}),
        "load": (load, {}),
        "kept": (kept, {}),
        "together": (together, {}),
        "heldRead": (lambda name: Guard(name, Requirement(HELD), read(name)), {}),
        "heldLoad": (lambda name: Guard(name, Requirement(HELD), load(name)), {}),
        "by": (by, {"times": GraphQLArgument(GraphQLInt)}),
        "heldBy": (lambda name: Guard(name, Requirement(HELD), by(name)), {"times": GraphQLArgument(GraphQLInt)}),
        "stock": (stock, {"times": GraphQLArgument(GraphQLInt)}),
    }


def _keep(context: World, values: Sequence[Any]) -> list[Any]:
    return [value[:1] if isinstance(value, list) and len(value) == 3 else value for value in values]
