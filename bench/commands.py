"""A command of `jobwire`, as a process of its own, and what it took."""

import asyncio
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

#: In seconds.
_LOOK = 0.01
#: What a command says is no figure; what it complains of is for whoever looks.
_QUIET = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]


@dataclass(frozen=True, slots=True)
class Taken:
    """What a command took: seconds, those of them on a processor, and the most memory in MiB."""

    seconds: float
    cpu: float
    memory: float


async def taken_by(settings: Mapping[str, str], *words: str) -> Taken:
    """What `jobwire` with these words takes, of which these are the only settings, by their names. `SystemExit` where
    it fails."""
    return await asyncio.to_thread(_run, settings, *words)


def _run(settings: Mapping[str, str], *words: str) -> Taken:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JOBWIRE_")}
    environment |= {f"JOBWIRE_{name.upper()}": value for name, value in settings.items()}
    started, most, ended = time.perf_counter(), 0, 0
    pid = os.posix_spawn(sys.executable, [sys.executable, "-m", "cli", *words], environment, file_actions=_QUIET)
    while not ended:
        # What wait4 says of memory is at least what this process has, of which it was a copy.
        most = max(most, _peak(pid))
        ended, status, used = os.wait4(pid, os.WNOHANG)
        time.sleep(0 if ended else _LOOK)
    if status:
        raise SystemExit(f"jobwire {words[0]} failed.")
    return Taken(time.perf_counter() - started, used.ru_utime + used.ru_stime, most / 1024)


def _peak(pid: int) -> int:
    """The most memory in KiB that a process has held so far; 0 where it is over."""
    fields = Path(f"/proc/{pid}/status").read_text().split()
    return int(fields[fields.index("VmHWM:") + 1]) if "VmHWM:" in fields else 0
