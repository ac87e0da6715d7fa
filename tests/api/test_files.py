"""Files by the wire: uploads, links, and what is read by them."""

from __future__ import annotations

import asyncio
import hashlib
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

import embedded
from app.files import routes, uploads
from files import spool
from files.spool import CHECKSUMS, IN_MEMORY, SEGMENT
from models.files.checking import ToCheck, checked
from models.firm.personal_tokens import create_personal_token, revoke_personal_token
from models.ids import Kind, decode, encode
from models.items.documents import Document
from models.rights import Right
from models.rows.files import FileSegment
from models.sign_in import authenticate, issue_for, sign_out
from tests.files import begun, take, uploaded
from tests.kinds.documents import make_loose
from tests.node import CLIENTS, node_with_clients
from tests.serving import Api, Socket, serving
from tests.specimens import Spot
from tests.tus import OCTETS, Told, Tus, named
from tests.world import World


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server's files are."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
async def files_api(database: str, servers: embedded.Servers, folder: Path) -> AsyncIterator[Api]:
    """A server with a folder of its own."""
    async with serving(database, servers.redis_url, data_dir=folder) as api:
        yield api


@pytest.fixture
def tus(files_api: Api, world: World) -> Tus:
    """The employee's client."""
    return Tus(files_api, world.employee)


def objects(folder: Path) -> set[str]:
    """What is in the store, by name."""
    return {str(path.relative_to(folder)) for path in (folder / "files").rglob("*") if path.is_file()}


async def test_what_is_uploaded_comes_back(tus: Tus, folder: Path) -> None:
    data = b"%PDF-1.7 " + bytes(range(256)) * 40_000
    assert len(data) > SEGMENT
    path = await tus.begin(len(data), "Bilanz 2025 \u00fc.pdf")
    first = await tus.send(path, data[:5_000_000])
    assert (first.status, first.offset, first.body) == (204, 5_000_000, b"")
    asked = await tus.ask("HEAD", path)
    assert (asked.offset, asked.headers["upload-length"]) == (5_000_000, str(len(data)))
    assert asked.headers["cache-control"] == "no-store" and "upload-expires" in asked.headers
    assert asked.headers["upload-metadata"] == named("Bilanz 2025 \u00fc.pdf")
    id = path.rpartition("/")[2]
    unfinished = await tus.file(id)
    assert (unfinished["state"], unfinished["sha256"], unfinished["url"]) == ("RECEIVING", None, None)
    assert (await tus.send(path, data[5_000_000:], 5_000_000)).offset == len(data)
    file = await tus.file(id)
    assert file == file | {
        "name": "Bilanz 2025 \u00fc.pdf",
        "size": len(data),
        "contentType": "application/pdf",
        "sha256": hashlib.sha256(data).hexdigest(),
        "state": "READY",
        "account": None,
    }
    told = await tus.read(id)
    assert (told.status, told.body) == (200, data)
    assert told.headers == told.headers | {
        "content-type": "application/pdf",
        "content-disposition": (
            "attachment; filename=\"Bilanz 2025 _.pdf\"; filename*=UTF-8''Bilanz%202025%20%C3%BC.pdf"
        ),
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
        "etag": f'"{file["sha256"]}"',
        "accept-ranges": "bytes",
        "cache-control": "private, no-store",
    }
    assert len(objects(folder)) == await FileSegment.filter(file_id=decode(Kind.FILE, id)).count() == 2


async def test_an_empty_file(tus: Tus) -> None:
    file = await tus.file(id := await tus.upload(b""))
    assert (file["state"], file["contentType"]) == ("READY", "application/octet-stream")
    assert file["sha256"] == hashlib.sha256(b"").hexdigest()
    assert [(await tus.read(id, range=range)).status for range in (None, "bytes=0-0")] == [200, 416]


