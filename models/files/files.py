"""Files as a kind of thing. A file is uploaded first and owned by nobody; a command of what it is for takes it.

See docs/decisions/0082-files.md."""

from dataclasses import dataclass

from models.events import Event
from models.files.owners import right_to_files_of
from models.ids import AccountId, FileId, Kind
from models.rights import Right
from models.rows import register
from models.rows.files import File, FileState
from models.scope import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEvent(Event):
    """Something happened to a file that something has taken. What takes it and gives it up tells of that itself."""

    subject = "file"

    file: FileId
    account: AccountId

    def now(self) -> tuple[Place, ...]:
        return (Place(account=self.account),)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChecked(FileEvent):
    """A scanner answered on a file: it can be read from now on, or is refused for good."""

    file_state: FileState


register(File)


def right_to_content(file: File) -> Right | None:
    """The right that the name, the digest and the bytes of a file need, besides that it is seen; None for none."""
    return None if file.owner_kind is None else right_to_files_of(Kind(file.owner_kind))
