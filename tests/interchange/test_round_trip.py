"""What is restored is what was exported: in an installation that has never heard of the firm, with its own ids."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

import embedded
from files.store import Place, Store
from interchange.exports.archives import Unwritable, new_archive
from interchange.exports.firm import NoSuchFirm, export_firm
from interchange.manifest import NAME
from interchange.restoring.firm import restore_firm
from models.commands.jobs import set_job_client_status
from models.database import sql
from models.followers.cursors import register
from models.ids import Kind, encode
from models.imports.batches import take_lines
from models.imports.lines import AccountSaid, ClientLine
from models.imports.origins import Origin
from models.log import Extent, heads, read_log
from models.portable.tables import OF_THE_LOG, portable_tables
from models.recurrences.changed import adjust_occurrence
from tests.api.furnished import Furnished
from tests.databases import on, own_database, partitions_of_the_log
from tests.interchange.answers import keep_key_of, list_contacts_anew
from tests.interchange.stores import NOWHERE, store_of
from tests.interchange.tampering import read_from
from tests.kinds import files
from tests.specimens import Spot
from tests.world import World


def _told(parts: dict[str, bytes]) -> dict[str, Any]:
    """What parts say, but for when they were written and which log that is."""
    manifest = orjson.loads(parts[NAME])
    told = {name: parts[name] for name in parts if name not in (NAME, "rows/personal_token.jsonl")}
    return told | {name: manifest[name] for name in ("firm", "firm_name", "revision", "migration", "version")}


async def _as_kept(firm: Any) -> dict[str, list[Any]]:
    """All that the database has of a firm, with what is made of it, but for what is made anew."""
    found = {}
    for table in portable_tables():
        anew = table.anew.keys() - {"contact_order"}
        but = sorted(anew | {name for name, made in table.made.items() if made.source in anew} | {"revoked_at"})
        numbered = [] if "id" in table.columns else ["id"]
        row = f"to_jsonb(t) - $2::text[] AS row FROM {table.name} t WHERE {table.condition}"
        rows = await sql(f"SELECT {row} ORDER BY {table.order}", firm, [*but, *numbered])
        found[table.name] = [orjson.loads(each["row"]) for each in rows]
    for name, order in (("search_entry", "thing"), ("event", "revision, index")):
        row = f"to_jsonb(t) - 'id' - 'idempotency_key' AS row FROM {name} t WHERE firm_id = $1"
        found[name] = [orjson.loads(each["row"]) for each in await sql(f"SELECT {row} ORDER BY {order}", firm)]
    return found


async def test_what_is_restored_is_exported_as_the_same(
    database: str, servers: embedded.Servers, tmp_path: Path
) -> None:
    firm = await Furnished.build()
    id = firm.world.firm.id
    await list_contacts_anew(id)
    await keep_key_of(id, firm.things["job"])
    await set_job_client_status(firm.world.acting(firm.world.owner), job_id=firm.things["job"], visible=True)
    line = ClientLine(account=AccountSaid(key="A1", fields={"name": "Taken over"}))
    await take_lines(firm.world.acting(firm.world.owner), origin=Origin("elsewhere"), lines=[line])
    recurrence, day = firm.things["recurrence"], datetime.now(UTC).date() + timedelta(30)
    await adjust_occurrence(firm.world.acting(firm.world.owner), recurrence_id=recurrence, day=day, skipped=True)
    # What came to the log long ago, and its months.
    await sql("UPDATE event SET at = at - interval '70 days' WHERE firm_id = $1 AND revision <= 3", id)
    first, second = tmp_path / "first", tmp_path / "second"
    manifest = await export_firm(encode(Kind.FIRM, id), first, await store_of(id, tmp_path / "store"))
    there = Store(Place(tmp_path / "other store"))
    kept = await _as_kept(id)
    assert [name for name, rows in kept.items() if not rows] == []
    (before,) = (await heads([id])).values()
    async with own_database(servers, "elsewhere") as url, on(url):
        await register(["A follower"], firm.world.firm.created_at)
        restored = await restore_firm(first, there)
        assert (restored.id, restored.revision) == (id, manifest.revision) == (id, before.revision)
        assert restored.rows + restored.events == sum(part.lines for part in manifest.parts) - sum(
            part.lines for part in manifest.parts if part.name in {f"rows/{table}.jsonl" for table in OF_THE_LOG}
        )
        await export_firm(firm.world.firm.name, second, there)
        sizes = [len(content) for name, content in read_from(first).items() if name.startswith("files/")]
        assert await sql("SELECT size FROM file_total WHERE firm_id = $1", id) == [{"size": sum(sizes)}]
        assert sizes
        assert await _as_kept(id) == kept
        # The log is another one, so nobody goes on where they were; and who follows it begins at its end.
        (after,) = (await heads([id])).values()
        assert after.epoch != before.epoch
        assert (await read_log(id, 0, limit=1)).extent is Extent.UP_TO_HERE
        (cursor,) = await sql("SELECT revision FROM follower_cursor WHERE firm_id = $1", id)
        assert cursor["revision"] == restored.revision
        assert await sql("SELECT FROM event_default") == []
        assert len(await partitions_of_the_log()) >= 3
        # Nobody has a token or a session that is good here, nor a password.
        assert await sql("SELECT FROM personal_token WHERE revoked_at IS NULL") == []
        assert await sql("SELECT FROM member WHERE password_hash IS NOT NULL") == []
        assert await sql("SELECT FROM session") == []
        assert await sql("SELECT FROM payment_provider_secret") == []
    assert _told(read_from(first)) == _told(read_from(second))


async def test_a_zip_file_has_what_a_folder_has(world: World, tmp_path: Path) -> None:
    id = encode(Kind.FIRM, world.firm.id)
    await export_firm(id, tmp_path / "folder", NOWHERE)
    await export_firm(id, tmp_path / "firm.zip", NOWHERE)
    with zipfile.ZipFile(tmp_path / "firm.zip") as archive:
        zipped = {name: archive.read(name) for name in archive.namelist()}
    assert _told(zipped) == _told(read_from(tmp_path / "folder"))
    # It is for whoever wrote it alone.
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "folder", tmp_path / "firm.zip")} == {0}


async def test_where_an_export_cannot_be_written_nothing_is_left(world: World, tmp_path: Path) -> None:
    id, there = encode(Kind.FIRM, world.firm.id), tmp_path / "there.zip"
    there.write_text("mine")
    with pytest.raises(Unwritable, match="is there already"):
        await export_firm(id, there, NOWHERE)
    with pytest.raises(Unwritable, match="cannot be written"):
        await export_firm(id, tmp_path / "nowhere" / "firm.zip", NOWHERE)
    for wanted, told in (("Nobody & Sons", "No firm has"), (encode(Kind.FIRM, world.account.id), "No firm has")):
        with pytest.raises(NoSuchFirm, match=told):
            await export_firm(wanted, tmp_path / "firm.zip", NOWHERE)
    assert read_from(tmp_path) == {"there.zip": b"mine"}


@pytest.mark.parametrize("name", ["firm.zip", "firm"])
def test_what_comes_to_be_there_meanwhile_is_not_written_over(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with pytest.raises(Unwritable, match="is there already"):
        _write_late(path)
    assert read_from(tmp_path) == {name: b"mine"}


def _write_late(path: Path) -> None:
    with new_archive(path) as archive:
        with archive.open("rows/note.jsonl") as part:
            part.write(b"theirs")
        path.write_text("mine")


async def test_bytes_that_are_not_in_the_store_are_not_left_out(world: World, tmp_path: Path) -> None:
    id, owner = world.firm.id, world.acting(world.owner)
    await files.make(owner, "1040", Spot(world.account.id))
    store = await store_of(id, tmp_path / "store")
    await export_firm(encode(Kind.FIRM, id), tmp_path / "firm.zip", store)
    (name,) = [each.name async for page in store.walk() for each in page]
    _change(tmp_path / "store" / name)
    with pytest.raises(Unwritable, match="are not those that were uploaded"):
        await export_firm(encode(Kind.FIRM, id), tmp_path / "changed.zip", store)
    await store.remove([name])
    with pytest.raises(Unwritable, match="cannot be read"):
        await export_firm(encode(Kind.FIRM, id), tmp_path / "gone.zip", store)
    assert [path for path in read_from(tmp_path) if "store" not in path] == ["firm.zip"]


def _change(path: Path) -> None:
    path.write_bytes(path.read_bytes()[::-1])


async def test_of_several_of_one_name_one_is_named_by_its_id(world: World, tmp_path: Path) -> None:
    await export_firm(world.firm.name, tmp_path / "firm.zip", NOWHERE)
    copy = await restore_firm(tmp_path / "firm.zip", NOWHERE, copy="twin")
    with pytest.raises(NoSuchFirm) as refusal:
        await export_firm(world.firm.name, tmp_path / "other.zip", NOWHERE)
    for id in (world.firm.id, copy.id):
        assert encode(Kind.FIRM, id) in str(refusal.value)
    await export_firm(encode(Kind.FIRM, copy.id), tmp_path / "other.zip", NOWHERE)


async def test_a_copy_of_a_copy(world: World, tmp_path: Path) -> None:
    """Ids move by a distance each time: whatever the way, no two firms meet."""
    await world.job("Return")
    path, firms = tmp_path / "0.zip", {world.firm.id}
    await export_firm(encode(Kind.FIRM, world.firm.id), path, NOWHERE)
    for number in range(1, 5):
        copy = await restore_firm(path, NOWHERE, copy=f"n{number}")
        path = tmp_path / f"{number}.zip"
        await export_firm(encode(Kind.FIRM, copy.id), path, NOWHERE)
        firms.add(copy.id)
    assert len(firms) == 5
    jobs = await sql("SELECT count(*) AS number, count(DISTINCT id) AS ids FROM job WHERE firm_id = ANY($1)", [*firms])
    assert (jobs[0]["number"], jobs[0]["ids"]) == (5, 5)
