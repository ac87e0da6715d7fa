"""Documents: what a client is asked to approve or to sign, on an account and linked to any number of its jobs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypedDict, Unpack
from uuid import UUID

from tortoise import fields

from models.bounds import FILES_OF_SIGNED
from models.command import Change, command
from models.command_steps import made_before
from models.errors import RuleBroken
from models.events import Changes, ClientAction, ItemEvent, ItemLinked, ItemUnlinked, changes_of
from models.files.owners import owns_files
from models.files.taking import give_up, take_one
from models.gathered import Gathered, Rules, checked
from models.ids import ContactId, DocumentId, FileId, FolderId, InvoiceId, Kind, new_id
from models.items import item as items
from models.items import signing
from models.items.approvers import approvers_awaited
from models.items.folders import folder_at
from models.items.item import Held
from models.items.kinds import register_item
from models.items.linking import linking, unlinking
from models.items.locked_documents import expect_unlocked
from models.items.naming import names_contact
from models.items.states import wrong_state
from models.policies import Policy, for_clients, to_those
from models.reasons import Reason
from models.rights import Right
from models.rows import Awaited, Awaiting, SignatureMethod, SignedItem, register
from models.rows.base import belongs_to
from models.rows.contacts import Contact
from models.rows.documents import DocumentVersion
from models.rows.signing import DIGEST_LENGTH
from models.scope import Place
from models.search_entries import Searched
from models.texts import DESCRIPTION, NAME


class DocumentState(StrEnum):
    """Where a document stands."""

    PLAIN = "PLAIN"
    PENDING_APPROVAL = "PENDING_APPROVAL"
    APPROVED = "APPROVED"
    DISAPPROVED = "DISAPPROVED"
    PENDING_SIGNATURE = "PENDING_SIGNATURE"
    PARTIALLY_SIGNED = "PARTIALLY_SIGNED"
    SIGNED = "SIGNED"
    VOID = "VOID"


_AWAITED = {
    DocumentState.PENDING_APPROVAL: Awaited.APPROVAL,
    DocumentState.DISAPPROVED: Awaited.REVISION,
    DocumentState.PENDING_SIGNATURE: Awaited.SIGNATURE,
    DocumentState.PARTIALLY_SIGNED: Awaited.SIGNATURE,
}
#: What somebody has approved or signed stays as it is.
_CHANGES_IN = frozenset(
    {DocumentState.PLAIN, DocumentState.PENDING_APPROVAL, DocumentState.DISAPPROVED, DocumentState.PENDING_SIGNATURE}
)
#: Of which nobody is asked anything.
_DELETED_IN = frozenset({DocumentState.PLAIN, DocumentState.VOID})


# What a folder says of itself holds for all within it that say nothing of their own.
_GIVEN = """EXISTS (WITH RECURSIVE up AS (
    SELECT id, parent_id, client_access FROM folder WHERE id = {row}.folder_id
    UNION ALL
    SELECT folder.id, folder.parent_id, folder.client_access FROM folder JOIN up ON folder.id = up.parent_id
    WHERE up.client_access IS NULL
) SELECT FROM up WHERE client_access IN ('VIEW', 'EDIT'))"""
#: The documents of which a client is asked something, and those that are in a folder that they may look into.
_ASKED_OR_GIVEN = f"({to_those('document_approver', 'document_id')} OR {to_those('signer', 'item')} OR {_GIVEN})"


class Document(SignedItem):
    """What a client is asked to approve or to sign, on an account, linked to any number of its jobs."""

    kind = Kind.DOCUMENT
    searched = Searched("name", unless="trashed_at")
    policy = Policy(
        account="account_id",
        clients=for_clients(account="account_id", which="{row}.trashed_at IS NULL", addressed=_ASKED_OR_GIVEN),
    )
    withheld = dict.fromkeys(("description", "digest", "decision_note", "signatures"), Right.MANAGE_DOCUMENTS)
    may_await = tuple(dict.fromkeys(_AWAITED.values()))
    until = "it is APPROVED, SIGNED by all who are to sign, or VOID; a PLAIN one never waits"

    created_by: Any = belongs_to("Member", null=True, index=True)
    name = fields.CharField(max_length=NAME.most)
    description: str = fields.TextField(default="")
    state = fields.CharEnumField(DocumentState, max_length=20, default=DocumentState.PLAIN)
    decided_at: datetime | None = fields.DatetimeField(null=True)
    decided_by: Any = belongs_to("Contact", null=True, index=True)
    decided_by_id: UUID | None
    decision_note: str = fields.TextField(default="")
    folder: Any = belongs_to("Folder", null=True, index=True)
    folder_id: UUID | None
    # Of its newest version, and the SHA-256 of that: None while it has none.
    file: Any = belongs_to("File", null=True)
    file_id: UUID | None
    file_sha256: Any = fields.CharField(max_length=DIGEST_LENGTH, null=True)
    # The invoice that is to be paid before the client reads it.
    locked_until: Any = belongs_to("Invoice", null=True, index=True)
    locked_until_id: UUID | None
    # While it is in the trash.
    trashed_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "document"
        indexes = (("firm_id", "created_at", "id"), ("firm_id", "state", "created_at", "id"))

    @property
    def title(self) -> str:
        """Its name."""
        return self.name

    @property
    def awaited(self) -> Awaited | None:
        """What it waits for: never while it is plain, nor once it is void."""
        return _AWAITED.get(self.state)

    @classmethod
    async def awaiting(cls, items: Sequence[UUID]) -> Mapping[UUID, Awaiting]:
        """The approvers of those that are to be approved, and whose turn it is to sign the others."""
        asked = await approvers_awaited(items) | await signing.awaited_signers(cls, items)
        return {item: Awaiting(contacts=tuple(contacts)) for item, contacts in asked.items()}

    @property
    def trashed(self) -> bool:
        """Whether it is in the trash."""
        return self.trashed_at is not None

    def expect_kept(self) -> None:
        """`RuleBroken` where it is in the trash."""
        if self.trashed:
            told = "This document is in the trash. Restore it first."
            raise RuleBroken(told, "document_id", reason=Reason.TRASHED)

    def expect_linkable(self) -> None:
        """What is in the trash comes to no further job."""
        self.expect_kept()

    @property
    def named(self) -> Mapping[str, UUID]:
        """What each of its events says of it, beside the job."""
        return {"document": self.id, "account": self.account_id}

    @property
    def digest(self) -> str:
        """The digest of what is signed: its name, description and file in this version of them."""
        content = {"contentVersion": self.content_version, "name": self.name, "description": self.description}
        if self.file_sha256 is not None:
            content["sha256"] = self.file_sha256
        return signing.digest_of(Kind.DOCUMENT, self.id, content)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentEvent(ItemEvent):
    """Something happened to a document. It is told once for each job that the document is linked to."""

    subject = "document"
    beside = ("job",)
    called = {"from_state": "from_document_state", "to_state": "to_document_state"}

    document: DocumentId


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentCreated(DocumentEvent):
    """A document was added."""

    def before(self) -> tuple[Place, ...]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentUpdated(DocumentEvent):
    """A document's name or description changed: it has another version of its content. Or, when two contacts were
    merged, which of them decided it."""

    changes: Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentVersionAdded(DocumentEvent):
    """A document has another file than before, or its first one: it has another version of its content."""

    called = {"number": "version_number"}
    says = {"number": "The number of the file among those of the document, from 1."}

    file: FileId
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentStateChanged(DocumentEvent):
    """A document was sent to be approved or signed, to others than before where its state stayed the same; or it was
    made void."""

    from_state: DocumentState
    to_state: DocumentState
    asked: tuple[ContactId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentDecided(DocumentEvent, ClientAction):
    """A document was approved or disapproved by a contact of the client, or by a member on their behalf."""

    from_state: DocumentState
    to_state: DocumentState
    acting_contact: ContactId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSigned(DocumentEvent, ClientAction):
    """A contact of the client signed a document, or a member recorded a signature that was obtained elsewhere."""

    from_state: DocumentState
    to_state: DocumentState
    acting_contact: ContactId | None
    method: SignatureMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLinked(DocumentEvent, ItemLinked):
    """A document was linked to a job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentUnlinked(DocumentEvent, ItemUnlinked):
    """A document was unlinked from a job: `linkedJob` is the one that it left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentMoved(DocumentEvent):
    """A document came into another folder of its account, or into none."""

    from_folder: FolderId | None
    to_folder: FolderId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLocked(DocumentEvent):
    """A document was locked until an invoice is paid. It is unlocked by that without an event of its own."""

    invoice: InvoiceId


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentUnlocked(DocumentEvent):
    """A document waits for no invoice any more."""

    invoice: InvoiceId


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentTrashed(DocumentEvent):
    """A document was put into the trash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRestored(DocumentEvent):
    """A document was taken out of the trash: it is what and where it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentDeleted(DocumentEvent):
    """A document was deleted."""

    ends = True

    title: str


register(Document)
register_item(Document, DocumentLinked, DocumentUnlinked)
owns_files(Document, needs=Right.MANAGE_DOCUMENTS)


class DocumentFields(TypedDict, total=False):
    """What `update_document` may change; what is left out stays."""

    name: str
    description: str


_RULES: Rules = {"name": NAME.check, "description": DESCRIPTION.check}


@command("createDocument", Right.MANAGE_DOCUMENTS)
async def create_document(
    change: Change,
    *,
    name: str,
    description: str = "",
    account_id: UUID | None = None,
    job_id: UUID | None = None,
    folder_id: UUID | None = None,
    file_id: UUID | None = None,
    id: UUID | None = None,
) -> Document:
    """Add a document to an account, or to a job of it. Nobody is asked anything yet."""
    if earlier := await made_before(change, Document, id, DocumentCreated):
        return earlier
    with Gathered() as check:
        told = check.each({"name": name, "description": description}, _RULES)
        check(items.expect_place, account_id, job_id)
    account, job = await items.open_place(change, account_id, job_id)
    await folder_at(change, folder_id, account, "folder_id")
    document = Document(
        id=id or new_id(),
        firm_id=change.actor.firm_id,
        account_id=account,
        folder_id=folder_id,
        created_by_id=change.member_id,
        **told,
        created_at=change.now,
    )
    file = None if file_id is None else await take_one(change, document, file_id, most=FILES_OF_SIGNED.most)
    if file is not None:
        document.file_id, document.file_sha256 = file.id, file.sha256
    held = await items.create(change, document, job)
    if file is not None:
        await DocumentVersion.keep(document, file, 1)
    items.tell(change, DocumentCreated, held)
    return document


async def hold(change: Change, document_id: UUID, expected_version: int | None) -> Held[Document]:
    """A document, held with its jobs."""
    held = await items.lock(change.scope.rows(Document), Document, document_id, "document_id")
    held.item.expect(expected_version)
    return held


async def lock_in_use(change: Change, document_id: UUID, expected_version: int | None) -> Held[Document]:
    """A document of an account that is not archived, and not in the trash, held; or why not."""
    held = await hold(change, document_id, expected_version)
    held.item.expect_kept()
    await items.expect_in_use(change, held.item)
    return held


def expect_state(document: Document, states: frozenset[DocumentState], told: str) -> None:
    """`RuleBroken`, with these words, where a document stands elsewhere."""
    if document.state not in states:
        raise wrong_state(document, document.state, told)


async def expect_changeable(document: Document) -> None:
    """`RuleBroken` where the content of a document stays as it is."""
    await expect_unlocked(document)
    told = "What was approved or signed stays as it is. Request approval again, or add another document."
    expect_state(document, _CHANGES_IN, told)


def expect_nothing_asked(document: Document) -> None:
    """`RuleBroken` where the client was asked something of a document that is not void."""
    expect_state(document, _DELETED_IN, "The client was asked about this document. Make it void first.")


@command("updateDocument", Right.MANAGE_DOCUMENTS)
async def update_document(
    change: Change, *, document_id: UUID, expected_version: int | None = None, **fields: Unpack[DocumentFields]
) -> Document:
    """Change a document's name or description, which is another version of its content. What a client has approved or
    signed stays as it is."""
    held = await lock_in_use(change, document_id, expected_version)
    document = held.item
    if differing := checked(document.differing(fields), _RULES):
        await expect_changeable(document)
        changed = document.change_to({**differing, "content_version": document.content_version + 1})
        await items.store(change, held, *changed)
        items.tell(change, DocumentUpdated, held, changes=changes_of(changed))
    return document


async def put_into(
    change: Change, held: Held[Document], state: DocumentState, *columns: str, asked: Sequence[Contact] = ()
) -> None:
    """Write the new state of a document with these columns, and tell of it."""
    from_state, held.item.state = held.item.state, state
    await items.store(change, held, "state", *columns)
    who = tuple(contact.id for contact in asked)
    items.tell(change, DocumentStateChanged, held, from_state=from_state, to_state=state, asked=who)


@command("voidDocument", Right.MANAGE_DOCUMENTS)
async def void_document(change: Change, *, document_id: UUID, expected_version: int | None = None) -> Document:
    """Make a document void, whoever has approved or signed it. It holds no job any more, and nothing revives it."""
    held = await hold(change, document_id, expected_version)
    held.item.expect_kept()
    if held.item.state is not DocumentState.VOID:
        await expect_unlocked(held.item)
        await put_into(change, held, DocumentState.VOID)
    return held.item


link_document = linking(Document, Right.MANAGE_DOCUMENTS)
unlink_document = unlinking(Document, Right.MANAGE_DOCUMENTS)


@command("deleteDocument", Right.MANAGE_DOCUMENTS)
async def delete_document(change: Change, *, document_id: UUID, expected_version: int | None = None) -> Document:
    """Delete a document that nobody is asked anything of, or that is void. The answer's document is what it was.

    Its history stays in the log."""
    held = await hold(change, document_id, expected_version)
    expect_nothing_asked(held.item)
    if not held.item.trashed:
        await expect_unlocked(held.item)
    await signing.forget_signers(held.item)
    await give_up(change, held.item)
    await items.end(held)
    items.tell(change, DocumentDeleted, held, title=held.item.title)
    return held.item


def _tell_of_decider(change: Change, held: Held[Document], before: UUID, after: UUID) -> None:
    items.tell(change, DocumentUpdated, held, changes=changes_of({"decided_by_id": (before, after)}))


names_contact(Document, "decided_by_id", _tell_of_decider)
