"""How things take the files that were uploaded for them, and give them up again.

What of a file's owner is told, the events of the owner say: a file has none of its own for it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from models.command import Change
from models.database import sql
from models.errors import Invalid, Refusal, RuleBroken
from models.files.owners import right_to_files_of
from models.files.totals import release
from models.ids import Kind
from models.reasons import Reason
from models.rows.files import File, FileState
from models.scope import not_found
from models.stamps import raised, stamp

#: Where an input names a file.
Path = tuple[str | int, ...]

_PRESENT = "SELECT id FROM file WHERE owner_id = $1 AND taken ORDER BY taken_at, id"
# A microsecond after each other: by that they have an order.
_TAKE = f"""
UPDATE file SET taken = true, taken_at = $1::timestamptz + place * interval '1 microsecond', owner_kind = $4,
    owner_id = $5, account_id = $6, kept_for_id = NULL, expires_at = NULL, {raised(1, "file")}
FROM unnest($3::uuid[]) WITH ORDINALITY AS named (file_id, place) WHERE file.id = file_id
"""
_GIVE_UP = f"""
UPDATE file SET taken = false, given_up_at = $1, account_id = NULL, {raised(1)}
WHERE owner_id = ANY($3) AND taken AND ($4::uuid[] IS NULL OR id = ANY($4)) RETURNING size
"""


def placed(*lists: tuple[Iterable[UUID], Path]) -> dict[UUID, Path]:
    """The files of these lists, each with where it is named; `Invalid` where one is named twice. Those of a list
    without a path are named by nobody: they were there before."""
    places: dict[UUID, Path] = {}
    for file_ids, path in lists:
        for place, id in enumerate(file_ids):
            if id in places:
                raise Invalid("This file is named twice.", *path, place, reason=Reason.NAMED_TWICE)
            places[id] = (*path, place) if path else ()
    return places


async def take(
    change: Change, owner: Any, file_ids: Sequence[UUID], *, most: int, path: str = "file_ids"
) -> list[File]:
    """Make these files the owner's, in this order. The caller holds the owner, which is new or locked, and has the
    right to write it; it may have `most` files together with those that it has.

    They are files that the actor has uploaded, whole, and nobody's yet; the first that is not is refused with its place
    in the list. What a scanner has not answered on yet is taken, and read by nobody until it has."""
    wanted = placed((file_ids, (path,)))
    right_to_files_of(owner.kind)
    if not wanted:
        return []
    _expect_room(owner, len(await _present(owner)) + len(wanted), most, path)
    return await _take(change, owner, wanted)


@dataclass(frozen=True, slots=True)
class Replaced:
    """What an owner has that it did not have, and what it has no longer, each in its order."""

    added: tuple[UUID, ...] = ()
    removed: tuple[UUID, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)

    @property
    def told(self) -> dict[str, tuple[UUID, ...]]:
        """As the events say it."""
        return {"added_files": self.added, "removed_files": self.removed}


async def replace(
    change: Change, owner: Any, wanted: Mapping[UUID, Path], *, most: int, path: str = "file_ids"
) -> Replaced:
    """Make just these the files of an owner, each named at its path: what it has already stays, what is new is taken as
    `take` does, and the rest is given up. What is named by nobody stays, and is not taken."""
    right_to_files_of(owner.kind)
    present = await _present(owner)
    new = {id: place for id, place in wanted.items() if place and id not in present}
    removed = tuple(id for id in present if id not in wanted)
    if new:
        _expect_room(owner, len(wanted), most, path)
        await _take(change, owner, new)
    if removed:
        await give_up(change, owner, removed)
    return Replaced(tuple(new), removed)


async def _present(owner: Any) -> list[UUID]:
    return [row["id"] for row in await sql(_PRESENT, owner.id)]


async def _take(change: Change, owner: Any, wanted: Mapping[UUID, Path]) -> list[File]:
    found = await change.seen.rows(File).lock_many(wanted)
    files = [_expect_free(found.get(id), id, path) for id, path in wanted.items()]
    at, by = stamp()
    await sql(_TAKE, at, by, [file.id for file in files], owner.kind.value, owner.id, owner.account_id)
    for place, file in enumerate(files, 1):
        file.taken_at = at + timedelta(microseconds=place)
        file.taken, file.kept_for_id, file.expires_at = True, None, None
        file.owner_kind, file.owner_id, file.account_id = owner.kind.value, owner.id, owner.account_id
        file.version += 1
    return files


async def take_one(change: Change, owner: Any, file_id: UUID, *, most: int, path: str = "file_id") -> File:
    """As `take`, of one file, which this field names."""
    try:
        (file,) = await take(change, owner, [file_id], most=most, path=path)
    except Refusal as refusal:
        refusal.path = (path,)
        raise
    return file


async def give_up(change: Change, owner: Any, file_ids: Sequence[UUID] | None = None) -> None:
    """Let go of these files of an owner, or of all: it has been deleted, or holds others now. Nobody sees them from
    then on, and the sweep removes their bytes."""
    await _give_up(change.actor.firm_id, [owner.id], None if file_ids is None else list(file_ids))


async def give_up_all(firm_id: UUID, owner_ids: Sequence[UUID]) -> None:
    """Let go of all files of owners that are being deleted."""
    await _give_up(firm_id, list(owner_ids), None)


async def _give_up(firm_id: UUID, owner_ids: list[UUID], file_ids: list[UUID] | None) -> None:
    gone = await sql(_GIVE_UP, *stamp(), owner_ids, file_ids)
    await release(firm_id, sum(row["size"] for row in gone))


def _expect_room(owner: Any, number: int, most: int, path: str) -> None:
    if number > most:
        told = f"A {owner.kind.spoken} has at most {most} files. Leave some out, or add another {owner.kind.spoken}."
        raise RuleBroken(told, path, reason=Reason.FULL, kind=Kind.FILE.value, maximum=most)


def _expect_free(file: File | None, id: UUID, path: Path) -> File:
    if file is None:
        raise not_found(Kind.FILE, id, *path)
    if file.taken:
        told = "Something has taken this file already. Upload it again."
        raise RuleBroken(told, *path, reason=Reason.TAKEN)
    if file.state is FileState.RECEIVING:
        told = "Not all of this file has come. Send the rest first."
        raise RuleBroken(told, *path, reason=Reason.UPLOAD_UNFINISHED)
    if file.state is FileState.REFUSED:
        told = "This file was refused: it is not to be opened. Upload another one."
        raise RuleBroken(told, *path, reason=Reason.WRONG_STATE, kind=Kind.FILE.value, actual=file.state.value)
    return file
