"""Files as a kind of thing. A file is uploaded first and owned by nobody; a command of what it is for takes it.

See docs/decisions/0082-files.md."""

from models.files.owners import right_to_files_of
from models.ids import Kind
from models.rights import Right
from models.rows import register
from models.rows.files import File

register(File)


def right_to_content(file: File) -> Right | None:
    """The right that the name, the digest and the bytes of a file need, besides that it is seen; None for none."""
    return None if file.owner_kind is None else right_to_files_of(Kind(file.owner_kind))
