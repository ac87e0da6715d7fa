"""Objects of one type that are completed together.

What goes well is done for all of them at once. What does not is handed to graphql-core, one object and one field at a
time, so that every error, and where it leads to, is graphql-core's own. What was read so is read again then; what was
loaded is not loaded again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from asyncio import CancelledError, Future, gather, wait
from bisect import bisect_right
from collections.abc import Awaitable, Callable, Container, Sequence
from itertools import accumulate
from typing import Any

from graphql import Executor, GraphQLObjectType, Undefined
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path

from engine.execution.plans import FetchStep, LeafStep, Objects, OneType, Plan, Step, StockStep, TypesFound
from schema.field_resolvers import Load
from schema.permissions import Guard

#: Deals with the failure of the object in this place, or raises where it takes the others with it.
GiveUp = Callable[[int, Exception], None]
Pending = list[Awaitable[None]]
#: The places of what can be completed together, it itself, and of which types it is.
Fitting = tuple[Sequence[int], Sequence[Any], TypesFound]


class BatchExecutor(Executor[None], ABC):
    """What an executor of batches has besides what graphql-core's has."""

    @abstractmethod
    def plan(self, type_: GraphQLObjectType, details: FieldDetailsList) -> Plan | None:
        """How objects of this type are completed for this selection; None for one by one."""

    def plans(self, details: FieldDetailsList, types: TypesFound) -> dict[GraphQLObjectType, Plan] | None:
        """That of each of these types; None where there is one that has none."""
        made: dict[GraphQLObjectType, Plan] = {}
        for type_ in (types,) if isinstance(types, GraphQLObjectType) else dict.fromkeys(types):
            if (plan := self.plan(type_, details)) is None:
                return None
            made[type_] = plan
        return made

    @abstractmethod
    def permits(self, guard: Guard) -> bool:
        """Whether the guard lets this operation pass."""

    @abstractmethod
    def loading(self, step: FetchStep) -> Load | None:
        """How the step is loaded in this operation; None where its arguments are wrong."""


