"""Templates of invoices, proposals, e-mails and folder trees."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from models.commands.firm import update_firm
from models.commands.time import log_time, set_time_entry_rate
from models.errors import Forbidden, Invalid, NotFound, RuleBroken
from models.items.invoice_lines import NewLine, lines_of
from models.items.invoices import create_invoice
from models.items.proposal_services import Service, offered_in
from models.items.proposals import create_proposal
from models.items.time_billing import bill_time_entries
from models.reasons import Reason
from models.rights import Right, Role
from models.rows import Member
from models.templates.billing import create_invoice_from_template, create_proposal_from_template
from models.templates.email_content import EmailContent
from models.templates.folder_content import Folder, FolderTreeContent
from models.templates.invoice_content import InvoiceContent
from models.templates.proposal_content import ProposalContent
from models.templates.relative_dates import Anchor, RelativeDate
from models.templates.templates import Template, contents_of, create_template, save_as_template, update_template
from tests.domain.refusal import refused
from tests.world import World

SOON = RelativeDate(Anchor.CREATED, 10)
INVOICE = InvoiceContent(
    "USD",
    (
        NewLine("Return of [PREVIOUS_YEAR]", Decimal(200), tax_rate=Decimal("8.875")),
        NewLine("Calls", Decimal(90), minutes=20),
    ),
    "For [ACCOUNT_NAME]",
    SOON,
)
PROPOSAL = ProposalContent(
    "Books of [ACCOUNT_NAME]",
    "USD",
    (
        Service(name="Books of [CURRENT_YEAR]", price=Decimal(100), quantity=12),
        Service(name="Payroll", price=Decimal(50), optional=True, description="For [ACCOUNT_NAME]"),
    ),
    "Dear [ACCOUNT_NAME]",
    SOON,
)


async def new_template(world: World, name: str = "Usual", **content: Any) -> Template:
    """A template of this content."""
    return (await create_template(world.acting(world.owner), name=name, **content)).value


async def content_in(template: Template) -> Any:
    """What is in it."""
    (content,) = (await contents_of([template.id]))[template.id]
    return content


async def member_with(world: World, *rights: Right) -> Member:
    """An employee with these rights, who sees all accounts."""
    return await world.member("Rita Rights", Role.EMPLOYEE, Right.VIEW_ALL_ACCOUNTS, *rights)


async def test_an_invoice_charges_what_its_template_says_in_the_templates_currency(world: World) -> None:
    template = await new_template(world, invoice=INVOICE)
    await update_firm(world.acting(world.owner), currency="EUR")
    biller = world.acting(await member_with(world, Right.MANAGE_INVOICES))
    invoice = (await create_invoice_from_template(biller, template_id=template.id, account_id=world.account.id)).value
    today = invoice.created_at.date()
    assert (invoice.currency, invoice.memo) == ("USD", "For Acme")
    assert invoice.due_date is not None and abs(invoice.due_date - today - timedelta(10)) <= timedelta(1)
    lines = (await lines_of([invoice.id]))[invoice.id]
    assert [line.description for line in lines] == [f"Return of {today.year - 1}", "Calls"]
    assert (invoice.net, invoice.total) == (Decimal(230), Decimal("247.75"))
    day = date(2030, 1, 1)
    given = await create_invoice_from_template(
        biller, template_id=template.id, account_id=world.account.id, due_date=day
    )
    assert given.value.due_date == day


async def test_a_proposal_offers_what_its_template_says(world: World) -> None:
    template = await new_template(world, proposal=PROPOSAL)
    proposer = world.acting(await member_with(world, Right.MANAGE_PROPOSALS))
    made = create_proposal_from_template(proposer, template_id=template.id, account_id=world.account.id)
    proposal = (await made).value
    assert (proposal.name, proposal.introduction, proposal.currency) == ("Books of Acme", "Dear Acme", "USD")
    assert proposal.expires_on is not None
    year = proposal.created_at.year
    services = [offered.service for offered in await offered_in(proposal)]
    books, payroll = PROPOSAL.services
    assert services == [replace(books, name=f"Books of {year}"), replace(payroll, description="For Acme")]


async def test_a_proposal_that_is_invoiced_needs_the_right_to_invoices_when_it_is_saved_and_made(world: World) -> None:
    manager = world.acting(await member_with(world, Right.MANAGE_PROPOSALS, Right.MANAGE_TEMPLATES))
    invoiced = replace(PROPOSAL, invoiced_once=True, invoice_due_days=14)
    async with refused(world, Forbidden, "proposal", "invoiced_once"):
        await create_template(manager, name="A", proposal=invoiced)
    template = await new_template(world, proposal=invoiced)
    # What somebody else has said stays.
    other = replace(invoiced, name="Other")
    await update_template(manager, template_id=template.id, proposal=other)
    assert await content_in(template) == other
    async with refused(world, Forbidden, "template_id") as error:
        await create_proposal_from_template(manager, template_id=template.id, account_id=world.account.id)
    assert isinstance(error.value, Forbidden) and error.value.right is Right.MANAGE_INVOICES
    proposal = (await made_again(world, template)).id
    async with refused(world, Forbidden, "from_proposal_id"):
        await save_as_template(manager, name="B", from_proposal_id=proposal)
    made = create_proposal_from_template(
        world.acting(world.owner), template_id=template.id, account_id=world.account.id
    )
    assert ((await made).value.invoiced_once, (await made_again(world, template)).invoice_due_days) == (True, 14)


async def made_again(world: World, template: Template) -> Any:
    """Another proposal of the template."""
    owner = world.acting(world.owner)
    return (await create_proposal_from_template(owner, template_id=template.id, account_id=world.account.id)).value


@pytest.mark.parametrize("kind", ["invoice", "proposal"])
async def test_money_is_not_told_by_a_template_to_whoever_may_not_read_it(world: World, kind: str) -> None:
    manager = world.acting(await member_with(world, Right.MANAGE_TEMPLATES))
    content: Any = {"invoice": INVOICE, "proposal": PROPOSAL}[kind]
    async with refused(world, Forbidden, kind):
        await create_template(manager, name="A", **{kind: content})
    template = await new_template(world, **{kind: content})
    async with refused(world, Forbidden, kind):
        await update_template(manager, template_id=template.id, **{kind: content})
    owner = world.acting(world.owner)
    place: Any = {"account_id": world.account.id}
    thing: Any
    if kind == "invoice":
        thing = (await create_invoice(owner, lines=[NewLine("A", Decimal(1))], **place)).value
    else:
        thing = (await create_proposal(owner, name="A", services=[Service(name="A", price=Decimal(1))], **place)).value
    async with refused(world, Forbidden, f"from_{kind}_id"):
        await save_as_template(manager, name="A", **{f"from_{kind}_id": thing.id})
    make: Any = create_invoice_from_template if kind == "invoice" else create_proposal_from_template
    async with refused(world, Forbidden):
        await make(manager, template_id=template.id, **place)
    with_right = await member_with(world, Right.MANAGE_INVOICES, Right.MANAGE_PROPOSALS)
    await Member.filter(id=with_right.id).update(given_rights=["MANAGE_INVOICES", "MANAGE_PROPOSALS"])
    async with refused(world, NotFound, "account_id"):
        await make(world.acting(with_right), template_id=template.id, **place)


async def test_a_template_of_an_invoice_has_no_lines_of_time(world: World) -> None:
    owner = world.acting(world.owner)
    invoice = (
        await create_invoice(
            owner,
            account_id=world.account.id,
            currency="USD",
            lines=[NewLine("Return [NOWHERE]", Decimal("99.99"), Decimal(2), discount=Decimal("12.5"))],
            memo="Thanks",
        )
    ).value
    entry = (await log_time(owner, minutes=30, account_id=world.account.id)).value
    await set_time_entry_rate(owner, time_entry_id=entry.id, rate=Decimal(100))
    await bill_time_entries(owner, invoice_id=invoice.id, time_entry_ids=[entry.id])
    template = (await save_as_template(owner, name="A", from_invoice_id=invoice.id)).value
    kept = NewLine("Return \\[NOWHERE]", Decimal("99.99"), Decimal(2), discount=Decimal("12.5"))
    assert await content_in(template) == InvoiceContent("USD", (kept,), "Thanks")
    again = (await create_invoice_from_template(owner, template_id=template.id, account_id=world.account.id)).value
    assert (await lines_of([again.id]))[again.id][0].description == "Return [NOWHERE]"


async def test_a_template_of_a_proposal_offers_the_same(world: World) -> None:
    owner = world.acting(world.owner)
    services = [
        Service(name="Books", price=Decimal(100), group="size"),
        Service(name="Less", price=Decimal(9), group="size"),
    ]
    made = await create_proposal(owner, name="A", services=services, introduction="Hi", account_id=world.account.id)
    template = (await save_as_template(owner, name="A", from_proposal_id=made.value.id)).value
    assert await content_in(template) == ProposalContent("A", made.value.currency, tuple(services), "Hi")


@pytest.mark.parametrize(
    ("content", "faults"),
    [
        (
            {"invoice": InvoiceContent("XXX", (NewLine("", Decimal("0.001")), NewLine("[NOWHERE]", Decimal(1))))},
            {("currency",), ("lines", 0, "description"), ("lines", 0, "unit_price"), ("lines", 1, "description")},
        ),
        (
            {"proposal": ProposalContent("[CONTACT_NAME]", "US", (Service(name=" ", price=Decimal(-1)),))},
            {("name",), ("currency",), ("services", 0, "name"), ("services", 0, "price")},
        ),
        ({"email": EmailContent("\n", "")}, {("subject",), ("text",)}),
        ({"email": EmailContent("[CONTACT_NAME]", "[NOWHERE] [JOB_NAM]")}, {("text",)}),
    ],
)
async def test_all_that_is_wrong_is_told_at_once(
    world: World, content: dict[str, Any], faults: set[tuple[str | int, ...]]
) -> None:
    ((field, _),) = content.items()
    async with refused(world, Invalid) as error:
        await new_template(world, **content)
    assert {each.path for each in error.value.all} == {(field, *path) for path in faults}


def tree(*folders: tuple[str, int]) -> FolderTreeContent:
    """Folders by their names and levels."""
    return FolderTreeContent(tuple(Folder(*folder) for folder in folders))


async def test_folders_are_within_each_other(world: World) -> None:
    content = tree((" Tax [CURRENT_YEAR] ", 1), ("Receipts", 2), ("Returns", 2), ("Other", 1), ("receipts", 2))
    template = await new_template(world, folder_tree=content)
    kept = await content_in(template)
    assert [folder.name for folder in kept.folders] == [
        "Tax [CURRENT_YEAR]",
        "Receipts",
        "Returns",
        "Other",
        "receipts",
    ]


@pytest.mark.parametrize(
    ("content", "reason", "path"),
    [
        (tree(), Reason.TOO_FEW, ("folders",)),
        (tree(*((str(number), 1) for number in range(201))), Reason.TOO_MANY, ("folders",)),
        (tree(*((str(number), 1) for number in range(51))), Reason.TOO_MANY, ("folders", 50, "name")),
        (tree(("A", 2)), Reason.OUT_OF_RANGE, ("folders", 0, "level")),
        (tree(("A", 1), ("B", 3)), Reason.OUT_OF_RANGE, ("folders", 1, "level")),
        (tree(("A", 0)), Reason.OUT_OF_RANGE, ("folders", 0, "level")),
        (tree(*((str(number), number) for number in range(1, 10))), Reason.OUT_OF_RANGE, ("folders", 8, "level")),
        (tree(("A", 1), ("B", 2), ("ａ", 1)), Reason.NAMED_TWICE, ("folders", 2, "name")),
        (tree(("A/B", 1)), Reason.CHARACTER, ("folders", 0, "name")),
        (tree(("A\\B", 1)), Reason.CHARACTER, ("folders", 0, "name")),
        (tree(("..", 1)), Reason.CHARACTER, ("folders", 0, "name")),
        (tree(("[NOWHERE]", 1)), Reason.UNKNOWN_SHORTCODE, ("folders", 0, "name")),
    ],
)
async def test_what_is_no_tree_of_folders_is_refused(
    world: World, content: FolderTreeContent, reason: Reason, path: tuple[str | int, ...]
) -> None:
    async with refused(world, Invalid, "folder_tree", *path) as error:
        await new_template(world, folder_tree=content)
    assert [each.reason for each in error.value.all] == [reason]


async def test_what_is_kept_alone_is_made_of_nothing_and_into_nothing(world: World) -> None:
    template = await new_template(world, email=EmailContent("[ACCOUNT_NAME]", "Dear [CONTACT_NAME]"))
    async with refused(world, RuleBroken, "template_id"):
        await create_invoice_from_template(
            world.acting(world.owner), template_id=template.id, account_id=world.account.id
        )
    await update_template(world.acting(world.owner), template_id=template.id, email=EmailContent("A", "\\[NOWHERE]"))
    assert await content_in(template) == EmailContent("A", "\\[NOWHERE]")
