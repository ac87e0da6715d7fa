"""One child process: started so that it cannot outlive us, stopped in bounded time."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import BinaryIO

from embedded import launch
from embedded.account import Account
from embedded.errors import EmbeddedError

LOG_LIMIT = 10_000_000
GLANCE = 0.02


@dataclass(frozen=True, slots=True)
class Program:
    """What to run, where, as whom, and the signals that end it."""

    name: str
    argv: Sequence[str]
    folder: Path
    log: Path
    account: Account | None
    stop: signal.Signals
    # What it gets from the kernel when we die without a word.
    orphaned: signal.Signals


class Child:
    """A running program. Make it in a thread that lives as long as it shall: the kernel counts the thread
    that started it as the parent."""

    def __init__(self, program: Program) -> None:
        self.program = program
        trim_log(program.log)
        with open_log(program.log, program.account) as log:
            self._said_before = log.tell()
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", launch.__file__, *_launch_arguments(program)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A Ctrl-C in the terminal is for us; we then stop the servers when we no longer need them.
                start_new_session=True,
            )

    @property
    def name(self) -> str:
        return self.program.name

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def wait(self, patience: float | None = None) -> int | None:
        """The exit code, or None if it runs longer than `patience`."""
        try:
            return self._process.wait(patience)
        except subprocess.TimeoutExpired:
            return None

    def wait_until(self, answers: Callable[[], bool], patience: float, giving_up: Event) -> None:
        """Return when it answers; an EmbeddedError when it died, takes too long or nobody waits any more."""
        deadline = time.monotonic() + patience
        while True:
            # Asked first: what ends well in between has also answered.
            alive = self.alive
            if answers():
                return
            if not alive:
                raise EmbeddedError(f"{self.name} ended at its start: {self.last_words()} (log: {self.program.log})")
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"{self.name} did not answer within {patience:.0f} seconds: {self.last_words()} "
                    f"(log: {self.program.log})"
                )
            if giving_up.wait(GLANCE):
                raise EmbeddedError(f"{self.name} was stopped before it was ready.")

    def ask_to_stop(self) -> None:
        """Begin the clean end. Says nothing to one that has ended."""
        self._process.send_signal(self.program.stop)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def last_words(self) -> str:
        """The line of its log that says most about why it ended."""
        text = self.program.log.read_bytes()[self._said_before :].decode(errors="replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        fatal = [line[line.index(word) :] for line in lines for word in ("FATAL:", "PANIC:") if word in line]
        return (fatal or lines or ["it said nothing"])[-1]


def stop(children: Sequence[Child], patience: float) -> None:
    """End them all, together, the hard way for those that are not gone after `patience` seconds."""
    deadline = time.monotonic() + patience
    for child in children:
        child.ask_to_stop()
    for child in children:
        if child.wait(max(0.0, deadline - time.monotonic())) is None:
            child.kill()


def trim_log(log: Path) -> None:
    """Keep one older log and start again, in place: the server has the file open for appending."""
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        shutil.copy2(log, log.with_suffix(".log.1"))
        os.truncate(log, 0)


def open_log(log: Path, account: Account | None) -> BinaryIO:
    """For appending. Not through a link: root must not be led elsewhere by the owner of a folder."""
    file = os.fdopen(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600), "ab")
    if account:
        account.own(log)
    file.seek(0, os.SEEK_END)
    return file


def _launch_arguments(program: Program) -> list[str]:
    account = program.account
    user = ["-", "-"] if account is None else [str(account.uid), str(account.gid)]
    return [str(os.getpid()), str(int(program.orphaned)), *user, str(program.folder), *program.argv]