class Batch:
    """`objects` are the answers, in the order of their sources; they are whole when all that `proceed` returned has
    been awaited. Sources that are the same may share an answer. `path_of` gives the path of an object by its place."""

    def __init__(
        self,
        executor: BatchExecutor,
        plan: Plan,
        sources: Sequence[Any],
        path_of: Callable[[int], Path | None],
        give_up: GiveUp,
    ) -> None:
        self._executor = executor
        self._plan = plan
        self._sources = sources
        self._path_of = path_of
        self._give_up = give_up
        self._stock: dict[Step, Container[int]] = {}
        self._failed: set[int] = set()
        self.objects = self._repeated() or self._laid_out(sources)

    def _repeated(self) -> list[dict[str, Any]]:
        """Cards share their accounts, and these their members: each is written once. Those of which nothing but leaves
        is asked are one object in all their places."""
        if self._plan.has_stock or len(self._sources) < 2:
            return []
        distinct = {id(source): source for source in self._sources}
        if len(distinct) == len(self._sources):
            return []
        objects = dict(zip(distinct, self._laid_out(list(distinct.values())), strict=True))
        if self._stock:
            self._stock.clear()  # An error has a path of its own in every place.
            return []
        if self._plan.leaves_only:
            return [objects[id(source)] for source in self._sources]
        return [objects[id(source)].copy() for source in self._sources]

    def _laid_out(self, sources: Sequence[Any]) -> list[dict[str, Any]]:
        """The objects with their leaves written, and every key in its place."""
        # A copy of a dictionary costs a fraction of one that is made of its keys.
        blank = dict.fromkeys(step.key for step in self._plan.steps)
        objects = [blank.copy() for _ in sources]
        for step in self._plan.steps if sources else ():
            if self._is_stock(step):
                self._stock[step] = range(len(sources))
            elif isinstance(step, LeafStep):
                self._write(step, sources, objects)
        return objects

    def _is_stock(self, step: Step) -> bool:
        if isinstance(step, StockStep) or (step.guard is not None and not self._executor.permits(step.guard)):
            return True
        return isinstance(step, FetchStep) and self._executor.loading(step) is None

    def _write(self, step: LeafStep, sources: Sequence[Any], objects: Sequence[dict[str, Any]]) -> None:
        written, unwritten = step.leaf.write(_read(step.read, sources))
        if unwritten:
            self._stock[step] = set(unwritten)
        key = step.key
        for target, value in zip(objects, written, strict=True):
            target[key] = value

    def proceed(self) -> Pending:
        """Go on to what is not a plain leaf. Returns what has to be awaited, all of it together."""
        return _gathered(self._executor, self._proceed)

    def _proceed(self, pending: Pending) -> None:
        if self._stock:
            for place in range(len(self._sources)):
                self._do_stock(place, pending)
        for step in self._plan.steps:
            if isinstance(step, FetchStep) and step not in self._stock and (how := self._executor.loading(step)):
                self._fetch(step, how, pending)

    def _do_stock(self, place: int, pending: Pending) -> None:
        for step, places in self._stock.items():
            if place not in places:
                continue
            try:
                value = self._executor.execute_field(
                    self._plan.type, self._sources[place], step.details, self._path(place, step), None
                )
            except Exception as error:
                self._fail(place, error)
                return
            self._take(place, step, value, pending)

    def _fetch(self, step: FetchStep, how: Load, pending: Pending) -> None:
        if how.together is not None and self._fetch_together(how.together, step, pending):
            return
        context = self._executor.context_value
        places: list[int] = []
        found: list[Any] = []
        arriving = False
        try:
            for place, source in enumerate(self._sources):
                if place in self._failed:
                    continue
                try:
                    value = how.load(source, context)
                except Exception as error:
                    self._refuse(place, step, error)
                    continue
                places.append(place)
                found.append(value)
                arriving = arriving or isinstance(value, Future)
        except Exception:
            self._executor.track_async_work(found)
            raise
        if arriving:
            pending.append(self._arrive(step, places, found))
        else:
            self._complete(step, places, found, pending)

    def _fetch_together(self, load: Callable[[Sequence[Any], Any], Any], step: FetchStep, pending: Pending) -> bool:
        """Whether that could be begun: if not, each says by itself what is wrong."""
        places = self._standing(range(len(self._sources)))
        sources = [self._sources[place] for place in places] if self._failed else self._sources
        try:
            found = load(sources, self._executor.context_value)
        except Exception:
            return False
        if isinstance(found, Future):
            pending.append(self._arrive_together(step, places, found))
        else:
            self._complete(step, places, found, pending)
        return True

    async def _arrive_together(self, step: FetchStep, places: Sequence[int], found: Future[Sequence[Any]]) -> None:
        """Complete the step when all is there. Nobody else waits for this future."""
        try:
            values = await found
        except Exception as error:
            self._refuse_all(self._standing(places), step, error)
            return
        if self._failed:
            values = [value for place, value in zip(places, values, strict=True) if place not in self._failed]
            places = self._standing(places)
        await all_of(_gathered(self._executor, lambda pending: self._complete(step, places, values, pending)))

    def _standing(self, places: Sequence[int]) -> Sequence[int]:
        return [place for place in places if place not in self._failed] if self._failed else places

    def _refuse_all(self, places: Sequence[int], step: FetchStep, error: Exception) -> None:
        for place in places:
            if place not in self._failed:
                self._refuse(place, step, error)

    async def _arrive(self, step: FetchStep, places: Sequence[int], found: list[Any]) -> None:
        """Complete the step when the last of its futures is there: mostly they all come with one statement."""
        try:
            for value in found:
                if isinstance(value, Future) and not value.done():
                    # Others may wait for the same future: it must not be cancelled when this here is.
                    await wait((value,))
        except CancelledError:
            self._executor.track_async_work(found)
            raise
        errors = [value.exception() if isinstance(value, Future) else None for value in found]
        await all_of(_gathered(self._executor, lambda pending: self._arrived(step, places, found, errors, pending)))

    def _arrived(
        self,
        step: FetchStep,
        places: Sequence[int],
        found: list[Any],
        errors: list[BaseException | None],
        pending: Pending,
    ) -> None:
        here: list[int] = []
        values: list[Any] = []
        for place, value, error in zip(places, found, errors, strict=True):
            if place in self._failed:
                continue
            if error is None:
                here.append(place)
                values.append(value.result() if isinstance(value, Future) else value)
            elif isinstance(error, Exception):
                self._refuse(place, step, error)
            else:
                raise error
        self._complete(step, here, values, pending)

    def _complete(self, step: FetchStep, places: Sequence[int], values: Sequence[Any], pending: Pending) -> None:
        how = self._executor.loading(step)
        if how is not None and how.keep is not None:
            try:
                values = how.keep(self._executor.context_value, values)
            except Exception as error:
                self._refuse_all(places, step, error)
                return
        to = step.to
        if isinstance(to, Objects):
            self._complete_objects(step, to, places, values, pending)
            return
        written, unwritten = to.write(values)
        for place, result in zip(places, written, strict=True):
            self.objects[place][step.key] = result
        for number in unwritten:
            self._complete_stock(step, places[number], values[number], pending)

    def _complete_objects(
        self, step: FetchStep, to: Objects, places: Sequence[int], values: Sequence[Any], pending: Pending
    ) -> None:
        fitting = self._of_one_type if isinstance(to.types, OneType) else self._of_several_types
        here, found, types = fitting(step, to, places, values, pending)
        if found:
            inner = self._inner_lists if to.item_type else self._inner
            pending += inner(step, here, found, types).proceed()

    def _of_one_type(
        self, step: FetchStep, to: Objects, places: Sequence[int], values: Sequence[Any], pending: Pending
    ) -> Fitting:
        """What can be completed together. The rest is done one by one."""
        assert isinstance(to.types, OneType)
        planned = self._executor.plan(to.types.type, step.details) is not None
        if planned and (to.types.lists_fit if to.item_type else to.types.fit)(values):
            return places, values, to.types.type
        fits = to.types.lists if to.item_type else to.types.fits
        here: list[int] = []
        found: list[Any] = []
        for place, value in zip(places, values, strict=True):
            if planned and fits(value):
                here.append(place)
                found.append(value)
            elif value is not None or not to.nullable:
                self._complete_stock(step, place, value, pending)
        return here, found, to.types.type

    def _of_several_types(
        self, step: FetchStep, to: Objects, places: Sequence[int], values: Sequence[Any], pending: Pending
    ) -> Fitting:
        """As `_of_one_type`, where each value may be of another."""
        here: list[int] = []
        found: list[Any] = []
        types: list[GraphQLObjectType] = []
        for place, value in zip(places, values, strict=True):
            of_value = to.types_of(value)
            if of_value is not None and self._executor.plans(step.details, of_value) is not None:
                here.append(place)
                found.append(value)
                types += of_value
            elif value is not None or not to.nullable:
                self._complete_stock(step, place, value, pending)
        return here, found, types

    def _inner(self, step: FetchStep, places: Sequence[int], found: Sequence[Any], types: TypesFound) -> Batches:
        inner = Batches(
            self._executor,
            step.details,
            types,
            found,
            lambda number: self._path(places[number], step),
            lambda number, error: self._refuse(places[number], step, error),
        )
        for place, result in zip(places, inner.objects, strict=True):
            self.objects[place][step.key] = result
        return inner

    def _inner_lists(self, step: FetchStep, places: Sequence[int], found: Sequence[Any], types: TypesFound) -> Batches:
        items = [item for value in found for item in value]
        starts = [0, *accumulate(map(len, found))]

        def at(number: int) -> tuple[int, int]:
            """The place of the list that an item is in, and its index there."""
            which = bisect_right(starts, number) - 1
            return places[which], number - starts[which]

        def path_of(number: int) -> Path:
            place, index = at(number)
            return self._path(place, step).add_key(index)

        def give_up(number: int, error: Exception) -> None:
            self._refuse_item(step, *at(number), error)

        inner = Batches(self._executor, step.details, types, items, path_of, give_up)
        start = 0
        for place, value in zip(places, found, strict=True):
            self.objects[place][step.key] = inner.objects[start : (start := start + len(value))]
        return inner

    def _complete_stock(self, step: FetchStep, place: int, value: Any, pending: Pending) -> None:
        """As graphql-core does with what a resolver returned."""
        type_, path = step.field.type, self._path(place, step)
        nodes = [detail.node for detail in step.details]
        info = self._executor.build_resolve_info(step.field, nodes, self._plan.type, path)
        complete: Callable[..., Any] = self._executor.complete_value
        if self._executor.is_awaitable(value):
            complete = self._executor.complete_awaitable_value
        try:
            completed = complete(type_, step.details, info, path, value, None)
        except Exception as error:
            self._refuse(place, step, error)
            return
        self._take(place, step, completed, pending)

    def _take(self, place: int, step: Step, value: Any, pending: Pending) -> None:
        if self._executor.is_awaitable(value):
            pending.append(self._awaited(place, step, value))
        else:
            self.objects[place][step.key] = value

    async def _awaited(self, place: int, step: Step, value: Awaitable[Any]) -> None:
        try:
            self.objects[place][step.key] = await value
        except Exception as error:
            self._refuse(place, step, error)

    def _refuse(self, place: int, step: Step, error: Exception) -> None:
        """The field is null with this error, or the object fails where it may not be."""
        try:
            self._executor.handle_field_error(error, step.field.type, step.details, self._path(place, step))
        except Exception as bubbling:
            self._fail(place, bubbling)
        else:
            self.objects[place][step.key] = None

    def _refuse_item(self, step: FetchStep, place: int, index: int, error: Exception) -> None:
        """The item is null with this error, or the list fails where it may not be."""
        assert isinstance(step.to, Objects) and step.to.item_type is not None
        try:
            path = self._path(place, step).add_key(index)
            self._executor.handle_field_error(error, step.to.item_type, step.details, path)
        except Exception as bubbling:
            self._refuse(place, step, bubbling)
        else:
            if (items := self.objects[place][step.key]) is not None:
                items[index] = None

    def _fail(self, place: int, error: Exception) -> None:
        if place not in self._failed:
            self._failed.add(place)
            self._give_up(place, error)

    def _path(self, place: int, step: Step) -> Path:
        return Path(self._path_of(place), step.key, self._plan.type.name)


