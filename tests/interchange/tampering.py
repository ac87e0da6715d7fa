"""Archives that somebody has been at: of parts that are changed, with a manifest that is right all the same."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

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
