"""What automations do that make a thing of a template, and most send it to the client."""

from dataclasses import dataclass, field
from uuid import UUID

from models.automation.settings import Settings, custom_status, settings, template_of
from models.commands.moves import set_job_status
from models.items.invoice_states import send_invoice
from models.items.invoices import create_invoice
from models.items.organizers import create_organizer, send_organizer
from models.items.proposal_signing import send_proposal
from models.items.proposals import create_proposal
from models.rows import AutomationType
from models.templates.content import TemplateKind
from models.templates.folders import apply_folder_template
from models.templates.things import create_client_request_from_template


@settings
@dataclass(frozen=True, slots=True)
class OrganizerSettings(Settings):
    """An organizer that is drawn up of a template and sent."""

    type = AutomationType.SEND_ORGANIZER
    does = (create_organizer, send_organizer, set_job_status)

    template_id: UUID = field(metadata=template_of(TemplateKind.ORGANIZER))
    #: The custom status that holds the job until it is submitted; None for none.
    status_id: UUID | None = field(default=None, metadata=custom_status())


@settings
@dataclass(frozen=True, slots=True)
class RequestSettings(Settings):
    """What the client is asked for as a template says."""

    type = AutomationType.SEND_CLIENT_REQUEST
    does = (create_client_request_from_template, set_job_status)

    template_id: UUID = field(metadata=template_of(TemplateKind.CLIENT_REQUEST))
    #: The custom status that holds the job until it is submitted; None for none.
    status_id: UUID | None = field(default=None, metadata=custom_status())


@settings
@dataclass(frozen=True, slots=True)
class ProposalSettings(Settings):
    """A proposal that is drafted of a template and sent to those who sign for the account."""

    type = AutomationType.SEND_PROPOSAL
    # Its template may come to say that it is invoiced, whoever writes that: it is then invoiced for whoever saved this.
    does = (create_proposal, send_proposal, create_invoice)

    template_id: UUID = field(metadata=template_of(TemplateKind.PROPOSAL))


@settings
@dataclass(frozen=True, slots=True)
class InvoiceSettings(Settings):
    """An invoice that is made of a template and sent."""

    type = AutomationType.SEND_INVOICE
    does = (create_invoice, send_invoice)

    template_id: UUID = field(metadata=template_of(TemplateKind.INVOICE))


@settings
@dataclass(frozen=True, slots=True)
class FolderSettings(Settings):
    """The folders of a template, which the account gets."""

    type = AutomationType.APPLY_FOLDER_TEMPLATE
    does = (apply_folder_template,)

    template_id: UUID = field(metadata=template_of(TemplateKind.FOLDER_TREE))
