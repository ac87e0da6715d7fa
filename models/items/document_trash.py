"""The trash: documents that nobody wants any more, until somebody wants one back, or its time has come."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from models.actor import Actor, ActorKind
from models.bulk import Bulk
from models.command import Change, command
from models.database import sql
from models.errors import Conflict, NotFound
from models.events import Event
from models.items import item as items
from models.items.document_bulk import Targets
from models.items.documents import (
    Document,
    DocumentRestored,
    DocumentTrashed,
    delete_document,
    expect_nothing_asked,
)
from models.items.links import keep_trashed
from models.items.locked_documents import locked, locked_among
from models.rights import Right
from models.targets import Target, several


@command("trashDocuments", Right.MANAGE_DOCUMENTS)
async def trash_documents(change: Change, *, documents: Sequence[Target], atomic: bool = True) -> Bulk[Document]:
    """Put documents into the trash, of which nobody is asked anything, or that are void. They are on no list and found
    by no search, nothing of them changes, and after a while they are deleted."""
    targets = await Targets.lock(change, several(documents, "documents"))
    kept_locked = await locked_among(targets.held)

    def accept(document: Document) -> bool:
        if document.trashed:
            return False
        expect_nothing_asked(document)
        if document.id in kept_locked:
            raise locked("document_id")
        return True

    return await _put(change, targets, atomic, accept, change.now, DocumentTrashed)


@command("restoreDocuments", Right.MANAGE_DOCUMENTS)
async def restore_documents(change: Change, *, documents: Sequence[Target], atomic: bool = True) -> Bulk[Document]:
    """Take documents out of the trash: they are what and where they were."""
    targets = await Targets.lock(change, several(documents, "documents"))
    return await _put(change, targets, atomic, lambda document: document.trashed, None, DocumentRestored)


async def _put(
    change: Change,
    targets: Targets,
    atomic: bool,
    accept: Callable[[Document], bool],
    trashed_at: datetime | None,
    told: type[Event],
) -> Bulk[Document]:
    done, changed = targets.each(atomic, accept)
    for held in changed:
        held.item.trashed_at = trashed_at
    await items.store_several(change, changed, "trashed_at")
    await keep_trashed([held.item.id for held in changed], trashed_at is not None)
    for held in changed:
        items.tell(change, told, held)
    return done


#: How many are looked up at once.
_AT_ONCE = 100
_OVER = """
SELECT id, firm_id, version, trashed_at FROM document
WHERE trashed_at < $1 AND (trashed_at, id) > ($2, $3) ORDER BY trashed_at, id LIMIT $4
"""
_BEGINNING = datetime.min, UUID(int=0)


async def empty_trash(before: datetime) -> int:
    """Delete what has been in the trash since before this moment, as whoever deletes it by hand does. Returns how many.

    What is taken out of it meanwhile, or deleted by somebody else, is left to them."""
    deleted, after = 0, (_BEGINNING[0].replace(tzinfo=before.tzinfo), _BEGINNING[1])
    while found := await sql(_OVER, before, *after, _AT_ONCE):
        for row in found:
            schedule = Actor(ActorKind.SCHEDULE, row["firm_id"], label="Trash")
            try:
                await delete_document(schedule, document_id=row["id"], expected_version=row["version"])
                deleted += 1
            except (Conflict, NotFound):
                pass
        after = found[-1]["trashed_at"], found[-1]["id"]
    return deleted