class Batches:
    """Objects of several types that are completed together: a batch for each type. As a `Batch` it has the `objects`,
    in the order of their sources. `types` are those of the sources; the executor has plans for all of them."""

    def __init__(
        self,
        executor: BatchExecutor,
        details: FieldDetailsList,
        types: TypesFound,
        sources: Sequence[Any],
        path_of: Callable[[int], Path | None],
        give_up: GiveUp,
    ) -> None:
        self._executor = executor
        plans = executor.plans(details, types)
        assert plans is not None
        if isinstance(types, GraphQLObjectType) or len(plans) == 1:
            (plan,) = plans.values()
            self._batches = [Batch(executor, plan, sources, path_of, give_up)]
            self.objects = self._batches[0].objects
            return
        self._batches = []
        self.objects = [{}] * len(sources)
        for type_, plan in plans.items():
            places = [place for place, found in enumerate(types) if found is type_]
            batch = _part(executor, plan, places, sources, path_of, give_up)
            self._batches.append(batch)
            for place, result in zip(places, batch.objects, strict=True):
                self.objects[place] = result

    def proceed(self) -> Pending:
        """As `Batch.proceed`."""

        def start(pending: Pending) -> None:
            for batch in self._batches:
                pending += batch.proceed()

        return _gathered(self._executor, start)


