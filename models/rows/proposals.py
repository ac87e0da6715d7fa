"""What proposals offer. Proposals themselves are in models/items/proposals.py."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from tortoise import fields

from models.money import MOST_DECIMALS
from models.rows.base import Link, belongs_to
from models.texts import LABEL, NAME


class ProposalService(Link):
    """A service that a proposal offers."""

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    proposal: Any = belongs_to("Proposal", on_delete=fields.CASCADE)
    proposal_id: UUID
    # Its place among those of the proposal, from 1.
    number: int = fields.SmallIntField()
    name = fields.CharField(max_length=NAME.most)
    description: str = fields.TextField(default="")
    price: Decimal = fields.DecimalField(max_digits=14, decimal_places=MOST_DECIMALS)
    quantity: int = fields.IntField(default=1)
    optional = fields.BooleanField(default=False)
    # The rate of its tax in percent, where it is invoiced.
    tax_rate: Decimal = fields.DecimalField(max_digits=6, decimal_places=3, default=Decimal(), db_default=Decimal())
    # Of the services with one group the client chooses one.
    group: Any = fields.CharField(max_length=LABEL.most, null=True, source_field="one_of")
    # Whether it is part of what is signed; None until the first signer says so.
    chosen: Any = fields.BooleanField(null=True)

    class Meta:
        table = "proposal_service"
        unique_together = (("proposal", "number"),)
