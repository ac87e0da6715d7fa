"""Uploads: a file is begun with its size, its bytes come in segments, and with the last one it is whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from models.command import Change, command
from models.database import fetch, sql
from models.errors import Conflict, Forbidden, Invalid, RuleBroken
from models.files.names import file_name
from models.files.totals import release, reserve
from models.files.types import expect_as_named
from models.gathered import Gathered
from models.ids import Kind, new_id
from models.reasons import Reason
from models.rights import EVERY_MEMBER
from models.rows.files import File, FileSegment, FileState
from models.scope import not_found

#: Of a file: whoever reads it, reads of all of them. Of what a request brings they are as large as they can be.
MOST_SEGMENTS = 10_000
#: So long is a file kept that nothing has taken: from when something of it last came.
KEPT_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """How large a file may be and all files of a firm together, in bytes; and how many uploads that have not come to
    their end a member may have."""

    file_size: int = 2_000_000_000
    firm_size: int = 100_000_000_000
    unfinished: int = 200


@dataclass(frozen=True, slots=True)
class Whole:
    """What is known of a file when all of it has come: its SHA-256 in hexadecimal digits, what it is by its content,
    and whether a scanner is to look at it first."""

    sha256: str
    content_type: str
    to_check: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """A segment that is in the store: where in the file it begins, how long it is, and what it is called there."""

    begins: int
    size: int
    key: str


@command("beginUpload", EVERY_MEMBER, internal=True)
async def begin_upload(change: Change, *, name: str, size: int, limits: UploadLimits) -> File:
    """Begin the upload of a file of so many bytes. Nobody but the member sees it, and it takes its room."""
    if change.member_id is None:
        raise Forbidden("Only a member uploads files.", reason=Reason.MEMBERS_ONLY)
    with Gathered() as check:
        called = check(file_name, name)
        check(_expect_size, size, limits.file_size)
    await reserve(change.actor.firm_id, size, limits.firm_size)
    await _expect_few(change.member_id, limits.unfinished)
    file = File(
        id=new_id(),
        firm_id=change.actor.firm_id,
        name=called,
        size=size,
        state=FileState.RECEIVING,
        kept_for_id=change.member_id,
        expires_at=change.now + KEPT_FOR,
    )
    await file.save(force_create=True)
    return file


def _expect_size(size: int, most: int) -> None:
    if not 0 <= size <= most:
        told = f"A file has at most {most:,} bytes, and this one {size:,}."
        raise Invalid(told, "size", reason=Reason.OUT_OF_RANGE, minimum=0, maximum=most, unit="BYTES")


async def _expect_few(member_id: UUID, most: int) -> None:
    # One after another: whoever begins an upload holds the firm's total.
    if await File.filter(kept_for_id=member_id, state=FileState.RECEIVING).count() >= most:
        told = f"You have {most} uploads that have not come to their end. Go on with them, or delete some."
        raise RuleBroken(told, reason=Reason.FULL, kind=Kind.FILE.value, maximum=most)


_SEGMENTS = "SELECT begins, size, key FROM file_segment WHERE file_id = $1 ORDER BY begins"


async def segments_of(file_id: UUID) -> list[Received]:
    """The segments of a file, in its order. Between two of them nothing is missing."""
    return [Received(row["begins"], row["size"], row["key"]) for row in await fetch(_SEGMENTS, file_id)]


_REACHED = "SELECT COALESCE(sum(size), 0)::bigint AS reached, count(*) AS number FROM file_segment WHERE file_id = $1"


async def reached(file_id: UUID) -> int:
    """How many bytes of a file are kept: where its upload goes on."""
    return (await _kept(file_id))[0]


async def _kept(file_id: UUID) -> tuple[int, int]:
    """How many bytes, in how many segments."""
    (row,) = await sql(_REACHED, file_id)
    return row["reached"], row["number"]


@command("addSegments", EVERY_MEMBER, internal=True)
async def add_segments(
    change: Change, *, file_id: UUID, segments: Sequence[Received], whole: Whole | None = None
) -> File:
    """Note segments that are in the store, one after the other; with the last one, what the file is. A file of no bytes
    has none.

    `Conflict` where they do not begin at what the file has reached: another request was faster, and the segments of
    this one are nobody's. `Invalid`, with the reason NOT_AS_NAMED, where the file is whole and not what its name says:
    it can only be given up then."""
    file = await lock_own(change, file_id)
    have, number = await _kept(file.id)
    if file.state is not FileState.RECEIVING:
        raise _not_there(file, segments, have)
    for segment in segments:
        if segment.begins != have:
            raise _not_there(file, segments, have)
        have += segment.size
    _expect_room_for(have, file.size)
    if number + len(segments) > MOST_SEGMENTS:
        told = f"A file comes in at most {MOST_SEGMENTS:,} pieces. Delete this one, and send it in larger pieces."
        raise RuleBroken(told, "segments", reason=Reason.FULL, kind=Kind.FILE.value, maximum=MOST_SEGMENTS)
    if (have == file.size) is (whole is None):
        raise ValueError("Of a file it is known what it is when it is whole, and not before.")
    if whole is not None:
        expect_as_named(file.name, whole.content_type)
    await FileSegment.bulk_create(
        [FileSegment(file_id=file.id, begins=each.begins, size=each.size, key=each.key) for each in segments]
    )
    file.expires_at = change.now + KEPT_FOR
    if whole is None:
        # No new version: how far it is is nobody's matter.
        await sql("UPDATE file SET expires_at = $2 WHERE id = $1", file.id, file.expires_at)
        return file
    file.sha256, file.content_type = whole.sha256, whole.content_type
    file.state = FileState.CHECKING if whole.to_check else FileState.READY
    await file.store("sha256", "content_type", "state", "expires_at")
    return file


def _expect_room_for(have: int, size: int) -> None:
    if have > size:
        told = f"The file was to have {size:,} bytes, and with these it would have {have:,}."
        raise Invalid(told, "size", reason=Reason.OUT_OF_RANGE, minimum=0, maximum=size, unit="BYTES")


def _not_there(file: File, segments: Sequence[Received], have: int) -> Conflict:
    began = segments[0].begins if segments else file.size
    told = f"Of this file {have:,} bytes are here, so it does not go on at {began:,}. Ask where it does."
    return Conflict(told, file, "offset", reason=Reason.CHANGED, expected=began, actual=have)


@command("discardUpload", EVERY_MEMBER, internal=True)
async def discard_upload(change: Change, *, file_id: UUID) -> File:
    """Give up a file that one has uploaded and that nothing has taken."""
    file = await lock_own(change, file_id)
    file.kept_for_id, file.expires_at, file.given_up_at = None, None, change.now
    await file.store("kept_for_id", "expires_at", "given_up_at")
    await release(file.firm_id, file.size)
    return file


async def lock_own(change: Change, file_id: UUID) -> File:
    """A file of the actor's that nothing has taken, held."""
    file = await change.seen.rows(File).lock(file_id)
    if file.kept_for_id is None or file.kept_for_id != change.member_id:
        raise not_found(Kind.FILE, file_id)
    return file
