"""Folders: where the documents of an account are kept, within each other."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypedDict, Unpack
from uuid import UUID

from tortoise import fields

from models.command import Change, command
from models.command_steps import made_before, refuse_same_name
from models.database import sql
from models.errors import RuleBroken
from models.events import Changes, Event, changes_of
from models.folder_names import folder_name
from models.folder_trees import FolderTree
from models.gathered import Rules, checked
from models.ids import AccountId, FolderId, Kind, new_id
from models.policies import Policy
from models.reasons import Reason
from models.rights import Right
from models.rows import Account, Row, register
from models.rows.base import belongs_to
from models.rows.keys import name_order, same
from models.scope import Place, Scope
from models.search_entries import Searched
from models.stamps import created_by
from models.texts import LABEL


class ClientAccess(StrEnum):
    """What a client may do with what is in a folder."""

    NONE = "NONE"
    VIEW = "VIEW"
    EDIT = "EDIT"


class Folder(Row):
    """Where documents of an account are kept: within another folder, or at the top."""

    kind = Kind.FOLDER
    searched = Searched("name")
    policy = Policy(account="account_id")

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    created_by_id: UUID | None = created_by()
    account: Any = belongs_to("Account")
    account_id: UUID
    parent: Any = belongs_to("Folder", null=True, index=True)
    parent_id: UUID | None
    name = fields.CharField(max_length=LABEL.most)
    name_key: str = same("name")
    name_order: str = name_order()
    # None: as the folder that it is in.
    client_access: Any = fields.CharEnumField(ClientAccess, max_length=10, null=True)

    class Meta:
        table = "folder"
        indexes = (("firm_id", "name_order", "id"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderEvent(Event):
    """Something happened to a folder."""

    subject = "folder"
    beside = ("account",)

    folder: FolderId
    account: AccountId

    def now(self) -> tuple[Place, ...]:
        return (Place(account=self.account),)


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderCreated(FolderEvent):
    """A folder was added to an account."""

    def before(self) -> tuple[Place, ...]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderUpdated(FolderEvent):
    """A folder got another name, or the client another access to it: with it to those within it that have none of their
    own."""

    changes: Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderMoved(FolderEvent):
    """A folder came into another one, or to the top, with all that is in it."""

    from_folder: FolderId | None
    to_folder: FolderId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderDeleted(FolderEvent):
    """A folder was deleted. Nothing was in it."""

    ends = True

    name: str


register(Folder)


class FolderFields(TypedDict, total=False):
    """What `update_folder` may change; what is left out stays."""

    name: str
    client_access: ClientAccess | None


_RULES: Rules = {"name": folder_name}


async def hold_tree(change: Change, account_id: UUID, *path: str, also_archived: bool = False) -> FolderTree[Folder]:
    """The folders of an account that is in use, or of any: they stay as they are until the transaction ends."""
    # Before folders, whatever is done to one: of two that would put each into the other, one finds what the other did.
    account = await change.scope.rows(Account).lock(account_id, *path)
    if account.archived and not also_archived:
        told = "This client's account is archived. Restore it first."
        raise RuleBroken(told, *path, reason=Reason.ARCHIVED, kind=Kind.ACCOUNT.value)
    return FolderTree(await change.scope.rows(Folder).read("seen.account_id = $1", account_id))


async def folder_at(change: Change, folder_id: UUID | None, account_id: UUID, *path: str) -> Folder | None:
    """A folder of this account, if one is named. `NotFound`, or `RuleBroken` for one of another account."""
    if folder_id is None:
        return None
    folder = await change.scope.rows(Folder).get(folder_id, *path)
    expect_at(folder, account_id, *path)
    return folder


def expect_at(folder: Folder | None, account_id: UUID, *path: str) -> None:
    """`RuleBroken` for a folder of another account."""
    if folder is not None and folder.account_id != account_id:
        told = "This folder belongs to another account. Choose a folder of the same account."
        raise RuleBroken(told, *path, reason=Reason.ELSEWHERE, kind=Kind.ACCOUNT.value)


def new_folder(change: Change, account_id: UUID, parent_id: UUID | None, id: UUID | None = None, **told: Any) -> Folder:
    """A folder that is not written yet."""
    return Folder(id=id or new_id(), firm_id=change.actor.firm_id, account_id=account_id, parent_id=parent_id, **told)


@command("createFolder", Right.MANAGE_DOCUMENTS)
async def create_folder(
    change: Change,
    *,
    account_id: UUID,
    name: str,
    parent_id: UUID | None = None,
    client_access: ClientAccess | None = None,
    id: UUID | None = None,
) -> Folder:
    """Add a folder to an account, at the top or within another one."""
    if earlier := await made_before(change, Folder, id, FolderCreated):
        return earlier
    told = checked({"name": name}, _RULES)
    tree = await hold_tree(change, account_id, "account_id")
    await folder_at(change, parent_id, account_id, "parent_id")
    tree.expect_level(parent_id, 1)
    tree.expect_room("account_id")
    folder = new_folder(change, account_id, parent_id, id, client_access=client_access, **told)
    await _refuse_same_name(change, folder)
    await folder.save(force_create=True)
    change.record(FolderCreated(folder=folder.id, account=account_id))
    return folder


async def _refuse_same_name(change: Change, folder: Folder) -> None:
    beside = {"account_id": folder.account_id, "parent_id": folder.parent_id}
    await refuse_same_name(change, folder, "folder", **beside)


async def _hold(
    change: Change, folder_id: UUID, expected_version: int | None, *, also_archived: bool = False
) -> tuple[Folder, FolderTree[Folder]]:
    """A folder, held, and those of its account."""
    folders = change.scope.rows(Folder)
    account_id = (await folders.get(folder_id, "folder_id")).account_id
    tree = await hold_tree(change, account_id, "folder_id", also_archived=also_archived)
    folder = await folders.lock(folder_id, "folder_id")
    folder.expect(expected_version)
    return folder, tree


@command("updateFolder", Right.MANAGE_DOCUMENTS)
async def update_folder(
    change: Change, *, folder_id: UUID, expected_version: int | None = None, **fields: Unpack[FolderFields]
) -> Folder:
    """Change a folder's name, or what the client may do with what is in it."""
    folder, _ = await _hold(change, folder_id, expected_version)
    if changed := folder.change_to(checked(folder.differing(fields), _RULES)):
        await _refuse_same_name(change, folder)
        await folder.store(*changed)
        change.record(FolderUpdated(folder=folder.id, account=folder.account_id, changes=changes_of(changed)))
    return folder


