"""The trash: what comes there, what it is as long as it is there, and when it is deleted."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from models.commands.accounts import archive_account
from models.commands.moves import archive_job
from models.database import sql
from models.errors import RuleBroken
from models.firm.contacts import create_contact
from models.ids import Kind
from models.items.document_folders import move_documents
from models.items.document_requests import request_approval, request_signatures
from models.items.document_trash import empty_trash, restore_documents, trash_documents
from models.items.documents import (
    Document,
    create_document,
    delete_document,
    link_document,
    unlink_document,
    update_document,
    void_document,
)
from models.items.folders import create_folder, delete_folder
from models.items.reads import Wanted, item_counts, items_of_jobs
from models.reasons import Reason
from models.rows import Job
from models.scope import Scope
from models.searching import search
from models.targets import Target
from tests.domain.refusal import counted, refused, told
from tests.world import World


class Bin:
    """A job, a contact at its account, and documents."""

    def __init__(self, world: World, job: Job, contact: UUID) -> None:
        self.world, self.job, self.contact = world, job, contact
        self.owner = world.acting(world.owner)

    @classmethod
    async def of(cls, world: World) -> "Bin":
        made = create_contact(world.acting(world.owner), name="Ada", account_id=world.account.id)
        return cls(world, await world.job(), (await made).value.id)

    async def document(self, name: str = "Ledger") -> UUID:
        """A document on the job. Its id."""
        return (await create_document(self.owner, name=name, job_id=self.job.id)).value.id

    async def trash(self, *ids: UUID, atomic: bool = True) -> Any:
        return (await trash_documents(self.owner, documents=_named(*ids), atomic=atomic)).value

    async def restore(self, *ids: UUID) -> Any:
        return (await restore_documents(self.owner, documents=_named(*ids))).value

    async def on_job(self, *, trashed: bool = False) -> set[UUID]:
        """The items of the job, or those of them in the trash."""
        wanted = Wanted.of(Scope.whole(self.world.firm.id), [Kind.DOCUMENT], None, trashed)
        linked = (await items_of_jobs([self.job.id], wanted, None, 50)).get(self.job.id, [])
        assert (await item_counts([self.job.id], wanted)).get(self.job.id, 0) == len(linked)
        return {each.key.item for each in linked}

    async def found(self) -> set[UUID]:
        """What a search finds by the usual name."""
        hits = (await search(Scope.whole(self.world.firm.id), "ledger", None, 50)).hits
        return {hit.id for hit in hits}


def _named(*ids: UUID) -> list[Target]:
    return [Target(id, kind=Kind.DOCUMENT) for id in ids]


async def test_what_is_in_the_trash_is_nowhere_until_it_is_back(world: World) -> None:
    desk = await Bin.of(world)
    kept, trashed = await desk.document(), await desk.document("Ledger of 2025")
    before = await world.revision()
    await desk.trash(trashed)
    assert await told(world, before) == ["DocumentTrashed"] * 2
    assert (await desk.on_job(), await desk.on_job(trashed=True)) == ({kept}, {trashed})
    assert await desk.found() == {kept}
    # Again, nothing changes.
    await desk.trash(trashed)
    assert await world.revision() == before + 1
    await desk.restore(trashed, kept)
    assert await told(world, before + 1) == ["DocumentRestored"] * 2
    assert await desk.on_job() == await desk.found() == {kept, trashed}
    row = await Document.get(id=trashed)
    assert (row.trashed_at, row.version, row.content_version) == (None, 3, 1)


async def test_its_links_stay_and_it_comes_to_no_further_job(world: World) -> None:
    desk, other = await Bin.of(world), await world.job("1065")
    document = await desk.document()
    await desk.trash(document)
    async with refused(world, RuleBroken, "document_id", match="trash") as caught:
        await link_document(desk.owner, document_id=document, job_id=other.id)
    assert caught.value.reason is Reason.TRASHED
    # Where it is linked already, nothing changes; and it may be unlinked.
    await link_document(desk.owner, document_id=document, job_id=desk.job.id)
    await unlink_document(desk.owner, document_id=document, job_id=desk.job.id)
    await desk.restore(document)
    await link_document(desk.owner, document_id=document, job_id=desk.job.id)
    assert await desk.on_job() == {document}


Act = Callable[[Bin, UUID], Awaitable[Any]]
CHANGES: dict[str, Act] = {
    "update": lambda desk, id: update_document(desk.owner, document_id=id, name="Another"),
    "approval": lambda desk, id: request_approval(desk.owner, document_id=id, approver_ids=[desk.contact]),
    "signatures": lambda desk, id: request_signatures(desk.owner, document_id=id, signer_ids=[desk.contact]),
    "void": lambda desk, id: void_document(desk.owner, document_id=id),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_nothing_of_it_changes(change: str, world: World) -> None:
    desk = await Bin.of(world)
    document = await desk.document()
    await desk.trash(document)
    async with refused(world, RuleBroken, "document_id", match="trash") as caught:
        await CHANGES[change](desk, document)
    assert caught.value.reason is Reason.TRASHED
    await desk.restore(document)
    await CHANGES[change](desk, document)


async def test_what_is_asked_of_a_client_is_made_void_first(world: World) -> None:
    desk = await Bin.of(world)
    plain, asked = await desk.document(), await desk.document()
    await CHANGES["approval"](desk, asked)
    async with refused(world, RuleBroken, "documents", 1, "document_id", match="void first") as caught:
        await desk.trash(plain, asked)
    assert caught.value.reason is Reason.WRONG_STATE
    done = await desk.trash(plain, asked, atomic=False)
    assert [row.id for row in done.rows] == [plain]
    assert [each.path for each in done.refused] == [("documents", 1, "document_id")]
    await void_document(desk.owner, document_id=asked)
    await desk.trash(asked)
    assert await desk.on_job(trashed=True) == {plain, asked}


async def test_many_take_as_many_statements_as_one(world: World, caplog: pytest.LogCaptureFixture) -> None:
    desk = await Bin.of(world)
    one, *many = [await desk.document() for _ in range(6)]
    with counted(caplog) as few:
        await desk.trash(one)
    with counted(caplog) as more:
        await desk.trash(*many)
    assert len(more) == len(few)


async def test_a_folder_is_not_deleted_with_what_is_in_the_trash(world: World) -> None:
    desk = await Bin.of(world)
    folder = (await create_folder(desk.owner, account_id=world.account.id, name="Books")).value.id
    document = await desk.document()
    await move_documents(desk.owner, documents=_named(document), folder_id=folder)
    await desk.trash(document)
    async with refused(world, RuleBroken, "folder_id", match="those in the trash"):
        await delete_folder(desk.owner, folder_id=folder)
    # It may be moved there, too.
    await move_documents(desk.owner, documents=_named(document), folder_id=None)
    await delete_folder(desk.owner, folder_id=folder)


async def test_it_is_emptied_by_the_command_that_deletes(world: World) -> None:
    desk = await Bin.of(world)
    long_ago, lately, back, kept = [await desk.document() for _ in range(4)]
    await desk.trash(long_ago, lately, back)
    old = datetime.now(UTC) - timedelta(days=40)
    await sql("UPDATE document SET trashed_at = $2 WHERE id = ANY($1)", [long_ago, back], old)
    await desk.restore(back)
    # On an archived account too.
    await archive_job(desk.owner, job_id=desk.job.id)
    await archive_account(desk.owner, account_id=world.account.id)
    before = await world.revision()
    assert await empty_trash(datetime.now(UTC) - timedelta(days=30)) >= 1
    assert set(await Document.filter(account_id=world.account.id).values_list("id", flat=True)) == {lately, back, kept}
    assert await told(world, before) == ["DocumentDeleted"] * 2
    (deleted, _) = await world.events(before)
    assert deleted.actor["kind"] == "SCHEDULE"
    before = await world.revision()
    await empty_trash(datetime.now(UTC) - timedelta(days=30))
    assert await world.revision() == before
    # By hand whenever somebody wants to.
    await delete_document(desk.owner, document_id=lately)
