"""Files in the answers of clients, and files that wiki pages, messages and chats have and lose."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from models.actor import Actor
from models.bounds import ANSWER_FILES, FILES_OF_THING, WIKI_VERSIONS
from models.errors import Forbidden, Invalid, NotFound, Refusal, RuleBroken
from models.files.links import may_read
from models.ids import new_id
from models.items import client_requests as requests
from models.items import organizers
from models.items.chats import create_chat, delete_chat
from models.items.messages import post_message, retract_message, update_message
from models.items.organizer_answers import Answer, Answering
from models.items.organizer_content import sections_of
from models.items.organizer_questions import Condition, Question, QuestionType, Section
from models.items.request_entries import EntryAnswer, RequestEntry
from models.items.wiki_pages import (
    WikiPage,
    create_wiki_page,
    delete_wiki_page,
    restore_wiki_page_version,
    update_wiki_page,
    versions_of_wiki_pages,
)
from models.reasons import Reason
from models.rights import Right
from models.rows import Member
from models.rows.files import File
from models.viewers import viewer
from tests.domain.refusal import refused
from tests.files import files_for, given_up, held_by, room
from tests.world import World

_ENTRIES = [RequestEntry(key, key) for key in ("w2", "rent")]
_SECTIONS = [
    Section(
        "You",
        (
            Question("married", "Married?", QuestionType.YES_NO),
            Question("w2", "W-2", QuestionType.FILE),
            Question("licence", "Licence", QuestionType.FILE, False, shown_when=(Condition("married", ("YES",)),)),
        ),
    )
]


async def new_request(actor: Actor, world: World) -> UUID:
    made = requests.create_client_request(actor, title="Papers", entries=_ENTRIES, account_id=world.account.id)
    return (await made).value.id


async def new_organizer(actor: Actor, world: World) -> UUID:
    made = organizers.create_organizer(actor, title="2026", sections=_SECTIONS, account_id=world.account.id)
    id = (await made).value.id
    await organizers.send_organizer(actor, organizer_id=id)
    return id


async def answer(actor: Actor, request: UUID, *answers: EntryAnswer) -> requests.ClientRequest:
    return (await requests.answer_client_request(actor, client_request_id=request, answers=answers)).value


async def fill_in(actor: Actor, organizer: UUID, **answers: Answer) -> organizers.Organizer:
    given = [Answering(key, each) for key, each in answers.items()]
    return (await organizers.answer_organizer(actor, organizer_id=organizer, answers=given)).value


async def answered_in(organizer: UUID) -> dict[str, Any]:
    """The files that questions are answered with."""
    questions = [asked for section in (await sections_of([organizer]))[organizer] for asked in section.questions]
    return {each.question.key: each.answer.file_ids for each in questions if each.answer and each.answer.file_ids}


async def test_an_entry_is_answered_with_a_text_files_or_both(world: World) -> None:
    owner, files = world.acting(world.owner), await files_for(world, 3)
    id = await new_request(owner, world)
    before = await world.revision()
    request = await answer(owner, id, EntryAnswer("w2", None, files[:2]), EntryAnswer("rent", "None", files[2:]))
    assert [(entry.answer, entry.file_ids) for entry in request.asked] == [
        (None, tuple(files[:2])),
        ("None", tuple(files[2:])),
    ]
    assert (request.answered, await held_by(id)) == (2, files)
    (logged,) = await world.events(before)
    assert logged.event.added_files == tuple(files)  # type: ignore[attr-defined]
    # An answer is whole: what it does not have any more is given up, also with the answer.
    await answer(owner, id, EntryAnswer("w2", "Here", files[1:2]), EntryAnswer("rent", "None"))
    assert await given_up(files) == [True, False, True]
    await requests.submit_client_request(owner, client_request_id=id)
    await requests.reopen_client_request(owner, client_request_id=id)
    assert await held_by(id) == files[1:2]
    await answer(owner, id, EntryAnswer("w2"))
    assert (await given_up(files), await room(world)) == ([True] * 3, 0)
    async with refused(world, RuleBroken) as left:
        await requests.submit_client_request(owner, client_request_id=id)
    assert left.value.reason is Reason.UNANSWERED


async def test_what_no_answer_may_have(world: World) -> None:
    owner, files = world.acting(world.owner), await files_for(world, 3)
    request, organizer = await new_request(owner, world), await new_organizer(owner, world)
    await answer(owner, request, EntryAnswer("w2", None, files[:1]))
    await fill_in(owner, organizer, w2=Answer(file_ids=(files[1],)))
    many = [new_id() for _ in range(ANSWER_FILES.most + 1)]
    cases: list[tuple[Sequence[UUID], type[Refusal], Reason, int | None]] = [
        ([files[2], new_id()], NotFound, Reason.NOT_FOUND, 1),
        ([files[2], files[2]], Invalid, Reason.NAMED_TWICE, 1),
        (many, Invalid, Reason.TOO_MANY, None),
    ]
    for ids, kind, reason, place in cases:
        path = ("answers", 0, "file_ids", *(() if place is None else (place,)))
        async with refused(world, kind, *path) as of_request:
            await answer(owner, request, EntryAnswer("rent", None, ids))
        async with refused(world, kind, *path) as of_organizer:
            await fill_in(owner, organizer, licence=Answer(file_ids=tuple(ids)))
        assert of_request.value.reason is of_organizer.value.reason is reason
    # What another answer has already, and what something else has.
    for taken, kind in ((files[0], Invalid), (files[1], RuleBroken)):
        async with refused(world, kind, "answers", 0, "file_ids", 0):
            await answer(owner, request, EntryAnswer("rent", None, [taken]))
    async with refused(world, Invalid, "answers", 0, "file_ids"):
        await fill_in(owner, organizer, licence=Answer(file_ids=()))
    for odd, field in ((Answer(text="a", file_ids=(files[2],)), "text"), (Answer(yes=True), "yes")):
        async with refused(world, Invalid, "answers", 0, field):
            await fill_in(owner, organizer, licence=odd)
    async with refused(world, Invalid, "answers", 0, "file_ids") as both:
        await fill_in(owner, organizer, licence=Answer(file_names=("a.pdf",), file_ids=(files[2],)))
    assert both.value.reason is Reason.ONLY_ONE
    # A file may change its place.
    await answer(owner, request, EntryAnswer("w2"), EntryAnswer("rent", None, files[:1]))
    assert await held_by(request) == files[:1]


async def test_files_of_an_organizer_are_kept_until_they_are_dropped(world: World) -> None:
    owner, files = world.acting(world.owner), await files_for(world, 3)
    id = await new_organizer(owner, world)
    async with refused(world, RuleBroken) as left:
        await organizers.submit_organizer(owner, organizer_id=id)
    assert left.value.reason is Reason.UNANSWERED
    await fill_in(owner, id, married=Answer(yes=True), w2=Answer(file_ids=(files[0],)))
    organizer = await fill_in(owner, id, licence=Answer(file_ids=(files[2], files[1])))
    assert (organizer.question_count, organizer.answered_count) == (3, 3)
    assert await answered_in(id) == {"w2": (files[0],), "licence": (files[2], files[1])}
    await organizers.submit_organizer(owner, organizer_id=id)
    await organizers.unsubmit_organizer(owner, organizer_id=id)
    assert set(await held_by(id)) == set(files)
    # What is not shown is kept until the client submits what is.
    await fill_in(owner, id, married=Answer(yes=False))
    assert await given_up(files) == [False] * 3
    before = await world.revision()
    await organizers.submit_organizer(owner, organizer_id=id)
    assert (await answered_in(id), await given_up(files)) == ({"w2": (files[0],)}, [False, True, True])
    (logged,) = await world.events(before)
    assert set(logged.event.removed_files) == set(files[1:])  # type: ignore[attr-defined]
    await organizers.seal_organizer(owner, organizer_id=id)
    more = await files_for(world, 1)
    async with refused(world, RuleBroken) as sealed:
        await fill_in(owner, id, w2=Answer(file_ids=(more[0],)))
    assert sealed.value.reason is Reason.SEALED


async def test_deleting_gives_up_the_files_of_all_answers(world: World) -> None:
    owner, files = world.acting(world.owner), await files_for(world, 2)
    request, organizer = await new_request(owner, world), await new_organizer(owner, world)
    await answer(owner, request, EntryAnswer("w2", None, files[:1]))
    await fill_in(owner, organizer, w2=Answer(file_ids=(files[1],)))
    await requests.delete_client_request(owner, client_request_id=request)
    assert await given_up(files) == [True, False]
    await organizers.delete_organizer(owner, organizer_id=organizer)
    assert (await given_up(files), await room(world)) == ([True, True], 0)


async def test_names_of_files_that_came_otherwise_stay_an_answer(world: World) -> None:
    owner, (file,) = world.acting(world.owner), await files_for(world, 1)
    id = await new_organizer(owner, world)
    await fill_in(owner, id, w2=Answer(file_ids=(file,)))
    await fill_in(owner, id, w2=Answer(file_names=("w2.pdf",)))
    assert (await answered_in(id), await given_up([file])) == ({}, [True])


async def test_what_is_in_files_needs_the_right_of_what_they_answer(world: World) -> None:
    """Whoever sees the account sees that there are files; of an organizer's, the name needs its right as well."""
    owner, files = world.acting(world.owner), await files_for(world, 2)
    await answer(owner, await new_request(owner, world), EntryAnswer("w2", None, files[:1]))
    organizer = await new_organizer(owner, world)
    await fill_in(owner, organizer, w2=Answer(file_ids=(files[1],)))
    employee = await viewer(world.employee.id)
    assert employee is not None
    rows = [await employee.rows(File).get(id) for id in files]
    assert [may_read(row, employee) for row in rows] == [True, False]
    scope = replace(employee.scope, rights=employee.scope.rights | {Right.MANAGE_ORGANIZERS})
    assert may_read(rows[1], replace(employee, scope=scope))
    async with refused(world, Forbidden):
        await fill_in(world.acting(world.employee), organizer, w2=Answer(file_ids=(new_id(),)))