async def test_an_empty_file_whose_server_was_killed_as_it_began(tus: Tus, world: World) -> None:
    id = encode(Kind.FILE, (await begun(world.acting(world.employee), size=0)).id)
    assert (await tus.file(id))["state"] == "RECEIVING"
    assert (await tus.send(f"/files/{id}", b"")).status == 204
    assert (await tus.read(id)).status == 200


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("bytes=0-3", (206, b"0123")),
        ("bytes=7-", (206, b"789")),
        ("bytes=-4", (206, b"6789")),
        ("bytes=-400", (206, b"0123456789")),
        ("bytes=5-400", (206, b"56789")),
        ("Bytes = 2 - 2", (206, b"2")),
        ("bytes=10-", (416, b"")),
        ("bytes=-0", (416, b"")),
        ("bytes=3-2", (200, b"0123456789")),
        ("bytes=0-1,3-4", (200, b"0123456789")),
        ("lines=0-1", (200, b"0123456789")),
        ("bytes=a-b", (200, b"0123456789")),
        ("bytes=", (200, b"0123456789")),
        ("bytes=" + "9" * 30 + "-", (200, b"0123456789")),
    ],
)
async def test_ranges(asked: str, expected: tuple[int, bytes], tus: Tus) -> None:
    id = await tus.upload(b"0123456789")
    told = await tus.read(id, range=asked)
    assert (told.status, told.body) == expected
    assert int(told.headers["content-length"]) == len(told.body)
    if told.status == 416:
        assert told.headers["content-range"] == "bytes */10"
    # Of a head there are no ranges.
    head = await tus.read(id, "HEAD", range=asked)
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", "10")


async def test_conditions(tus: Tus) -> None:
    id = await tus.upload(b"0123456789")
    tag = f'"{(await tus.file(id))["sha256"]}"'
    other = f'"{"0" * 64}"'
    cases: list[tuple[dict[str, str], int]] = [
        ({"if_none_match": tag}, 304),
        ({"if_none_match": f"W/{tag}, {other}"}, 304),
        ({"if_none_match": "*"}, 304),
        ({"if_none_match": other}, 200),
        ({"if_match": tag}, 200),
        ({"if_match": f"W/{tag}"}, 412),
        ({"if_match": other}, 412),
        ({"range": "bytes=0-1", "if_range": tag}, 206),
        ({"range": "bytes=0-1", "if_range": other}, 200),
        ({"range": "bytes=0-1", "if_range": f"W/{tag}"}, 200),
        ({"range": "bytes=0-1", "if_range": "Fri, 27 Nov 2026 10:00:00 GMT"}, 200),
    ]
    for headers, status in cases:
        assert (await tus.read(id, **headers)).status == status, headers


async def test_a_range_over_segments(tus: Tus) -> None:
    data = b"".join(hashlib.sha256(str(number).encode()).digest() for number in range(300_000))
    id = await tus.upload(data)
    start, end = SEGMENT - 10, SEGMENT + 10
    told = await tus.read(id, range=f"bytes={start}-{end - 1}")
    assert (told.status, told.body) == (206, data[start:end])
    assert told.headers["content-range"] == f"bytes {start}-{end - 1}/{len(data)}"


@pytest.mark.parametrize("algorithm", CHECKSUMS)
async def test_checksums(algorithm: str, tus: Tus, folder: Path) -> None:
    data = bytes(range(256)) * 40_000  # More than a segment: none of it is kept before all of it is checked.
    digest = CHECKSUMS[algorithm]()
    digest.update(data)
    good, bad = (b64encode(each).decode() for each in (digest.digest(), bytes(len(digest.digest()))))
    before, path = objects(folder), await tus.begin(len(data))
    refused = await tus.send(path, data, upload_checksum=f"{algorithm} {bad}")
    assert refused.status == 460
    assert objects(folder) == before
    assert (await tus.ask("HEAD", path)).offset == 0
    assert (await tus.send(path, data, upload_checksum=f"{algorithm} {good}")).status == 204
    file = await tus.file(path.rpartition("/")[2])
    assert (file["state"], file["sha256"]) == ("READY", hashlib.sha256(data).hexdigest())


async def test_what_tus_says_of_itself(tus: Tus) -> None:
    tus.member = None
    told = await tus.ask("OPTIONS", "/files", tus_resumable=None)
    assert told.status == 204
    assert told.headers == told.headers | {
        "tus-resumable": "1.0.0",
        "tus-version": "1.0.0",
        "tus-extension": "creation,expiration,checksum,termination",
        "tus-max-size": "2000000000",
        "tus-checksum-algorithm": "sha256,sha1,md5,sha512,crc32",
    }


