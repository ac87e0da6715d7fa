"""The contents of templates, one for each kind: as the commands take them, by the names of their fields."""

from collections.abc import Collection
from typing import TypedDict
from uuid import UUID

from models.errors import Invalid
from models.gathered import together
from models.reasons import Reason
from models.templates.content import Content, TemplateKind, content_classes
from models.templates.email_content import EmailContent
from models.templates.folder_content import FolderTreeContent
from models.templates.invoice_content import InvoiceContent
from models.templates.job_content import JobContent
from models.templates.organizer_content import OrganizerTemplateContent
from models.templates.proposal_content import ProposalContent
from models.templates.request_content import ClientRequestContent
from models.templates.task_content import TaskContent


class Contents(TypedDict, total=False):
    """What is in a template: one of these."""

    job: JobContent
    task: TaskContent
    client_request: ClientRequestContent
    organizer: OrganizerTemplateContent
    invoice: InvoiceContent
    proposal: ProposalContent
    email: EmailContent
    folder_tree: FolderTreeContent


class Things(TypedDict, total=False):
    """What a template is made of: one of these."""

    from_job_id: UUID
    from_task_id: UUID
    from_client_request_id: UUID
    from_organizer_id: UUID
    from_invoice_id: UUID
    from_proposal_id: UUID


#: By the field that names what a template is made of.
SOURCES: dict[str, type[Content]] = {
    f"from_{cls.source}_id": cls for cls in content_classes().values() if cls.source is not None
}
if Contents.__annotations__.keys() != {kind.field for kind in TemplateKind}:
    raise TypeError("Each kind of template has its field in Contents.")
if Things.__annotations__.keys() != SOURCES.keys():
    raise TypeError("Each kind of thing that a template is made of has its field in Things.")


def expect_one(given: Collection[str], first: str) -> None:
    """`Invalid` unless just one of these fields was given. Where there is none, that names the field `first`."""
    if not given:
        told = "Say what is in the template: give one of these."
        raise Invalid(told, first, reason=Reason.MISSING, field=first)
    name, *others = given
    if others:
        told = "A template has one content. Give one of these."
        raise together([Invalid(told, other, reason=Reason.ONLY_ONE, field=name) for other in others])
