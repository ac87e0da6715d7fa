"""The laws of money: what invoices, payments and their numbers are, worked out again from their rows."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from tests.domain.laws.books import Books, Record

#: The decimals of the currencies that are paid in here.
_DECIMALS = {"USD": 2, "JPY": 0, "KWD": 3}
NOTHING = Decimal()


def broken(books: Books) -> Iterator[str]:
    """What is wrong with a firm's money."""
    yield from _totals(books)
    yield from _invoices(books)
    yield from _payments(books)
    yield from _numbers(books)
    yield from _billed_time(books)
    yield from _one_time_invoices(books)


def sums(books: Books, table: str, column: str) -> dict[UUID, Decimal]:
    """The amounts of a table's rows, added up by what they have in this column."""
    found: dict[UUID, Decimal] = defaultdict(Decimal)
    for row in books.tables[table]:
        found[row[column]] += row["amount"]
    return found


def pending(books: Books) -> dict[UUID, Decimal]:
    """What of each invoice's payments is still on its way."""
    payments, found = books.of("payment"), dict[UUID, Decimal]()
    for row in books.tables["payment_allocation"]:
        if payments[row["payment_id"]]["state"] == "PENDING":
            found[row["invoice_id"]] = found.get(row["invoice_id"], NOTHING) + row["amount"]
    return found


def states(books: Books) -> dict[UUID, str]:
    """The state of each invoice, by what is owed on it. That one is void is told by the log alone."""
    applied, credited = sums(books, "payment_allocation", "invoice_id"), sums(books, "credit_note", "invoice_id")
    waiting = {} if books.counts_pending else pending(books)
    found = {}
    for id, invoice in books.of("invoice").items():
        settled = applied.get(id, NOTHING) - waiting.get(id, NOTHING)
        if invoice["state"] == "VOID":
            found[id] = "VOID"
        elif invoice["number"] is None:
            found[id] = "UNPAID"
        elif settled + credited.get(id, NOTHING) >= invoice["total"]:
            found[id] = "PAID"
        else:
            found[id] = "PARTIALLY_PAID" if settled else "UNPAID"
    return found


def total(lines: list[Record], currency: str) -> Decimal:
    """What lines come to with tax: in whole minor units, halves rounded up."""
    unit = Fraction(1, 10 ** _DECIMALS[currency])
    nets: Counter[Fraction] = Counter()
    for line in lines:
        much = Fraction(line["minutes"], 60) if line["minutes"] is not None else Fraction(line["quantity"])
        price = Fraction(line["unit_price"]) * much * (100 - Fraction(line["discount"])) / 100
        nets[Fraction(line["tax_rate"])] += _whole(price / unit)
    units = sum(net + _whole(net * rate / 100) for rate, net in nets.items())
    return Decimal(units).scaleb(-_DECIMALS[currency])


def _whole(number: Fraction) -> int:
    return (number + Fraction(1, 2)).__floor__()


def _totals(books: Books) -> Iterator[str]:
    lines = books.by("invoice_line", "invoice_id")
    for id, invoice in books.of("invoice").items():
        if (found := total(lines[id], invoice["currency"])) != invoice["total"]:
            yield f"invoice {id}: its total is {invoice['total']}, and its lines come to {found}"


def _invoices(books: Books) -> Iterator[str]:
    applied, credited = sums(books, "payment_allocation", "invoice_id"), sums(books, "credit_note", "invoice_id")
    waiting, expected = pending(books), states(books)
    for id, invoice in books.of("invoice").items():
        paid, free = applied.get(id, NOTHING), credited.get(id, NOTHING)
        if invoice["applied"] != paid:
            yield f"invoice {id}: {invoice['applied']} is applied to it, and its allocations come to {paid}"
        if invoice["credited"] != free:
            yield f"invoice {id}: {invoice['credited']} is credited, and its credit notes come to {free}"
        if invoice["pending"] != waiting.get(id, NOTHING):
            yield f"invoice {id}: {invoice['pending']} is on its way, and {waiting.get(id, NOTHING)} is"
        if books.balances[id] != invoice["total"] - free - paid:
            yield f"invoice {id}: its balance is {books.balances[id]}, and {invoice['total'] - free - paid} is owed"
        if invoice["state"] != expected[id]:
            yield f"invoice {id}: its state is {invoice['state']}, and it is {expected[id]}"
        if invoice["state"] == "VOID" and (paid or free):
            yield f"invoice {id}: it is void, and something was paid or credited"
        if min(invoice["total"], paid, free, books.balances[id]) < 0:
            yield f"invoice {id}: something of it is negative"