def _part(
    executor: BatchExecutor,
    plan: Plan,
    places: Sequence[int],
    sources: Sequence[Any],
    path_of: Callable[[int], Path | None],
    give_up: GiveUp,
) -> Batch:
    """The batch of those sources that have these places among all."""
    return Batch(
        executor,
        plan,
        [sources[place] for place in places],
        lambda number: path_of(places[number]),
        lambda number, error: give_up(places[number], error),
    )


def _gathered(executor: BatchExecutor, start: Callable[[Pending], None]) -> Pending:
    pending: Pending = []
    try:
        start(pending)
    except Exception:
        if pending:
            executor.settle_in_background(pending)
        raise
    return pending


async def all_of(pending: Pending) -> None:
    """Await all of it, to the end also where something fails: what is cut off leaves coroutines behind that nobody
    awaits, and futures that others wait for."""
    if len(pending) == 1:
        await pending[0]
    else:
        for outcome in await gather(*pending, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome


def _read(read: Callable[[Any], Any], sources: Sequence[Any]) -> list[Any]:
    """What is read of each source; `Undefined`, which no leaf is, where that fails."""
    try:
        return list(map(read, sources))
    except Exception:
        return [_read_one(read, source) for source in sources]


def _read_one(read: Callable[[Any], Any], source: Any) -> Any:
    try:
        return read(source)
    except Exception:
        return Undefined
