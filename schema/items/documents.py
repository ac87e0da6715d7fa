"""Documents, as clients see them, and as they are asked to be approved and signed."""

from __future__ import annotations

from typing import Any

import strawberry

from models.bounds import ASKED, BULK, FILES_OF_SIGNED, JOBS_OF_ITEM
from models.filtering import Among, Filled, LinkedToJob
from models.ids import Kind
from models.items import (
    approvers,
    document_folders,
    document_locks,
    document_requests,
    document_trash,
    document_versions,
    documents,
    signing,
)
from models.items.documents import DocumentState as _DocumentState
from models.items.locked_documents import locks_of
from models.searching import Matches
from models.seen import named
from models.targets import Target
from models.texts import DESCRIPTION, EVIDENCE, NAME, NOTE
from schema.declarations import listing, mutation
from schema.describing import described
from schema.field_resolvers import TypeCheck
from schema.inputs.base import (
    Expecting,
    Keyed,
    change,
    explicit_id_of,
    id_of,
    input_type,
    maybe_id_of,
    needed,
    optional,
    own_id,
)
from schema.inputs.filters import FOUND_BY, IdFilter, asks, asks_ids, filter_type
from schema.inputs.tasks import AtAccountOrJob
from schema.items.invoices import Invoice
from schema.items.linking import links
from schema.items.signing import Signature, Signer, evidence_file
from schema.scalars import Date, DateTime
from schema.types.base import column, jobs_of_item, loaded, one
from schema.types.contacts import Contact
from schema.types.files import File
from schema.types.firm import Member
from schema.types.folders import Folder
from schema.types.items import LinkedItem, linked_item
from schema.types.jobs import Job

_NAME = f"{NAME.bounds}. Whoever sees the account reads it."
_DESCRIPTION = f"What it says, in Markdown: {DESCRIPTION.bounds}."
_DOCUMENT = "The document."


DocumentState: Any = described(
    _DocumentState,
    "DocumentState",
    "Where a document stands.",
    PLAIN="Nobody is asked anything. It holds no job.",
    PENDING_APPROVAL="One of its approvers is to approve it.",
    APPROVED="It was approved. It holds no job.",
    DISAPPROVED="It was disapproved: the team is to revise it, and to ask again.",
    PENDING_SIGNATURE="Its signers are to sign it, and none has yet.",
    PARTIALLY_SIGNED="Some of its signers have signed it.",
    SIGNED="All of its signers have signed it. It holds no job.",
    VOID="It is void for good. It holds no job.",
)


@strawberry.type(description="A file that a document has, or had before.")
class DocumentVersion:
    """Its objects are `models.items.document_versions.Version`."""

    number: int = column("Which of the document's files it is, from 1.")
    content_version: int = column("The version of the document's content that it came with.")
    file: File | None = one(
        Kind.FILE, "file_id", "The file; null only where it left your sight while this was answered."
    )
    created_at: DateTime = column("When the document got it.")
    created_by: Member | None = one(
        Kind.MEMBER, "created_by_id", "The member who gave it to the document; null where it was none."
    )

    is_type_of = TypeCheck(lambda source: isinstance(source, document_versions.Version))


def _is_locked(_document: Any, locks: list[Any]) -> bool:
    return bool(locks)


