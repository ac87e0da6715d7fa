"""An event is shown as it is declared: whatever it may hold has a type for clients."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from engine.documents import parse_document
from engine.execution.executor import execute
from models.events import Event, base
from models.ids import Kind, TimeEntryId, encode, new_id
from models.log import Logged
from models.money import Money
from models.rows import Priority
from schema.event_types import _type
from schema.field_resolvers import resolve_directly
from schema.scalars import SCALARS

WHOLE = """{ event {
  paid { amount currency } tip { amount currency } parts { amount currency }
  due on days moved moments rate rates note notes count whether urgency urgencies entryId } }"""


@pytest.fixture
def paying() -> Iterator[type[Event]]:
    """A kind of event with a field of each type, known until the test ends."""
    before = dict(base._CLASSES)

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Paid(Event):
        """Money came in."""

        paid: Money
        tip: Money | None
        parts: tuple[Money, ...]
        due: date
        on: date | None
        days: tuple[date, ...]
        moved: datetime | None
        moments: tuple[datetime, ...]
        rate: Decimal
        rates: tuple[Decimal, ...]
        note: str | None
        notes: tuple[str, ...]
        count: int
        whether: bool
        urgency: Priority | None
        urgencies: tuple[Priority, ...]
        entry: TimeEntryId | None

    yield Paid
    base._CLASSES.clear()
    base._CLASSES.update(before)


def shown(kind: type[Event], event: Event) -> tuple[str, dict[str, Any]]:
    """The schema's text, and what a client reads of the event."""
    made = _type(kind)
    logged = Logged(7, 0, event, {"kind": "MEMBER", "id": None, "label": None}, None, datetime.now(UTC))
    query = strawberry.type(
        type("Query", (), {"__annotations__": {"event": made}, "event": strawberry.field(resolver=lambda: logged)})
    )
    schema = strawberry.Schema(query=query, config=StrawberryConfig(scalar_map=SCALARS))
    resolve_directly(schema._schema)
    result: Any = execute(schema._schema, parse_document(WHOLE, max_tokens=1_000), context_value=object())
    assert result.errors is None
    return schema.as_str(), result.data["event"]


def test_money_and_dates_are_shown_as_such(paying: type[Event]) -> None:
    day, moment, entry = date(2026, 4, 15), datetime(2026, 4, 15, 9, 30, tzinfo=UTC), new_id()
    yen, dollars = Money(Decimal(500), "JPY"), Money(Decimal("12.50"), "USD")
    text, told = shown(
        paying,
        paying(  # type: ignore[call-arg]
            paid=dollars,
            tip=None,
            parts=(yen, dollars),
            due=day,
            on=None,
            days=(day,),
            moved=moment,
            moments=(moment,),
            rate=Decimal("1E+2"),
            rates=(Decimal("0.10"),),
            note=None,
            notes=("a", "b"),
            count=3,
            whether=True,
            urgency=None,
            urgencies=(Priority.LOW,),
            entry=entry,
        ),
    )
    assert told == {
        "paid": {"amount": "12.50", "currency": "USD"},
        "tip": None,
        "parts": [{"amount": "500", "currency": "JPY"}, {"amount": "12.50", "currency": "USD"}],
        "due": "2026-04-15",
        "on": None,
        "days": ["2026-04-15"],
        "moved": "2026-04-15T09:30:00.000Z",
        "moments": ["2026-04-15T09:30:00.000Z"],
        "rate": "100",
        "rates": ["0.10"],
        "note": None,
        "notes": ["a", "b"],
        "count": 3,
        "whether": True,
        "urgency": None,
        "urgencies": ["LOW"],
        "entryId": encode(Kind.TIME_ENTRY, entry),
    }
    for field in (
        *("paid: Money!", "tip: Money\n", "parts: [Money!]!", "due: Date!", "on: Date\n", "days: [Date!]!"),
        *("moved: DateTime\n", "moments: [DateTime!]!", "rate: Decimal!", "rates: [Decimal!]!", "notes: [String!]!"),
        *("urgency: Priority\n", "urgencies: [Priority!]!", "entry: TimeEntry\n", "entryId: ID\n"),
    ):
        assert f"  {field}" in text