def _payments(books: Books) -> Iterator[str]:
    applied, refunded = sums(books, "payment_allocation", "payment_id"), sums(books, "payment_refund", "payment_id")
    for id, payment in books.of("payment").items():
        used, back, left = applied.get(id, NOTHING), refunded.get(id, NOTHING), books.unapplied[id]
        there = NOTHING if payment["state"] == "FAILED" else payment["amount"]
        if used + back + left != there:
            yield f"payment {id}: of {there}, {used} is applied, {back} given back, and {left} left"
        if (payment["applied"], payment["refunded"]) != (used, back):
            yield f"payment {id}: it says {payment['applied']} and {payment['refunded']}, and it is {used} and {back}"
        if min(used, back, left) < 0:
            yield f"payment {id}: something of it is negative"
    payments, invoices = books.of("payment"), books.of("invoice")
    for each in books.tables["payment_allocation"]:
        payment, invoice = payments[each["payment_id"]], invoices[each["invoice_id"]]
        if any(payment[name] != invoice[name] for name in ("account_id", "currency")):
            yield f"payment {payment['id']}: applied to invoice {invoice['id']}, of another client or currency"


def _numbers(books: Books) -> Iterator[str]:
    reached = {row["series"]: row["reached"] for row in books.tables["invoice_series"]}
    for series, table in (("INVOICE", "invoice"), ("CREDIT_NOTE", "credit_note")):
        numbers = sorted(row["number"] for row in books.tables[table] if row["number"] is not None)
        if numbers != list(range(1, reached.get(series, 0) + 1)):
            yield f"numbers: those of {table} are not 1 to {reached.get(series, 0)}: {numbers}"
    for id, invoice in books.of("invoice").items():
        if (invoice["number"] is None) != (invoice["sent_at"] is None):
            yield f"invoice {id}: it is numbered without being sent, or sent without a number"


def _billed_time(books: Books) -> Iterator[str]:
    invoices, billing = books.of("invoice"), defaultdict[UUID, list[UUID]](list)
    for line in books.tables["invoice_line"]:
        if line["time_entry_id"] is not None and invoices[line["invoice_id"]]["state"] != "VOID":
            billing[line["time_entry_id"]].append(line["invoice_id"])
    entries = books.of("time_entry")
    for id in entries.keys() | billing.keys():
        says = entries[id]["invoice_id"] if id in entries else None
        if billing[id] != ([] if says is None else [says]):
            yield f"time entry {id}: it is billed by {says}, and on the lines of {billing[id]}"


def _one_time_invoices(books: Books) -> Iterator[str]:
    proposals, made = books.of("proposal"), Counter[UUID]()
    for id, invoice in books.of("invoice").items():
        if (proposal := proposals.get(invoice["proposal_id"])) is None:
            continue
        made[proposal["id"]] += 1
        if not (proposal["invoiced_once"] and proposal["state"] == "SIGNED"):
            yield f"invoice {id}: it invoices proposal {proposal['id']}, which is {proposal['state']}"
        if any(proposal[name] != invoice[name] for name in ("account_id", "currency")):
            yield f"invoice {id}: it is of another client or currency than proposal {proposal['id']}"
    for id, number in made.items():
        if number > 1:
            yield f"proposal {id}: {number} invoices were made of it"
