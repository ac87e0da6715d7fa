"""What is held of a person, on their request: one file of JSON that they can read."""

from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import orjson

from interchange.exports.archives import new_file
from models.ids import encode
from models.portable.person import Held, Person, contact_called, held_of, member_called
from models.portable.reading import one_moment


class NoSuchPerson(Exception):
    """Nobody is called so. The message is one line for the person who named them."""


async def export_person(path: Path, *, member: str | None = None, contact: str | None = None) -> Person:
    """Write what is held of the member at this address, or of the contact with this id, to a file. `NoSuchPerson`,
    `Unwritable`."""
    with new_file(path) as file:
        async with one_moment():
            person = await _person(member, contact)
            file.write(b'{"person": ' + _json(encode(person.kind, person.id)))
            file.write(b',\n"written_at": ' + _json(datetime.now(UTC)))
            for held in held_of(person):
                await _write(file, held)
            file.write(b"}\n")
    return person


async def _person(member: str | None, contact: str | None) -> Person:
    found = await (member_called(member) if member is not None else contact_called(str(contact)))
    if found is None:
        raise NoSuchPerson(f"No member has the address {member}." if contact is None else f"No contact is {contact}.")
    return found


def _json(value: object) -> bytes:
    return orjson.dumps(value)


async def _write(file: IO[bytes], held: Held) -> None:
    """A list of what there is, each on a line of its own; nothing where that is none."""
    begun = False

    async def write(lines: bytes) -> None:
        nonlocal begun
        file.write(b",\n" if begun else b",\n\n" + _json(held.name) + b": [\n")
        # Each chunk is of whole lines, none of which holds a newline.
        file.write(lines.removesuffix(b"\n").replace(b"\n", b",\n"))
        begun = True

    await held.read(write)
    if begun:
        file.write(b"]")
