"""Both servers together."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from urllib.parse import parse_qs, urlsplit

from embedded import address, postgres, process, scratch, valkey
from embedded.binaries import Binaries
from embedded.errors import EmbeddedError
from embedded.folder import Folder
from embedded.process import Child, Program
from embedded.servers import Servers
from embedded.state import Process, State

GLANCE = 0.05
STOP_PATIENCE = 15.0
ATTACH_PATIENCE = 60.0


class _House:
    """The children of one run. All its methods but `children` are used in one thread, one after the other."""

    def __init__(self, folder: Folder, durable: bool) -> None:
        self.folder = folder
        self.durable = durable
        self.giving_up = Event()
        self.children: dict[str, Child] = {}
        self.state = State.of_this_process()
        self.servers: Servers  # from `start` on

    def start(self) -> Servers:
        try:
            return self._start()
        except OSError as error:
            raise self.folder.unusable(error) from error

    def stop(self) -> None:
        # First, so that nobody joins what is about to end.
        self.folder.state.unlink(missing_ok=True)
        process.stop(list(self.children.values()), STOP_PATIENCE)
        for path in self.state.scratch:
            scratch.remove(Path(path))

    def restart_valkey(self) -> None:
        old = self.children["valkey"]
        process.stop([old], STOP_PATIENCE)
        self._launch("valkey", old.program)
        self._wait_for_valkey()
        self.state.write(self.folder)

    def _start(self) -> Servers:
        self._clear_remains()
        binaries = self._binaries()
        valkey.prepare(self.folder)
        postgres.prepare(self.folder, binaries.initdb, self.durable, self.giving_up)
        self._launch("valkey", valkey.program(self.folder, binaries.valkey, self.durable))
        self._launch("postgres", postgres.program(self.folder, binaries.postgres, self.durable))
        self.servers = address.servers(self.folder, self._scratch)
        self._wait_for_postgres()
        self._wait_for_valkey()
        self.state.servers = self.servers
        self.state.write(self.folder)
        return self.servers

    def _clear_remains(self) -> None:
        """End what the last runner left when it was killed, and note that this folder is ours now."""
        if left := State.read(self.folder):
            left.end_children()
            for path in left.scratch:
                scratch.remove(Path(path))
        self.state.write(self.folder)

    def _binaries(self) -> Binaries:
        account = self.folder.account
        if account is None:
            return Binaries.installed()
        return Binaries.installed().usable_by(
            account, lambda: self._scratch(scratch.parent_for_programs(account, self.folder.path))
        )

    def _scratch(self, parent: Path) -> Path:
        made = scratch.make(parent)
        self.state.scratch.append(str(made))
        self.state.write(self.folder)
        return made

    def _launch(self, key: str, program: Program) -> None:
        self.children[key] = Child(program)
        self.state.children = [Process.of(child) for child in self.children.values()]
        self.state.write(self.folder)

    def _wait_for_postgres(self) -> None:
        socket_folder = parse_qs(urlsplit(self.servers.database_url).query)["host"][0]
        self.children["postgres"].wait_until(lambda: postgres.answers(socket_folder), postgres.PATIENCE, self.giving_up)

    def _wait_for_valkey(self) -> None:
        url = self.servers.redis_url
        self.children["valkey"].wait_until(lambda: valkey.answers(url), valkey.PATIENCE, self.giving_up)


@dataclass(frozen=True, slots=True)
class Running(Servers):
    """The servers that this process runs, with what a supervisor of them needs."""

    _house: _House = field(repr=False)
    _thread: ThreadPoolExecutor = field(repr=False)

    @property
    def pids(self) -> dict[str, int]:
        """The process ids of "postgres" (its postmaster) and "valkey"."""
        return {key: child.pid for key, child in self._house.children.items()}

    def poll(self) -> str | None:
        """The name of a server that has ended, "PostgreSQL" or "Valkey", or None.

        Cheap. Call it now and then: it also keeps the servers' logs short.
        """
        for child in self._house.children.values():
            process.trim_log(child.program.log)
            if not child.alive:
                return child.name
        return None

    def wait(self, timeout: float | None = None) -> str | None:
        """Block until a server ends, and name it; None after `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (dead := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                return None
            time.sleep(GLANCE)
        return dead

    def restart_valkey(self) -> None:
        """Start Valkey again, dead or alive, at the same URL; returns when it answers.

        It blocks: from an event loop, call it in a thread, any thread.
        """
        self._thread.submit(self._house.restart_valkey).result()


@contextmanager
def run(data_dir: Path, durable: bool = True) -> Iterator[Running]:
    """Start both servers on the folder and stop them at the end. EmbeddedError if that cannot be.

    `durable=False` is for data that may be thrown away: fast, but a power cut may lose all of it, and a kill
    of this process the last moments.
    """
    folder = Folder(data_dir)
    # The servers die when the thread that started them does, so it is one that lives for the whole run. It
    # also puts start, restart and stop in a row, so that a Ctrl-C during the start leaves nothing behind.
    with folder.locked(), ThreadPoolExecutor(1, "embedded") as thread:
        house = _House(folder, durable)
        try:
            servers = thread.submit(house.start).result()
            yield Running(servers.database_url, servers.redis_url, house, thread)
        finally:
            house.giving_up.set()
            thread.submit(house.stop).result()


def attach(data_dir: Path) -> Servers | None:
    """The servers that a living process runs on the folder; None if there is no such process.

    While that process is starting or stopping this waits. EmbeddedError if that takes very long, or if the
    folder is not ours to read.
    """
    folder = Folder(data_dir)
    deadline = time.monotonic() + ATTACH_PATIENCE
    while folder.is_locked():
        try:
            state = State.read(folder)
        except OSError as error:
            raise folder.unusable(error) from error
        # A note whose writer is dead is an old one, that the new runner has not replaced yet.
        if state and state.servers and state.runner.alive:
            return state.servers
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"Process {folder.holder()} has the data folder {folder.path} but its servers do not answer: "
                "stop it and start again."
            )
        time.sleep(GLANCE)
    return None
