"""Files: who sees them, what takes them, and who reads them by a link."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt
import pytest

from models.actor import Actor
from models.commands.accounts import set_account_team
from models.commands.members import deactivate_member, set_member_rights
from models.database import sql
from models.errors import Conflict, Forbidden, Invalid, NotFound, Refusal, RuleBroken
from models.files.files import right_to_content
from models.files.links import Link, may_read, read_by, read_link, sign
from models.files.names import file_name
from models.files.owners import files_of_owners, owns_files
from models.files.totals import release
from models.files.uploads import (
    KEPT_FOR,
    MOST_SEGMENTS,
    Received,
    Whole,
    add_segments,
    begin_upload,
    discard_upload,
    reached,
)
from models.firm.personal_tokens import create_personal_token, revoke_personal_token
from models.ids import new_id
from models.items.documents import Document
from models.reasons import Parameter, Reason
from models.rights import Right, Role
from models.rows import Job, Member, Task, TimeEntry
from models.rows.files import File, FileSegment, FileState, FileTotal
from models.rows.invoices import Invoice
from models.rows.payment_providers import ProviderDelivery
from models.scope import Viewer
from models.sign_in import SignedIn, authenticate, issue_for, sign_out
from models.signing_keys import KEYS
from models.viewers import viewer, viewer_of_session
from tests.domain.refusal import refused
from tests.files import LIMITS, begun, give_up, take, uploaded
from tests.kinds.documents import make_loose
from tests.specimens import Spot
from tests.world import World

#: What a file that was taken has of it.
COLUMNS = ("version", "taken", "taken_at", "owner_kind", "owner_id", "account_id", "kept_for_id", "expires_at")
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


async def document_of(world: World) -> Document:
    """One of the account that the employee sees."""
    return await Document.get(id=await make_loose(world.acting(world.owner), "Return", Spot(world.account.id)))


async def seen_by(member: Member) -> Viewer:
    """What a member sees now, in a session of its own."""
    return (await authenticate(await issue_for(member.id, 1))).viewer


async def who_see(world: World, file: File) -> set[str]:
    """The first names of those of the firm who see a file."""
    members = (world.owner, world.admin, world.employee, world.stranger)
    found = {member.name.split()[0]: await (await seen_by(member)).rows(File).find(file.id) for member in members}
    return {name for name, row in found.items() if row is not None}


async def total(world: World) -> int:
    """How many bytes the firm's files take."""
    row = await FileTotal.get_or_none(firm_id=world.firm.id)
    return 0 if row is None else row.size


async def test_a_file_is_its_uploaders_until_something_takes_it(world: World) -> None:
    actor, document = world.acting(world.employee), await document_of(world)
    before = await world.revision()
    file = await uploaded(actor)
    assert await who_see(world, file) == {"Emma"}
    assert (file.state, file.created_by_id, file.version) == (FileState.READY, world.employee.id, 2)
    assert file.expires_at is not None and file.expires_at - file.created_at <= KEPT_FOR + timedelta(minutes=1)
    assert await world.revision() == before  # An upload is nobody else's matter.
    (taken,) = (await take(actor, owner=document, file_ids=[file.id])).value
    row = await File.get(id=file.id)
    assert [getattr(row, name) for name in COLUMNS] == [getattr(taken, name) for name in COLUMNS]
    assert await who_see(world, file) == {"Olive", "Adam", "Emma"}
    assert (row.taken, row.expires_at, row.account_id) == (True, None, world.account.id)
    await set_account_team(world.acting(world.owner), account_id=world.account.id, member_ids=[])
    assert await who_see(world, file) == {"Olive", "Adam"}  # Who uploaded it goes out of sight of it with the account.
    assert await files_of_owners([document.id, world.account.id]) == {document.id: [file.id]}


