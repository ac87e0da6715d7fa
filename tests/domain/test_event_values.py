"""What events may hold: whatever it is, the log gives back what was written, and what it could not is refused."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, make_dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Annotated, Any, Optional
from uuid import UUID

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.event_kinds import KINDS, VIEWS
from models.events import Changes, Event, JobDeleted, JobUpdated, base, field_types, from_json, to_json
from models.events.values import NAMED, FieldType
from models.ids import JobId, Kind
from models.log import Unreadable, logged_of
from models.money import Money
from models.rights import Right
from models.rows import Priority

_TEXTS = st.text(st.characters(codec="utf-8"))
_NUMBERS = st.decimals(allow_nan=False, allow_infinity=False)
_OFFSETS = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
#: Values of each type that an annotation may name.
VALUES: dict[type, st.SearchStrategy[Any]] = {
    str: _TEXTS,
    int: st.integers(-(2**53), 2**53),
    bool: st.booleans(),
    date: st.dates(),
    datetime: st.datetimes(timezones=st.just(UTC) | _OFFSETS),
    Decimal: _NUMBERS,
    Money: st.builds(Money, _NUMBERS, st.sampled_from(["USD", "JPY", "KWD", "XXX"])),
    Priority: st.sampled_from(Priority),
    UUID: st.uuids(),
}
ONE: list[Any] = [*NAMED, Priority, JobId]
TUPLES = [tuple[one, ...] for one in ONE]  # type: ignore[valid-type]
HINTS = [*ONE, *[one | None for one in ONE], *TUPLES, Optional[date], Changes]  # noqa: UP045
CHANGED = st.dictionaries(_TEXTS, st.tuples(*[st.none() | _TEXTS | st.integers(0, 9) | st.lists(_TEXTS)] * 2))


@pytest.fixture
def kinds() -> Iterator[None]:
    """Kinds of events that the test defines are known until it ends."""
    before = dict(base._CLASSES)
    yield
    base._CLASSES.clear()
    base._CLASSES.update(before)


def define(name: str, **hints: Any) -> type[Event]:
    """A kind of event with these fields."""
    return make_dataclass(name, hints.items(), bases=(Event,), frozen=True, slots=True, kw_only=True)


def values(of: FieldType) -> st.SearchStrategy[Any]:
    """What a field of this type may hold."""
    if of.of not in VALUES:
        return CHANGED if not issubclass(of.of, StrEnum) else _many(of, st.sampled_from(list(of.of)))
    return _many(of, VALUES[of.of])


def _many(of: FieldType, one: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    if of.many:
        return st.lists(one).map(tuple)
    return st.none() | one if of.optional else one


def through_the_log(event: Event) -> Event:
    """The event as it is read again."""
    return from_json(type(event).__name__, orjson.loads(orjson.dumps(to_json(event))))


def test_there_are_values_of_whatever_may_be_annotated() -> None:
    assert {Priority, UUID, *NAMED} == VALUES.keys()


def test_whatever_may_be_annotated_is_read_as_it_was_written(kinds: None) -> None:
    hints = {f"field_{number}": hint for number, hint in enumerate(HINTS)}
    kind = define("Everything", **hints)

    @given(st.fixed_dictionaries({name: values(FieldType.of_hint(hint)) for name, hint in hints.items()}))
    def check(held: dict[str, Any]) -> None:
        event = kind(**held)
        read = through_the_log(event)
        assert read == event
        for name, value in held.items():
            found = getattr(read, name)
            assert type(found) is type(value)
            # 1.0 and 1.00 are equal, and are not shown alike.
            assert not isinstance(value, Decimal) or str(found) == str(value)

    check()


# There are many kinds, and few sorts of fields.
@settings(max_examples=20)
@given(st.data())
@pytest.mark.parametrize("kind", [*KINDS.values(), *VIEWS.values()])
def test_every_kind_of_event_is_read_as_it_was_written(kind: type[Event], data: st.DataObject) -> None:
    event = kind(**{name: data.draw(values(of), name) for name, of in field_types(kind).items()})
    assert through_the_log(event) == event


class Odd(Enum):
    """Not of texts."""

    ONE = 1


@pytest.mark.parametrize(
    "hint",
    [
        *(float, bytes, object, Any, Odd, list[str], set[str], dict[str, str], frozenset[Right], int | str),
        *(str | int | None, tuple[str, str], tuple[()], tuple[str | None, ...], tuple[str, ...] | None, None),
        *(UUID, UUID | None, tuple[UUID, ...], Annotated[UUID, "no kind"], Annotated[str, Kind.JOB], type[Event]),
    ],
    ids=str,
)
def test_what_the_log_could_not_give_back_is_refused_where_it_is_defined(hint: Any, kinds: None) -> None:
    with pytest.raises(TypeError, match=r"^Wrong\.held: "):
        define("Wrong", right=str, held=hint)
    assert "Wrong" not in base._CLASSES


def test_an_event_that_adds_nothing_wrong_may_say_what_is_no_field(kinds: None) -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Well(JobUpdated):
        """With a money."""

        ends = True
        paid: Money | None = None

    assert [field.name for field in fields(Well)][-1] == "paid"
    # What was written before a field was there has its default.
    written = to_json(JobDeleted(job=UUID(int=1), account=UUID(int=2), pipeline=UUID(int=3), name="x"))
    del written["name"]
    assert from_json("Well", {**written, "changes": {}}).paid is None  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        *((date, datetime(2026, 1, 1, tzinfo=UTC)), (date, "2026-01-01"), (datetime, date(2026, 1, 1))),
        *((datetime, datetime(2026, 1, 1)), (int, True), (int, "1"), (bool, 1), (str, 1), (str, None)),
        *((Decimal, 1), (Decimal, 1.5), (Decimal, Decimal("NaN")), (Decimal, Decimal("-Infinity"))),
        *((Money, Decimal(1)), (Money, Money(Decimal("NaN"), "USD")), (JobId, "x"), (JobId | None, "x")),
        *((Priority, "LOW"), (tuple[str, ...], ["x"]), (tuple[int, ...], ("x",)), (tuple[str, ...], None)),
    ],
    ids=repr,
)
def test_a_value_that_could_not_be_read_back_is_not_written(hint: Any, value: Any, kinds: None) -> None:
    kind = define("Holding", held=hint)
    with pytest.raises(TypeError, match=r"^Holding\.held: "):
        to_json(kind(held=value))  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("hint", "data"),
    [
        *((date, "2026-13-01"), (date, 5), (datetime, "soon"), (Decimal, "much"), (Decimal, None)),
        *((Money, "5 USD"), (Money, {"amount": "5"}), (Money, {"amount": "x", "currency": "USD"})),
        *((JobId, "x"), (Priority, "NONE"), (tuple[date, ...], ["x"]), (tuple[date, ...], None)),
    ],
    ids=repr,
)
def test_what_another_version_wrote_is_named_and_not_misread(hint: Any, data: Any, kinds: None) -> None:
    define("Holding", held=hint)
    row = {"revision": 3, "index": 0, "type": "Holding", "data": orjson.dumps({"held": data}), "actor": "{}"}
    with pytest.raises(Unreadable, match="Holding of revision 3"):
        logged_of([row])
