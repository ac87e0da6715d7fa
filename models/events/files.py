"""What events say of the files of what they happened to."""

from dataclasses import dataclass

from models.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class EventWithFiles(Event):
    """Files may have come to a thing with what happened to it, or have been taken from it.

    Each of them has the fields `added_files` and `removed_files: tuple[FileId, ...] = ()`, which a base of slots cannot
    bring beside another."""

    shape = True
    says = {
        "added_files": "The files that it has since, as far as they are still there.",
        "added_file_ids": "The ids of the files that it has since.",
        "removed_files": "The files that it has no longer, as far as they are still there: versions keep theirs.",
        "removed_file_ids": "The ids of the files that it has no longer.",
    }
