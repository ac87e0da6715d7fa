"""Payment providers, what they told, and what is known of each thing by what they call it."""

from enum import StrEnum
from typing import Any

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models import migration_steps
from models.ids import new_id
from models.migration_steps import belongs_to
from models.rows.payment_providers import (
    DeliveryOutcome,
    DeliveryReason,
    PaymentService,
    ProviderFact,
    ReferenceState,
)
from models.stamps import created_at, created_by, updated_at, updated_by


def _row() -> list[tuple[str, Any]]:
    return [
        ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
        ("version", fields.IntField(default=1)),
        ("created_at", created_at()),
        ("updated_at", updated_at()),
        ("updated_by_id", updated_by()),
        belongs_to("Firm", "firm"),
        ("created_by_id", created_by()),
    ]


def _number() -> tuple[str, Any]:
    return "id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)


def _enum(enum: type[StrEnum], length: int = 20, **options: Any) -> Any:
    told = "\n".join(f"{value.name}: {value.value}" for value in enum)
    return fields.CharEnumField(description=told, enum_type=enum, max_length=length, **options)


def _amount() -> Any:
    return fields.DecimalField(max_digits=14, decimal_places=4, null=True)


class Migration(migration_steps.Migration):
    dependencies = [("models", "0034_subtasks")]

    operations = [
        ops.CreateModel(
            name="PaymentProvider",
            fields=[
                *_row(),
                ("service", _enum(PaymentService)),
                ("name", fields.CharField(max_length=100)),
                ("test_mode", fields.BooleanField(default=False)),
                ("path", fields.CharField(max_length=64, unique=True)),
                ("secret_set_at", fields.DatetimeField(null=True)),
                ("former_secret_good", fields.BooleanField(default=False)),
            ],
            options={
                "table": "payment_provider",
                "app": "models",
                "indexes": [Index(fields=["firm_id", "created_at", "id"])],
                "pk_attr": "id",
                "table_description": "A payment provider of the firm's, and where it sends its messages. Its secrets "
                "are elsewhere: what is read of",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="PaymentProviderSecret",
            fields=[
                _number(),
                belongs_to("PaymentProvider", "payment_provider", OnDelete.CASCADE, db_index=True),
                ("secret", fields.CharField(max_length=255)),
            ],
            options={
                "table": "payment_provider_secret",
                "app": "models",
                "pk_attr": "id",
                "table_description": "With what a payment provider signs. As it is: signatures are verified with it.",
            },
            bases=["Link"],
        ),
        ops.CreateModel(
            name="ProviderDelivery",
            fields=[
                *_row(),
                ("service", _enum(PaymentService)),
                ("event_id", fields.CharField(max_length=255)),
                ("happened_at", fields.DatetimeField()),
                ("fact", _enum(ProviderFact)),
                ("reference", fields.CharField(null=True, max_length=255)),
                ("returned", fields.CharField(null=True, max_length=255)),
                ("currency", fields.CharField(null=True, max_length=3)),
                ("amount", _amount()),
                ("outcome", _enum(DeliveryOutcome)),
                ("reason", _enum(DeliveryReason, 30, null=True)),
                belongs_to("Account", "account", null=True, db_index=True),
                belongs_to("Payment", "payment", null=True, db_index=True),
                ("revision", fields.BigIntField(null=True)),
            ],
            options={
                "table": "provider_delivery",
                "app": "models",
                "unique_together": (("firm", "service", "event_id"),),
                "indexes": [
                    Index(fields=["firm_id", "created_at", "id"]),
                    Index(fields=["firm_id", "outcome", "created_at", "id"]),
                ],
                "pk_attr": "id",
                "table_description": "What a payment provider told, and what became of it. Seen with the account of "
                "the payment; what is of none, by",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="ProviderReference",
            fields=[
                _number(),
                belongs_to("Firm", "firm"),
                ("service", _enum(PaymentService)),
                ("reference", fields.CharField(max_length=255)),
                ("of_reference", fields.CharField(null=True, max_length=255)),
                ("state", _enum(ReferenceState, null=True)),
                ("happened_at", fields.DatetimeField(null=True)),
                belongs_to("Payment", "payment", null=True, db_index=True),
                ("currency", fields.CharField(null=True, max_length=3)),
                ("amount", _amount()),
                ("created_at", created_at()),
            ],
            options={
                "table": "provider_reference",
                "app": "models",
                "unique_together": (("firm", "service", "reference"),),
                "indexes": [Index(fields=["firm_id", "service", "of_reference"])],
                "pk_attr": "id",
                "table_description": "What is known of a payment, a refund or a dispute by what the payment provider "
                "calls it: so that what is told of",
            },
            bases=["Link"],
        ),
        # What is old is looked for in all firms at once.
        ops.RunSQL(sql=["CREATE INDEX provider_delivery_old ON provider_delivery (created_at)"], reverse_sql=""),
    ]
