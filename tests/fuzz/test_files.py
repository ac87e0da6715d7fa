"""Names, headers, ranges and offsets of files at random."""

from __future__ import annotations

import hashlib
import random
import string
from base64 import b64encode
from collections.abc import AsyncIterator
from types import SimpleNamespace
from urllib.parse import unquote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.datastructures import Headers

import embedded
from app.files import tus as protocol
from app.files.downloads import disposition, plan_for
from files.content import media_type
from models.errors import Invalid
from models.files.names import file_name
from tests.serving import Api, serving
from tests.tus import Tus
from tests.world import World
from transport.reply import Rejected

SHA256 = "ab" * 32
#: What comes over the wire in a header: any bytes but the ends of lines.
HEADER = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=60)
DEVICES = {"con", "prn", "aux", "nul", *(f"{name}{number}" for name in ("com", "lpt") for number in range(1, 10))}


@settings(max_examples=400)
@given(st.text(max_size=300))
@example("a" * 251 + ".\u00e9")
@example("\u1e9e" * 90 + "." + "x" * 30)
def test_a_name_is_refused_or_safe(given: str) -> None:
    try:
        kept = file_name(given)
    except Invalid:
        return
    assert kept and len(kept.encode()) <= 255
    assert not set(kept) & {*'/\\<>:"|?*', *map(chr, range(32)), "\x7f"}
    assert not kept.startswith((".", " ")) and not kept.endswith((".", " "))
    assert kept.partition(".")[0].lower() not in DEVICES
    assert file_name(kept) == kept


@settings(max_examples=200)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60))
def test_what_a_download_is_called_is_one_header_that_says_it(name: str) -> None:
    said = disposition(name)
    said.encode("ascii")
    assert "\r" not in said and "\n" not in said
    plain, _, coded = said.partition("; filename*=UTF-8''")
    assert plain.startswith('attachment; filename="') and plain.count('"') == 2 and "\\" not in plain
    assert unquote(coded) == name


@settings(max_examples=400)
@given(st.integers(0, 40), st.one_of(HEADER, st.from_regex(r"bytes=[0-9]{0,3}-[0-9]{0,3}(,[0-9]-)?", fullmatch=True)))
def test_a_range_is_of_the_file_or_not_at_all(size: int, asked: str) -> None:
    file = SimpleNamespace(sha256=SHA256, size=size, content_type="text/plain", name="a.txt")
    plan = plan_for(file, Headers({"range": asked}))
    assert plan.status in (200, 206, 416)
    if plan.part is None:
        assert (plan.status, plan.headers["content-range"]) == (416, f"bytes */{size}")
        return
    assert 0 <= plan.part.start <= plan.part.end <= size
    assert int(plan.headers["content-length"]) == plan.part.end - plan.part.start
    if plan.status == 206:
        assert plan.part.start < plan.part.end
        assert plan.headers["content-range"] == f"bytes {plan.part.start}-{plan.part.end - 1}/{size}"


@settings(max_examples=300)
@given(HEADER, HEADER, HEADER)
def test_odd_headers_are_refused_as_such(one: str, two: str, three: str) -> None:
    headers = Headers({"upload-metadata": one, "upload-checksum": two, "upload-offset": three})
    refused = set()
    for read in (protocol.metadata_in, protocol.checksum_in, lambda given: protocol.number_in(given, "Upload-Offset")):
        try:
            read(headers)
        except Rejected as refusal:
            refused.add(refusal.status)
    assert refused <= {400}
    file = SimpleNamespace(sha256=SHA256, size=3, content_type="text/plain", name="a.txt")
    conditions = Headers({"if-match": one, "if-none-match": two, "if-range": three, "range": "bytes=0-1"})
    assert plan_for(file, conditions).status in (200, 206, 304, 412)


@settings(max_examples=200)
@given(st.binary(max_size=200), st.binary(max_size=50))
def test_whatever_is_in_it_has_a_type(head: bytes, tail: bytes) -> None:
    kinds, _, kind = media_type(head, tail).partition("/")
    assert kinds and kind and set(kinds + kind) <= {*string.ascii_lowercase, *string.digits, *".+-"}


@pytest.fixture(scope="module")
async def files_api(
    database: str, servers: embedded.Servers, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Api]:
    """A server with a folder of its own."""
    folder = tmp_path_factory.mktemp("data")
    async with serving(database, servers.redis_url, data_dir=folder, uploads_of_member=1_000) as api:
        yield api


async def test_offsets_and_checksums_at_random(files_api: Api, world: World) -> None:
    """Whatever is sent, what is there is the beginning of the file, and the server says how much."""
    chance, tus = random.Random(31), Tus(files_api, world.owner)
    for _ in range(5):
        data, have = chance.randbytes(chance.randrange(1, 3_000)), 0
        path = await tus.begin(len(data))
        while have < len(data):
            offset = have if chance.random() < 0.7 else chance.randrange(len(data) + 2)
            end = chance.randrange(offset, len(data) + 200) if offset <= len(data) else offset
            sent, good = (data + bytes(200))[offset:end], chance.random() < 0.7
            digest = hashlib.sha1(sent if good else sent + b"!", usedforsecurity=False).digest()
            checked = chance.random() < 0.5
            said = {"upload_checksum": f"sha1 {b64encode(digest).decode()}"} if checked else {}
            told = await tus.send(path, sent, offset, **said)
            if offset != have:
                assert (told.status, told.offset) == (409, have)
            elif end > len(data):
                assert told.status == 413
            elif checked and not good:
                assert told.status == 460
            else:
                have = end
                assert (told.status, told.offset) == (204, have)
            asked = await tus.ask("HEAD", path)
            assert asked.offset == have
        id = path.rpartition("/")[2]
        assert (await tus.read(id)).body == data