async def test_a_page_of_the_allowed_origins_may_upload(tus: Tus) -> None:
    own = tus.origin
    asked = {"origin": own, "access_control_request_method": "PATCH", "authorization": None, "tus_resumable": None}
    preflight = await tus.ask("OPTIONS", "/files/x", **asked)
    assert preflight.status == 204
    assert "PATCH" in preflight.headers["access-control-allow-methods"]
    assert {"upload-offset", "tus-resumable", "authorization"} <= set(
        preflight.headers["access-control-allow-headers"].split(", ")
    )
    begun = await tus.ask("POST", "/files", upload_length="3", origin=own)
    assert begun.status == 201 and begun.headers["access-control-allow-origin"] == own
    assert "location" in begun.headers["access-control-expose-headers"].split(", ")
    foreign = await tus.ask("POST", "/files", upload_length="3", origin="https://elsewhere.example")
    assert foreign.status == 403


REFUSED: list[tuple[str, str, dict[str, str | None], int]] = [
    ("POST", "/files", {"upload_length": None}, 400),
    ("POST", "/files", {"upload_length": "-1"}, 400),
    ("POST", "/files", {"upload_length": "1.5"}, 400),
    ("POST", "/files", {"upload_length": "9" * 30}, 400),
    ("POST", "/files", {"upload_length": "2000000001"}, 413),
    ("POST", "/files", {"upload_length": None, "upload_defer_length": "1"}, 400),
    ("POST", "/files", {"upload_length": "1", "upload_metadata": "filename !!!"}, 400),
    ("POST", "/files", {"upload_length": "1", "upload_metadata": "filename gA=="}, 400),
    ("POST", "/files", {"upload_length": "1", "upload_metadata": "filename YQ==,filename YQ=="}, 400),
    ("POST", "/files", {"upload_length": "1", "upload_metadata": "a" * 5_000}, 400),
    ("POST", "/files", {"upload_length": "1", "upload_metadata": named("../a")}, 400),
    ("POST", "/files", {"upload_length": "1", "upload_metadata": named("a\x00b")}, 400),
    ("POST", "/files", {"upload_length": "1", "tus_resumable": "0.2.2"}, 412),
    ("POST", "/files", {"upload_length": "1", "tus_resumable": None}, 412),
    ("PATCH", "{path}", {"content_type": "application/json", "upload_offset": "0"}, 415),
    ("PATCH", "{path}", {"content_type": OCTETS}, 400),
    ("PATCH", "{path}", {"content_type": OCTETS, "upload_offset": "1"}, 409),
    ("PATCH", "{path}", {"content_type": OCTETS, "upload_offset": "0", "upload_checksum": "sha3 YQ=="}, 400),
    ("PATCH", "{path}", {"content_type": OCTETS, "upload_offset": "0", "upload_checksum": "sha1 YQ=="}, 400),
    ("PATCH", "/files/file_x", {"content_type": OCTETS, "upload_offset": "0"}, 404),
    ("PATCH", "/files/file_00000000000000000000000000", {"content_type": OCTETS, "upload_offset": "0"}, 404),
    ("HEAD", "/files/file_00000000000000000000000000", {}, 404),
    ("DELETE", "/files/job_00000000000000000000000000", {}, 404),
    ("PUT", "/files", {}, 405),
    ("GET", "{path}", {}, 405),
    ("POST", "{path}", {}, 405),
]


PDF, PNG, TEXT = b"%PDF-1.7 ...", b"\x89PNG\r\n\x1a\n" + bytes(30), b"What is in it"
FALSE = {
    ("Return.pdf", TEXT): ("application/pdf", "text/plain"),
    ("Return.PDF", PNG): ("application/pdf", "image/png"),
    ("Receipt.jpeg", PDF): ("image/jpeg", "application/pdf"),
    ("Ledger.xlsx", PDF): ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/pdf"),
    ("Return.pdf", b"MZ" + bytes(100)): ("application/pdf", "application/octet-stream"),
    ("Return.pdf", b""): ("application/pdf", "application/octet-stream"),
}


