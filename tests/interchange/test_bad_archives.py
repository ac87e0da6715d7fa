"""What is brought as an archive and is none is refused in words that say what is wrong, and nothing is changed."""

from __future__ import annotations

import random
import struct
import zipfile
from collections.abc import Callable
from uuid import UUID, uuid4

import orjson
import pytest

from interchange.manifest import NAME
from interchange.restoring.archives import opened
from interchange.restoring.checking import checked
from interchange.restoring.firm import restore_firm
from models.database import sql
from models.migrating import known_migrations
from models.portable.faults import Unrestorable
from tests.databases import on
from tests.interchange.houses import House
from tests.interchange.tampering import (
    Parts,
    Row,
    beside,
    changed,
    checked_by,
    each,
    in_a_circle,
    in_each_other,
    in_folder,
    inner_at,
    manifest_of,
    told_of,
    zipped,
)


def _told_otherwise(parts: Parts) -> dict[str, tuple[Parts, str]]:
    """What is wrong with the parts, or with what is said of them."""
    first, *_, last = known_migrations()
    changed_byte = bytearray(parts["rows/job.jsonl"])
    changed_byte[20] ^= 1
    without = {name: content for name, content in parts.items() if name != "rows/note.jsonl"}
    return {
        "no manifest": ({name: parts[name] for name in parts if name != NAME}, f"It has no {NAME}"),
        "no JSON": ({**parts, NAME: b"Dear Sirs"}, f"Its {NAME} is none"),
        "other JSON": ({**parts, NAME: b"[1]"}, f"Its {NAME} is none"),
        "another version": (manifest_of(parts, version=2), "It is of version 2 of the format"),
        "a later program": (manifest_of(parts, migration="9999_later"), "Update this one first"),
        "an earlier program": (manifest_of(parts, migration=first), f"whose last migration was {first}"),
        "no number": (manifest_of(parts, revision="many"), "revision: "),
        "something unknown in it": (manifest_of(parts, color="red"), "color: "),
        "another firm": (manifest_of(parts, firm=str(uuid4())), "of another firm than the archive"),
        "another revision": (manifest_of(parts, revision=10**6), "another firm than its manifest says"),
        "a changed byte": ({**parts, "rows/job.jsonl": bytes(changed_byte)}, "rows/job.jsonl"),
        "a part cut off": ({**parts, "rows/job.jsonl": parts["rows/job.jsonl"][:-9]}, "it was changed, or cut off"),
        "a part less": (without, "It lacks a part: rows/note.jsonl"),
        "a part less, said so": (manifest_of(without), "It lacks a part: rows/note.jsonl"),
        "an unknown table": (manifest_of({**parts, "rows/pets.jsonl": b"{}\n"}), "not known here: rows/pets.jsonl"),
        "a secret table": (manifest_of({**parts, "rows/session.jsonl": b""}), "not known here: rows/session.jsonl"),
        "a path": (manifest_of({**parts, "../../etc/cron.d/x": b"* * * * *\n"}), "not known here: ../../etc/cron.d/x"),
        "an absolute path": ({**parts, "/etc/passwd": b"root\n"}, "does not name: /etc/passwd"),
        "months": (manifest_of({**parts, "log/2026-13.jsonl": b""}), "not known here: log/2026-13.jsonl"),
        "an empty month": (manifest_of({**parts, "log/2021-05.jsonl": b""}), "log/2021-05.jsonl has no events"),
        "too many months": (
            manifest_of({**parts, **{f"log/{year}-05.jsonl": b"" for year in range(1000, 2201)}}),
            "too many months",
        ),
        "a long line": (
            manifest_of({**parts, "rows/note.jsonl": random.Random(1).randbytes(17 << 20).hex().encode()[: 17 << 20]}),
            "rows/note.jsonl, line 1: it is longer than",
        ),
        "no lines": (
            manifest_of({**parts, "rows/note.jsonl": b"\xff\xfe\n"}),
            "rows/note.jsonl, line 1: it is no JSON",
        ),
        "deep": (manifest_of({**parts, "rows/note.jsonl": b"[" * 9000 + b"]" * 9000 + b"\n"}), "it is no JSON"),
        last: (manifest_of({**parts, "rows/note.jsonl": b"7\n"}), "rows/note.jsonl, line 1: it is no object"),
    }