@linked_item(Kind.DOCUMENT)
class Document(LinkedItem):
    """What a client is asked to approve or to sign, on an account, linked to any number of its jobs. Whoever sees the
    account sees it."""

    name: str = column("What it is called.")
    description: str | None = column(
        "What it says, in Markdown. It may hold HTML: clean what you make of it before you show it."
    )
    file: File | None = one(Kind.FILE, "file_id", "Its file, of the newest version; null while it has none.")
    versions: list[DocumentVersion] = loaded(
        lambda document, context: context.load.parts(document_versions.versions_of, document.id),
        f"The files that it has and had, the newest first; at most {FILES_OF_SIGNED.most}.",
        size=2,
    )
    folder: Folder | None = one(Kind.FOLDER, "folder_id", "The folder that it is in; null for none.")
    locked_until: Invoice | None = one(
        Kind.INVOICE, "locked_until_id", "The invoice that has to be paid before the client reads it; null for none."
    )
    locked: bool = loaded(
        lambda document, context: context.load.made_of_parts(locks_of, _is_locked, document),
        "Whether it waits for that invoice: as long as that is not PAID. So it changes with events of the invoice.",
    )
    trashed_at: DateTime | None = column(
        "When it was put into the trash; null where it is not there. After some days there it is deleted."
    )
    content_version: int = column(
        "Rises with every change of its name, description or file: what is signed is one of them."
    )
    digest: str | None = column(
        "The SHA-256 of what would be signed now, in hexadecimal digits: see docs/domain.md for what it is made of."
    )
    state: DocumentState = column("Where it stands.")
    approvers: list[Contact] = loaded(
        lambda document, context: context.load.named_by(approvers.approvers_of_documents, Kind.CONTACT, document.id),
        f"The contacts asked to approve it, one of them for all, as far as you see them, at most {ASKED.most}.",
        size=2,
    )
    decided_at: DateTime | None = column("When it was approved or disapproved; null while it was not.")
    decided_by: Contact | None = one(
        Kind.CONTACT, "decided_by_id", "Who approved or disapproved it; null where you do not see them."
    )
    decision_note: str | None = column("What they said to it; empty where they said nothing.")
    signs_in_order: bool = column("Whether each signer signs after the one before.")
    signers: list[Signer] = loaded(
        lambda document, context: context.load.parts(signing.signers_of_items, document.id),
        f"The contacts who are asked to sign it, in their order; at most {ASKED.most}.",
        size=2,
    )
    signatures: list[Signature] | None = loaded(
        lambda document, context: context.load.made_of_parts(signing.signers_of_items, signing.signed_by, document),
        "What is kept of the signatures that there are, in the order of the signers.",
        size=2,
    )
    jobs: list[Job] = jobs_of_item(
        f"The jobs it is linked to, at most {JOBS_OF_ITEM.most}, as far as you see them, in the order in which it was."
    )


@input_type
class CreateDocumentInput(AtAccountOrJob, Keyed):
    """What is to be approved or signed one day."""

    id: strawberry.ID | None = own_id(Kind.DOCUMENT)
    name: str = needed(_NAME)
    description: str | None = optional(_DESCRIPTION)
    folder_id: strawberry.ID | None = maybe_id_of(Kind.FOLDER, "A folder of the account; none when left out.")
    file_id: strawberry.ID | None = maybe_id_of(Kind.FILE, "A file that you have uploaded; none when left out.")


@input_type
class UpdateDocumentInput(Expecting):
    """What to change about a document. What is left out stays."""

    document_id: strawberry.ID = id_of(Kind.DOCUMENT, _DOCUMENT)
    name: str | None = change(_NAME)
    description: str | None = change(_DESCRIPTION)


@input_type
class AddDocumentVersionInput(Expecting):
    """Another file of a document."""

    document_id: strawberry.ID = id_of(Kind.DOCUMENT, _DOCUMENT)
    file_id: strawberry.ID = id_of(Kind.FILE, "A file that you have uploaded.")


@input_type
class RequestApprovalInput(Expecting):
    """Who is to approve a document."""

    document_id: strawberry.ID = id_of(Kind.DOCUMENT, _DOCUMENT)
    approver_ids: list[strawberry.ID] = id_of(
        Kind.CONTACT, f"{ASKED} contacts of its account, just these: one of them decides for all."
    )


@input_type
class DecideDocumentInput(Expecting):
    """What an approver says to a document."""

    document_id: strawberry.ID = id_of(Kind.DOCUMENT, _DOCUMENT)
    contact_id: strawberry.ID = id_of(Kind.CONTACT, "The approver on whose behalf you say it.")
    approved: bool = needed("Whether it is approved; else it is to be revised.")
    note: str | None = optional(f"What they say to it: {NOTE.bounds}.")


@input_type
class RequestSignaturesInput(Expecting):
    """Who is to sign a document."""

    document_id: strawberry.ID = id_of(Kind.DOCUMENT, _DOCUMENT)
    signer_ids: list[strawberry.ID] = id_of(
        Kind.CONTACT, f"{ASKED} contacts of its account, just these, in the order in which they are asked."
    )
    in_order: bool | None = optional("Whether each signs after the one before; false when left out: at any time.")


