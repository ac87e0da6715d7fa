"""What becomes of files that a scanner is to look at: nobody reads them before it has answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from models.actor import Actor
from models.command import Change, command
from models.database import fetch
from models.files.files import FileChecked
from models.rights import EVERY_MEMBER
from models.rows.files import File, FileState


@dataclass(frozen=True, slots=True)
class ToCheck:
    """A file that waits for a scanner, and how large it is in bytes."""

    firm_id: UUID
    file_id: UUID
    size: int


# What is nobody's any more nobody will read.
_WAITING = """
SELECT firm_id, id AS file_id, size FROM file WHERE state = 'CHECKING' AND given_up_at IS NULL AND id <> ALL($1)
ORDER BY created_at LIMIT $2
"""


async def waiting_for_a_scanner(most: int, but: Sequence[UUID] = ()) -> list[ToCheck]:
    """The files of all firms that wait for a scanner, the oldest first, but for these."""
    return [ToCheck(**row) for row in await fetch(_WAITING, list(but), most)]


@command("checkFile", EVERY_MEMBER, internal=True)
async def check_file(change: Change, *, file_id: UUID, clean: bool) -> File | None:
    """Note what a scanner said of a file. What nobody has taken is told to nobody: its uploader asks. None for one that
    has gone meanwhile, or of which it was known already."""
    file = await File.filter(id=file_id, firm_id=change.actor.firm_id).select_for_update(no_key=True).first()
    if file is None or file.state is not FileState.CHECKING or file.given_up_at is not None:
        return None
    file.state = FileState.READY if clean else FileState.REFUSED
    await file.store("state")
    if file.account_id is not None:
        change.record(FileChecked(file=file.id, account=file.account_id, file_state=file.state))
    return file


async def checked(file: ToCheck, *, clean: bool) -> None:
    """A scanner has answered."""
    await check_file(Actor.scanner(file.firm_id), file_id=file.file_id, clean=clean)
