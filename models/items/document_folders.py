"""In which folders documents are."""

from collections.abc import Sequence
from uuid import UUID

from models.bulk import Bulk
from models.command import Change, command
from models.items import item as items
from models.items.document_bulk import Targets
from models.items.documents import Document, DocumentMoved
from models.items.folders import Folder, expect_at
from models.rights import Right
from models.targets import Target, several


@command("moveDocuments", Right.MANAGE_DOCUMENTS)
async def move_documents(
    change: Change, *, documents: Sequence[Target], folder_id: UUID | None, atomic: bool = True
) -> Bulk[Document]:
    """Put documents into a folder of their account, or into none, in one revision. It is no change of their content."""
    named = several(documents, "documents")
    folder = None if folder_id is None else await change.scope.rows(Folder).get(folder_id, "folder_id")
    targets = await Targets.lock(change, named)

    def accept(document: Document) -> bool:
        targets.expect_used(document)
        expect_at(folder, document.account_id, "document_id")
        return document.folder_id != folder_id

    done, moved = targets.each(atomic, accept)
    before = {held.item.id: held.item.folder_id for held in moved}
    for held in moved:
        held.item.folder_id = folder_id
    await items.store_several(change, moved, "folder_id")
    for held in moved:
        items.tell(change, DocumentMoved, held, from_folder=before[held.item.id], to_folder=folder_id)
    return done
