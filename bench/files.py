"""Files up and down: beside nginx, which takes and serves the same bytes, and beside a copy of them on the same disk.
And what another request waits beside an upload, and without one.

`python -m bench.files`
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from bench.firms import build_firm
from bench.goals import Goal
from bench.house import House, run
from bench.measure import heading, median, percentile, ratio, table, taking_turns
from bench.process import Served, served
from models.sign_in import issue_for

MIB = 1024 * 1024
SIZE, QUICK_SIZE = 512 * MIB, 64 * MIB
ROUNDS = 5
#: So many requests are asked beside an upload, so many seconds after each other.
ASKED, APART = 1_500, 0.004
_NGINX = """
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1; {user}
events {{ worker_connections 64; }}
http {{
  access_log off; sendfile on; client_max_body_size 0; client_body_temp_path {folder}/temp;
  proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port}; root {folder}/files; dav_methods PUT; }}
}}
"""
_LINK = "query Link($id: ID!) { file(id: $id) { url } }"
_OTHER = "query Other { firm { name } members(first: 20) { nodes { name } } }"


class Product:
    """The product's server, as a member's client has it."""

    def __init__(self, server: Served, http: aiohttp.ClientSession, token: str) -> None:
        self.server = server
        self._http = http
        self._token = token

    async def upload(self, size: int) -> tuple[float, str]:
        """Seconds, and the file's id: with the request that begins it."""
        started = time.perf_counter()
        said = {"tus-resumable": "1.0.0", "upload-length": str(size), "authorization": f"Bearer {self._token}"}
        async with self._http.post(self.server.at("/files"), headers=said) as answer:
            path = answer.headers["location"]
        begun = time.perf_counter() - started
        return begun + (await self.send(path, size))[0], path.rpartition("/")[2]

    async def send(self, path: str, size: int) -> tuple[float, int]:
        """Seconds, of all of a file's bytes in one request."""
        head = [f"PATCH {path} HTTP/1.1", "host: localhost", "tus-resumable: 1.0.0", "upload-offset: 0"]
        head += [f"authorization: Bearer {self._token}", "content-type: application/offset+octet-stream"]
        return await _client("up", self.server.port, [*head, f"content-length: {size}"], size)

    async def download(self, id: str, size: int) -> float:
        """Seconds, of a file by its link."""
        said = {"authorization": f"Bearer {self._token}"}
        question: dict[str, Any] = {"query": _LINK, "variables": {"id": id}}
        async with self._http.post(self.server.url, json=question, headers=said) as answer:
            url = (await answer.json())["data"]["file"]["url"]
        seconds, came = await _client("down", self.server.port, [f"GET {url} HTTP/1.1", "host: localhost"], size)
        if came != size:
            raise SystemExit(f"{came:,} of {size:,} bytes came.")
        return seconds

    async def give_up(self, id: str) -> None:
        """Let go of a file."""
        said = {"tus-resumable": "1.0.0", "authorization": f"Bearer {self._token}"}
        async with self._http.delete(self.server.at(f"/files/{id}"), headers=said) as answer:
            answer.raise_for_status()

    async def asked(self, number: int) -> list[float]:
        """Milliseconds of so many small requests of another member."""
        said, taken = {"authorization": f"Bearer {self._token}"}, []
        for _ in range(number):
            started = time.perf_counter()
            async with self._http.post(self.server.url, json={"query": _OTHER}, headers=said) as answer:
                await answer.read()
            taken.append((time.perf_counter() - started) * 1_000)
            await asyncio.sleep(APART)
        return taken


async def _client(way: str, port: int, head: list[str], size: int) -> tuple[float, int]:
    words = [sys.executable, "-m", "bench.file_client", way, str(port), "|".join(head), str(size)]
    process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    if process.returncode:
        raise SystemExit("The client failed.")
    seconds, came = out.split()
    return float(seconds), int(came)


