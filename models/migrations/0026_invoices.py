"""Invoices, what they charge, and the credit notes on them; which of them bills which time."""

from decimal import Decimal
from typing import Any

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models import migration_steps
from models.migration_steps import belongs_to
from models.rows.invoices import InvoiceState, Series
from models.stamps import created_at, created_by


def _amount(**options: Any) -> Any:
    return fields.DecimalField(max_digits=14, decimal_places=4, **options)


def _percent() -> Any:
    return fields.DecimalField(default=Decimal(), max_digits=6, decimal_places=3)


#: What is written once: money that has moved, and who was told so.
_UNCHANGING = """
CREATE FUNCTION refuse_to_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'Rows of % are written once.', TG_TABLE_NAME;
END $$
"""


class Migration(migration_steps.Migration):
    dependencies = [("models", "0025_organizers")]

    operations = [
        ops.CreateModel(
            name="Invoice",
            fields=[
                *migration_steps.item_columns(),
                ("currency", fields.CharField(max_length=3)),
                ("number", fields.IntField(null=True)),
                (
                    "state",
                    fields.CharEnumField(
                        default=InvoiceState.UNPAID,
                        description="UNPAID: UNPAID\nPARTIALLY_PAID: PARTIALLY_PAID\nPAID: PAID\nVOID: VOID",
                        enum_type=InvoiceState,
                        max_length=20,
                    ),
                ),
                ("sent_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("issue_date", fields.DateField(null=True)),
                ("due_date", fields.DateField(null=True)),
                belongs_to("Contact", "payer", null=True, db_index=True),
                ("memo", fields.TextField(default="", unique=False)),
                *((name, _amount(default=Decimal())) for name in ("net", "total", "credited", "applied", "pending")),
            ],
            options={
                "table": "invoice",
                "app": "models",
                "unique_together": (("firm", "number"),),
                "indexes": [
                    Index(fields=["firm_id", "created_at", "id"]),
                    Index(fields=["firm_id", "due_date", "id"]),
                    Index(fields=["firm_id", "state", "id"]),
                ],
                "pk_attr": "id",
                "table_description": "What a client is to pay for, and how much of it was paid.",
            },
            bases=["Item"],
        ),
        ops.CreateModel(
            name="InvoiceLine",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                belongs_to("Firm", "firm"),
                (
                    "invoice",
                    fields.ForeignKeyField(
                        "models.Invoice",
                        source_field="invoice_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("place", fields.IntField()),
                ("description", fields.CharField(max_length=500)),
                ("unit_price", _amount()),
                ("quantity", _amount(null=True)),
                ("minutes", fields.IntField(null=True)),
                ("discount", _percent()),
                ("tax_rate", _percent()),
                ("time_entry_id", fields.UUIDField(null=True)),
            ],
            options={
                "table": "invoice_line",
                "app": "models",
                "unique_together": (("invoice", "place"),),
                "pk_attr": "id",
                "table_description": "One of the things that an invoice charges.",
            },
            bases=["Link"],
        ),
        ops.CreateModel(
            name="InvoiceSeries",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                belongs_to("Firm", "firm"),
                (
                    "series",
                    fields.CharEnumField(
                        description="INVOICE: INVOICE\nCREDIT_NOTE: CREDIT_NOTE", enum_type=Series, max_length=20
                    ),
                ),
                ("reached", fields.IntField()),
            ],
            options={
                "table": "invoice_series",
                "app": "models",
                "unique_together": (("firm", "series"),),
                "pk_attr": "id",
                "table_description": "What a firm numbers from 1 on without gaps: whoever takes a number holds the "
                "row.",
            },
            bases=["Link"],
        ),
        ops.CreateModel(
            name="CreditNote",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                belongs_to("Firm", "firm"),
                belongs_to("Invoice", "invoice", db_index=True),
                ("number", fields.IntField()),
                ("amount", _amount()),
                ("reason", fields.CharField(max_length=200)),
                ("created_at", created_at()),
                ("created_by_id", created_by()),
            ],
            options={
                "table": "credit_note",
                "app": "models",
                "unique_together": (("firm", "number"),),
                "pk_attr": "id",
                "table_description": "A part of an invoice that the client need not pay after all. Never changed, nor "
                "deleted.",
            },
            bases=["Link"],
        ),
        ops.AddField(model_name="TimeEntry", name="invoice", field=belongs_to("Invoice", "invoice", null=True)[1]),
        ops.RunSQL(
            sql=[
                "ALTER TABLE invoice_series ADD CONSTRAINT invoice_series_reached CHECK (reached > 0)",
                # Few of many: what a firm's switch is about.
                "CREATE INDEX invoice_pending ON invoice (firm_id) WHERE pending > 0",
                "CREATE INDEX time_entry_invoice ON time_entry (invoice_id) WHERE invoice_id IS NOT NULL",
                "ALTER TABLE invoice ADD CONSTRAINT invoice_state_known "
                "CHECK (state IN ('UNPAID', 'PARTIALLY_PAID', 'PAID', 'VOID')), "
                "ADD CONSTRAINT invoice_numbered_when_sent "
                "CHECK ((sent_at IS NULL) = (number IS NULL) AND (sent_at IS NULL) = (issue_date IS NULL)), "
                "ADD CONSTRAINT invoice_draft CHECK (sent_at IS NOT NULL "
                "OR (state = 'UNPAID' AND credited = 0 AND applied = 0)), "
                "ADD CONSTRAINT invoice_sums CHECK (0 <= net AND net <= total AND 0 <= credited "
                "AND 0 <= pending AND pending <= applied AND applied + credited <= total), "
                "ADD CONSTRAINT invoice_void CHECK (state <> 'VOID' OR (applied = 0 AND credited = 0))",
                "ALTER TABLE invoice_line ADD CONSTRAINT invoice_line_charged "
                "CHECK ((quantity IS NULL) <> (minutes IS NULL) AND unit_price >= 0 AND quantity >= 0 "
                "AND minutes >= 0 AND discount BETWEEN 0 AND 100 AND tax_rate BETWEEN 0 AND 100)",
                "ALTER TABLE credit_note ADD CONSTRAINT credit_note_amount CHECK (amount > 0)",
                _UNCHANGING,
                "CREATE TRIGGER credit_note_unchanging BEFORE UPDATE OR DELETE ON credit_note "
                "FOR EACH ROW EXECUTE FUNCTION refuse_to_change()",
                "CREATE TRIGGER invoice_not_searched AFTER DELETE ON invoice REFERENCING OLD TABLE AS gone "
                "FOR EACH STATEMENT EXECUTE FUNCTION forget_search_entry()",
            ],
            reverse_sql="",
        ),
    ]