async def test_what_is_not_what_its_manifest_says(house: House) -> None:
    async with on(house.url):
        for parts, told in _told_otherwise(house.parts).values():
            await house.refuses(zipped(parts, house.path()), told)


def _of(house: House) -> dict[str, tuple[str, Callable[[list[Row]], list[Row]], str]]:
    """Rows that are none, or name what is another firm's."""
    here, others, empty, folder = (
        str(house.here.firm.id),
        str(house.here.account.id),
        str(house.empty),
        "rows/folder.jsonl",
    )

    def without(column: str) -> Callable[[list[Row]], list[Row]]:
        return lambda rows: [{name: value for name, value in row.items() if name != column} for row in rows]

    job, log = "rows/job.jsonl", next(name for name in sorted(house.parts) if name.startswith("log/"))
    return {
        "an unknown column": (job, each(color="red"), f"{job}, line 1: it has columns that are not known here: color"),
        "a secret column": ("rows/member.jsonl", each(password_hash="x"), "not known here: password_hash"),
        "a made column": (job, each(name_order="x"), "not known here: name_order"),
        "a column less": (job, without("stay"), f"{job}, line 1: it lacks columns: stay"),
        "an unknown value": (job, each(priority="NOW"), f"{job}, line 1: its priority is not known"),
        "no id": (job, each(id="job_1"), f"{job}, line 1: its id is no UUID"),
        "no number": (job, each(stay="2"), f"{job}, line 1: its stay is no INT"),
        "whether": (job, each(stay=True), f"{job}, line 1: its stay is no INT"),
        "nothing": (job, each(name=None), f"{job}, line 1: its name is no VARCHAR(200)"),
        "no day": (job, each(due_date="soon"), f"{job}, line 1: its due_date is no DATE"),
        "too long": (job, each(name="x" * 300), f"{job}, lines 1 to 1: "),
        "what a check refuses": ("rows/time_entry.jsonl", each(minutes=-5), "time_entry.jsonl, lines 1 to 1: "),
        "twice": (job, lambda rows: rows * 2, f"{job}, lines 1 to 2: "),
        "nobody's": (job, each(account_id=str(uuid4())), f"{job}, lines 1 to 1: "),
        "two firms": ("rows/firm.jsonl", lambda rows: rows * 2, "another firm than its manifest says"),
        "no firm": ("rows/firm.jsonl", lambda _: [], "another firm than its manifest says"),
        "a row of another firm": (job, each(firm_id=here), f"{job}, line 1: it is of another firm than the archive"),
        "at another firm's account": (job, each(account_id=others), "things of another firm, or has their ids"),
        "a link to it": (
            "rows/account_member.jsonl",
            each(account_id=others),
            "rows/account_member.jsonl: rows belong to things of another firm",
        ),
        "made by its member": (job, each(created_by_id=str(house.here.owner.id)), "of the table member"),
        "under the id of its account": ("rows/note.jsonl", each(id=others), "of the table account"),
        "under the id of the firm": ("rows/note.jsonl", each(id=here), "of the table firm"),
        "what its member checked off": (
            "rows/task.jsonl",
            lambda rows: [row | {"checklist": [checked_by(house.here.owner.id, row)]} for row in rows],
            "of the table member",
        ),
        "under one id": ("rows/note.jsonl", each(id=house.rows_of(job)[0]["id"]), "Two things have one id: "),
        "events of its": (log, each(subject=others), "of the table account"),
        "done by its member": (
            log,
            each(actor={"kind": "MEMBER", "id": str(house.here.owner.id), "label": None}),
            "of the table member",
        ),
        "events that name it": (log, told_of(others), "of the table account"),
        "an item of its": (
            "rows/job_item.jsonl",
            lambda rows: [rows[0] | {"item": others}],
            "names things of another firm",
        ),
        "a circle": (folder, in_a_circle, "Folders are within each other in a circle"),
        "too deep": (folder, in_each_other(9), "or more than 8 levels deep"),
        "too many": (folder, lambda rows: beside(rows, 501), "An account has more than 500 folders"),
        "in another account's folder": (folder, inner_at(empty), f"{folder}: a thing of one account is at another"),
        "linked to another's job": ("rows/task.jsonl", each(account_id=empty), "rows/job_item.jsonl: a thing of one"),
        "with another's file": ("rows/document.jsonl", each(account_id=empty), "rows/file.jsonl: a thing of one"),
        "in another firm's folder": (folder, each(parent_id=others), "rows/folder.jsonl, lines 1 to 2: "),
        "no event": (log, each(type="FirmSold"), f"{log}, line 1: this version knows no event FirmSold"),
        "no fields": (log, each(data={}), f"{log}, line 1: it is no event"),
        "nobody did it": (log, each(actor={"kind": "GHOST"}), f"{log}, line 1: it is no event"),
        "another revision": (log, each(revision=10**6), f"{log}, line 1: its revision is none of the firm's"),
        "an event of another month": (log, each(at="2021-05-05T00:00:00+00:00"), "line 1: it is of another month"),
        "one number, two times": (log, lambda rows: [*rows, rows[-1] | {"at": rows[0]["at"]}], "at several times"),
        "a gap": (log, lambda rows: rows[:-1], "The log lacks revisions"),
    }


