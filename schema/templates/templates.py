"""Templates, as clients save them, list them, and make things of them."""

from __future__ import annotations

from typing import Any

import strawberry

from models.bounds import RECIPIENTS
from models.filtering import Among
from models.ids import Kind
from models.seen import named
from models.templates import billing, jobs, templates, things
from models.templates.content import TemplateKind as KindOfTemplate
from models.texts import LABEL, NAME
from schema.declarations import listing, mutation
from schema.enums import TemplateKind
from schema.inputs.base import Expecting, Keyed, change, id_of, input_type, maybe_id_of, needed, optional, own_id
from schema.inputs.filters import asks, filter_type
from schema.inputs.tasks import AtAccountOrJob
from schema.scalars import Date
from schema.templates.billing import InvoiceTemplate, InvoiceTemplateInput, ProposalTemplate, ProposalTemplateInput
from schema.templates.client_requests import ClientRequestTemplate, ClientRequestTemplateInput
from schema.templates.jobs import JobTemplate, JobTemplateInput
from schema.templates.kept import EmailTemplate, EmailTemplateInput, FolderTreeTemplate, FolderTreeTemplateInput
from schema.templates.organizers import OrganizerTemplate, OrganizerTemplateInput
from schema.templates.tasks import TaskTemplate, TaskTemplateInput
from schema.types.base import Versioned, column, entity, loaded, name_order, value


def _content(kind: KindOfTemplate) -> Any:
    """What is in a template, where it is of this kind."""

    async def load(template: Any, context: Any) -> Any:
        if template.template_kind is not kind:
            return None
        found = await context.load.parts(templates.contents_of, template.id)
        return found[0] if found else None

    return loaded(load, f"What is in it, where it is of the kind {kind}; else null.")


@entity(named(Kind.TEMPLATE))
class Template(Versioned):
    """Something that is made again and again, under a name. Everybody sees it; of some kinds what is in it needs a
    right."""

    name: str = column("What it is called.")
    name_order: str = name_order()
    kind: TemplateKind = value(lambda template: template.template_kind, "What is made of it.")
    job: JobTemplate | None = _content(KindOfTemplate.JOB)
    task: TaskTemplate | None = _content(KindOfTemplate.TASK)
    client_request: ClientRequestTemplate | None = _content(KindOfTemplate.CLIENT_REQUEST)
    organizer: OrganizerTemplate | None = _content(KindOfTemplate.ORGANIZER)
    invoice: InvoiceTemplate | None = _content(KindOfTemplate.INVOICE)
    proposal: ProposalTemplate | None = _content(KindOfTemplate.PROPOSAL)
    email: EmailTemplate | None = _content(KindOfTemplate.EMAIL)
    folder_tree: FolderTreeTemplate | None = _content(KindOfTemplate.FOLDER_TREE)


_NAME = f"{NAME.bounds}; no other template of its kind may have it, in any spelling."
_ONE = "One content is given, and says what kind of template it is."


@input_type
class CreateTemplateInput(Keyed):
    """A template to save: its name, and one content."""

    id: strawberry.ID | None = own_id(Kind.TEMPLATE)
    name: str = needed(_NAME)
    job: JobTemplateInput | None = optional(f"A job to be opened, with its tasks. {_ONE}")
    task: TaskTemplateInput | None = optional(f"A task to be made. {_ONE}")
    client_request: ClientRequestTemplateInput | None = optional(f"A client request to be made. {_ONE}")
    organizer: OrganizerTemplateInput | None = optional(
        f"An organizer to be drawn up; needs the right MANAGE_ORGANIZERS. {_ONE}"
    )
    invoice: InvoiceTemplateInput | None = optional(
        f"A draft of an invoice to be made; needs the right MANAGE_INVOICES. {_ONE}"
    )
    proposal: ProposalTemplateInput | None = optional(
        f"A proposal to be drafted; needs the right MANAGE_PROPOSALS. {_ONE}"
    )
    email: EmailTemplateInput | None = optional(f"An e-mail. {_ONE}")
    folder_tree: FolderTreeTemplateInput | None = optional(f"Folders within each other. {_ONE}")


