"""Notes: how one is made, and how their events come about."""

import re
from collections.abc import AsyncIterator
from uuid import UUID

from models.actor import Actor
from models.ids import Kind
from models.items import notes
from tests.files import uploaded
from tests.live.scenarios import causes, owner_of
from tests.lives import Life, Step, given
from tests.specimens import Specimens, Spot
from tests.world import World


async def make(actor: Actor, word: str, spot: Spot) -> UUID:
    """A pinned note with a file."""
    text, file = f"# {word}\n\nCall them.", await uploaded(actor, f"{word} of note.txt")
    made = notes.create_note(
        actor, text=text, account_id=spot.account, job_id=spot.job, pinned=True, file_ids=[file.id]
    )
    return (await made).value.id


async def make_loose(actor: Actor, word: str, spot: Spot) -> UUID:
    """A note on the account alone."""
    return (await notes.create_note(actor, text=word, account_id=spot.account)).value.id


async def _found_by(note: notes.Note) -> tuple[str, str]:
    return note.title, re.sub(r"\W", " ", note.text)


LIVES = [
    Life(
        made=Step(mutation="createNote", given=given(text="Call them"), event="NoteCreated"),
        steps=[Step(mutation="updateNote", given=given(text="They called", pinned=True), event="NoteUpdated")],
        end=Step(mutation="deleteNote", event="NoteDeleted"),
    )
]

SPECIMENS = Specimens(
    kind=Kind.NOTE,
    make=make,
    hidden_with=frozenset({"account"}),
    further={"loose note": make_loose},
    chosen={
        "linkNote.noteId": "loose note",
        "createNote.fileIds": "own file",
        "updateNote.fileIds": "second own file",
    },
    not_any_more={"updateNote": ["UPDATE note SET text = repeat(' ', 30000) WHERE id = $1"]},
    facts={"search": _found_by},
    lives=LIVES,
)


async def hidden_job(world: World) -> UUID:
    """A job of the same account that the employee does not see."""
    return (await world.job(pipeline_id=(await world.new_pipeline("Hidden")).id)).id


async def on_jobs(world: World, *more: UUID) -> UUID:
    """A note on a job that the employee sees, and on these."""
    note = await make(owner_of(world), "Ask", Spot(world.account.id, (await world.job()).id))
    for job in more:
        await notes.link_note(owner_of(world), note_id=note, job_id=job)
    return note


@causes(notes.NoteCreated)
async def created(world: World) -> AsyncIterator[None]:
    jobs = [(await world.job()).id, await hidden_job(world)]
    yield
    for job in jobs:
        await make(owner_of(world), "Ask", Spot(world.account.id, job))


@causes(notes.NoteUpdated)
async def updated(world: World) -> AsyncIterator[None]:
    note = await on_jobs(world, await hidden_job(world))
    file = await uploaded(owner_of(world), "Of the call.txt")
    yield
    await notes.update_note(owner_of(world), note_id=note, text="They called", pinned=False, file_ids=[file.id])


@causes(notes.NoteLinked)
async def linked(world: World) -> AsyncIterator[None]:
    note, jobs = await on_jobs(world), [(await world.job()).id, await hidden_job(world)]
    yield
    for job in jobs:
        await notes.link_note(owner_of(world), note_id=note, job_id=job)


@causes(notes.NoteUnlinked)
async def unlinked(world: World) -> AsyncIterator[None]:
    jobs = [(await world.job()).id, await hidden_job(world)]
    note = await on_jobs(world, *jobs)
    yield
    for job in jobs:
        await notes.unlink_note(owner_of(world), note_id=note, job_id=job)


@causes(notes.NoteDeleted)
async def deleted(world: World) -> AsyncIterator[None]:
    note = await on_jobs(world, await hidden_job(world))
    yield
    await notes.delete_note(owner_of(world), note_id=note)
