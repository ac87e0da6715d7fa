"""An S3 server of a test's own: SeaweedFS, as it is published, in one process."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

KEY, SECRET = "test-key", "test-secret"


def weed() -> str | None:
    """The program, if it is installed."""
    beside = Path(sys.executable).with_name("weed")
    return str(beside) if beside.exists() else shutil.which("weed")


def _free_port() -> int:
    # It takes the port with 10,000 more for its own calls as well.
    while True:
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            port = int(one.getsockname()[1])
            if port > 55_000:
                continue
            try:
                two.bind(("127.0.0.1", port + 10_000))
            except OSError:
                continue
            return port


@asynccontextmanager
async def s3_server(folder: Path) -> AsyncIterator[dict[str, str]]:
    """The settings of a store in it. It ends with the block."""
    program = weed()
    assert program is not None
    master, volume, filer, s3 = (_free_port() for _ in range(4))
    config = folder / "s3.json"
    credentials = [{"accessKey": KEY, "secretKey": SECRET}]
    identity = {"name": "test", "credentials": credentials, "actions": ["Admin", "Read", "Write", "List"]}
    config.write_text(json.dumps({"identities": [identity]}))
    words = [
        *("server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-master.port={master}"),
        *(f"-volume.port={volume}", "-filer", f"-filer.port={filer}", "-s3", f"-s3.port={s3}", f"-s3.config={config}"),
        *("-master.volumeSizeLimitMB=512", "-volume.max=16"),
    ]
    process = subprocess.Popen(  # noqa: ASYNC220
        [program, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        await _until_it_answers(f"http://127.0.0.1:{s3}", process)
        yield {
            "files_url": "s3://files/of-firms",
            "files_endpoint": f"http://127.0.0.1:{s3}",
            "files_key_id": KEY,
            "files_secret": SECRET,
        }
    finally:
        process.kill()
        process.wait()


async def _until_it_answers(url: str, process: subprocess.Popen[bytes]) -> None:
    async with asyncio.timeout(60), aiohttp.ClientSession() as http:
        while True:
            assert process.poll() is None, "it ended"
            try:
                async with http.get(f"{url}/status") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)