async def test_what_is_given_up_is_seen_by_nobody_and_leaves_its_room(world: World) -> None:
    actor, document = world.acting(world.owner), await document_of(world)
    files = [await uploaded(actor, f"{number}.txt", "12345") for number in range(3)]
    await take(actor, owner=document, file_ids=[file.id for file in files])
    assert await total(world) == 15
    await give_up(actor, owner=document, file_ids=[files[1].id])
    assert await total(world) == 10
    assert [await who_see(world, file) for file in files] == [
        {"Olive", "Adam", "Emma"},
        set(),
        {"Olive", "Adam", "Emma"},
    ]
    await give_up(actor, owner=document)
    assert await total(world) == 0
    assert await files_of_owners([document.id]) == {}
    assert [(await File.get(id=file.id)).given_up_at is None for file in files] == [False] * 3


async def test_files_are_taken_in_the_order_in_which_they_are_named(world: World) -> None:
    actor, document = world.acting(world.owner), await document_of(world)
    ids = [(await uploaded(actor, f"{number}.txt")).id for number in range(4)]
    await take(actor, owner=document, file_ids=[ids[2], ids[0]])
    await take(actor, owner=document, file_ids=[ids[3], ids[1]])
    assert await files_of_owners([document.id]) == {document.id: [ids[2], ids[0], ids[3], ids[1]]}


async def test_what_cannot_be_taken(world: World) -> None:
    actor, document = world.acting(world.employee), await document_of(world)
    mine, another = await uploaded(actor), await uploaded(world.acting(world.owner))
    taken, unfinished, unanswered, bad = await uploaded(actor), await begun(actor), await uploaded(actor), mine
    await take(actor, owner=document, file_ids=[taken.id])
    gone = (await discard_upload(actor, file_id=(await uploaded(actor)).id)).value
    bad = await uploaded(actor, to_check=True)
    await File.filter(id=bad.id).update(state=FileState.REFUSED)
    cases: list[tuple[UUID, type[Refusal], Reason]] = [
        (another.id, NotFound, Reason.NOT_FOUND),
        (new_id(), NotFound, Reason.NOT_FOUND),
        (gone.id, NotFound, Reason.NOT_FOUND),
        (taken.id, RuleBroken, Reason.TAKEN),
        (unfinished.id, RuleBroken, Reason.UPLOAD_UNFINISHED),
        (bad.id, RuleBroken, Reason.WRONG_STATE),
        (mine.id, Invalid, Reason.NAMED_TWICE),
    ]
    for id, kind, reason in cases:
        async with refused(world, kind, "file_ids", 1) as caught:
            await take(actor, owner=document, file_ids=[mine.id, id])
        assert caught.value.reason is reason
    async with refused(world, RuleBroken, "file_ids") as full:
        await take(actor, owner=document, file_ids=[mine.id, unanswered.id], most=2)
    assert full.value.parameters == {Parameter.KIND: "file", Parameter.MAXIMUM: "2"}
    with pytest.raises(TypeError, match="invoice need"):
        await take(actor, owner=Invoice(account_id=world.account.id), file_ids=[mine.id])
    assert (await take(actor, owner=document, file_ids=[])).value == []


async def test_what_a_scanner_has_not_answered_on_is_taken_and_read_by_nobody(world: World) -> None:
    actor, document = world.acting(world.owner), await document_of(world)
    file = await uploaded(actor, to_check=True)
    await take(actor, owner=document, file_ids=[file.id])
    row = await File.get(id=file.id)
    assert (row.state, sign(row, await seen_by(world.owner), await KEYS.newest(), NOW)) == (FileState.CHECKING, None)


async def test_of_two_who_take_it_at_once_one_does(world: World) -> None:
    actor, documents = world.acting(world.owner), [await document_of(world) for _ in range(2)]
    file = await uploaded(actor)
    told = await asyncio.gather(
        *(take(actor, owner=document, file_ids=[file.id]) for document in documents), return_exceptions=True
    )
    (failed,) = [each for each in told if isinstance(each, BaseException)]
    assert isinstance(failed, RuleBroken) and failed.reason is Reason.TAKEN


def test_what_owns_files_is_seen_with_its_account_alone_and_says_the_right_once() -> None:
    # Of the others somebody who sees the account sees not all: they are within jobs, or need a right to be seen.
    for model in (Member, Job, Task, TimeEntry, ProviderDelivery):
        with pytest.raises(TypeError, match="not seen with its account alone"):
            owns_files(model, needs=None)
    with pytest.raises(TypeError, match="MANAGE_DOCUMENTS"):
        owns_files(Document, needs=None)