@command("moveFolder", Right.MANAGE_DOCUMENTS)
async def move_folder(
    change: Change, *, folder_id: UUID, parent_id: UUID | None, expected_version: int | None = None
) -> Folder:
    """Put a folder, with all that is in it, into another one of its account, or to the top."""
    folder, tree = await _hold(change, folder_id, expected_version)
    await folder_at(change, parent_id, folder.account_id, "parent_id")
    if parent_id == folder.parent_id:
        return folder
    tree.expect_no_circle(folder.id, parent_id)
    tree.expect_level(parent_id, tree.levels(folder.id))
    before, folder.parent_id = folder.parent_id, parent_id
    await _refuse_same_name(change, folder)
    await folder.store("parent_id")
    change.record(FolderMoved(folder=folder.id, account=folder.account_id, from_folder=before, to_folder=parent_id))
    return folder


@command("deleteFolder", Right.MANAGE_DOCUMENTS)
async def delete_folder(change: Change, *, folder_id: UUID, expected_version: int | None = None) -> Folder:
    """Delete a folder that nothing is in. The answer's folder is what it was."""
    folder, tree = await _hold(change, folder_id, expected_version, also_archived=True)
    if inner := tree.within(folder.id):
        told = f"Folders are in it: {len(inner)}. Move or delete them first."
        raise RuleBroken(told, "folder_id", reason=Reason.NOT_EMPTY, kind=Kind.FOLDER.value, actual=len(inner))
    # Whoever puts one there meanwhile holds the folder as far as that goes, and one of the two finds the other's.
    (kept,) = await sql("SELECT count(*) AS number FROM document WHERE folder_id = $1", folder.id)
    if number := kept["number"]:
        told = f"Documents are in it, those in the trash among them: {number:,}. Move or delete them first."
        raise RuleBroken(told, "folder_id", reason=Reason.NOT_EMPTY, kind=Kind.DOCUMENT.value, actual=number)
    await folder.delete()
    change.record(FolderDeleted(folder=folder.id, account=folder.account_id, name=folder.name))
    return folder


async def folders_of_accounts(scope: Scope, accounts: Sequence[UUID]) -> dict[UUID, list[Folder]]:
    """The folders of each account, as an outline: each before those within it."""
    found: defaultdict[UUID, list[Folder]] = defaultdict(list)
    for folder in await scope.rows(Folder).read("seen.account_id = ANY($1)", list(accounts)):
        found[folder.account_id].append(folder)
    return {account: FolderTree(folders).outline() for account, folders in found.items()}
