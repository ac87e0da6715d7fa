"""The log, and nothing else: what became of the items and of money, as the events of a firm tell it one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import UUID

import orjson

from models.database import sql
from models.events import Event, ItemEvent, ItemLinked, ItemUnlinked, from_json
from tests.domain.laws.books import Books
from tests.domain.laws.money import NOTHING

#: The states in which something is done, as docs/domain.md has it: in any other one it holds its jobs.
_DONE = {
    "TaskEvent": {"COMPLETED", "CANCELED"},
    "OrganizerEvent": {"SUBMITTED"},
    "ClientRequestEvent": {"SUBMITTED"},
    "DocumentEvent": {"PLAIN", "APPROVED", "SIGNED", "VOID"},
    "ProposalEvent": {"SIGNED"},
    "InvoiceEvent": {"PAID", "VOID"},
}
#: The state of something new.
_NEW = {
    "TaskCreated": "PLANNED",
    "OrganizerCreated": "DRAFT",
    "ClientRequestCreated": "PENDING",
    "DocumentCreated": "PLAIN",
    "ProposalCreated": "DRAFT",
    "InvoiceCreated": "UNPAID",
}
#: The states that events say by what they are.
_SAID = {
    "OrganizerSent": "PENDING",
    "OrganizerWithdrawn": "DRAFT",
    "OrganizerSubmitted": "SUBMITTED",
    "OrganizerUnsubmitted": "PENDING",
    "ClientRequestSubmitted": "SUBMITTED",
    "ClientRequestReopened": "PENDING",
    "ClientRequestWithdrawn": "WITHDRAWN",
    "ClientRequestSent": "PENDING",
    "InvoiceVoided": "VOID",
}
#: The fields in which others say them.
_FIELDS = ("state", "invoice_state", "payment_state")


@dataclass
class Told:
    """What the log says of an item."""

    done: set[str] | None
    state: str | None
    #: The jobs that it is linked to; of these, those that it was dismissed from.
    jobs: set[UUID] = field(default_factory=set)
    dismissed: set[UUID] = field(default_factory=set)
    #: Of an invoice: its total, what is owed, its number. Of a payment: its amount, and what is left.
    total: Decimal = NOTHING
    left: Decimal = NOTHING
    number: int | None = None
    #: Of a proposal that all have signed: its invoice, as long as there is one.
    invoice: Told | None = None

    @property
    def open(self) -> bool:
        """Whether it holds its jobs. Of a chat the log does not say that: its tasks are no part of the events."""
        if self.done is None:
            return False
        return self.state not in self.done or (self.invoice is not None and self.invoice.open)

    @property
    def invoice_awaits(self) -> str | None:
        """Of a proposal: what its invoice waits for."""
        if self.invoice is None or not self.invoice.open:
            return None
        return "SENDING" if self.invoice.number is None else "PAYMENT"


@dataclass
class Replay:
    """What the log says, up to a revision; and where it contradicts itself."""

    firm_id: UUID
    revision: int = 0
    items: dict[UUID, Told] = field(default_factory=dict)
    notes: list[int] = field(default_factory=list)
    #: Subtasks, each with its parent.
    parents: dict[UUID, UUID] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    async def follow(self) -> None:
        """Read on, to the end of the log."""
        rows = await sql(_LOG, self.firm_id, self.revision)
        for revision, of_revision in groupby(rows, key=lambda row: row["revision"]):
            self._revision([from_json(row["type"], orjson.loads(row["data"])) for row in of_revision])
            if revision != self.revision + 1:
                self.wrong.append(f"log: after revision {self.revision} comes {revision}")
            self.revision = revision

    def _revision(self, events: list[Event]) -> None:
        # What is told of each job besides says the same once more: money is counted where none is named.
        of_items = [event for event in events if isinstance(event, ItemEvent)]
        money = [event for event in of_items if event.job is None]
        moved = sum((_moved(event) for event in money), NOTHING)
        for event in events:
            if type(event).__name__ == "JobMoved":
                self._dismiss(event)
        for event in of_items:
            self._item(event)
            self._part(event)
        self._invoiced(of_items)
        given, still = NOTHING, sum(map(_applied, money), NOTHING)
        for event in money:
            # One payment may fail for another that is recorded, and a part of this be given back at once.
            still -= _applied(event)
            given += self._money(event, moved - given - still)
        if given != moved:
            self.wrong.append(f"log: of payments {given} was applied, and invoices got {moved}: {events}")
        for event in of_items:
            if event.ends and (gone := self.items.pop(told_id(event), None)) is not None:
                self._forget_invoice(gone)
        self._follow_invoices(of_items)

    def _follow_invoices(self, events: list[Any]) -> None:
        """What is told of proposals is what became of their invoices."""
        for event in events:
            if type(event).__name__ != "ProposalInvoiceChanged":
                continue
            told = self.items[event.proposal]
            if told.invoice_awaits != (event.to_awaited and event.to_awaited.value):
                self.wrong.append(f"log: {event} comes where the invoice waits for {told.invoice_awaits}")
            if event.from_awaited is None and told.open:
                told.dismissed.clear()

    def _forget_invoice(self, gone: Told) -> None:
        for told in self.items.values():
            if told.invoice is gone:
                told.invoice = None

    def _money(self, event: Event, moved: Decimal) -> Decimal:
        handle = _MONEY.get(type(event).__name__)
        return NOTHING if handle is None else handle(self, self.items[told_id(event)], event, moved)

    def _part(self, event: Any) -> None:
        if type(event).__name__ != "SubtaskChanged":
            return
        relation = event.to_relation or event.from_relation
        part, whole = event.task, event.other_task
        if relation.value == "PARENT":
            part, whole = whole, part
        if event.to_relation is not None:
            self.parents[part] = whole
        # Of a parent that is taken in place of another one, both are told: the other one's end comes first.
        elif self.parents.get(part) == whole:
            del self.parents[part]

    def _invoiced(self, events: list[Any]) -> None:
        """Which invoices were made of proposals."""
        for event in events:
            if type(event).__name__ == "ProposalSigned" and event.invoice is not None:
                self.items[event.proposal].invoice = self.items[event.invoice]

    def _item(self, event: Any) -> None:
        id = told_id(event)
        if id not in self.items:
            done = next((_DONE[cls.__name__] for cls in type(event).__mro__ if cls.__name__ in _DONE), None)
            self.items[id] = Told(done, _NEW.get(type(event).__name__), {event.job} - {None})
            return
        told, job = self.items[id], event.job
        if isinstance(event, ItemLinked):
            told.jobs |= {job}
        elif not event.before():
            # Made on several jobs, it is told once for each.
            told.jobs |= {job} - {None}
        elif isinstance(event, ItemUnlinked):
            told.jobs -= {job}
            told.dismissed -= {job}
        elif "job_id" in (changes := getattr(event, "changes", {})):
            told.jobs = {UUID(str(changes["job_id"][1]))} if changes["job_id"][1] is not None else set()
        self._state(told, event)

    def _state(self, told: Told, event: Any) -> None:
        state = _SAID.get(type(event).__name__)
        for name in _FIELDS:
            if (after := getattr(event, f"to_{name}", None)) is not None:
                state, before = str(after.value), getattr(event, f"from_{name}").value
                # It is told once for each job: the second time, it is so already.
                if told.state is not None and told.state not in (before, state):
                    self.wrong.append(f"log: {event} comes where it is {told.state}")
        if state is None:
            return
        was_open, told.state = told.open, state
        if told.open and not was_open:
            # What was dismissed was so for as long as it stayed open.
            told.dismissed.clear()

    def _dismiss(self, event: Any) -> None:
        held = [told for told in self.items.values() if told.open and event.job in told.jobs - told.dismissed]
        if event.dismissed_items:
            for told in held:
                told.dismissed.add(event.job)
            if len(held) > event.dismissed_items:
                self.wrong.append(f"log: {event.dismissed_items} items were dismissed, and {len(held)} held the job")

    def broken(self, books: Books) -> Iterator[str]:
        """Where the rows are not what the log says."""
        yield from self.wrong
        kept = {row["task_id"]: row["parent_id"] for row in books.tables["subtask"]}
        if kept != self.parents:
            yield f"log: subtasks are {self.parents}, and the rows say {kept}"
        items, links = books.items, books.by("job_item", "item")
        if items.keys() != self.items.keys():
            yield f"log: {items.keys() ^ self.items.keys()} are there, and not in the log, or the other way round"
        for id in items.keys() & self.items.keys():
            (kind, row), told = items[id], self.items[id]
            linked = [link for link in links[id] if link["unlinked_at"] is None]
            if (jobs := {link["job_id"] for link in linked}) != told.jobs:
                yield f"log: {kind} {id} is linked to {told.jobs}, and the rows say {jobs}"
            dismissed = {link["job_id"] for link in linked if link["open"] and link["dismissed_at"] is not None}
            if told.open and dismissed != told.dismissed:
                yield f"log: {kind} {id} is dismissed from {told.dismissed}, and the rows say {dismissed}"
            if told.state is not None and row["state"] != told.state:
                yield f"log: {kind} {id} is {told.state}, and the row says {row['state']}"
            if kind == "invoice":
                found = (row["total"], books.balances[id], row["number"])
                if found != (told.total, told.left, told.number):
                    yield f"log: {kind} {id} is {told.total, told.left, told.number}, and the rows say {found}"
            if kind == "proposal" and row["invoice_awaited"] != told.invoice_awaits:
                yield f"log: {kind} {id} waits for {told.invoice_awaits}, and the row says {row['invoice_awaited']}"
            if kind == "payment" and books.unapplied[id] != told.left:
                yield f"log: of {kind} {id} {told.left} is left, and the rows say {books.unapplied[id]}"
        if sorted(self.notes) != (numbers := [row["number"] for row in books.tables["credit_note"]]):
            yield f"log: the credit notes are {self.notes}, and the rows say {numbers}"


_LOG = "SELECT revision, type, data FROM event WHERE firm_id = $1 AND revision > $2 ORDER BY revision, index"


def told_id(event: Event) -> UUID:
    """The item that an event is about."""
    assert event.thing is not None
    return event.thing


def _moved(event: Any) -> Decimal:
    """What an invoice got more of payments, or less, by an event."""
    if type(event).__name__ != "InvoiceBalanceChanged":
        return NOTHING
    before, after = event.from_balance.amount, event.to_balance.amount
    return Decimal(before - after)


def _applied(event: Any) -> Decimal:
    """What a payment gave to invoices, where the event itself says so."""
    if type(event).__name__ != "PaymentApplied":
        return NOTHING
    return Decimal(event.from_unapplied.amount - event.to_unapplied.amount)


# Each returns what a payment gave to invoices; `moved` is what these got, in all, in the same revision, less what
# other payments gave, and this one later.


def _invoice_created(replay: Replay, told: Told, event: Any, moved: Decimal) -> Decimal:
    told.total = told.left = event.total.amount
    return NOTHING


def _invoice_updated(replay: Replay, told: Told, event: Any, moved: Decimal) -> Decimal:
    if event.from_total.amount != told.total:
        replay.wrong.append(f"log: {event} comes where the total is {told.total}")
    told.left += event.to_total.amount - told.total
    told.total = event.to_total.amount
    return NOTHING


def _invoice_sent(replay: Replay, told: Told, event: Any, moved: Decimal) -> Decimal:
    told.number = event.number
    # Where there is nothing to pay, it is paid at once.
    told.state = "UNPAID" if told.total else "PAID"
    return NOTHING


def _balance_changed(replay: Replay, told: Told, event: Any, moved: Decimal) -> Decimal:
    if event.from_balance.amount != told.left:
        replay.wrong.append(f"log: {event} comes where {told.left} is owed")
    told.left = event.to_balance.amount
    return NOTHING


def _invoice_credited(replay: Replay, told: Told, event: Any, moved: Decimal) -> Decimal:
    told.left -= event.credited_amount.amount
    replay.notes.append(event.credit_note_number)
    return NOTHING


def _payment_recorded(replay: Replay, told: Told, event: Any, moved: Decimal) -> Decimal:
    told.total = event.amount.amount
    # That it was applied at once, the invoices alone tell.
    told.left = told.total - moved
    return moved


def _payment_applied(replay: Replay, told: Told, event: Any, moved: Decimal) -> Decimal:
    if event.from_unapplied.amount != told.left:
        replay.wrong.append(f"log: {event} comes where {told.left} is left")
    after: Decimal = event.to_unapplied.amount
    given, told.left = told.left - after, after
    return given


def _payment_state(replay: Replay, told: Told, event: Any, moved: Decimal) -> Decimal:
    if told.state != "FAILED":
        return NOTHING
    # Of one that failed, nothing was given back: all that invoices had of it, they have no more.
    given, told.left = told.left - told.total, NOTHING
    return given


def _payment_refunded(replay: Replay, told: Told, event: Any, moved: Decimal) -> Decimal:
    told.left -= event.refunded_amount.amount
    return NOTHING


_MONEY: dict[str, Callable[[Replay, Told, Any, Decimal], Decimal]] = {
    "InvoiceCreated": _invoice_created,
    "InvoiceUpdated": _invoice_updated,
    "InvoiceSent": _invoice_sent,
    "InvoiceBalanceChanged": _balance_changed,
    "InvoiceCredited": _invoice_credited,
    "PaymentRecorded": _payment_recorded,
    "PaymentApplied": _payment_applied,
    "PaymentStateChanged": _payment_state,
    "PaymentRefunded": _payment_refunded,
}
