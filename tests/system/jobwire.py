"""The `jobwire` command as a process, as a person at a terminal has it."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tests.system.mother import Born

HOUSE = Path(__file__).parents[2]
PATIENCE = 120.0


def eventually(what: Callable[[], bool], patience: float = 20.0) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + patience
    while not what():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


class Jobwire:
    """A command that runs, and what it says."""

    def __init__(self, *words: str, typed: str | None = None, program: str = "cli", **environment: object) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("JOBWIRE_")}
        self.process = Born(
            [sys.executable, "-m", program, *words],
            cwd=HOUSE,
            env=inherited | {f"JOBWIRE_{name.upper()}": str(value) for name, value in environment.items()},
            stdin=subprocess.DEVNULL if typed is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        if self.process.stdin is not None:
            self.process.stdin.write(typed or "")
            self.process.stdin.close()
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.stdout, self.stderr = _Lines(self.process.stdout), _Lines(self.process.stderr)

    def says(self, part: str) -> str:
        """The next line on stdout that holds this."""
        while part not in (line := self.stdout.next()):
            assert line, f"it ended without saying {part!r}: {self.stderr.rest()}"
        return line

    def logs(self, part: str) -> str:
        """The next line on stderr that holds this."""
        while part not in (line := self.stderr.next()):
            assert line, f"it ended without logging {part!r}"
        return line

    def ends(self, patience: float = PATIENCE) -> int:
        """The exit code."""
        return self.process.wait(patience)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Ask it to, and see it end. The exit code."""
        self.process.send_signal(number)
        return self.ends()


class _Lines:
    """A pipe that is always read, so that nobody ever waits to write into it."""

    def __init__(self, pipe: IO[str]) -> None:
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, args=(pipe,), daemon=True)
        self._reader.start()

    def next(self) -> str:
        """The next line; empty at the end."""
        line = self._lines.get(timeout=PATIENCE)
        if not line:
            self._lines.put("")
        return line

    def rest(self) -> list[str]:
        """All that is left when the process has ended."""
        return list(iter(self.next, ""))

    def _read(self, pipe: IO[str]) -> None:
        with pipe:
            for line in pipe:
                self._lines.put(line.rstrip("\n") or " ")
        self._lines.put("")


@contextmanager
def jobwire(*words: str, typed: str | None = None, program: str = "cli", **environment: object) -> Iterator[Jobwire]:
    """A command that has ended after the block, whatever happened in it. `typed` is what it finds on stdin, `program`
    another module that behaves as it does."""
    started = Jobwire(*words, typed=typed, program=program, **environment)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.process.kill()
        started.ends()


def family(pid: int) -> dict[str, int]:
    """The living children of a process, by what they are."""
    asked = subprocess.run(
        ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    known = {"cli serve": "server", "cli worker": "worker", "valkey-server": "valkey", "bin/postgres": "postgres"}
    found: dict[str, int] = {}
    for line in asked.stdout.splitlines():
        number, _, command = line.strip().partition(" ")
        found |= {name: int(number) for part, name in known.items() if part in command}
    return found
