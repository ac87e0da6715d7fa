"""The services of a proposal: what they cost, and which of them a client chooses."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from models import checks
from models.bounds import SERVICE_QUANTITY, SERVICES
from models.database import fetch, sql
from models.errors import Invalid, RuleBroken
from models.gathered import Gathered, Rules, checked
from models.items.invoice_lines import Line, percent
from models.money import Money, rounded, shortest
from models.reasons import Reason
from models.rows import ProposalService
from models.texts import LABEL, NAME, SERVICE, sameness


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service as it is offered. It is part of the proposal unless it is optional, or one of a group: of each group
    the client chooses one, or none where one of it is optional."""

    name: str
    price: Decimal
    description: str = ""
    quantity: int = 1
    optional: bool = False
    group: str | None = None
    #: In percent, where it is invoiced.
    tax_rate: Decimal = Decimal()

    @property
    def is_option(self) -> bool:
        """Whether the client may do without it."""
        return self.optional or self.group is not None

    def worth(self, currency: str) -> Decimal:
        """What it costs: its price, as often as it is offered."""
        return rounded(self.price * self.quantity, currency)

    def line(self, currency: str) -> Line:
        """What an invoice charges for it."""
        return Line(currency, self.name, self.price, Decimal(self.quantity), None, Decimal(), self.tax_rate)


@dataclass(frozen=True, slots=True)
class Offered:
    """A service of a proposal, by its number there."""

    number: int
    service: Service
    currency: str
    chosen: bool | None = None

    @property
    def price(self) -> Money:
        """What one of it costs."""
        return Money(rounded(self.service.price, self.currency), self.currency)

    @property
    def amount(self) -> Money:
        """What all of it costs."""
        return Money(self.service.worth(self.currency), self.currency)

    @property
    def counts(self) -> bool:
        """Whether it is part of the total: what is chosen, and until then what is no option."""
        return not self.service.is_option if self.chosen is None else self.chosen

    @property
    def spoken(self) -> str:
        """In one line, as an event says that it changed."""
        taxed = f" + {shortest(self.service.tax_rate):f} %" if self.service.tax_rate else ""
        return f"{self.service.quantity} x {self.service.name}: {self.price.amount:f} {self.currency}{taxed}"

    @property
    def content(self) -> Mapping[str, Any]:
        """What of it is signed."""
        service = self.service
        return {
            "description": service.description,
            "group": service.group,
            "name": service.name,
            "number": self.number,
            "optional": service.optional,
            "price": f"{self.price.amount:f}",
            "quantity": service.quantity,
            "taxRate": f"{shortest(service.tax_rate):f}",
        }


def spoken(offered: Sequence[Offered]) -> tuple[str, ...]:
    """Services as an event says that they changed, a line for each."""
    return tuple(one.spoken for one in offered)


def total_of(proposal: Any, offered: Sequence[Offered]) -> Money:
    """What a proposal comes to that offers these."""
    return total(offered, proposal.currency)


def total(offered: Sequence[Offered], currency: str) -> Money:
    """What a proposal comes to."""
    return Money(rounded(sum((one.amount.amount for one in offered if one.counts), Decimal()), currency), currency)


def checked_services(services: Sequence[Service], currency: str) -> list[Service]:
    """Services as they are kept, or `Invalid` with all that is wrong with them."""
    checks.count_of(services, SERVICES, "services", "services")
    with Gathered() as check:
        kept = [check(_checked, service, currency, place) for place, service in enumerate(services)]
    return _with_one_spelling(kept)


def _checked(service: Service, currency: str, place: int) -> Service:
    rules: Rules = {
        "name": NAME.check,
        "description": SERVICE.check,
        "price": lambda price, field: checks.money(price, currency, field),
        "quantity": partial(checks.things, bounds=SERVICE_QUANTITY),
        "group": LABEL.check,
        "tax_rate": percent,
    }
    try:
        return replace(service, **checked({name: getattr(service, name) for name in rules}, rules))
    except Invalid as refusal:
        raise refusal.within("services", place) from None


def _with_one_spelling(services: Sequence[Service]) -> list[Service]:
    """The services, each group spelled as it is first."""
    spelled: dict[str, str] = {}
    return [
        service
        if service.group is None
        else replace(service, group=spelled.setdefault(sameness(service.group), service.group))
        for service in services
    ]


