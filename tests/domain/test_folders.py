"""Folders: a tree of an account's, and the documents in it."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from models.bounds import FOLDER_LEVELS, FOLDERS_OF_ACCOUNT
from models.commands.accounts import archive_account
from models.database import sql
from models.errors import Forbidden, Invalid, NotFound, Refusal, RuleBroken
from models.ids import Kind, new_id
from models.items.document_folders import move_documents
from models.items.documents import Document, create_document, delete_document
from models.items.folders import (
    ClientAccess,
    Folder,
    create_folder,
    delete_folder,
    folders_of_accounts,
    move_folder,
    update_folder,
)
from models.reasons import Reason
from models.rights import Right, Role
from models.scope import Scope
from models.targets import Target
from models.templates.folder_content import Folder as TemplateFolder
from models.templates.folder_content import FolderTreeContent
from models.templates.folders import apply_folder_template
from models.templates.templates import create_template
from tests.domain.refusal import counted, refused, told
from tests.world import World


async def add(world: World, name: str, within: UUID | None = None, **more: Any) -> UUID:
    """A folder of the world's account. Its id."""
    more = {"account_id": world.account.id, "parent_id": within, **more}
    return (await create_folder(world.acting(world.owner), name=name, **more)).value.id


async def document(world: World, **more: Any) -> UUID:
    """A document on the world's account. Its id."""
    more = {"account_id": world.account.id, **more}
    return (await create_document(world.acting(world.owner), name="Return", **more)).value.id


async def put(world: World, folder: UUID | None, *ids: UUID, atomic: bool = True) -> Sequence[Refusal]:
    """Move documents to a folder. What was refused."""
    named = [Target(id, kind=Kind.DOCUMENT) for id in ids]
    moved = move_documents(world.acting(world.owner), documents=named, folder_id=folder, atomic=atomic)
    return (await moved).value.refused


async def outline(world: World, account: UUID | None = None) -> list[str]:
    """The names of an account's folders, each indented by how deep it is."""
    account = account or world.account.id
    folders = (await folders_of_accounts(Scope.whole(world.firm.id), [account])).get(account, [])
    levels: dict[UUID | None, int] = {None: -1}
    for folder in folders:
        levels[folder.id] = levels[folder.parent_id] + 1
    return [f"{'  ' * levels[folder.id]}{folder.name}" for folder in folders]


async def test_folders_are_a_tree_in_the_order_of_their_names(world: World) -> None:
    taxes = await add(world, "Taxes")
    year = await add(world, "2025", taxes)
    await add(world, "Änderungen", taxes)
    books, before = await add(world, "books", client_access=ClientAccess.VIEW), await world.revision()
    assert await outline(world) == ["books", "Taxes", "  2025", "  Änderungen"]
    moved = (await move_folder(world.acting(world.owner), folder_id=year, parent_id=books)).value
    assert (moved.parent_id, moved.version) == (books, 2)
    assert await outline(world) == ["books", "  2025", "Taxes", "  Änderungen"]
    await move_folder(world.acting(world.owner), folder_id=taxes, parent_id=year)
    assert await outline(world) == ["books", "  2025", "    Taxes", "      Änderungen"]
    await move_folder(world.acting(world.owner), folder_id=taxes, parent_id=year)
    await move_folder(world.acting(world.owner), folder_id=year, parent_id=None)
    assert await outline(world) == ["2025", "  Taxes", "    Änderungen", "books"]
    (first, _, last) = [logged.event for logged in await world.events(before)]
    assert (first.from_folder, first.to_folder, last.to_folder) == (taxes, books, None)  # type: ignore[attr-defined]