@input_type
class UpdateTemplateInput(Expecting):
    """What to change about a template. What is left out stays; a content is given whole."""

    template_id: strawberry.ID = id_of(Kind.TEMPLATE, "The template.")
    name: str | None = change(_NAME)
    job: JobTemplateInput | None = optional("What is in it, where it is of the kind JOB.")
    task: TaskTemplateInput | None = optional("What is in it, where it is of the kind TASK.")
    client_request: ClientRequestTemplateInput | None = optional(
        "What is in it, where it is of the kind CLIENT_REQUEST."
    )
    organizer: OrganizerTemplateInput | None = optional(
        "What is in it, where it is of the kind ORGANIZER; needs the right MANAGE_ORGANIZERS."
    )
    invoice: InvoiceTemplateInput | None = optional(
        "What is in it, where it is of the kind INVOICE; needs the right MANAGE_INVOICES."
    )
    proposal: ProposalTemplateInput | None = optional(
        "What is in it, where it is of the kind PROPOSAL; needs the right MANAGE_PROPOSALS."
    )
    email: EmailTemplateInput | None = optional("What is in it, where it is of the kind EMAIL.")
    folder_tree: FolderTreeTemplateInput | None = optional("What is in it, where it is of the kind FOLDER_TREE.")


_FROM = "One thing is named."


@input_type
class SaveAsTemplateInput(Keyed):
    """What to make a template of."""

    id: strawberry.ID | None = own_id(Kind.TEMPLATE)
    name: str = needed(_NAME)
    from_job_id: strawberry.ID | None = maybe_id_of(
        Kind.JOB, f"A job, with its tasks; its budget for those with the right MANAGE_TIME_BUDGETS. {_FROM}"
    )
    from_task_id: strawberry.ID | None = maybe_id_of(
        Kind.TASK, f"A task. Roles that only its assignees hold at its account become those of the template. {_FROM}"
    )
    from_client_request_id: strawberry.ID | None = maybe_id_of(Kind.CLIENT_REQUEST, f"A client request. {_FROM}")
    from_organizer_id: strawberry.ID | None = maybe_id_of(
        Kind.ORGANIZER, f"An organizer; needs the right MANAGE_ORGANIZERS. {_FROM}"
    )
    from_invoice_id: strawberry.ID | None = maybe_id_of(
        Kind.INVOICE, f"An invoice, without lines that bill time; needs the right MANAGE_INVOICES. {_FROM}"
    )
    from_proposal_id: strawberry.ID | None = maybe_id_of(
        Kind.PROPOSAL, f"A proposal; needs the right MANAGE_PROPOSALS. {_FROM}"
    )


@input_type
class TemplateInput(Expecting):
    """Which template."""

    template_id: strawberry.ID = id_of(Kind.TEMPLATE, "The template.")


_AS_TOLD = "As the template says when left out."


@input_type
class CreateJobFromTemplateInput(Keyed):
    """What to make a job of, and for whom."""

    id: strawberry.ID | None = own_id(Kind.JOB)
    template_id: strawberry.ID = id_of(Kind.TEMPLATE, "A template of the kind JOB.")
    account_id: strawberry.ID = id_of(Kind.ACCOUNT, "The client it is for.")
    pipeline_id: strawberry.ID = id_of(Kind.PIPELINE, "The pipeline it goes through.")
    stage_id: strawberry.ID | None = maybe_id_of(Kind.STAGE, "Where it starts; the first stage when left out.")
    name: str | None = optional(f"What the card says: {NAME.bounds}. {_AS_TOLD}")
    start_date: Date | None = optional(f"When work should start; not after the due date. {_AS_TOLD}")
    due_date: Date | None = optional(f"When it must be done; not after a deadline that is still to come. {_AS_TOLD}")
    deadline: Date | None = optional(f"The statutory day. {_AS_TOLD}")
    period: str | None = optional(
        f"The time that the work is about: `2026`, `2026-Q1`, `2026-01`, or other text, {LABEL.bounds}. {_AS_TOLD}"
    )


