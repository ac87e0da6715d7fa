"""Payments, what each invoice has of them, and what was given back."""

from decimal import Decimal
from typing import Any

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models import migration_steps
from models.migration_steps import belongs_to
from models.rows.payments import PaymentMethod, PaymentState
from models.stamps import created_at, created_by


def _amount(**options: Any) -> Any:
    return fields.DecimalField(max_digits=14, decimal_places=4, **options)


def _moved() -> list[tuple[str, Any]]:
    """The columns of money that has moved."""
    return [
        ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
        belongs_to("Firm", "firm"),
        belongs_to("Payment", "payment", db_index=True),
        ("amount", _amount()),
        ("created_at", created_at()),
        ("created_by_id", created_by()),
    ]


class Migration(migration_steps.Migration):
    dependencies = [("models", "0026_invoices")]

    operations = [
        ops.CreateModel(
            name="Payment",
            fields=[
                *migration_steps.item_columns(),
                (
                    "method",
                    fields.CharEnumField(
                        description="CARD: CARD\nBANK_DEBIT: BANK_DEBIT\nCHEQUE: CHEQUE\nCASH: CASH",
                        enum_type=PaymentMethod,
                        max_length=20,
                    ),
                ),
                (
                    "state",
                    fields.CharEnumField(
                        description="PENDING: PENDING\nCLEARED: CLEARED\nFAILED: FAILED",
                        enum_type=PaymentState,
                        max_length=20,
                    ),
                ),
                ("currency", fields.CharField(max_length=3)),
                ("amount", _amount()),
                ("applied", _amount(default=Decimal())),
                ("refunded", _amount(default=Decimal())),
                ("received_date", fields.DateField()),
                belongs_to("Contact", "payer", null=True, db_index=True),
                ("reference", fields.CharField(null=True, max_length=100)),
                ("failure", fields.CharField(null=True, max_length=200)),
            ],
            options={
                "table": "payment",
                "app": "models",
                "indexes": [
                    Index(fields=["firm_id", "created_at", "id"]),
                    Index(fields=["firm_id", "received_date", "id"]),
                ],
                "pk_attr": "id",
                "table_description": "Money that a client paid, applied to any number of their invoices.",
            },
            bases=["Item"],
        ),
        ops.CreateModel(
            name="PaymentAllocation",
            fields=[*_moved(), belongs_to("Invoice", "invoice", db_index=True)],
            options={
                "table": "payment_allocation",
                "app": "models",
                "pk_attr": "id",
                "table_description": "How much more an invoice has of a payment, or, with a minus, how much less.",
            },
            bases=["Link"],
        ),
        ops.CreateModel(
            name="PaymentRefund",
            fields=[*_moved(), ("reason", fields.CharField(null=True, max_length=200))],
            options={
                "table": "payment_refund",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A part of a payment that was given back.",
            },
            bases=["Link"],
        ),
        ops.RunSQL(
            sql=[
                "ALTER TABLE payment ADD CONSTRAINT payment_known "
                "CHECK (method IN ('CARD', 'BANK_DEBIT', 'CHEQUE', 'CASH') "
                "AND state IN ('PENDING', 'CLEARED', 'FAILED')), "
                "ADD CONSTRAINT payment_sums "
                "CHECK (amount > 0 AND 0 <= applied AND 0 <= refunded AND applied + refunded <= amount), "
                "ADD CONSTRAINT payment_not_there CHECK (state = 'CLEARED' OR refunded = 0), "
                "ADD CONSTRAINT payment_failed CHECK (state <> 'FAILED' OR applied = 0), "
                "ADD CONSTRAINT payment_pending CHECK (state <> 'PENDING' OR method = 'BANK_DEBIT')",
                "ALTER TABLE payment_allocation ADD CONSTRAINT payment_allocation_moves CHECK (amount <> 0)",
                "ALTER TABLE payment_refund ADD CONSTRAINT payment_refund_amount CHECK (amount > 0)",
                *(
                    f"CREATE TRIGGER {table}_unchanging BEFORE UPDATE OR DELETE ON {table} "
                    "FOR EACH ROW EXECUTE FUNCTION refuse_to_change()"
                    for table in ("payment_allocation", "payment_refund")
                ),
                "CREATE FUNCTION keep_what_was_paid() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                "IF TG_OP = 'DELETE' OR (OLD.amount, OLD.currency, OLD.method, OLD.received_date, OLD.account_id) "
                "IS DISTINCT FROM (NEW.amount, NEW.currency, NEW.method, NEW.received_date, NEW.account_id) THEN "
                "RAISE EXCEPTION 'Rows of % are written once.', TG_TABLE_NAME; END IF; RETURN NEW; END $$",
                "CREATE TRIGGER payment_unchanging BEFORE UPDATE OR DELETE ON payment "
                "FOR EACH ROW EXECUTE FUNCTION keep_what_was_paid()",
            ],
            reverse_sql="",
        ),
    ]
