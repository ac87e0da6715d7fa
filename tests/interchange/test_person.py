"""What is held of a person is all that is theirs, and nothing of anybody else."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest

from interchange.exports.archives import Unwritable
from interchange.exports.person import NoSuchPerson, export_person
from models.actor import Actor
from models.client_sign_in import sign_in_client_by_mail
from models.commands.jobs import assign_job
from models.commands.members import update_member
from models.commands.tasks import check_task_entry, create_task
from models.commands.time import log_time
from models.database import sql
from models.firm.absences import add_absence
from models.firm.account_contacts import link_contact
from models.firm.contacts import create_contact, update_contact
from models.firm.portal_access import invite_contact
from models.firm.saved_views import create_saved_view
from models.ids import Kind, encode
from models.items.chats import create_chat
from models.items.documents import Document
from models.items.messages import post_message
from models.items.notes import create_note, update_note
from models.items.wiki_pages import create_wiki_page, restore_wiki_page_version, update_wiki_page
from models.one_time.proofs import Proof
from models.portable.person import _OWN
from models.portable.tables import portable_tables
from models.sign_in import issue_for
from tests.api.furnished import Furnished
from tests.files import take, uploaded
from tests.interchange.tampering import read_from
from tests.kinds.documents import make_loose
from tests.signing_in import letters
from tests.specimens import Spot
from tests.world import World

#: In whatever is theirs; and in whatever is another's.
OWN, OTHERS = "quillfeather", "brambleshade"


def test_what_is_theirs_is_there() -> None:
    columns = {table.name: table.columns for table in portable_tables()}
    for owned in _OWN.values():
        for (table, column), shown in owned.items():
            assert {column, *(shown or ())} <= columns[table].keys()


async def held(path: Path, **whose: str) -> dict[str, Any]:
    """What is held, as a file has it."""
    await export_person(path, **whose)
    return _read(path)


def _read(path: Path) -> dict[str, Any]:
    assert path.stat().st_mode & 0o077 == 0
    read: dict[str, Any] = orjson.loads(path.read_bytes())
    return read


async def test_of_a_member(world: World, tmp_path: Path) -> None:
    firm = await Furnished.build(OTHERS)
    world = firm.world
    member = world.employee
    owner, own = world.acting(world.owner), world.acting(member)
    await update_member(owner, member_id=member.id, name=f"{OWN} now")
    day = (await add_absence(own, first_day=_day(2), last_day=_day(3), note=f"{OWN} away")).value.first_day
    assert day == _day(2)
    job = await world.job(f"{OTHERS} job", description=OTHERS)
    await assign_job(owner, job_id=job.id, member_ids=[member.id])
    await log_time(own, minutes=35, job_id=job.id, note=f"{OWN} minutes")
    await log_time(owner, minutes=36, job_id=job.id, note=f"{OTHERS} minutes")
    task = (await create_task(owner, name=f"{OTHERS} task", job_id=job.id, checklist=[f"{OTHERS} entry"])).value
    await check_task_entry(own, task_id=task.id, number=1, checked=True)
    chat = (await create_chat(owner, subject=f"{OTHERS} chat", account_id=world.account.id)).value
    await post_message(own, chat_id=chat.id, text=f"{OWN} message")
    await post_message(owner, chat_id=chat.id, text=f"{OTHERS} message", mention_ids=[member.id])
    await create_note(own, text=f"{OWN} note", account_id=world.account.id)
    await create_note(owner, text=f"{OTHERS} note", account_id=world.account.id)
    await issue_for(member.id, 1)
    # What automations did as the member, or another one, had done something.
    for who, word in ((member, "theirs"), (world.owner, "another's")):
        began = {"kind": "MEMBER", "id": str(who.id)}
        robot = Actor.automation(world.firm.id, "Robot", await world.revision(), causer=began)
        caused = await create_note(robot, text=f"{OTHERS} {word}", account_id=world.account.id)
        if who == member:
            because = (caused.value.id, caused.revision)
    found = await held(tmp_path / "member.json", member=member.email)
    text = orjson.dumps(found).decode()
    assert found["person"] == encode(Kind.MEMBER, member.id)
    for theirs in ("now", "away", "minutes", "message", "note"):
        assert f"{OWN} {theirs}" in text
    # The first name of the member themselves was the firm's word, and the log has it; their address has it too, and
    # the note of an entry of their time.
    theirs_too = {f"{firm.word} Emma Employee", member.email, firm.word}
    assert {word for word in text.split('"') if OTHERS in word} <= theirs_too
    for name in ("email", "given_rights"):
        assert name in found["member"][0]
    assert found["job_assignee by member_id"][0]["job_id"]
    assert [entry["id"] for entry in found["task by checklist"]] == [str(task.id)]
    assert found["message_mention by member_id"]
    assert found["session"][0].keys() == {"created_at", "expires_at", "ended_at"}
    assert {event["type"] for event in found["events by them"]} >= {"TimeLogged", "NoteCreated"}
    assert [(event["type"], event["subject"], event["revision"]) for event in found["events because of them"]] == [
        ("NoteCreated", str(because[0]), because[1])
    ]
    assert "MemberUpdated" in {event["type"] for event in found["events about them"]}
    for secret in ("password", "hash", "refresh", "digest"):
        assert secret not in text
    others = {str(each.id) for each in (world.owner, world.admin, world.stranger)}
    assert [id for id in others if id in text] == []


async def test_of_what_several_have_written(world: World, tmp_path: Path) -> None:
    member, other = world.admin, world.owner
    own, others, account = world.acting(member), world.acting(other), world.account.id
    notes = [(await create_note(who, text=word, account_id=account)).value.id for who, word in _each(own, others)]
    rewritten, taken_over = notes
    await update_note(others, note_id=rewritten, text=f"{OTHERS} instead")
    await update_note(own, note_id=taken_over, text=f"{OWN} instead")
    await update_note(others, note_id=taken_over, pinned=True)
    once = (await create_wiki_page(own, name=f"{OWN} page", text=f"{OWN} present", account_id=account)).value
    page = (await create_wiki_page(others, name="Page", text=f"{OTHERS} first", account_id=account)).value
    await update_wiki_page(own, wiki_page_id=page.id, text=f"{OWN} second")
    # What it says again is as it was, and whose it was.
    await restore_wiki_page_version(own, wiki_page_id=page.id, version=page.version)
    found = await held(tmp_path / "member.json", member=member.email)
    text = orjson.dumps(found).decode()
    assert OTHERS not in text
    assert [each["text"] for each in found["note written"]] == [f"{OWN} instead"]
    pages = [(each["id"], each["text"]) for each in found["wiki_page written"]]
    assert sorted(pages) == sorted([(str(once.id), f"{OWN} present"), (str(page.id), f"{OWN} second")])
    text = orjson.dumps(await held(tmp_path / "other.json", member=other.email)).decode()
    assert OWN not in text
    for theirs in ("instead", "first"):
        assert f"{OTHERS} {theirs}" in text


def _each(own: Actor, others: Actor) -> list[tuple[Actor, str]]:
    return [(own, f"{OWN} note"), (others, f"{OTHERS} note")]


async def test_nobody_else_is_named_by_an_id(world: World, tmp_path: Path) -> None:
    member = world.admin
    own = world.acting(member)
    await update_member(own, member_id=world.employee.id, name="Renamed")
    contact = (await create_contact(own, name="Somebody")).value
    await update_contact(own, contact_id=contact.id, name="Somebody else")
    named = [encode(Kind.MEMBER, each.id) for each in (world.employee, member)]
    await create_saved_view(own, name="Ours", filter={"assignee": {"in": named}})
    document = await Document.get(id=await make_loose(own, "Return", Spot(world.account.id)))
    file = await uploaded(own, f"{OWN}.txt")
    await take(own, owner=document, file_ids=[file.id])
    found = await held(tmp_path / "member.json", member=member.email)
    text = orjson.dumps(found).decode()
    for id in (world.employee.id, world.owner.id, contact.id):
        assert str(id) not in text
    (view,) = found["saved_view by member_id"]
    assert view["job_filter"] == {"assignee": {"in": [None, named[1]]}}
    assert [each["id"] for each in found["contact by created_by_id"]] == [None]
    assert [each["name"] for each in found["file by created_by_id"]] == [f"{OWN}.txt"]
    told = {each["type"]: each["subject"] for each in found["events by them"]}
    assert (told["MemberUpdated"], told["ContactCreated"]) == (None, None)
    assert told["SavedViewCreated"] == view["id"]


async def test_of_a_contact(tmp_path: Path) -> None:
    firm = await Furnished.build(OTHERS)
    world = firm.world
    owner = world.acting(world.owner)
    contact = (
        await create_contact(owner, name=f"{OWN} one", emails=[f"{OWN}@home.example"], phone="+1 555 0100")
    ).value
    await update_contact(owner, contact_id=contact.id, name=f"{OWN} two")
    await link_contact(owner, contact_id=contact.id, account_id=world.account.id, title=f"{OWN} title", signs=True)
    await invite_contact(owner, contact_id=contact.id)
    await sign_in_client_by_mail(Proof(token=(await letters())[f"{OWN.lower()}@home.example"][-1].token))
    found = await held(tmp_path / "contact.json", contact=encode(Kind.CONTACT, contact.id))
    text = orjson.dumps(found).decode()
    assert OTHERS not in text
    assert found["contact"][0]["phone"] == "+1 555 0100"
    assert found["account_contact by contact_id"][0]["title"] == f"{OWN} title"
    assert found["session"][0].keys() == {"created_at", "expires_at", "ended_at"}
    # What it was called before is in the log, which is theirs too.
    assert f"{OWN} one" in orjson.dumps(found["events about them"]).decode()
    assert str(world.owner.id) not in text
    # Of those whom the firm asks for something, each place that names them is there.
    for table in ("signer", "item_recipient", "document_approver"):
        rows = "SELECT contact_id FROM {} WHERE contact_id IN (SELECT id FROM contact WHERE firm_id = $1)"
        (asked, *_) = await sql(rows.format(table), world.firm.id)
        name = encode(Kind.CONTACT, asked["contact_id"])
        assert (await held(tmp_path / f"{table}.json", contact=name))[f"{table} by contact_id"]


async def test_of_nobody(world: World, tmp_path: Path) -> None:
    path = tmp_path / "person.json"
    for whose in (
        {"member": "nobody@nowhere.test"},
        {"contact": "nobody"},
        {"contact": encode(Kind.CONTACT, world.firm.id)},
    ):
        with pytest.raises(NoSuchPerson):
            await export_person(path, **whose)
    assert read_from(tmp_path) == {}
    await export_person(path, member=world.owner.email.upper())
    with pytest.raises(Unwritable, match="is there already"):
        await export_person(path, member=world.owner.email)


def _day(number: int) -> date:
    return date(2026, 1, number)