async def test_rows_that_are_none_or_name_what_is_another_firms(house: House) -> None:
    async with on(house.url):
        for name, change, told in _of(house).values():
            parts = manifest_of(changed(house.parts, name, change))
            await house.refuses(in_folder(parts, house.path("firm")), told)


async def test_files_that_are_not_what_their_lines_say(house: House) -> None:
    (name,) = [name for name in house.parts if name.startswith("files/")]
    without = {part: content for part, content in house.parts.items() if part != name}
    lines = "rows/file.jsonl"
    async with on(house.url):
        for parts, told in (
            ({**house.parts, name: house.parts[name][::-1]}, f"{name} is not what its line in {lines} says"),
            ({**house.parts, name: house.parts[name] + b"more"}, f"{name} is not what its line"),
            (without, f"{name} is not what its line"),
            ({**house.parts, f"files/{uuid4()}": b"More"}, "It holds files that it has no lines of"),
            ({**house.parts, "files/../../x": b"More"}, "does not name: files/../../x"),
            ({**house.parts, f"{name}/x": b"More"}, f"does not name: {name}/x"),
            (manifest_of(changed(house.parts, lines, each(size=1))), f"{name} is not what its line"),
            (manifest_of(changed(house.parts, lines, each(sha256="0" * 64))), f"{name} is not what its line"),
            (manifest_of(changed(house.parts, lines, each(owner_id=str(house.here.account.id)))), "of another firm"),
            (manifest_of(changed(house.parts, lines, each(taken=False))), "rows/file.jsonl, lines 1 to 1: "),
        ):
            await house.refuses(zipped(parts, house.path()), told)


async def test_what_the_log_tells_of_another_firms_job_changes_nothing_there(house: House) -> None:
    """The database keeps by the job's id what the log tells of it, whosever it is."""
    async with on(house.url):
        (theirs,) = await sql("SELECT id FROM job WHERE firm_id = $1", house.here.firm.id)
        (log,) = [name for name in house.parts if name.startswith("log/") and b"JobCreated" in house.parts[name]]
        parts = manifest_of(changed(house.parts, log, each(job=str(theirs["id"]))))
        await house.refuses(zipped(parts, house.path()), "The log names a job of another firm")


def _end(directory: int) -> bytes:
    """The end of a zip file whose directory is said to be so large."""
    end_64 = struct.pack("<4sQHHLLQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 10**6, 10**6, directory, 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, 0, 1)
    return end_64 + locator + struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)


