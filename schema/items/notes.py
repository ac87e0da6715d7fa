"""Notes, as clients see and write them."""

from __future__ import annotations

import strawberry

from models.bounds import JOBS_OF_ITEM
from models.filtering import Among, Is, LinkedToJob
from models.ids import Kind
from models.items import notes
from models.searching import Matches
from models.seen import named
from models.texts import MARKDOWN
from schema.declarations import listing, mutation
from schema.files.attaching import attached, attached_now
from schema.inputs.base import Expecting, Keyed, change, id_of, input_type, needed, optional, own_id
from schema.inputs.filters import FOUND_BY, IdFilter, asks, asks_ids, filter_type
from schema.inputs.tasks import AtAccountOrJob
from schema.items.linking import links
from schema.types.base import column, jobs_of_item
from schema.types.files import File, attachments
from schema.types.items import LinkedItem, linked_item
from schema.types.jobs import Job

_TEXT = f"Markdown, which is kept as it was written: {MARKDOWN.bounds}, not blank."


@linked_item(Kind.NOTE)
class Note(LinkedItem):
    """A text on an account, linked to any number of its jobs. Whoever sees the account sees it."""

    text: str = column("What was written, in Markdown. It may hold HTML: clean what you make of it before you show it.")
    pinned: bool = column("Whether it is one of those to look at first.")
    files: list[File] = attachments()
    jobs: list[Job] = jobs_of_item(
        f"The jobs it is linked to, at most {JOBS_OF_ITEM.most}, as far as you see them, in the order in which it was."
    )


@input_type
class CreateNoteInput(AtAccountOrJob, Keyed):
    """What is to be noted."""

    id: strawberry.ID | None = own_id(Kind.NOTE)
    text: str = needed(_TEXT)
    pinned: bool | None = optional("Whether it is one of those to look at first; false when left out.")
    file_ids: list[strawberry.ID] | None = attached()


@input_type
class UpdateNoteInput(Expecting):
    """What to change about a note. What is left out stays."""

    note_id: strawberry.ID = id_of(Kind.NOTE, "The note.")
    text: str | None = change(_TEXT)
    pinned: bool | None = change("Whether it is one of those to look at first.")
    file_ids: list[strawberry.ID] | None = attached_now()


@input_type
class NoteInput(Expecting):
    """Which note."""

    note_id: strawberry.ID = id_of(Kind.NOTE, "The note.")


@filter_type
class NoteFilter:
    """Which notes. All that is given must hold."""

    account: IdFilter | None = asks_ids(Kind.ACCOUNT, Among("account_id"), "On one of these accounts.")
    job: IdFilter | None = asks_ids(Kind.JOB, LinkedToJob(), "Linked to one of these jobs.")
    search: str | None = asks(Matches(Kind.NOTE), FOUND_BY)
    pinned: bool | None = asks(Is("pinned"), "Only pinned ones, or only those that are not; both when left out.")
    created_by: IdFilter | None = asks_ids(Kind.MEMBER, Among("created_by_id"), "Written by one of these members.")


MUTATIONS = (
    mutation(notes.create_note, CreateNoteInput),
    mutation(notes.update_note, UpdateNoteInput),
    *links(notes.link_note, notes.unlink_note),
    mutation(notes.delete_note, NoteInput),
)
LISTS = (
    listing(
        named(Kind.NOTE),
        NoteFilter,
        order="-created_at",
        description="The notes that you see, newest first.",
        one="A note.",
    ),
)
