"""Folders of accounts, as clients make them, move them and list them. The type is in schema/types/folders.py: accounts
show it."""

from __future__ import annotations

import strawberry

from models.bounds import FOLDER_LEVELS
from models.filtering import Among, Filled
from models.ids import Kind
from models.items import folders
from models.searching import Matches
from models.seen import named
from models.templates.folders import apply_folder_template
from models.texts import LABEL
from schema.declarations import listing, mutation
from schema.inputs.base import (
    Expecting,
    Keyed,
    change,
    clearable,
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
from schema.types.folders import ClientAccess

_NAME = (
    f"{LABEL.bounds}, none of them of paths; no other folder beside it may have it, in any spelling. Whoever sees the "
    "account reads it."
)
_FOLDER = "The folder."
_ACCESS = "What the client may do there"


@input_type
class CreateFolderInput(Keyed):
    """A folder to add."""

    id: strawberry.ID | None = own_id(Kind.FOLDER)
    account_id: strawberry.ID = id_of(Kind.ACCOUNT, "The client.")
    parent_id: strawberry.ID | None = maybe_id_of(
        Kind.FOLDER,
        "The folder of the account that it is to be in; at the top when left out. "
        f"They are within each other {FOLDER_LEVELS.most} levels deep at most.",
    )
    name: str = needed(_NAME)
    client_access: ClientAccess | None = optional(f"{_ACCESS}; when left out as in the folder that it is in.")


@input_type
class UpdateFolderInput(Expecting):
    """What to change about a folder. What is left out stays."""

    folder_id: strawberry.ID = id_of(Kind.FOLDER, _FOLDER)
    name: str | None = change(_NAME)
    client_access: ClientAccess | None = clearable(f"{_ACCESS}. Null: as in the folder that it is in.")


@input_type
class MoveFolderInput(Expecting):
    """Where to put a folder."""

    folder_id: strawberry.ID = id_of(Kind.FOLDER, _FOLDER)
    parent_id: strawberry.ID | None = explicit_id_of(
        Kind.FOLDER, "The folder of the same account that it is to be in, which is not in it. Null for the top."
    )


@input_type
class FolderInput(Expecting):
    """Which folder."""

    folder_id: strawberry.ID = id_of(Kind.FOLDER, _FOLDER)


@input_type
class ApplyFolderTemplateInput(AtAccountOrJob, Keyed):
    """Which folders to give to whom."""

    template_id: strawberry.ID = id_of(Kind.TEMPLATE, "A template of the kind FOLDER_TREE.")
    parent_id: strawberry.ID | None = maybe_id_of(
        Kind.FOLDER, "The folder of the account that they are to be in; at the top when left out."
    )


@filter_type
class FolderFilter:
    """Which folders. All that is given must hold."""

    account: IdFilter | None = asks_ids(Kind.ACCOUNT, Among("account_id"), "Of one of these accounts.")
    parent: IdFilter | None = asks_ids(Kind.FOLDER, Among("parent_id"), "Right within one of these folders.")
    within_another: bool | None = asks(
        Filled("parent_id"), "Only those within another one, or only those at the top; both when left out."
    )
    search: str | None = asks(Matches(Kind.FOLDER), FOUND_BY)


MUTATIONS = (
    mutation(folders.create_folder, CreateFolderInput),
    mutation(apply_folder_template, ApplyFolderTemplateInput),
    mutation(folders.update_folder, UpdateFolderInput),
    mutation(folders.move_folder, MoveFolderInput),
    mutation(folders.delete_folder, FolderInput),
)
LISTS = (
    listing(
        named(Kind.FOLDER),
        FolderFilter,
        order="name_order",
        description="The folders of the accounts that you see, by name.",
        one="A folder.",
    ),
)
