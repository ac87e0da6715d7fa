"""Files that members attach to notes: what they have, whose they may be, and what becomes of them."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from models.bounds import ATTACHED
from models.errors import Conflict, Invalid, NotFound, Refusal, RuleBroken
from models.ids import new_id
from models.items.notes import Note, create_note, delete_note, update_note
from models.reasons import Reason
from models.rows.files import File, FileState
from tests.domain.refusal import refused, told
from tests.files import begun, files_for, given_up, held_by, room, uploaded
from tests.world import World


async def note_with(world: World, files: Sequence[UUID]) -> Note:
    owner = world.acting(world.owner)
    return (await create_note(owner, text="Call them", account_id=world.account.id, file_ids=files)).value


async def test_a_note_is_written_with_files(world: World) -> None:
    files, before = await files_for(world, 3), await world.revision()
    note = await note_with(world, [files[2], files[0]])
    assert await held_by(note.id) == [files[2], files[0]]
    (logged,) = await world.events(before)
    assert logged.event.added_files == (files[2], files[0])  # type: ignore[attr-defined]
    file = await File.get(id=files[0])
    assert (file.account_id, file.owner_kind, file.owner_id) == (world.account.id, "note", note.id)


async def test_an_update_says_all_that_it_is_to_have(world: World) -> None:
    actor, files = world.acting(world.owner), await files_for(world, 4)
    note, before = await note_with(world, files[:2]), await world.revision()
    changed = (await update_note(actor, note_id=note.id, file_ids=[files[3], files[1], files[2]])).value
    assert (changed.version, changed.text) == (2, "Call them")
    # In the order in which they were attached.
    assert await held_by(note.id) == [files[1], files[3], files[2]]
    assert (await given_up(files), await room(world)) == ([True, False, False, False], 15)
    (logged,) = await world.events(before)
    assert logged.event.changes == {}  # type: ignore[attr-defined]
    assert logged.event.added_files == (files[3], files[2])  # type: ignore[attr-defined]
    assert logged.event.removed_files == (files[0],)  # type: ignore[attr-defined]
    # What it has already is no change, in whatever order; nor is it to say nothing of them.
    before = await world.revision()
    await update_note(actor, note_id=note.id, file_ids=files[1:])
    await update_note(actor, note_id=note.id, text="Call them")
    assert await told(world, before) == []
    await update_note(actor, note_id=note.id, file_ids=[])
    assert (await held_by(note.id), await room(world)) == ([], 0)


async def test_whoever_may_write_a_note_attaches_their_own_and_lets_others_stay(world: World) -> None:
    (first,), (second,) = await files_for(world, 1), await files_for(world, 1, world.employee)
    note, employee = await note_with(world, [first]), world.acting(world.employee)
    await update_note(employee, note_id=note.id, file_ids=[first, second])
    assert await held_by(note.id) == [first, second]
    (third,) = await files_for(world, 1)
    async with refused(world, NotFound, "file_ids", 2):
        await update_note(employee, note_id=note.id, file_ids=[first, second, third])


async def test_what_cannot_be_attached_changes_nothing(world: World) -> None:
    actor, files = world.acting(world.owner), await files_for(world, 3)
    note, other = await note_with(world, files[:1]), await note_with(world, files[1:2])
    unfinished, bad = await begun(actor), await uploaded(actor, to_check=True)
    await File.filter(id=bad.id).update(state=FileState.REFUSED)
    cases: list[tuple[UUID, type[Refusal], Reason]] = [
        (new_id(), NotFound, Reason.NOT_FOUND),
        (files[1], RuleBroken, Reason.TAKEN),
        (unfinished.id, RuleBroken, Reason.UPLOAD_UNFINISHED),
        (bad.id, RuleBroken, Reason.WRONG_STATE),
        (files[2], Invalid, Reason.NAMED_TWICE),
    ]
    for id, kind, reason in cases:
        async with refused(world, kind, "file_ids", 1) as caught:
            await update_note(actor, note_id=note.id, text="Another", file_ids=[files[2], id])
        assert caught.value.reason is reason
    many = [new_id() for _ in range(ATTACHED.most + 1)]
    async with refused(world, Invalid, "file_ids") as full:
        await update_note(actor, note_id=note.id, file_ids=many)
    assert full.value.reason is Reason.TOO_MANY
    # All that is wrong is told at once, and before anything is looked up.
    async with refused(world, Invalid, "text") as both:
        await update_note(actor, note_id=note.id, text=" ", file_ids=many)
    assert [each.path for each in both.value.all] == [("text",), ("file_ids",)]
    assert (await held_by(note.id), await held_by(other.id)) == (files[:1], files[1:2])
    async with refused(world, NotFound, "file_ids", 0):
        await note_with(world, [new_id()])


async def test_of_two_who_attach_a_file_at_once_one_does(world: World) -> None:
    (file,), actor = await files_for(world, 1), world.acting(world.owner)
    notes = [await note_with(world, []) for _ in range(2)]
    done = await asyncio.gather(
        *(update_note(actor, note_id=note.id, file_ids=[file]) for note in notes), return_exceptions=True
    )
    (failed,) = [each for each in done if isinstance(each, BaseException)]
    assert isinstance(failed, RuleBroken) and failed.reason is Reason.TAKEN


async def test_a_deleted_note_gives_up_its_files(world: World) -> None:
    files = await files_for(world, 2)
    note, other = await note_with(world, files[:1]), await note_with(world, files[1:])
    async with refused(world, Conflict, "expected_version"):
        await delete_note(world.acting(world.owner), note_id=note.id, expected_version=7)
    await delete_note(world.acting(world.owner), note_id=note.id)
    assert (await given_up(files), await room(world)) == ([True, False], 5)
    assert await held_by(other.id) == files[1:]