@input_type
class CreateTaskFromTemplateInput(AtAccountOrJob, Keyed):
    """What to make a task of, and for whom."""

    id: strawberry.ID | None = own_id(Kind.TASK)
    template_id: strawberry.ID = id_of(Kind.TEMPLATE, "A template of the kind TASK.")
    start_date: Date | None = optional(f"When it should be begun; not after the due date. {_AS_TOLD}")
    due_date: Date | None = optional(f"When it must be done. {_AS_TOLD}")


_RECIPIENTS = (
    f"The contacts of the account who are asked; at most {RECIPIENTS.most}. None when left out: anybody of theirs may "
    "answer."
)


@input_type
class CreateClientRequestFromTemplateInput(AtAccountOrJob, Keyed):
    """What to make a client request of, and for whom."""

    id: strawberry.ID | None = own_id(Kind.CLIENT_REQUEST)
    template_id: strawberry.ID = id_of(Kind.TEMPLATE, "A template of the kind CLIENT_REQUEST.")
    due_date: Date | None = optional(f"By when it is to be submitted. {_AS_TOLD}")
    recipient_ids: list[strawberry.ID] | None = maybe_id_of(Kind.CONTACT, _RECIPIENTS)


@input_type
class CreateOrganizerFromTemplateInput(AtAccountOrJob, Keyed):
    """What to make an organizer of, and for whom."""

    id: strawberry.ID | None = own_id(Kind.ORGANIZER)
    template_id: strawberry.ID = id_of(Kind.TEMPLATE, "A template of the kind ORGANIZER.")
    due_date: Date | None = optional(f"By when it is to be submitted. {_AS_TOLD}")
    recipient_ids: list[strawberry.ID] | None = maybe_id_of(Kind.CONTACT, _RECIPIENTS)


@input_type
class CreateInvoiceFromTemplateInput(AtAccountOrJob, Keyed):
    """What to make a draft of an invoice of, and to whom."""

    id: strawberry.ID | None = own_id(Kind.INVOICE)
    template_id: strawberry.ID = id_of(Kind.TEMPLATE, "A template of the kind INVOICE.")
    due_date: Date | None = optional(f"By when it is to be paid. {_AS_TOLD}")
    payer_id: strawberry.ID | None = maybe_id_of(Kind.CONTACT, "The contact of the client who is to pay it.")


@input_type
class CreateProposalFromTemplateInput(AtAccountOrJob, Keyed):
    """What to draft a proposal of, and for whom."""

    id: strawberry.ID | None = own_id(Kind.PROPOSAL)
    template_id: strawberry.ID = id_of(Kind.TEMPLATE, "A template of the kind PROPOSAL.")
    expires_on: Date | None = optional(f"The last day on which somebody may sign it. {_AS_TOLD}")


@filter_type
class TemplateFilter:
    """Which templates. All that is given must hold."""

    kind: list[TemplateKind] | None = asks(Among("template_kind"), "Of one of these kinds.")


MUTATIONS = (
    mutation(templates.create_template, CreateTemplateInput),
    mutation(templates.save_as_template, SaveAsTemplateInput),
    mutation(templates.update_template, UpdateTemplateInput),
    mutation(templates.delete_template, TemplateInput),
    mutation(jobs.create_job_from_template, CreateJobFromTemplateInput),
    mutation(things.create_task_from_template, CreateTaskFromTemplateInput),
    mutation(things.create_client_request_from_template, CreateClientRequestFromTemplateInput),
    mutation(things.create_organizer_from_template, CreateOrganizerFromTemplateInput),
    mutation(billing.create_invoice_from_template, CreateInvoiceFromTemplateInput),
    mutation(billing.create_proposal_from_template, CreateProposalFromTemplateInput),
)
LISTS = (
    listing(
        named(Kind.TEMPLATE),
        TemplateFilter,
        order="name_order",
        description="The firm's templates, by name.",
        one="A template.",
    ),
)