async def test_names_are_told_apart_beside_each_other(world: World) -> None:
    owner, taxes = world.acting(world.owner), await add(world, "Taxes")
    inner = await add(world, "taxes", taxes)
    for name, within in (("TAXES", None), (" taxes ", None), ("Ｔaxes", taxes)):
        async with refused(world, RuleBroken, "name", match="already") as caught:
            await add(world, name, within)
        assert caught.value.reason is Reason.TAKEN
    async with refused(world, RuleBroken, "name"):
        await move_folder(owner, folder_id=inner, parent_id=None)
    other = await add(world, "Books")
    async with refused(world, RuleBroken, "name"):
        await update_folder(owner, folder_id=other, name="tAXES")
    # Its own name in another spelling is no other one's, nor is that of another account's.
    assert (await update_folder(owner, folder_id=taxes, name="TAXES")).value.name == "TAXES"
    await add(world, "Taxes", account_id=(await world.new_account("Initech")).id)
    # Of two that come at once one is told of the other.
    made = await asyncio.gather(add(world, "Twin"), add(world, "twin"), return_exceptions=True)
    assert [type(each) for each in sorted(made, key=str)].count(RuleBroken) == 1


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", Reason.BLANK),
        ("a/b", Reason.CHARACTER),
        ("a\\b", Reason.CHARACTER),
        ("C:", Reason.CHARACTER),
        ("..", Reason.CHARACTER),
        (".hidden", Reason.CHARACTER),
        ("a\x00b", Reason.CHARACTER),
        ("a\u202eb", Reason.CHARACTER),
        ("x" * 101, Reason.TOO_LONG),
    ],
)
async def test_a_name_is_no_path(name: str, reason: Reason, world: World) -> None:
    folder = await add(world, "Taxes")
    async with refused(world, Invalid, "name") as caught:
        await add(world, name)
    assert caught.value.reason is reason
    async with refused(world, Invalid, "name"):
        await update_folder(world.acting(world.owner), folder_id=folder, name=name)


async def test_a_folder_is_never_within_itself(world: World) -> None:
    owner, outer = world.acting(world.owner), await add(world, "Outer")
    inner = await add(world, "Inner", outer)
    for target in (outer, inner):
        async with refused(world, RuleBroken, "parent_id", match="not within itself") as caught:
            await move_folder(owner, folder_id=outer, parent_id=target)
        assert caught.value.reason is Reason.CIRCLE
    # Nor do two at once put each into the other.
    one, two = await add(world, "One"), await add(world, "Two")
    both = (move_folder(owner, folder_id=a, parent_id=b) for a, b in ((one, two), (two, one)))
    done = await asyncio.gather(*both, return_exceptions=True)
    assert [type(each) for each in done].count(RuleBroken) == 1


async def test_a_tree_has_bounds(world: World) -> None:
    owner, deepest = world.acting(world.owner), await add(world, "1")
    top = deepest
    for level in range(2, FOLDER_LEVELS.most + 1):
        deepest = await add(world, str(level), deepest)
    async with refused(world, RuleBroken, "parent_id", match="8 levels") as caught:
        await add(world, "9", deepest)
    assert caught.value.reason is Reason.TOO_DEEP
    other = await add(world, "Other")
    async with refused(world, RuleBroken, "parent_id", match="8 levels"):
        await move_folder(owner, folder_id=top, parent_id=other)
    full = (await world.new_account("Full")).id
    await Folder.bulk_create(
        [
            Folder(firm_id=world.firm.id, account_id=full, name=f"{number}", created_by_id=None)
            for number in range(FOLDERS_OF_ACCOUNT.most)
        ]
    )
    async with refused(world, RuleBroken, "account_id", match="500 folders") as caught:
        await add(world, "One more", account_id=full)
    assert caught.value.reason is Reason.FULL


async def test_what_is_in_it_keeps_a_folder(world: World) -> None:
    owner, outer = world.acting(world.owner), await add(world, "Outer")
    inner = await add(world, "Inner", outer)
    filed = await document(world, folder_id=inner)
    for folder, kind in ((outer, Kind.FOLDER), (inner, Kind.DOCUMENT)):
        async with refused(world, RuleBroken, "folder_id", match="Move or delete") as caught:
            await delete_folder(owner, folder_id=folder)
        assert (caught.value.reason, caught.value.parameters) == (Reason.NOT_EMPTY, {"KIND": kind, "ACTUAL": "1"})
    await delete_document(owner, document_id=filed)
    before = await world.revision()
    for folder in (inner, outer):
        await delete_folder(owner, folder_id=folder)
    assert await told(world, before) == ["FolderDeleted"] * 2
    assert await outline(world) == []
    # Who puts something there meanwhile, or deletes it, is told of the other.
    for _ in range(3):
        folder = await add(world, "Short")
        made = await asyncio.gather(
            document(world, folder_id=folder), delete_folder(owner, folder_id=folder), return_exceptions=True
        )
        assert [isinstance(each, Refusal) for each in made].count(True) == 1
        await Document.filter(folder_id=folder).delete()
        await Folder.filter(id=folder).delete()


