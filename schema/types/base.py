"""How types are made of rows: each field says where it comes from, and loads through the operation's context.

A field has its resolver twice: as Strawberry wants it, and as the executor can use it for many rows at once."""

from __future__ import annotations

from asyncio import Future
from collections.abc import Awaitable, Callable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import strawberry
from strawberry.types.info import Info

from models.ids import Kind, encode
from models.rights import Requirement
from models.seen import Row
from schema.field_resolvers import RESOLVER, Load, Read, TypeCheck
from schema.list_size import ListSize
from schema.per_viewer import Condition, own_rows, per_viewer
from schema.permissions import withhold
from schema.scalars import DateTime

if TYPE_CHECKING:
    from schema.types.firm import Member

T = TypeVar("T", bound=type)
V = TypeVar("V")
Together = Callable[[Sequence[Any], Any], Any]


def column(description: str) -> Any:
    """The row's attribute of the same name."""
    return strawberry.field(description=description)


def name_order() -> Any:
    """The key of the order by name, for clients that keep a list themselves."""
    return column("Sorts by name, as the lists here are: compare as plain text, byte by byte, then by id.")


def value(read: Callable[[Any], Any], description: str, *, size: int | None = None) -> Any:
    """Read off the row: `read` asks nothing but the row, and changes nothing. `size` is how much a list is assumed to
    hold, where that is not the usual."""

    def resolver(root: strawberry.Parent[Any]):
        return read(root)

    sized = [] if size is None else [ListSize(assumed_size=size)]
    return strawberry.field(
        resolver=resolver, description=description, directives=sized, metadata={RESOLVER: Read(read)}
    )


def loaded(
    load: Callable[[Any, Any], Any],
    description: str,
    *,
    size: int | None = None,
    depends: Condition | None = None,
    together: Together | None = None,
) -> Any:
    """Loaded: `load(row, context)` returns an awaitable, or what is known already. `size` is how much a list is assumed
    to hold, `depends` under which scopes it depends on who asks: whatever has to do with rows that have an owner."""
    if size is not None:
        return _loaded_list(load, description, size, depends, together)

    def resolver(root: strawberry.Parent[Any], info: Info):
        return load(root, info.context)

    metadata = {RESOLVER: Load(load, together=together), **per_viewer(depends)}
    return strawberry.field(resolver=resolver, description=description, metadata=metadata)


def loaded_by(
    column: str,
    loader: Callable[[Any], Any],
    description: str,
    *,
    size: int | None = None,
    depends: Condition | None = None,
) -> Any:
    """Loaded by what the row's column holds, for all rows of an answer at once: `loader(context.load)` is the loader of
    it. The rest is as with `loaded`."""
    key = attrgetter(column)

    def load(row: Any, context: Any) -> Any:
        found = loader(context.load)
        return found.get(key(row)) if size is None else found.future(key(row))

    def together(rows: Sequence[Any], context: Any) -> Any:
        return loader(context.load).together(list(map(key, rows)))

    return loaded(load, description, size=size, depends=depends, together=together)


def worked_out(make: Callable[[Any, Sequence[Any]], Any], description: str) -> Any:
    """Worked out of rows and of what loaders find: `make(context.load, rows)` returns a future of a list, or a list,
    with what is worked out of each row."""

    def load(row: Any, context: Any) -> Any:
        found = make(context.load, (row,))
        return _only(found) if isinstance(found, Future) else found[0]

    return loaded(load, description, together=lambda rows, context: make(context.load, rows))


async def _only(loading: Future[Sequence[V]]) -> V:
    (one,) = await loading
    return one


def _loaded_list(
    load: Callable[[Any, Any], Any], description: str, size: int, depends: Condition | None, together: Together | None
) -> Any:
    async def resolver(root: strawberry.Parent[Any], info: Info):
        return await held(info.context, load(root, info.context))

    return strawberry.field(
        resolver=resolver,
        description=description,
        directives=[ListSize(assumed_size=size)],
        metadata={RESOLVER: Load(load, as_far_as_held, together), **per_viewer(depends)},
    )