async def test_segments_follow_each_other(world: World) -> None:
    actor = world.acting(world.employee)
    file = await begun(actor, size=10)
    segments = [Received(0, 4, "a"), Received(4, 6, "b")]
    await add_segments(actor, file_id=file.id, segments=segments[:1])
    for odd in (Received(0, 4, "c"), Received(3, 7, "c"), Received(5, 5, "c")):
        async with refused(world, Conflict, "offset") as caught:
            await add_segments(actor, file_id=file.id, segments=[odd])
        assert caught.value.parameters[Parameter.ACTUAL] == "4"
    async with refused(world, Invalid, "size") as too_much:
        await add_segments(actor, file_id=file.id, segments=[Received(4, 7, "c")])
    assert too_much.value.parameters[Parameter.MAXIMUM] == "10"
    assert await reached(file.id) == 4
    whole = Whole("0" * 64, "text/plain")
    for some, known in ((Received(4, 1, "c"), whole), (Received(4, 6, "c"), None)):
        with pytest.raises(ValueError, match="known what it is"):
            await add_segments(actor, file_id=file.id, segments=[some], whole=known)
    done = (await add_segments(actor, file_id=file.id, segments=segments[1:], whole=whole)).value
    assert (done.state, done.sha256, done.content_type) == (FileState.READY, "0" * 64, "text/plain")
    async with refused(world, Conflict):
        await add_segments(actor, file_id=file.id, segments=[Received(10, 1, "d")])
    assert [segment.key for segment in await FileSegment.filter(file_id=file.id).order_by("begins")] == ["a", "b"]
    for other in (world.acting(world.owner), world.acting(world.stranger)):
        async with refused(world, NotFound):
            await add_segments(other, file_id=file.id, segments=segments[1:])
        async with refused(world, NotFound):
            await discard_upload(other, file_id=file.id)


async def test_a_file_is_not_sent_in_more_pieces_than_can_be_read_with_it(world: World) -> None:
    actor = world.acting(world.employee)
    file = await begun(actor, size=MOST_SEGMENTS + 1)
    await sql(_PIECES, file.id, MOST_SEGMENTS - 1)
    last, beyond = (Received(MOST_SEGMENTS - 1 + number, 1, new_id().hex) for number in range(2))
    await add_segments(actor, file_id=file.id, segments=[last])
    async with refused(world, RuleBroken) as full:
        await add_segments(actor, file_id=file.id, segments=[beyond], whole=Whole("0" * 64, "x/y"))
    assert full.value.parameters[Parameter.MAXIMUM] == str(MOST_SEGMENTS)
    assert await reached(file.id) == MOST_SEGMENTS
    await discard_upload(actor, file_id=file.id)


_PIECES = """
INSERT INTO file_segment (file_id, begins, size, key) SELECT $1, at, 1, md5(at::text)
FROM generate_series(0, $2 - 1) AS at
"""


async def test_an_empty_file_is_whole_without_a_segment(world: World) -> None:
    actor = world.acting(world.employee)
    file = await begun(actor, size=0)
    assert (await add_segments(actor, file_id=file.id, segments=[], whole=Whole("0" * 64, "x/y"))).value.state is (
        FileState.READY
    )


async def test_what_is_too_large_or_too_much_is_not_begun(world: World) -> None:
    actor = world.acting(world.employee)
    small = replace(LIMITS, file_size=10, firm_size=25, unfinished=3)
    for size in (-1, 11):
        async with refused(world, Invalid, "size") as odd:
            await begin_upload(actor, name="a.txt", size=size, limits=small)
        assert odd.value.parameters[Parameter.MAXIMUM] == "10"
    for _ in range(2):
        await begin_upload(actor, name="a.txt", size=10, limits=small)
    async with refused(world, RuleBroken, "size") as no_room:
        await begin_upload(actor, name="a.txt", size=6, limits=small)
    assert no_room.value.parameters == {Parameter.ACTUAL: "5", Parameter.MAXIMUM: "25"}
    last = (await begin_upload(actor, name="a.txt", size=5, limits=small)).value
    async with refused(world, RuleBroken) as many:
        await begin_upload(actor, name="a.txt", size=0, limits=small)
    assert many.value.reason is Reason.FULL
    await discard_upload(actor, file_id=last.id)
    assert await total(world) == 20
    await begin_upload(actor, name="a.txt", size=0, limits=small)


