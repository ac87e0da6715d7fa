"""Notes: texts on an account, linked to any number of its jobs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack
from uuid import UUID

from tortoise import fields

from models.command import Change, command
from models.command_steps import made_before
from models.events import Changes, EventWithFiles, ItemEvent, ItemLinked, ItemUnlinked, changes_of
from models.files import attaching
from models.files.owners import owns_files
from models.first_line import first_line
from models.gathered import Gathered
from models.ids import FileId, Kind, NoteId, new_id
from models.items import item as items
from models.items.item import Held
from models.items.kinds import register_item
from models.items.linking import linking, unlinking
from models.policies import Policy
from models.rights import EVERY_MEMBER
from models.rows import Item, register
from models.rows.base import belongs_to
from models.scope import Place
from models.search_entries import Searched
from models.texts import MARKDOWN


class Note(Item):
    """A text on an account, linked to any number of its jobs."""

    kind = Kind.NOTE
    searched = Searched("title", "text")
    policy = Policy(account="account_id")

    created_by: Any = belongs_to("Member", null=True, index=True)
    text: str = fields.TextField()
    pinned = fields.BooleanField(default=False)

    class Meta:
        table = "note"
        indexes = (("firm_id", "created_at", "id"),)

    @property
    def title(self) -> str:
        """The first line that says something, without the marks of a heading."""
        return first_line(self.text) or "Note"

    @property
    def named(self) -> Mapping[str, UUID]:
        """What each of its events says of it, beside the job."""
        return {"note": self.id, "account": self.account_id}


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteEvent(ItemEvent):
    """Something happened to a note. It is told once for each job that the note is linked to."""

    subject = "note"
    beside = ("job",)

    note: NoteId


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteCreated(NoteEvent, EventWithFiles):
    """A note was written."""

    added_files: tuple[FileId, ...] = ()
    removed_files: tuple[FileId, ...] = ()

    def before(self) -> tuple[Place, ...]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteUpdated(NoteEvent, EventWithFiles):
    """A note's text changed, or the files that are attached to it, or it was pinned or unpinned."""

    changes: Changes
    added_files: tuple[FileId, ...] = ()
    removed_files: tuple[FileId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteLinked(NoteEvent, ItemLinked):
    """A note was linked to a job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteUnlinked(NoteEvent, ItemUnlinked):
    """A note was unlinked from a job: `linkedJob` is the one that it left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteDeleted(NoteEvent):
    """A note was deleted."""

    ends = True

    title: str


register(Note)
register_item(Note, NoteLinked, NoteUnlinked)
owns_files(Note, needs=None)


class NoteFields(TypedDict, total=False):
    """What `update_note` may change; what is left out stays."""

    text: str
    pinned: bool
    file_ids: Sequence[UUID]


@command("createNote", EVERY_MEMBER)
async def create_note(
    change: Change,
    *,
    text: str,
    account_id: UUID | None = None,
    job_id: UUID | None = None,
    pinned: bool = False,
    file_ids: Sequence[UUID] = (),
    id: UUID | None = None,
) -> Note:
    """Write a note on an account, or on a job of it. Files may be attached to it."""
    if earlier := await made_before(change, Note, id, NoteCreated):
        return earlier
    with Gathered() as check:
        written = check(MARKDOWN.check, text, "text")
        files = check(attaching.bounded, file_ids)
        check(items.expect_place, account_id, job_id)
    account, job = await items.account_and_job(change, account_id, job_id)
    note = Note(
        id=id or new_id(),
        firm_id=change.actor.firm_id,
        account_id=account,
        created_by_id=change.member_id,
        text=written,
        pinned=pinned,
        created_at=change.now,
    )
    held = await items.create(change, note, job)
    items.tell(change, NoteCreated, held, added_files=await attaching.attach(change, note, files))
    return note


async def _lock(change: Change, note_id: UUID, expected_version: int | None) -> Held[Note]:
    held = await items.lock(change.scope.rows(Note), Note, note_id, "note_id")
    held.item.expect(expected_version)
    return held


@command("updateNote", EVERY_MEMBER)
async def update_note(
    change: Change, *, note_id: UUID, expected_version: int | None = None, **fields: Unpack[NoteFields]
) -> Note:
    """Change a note's text or the files that are attached to it, pin it or unpin it."""
    wanted = fields.pop("file_ids", None)
    held = await _lock(change, note_id, expected_version)
    with Gathered() as check:
        values = check.each(held.item.differing(fields), {"text": MARKDOWN.check})
        attached = None if wanted is None else check(attaching.bounded, wanted)
    changed = held.item.change_to(values)
    files = await attaching.attach_just(change, held.item, attached)
    if changed or files:
        await items.store(change, held, *changed)
        items.tell(change, NoteUpdated, held, changes=changes_of(changed), **files.told)
    return held.item


link_note = linking(Note, EVERY_MEMBER)
unlink_note = unlinking(Note, EVERY_MEMBER)


@command("deleteNote", EVERY_MEMBER)
async def delete_note(change: Change, *, note_id: UUID, expected_version: int | None = None) -> Note:
    """Delete a note, with the files that are attached to it. The answer's note is what it was.

    Its history stays in the log."""
    held = await _lock(change, note_id, expected_version)
    await items.end(held)
    items.tell(change, NoteDeleted, held, title=held.item.title)
    return held.item
