"""Documents: how one is made, and how their events come about."""

from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from functools import partial
from uuid import UUID

from models.actor import Actor
from models.bounds import ASKED
from models.firm.contacts import create_contact
from models.ids import Kind
from models.items import (
    document_folders,
    document_locks,
    document_requests,
    document_trash,
    document_versions,
    documents,
)
from models.items.invoice_lines import NewLine
from models.items.invoice_states import send_invoice
from models.items.invoices import create_invoice
from models.rights import Right
from models.rows.contacts import AccountContact
from models.targets import Target
from tests.files import uploaded
from tests.kinds import folders
from tests.live.scenarios import causes, owner_of
from tests.lives import Before, Cast, Life, Object, Step, given
from tests.planting import hidden_one, hidden_text
from tests.specimens import Specimens, Spot
from tests.world import World


async def make_loose(actor: Actor, word: str, spot: Spot) -> UUID:
    """A document on the account alone, of which nobody is asked anything."""
    description = hidden_text(word, Right.MANAGE_DOCUMENTS)
    made = documents.create_document(actor, name=word, description=description, account_id=spot.account)
    return (await made).value.id


async def file_of(actor: Actor, word: str, right: Right = Right.MANAGE_DOCUMENTS) -> UUID:
    """A file that the actor has uploaded, and of which nobody else may know anything but with this right."""
    # Of what is in it nothing is told but its digest.
    text = hidden_one("What is in it", "What it says.", "What it means", right)
    return (await uploaded(actor, f"{hidden_text(word, right)}.txt", text)).id


async def contacts_of(actor: Actor, word: str, spot: Spot) -> list[UUID]:
    """Those at the account, as many as can be asked, or a new one."""
    there = AccountContact.filter(account_id=spot.account, contact__archived_at=None).order_by("created_at", "id")
    if found := await there.limit(ASKED.most):
        return [link.contact_id for link in found]
    return [(await create_contact(actor, name=f"{word} Signer", account_id=spot.account)).value.id]


async def make_folder(actor: Actor, word: str, spot: Spot) -> UUID:
    """A folder with a document in it."""
    folder = await folders.make_loose(actor, f"{word} with a document", spot)
    await documents.create_document(actor, name=word, account_id=spot.account, folder_id=folder)
    return folder


async def sent_invoice(actor: Actor, word: str, spot: Spot) -> UUID:
    """An invoice of the account that the client is to pay."""
    line = NewLine(word, Decimal(100), quantity=Decimal(1))
    invoice = (await create_invoice(actor, account_id=spot.account, lines=[line])).value.id
    await send_invoice(actor, invoice_id=invoice)
    return invoice


async def make_locked(actor: Actor, word: str, spot: Spot) -> UUID:
    """A document that is locked until an invoice is paid."""
    document = await make_loose(actor, f"{word} locked", spot)
    invoice = await sent_invoice(actor, word, spot)
    await document_locks.lock_document(actor, document_id=document, invoice_id=invoice)
    return document


async def make_trashed(actor: Actor, word: str, spot: Spot) -> UUID:
    """A document in the trash."""
    document = await make_loose(actor, f"{word} in the trash", spot)
    await document_trash.trash_documents(actor, documents=targets(document))
    return document


def targets(*wanted: UUID) -> list[Target]:
    """Documents, as bulk calls name them."""
    return [Target(document, kind=Kind.DOCUMENT) for document in wanted]


async def make_for_approval(actor: Actor, word: str, spot: Spot) -> UUID:
    """One that all contacts of the account are asked to approve."""
    document, contacts = await make_loose(actor, word, spot), await contacts_of(actor, word, spot)
    await document_requests.request_approval(actor, document_id=document, approver_ids=contacts)
    return document


async def make_for_signature(actor: Actor, word: str, spot: Spot) -> UUID:
    """One that all contacts of the account are asked to sign."""
    document, contacts = await make_loose(actor, word, spot), await contacts_of(actor, word, spot)
    await document_requests.request_signatures(actor, document_id=document, signer_ids=contacts)
    return document


async def make(actor: Actor, word: str, spot: Spot) -> UUID:
    """One on the job that was disapproved, and that the first of two contacts has signed since."""
    first, *others = await contacts_of(actor, word, spot)
    if not others:
        others = [(await create_contact(actor, name=f"{word} Second", account_id=spot.account)).value.id]
    document = await make_for_approval(actor, word, spot)
    for _ in range(2):
        await document_versions.add_document_version(actor, document_id=document, file_id=await file_of(actor, word))
    note, evidence = (hidden_text(word, Right.MANAGE_DOCUMENTS) for _ in range(2))
    await document_requests.decide_document(actor, document_id=document, contact_id=first, approved=False, note=note)
    signers = [first, others[0]]
    await document_requests.request_signatures(actor, document_id=document, signer_ids=signers, in_order=True)
    evidence_file = await file_of(actor, f"{word} signed")
    recorded = document_requests.record_document_signature(
        actor, document_id=document, contact_id=first, evidence=evidence, evidence_file_id=evidence_file
    )
    await recorded
    if spot.job is not None:
        await documents.link_document(actor, document_id=document, job_id=spot.job)
    await move(actor, await folders.make_loose(actor, f"{word} of documents", spot), document)
    return document


