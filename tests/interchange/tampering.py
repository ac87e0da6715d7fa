"""Archives that somebody has been at: of parts that are changed, with a manifest that is right all the same."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from files.store import Store
from interchange.exports.firm import export_firm
from interchange.manifest import NAME
from models.ids import Kind, encode
from tests.world import World

Parts = Mapping[str, bytes]
Row = dict[str, Any]


async def parts_of(world: World, folder: Path, store: Store) -> Parts:
    """The parts of an export of a firm."""
    await export_firm(encode(Kind.FIRM, world.firm.id), folder, store)
    return read_from(folder)


def read_from(folder: Path) -> dict[str, bytes]:
    """The parts in a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def changed(parts: Parts, name: str, change: Callable[[list[Row]], list[Row]]) -> dict[str, bytes]:
    """The parts with other lines in one of them."""
    rows = [orjson.loads(line) for line in parts[name].splitlines()]
    return {**parts, name: b"".join(orjson.dumps(row) + b"\n" for row in change(rows))}


def each(**values: Any) -> Callable[[list[Row]], list[Row]]:
    """A change of all rows of a part."""
    return lambda rows: [row | values for row in rows]


def manifest_of(parts: Parts, **told: Any) -> dict[str, bytes]:
    """The parts with a manifest that says what they are, and these things otherwise."""
    manifest = orjson.loads(parts[NAME])
    manifest["parts"] = [
        {
            "name": name,
            "lines": content.count(b"\n"),
            "size": len(content),
            "sha256": sha256(content).hexdigest(),
        }
        for name, content in parts.items()
        if name != NAME and not name.startswith("files/")
    ]
    return {**parts, NAME: orjson.dumps(manifest | told)}


def zipped(parts: Parts, path: Path) -> Path:
    """A zip file of these parts."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def in_folder(parts: Parts, folder: Path) -> Path:
    """A folder of these parts."""
    for name, content in parts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def in_a_circle(rows: list[Row]) -> list[Row]:
    """Two folders that are within each other."""
    inner, outer = rows
    return [inner, outer | {"parent_id": inner["id"]}]


def beside(rows: list[Row], number: int) -> list[Row]:
    """So many folders beside each other."""
    first = UUID(rows[0]["id"]).int
    names = ({"id": str(UUID(int=first + each)), "name": f"Folder {each}"} for each in range(number))
    return [rows[0] | {"parent_id": None} | name for name in names]


def in_each_other(levels: int) -> Callable[[list[Row]], list[Row]]:
    """Folders of so many levels."""

    def change(rows: list[Row]) -> list[Row]:
        those = beside(rows, levels)
        return [those[0], *(inner | {"parent_id": outer["id"]} for outer, inner in pairwise(those))]

    return change


def inner_at(account: str) -> Callable[[list[Row]], list[Row]]:
    """The innermost is at another account."""
    return lambda rows: [row | {"account_id": account} if row["parent_id"] else row for row in rows]


def checked_by(member: UUID, row: Row) -> Row:
    """The first entry of a checklist, which this member has checked off."""
    entry: Row = row["checklist"][0]
    return entry | {"checked_by": str(member), "checked_at": row["created_at"]}


def told_of(account: str) -> Callable[[list[Row]], list[Row]]:
    """Events have this account, where they have one."""
    return lambda rows: [
        row | {"data": row["data"] | ({"account": account} if "account" in row["data"] else {})} for row in rows
    ]