async def test_zip_files_that_are_no_archives(house: House) -> None:
    whole = zipped(house.parts, house.path()).read_bytes()
    encrypted = bytearray(whole)
    encrypted[whole.rindex(b"PK\x01\x02") + 8] |= 1
    # What says that it is larger than anything so packed could be.
    bomb = bytearray(whole)
    struct.pack_into("<L", bomb, whole.index(b"PK\x01\x02") + 24, 1 << 31)
    otherwise = house.path()
    with zipfile.ZipFile(otherwise, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("rows/note.jsonl", b" " * (1 << 20))
    async with on(house.url):
        for content, told in {
            b"": "It is no whole archive",
            b"PK\x05\x06": "It is no whole archive",
            b"name;amount\n" * 10_000: "It is no whole archive",
            bytes(encrypted): "It is encrypted",
            _end(10**9): "It has too many files",
            bytes(bomb): "would unpack to more than 1,032 times its size",
            otherwise.read_bytes(): "is packed otherwise than archives are",
        }.items():
            path = house.path()
            path.write_bytes(content)
            await house.refuses(path, told)
        twice = house.path()
        with zipfile.ZipFile(twice, "w") as archive:
            archive.writestr(NAME, b"{}")
            with pytest.warns(UserWarning, match="Duplicate"):
                archive.writestr(NAME, b"{}")
        await house.refuses(twice, "It has a file twice")
        named = house.path()
        with zipfile.ZipFile(named, "w") as archive:
            archive.writestr("nämed", b"{}")
        named.write_bytes(named.read_bytes().replace("ä".encode(), b"\xff\xfe"))
        await house.refuses(named, "It is no whole archive")
        await house.refuses(house.path("nothing.zip"), "It cannot be read")


async def test_what_packs_very_small_is_no_bomb(house: House) -> None:
    """Any member may write one letter so often."""

    def many(rows: list[Row]) -> list[Row]:
        first = UUID(rows[0]["id"]).int
        return [rows[0] | {"id": str(UUID(int=first + each)), "text": "x" * 20_000} for each in range(300)]

    path = zipped(manifest_of(changed(house.parts, "rows/note.jsonl", many)), house.path())
    with zipfile.ZipFile(path) as packed:
        part = packed.getinfo("rows/note.jsonl")
        assert part.file_size > 200 * part.compress_size
    with opened(path) as archive:
        assert checked(archive).manifest.parts


async def test_wherever_one_is_cut_off_or_changed(house: House) -> None:
    whole, chance = zipped(house.parts, house.path()).read_bytes(), random.Random(7)
    path = house.path()
    for _ in range(60):
        path.write_bytes(whole[: chance.randrange(len(whole))])
        with pytest.raises(Unrestorable), opened(path) as archive:
            checked(archive)
    survived = 0
    for _ in range(60):
        changed = bytearray(whole)
        changed[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        path.write_bytes(changed)
        try:
            with opened(path) as archive:
                read = checked(archive)
                # What was changed is no part of what is read: the hour at which a file was written.
                assert {part.name: part.sha256 for part in read.manifest.parts} != {}
                survived += 1
        except Unrestorable:
            pass
    assert survived < 30


async def test_folders_that_lead_elsewhere(house: House) -> None:
    async with on(house.url):
        folder = in_folder(house.parts, house.path("linked"))
        secret = house.path("secret")
        secret.write_text("{}\n")
        (folder / "rows/note.jsonl").unlink()
        (folder / "rows/note.jsonl").symlink_to(secret)
        await house.refuses(folder, "rows/note.jsonl is neither a file nor a folder")
        empty = house.path("empty")
        empty.mkdir()
        await house.refuses(empty, f"It has no {NAME}")


async def test_where_the_firm_or_an_address_is_there_already(house: House) -> None:
    async with on(house.url):
        path = zipped(house.parts, house.path())
        for word in ("", "A", "a b", "ä", "x" * 21, "a+b", "a@b"):
            await house.refuses(path, "small letters and digits", copy=word)
        restored = await restore_firm(path, house.store)
        # Nor is a month made of what is long ago.
        log = next(name for name in sorted(house.parts) if name.startswith("log/"))
        old = orjson.dumps(house.rows_of(log)[0] | {"at": "2001-05-05T00:00:00+00:00"}) + b"\n"
        parts = changed(house.parts, log, lambda rows: rows[1:]) | {"log/2001-05.jsonl": old}
        for again in (path, zipped(manifest_of(parts), house.path())):
            await house.refuses(again, "This firm is here already", "--copy")
        copy = await restore_firm(path, house.store, copy="again")
        assert copy.rows == restored.rows
        with pytest.raises(Unrestorable, match=r"Somebody signs in as .* Take another word"):
            await restore_firm(path, house.store, copy="again")