async def test_of_many_that_begin_at_once_none_goes_beyond_the_room(world: World) -> None:
    actor, narrow = world.acting(world.owner), replace(LIMITS, firm_size=50)
    told = await asyncio.gather(
        *(begin_upload(actor, name="a.txt", size=10, limits=narrow) for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(each, RuleBroken) for each in told) == 3
    assert await total(world) == 50
    await release(world.firm.id, 50)


async def test_nobody_but_a_member_uploads_and_a_reading_token_does_not(world: World) -> None:
    with pytest.raises(Forbidden):
        await begun(Actor.automation(world.firm.id, "A rule", 1))
    for read_only in (True, False):
        token = (await create_personal_token(world.acting(world.owner), name="t", days=1, read_only=read_only)).value
        actor = replace(world.acting(world.owner), token_id=token.id)
        if read_only:
            async with refused(world, Forbidden):
                await begun(actor)
        else:
            assert (await begun(actor)).created_by_id == world.owner.id


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Return 2025.pdf", "Return 2025.pdf"),
        ("  a.txt ", "a.txt"),
        ("Jahresabschluß.pdf", "Jahresabschluß.pdf"),
        ("e\u0301.txt", "\u00e9.txt"),
        ("CON", "CON_"),
        ("nul.txt", "nul_.txt"),
        ("a<b>:c|?*.txt", "a_b__c___.txt"),
        ("trailing. . ", "trailing"),
        (".bashrc", "bashrc"),
        ("...", "file"),
        ("", "file"),
        ("x" * 400 + ".pdf", "x" * 247 + ".pdf"),
        ("\u00e9" * 300, "\u00e9" * 125),
        ("a." + "b" * 300, "a." + "b" * 249),
    ],
)
def test_names_are_made_safe(given: str, kept: str) -> None:
    assert file_name(given) == kept
    assert len(kept.encode()) <= 255 and file_name(kept) == kept


@pytest.mark.parametrize(
    "given", ["../a", "a/b", "C:\\a", "a\x00b", "a\nb", "a\u202efdp.exe", "a\u2067b\u2069", "a\x1bb", "\udc80"]
)
def test_what_is_no_name_is_refused(given: str) -> None:
    with pytest.raises(Invalid) as caught:
        file_name(given)
    assert (caught.value.path, caught.value.reason) == (("name",), Reason.CHARACTER)


async def link_to(file: File, seen: Viewer, now: datetime = NOW) -> Link | None:
    """The link that this viewer is given, as it is read."""
    url = sign(file, seen, await KEYS.newest(), now)
    return None if url is None else await read_link(url.partition("?link=")[2], now=now)


async def test_a_link_is_worth_what_its_member_may_see_when_it_is_used(world: World) -> None:
    owner, document = world.acting(world.owner), await document_of(world)
    file = await uploaded(owner)
    await take(owner, owner=document, file_ids=[file.id])
    file = await File.get(id=file.id)
    assert right_to_content(file) is Right.MANAGE_DOCUMENTS
    assert await link_to(file, await seen_by(world.employee)) is None  # They see the file, and not what is in it.
    await set_member_rights(owner, member_id=world.employee.id, rights=[Right.MANAGE_DOCUMENTS])
    link = await link_to(file, seen := await seen_by(world.employee))
    assert link is not None and may_read(file, seen)
    found = await read_by(link)
    assert found is not None and found.id == file.id
    await set_account_team(owner, account_id=world.account.id, member_ids=[])
    assert await read_by(link) is None
    await set_account_team(owner, account_id=world.account.id, member_ids=[world.employee.id])
    assert await read_by(link) is not None
    await set_member_rights(owner, member_id=world.employee.id, rights=[])
    assert await read_by(link) is None
    await set_member_rights(owner, member_id=world.employee.id, rights=[Right.MANAGE_DOCUMENTS])
    await deactivate_member(owner, member_id=world.employee.id)
    assert await read_by(link) is None