@pytest.mark.parametrize(("name", "data"), FALSE)
async def test_what_is_not_what_it_is_called_is_refused_and_given_up(tus: Tus, name: str, data: bytes) -> None:
    expected, actual = FALSE[name, data]
    if data:
        path = await tus.begin(len(data), name)
        # Its beginning stays until it is known what it is.
        assert (await tus.send(path, data[:1])).status == 204
        told = await tus.send(path, data[1:], 1)
    else:
        path, told = None, await tus.ask("POST", "/files", upload_length="0", upload_metadata=named(name))
    (error,) = json.loads(told.body)["errors"]
    assert told.status == 415
    assert error["message"].startswith(f"By its name, '{name}', the file is {expected}, and by its content {actual}.")
    assert (error["extensions"]["reason"], error["extensions"]["parameters"]) == (
        "NOT_AS_NAMED",
        {"EXPECTED": expected, "ACTUAL": actual},
    )
    if path is not None:
        assert (await tus.ask("HEAD", path)).status == 404


async def test_what_is_wrong_is_refused_and_changes_nothing(tus: Tus, folder: Path) -> None:
    path = await tus.begin(10)
    before = objects(folder)
    for method, where, headers, status in REFUSED:
        body = b"0123456789" if method == "PATCH" else None
        told = await tus.ask(method, where.format(path=path), body, **headers)
        assert told.status == status, (method, headers, told)
        assert method == "HEAD" or b'"message"' in told.body
    assert (await tus.ask("HEAD", path)).offset == 0
    assert objects(folder) == before


async def test_more_than_there_was_to_be(tus: Tus, folder: Path) -> None:
    path = await tus.begin(10)
    assert (await tus.send(path, b"0" * 11)).status == 413

    async def in_chunks() -> AsyncIterator[bytes]:
        for _ in range(2):
            yield b"0" * 8

    assert (await tus.send(path, in_chunks())).status == 413
    assert (await tus.ask("HEAD", path)).offset in (0, 8)


async def test_a_method_by_a_header(tus: Tus) -> None:
    path = await tus.begin(3)
    said: dict[str, str | None] = {"x_http_method_override": "PATCH", "content_type": OCTETS, "upload_offset": "0"}
    assert (await tus.ask("POST", path, b"abc", **said)).status == 204
    assert (await tus.ask("POST", path, x_http_method_override="DELETE")).status == 204
    assert (await tus.ask("HEAD", path)).status == 404


async def test_nobodys_request_reads_no_body(tus: Tus, world: World) -> None:
    path = await tus.begin(10**6)
    nobody = Tus(tus.api, None)
    for method, where in (("POST", "/files"), ("PATCH", path), ("HEAD", path), ("DELETE", path)):
        for signed in ({}, {"authorization": "Bearer nonsense"}):
            told = await nobody.ask(method, where, upload_length="3", upload_offset="0", content_type=OCTETS, **signed)
            assert (told.status, told.headers["www-authenticate"].split()[0]) == (401, "Bearer")
    # Of the body nothing was sent: the answer comes before anything of it is asked for.
    reader, writer = await asyncio.open_connection("127.0.0.1", int(tus.origin.rpartition(":")[2]))
    head = f"PATCH {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\ntus-resumable: 1.0.0\r\n\r\n"
    writer.write(head.encode())
    assert (await asyncio.wait_for(reader.readline(), 20)).startswith(b"HTTP/1.1 401")
    writer.close()


def same(told: Told) -> tuple[int, bytes, dict[str, str]]:
    """What an answer says, without its time."""
    return told.status, told.body, {name: value for name, value in told.headers.items() if name != "date"}


async def test_another_firms_file_and_no_file_are_answered_in_the_same_bytes(tus: Tus, world: World) -> None:
    other = await World.build("files-elsewhere")
    theirs = Tus(tus.api, other.owner)
    id = await theirs.upload(b"secret")
    unfinished = await theirs.begin(10)
    none = "file_7zzzzzzzzzzzzzzzzzzzzzzzzz"
    link = (await theirs.file(id))["url"].partition("?")[2]
    for who in (tus, Tus(tus.api, world.owner)):
        for there in (id, unfinished.rpartition("/")[2]):
            for method, more in (
                ("HEAD", ""),
                ("DELETE", ""),
                ("PATCH", ""),
                ("GET", "/content"),
                ("GET", f"/content?{link}"),
                ("GET", "/content?link=a.b.c"),
            ):
                said = {"content_type": OCTETS, "upload_offset": "0"} if method == "PATCH" else {}
                found = [await who.ask(method, f"/files/{which}{more}", **said) for which in (there, none)]
                assert same(found[0]) == same(found[1]), (method, more)
                assert found[0].status == 404
    assert (await theirs.file(id))["state"] == "READY"
    assert (await theirs.ask("HEAD", unfinished)).offset == 0