async def test_documents_are_moved_in_one_revision(world: World, caplog: pytest.LogCaptureFixture) -> None:
    folder, other = await add(world, "Taxes"), await add(world, "Books")
    documents = [await document(world) for _ in range(4)]
    documents.append(await document(world, folder_id=folder, account_id=None, job_id=(await world.job()).id))
    before = await world.revision()
    with counted(caplog) as few:
        await put(world, folder, documents[0])
    with counted(caplog) as many:
        await put(world, folder, *documents)
    assert len(many) == len(few)
    assert await world.revision() == before + 2
    assert await told(world, before) == ["DocumentMoved"] * 4
    rows = {row.id: row for row in await Document.filter(id__in=documents)}
    assert {(rows[id].folder_id, rows[id].content_version) for id in documents} == {(folder, 1)}
    # Moved already: it is where it was, and nothing is told.
    await put(world, folder, *documents)
    assert await world.revision() == before + 2
    await put(world, None, *documents[:2])
    await put(world, other, documents[2])
    assert await Document.filter(folder_id=None, id__in=documents).count() == 2


async def test_a_document_is_in_a_folder_of_its_account(world: World) -> None:
    initech = (await world.new_account("Initech")).id
    theirs, ours = await add(world, "Theirs", account_id=initech), await add(world, "Ours")
    own, other = await document(world), await document(world, account_id=initech)
    async with refused(world, RuleBroken, "folder_id") as caught:
        await document(world, folder_id=theirs)
    assert caught.value.reason is Reason.ELSEWHERE
    async with refused(world, RuleBroken, "parent_id"):
        await add(world, "Inner", theirs)
    async with refused(world, RuleBroken, "parent_id"):
        await move_folder(world.acting(world.owner), folder_id=ours, parent_id=theirs)
    async with refused(world, RuleBroken, "documents", 1, "document_id"):
        await put(world, ours, own, other)
    elsewhere, absent = await put(world, ours, own, other, new_id(), atomic=False)
    assert (elsewhere.reason, elsewhere.path) == (Reason.ELSEWHERE, ("documents", 1, "document_id"))
    assert (absent.reason, absent.path) == (Reason.NOT_FOUND, ("documents", 2))
    assert (await Document.get(id=own)).folder_id == ours
    async with refused(world, NotFound, "documents", 1):
        await put(world, None, own, new_id())
    async with refused(world, NotFound, "folder_id"):
        await put(world, new_id(), own)


async def test_on_an_archived_account_folders_are_deleted_and_nothing_else(world: World) -> None:
    owner, folder, filed = world.acting(world.owner), await add(world, "Taxes"), await document(world)
    await archive_account(owner, account_id=world.account.id)
    async with refused(world, RuleBroken, "account_id", match="archived"):
        await add(world, "Books")
    async with refused(world, RuleBroken, "folder_id", match="archived"):
        await update_folder(owner, folder_id=folder, name="Books")
    async with refused(world, RuleBroken, "folder_id", match="archived"):
        await move_folder(owner, folder_id=folder, parent_id=None)
    async with refused(world, RuleBroken, "documents", 0, "document_id", match="archived"):
        await put(world, folder, filed)
    await delete_folder(owner, folder_id=folder)


async def test_who_may_arrange_documents(world: World) -> None:
    outer = await add(world, "Outer", client_access=ClientAccess.EDIT)
    member = await world.member("Dora", Role.EMPLOYEE, Right.MANAGE_DOCUMENTS)
    for actor, kind in ((world.employee, Forbidden), (member, NotFound)):
        async with refused(world, kind):
            await create_folder(world.acting(actor), account_id=world.account.id, name="Books")
        async with refused(world, kind):
            await update_folder(world.acting(actor), folder_id=outer, client_access=None)
        async with refused(world, kind):
            await delete_folder(world.acting(actor), folder_id=outer)
    await sql("INSERT INTO account_member (account_id, member_id) VALUES ($1, $2)", world.account.id, member.id)
    changed = (await update_folder(world.acting(member), folder_id=outer, client_access=None)).value
    assert changed.client_access is None