async def test_a_link_ends_with_the_session_or_the_token_that_it_was_made_with(
    world: World, signed_in: SignedIn
) -> None:
    file = await uploaded(world.acting(world.employee))
    with_session = await viewer_of_session(signed_in.session_id)
    token = (await create_personal_token(world.acting(world.employee), name="t", days=1)).value
    with_token = await viewer(world.employee.id, token.id)
    assert with_session is not None and with_token is not None
    links = [await link_to(file, with_session), await link_to(file, with_token)]
    assert [link is not None and await read_by(link) is not None for link in links] == [True, True]
    await revoke_personal_token(world.acting(world.employee), personal_token_id=token.id)
    assert [link is not None and await read_by(link) is not None for link in links] == [True, False]
    await sign_out(signed_in.session_id)
    assert [link is not None and await read_by(link) is not None for link in links] == [False, False]


async def test_who_came_with_nothing_that_a_link_could_end_with_has_none(world: World) -> None:
    file, at_large = await uploaded(world.acting(world.employee)), await viewer(world.employee.id)
    assert at_large is not None and await link_to(file, at_large) is None
    assert await read_by(Link(file.id, world.employee.id, None, None)) is None


async def test_what_is_no_link_of_ours_or_is_over_is_read_as_nothing(world: World, signed_in: SignedIn) -> None:
    file, key = await uploaded(world.acting(world.employee)), await KEYS.newest()
    url = sign(file, await seen_by(world.employee), key, NOW, timedelta(minutes=15))
    assert url is not None
    link = url.partition("?link=")[2]
    last = NOW + timedelta(minutes=15) - timedelta(seconds=1)
    assert await read_link(link, now=last) is not None
    assert await read_link(link, now=NOW + timedelta(minutes=15)) is None
    said = jwt.decode(link, key.secret, algorithms=["HS256"], audience="file", options={"verify_exp": False})

    def signed(secret: str = key.secret, **other: object) -> str:
        claims = {name: value for name, value in {**said, **other}.items() if value is not None}
        return jwt.encode(claims, secret, algorithm="HS256", headers={"kid": key.id.hex})

    assert await read_link(signed(), now=NOW) is not None
    odd = [
        signed(aud="other"),
        signed(aud=None),
        signed(exp=None),
        signed(exp="soon"),
        signed(exp=float("nan")),
        signed(file="no id"),
        signed(sub=None),
        signed(sid=5),
        signed(sid=None),
        signed("another secret of thirty-two bytes or more"),
        signed_in.access_token,
        jwt.encode(said, "", algorithm="none", headers={"kid": key.id.hex}),
        *("", "a.b.c", link[:-2], link + "a" * 1_000, "\udc80", "é"),
    ]
    assert [await read_link(text, now=NOW) for text in odd] == [None] * len(odd)


async def test_who_may_read_what(world: World) -> None:
    """The table of it: an admin all, an employee what their rights say, and nobody another's upload."""
    owner = world.acting(world.owner)
    mine, document = await uploaded(owner), await document_of(world)
    taken = await uploaded(owner)
    await take(owner, owner=document, file_ids=[taken.id])
    clerk = await world.member("Carl Clerk", Role.EMPLOYEE, Right.MANAGE_DOCUMENTS, Right.VIEW_ALL_ACCOUNTS)
    found = {}
    for member in (world.owner, world.admin, world.employee, world.stranger, clerk):
        session_id = (await seen_by(member)).session_id
        links = [Link(file.id, member.id, session_id, None) for file in (mine, taken)]
        found[member.name.split()[0]] = [await read_by(link) is not None for link in links]
    assert found == {
        "Olive": [True, True],
        "Adam": [False, True],
        "Emma": [False, False],
        "Sam": [False, False],
        "Carl": [False, True],
    }
