"""A Valkey that is treated badly."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from redis.asyncio import Redis

from embedded.binaries import Binaries
from tests.live.eventually import eventually


class Valkey:
    """A Valkey of the test's own, that can be treated badly."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "v.sock"
        self.url = f"unix://{self._socket}"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = await asyncio.create_subprocess_exec(
            str(Binaries.installed().valkey),
            *("--port", "0", "--unixsocket", str(self._socket), "--save", "", "--dir", str(self._socket.parent)),
            stdout=asyncio.subprocess.DEVNULL,
        )
        await eventually(self._answers)

    def send(self, what: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(what)

    async def kill(self) -> None:
        """End it without a word."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def flush(self) -> None:
        """Make it forget everything."""
        async with Redis.from_url(self.url) as client:
            await client.flushall()

    async def _answers(self) -> bool:
        try:
            async with Redis.from_url(self.url) as client:
                return bool(await client.ping())
        except Exception:
            return False


@asynccontextmanager
async def own_valkey() -> AsyncIterator[Valkey]:
    """One that nobody else needs. It runs."""
    with TemporaryDirectory(prefix="jobwire-valkey-") as folder:  # short, as sockets need it
        valkey = Valkey(Path(folder))
        await valkey.start()
        try:
            yield valkey
        finally:
            await valkey.kill()