async def move(actor: Actor, folder: UUID | None, *wanted: UUID) -> None:
    """Put documents into this folder."""
    await document_folders.move_documents(actor, documents=targets(*wanted), folder_id=folder)


async def _is_trashed(document: documents.Document) -> bool:
    return document.trashed


async def _is_filed(document: documents.Document) -> bool:
    return document.folder_id is not None


async def _state(document: documents.Document) -> set[str]:
    return {document.state.value}


async def _found_by(document: documents.Document) -> tuple[str, str]:
    return document.name, ""


def _asking(whom: str) -> Callable[[Cast], Object]:
    return lambda cast: {whom: [cast.contact]}


def _named_folder(cast: Cast) -> Object:
    return {"accountId": cast.account, "name": "Returns"}


def _decided(approved: bool, awaits: str | None = None) -> Step:
    return Step(
        mutation="decideDocument",
        given=given(approved=approved, note="So be it"),
        event="DocumentDecided",
        for_client=True,
        awaits=awaits,
    )


_made = Step(mutation="createDocument", given=given(name="Return"), event="DocumentCreated")
_changed = partial(Step, event="DocumentStateChanged")
_to_approve = _changed(mutation="requestApproval", given=_asking("approverIds"), awaits="APPROVAL")
_to_sign = _changed(mutation="requestSignatures", given=_asking("signerIds"), awaits="SIGNATURE")

LIVES = [
    Life(
        made=_made,
        steps=[
            Step(mutation="updateDocument", given=given(description="Of 2025"), event="DocumentUpdated"),
            Step(
                mutation="moveDocuments",
                given=lambda cast: {
                    "documents": [{"documentId": cast.item["id"]}],
                    "folderId": cast.made["createFolder"]["id"],
                },
                event="DocumentMoved",
                answers="documents",
            ),
            _to_approve,
            _decided(False, "REVISION"),
            _to_approve,
            _decided(True),
            _to_sign,
            Step(
                mutation="recordDocumentSignature",
                given=given(evidence="In the safe"),
                event="DocumentSigned",
                for_client=True,
            ),
        ],
        before=[Before(mutation="createFolder", given=_named_folder, thing="folder")],
    ),
    # One that nobody signs.
    Life(
        made=_made,
        steps=[_to_sign, _changed(mutation="voidDocument")],
        end=Step(mutation="deleteDocument", event="DocumentDeleted"),
    ),
]

SPECIMENS = Specimens(
    kind=Kind.DOCUMENT,
    make=make,
    hidden_with=frozenset({"account"}),
    further={
        "loose document": make_loose,
        "folder of documents": make_folder,
        "trashed document": make_trashed,
        "locked document": make_locked,
        "invoice to be paid": sent_invoice,
        "document to approve": make_for_approval,
        "document to sign": make_for_signature,
    },
    chosen={
        "updateDocument.documentId": "loose document",
        "documents.folder": "folder of documents",
        "createDocument.fileId": "own file",
        "addDocumentVersion.documentId": "loose document",
        "addDocumentVersion.fileId": "own file",
        "recordDocumentSignature.evidenceFileId": "own file",
        "moveDocuments.documentId": "loose document",
        "lockDocument.documentId": "loose document",
        "lockDocument.invoiceId": "invoice to be paid",
        "unlockDocument.documentId": "locked document",
        "trashDocuments.documentId": "loose document",
        "restoreDocuments.documentId": "trashed document",
        "requestApproval.documentId": "loose document",
        "decideDocument.documentId": "document to approve",
        "requestSignatures.documentId": "loose document",
        "recordDocumentSignature.documentId": "document to sign",
        "linkDocument.documentId": "loose document",
        "deleteDocument.documentId": "loose document",
    },
    not_any_more={"updateDocument": ["UPDATE document SET description = repeat(' ', 30000) WHERE id = $1"]},
    facts={"state": _state, "filed": _is_filed, "trashed": _is_trashed, "search": _found_by},
    lives=LIVES,
)


async def hidden_job(world: World) -> UUID:
    """A job of the same account that the employee does not see."""
    return (await world.job(pipeline_id=(await world.new_pipeline("Hidden")).id)).id


