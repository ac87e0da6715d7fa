"""Notes: of an account, and of any number of its jobs."""

import asyncio
from uuid import UUID

import pytest

from models.commands.jobs import delete_job
from models.commands.moves import archive_job
from models.errors import Conflict, Invalid, NotFound, RuleBroken
from models.ids import Kind, new_id
from models.items.notes import Note, create_note, delete_note, link_note, unlink_note, update_note
from models.items.reads import Wanted, items_of_jobs, outstanding
from models.rows import JobItem
from models.scope import Scope
from models.texts import MARKDOWN, NAME
from tests.domain.refusal import refused, told
from tests.kinds.notes import hidden_job
from tests.links import jobs_of
from tests.texts import NOTHING
from tests.world import World


async def new_note(world: World, *jobs: UUID, text: str = "Call them") -> Note:
    owner = world.acting(world.owner)
    note = (await create_note(owner, text=text, account_id=world.account.id)).value
    for job in jobs:
        await link_note(owner, note_id=note.id, job_id=job)
    return note


async def places(world: World, after: int) -> list[tuple[str, UUID | None]]:
    """What was told since, each with the job that it names."""
    return [(type(logged.event).__name__, logged.event.subject_job) for logged in await world.events(after)]


async def test_a_note_on_a_job_is_its_accounts(world: World) -> None:
    job, before = await world.job(), await world.revision()
    text = "# Ask\r\n\n* for the *W-2*  \n"
    note = (await create_note(world.acting(world.employee), text=text, job_id=job.id, pinned=True)).value
    kept = await Note.get(id=note.id)
    assert (kept.text, kept.pinned, kept.open) == ("# Ask\n\n* for the *W-2*  \n", True, False)
    assert (kept.account_id, kept.created_by_id, await jobs_of(note)) == (
        world.account.id,
        world.employee.id,
        {job.id},
    )
    assert await places(world, before) == [("NoteCreated", job.id), ("NoteCreated", None)]
    assert await outstanding([job.id]) == {}


async def test_an_id_sent_again_returns_the_first_note(world: World) -> None:
    id, actor, job = new_id(), world.acting(world.employee), await world.job()
    asked = [create_note(actor, text="Once", job_id=job.id, id=id) for _ in range(3)]
    assert {(outcome.value.id, outcome.revision) for outcome in await asyncio.gather(*asked)} == {
        (id, await world.revision())
    }


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Call them\nsoon", "Call them"),
        ("\n  \n## Call them ##\nsoon", "Call them"),
        ("***\n```\nCall them\n===", "Call them"),
        ("#1 is late", "#1 is late"),
        ("Write C# #", "Write C# #"),
        ("# \n-----\n", "Note"),
        ("🎉", "🎉"),
        ("x" * 500, "x" * NAME.most),
    ],
)
def test_a_note_is_called_by_its_first_line_that_says_something(text: str, title: str) -> None:
    assert Note(text=text).title == title


async def test_what_is_no_note(world: World) -> None:
    actor, job = world.acting(world.owner), await world.job()
    other = await world.new_account("Other")
    async with refused(world, Invalid, "account_id"):
        await create_note(actor, text="N")
    for text in (*NOTHING.values(), "x" * (MARKDOWN.most + 1)):
        async with refused(world, Invalid, "text"):
            await create_note(actor, text=text, job_id=job.id)
    async with refused(world, RuleBroken, "job_id", match="another account"):
        await create_note(actor, text="N", job_id=job.id, account_id=other.id)
    elsewhere, note = await world.job(account_id=other.id), await new_note(world)
    async with refused(world, RuleBroken, "job_id", match="another account"):
        await link_note(actor, note_id=note.id, job_id=elsewhere.id)


async def test_a_job_that_is_not_seen_is_neither_linked_nor_unlinked(world: World) -> None:
    employee, hidden = world.acting(world.employee), await hidden_job(world)
    on, off = await new_note(world, hidden), await new_note(world)
    async with refused(world, NotFound, "job_id"):
        await unlink_note(employee, note_id=on.id, job_id=hidden)
    async with refused(world, NotFound, "job_id"):
        await link_note(employee, note_id=off.id, job_id=hidden)
    assert (await jobs_of(on), await jobs_of(off)) == ({hidden}, set())
    # The note itself is the account's.
    assert (await update_note(employee, note_id=on.id, text="Called")).value.text == "Called"


async def test_an_update_keeps_what_is_left_out(world: World) -> None:
    actor, note = world.acting(world.employee), await new_note(world)
    before = await world.revision()
    for _ in range(2):
        changed = (await update_note(actor, note_id=note.id, pinned=True)).value
    assert (changed.text, changed.pinned, changed.version) == ("Call them", True, 2)
    assert await told(world, before) == ["NoteUpdated"]
    async with refused(world, Invalid, "text"):
        await update_note(actor, note_id=note.id, text=" ")
    async with refused(world, Conflict, "expected_version"):
        await update_note(actor, note_id=note.id, text="Late", expected_version=1)


async def test_a_note_is_linked_to_any_number_of_jobs(world: World) -> None:
    actor, note = world.acting(world.employee), await new_note(world)
    one, two = await world.job(), await world.job()
    await archive_job(actor, job_id=two.id)
    before = await world.revision()
    for job in (one, one, two):
        await link_note(actor, note_id=note.id, job_id=job.id)
    assert await jobs_of(note) == {one.id, two.id}
    await update_note(actor, note_id=note.id, text="Called", expected_version=1)
    for _ in range(2):
        await unlink_note(actor, note_id=note.id, job_id=one.id)
    assert await places(world, before) == [
        *(("NoteLinked", job.id) for job in (one, two)),
        *(("NoteUpdated", place) for place in (one.id, two.id, None)),
        ("NoteUnlinked", one.id),
    ]
    found = await items_of_jobs([one.id, two.id], Wanted.of(Scope.whole(world.firm.id), [Kind.NOTE], None), None, 10)
    assert {job: [link.key.item for link in links] for job, links in found.items()} == {two.id: [note.id]}


async def test_what_its_jobs_do_leaves_the_note(world: World) -> None:
    owner, one, two = world.acting(world.owner), await world.job(), await world.job()
    note = await new_note(world, one.id, two.id)
    before = await world.revision()
    await delete_job(owner, job_id=one.id)
    assert await places(world, before) == [("NoteUnlinked", one.id), ("JobDeleted", one.id)]
    assert await jobs_of(note) == {two.id}
    before = await world.revision()
    await delete_note(world.acting(world.employee), note_id=note.id, expected_version=1)
    assert await places(world, before) == [("NoteDeleted", two.id), ("NoteDeleted", None)]
    assert not await JobItem.exists(item=note.id)
    async with refused(world, NotFound, "note_id"):
        await delete_note(owner, note_id=note.id)