@asynccontextmanager
async def _nginx(folder: Path) -> AsyncIterator[int | None]:
    """The port of an nginx that takes and serves files in this folder; None where there is none."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        print("nginx is not installed: there is the bare copy alone to compare with.", flush=True)
        yield None
        return
    (folder / "files").mkdir()
    port = await _free_port()
    user = "user root;" if os.getuid() == 0 else ""
    (folder / "conf").write_text(_NGINX.format(folder=folder, port=port, user=user))
    process = await asyncio.create_subprocess_exec(program, "-p", str(folder), "-c", str(folder / "conf"))
    try:
        for _ in range(500):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                break
            except OSError:
                await asyncio.sleep(0.01)
        yield port
    finally:
        process.terminate()
        await process.wait()


async def _free_port() -> int:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    return port


async def _copied(folder: Path, size: int) -> float:
    """Seconds that a copy takes, by a process as it comes: read and written in pieces."""
    source, copy = folder / "source", folder / "copy"
    if not source.exists():
        source.write_bytes(os.urandom(MIB) * (size // MIB))

    def copying() -> float:
        started = time.perf_counter()
        with source.open("rb") as reading, copy.open("wb") as writing:
            shutil.copyfileobj(reading, writing, MIB)
        seconds = time.perf_counter() - started
        copy.unlink()
        return seconds

    return await asyncio.to_thread(copying)


async def benchmark(house: House) -> None:
    """MiB a second, and milliseconds."""
    firm, size = await build_firm(jobs=10), QUICK_SIZE if house.quick else SIZE
    token = await issue_for(firm.members[0].id, 24)
    with tempfile.TemporaryDirectory(prefix="jobwire-bench-files-") as name:
        folder = Path(name)
        (folder / "nginx").mkdir()
        async with (
            served("unpaced", house, data_dir=folder / "data", files_of_firm=10**13) as server,
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(None)) as http,
            _nginx(folder / "nginx") as nginx,
        ):
            product = Product(server, http, token)
            await _throughput(house, product, nginx, folder, size)
            await _beside(house, product, size)


async def _throughput(house: House, product: Product, nginx: int | None, folder: Path, size: int) -> None:
    (_, kept) = await product.upload(size)

    async def up() -> float:
        seconds, id = await product.upload(size)
        await product.give_up(id)
        return size / MIB / seconds

    async def down() -> float:
        return size / MIB / await product.download(kept, size)

    async def nginx_up() -> float:
        head = ["PUT /one HTTP/1.1", "host: localhost", f"content-length: {size}"]
        return size / MIB / (await _client("up", nginx or 0, head, size))[0]

    async def nginx_down() -> float:
        head = ["GET /one HTTP/1.1", "host: localhost"]
        return size / MIB / (await _client("down", nginx or 0, head, size))[0]

    async def copy() -> float:
        return size / MIB / await _copied(folder, size)

    variants: dict[str, Callable[[], Awaitable[float]]] = {"up": up, "down": down, "copy": copy}
    if nginx is not None:
        variants |= {"nginx, up": nginx_up, "nginx, down": nginx_down}
    found = await taking_turns(variants, ROUNDS)
    heading(f"A file of {size // MIB:,} MiB")
    table(["", "MiB/s"], [(name, median(rates)) for name, rates in found.items()])
    for way in ("up", "down"):
        beside = found.get(f"nginx, {way}")
        if beside is not None:
            house.goals.append(Goal(f"{way}, of nginx's", ratio(found[way], beside), 0.5, at_least=True))
        house.goals.append(Goal(f"{way}, of a bare copy's", ratio(found[way], found["copy"]), 0.5, at_least=True))


async def _beside(house: House, product: Product, size: int) -> None:
    number = ASKED // 5 if house.quick else ASKED

    async def alone() -> list[float]:
        return await product.asked(number)

    async def beside() -> list[float]:
        over = asyncio.Event()

        async def uploading() -> None:
            while not over.is_set():
                await product.give_up((await product.upload(size))[1])

        task = asyncio.create_task(uploading())
        try:
            return await product.asked(number)
        finally:
            over.set()
            await task

    found = await taking_turns({"alone": alone, "beside an upload": beside}, 3)
    p99 = {name: [percentile(taken, 99) for taken in rounds] for name, rounds in found.items()}
    heading("Another request, milliseconds")
    rows = [(name, median([median(taken) for taken in rounds]), median(p99[name])) for name, rounds in found.items()]
    table(["", "median", "p99"], rows)
    house.goals.append(Goal("p99 beside an upload, of that without", ratio(p99["beside an upload"], p99["alone"]), 1.5))


if __name__ == "__main__":
    run(benchmark)