async def on_jobs(world: World) -> UUID:
    """A document on a job that the employee sees, and on one that they do not."""
    owner, document = owner_of(world), await make_loose(owner_of(world), "Return", Spot(world.account.id))
    for job in ((await world.job()).id, await hidden_job(world)):
        await documents.link_document(owner, document_id=document, job_id=job)
    return document


async def new_contact(world: World, name: str = "Ada") -> UUID:
    """A contact at the world's account."""
    return (await create_contact(owner_of(world), name=name, account_id=world.account.id)).value.id


@causes(documents.DocumentCreated)
async def created(world: World) -> AsyncIterator[None]:
    jobs = [(await world.job()).id, await hidden_job(world)]
    yield
    for job in jobs:
        await documents.create_document(owner_of(world), name="Return", job_id=job)


@causes(documents.DocumentUpdated)
async def updated(world: World) -> AsyncIterator[None]:
    document = await on_jobs(world)
    yield
    await documents.update_document(owner_of(world), document_id=document, name="Another", description="Longer")


@causes(documents.DocumentMoved)
async def moved(world: World) -> AsyncIterator[None]:
    document, owner = await on_jobs(world), owner_of(world)
    folder = await folders.make_loose(owner, "Taxes", Spot(world.account.id))
    yield
    await move(owner, folder, document)


@causes(documents.DocumentTrashed)
async def trashed(world: World) -> AsyncIterator[None]:
    document = await on_jobs(world)
    yield
    await document_trash.trash_documents(owner_of(world), documents=targets(document))


@causes(documents.DocumentRestored)
async def restored(world: World) -> AsyncIterator[None]:
    document = await on_jobs(world)
    await document_trash.trash_documents(owner_of(world), documents=targets(document))
    yield
    await document_trash.restore_documents(owner_of(world), documents=targets(document))


@causes(documents.DocumentVersionAdded)
async def version_added(world: World) -> AsyncIterator[None]:
    document = await on_jobs(world)
    yield
    file = (await uploaded(owner_of(world))).id
    await document_versions.add_document_version(owner_of(world), document_id=document, file_id=file)


@causes(documents.DocumentLocked)
async def locked(world: World) -> AsyncIterator[None]:
    document, owner = await on_jobs(world), owner_of(world)
    invoice = await sent_invoice(owner, "Return", Spot(world.account.id))
    yield
    await document_locks.lock_document(owner, document_id=document, invoice_id=invoice)


@causes(documents.DocumentUnlocked)
async def unlocked(world: World) -> AsyncIterator[None]:
    document, owner = await on_jobs(world), owner_of(world)
    invoice = await sent_invoice(owner, "Return", Spot(world.account.id))
    await document_locks.lock_document(owner, document_id=document, invoice_id=invoice)
    yield
    await document_locks.unlock_document(owner, document_id=document)


@causes(documents.DocumentStateChanged)
async def state_changed(world: World) -> AsyncIterator[None]:
    document, contact, owner = await on_jobs(world), await new_contact(world), owner_of(world)
    yield
    await document_requests.request_approval(owner, document_id=document, approver_ids=[contact])
    await document_requests.request_signatures(owner, document_id=document, signer_ids=[contact])


@causes(documents.DocumentDecided)
async def decided(world: World) -> AsyncIterator[None]:
    document, contact, owner = await on_jobs(world), await new_contact(world), owner_of(world)
    await document_requests.request_approval(owner, document_id=document, approver_ids=[contact])
    yield
    await document_requests.decide_document(owner, document_id=document, contact_id=contact, approved=True)


@causes(documents.DocumentSigned)
async def signed(world: World) -> AsyncIterator[None]:
    document, contact, owner = await on_jobs(world), await new_contact(world), owner_of(world)
    await document_requests.request_signatures(owner, document_id=document, signer_ids=[contact])
    yield
    signing = document_requests.record_document_signature(
        owner, document_id=document, contact_id=contact, evidence="In the safe"
    )
    await signing


@causes(documents.DocumentLinked)
async def linked(world: World) -> AsyncIterator[None]:
    document = await make_loose(owner_of(world), "Return", Spot(world.account.id))
    jobs = [(await world.job()).id, await hidden_job(world)]
    yield
    for job in jobs:
        await documents.link_document(owner_of(world), document_id=document, job_id=job)


@causes(documents.DocumentUnlinked)
async def unlinked(world: World) -> AsyncIterator[None]:
    document = await make_loose(owner_of(world), "Return", Spot(world.account.id))
    jobs = [(await world.job()).id, await hidden_job(world)]
    for job in jobs:
        await documents.link_document(owner_of(world), document_id=document, job_id=job)
    yield
    for job in jobs:
        await documents.unlink_document(owner_of(world), document_id=document, job_id=job)


@causes(documents.DocumentDeleted)
async def deleted(world: World) -> AsyncIterator[None]:
    document = await on_jobs(world)
    yield
    await documents.delete_document(owner_of(world), document_id=document)