@input_type
class RecordDocumentSignatureInput(Expecting):
    """A signature that was obtained elsewhere."""

    document_id: strawberry.ID = id_of(Kind.DOCUMENT, _DOCUMENT)
    contact_id: strawberry.ID = id_of(Kind.CONTACT, "The signer whose signature it is.")
    evidence: str = needed(f"Where it is, and what there is of it: {EVIDENCE.bounds}.")
    signed_on: Date | None = optional("The day on which they signed, tomorrow at the latest; today when left out.")
    evidence_file_id: strawberry.ID | None = evidence_file()
    expected_content_version: int | None = optional(
        "The version of the content that they signed. If the document has another one by now, nothing is changed and "
        "you get CONFLICT with its present state."
    )


@input_type
class DocumentInput(Expecting):
    """Which document."""

    document_id: strawberry.ID = id_of(Kind.DOCUMENT, _DOCUMENT)


@input_type
class DocumentTarget:
    """One of the documents of a bulk call."""

    document_id: strawberry.ID = id_of(Kind.DOCUMENT, _DOCUMENT)
    expected_version: int | None = optional("The version that you saw; CONFLICT if it has another one.")

    @staticmethod
    def build(document_id: object, expected_version: int | None = None) -> Target:
        """The target that the command takes."""
        return Target(document_id, expected_version, Kind.DOCUMENT)  # type: ignore[arg-type]


@strawberry.input
class ManyDocuments(Keyed):
    """What every bulk call on documents takes."""

    documents: list[DocumentTarget] = needed(f"From {BULK} documents.")
    atomic: bool = strawberry.field(
        default=True,
        description="All or nothing. False: those that can be are changed, each other one has an error in `errors`.",
    )


@input_type
class MoveDocumentsInput(ManyDocuments):
    """Where to put documents."""

    folder_id: strawberry.ID | None = explicit_id_of(Kind.FOLDER, "A folder of their account. Null for none.")


@input_type
class LockDocumentInput(Expecting):
    """Until what a document is locked."""

    document_id: strawberry.ID = id_of(Kind.DOCUMENT, _DOCUMENT)
    invoice_id: strawberry.ID = id_of(
        Kind.INVOICE, "An invoice of its account that was sent and is neither paid nor void."
    )


@input_type
class DocumentsInput(ManyDocuments):
    """Which documents."""


@filter_type
class DocumentFilter:
    """Which documents. All that is given must hold."""

    account: IdFilter | None = asks_ids(Kind.ACCOUNT, Among("account_id"), "On one of these accounts.")
    folder: IdFilter | None = asks_ids(
        Kind.FOLDER, Among("folder_id"), "Right in one of these folders, and not in one within it."
    )
    filed: bool | None = asks(Filled("folder_id"), "Only those in a folder, or only those in none; both when left out.")
    job: IdFilter | None = asks_ids(Kind.JOB, LinkedToJob(), "Linked to one of these jobs.")
    search: str | None = asks(Matches(Kind.DOCUMENT), FOUND_BY)
    trashed: bool | None = asks(
        Filled("trashed_at"),
        "Only those in the trash, or only the others; only these when neither this filter nor any within it says so.",
        usual=False,
    )
    state: list[DocumentState] | None = asks(Among("state"), "In one of these states.")


MUTATIONS = (
    mutation(documents.create_document, CreateDocumentInput),
    mutation(documents.update_document, UpdateDocumentInput),
    mutation(document_versions.add_document_version, AddDocumentVersionInput),
    mutation(document_requests.request_approval, RequestApprovalInput),
    mutation(document_requests.decide_document, DecideDocumentInput),
    mutation(document_requests.request_signatures, RequestSignaturesInput),
    mutation(document_requests.record_document_signature, RecordDocumentSignatureInput),
    mutation(document_folders.move_documents, MoveDocumentsInput),
    mutation(document_locks.lock_document, LockDocumentInput),
    mutation(document_locks.unlock_document, DocumentInput),
    mutation(document_trash.trash_documents, DocumentsInput),
    mutation(document_trash.restore_documents, DocumentsInput),
    mutation(documents.void_document, DocumentInput),
    *links(documents.link_document, documents.unlink_document),
    mutation(documents.delete_document, DocumentInput),
)
LISTS = (
    listing(
        named(Kind.DOCUMENT),
        DocumentFilter,
        order="-created_at",
        description="The documents that you see, newest first; those in the trash where the filter asks for them.",
        one="A document.",
    ),
)