async def test_a_version_of_a_page_keeps_its_files(world: World) -> None:
    owner, files = world.acting(world.owner), await files_for(world, 3)
    made = create_wiki_page(owner, name="Page", text="One", account_id=world.account.id, file_ids=files[:2])
    id = (await made).value.id
    before = await world.revision()
    await update_wiki_page(owner, wiki_page_id=id, file_ids=[files[2], files[1]])
    (logged,) = await world.events(before)
    assert (logged.event.added_files, logged.event.removed_files) == ((files[2],), (files[0],))  # type: ignore[attr-defined]
    await update_wiki_page(owner, wiki_page_id=id, text="Three")
    page = await WikiPage.get(id=id)
    assert (page.attached, page.version) == ([files[1], files[2]], 3)
    former = (await versions_of_wiki_pages([id]))[id]
    assert [(each.version, each.text, list(each.file_ids)) for each in former] == [
        (2, "One", [files[1], files[2]]),
        (1, "One", files[:2]),
    ]
    # Nothing has been given up: the page owns the files of its versions too.
    assert set(await held_by(id)) == set(files)
    page = (await restore_wiki_page_version(owner, wiki_page_id=id, version=1)).value
    assert (page.text, set(page.attached)) == ("One", set(files[:2]))
    # What it had once may be attached to it again.
    page = (await update_wiki_page(owner, wiki_page_id=id, file_ids=[files[2]])).value
    assert page.attached == [files[2]]
    again = await world.revision()
    await update_wiki_page(owner, wiki_page_id=id, file_ids=[files[2]])
    assert await world.revision() == again
    async with refused(world, NotFound, "file_ids", 1):
        await update_wiki_page(owner, wiki_page_id=id, file_ids=[files[2], new_id()])
    await delete_wiki_page(owner, wiki_page_id=id)
    assert (await given_up(files), await room(world)) == ([True] * 3, 0)