async def test_a_link_is_its_members_and_its_files(tus: Tus, world: World) -> None:
    id, another = await tus.upload(b"mine"), await tus.upload(b"also mine")
    url = (await tus.file(id))["url"]
    bare: dict[str, Any] = {"tus_resumable": None}
    assert (await tus.ask("GET", url, **bare)).body == b"mine"  # With the member's own token beside it.
    assert (await tus.ask("GET", url.replace(id, another), **bare)).status == 404
    assert (await tus.ask("GET", url + "x", **bare)).status == 404
    assert (await tus.ask("GET", url.partition("?")[0], **bare)).status == 404
    assert (await tus.ask("GET", f"{url}&{url.partition('?')[2]}", **bare)).status == 404
    assert (await Tus(tus.api, world.owner).ask("GET", url, **bare)).status == 404
    assert (await tus.ask("GET", url, authorization="Bearer nonsense")).status == 401
    assert (await tus.ask("POST", url, **bare)).status == 405


CHECKED = """subscription ($after: Revision) { boardChanges(after: $after) { revision events { __typename
  ... on FileChecked { file { url } } } } }"""


READING = (Right.VIEW_ALL_ACCOUNTS, Right.MANAGE_DOCUMENTS)


async def test_a_link_in_a_message_ends_with_what_the_stream_was_asked_with(tus: Tus, world: World) -> None:
    """Two sessions of a member and a personal token follow the same: each is told a link of its own."""
    owner, api, read = world.acting(world.owner), tus.api, Tus(tus.api, None)
    token = (await create_personal_token(owner, name="Board", days=1, rights=READING)).value
    assert token.secret is not None
    bearers = [*[await issue_for(world.owner.id, 1) for _ in range(2)], token.secret]
    document = await Document.get(id=await make_loose(owner, "Return", Spot(world.account.id)))
    file = await uploaded(owner, to_check=True)
    await take(owner, owner=document, file_ids=[file.id])
    sockets, before = [], str(await world.revision())
    async with AsyncExitStack() as stack:
        for api.tokens[world.owner.id] in bearers:
            sockets.append(await stack.enter_async_context(api.socket(world.owner)))
            await sockets[-1].subscribe(CHECKED, after=before)
        await checked(ToCheck(world.firm.id, file.id, file.size), clean=True)
        urls = [await link_in(socket) for socket in sockets]
    sessions = [(await authenticate(bearer)).viewer.session_id for bearer in bearers[:2]]

    async def good() -> list[int]:
        return [(await read.ask("HEAD", url, tus_resumable=None)).status for url in urls]

    assert sessions[0] is not None
    assert await good() == [200, 200, 200]
    await sign_out(sessions[0])
    assert await good() == [404, 200, 200]
    await revoke_personal_token(owner, personal_token_id=token.id)
    assert await good() == [404, 200, 404]


async def link_in(socket: Socket) -> str:
    """The link in the first message that tells of one."""
    while True:
        for event in (await socket.next())["boardChanges"]["events"]:
            if event["__typename"] == "FileChecked":
                return str(event["file"]["url"])


async def test_what_is_given_up_is_not_read(tus: Tus) -> None:
    id = await tus.upload(b"mine")
    url = (await tus.file(id))["url"]
    assert (await tus.ask("DELETE", f"/files/{id}")).status == 204
    assert (await tus.ask("GET", url, authorization=None)).status == 404
    assert await tus.file(id) is None
    assert (await tus.ask("DELETE", f"/files/{id}")).status == 404


