"""Files, as clients see them: what is known of them, and a link to their bytes. Their list is in schema/files/."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from models.bounds import ATTACHED
from models.files.files import right_to_content
from models.files.owners import files_of_owners
from models.ids import Kind
from models.seen import FileState as _FileState
from models.seen import named
from schema.describing import described
from schema.per_viewer import always, own_rows
from schema.scalars import DateTime
from schema.types.accounts import Account
from schema.types.base import Versioned, column, entity, loaded, one

FileState: Any = described(
    _FileState,
    "FileState",
    "How far a file is.",
    RECEIVING="It is being uploaded. Nothing can take it yet.",
    CHECKING="All of it is here, and a scanner is to answer first. Nobody reads it yet.",
    READY="All of it is here.",
    REFUSED="A scanner found something in it. Nobody reads it.",
)


def _of_content(read: Callable[[Any, Any], Any], description: str, *, per_member: bool = False) -> Any:
    """What says something of what is in a file: null without the right that this needs."""

    def load(file: Any, context: Any) -> Any:
        needs = right_to_content(file)
        return read(file, context) if needs is None or needs in context.scope.rights else None

    told = f"{description} Null without the right that the content of what has taken the file needs."
    return loaded(load, told, depends=always if per_member else None)


@entity(named(Kind.FILE))
class File(Versioned):
    """A file, whose bytes never change: other bytes are another file. Until something has taken it, nobody but whoever
    uploaded it sees it; then whoever sees the account. It is uploaded beside GraphQL: see docs/files.md."""

    name: str | None = _of_content(lambda file, context: file.name, "What it is called.")
    size: int = column("How many bytes it has; also while it is being received.")
    content_type: str | None = column("Its media type, by what is in it; null while it is being received.")
    sha256: str | None = _of_content(
        lambda file, context: file.sha256, "The SHA-256 of its bytes, in hexadecimal digits; null while it is received."
    )
    state: FileState = column("How far it is.")
    url: str | None = _of_content(
        lambda file, context: context.load.link_to(file),
        "Where you read it: a path and a query at the address of the API, good for you alone and for some minutes, and "
        "no longer than the session or the personal token that you ask with, also in a message of a subscription. Null "
        "unless it is READY.",
        per_member=True,
    )
    expires_at: DateTime | None = column("When it is removed, unless something takes it first; null when it is taken.")
    account: Account | None = one(Kind.ACCOUNT, "account_id", "The account of what has taken it.")


def files_of(description: str) -> Any:
    """The files that a thing has taken, in its order: as far as they are seen, and that is with it."""
    return loaded(
        lambda owner, context: context.load.named_by(files_of_owners, Kind.FILE, owner.id),
        description,
        size=2,
        depends=own_rows(Kind.FILE),
    )


def files_named(named: Callable[[Any], Sequence[UUID]], description: str) -> Any:
    """The files that a part of a thing names, in its order: as far as they are seen."""
    return loaded(
        lambda part, context: context.load.several(Kind.FILE, named(part)),
        description,
        size=1,
        depends=own_rows(Kind.FILE),
    )


ATTACHMENTS = f"The files that are attached to it, at most {ATTACHED.most}, in the order in which they were."


def attachments() -> Any:
    """The files that members attached to a thing."""
    return files_of(ATTACHMENTS)