async def test_a_page_gives_up_a_file_with_the_last_version_that_has_it(world: World) -> None:
    owner, files = world.acting(world.owner), await files_for(world, 2)
    made = create_wiki_page(owner, name="Page", text="0", account_id=world.account.id, file_ids=files)
    id = (await made).value.id
    await update_wiki_page(owner, wiki_page_id=id, file_ids=files[1:])
    for number in range(WIKI_VERSIONS.most - 1):
        await update_wiki_page(owner, wiki_page_id=id, text=f"Text {number}")
    assert await given_up(files) == [False, False]
    await update_wiki_page(owner, wiki_page_id=id, text="The last")
    assert (await given_up(files), await held_by(id)) == ([True, False], files[1:])


async def test_all_versions_of_a_page_have_so_many_files_together(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, files = world.acting(world.owner), await files_for(world, 3)
    made = create_wiki_page(owner, name="Page", text="0", account_id=world.account.id, file_ids=files[:1])
    id = (await made).value.id
    monkeypatch.setattr("models.items.wiki_pages.FILES_OF_THING", replace(FILES_OF_THING, most=2))
    await update_wiki_page(owner, wiki_page_id=id, file_ids=files[1:2])
    async with refused(world, RuleBroken, "file_ids") as full:
        await update_wiki_page(owner, wiki_page_id=id, file_ids=files[2:])
    assert full.value.reason is Reason.FULL


async def test_messages_have_files_until_they_are_retracted(world: World) -> None:
    files, employee = await files_for(world, 4, world.employee), world.acting(world.employee)
    chat = (await create_chat(employee, subject="Papers", account_id=world.account.id)).value.id
    posted = [
        (await post_message(employee, chat_id=chat, text="Here", file_ids=attached)).value
        for attached in (files[:2], files[2:3], [])
    ]
    before = await world.revision()
    changed = (await update_message(employee, message_id=posted[0].id, file_ids=[files[3], files[1]])).value
    assert changed.edited_at is not None and await held_by(changed.id) == [files[1], files[3]]
    (logged,) = await world.events(before)
    assert (logged.event.added_files, logged.event.removed_files) == ((files[3],), (files[0],))  # type: ignore[attr-defined]
    before = await world.revision()
    await retract_message(world.acting(world.owner), message_id=posted[0].id)
    assert await given_up(files) == [True, True, False, True]
    (logged,) = await world.events(before)
    assert logged.event.removed_files == (files[1], files[3])  # type: ignore[attr-defined]
    async with refused(world, RuleBroken, "message_id"):
        await update_message(employee, message_id=posted[0].id, file_ids=[])
    await delete_chat(employee, chat_id=chat)
    assert (await given_up(files), await room(world)) == ([True] * 4, 0)


async def test_a_file_is_seen_with_what_has_taken_it(world: World) -> None:
    (file,), owner = await files_for(world, 1), world.acting(world.owner)
    chat = (await create_chat(owner, subject="Papers", account_id=world.account.id)).value.id
    await post_message(owner, chat_id=chat, text="Here", file_ids=[file])

    async def sees(member: Member) -> bool:
        found = await viewer(member.id)
        assert found is not None
        return await found.rows(File).find(file) is not None

    assert [await sees(member) for member in (world.owner, world.employee, world.stranger)] == [True, True, False]