async def test_who_comes_back_stops_what_is_still_under_way(tus: Tus, folder: Path) -> None:
    """A sender that lost its connection is back before the server knows."""
    path, sent = await tus.begin(20), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield b"0123456789"
        sent.set()
        await asyncio.Event().wait()

    hanging = asyncio.create_task(tus.send(path, slowly()))
    await asyncio.wait_for(sent.wait(), 20)
    # Until it has begun there is nothing to stop.
    while (asked := await tus.ask("HEAD", path)).offset == 0 and not hanging.done():
        await asyncio.sleep(0.01)
    assert asked.offset in (0, 10)
    assert (await tus.send(path, (b"0123456789" * 2)[asked.offset :], asked.offset)).status == 204
    assert (await tus.read(path.rpartition("/")[2])).body == b"01234567890123456789"
    hanging.cancel()
    await asyncio.gather(hanging, return_exceptions=True)


async def test_what_was_cut_off_is_kept_and_goes_on(tus: Tus) -> None:
    data = bytes(range(256)) * 8_000
    path, token = await tus.begin(len(data)), await tus.api.token(tus.member)  # type: ignore[arg-type]
    _, writer = await asyncio.open_connection("127.0.0.1", int(tus.origin.rpartition(":")[2]))
    writer.write(
        f"PATCH {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(data)}\r\ntus-resumable: 1.0.0\r\n"
        f"upload-offset: 0\r\nauthorization: Bearer {token}\r\ncontent-type: {OCTETS}\r\n\r\n".encode()
    )
    writer.write(data[:1_500_000])
    await writer.drain()
    writer.close()
    async with asyncio.timeout(20):
        while (asked := await tus.ask("HEAD", path)).offset == 0:
            await asyncio.sleep(0.01)
    assert 0 < asked.offset <= 1_500_000
    assert (await tus.send(path, data[asked.offset :], asked.offset)).status == 204
    assert (await tus.file(path.rpartition("/")[2]))["sha256"] == hashlib.sha256(data).hexdigest()


async def test_the_published_client_uploads_goes_on_and_gives_up(tus: Tus) -> None:
    size, node = 5_500_000, await asyncio.to_thread(node_with_clients)
    token = await tus.api.token(tus.member)  # type: ignore[arg-type]
    words = [node, "tus.mjs", f"{tus.origin}/files", token, str(size)]
    process = await asyncio.create_subprocess_exec(*words, cwd=CLIENTS, stdout=asyncio.subprocess.PIPE)
    async with asyncio.timeout(60):
        out, _ = await process.communicate()
    stopped, done, given_up = map(json.loads, out.decode().splitlines())
    assert stopped["stopped"] == 3_000_000
    data = bytes((at * 31) % 251 for at in range(size))
    file = await tus.file(done["done"].rpartition("/")[2])
    assert (file["name"], file["sha256"]) == ("Books.bin", hashlib.sha256(data).hexdigest())
    assert await tus.file(given_up["givenUp"].rpartition("/")[2]) is None


async def test_where_there_is_no_room_nothing_is_begun(tus: Tus, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    path, ready = await tus.begin(10), await tus.upload(b"0123456789")
    with monkeypatch.context() as patched:
        patched.setattr(uploads, "OF_FIRM", 0)
        patched.setattr(routes, "OF_MEMBER", 0)
        for _ in range(IN_MEMORY + 1):
            told = await tus.send(path, b"0123456789")
            assert (told.status, told.headers["retry-after"]) == (503, "5")
        assert (await tus.read(ready)).status == 503
        assert (await tus.read(ready, "HEAD")).status == 200
    # What was refused holds nothing: no room in memory, and no place among those who send and read.
    assert spool._memory._left == IN_MEMORY
    assert (await tus.send(path, b"0123456789")).status == 204
    assert (await tus.read(ready)).body == b"0123456789"


async def test_two_hundred_at_once(tus: Tus, world: World, folder: Path) -> None:
    contents = [hashlib.sha256(str(number).encode()).digest() * 6_000 for number in range(200)]
    members = [world.owner, world.admin, world.employee, world.stranger]
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        api = replace(tus.api, http=http)
        told = await asyncio.gather(
            *(Tus(api, members[number % 4]).upload(data) for number, data in enumerate(contents))
        )
        digests = [(await Tus(api, members[number % 4]).file(id))["sha256"] for number, id in enumerate(told)]
    assert digests == [hashlib.sha256(data).hexdigest() for data in contents]
