"""What is in a template of proposals."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any, Self
from uuid import UUID

from models import checks
from models.bounds import INVOICE_DUE_DAYS
from models.clock import day_in
from models.command import Change
from models.gathered import Gathered, Rules
from models.ids import Kind
from models.items.proposal_services import Service, checked_services, offered_in
from models.items.proposals import Proposal
from models.rights import Right
from models.templates.content import Content, Path, Rewrite, TemplateKind, Text, content
from models.templates.dates import checked_date, date_in, since, stored_date
from models.templates.relative_dates import RelativeDate
from models.texts import DESCRIPTION, LABEL, NAME, SERVICE

#: By what services are checked that are in no currency: that is told besides.
_ANY = "USD"
_EXACT = ("price", "tax_rate")
_RULES: Rules = {
    "name": NAME.check,
    "introduction": DESCRIPTION.check,
    "currency": checks.currency,
    "invoice_due_days": partial(checks.days, bounds=INVOICE_DUE_DAYS),
    "expires_on": checked_date,
}


@content
@dataclass(frozen=True, slots=True)
class ProposalContent(Content):
    """A proposal to be drafted: what it offers, in a currency that is its own, whatever the firm's becomes."""

    kind = TemplateKind.PROPOSAL
    source = Kind.PROPOSAL
    needs = Right.MANAGE_PROPOSALS

    name: str
    currency: str
    services: tuple[Service, ...]
    introduction: str = ""
    expires_on: RelativeDate | None = None
    invoiced_once: bool = False
    invoice_due_days: int | None = None

    def stored(self) -> dict[str, Any]:
        services = [_stored(service) for service in self.services]
        return {**asdict(self), "services": services, "expires_on": stored_date(self.expires_on)}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        services = tuple(map(_service_in, stored["services"]))
        return cls(**{**stored, "services": services, "expires_on": date_in(stored["expires_on"])})

    def over(self, change: Change, present: Self | None, *path: str) -> Self:
        if self.invoiced_once and (present is None or not present.invoiced_once):
            _expect_to_invoice(change, *path, "invoiced_once")
        return self

    def checked(self) -> Self:
        with Gathered() as check:
            told = check.each({name: getattr(self, name) for name in _RULES}, _RULES)
            services = check(checked_services, self.services, told.get("currency", _ANY))
        return replace(self, **told, services=tuple(services))

    def rewritten(self, each: Rewrite) -> Self:
        return replace(
            self,
            name=each(Text(self.name, ("name",), NAME)),
            introduction=each(Text(self.introduction, ("introduction",), DESCRIPTION, markdown=True)),
            services=tuple(_service(service, each, ("services", place)) for place, service in enumerate(self.services)),
        )

    @classmethod
    async def made_of(cls, change: Change, id: UUID, *path: str) -> Self:
        proposal = await change.scope.rows(Proposal).get(id, *path)
        if proposal.invoiced_once:
            _expect_to_invoice(change, *path)
        made = day_in(change.time_zone, proposal.created_at)
        return cls(
            name=proposal.name,
            currency=proposal.currency,
            services=tuple(offered.service for offered in await offered_in(proposal)),
            introduction=proposal.introduction,
            expires_on=since(made, proposal.expires_on),
            invoiced_once=proposal.invoiced_once,
            invoice_due_days=proposal.invoice_due_days,
        )


def _expect_to_invoice(change: Change, *path: str) -> None:
    change.require(Right.MANAGE_INVOICES, "Invoicing a proposal", *path)


def _stored(service: Service) -> dict[str, Any]:
    return asdict(service) | {name: str(getattr(service, name)) for name in _EXACT}


def _service_in(stored: Mapping[str, Any]) -> Service:
    return Service(**{**stored, **{name: Decimal(stored[name]) for name in _EXACT}})


def _service(service: Service, each: Rewrite, at: Path) -> Service:
    return replace(
        service,
        name=each(Text(service.name, (*at, "name"), NAME)),
        description=each(Text(service.description, (*at, "description"), SERVICE, markdown=True)),
        # Of one group are those that are called the same, and they still are.
        group=None if service.group is None else each(Text(service.group, (*at, "group"), LABEL)),
    )
