"""Amounts of money."""

from __future__ import annotations

import strawberry

from models import money
from schema.field_resolvers import TypeCheck
from schema.scalars import Decimals
from schema.types.base import column


@strawberry.type(description="An amount of money.")
class Money:
    """Its objects are `models.money.Money`: exact, never floats."""

    amount: Decimals = column(
        "How much, in units of the currency, with just its decimals: two for USD, none for JPY, three for KWD."
    )
    currency: str = column("The ISO 4217 code.")

    is_type_of = TypeCheck(lambda source: isinstance(source, money.Money))
