"""Templates: how one is made, and how their events come about."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from models.actor import Actor
from models.commands.client_statuses import create_client_status
from models.commands.pipelines import update_pipeline
from models.ids import Kind
from models.items.invoice_lines import NewLine
from models.items.proposal_services import Service
from models.items.request_entries import RequestEntry
from models.rights import Right
from models.templates import templates
from models.templates.email_content import EmailContent
from models.templates.folder_content import Folder, FolderTreeContent
from models.templates.invoice_content import InvoiceContent
from models.templates.job_content import JobContent
from models.templates.job_tasks import JobTask
from models.templates.organizer_content import OrganizerTemplateContent
from models.templates.proposal_content import ProposalContent
from models.templates.relative_dates import Anchor, DayUnit, RelativeDate
from models.templates.request_content import ClientRequestContent
from models.templates.task_content import TaskContent
from models.templates.templates import create_template, delete_template, update_template
from tests.kinds import account_roles, organizers
from tests.live.scenarios import causes, owner_of
from tests.planting import hidden_amount, hidden_number, hidden_text
from tests.specimens import Specimens, Spot, of_team
from tests.world import World

SOON = RelativeDate(Anchor.CREATED, 10, DayUnit.BUSINESS_DAYS)


async def make(actor: Actor, word: str, spot: Spot) -> UUID:
    """One of tasks, whose role nobody holds."""
    role = await account_roles.make_loose(actor, f"{word} of a template", spot)
    task = TaskContent(
        name=f"{word} [ACCOUNT_NAME]",
        description=word,
        due_date=SOON,
        estimate=30,
        assignee_role_ids=(role,),
        checklist=(f"{word} [CURRENT_YEAR]",),
    )
    present = await templates.Template.filter(firm_id=actor.firm_id).count()
    return (await create_template(actor, name=f"{word} template {present}", task=task)).value.id


async def make_request(actor: Actor, word: str, _spot: Spot) -> UUID:
    """One of client requests."""
    asked = (RequestEntry("first", f"{word} prompt [PREVIOUS_YEAR]"),)
    content = ClientRequestContent(f"{word} [ACCOUNT_NAME]", asked, word, SOON)
    return (await create_template(actor, name=f"{word} template", client_request=content)).value.id


async def make_organizer(actor: Actor, word: str, _spot: Spot) -> UUID:
    """One of organizers."""
    content = OrganizerTemplateContent(f"{word} [PREVIOUS_YEAR]", tuple(organizers.sections(word)), SOON)
    return (await create_template(actor, name=f"{word} template", organizer=content)).value.id


async def _kind(template: templates.Template) -> set[str]:
    return {template.template_kind.value}


async def make_job(actor: Actor, word: str, spot: Spot) -> UUID:
    """One of jobs, whose first role somebody holds."""
    role = await account_roles.make(actor, f"{word} of jobs", spot)
    loose = await account_roles.make_loose(actor, f"{word} of tasks", spot)
    status = await create_client_status(actor, name=f"{word} of jobs", color="#123abc", description=word)
    member = await of_team(spot, actor)
    begun = RelativeDate(Anchor.START_DATE, 5, DayUnit.BUSINESS_DAYS)
    tasks = (
        JobTask(
            f"{word} first [JOB_NAME]", word, assignee_ids=(member,), due_date=begun, checklist=(f"{word} [PERIOD]",)
        ),
        JobTask(f"{word} second", assignee_role_ids=(role, loose), estimate=30, start_date=begun),
    )
    job = JobContent(
        name=f"{word} [ACCOUNT_NAME] [PERIOD_YEAR]",
        description=word,
        period="[PREVIOUS_YEAR]",
        budget=hidden_number(600, 3, Right.MANAGE_TIME_BUDGETS),
        start_date=RelativeDate(Anchor.CREATED, 0),
        due_date=RelativeDate(Anchor.START_DATE, 30),
        client_status_id=status.value.id,
        client_status_visible=True,
        assignee_ids=(member,),
        assignee_role_ids=(role,),
        tasks=tasks,
    )
    return (await create_template(actor, name=f"{word} template", job=job)).value.id


async def make_invoice(actor: Actor, word: str, _spot: Spot) -> UUID:
    """One of invoices, with a line of each sort."""
    price = hidden_amount("120", 4, Right.MANAGE_INVOICES)
    told = hidden_text(f"{word} of [PREVIOUS_YEAR]", Right.MANAGE_INVOICES)
    lines = (NewLine(told, price, tax_rate=Decimal("8.875")), NewLine(word, Decimal(90), minutes=20))
    content = InvoiceContent("USD", lines, hidden_text(f"{word} memo", Right.MANAGE_INVOICES), SOON)
    return (await create_template(actor, name=f"{word} template", invoice=content)).value.id


async def make_proposal(actor: Actor, word: str, _spot: Spot) -> UUID:
    """One of proposals, with two services to choose from."""
    price = hidden_amount("120", 5, Right.MANAGE_PROPOSALS)
    told = hidden_text(f"{word} of [CURRENT_YEAR]", Right.MANAGE_PROPOSALS)
    services = (Service(name=told, price=price, group=word), Service(name=word, price=Decimal(1), group=word))
    content = ProposalContent(f"{word} [ACCOUNT_NAME]", "USD", services, f"{word} introduction", SOON)
    return (await create_template(actor, name=f"{word} template", proposal=content)).value.id


async def make_email(actor: Actor, word: str, _spot: Spot) -> UUID:
    """One of e-mails."""
    content = EmailContent(f"{word} [ACCOUNT_NAME]", f"Dear [CONTACT_NAME], {word}")
    return (await create_template(actor, name=f"{word} template", email=content)).value.id


async def make_folders(actor: Actor, word: str, _spot: Spot) -> UUID:
    """One of folders, one within the other."""
    content = FolderTreeContent((Folder(f"{word} [CURRENT_YEAR]", 1), Folder(word, 2)))
    return (await create_template(actor, name=f"{word} template", folder_tree=content)).value.id


SPECIMENS = Specimens(
    kind=Kind.TEMPLATE,
    make=make,
    hidden_with=frozenset(),
    further={
        "template of jobs": make_job,
        "template of requests": make_request,
        "template of organizers": make_organizer,
        "template of invoices": make_invoice,
        "template of proposals": make_proposal,
        "template of e-mails": make_email,
        "template of folders": make_folders,
    },
    chosen={
        "createJobFromTemplate.templateId": "template of jobs",
        "createJobFromTemplate.stageId": "second stage",
        "createClientRequestFromTemplate.templateId": "template of requests",
        "createOrganizerFromTemplate.templateId": "template of organizers",
        "createInvoiceFromTemplate.templateId": "template of invoices",
        "createProposalFromTemplate.templateId": "template of proposals",
        "createPipeline.defaultTemplateId": "template of jobs",
        "updatePipeline.defaultTemplateId": "template of jobs",
    },
    not_any_more={
        "updateTemplate": [
            "WITH kept AS (UPDATE template_content SET content = content || "
            """'{"name": " [NOWHERE]", "estimate": -1}' WHERE template_id = $1) """
            "UPDATE template SET (name, name_order) = (' ', '') WHERE id = $1"
        ]
    },
    facts={"kind": _kind},
)


async def of_tasks(world: World) -> tuple[UUID, TaskContent]:
    """A template of tasks, and what is in it."""
    template = await make(owner_of(world), "Usual", Spot(world.account.id))
    (content,) = (await templates.contents_of([template]))[template]
    assert isinstance(content, TaskContent)
    return template, content


@causes(templates.TemplateCreated)
async def created(world: World) -> AsyncIterator[None]:
    yield
    await make(owner_of(world), "Usual", Spot(world.account.id))


@causes(templates.TemplateUpdated)
async def updated(world: World) -> AsyncIterator[None]:
    template, content = await of_tasks(world)
    yield
    other = replace(content, name="Another")
    await update_template(owner_of(world), template_id=template, name="Renamed", task=other)


@causes(templates.TemplateDeleted)
async def deleted(world: World) -> AsyncIterator[None]:
    template = await make_job(owner_of(world), "Usual", Spot(world.account.id))
    await update_pipeline(owner_of(world), pipeline_id=world.pipeline.id, default_template_id=template)
    yield
    await delete_template(owner_of(world), template_id=template)
