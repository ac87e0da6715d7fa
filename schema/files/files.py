"""The list of files, and how it is narrowed. Their type is in schema/types/files.py."""

from __future__ import annotations

from models.filtering import Among
from models.ids import Kind
from models.seen import named
from schema.declarations import listing
from schema.inputs.filters import IdFilter, asks, asks_ids, filter_type
from schema.types.files import FileState


@filter_type
class FileFilter:
    """Which files. All that is given must hold."""

    account: IdFilter | None = asks_ids(Kind.ACCOUNT, Among("account_id"), "Of one of these accounts.")
    state: list[FileState] | None = asks(Among("state"), "In one of these states.")


LISTS = (
    listing(
        named(Kind.FILE),
        FileFilter,
        order="-created_at",
        description="The files that you see, newest first: those of accounts, and what you uploaded that nothing has "
        "taken.",
        one="A file.",
    ),
)
