"""Files of a test: uploaded as the domain has it or by a server, and taken by whatever takes them."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

from models.actor import Actor
from models.command import Change, command
from models.files import taking
from models.files.owners import files_of_owners
from models.files.uploads import Received, UploadLimits, Whole, add_segments, begin_upload
from models.ids import new_id
from models.rights import EVERY_MEMBER
from models.rows import Member
from models.rows.files import File, FileTotal
from tests.world import World

LIMITS = UploadLimits()


async def begun(actor: Actor, name: str = "Return 2025.txt", size: int = 12) -> File:
    """An upload of which nothing has come."""
    return (await begin_upload(actor, name=name, size=size, limits=LIMITS)).value


async def uploaded(
    actor: Actor, name: str = "Return 2025.txt", text: str = "What is in it", *, to_check: bool = False
) -> File:
    """A file that is whole, and nobody's. Its bytes, which would be this text, are in no store."""
    content = text.encode()
    file = await begun(actor, name, len(content))
    segment = Received(0, len(content), new_id().hex)
    whole = Whole(sha256(content).hexdigest(), "text/plain", to_check)
    return (await add_segments(actor, file_id=file.id, segments=[segment], whole=whole)).value


@command("takeFiles", EVERY_MEMBER, internal=True)
async def take(change: Change, *, owner: Any, file_ids: Sequence[UUID], most: int = 100) -> list[File]:
    """Give files to a thing, as commands of things do that take files."""
    return await taking.take(change, owner, file_ids, most=most)


@command("giveUpFiles", EVERY_MEMBER, internal=True)
async def give_up(change: Change, *, owner: Any, file_ids: Sequence[UUID] | None = None) -> None:
    """Let go of files of a thing, as commands do that delete it."""
    await taking.give_up(change, owner, file_ids)


async def files_for(world: World, number: int, member: Member | None = None) -> list[UUID]:
    """So many files that a member, the owner unless said otherwise, has uploaded for something."""
    actor = world.acting(member or world.owner)
    return [(await uploaded(actor, f"{place}.txt", "12345")).id for place in range(number)]


async def held_by(owner: UUID) -> list[UUID]:
    """The files of a thing, in its order."""
    return (await files_of_owners([owner])).get(owner, [])


async def given_up(files: Sequence[UUID]) -> list[bool]:
    """Of each file whether it is nobody's any more."""
    rows = {file.id: file for file in await File.filter(id__in=files)}
    return [rows[id].given_up_at is not None for id in files]


async def room(world: World) -> int:
    """How many bytes the firm's files take."""
    total = await FileTotal.get(firm_id=world.firm.id)
    return int(total.size)