def choose(offered: Sequence[Offered], chosen: Collection[int] | None) -> list[Offered]:
    """What a client takes of what is offered, by the numbers of the options: each of these is chosen or not from then
    on. `RuleBroken` for what is not offered, for more than one of a group, and for none of one that is not optional."""
    options = {one.number for one in offered if one.service.is_option}
    wanted = set(chosen or ())
    if not wanted <= options:
        told = f"These are not all options of this proposal. Those are: {_spoken(options)}."
        raise RuleBroken(told, "chosen", reason=Reason.NOT_ONE_OF, values=_numbers(options))
    taken = [replace(one, chosen=not one.service.is_option or one.number in wanted) for one in offered]
    for group in dict.fromkeys(one.service.group for one in taken if one.service.group is not None):
        _expect_one(group, [one for one in taken if one.service.group == group])
    return taken


def _expect_one(group: str, of_it: Sequence[Offered]) -> None:
    number, least = sum(bool(one.chosen) for one in of_it), int(not any(one.service.optional for one in of_it))
    told = f"Of the services of {group!r} one is chosen, and not {number}. Choose one of them."
    if number > 1:
        raise RuleBroken(told, "chosen", reason=Reason.TOO_MANY, maximum=1, actual=number)
    if number < least:
        raise RuleBroken(told, "chosen", reason=Reason.TOO_FEW, minimum=least, actual=number)


def expect_same_choice(offered: Sequence[Offered], chosen: Collection[int] | None) -> None:
    """`RuleBroken` where a later signer would sign something else than the first has chosen."""
    present = {one.number for one in offered if one.service.is_option and one.chosen}
    if chosen is not None and set(chosen) != present:
        told = f"The first signer has chosen, and all sign the same: {_spoken(present)}. Leave this out."
        raise RuleBroken(told, "chosen", reason=Reason.NOT_ONE_OF, values=_numbers(present))


def _numbers(of: Collection[int]) -> tuple[str, ...]:
    return tuple(map(str, sorted(of)))


def _spoken(of: Collection[int]) -> str:
    return ", ".join(_numbers(of)) or "none"


_OFFERED = """
SELECT proposal_id, proposal.currency, number, service.name, description, price, quantity, optional, one_of, tax_rate,
    chosen
FROM proposal_service AS service JOIN proposal ON proposal.id = proposal_id
WHERE proposal_id = ANY($1) ORDER BY proposal_id, number
"""


async def services_of(proposals: Sequence[UUID]) -> dict[UUID, list[Offered]]:
    """The services of each proposal, in their order."""
    found: dict[UUID, list[Offered]] = {}
    for row in await fetch(_OFFERED, proposals):
        service = Service(
            name=row["name"],
            price=row["price"],
            description=row["description"],
            quantity=row["quantity"],
            optional=row["optional"],
            group=row["one_of"],
            tax_rate=row["tax_rate"],
        )
        offered = Offered(row["number"], service, row["currency"], row["chosen"])
        found.setdefault(row["proposal_id"], []).append(offered)
    return found


async def offered_in(proposal: Any) -> list[Offered]:
    """The services of a proposal, in their order."""
    return (await services_of([proposal.id]))[proposal.id]


async def offer(proposal: Any, services: Sequence[Service]) -> None:
    """Make just these the services of a proposal."""
    await ProposalService.filter(proposal_id=proposal.id).delete()
    columns = ("name", "description", "price", "quantity", "optional", "group", "tax_rate")
    await ProposalService.bulk_create(
        [
            ProposalService(
                firm_id=proposal.firm_id,
                proposal_id=proposal.id,
                number=number,
                **{name: getattr(service, name) for name in columns},
            )
            for number, service in enumerate(services, 1)
        ]
    )


async def keep_choice(proposal: Any, offered: Sequence[Offered]) -> None:
    """Keep which services of a proposal are chosen, or that nobody has said so."""
    await sql(
        "UPDATE proposal_service AS service SET chosen = given.chosen FROM unnest($2::int[], $3::boolean[]) "
        "AS given(number, chosen) WHERE service.proposal_id = $1 AND service.number = given.number",
        proposal.id,
        [one.number for one in offered],
        [one.chosen for one in offered],
    )
