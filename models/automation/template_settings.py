"""What automations do that make a thing of a template and nothing else. What they ask the client for is in
models/automation/asking_settings.py."""

from dataclasses import dataclass, field
from uuid import UUID

from models.automation.settings import Settings, settings, template_of
from models.items.invoice_states import send_invoice
from models.items.invoices import create_invoice
from models.items.proposal_signing import send_proposal
from models.items.proposals import create_proposal
from models.rows import AutomationType
from models.templates.content import TemplateKind
from models.templates.folders import apply_folder_template


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
