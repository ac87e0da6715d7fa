"""Folders: how one is made, and how their events come about."""

from collections.abc import AsyncIterator
from uuid import UUID

from models.actor import Actor
from models.ids import Kind
from models.items import folders
from models.items.folders import ClientAccess, Folder, create_folder, delete_folder, move_folder, update_folder
from tests.live.scenarios import causes, owner_of
from tests.specimens import Specimens, Spot
from tests.world import World


async def make_loose(actor: Actor, word: str, spot: Spot) -> UUID:
    """An empty folder at the top."""
    present = await Folder.filter(account_id=spot.account).count()
    return (await create_folder(actor, name=f"{word} folder {present}", account_id=spot.account)).value.id


async def make(actor: Actor, word: str, spot: Spot) -> UUID:
    """A folder within another one, of which the client sees nothing."""
    outer = await make_loose(actor, f"{word} outer", spot)
    none, name = ClientAccess.NONE, f"{word} inner"
    made = create_folder(actor, name=name, account_id=spot.account, parent_id=outer, client_access=none)
    return (await made).value.id


async def make_outer(actor: Actor, word: str, spot: Spot) -> UUID:
    """A folder at the top, and one within it."""
    outer = await make_loose(actor, f"{word} with another", spot)
    await create_folder(actor, name=f"{word} inner", account_id=spot.account, parent_id=outer)
    return outer


async def _is_within(folder: Folder) -> bool:
    return folder.parent_id is not None


async def _found_by(folder: Folder) -> tuple[str, str]:
    return folder.name, ""


SPECIMENS = Specimens(
    kind=Kind.FOLDER,
    make=make,
    hidden_with=frozenset({"account"}),
    further={"loose folder": make_loose, "further folder": make_loose, "outer folder": make_outer},
    chosen={
        "moveFolder.parentId": "loose folder",
        "deleteFolder.folderId": "further folder",
        "folders.parent": "outer folder",
        "applyFolderTemplate.templateId": "template of folders",
    },
    not_any_more={"updateFolder": [r"UPDATE folder SET name = E'\t' WHERE id = $1"]},
    facts={"withinAnother": _is_within, "search": _found_by},
)


async def outer_and_inner(world: World) -> tuple[UUID, UUID]:
    """A folder, and one within it."""
    outer = await make_loose(owner_of(world), "Taxes", Spot(world.account.id))
    made = create_folder(owner_of(world), name="2025", account_id=world.account.id, parent_id=outer)
    return outer, (await made).value.id


@causes(folders.FolderCreated)
async def created(world: World) -> AsyncIterator[None]:
    yield
    await outer_and_inner(world)


@causes(folders.FolderUpdated)
async def updated(world: World) -> AsyncIterator[None]:
    outer, _ = await outer_and_inner(world)
    yield
    await update_folder(owner_of(world), folder_id=outer, name="Tax returns", client_access=ClientAccess.VIEW)


@causes(folders.FolderMoved)
async def moved(world: World) -> AsyncIterator[None]:
    _, inner = await outer_and_inner(world)
    other = await make_loose(owner_of(world), "Books", Spot(world.account.id))
    yield
    await move_folder(owner_of(world), folder_id=inner, parent_id=other)


@causes(folders.FolderDeleted)
async def deleted(world: World) -> AsyncIterator[None]:
    _, inner = await outer_and_inner(world)
    yield
    await delete_folder(owner_of(world), folder_id=inner)
