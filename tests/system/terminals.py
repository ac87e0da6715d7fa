"""A command as a person has it: a process on a terminal, and all that reaches the terminal."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from fcntl import ioctl

from tests.system.jobwire import HOUSE
from tests.system.mother import Born

PATIENCE = 20.0
#: Rows and columns.
SIZE = (40, 220)
#: What each picture of the board ends with.
_FOOT = "Ctrl-C ends"


@dataclass
class Terminal:
    """Passes on bytes as they are: its driver adds nothing."""

    handle: int
    process: subprocess.Popen[bytes]
    _written: bytearray = field(default_factory=bytearray)

    @property
    def output(self) -> str:
        """All that was written so far."""
        return self._read().decode(errors="surrogateescape")

    async def shows(self, *texts: str) -> str:
        """Wait until all of these were written. Returns the output."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE
        while missing := [text for text in texts if text not in self.output]:
            over = self.process.poll() is not None or loop.time() > deadline
            assert not over, f"It never showed {missing}: {self.output[-3000:]!r}"
            await asyncio.sleep(0.02)
        return self.output

    def type(self, text: str) -> None:
        """What a person types."""
        os.write(self.handle, text.encode())

    async def ends(self) -> str:
        """Wait for its end. Returns the output."""
        async with asyncio.timeout(PATIENCE):
            while self.process.poll() is None:
                self._read()
                await asyncio.sleep(0.02)
        return self.output

    def _read(self) -> bytes:
        with contextlib.suppress(OSError):
            while piece := os.read(self.handle, 1 << 16):
                self._written += piece
        return bytes(self._written)


def picture(output: str) -> str:
    """The last one of the board that was drawn whole. It is drawn anew by the minute, whatever happens."""
    return output.rpartition(_FOOT)[0].rpartition(_FOOT)[2]


def drawn(output: str, *texts: str) -> bool:
    """Whether it has these texts, in this order."""
    places = [picture(output).find(text) for text in texts]
    return -1 not in places and places == sorted(places)


@contextlib.asynccontextmanager
async def on_a_terminal(*words: str, **environment: object) -> AsyncIterator[Terminal]:
    """`jobwire` with these words, ended after the block."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
    attributes = termios.tcgetattr(theirs)
    attributes[1] &= ~termios.OPOST
    termios.tcsetattr(theirs, termios.TCSANOW, attributes)
    os.set_blocking(ours, False)
    # The size is the terminal's, whatever the one is that the tests run in.
    dropped = {name for name in os.environ if name.startswith("JOBWIRE_")} | {"COLUMNS", "LINES"}
    inherited = {name: value for name, value in os.environ.items() if name not in dropped}
    given = {f"JOBWIRE_{name.upper()}": str(value) for name, value in environment.items()}
    process = Born(
        [sys.executable, "-m", "cli", *words],
        cwd=HOUSE,
        env={**inherited, **given, "TERM": "xterm-256color"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield Terminal(ours, process)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
