"""What the tables of a firm hold, read plainly: a row is a dictionary, and nothing of the product looks at it."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from models.database import sql
from models.items.reads import open_item_counts, outstanding
from models.rows.invoices import Invoice
from models.rows.payments import Payment

Record = dict[str, Any]

#: The kinds of items, as links name them and as their tables are called.
KINDS = (
    *("task", "time_entry", "note", "client_request", "wiki_page", "chat"),
    *("organizer", "invoice", "payment", "document", "proposal"),
)
_BESIDE = (
    *("job", "job_item", "invoice_line", "credit_note", "invoice_series"),
    *("payment_allocation", "payment_refund", "signer", "subtask"),
)


@dataclass(frozen=True)
class Books:
    """The rows of a firm, those of each table in the order of their ids; and what the product says of them."""

    tables: dict[str, list[Record]]
    counts_pending: bool
    #: What the product says: how many items hold each job; which these are, and what each waits for; what is owed on
    #: each invoice, and what is left of each payment.
    open_counts: dict[UUID, int]
    outstanding: dict[UUID, list[tuple[UUID, str]]]
    balances: dict[UUID, Decimal]
    unapplied: dict[UUID, Decimal]

    def of(self, table: str, column: str = "id") -> dict[UUID, Record]:
        """The rows of a table, by what this column has, which no two of them share."""
        return {row[column]: row for row in self.tables[table]}

    def by(self, table: str, column: str) -> defaultdict[UUID, list[Record]]:
        """The rows of a table that have each value in this column."""
        found: defaultdict[UUID, list[Record]] = defaultdict(list)
        for row in self.tables[table]:
            found[row[column]].append(row)
        return found

    @property
    def items(self) -> dict[UUID, tuple[str, Record]]:
        """Every item, with its kind."""
        return {row["id"]: (kind, row) for kind in KINDS for row in self.tables[kind]}


async def read_books(firm_id: UUID) -> Books:
    """A firm's books, while nobody writes."""
    tables = {
        table: await sql(f"SELECT * FROM {table} WHERE firm_id = $1 ORDER BY id", firm_id)
        for table in (*KINDS, *_BESIDE)
    }
    for row in tables["chat"]:
        row["client_tasks"] = json.loads(row["client_tasks"])
    (firm,) = await sql("SELECT count_pending_ach FROM firm WHERE id = $1", firm_id)
    jobs = [job["id"] for job in tables["job"]]
    held = await outstanding(jobs)
    return Books(
        tables=tables,
        counts_pending=firm["count_pending_ach"],
        open_counts=await open_item_counts(jobs),
        outstanding={job: [(each.item_id, each.awaited.value) for each in held.get(job, [])] for job in jobs},
        balances={invoice.id: invoice.balance for invoice in await Invoice.filter(firm_id=firm_id)},
        unapplied={payment.id: payment.unapplied for payment in await Payment.filter(firm_id=firm_id)},
    )