async def held(context: Any, rows: Awaitable[list[Any]]) -> list[Any]:
    """A list of which it is not known beforehand how long it is, as far as the answer holds it."""
    kept: list[Any]
    (kept,) = as_far_as_held(context, [await rows])
    return kept


def as_far_as_held(context: Any, lists: Sequence[list[Any] | None]) -> Sequence[Any]:
    """As `held`, of several lists: all of them or none. Where there is no list at all, there is none either way."""
    if context.holds(sum(len(each) for each in lists if each is not None)):
        return lists
    return [None if each is None else [] for each in lists]


def one(kind: Kind, by: str, description: str) -> Any:
    """The row of this kind whose id the row's column holds; null when there is none, or the viewer may not see it."""

    key = attrgetter(by)

    def load(row: Any, context: Any) -> Any:
        id = key(row)
        return context.load.one(kind, id) if id is not None and context.holds(1) else None

    def together(rows: Sequence[Any], context: Any) -> Any:
        ids = list(map(key, rows))
        return context.load.those(kind, ids) if context.holds(len(ids) - ids.count(None)) else [None] * len(ids)

    return loaded(load, description, depends=own_rows(kind), together=together)


def job_of_item(description: str) -> Any:
    """The job that an item is linked to, where it is one at most; null when the viewer may not see it."""
    return loaded(lambda item, context: context.load.job_of(item.id) if context.holds(1) else None, description)


def jobs_of_item(description: str) -> Any:
    """The jobs that an item is linked to, where they may be many; those that the viewer sees."""
    return loaded(lambda item, context: context.load.jobs_of(item.id), description, size=2)


@strawberry.interface(description="Anything with an id. Fetch it again with `node` or `nodes`.")
class Node:
    """Relay's Global Object Identification (https://relay.dev/graphql/objectidentification.htm)."""

    id: strawberry.ID = value(
        lambda row: encode(row.kind, row.id), "Opaque and unique; its prefix names the type of thing."
    )


#: The GraphQL type of the rows of each kind, of those modules of types that are imported. `schema.kinds` has all.
ENTITIES: dict[Kind, type] = {}


def is_of_kind(kind: Kind) -> TypeCheck:
    """Whether a source is a row of this kind: it says so, and so does its class of all its rows."""

    def says_so(source: Any) -> bool:
        return getattr(source, "kind", None) is kind

    return TypeCheck(says_so, accepts_all=says_so)


def entity(model: type[Row]) -> Callable[[T], T]:
    """A GraphQL type whose objects are rows of this model. The class's docstring is the type's description."""

    def make(cls: T) -> T:
        kind = model.kind
        cls.is_type_of = is_of_kind(kind)  # type: ignore[attr-defined]
        made: T = strawberry.type(cls, description=cls.__doc__)
        withhold(made, {name: Requirement(right=right) for name, right in model.withheld.items()})
        ENTITIES[kind] = made
        return made

    return make


@strawberry.interface(description="A thing that is changed in numbered versions.")
class Versioned(Node):
    """Rows with a version."""

    version: int = column(
        "Rises with every change of the thing itself. Send it back as `expectedVersion` to be told of a conflict."
    )
    created_at: DateTime = column("When it was made.")
    created_by: Annotated[Member, strawberry.lazy("schema.types.firm")] | None = one(
        Kind.MEMBER, "created_by_id", "The member who made it; null where it was none, or is not known any more."
    )
    updated_at: DateTime = column("When the version last rose.")
    updated_by: Annotated[Member, strawberry.lazy("schema.types.firm")] | None = one(
        Kind.MEMBER,
        "updated_by_id",
        "The member who made it rise; null where it was none: what an automation did, say.",
    )