def tree(*folders: tuple[str, int]) -> FolderTreeContent:
    """What is in a template of these folders, each with its level."""
    return FolderTreeContent(tuple(TemplateFolder(name, level) for name, level in folders))


async def template(world: World, *folders: tuple[str, int]) -> UUID:
    """A template of these folders. Its id."""
    named = f"Tree {new_id()}"
    return (await create_template(world.acting(world.owner), name=named, folder_tree=tree(*folders))).value.id


async def apply(world: World, template_id: UUID, **more: Any) -> int:
    """Apply a template to the world's account. The revision."""
    more = more or {"account_id": world.account.id}
    return (await apply_folder_template(world.acting(world.owner), template_id=template_id, **more)).revision


async def test_a_template_makes_what_is_missing(world: World) -> None:
    taxes = await add(world, "taxes", client_access=ClientAccess.VIEW)
    await add(world, "Own", taxes)
    wanted = await template(world, ("Taxes", 1), ("2025 [ACCOUNT_NAME]", 2), ("Drafts", 3), ("Books", 1))
    before = await world.revision()
    revision = await apply(world, wanted)
    assert (revision, await told(world, before)) == (before + 1, ["FolderCreated"] * 3)
    expected = ["Books", "taxes", "  2025 Acme", "    Drafts", "  Own"]
    assert await outline(world) == expected
    folders = await Folder.filter(account_id=world.account.id, name="2025 Acme")
    assert (folders[0].created_by_id, folders[0].client_access) == (world.owner.id, None)
    # Again, it changes nothing.
    assert await apply(world, wanted) == revision
    # Of two that come at once each is there once.
    books = (await Folder.get(account_id=world.account.id, name="Books")).id
    within = {"account_id": world.account.id, "parent_id": books}
    await asyncio.gather(apply(world, wanted, **within), apply(world, wanted, **within))
    inner = ["  Books", "  Taxes", "    2025 Acme", "      Drafts"]
    assert await outline(world) == [expected[0], *inner, *expected[1:]]


async def test_a_template_is_filled_in_for_a_job(world: World) -> None:
    wanted, job = await template(world, ("[JOB_NAME]", 1)), await world.job("1040")
    async with refused(world, RuleBroken, "template_id") as caught:
        await apply(world, wanted)
    assert caught.value.reason is Reason.UNFILLED_SHORTCODE
    await apply(world, wanted, job_id=job.id)
    assert await outline(world) == ["1040"]


@pytest.mark.parametrize(
    ("called", "folders", "reason"),
    [
        ("A/B", [("Of [ACCOUNT_NAME]", 1)], Reason.CHARACTER),
        (r"A\[B]", [("[ACCOUNT_NAME]", 1)], Reason.CHARACTER),
        ("Acme Inc.", [("Of [ACCOUNT_NAME]", 1)], Reason.CHARACTER),
        ("Acme", [("[ACCOUNT_NAME]", 1), ("acme", 1)], Reason.NAMED_TWICE),
        ("A" * 101, [("[ACCOUNT_NAME]", 1)], Reason.TOO_LONG),
    ],
)
async def test_what_a_template_becomes_is_checked(
    called: str, folders: list[tuple[str, int]], reason: Reason, world: World
) -> None:
    wanted, account = await template(world, *folders), await world.new_account(called)
    async with refused(world, Invalid, "template_id") as caught:
        await apply(world, wanted, account_id=account.id)
    assert caught.value.reason is reason
    assert caught.value.message.startswith("As the template is filled in, its folders ")


async def test_a_template_keeps_to_the_bounds_of_a_tree(world: World) -> None:
    deepest = None
    for level in range(1, FOLDER_LEVELS.most):
        deepest = await add(world, str(level), deepest)
    deep = await template(world, ("One", 1), ("Two", 2))
    async with refused(world, RuleBroken, "parent_id") as caught:
        await apply(world, deep, account_id=world.account.id, parent_id=deepest)
    assert caught.value.reason is Reason.TOO_DEEP
    full = (await world.new_account("Nearly full")).id
    await Folder.bulk_create(
        [
            Folder(firm_id=world.firm.id, account_id=full, name=f"{number}")
            for number in range(FOLDERS_OF_ACCOUNT.most - 1)
        ]
    )
    async with refused(world, RuleBroken, "template_id") as caught:
        await apply(world, deep, account_id=full)
    assert caught.value.reason is Reason.FULL
