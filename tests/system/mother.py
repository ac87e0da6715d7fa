"""Processes of ours that begin in a moment: `Born` is a `subprocess.Popen` whose process is a copy of one that has
loaded the product already, where `python -m cli serve` takes more than a second of a core to load it.

From then on there is no difference: it is a process of its own, with its own pipes, and whoever started it waits for
it, sends it signals and kills it. That our processes also start from nothing, with their own words as their command
line, is shown by those that `jobwire run` starts for itself.

The mother is `python -m tests.system.mother`: one for each process of the tests, which ends with it.
"""

import atexit
import contextlib
import gc
import json
import os
import runpy
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

HOUSE = Path(__file__).parents[2]
#: What those that we start load, sooner or later.
_LOADED = ("cli.entry", "cli.run", "cli.serve", "cli.worker", "cli.watch", "app.application", "demo")
#: Modules that take the product as it is loaded. Another may load it in a way of its own.
_AS_LOADED = (
    *("cli", "tests.live.writer", "tests.system.oracle.founding"),
    *("tests.system.jobwire_that_follows", "tests.system.jobwire_that_hears", "tests.system.season.program"),
    *("tests.system.jobwire_that_dies", "tests.system.traffic_until_told", "tests.system.watch_command"),
)
#: What the interpreter reads as it starts: where it is not the mother's, there is no way around a start.
_OF_THE_INTERPRETER = ("PYTHON", "LC_", "LANG", "LD_", "TZ")
_UNBUFFERED = "PYTHONUNBUFFERED"
#: In bytes: the words and the environment of a process.
_MOST = 1 << 19


class Born(subprocess.Popen[Any]):
    """`Born([sys.executable, "-m", "cli", …], …)`, with pipes, a folder and an environment as `Popen` takes them. Other
    programs are started as ever."""

    #: Where the mother says with which code it ended.
    _end: socket.socket | None = None

    def _execute_child(self, args: Sequence[str], *rest: Any) -> None:
        told = dict(zip(_TOLD, rest, strict=False))
        environment = dict(os.environ if told["env"] is None else told["env"])
        words = [os.fsdecode(word) for word in args]
        assert not told["pass_fds"] and told["preexec_fn"] is None, "Use Popen for it."
        ours = words[:2] == [sys.executable, "-m"] and words[2] in _AS_LOADED
        if not ours or _for_a_start(environment) != _for_a_start(os.environ):
            super()._execute_child(args, *rest)  # type: ignore[misc]
            return
        handles = [usual if told[end] == -1 else told[end] for usual, end in enumerate(_ENDS)]
        folder = Path.cwd() if told["cwd"] is None else told["cwd"]
        self._end, theirs = socket.socketpair()
        with theirs:
            asked = [words[2:], str(folder), environment, told["start_new_session"]]
            self.pid = _mother().bear(asked, [*handles, theirs.fileno()])
        self._child_created = True
        self._close_pipe_fds(*(told[name] for name in _PIPES))  # type: ignore[attr-defined]

    def _internal_poll(self, *args: Any, **options: Any) -> int | None:
        if self._end is None:
            return super()._internal_poll(*args, **options)  # type: ignore[misc, no-any-return]
        self._look(0)
        return self.returncode

    def _wait(self, timeout: float | None) -> int:
        if self._end is None:
            return super()._wait(timeout)  # type: ignore[misc, no-any-return]
        if not self._look(timeout):
            assert timeout is not None
            raise subprocess.TimeoutExpired(self.args, timeout)
        return self.returncode

    def _look(self, timeout: float | None) -> bool:
        """Whether it has ended, after so many seconds at most."""
        if self.returncode is None and self._end is not None and select.select([self._end], [], [], timeout)[0]:
            self.returncode = int(self._end.recv(16))
            self._end.close()
        return self.returncode is not None


#: What CPython 3.11 and later tell, after the words, whoever starts a process.
_TOLD = (
    *("executable", "preexec_fn", "close_fds", "pass_fds", "cwd", "env", "startupinfo", "creationflags", "shell"),
    *(_PIPES := ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")),
    *("restore_signals", "gid", "gids", "uid", "umask", "start_new_session"),
)
#: What becomes its standard input, output and errors.
_ENDS = ("p2cread", "c2pwrite", "errwrite")


def _for_a_start(environment: Mapping[str, str]) -> dict[str, str]:
    named = {name: value for name, value in environment.items() if name.startswith(_OF_THE_INTERPRETER)}
    return {name: value for name, value in named.items() if name != _UNBUFFERED}


class _Mother:
    """The process that the others are copies of, as those who ask it have it."""

    def __init__(self) -> None:
        self._wire, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._wire.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _MOST)
        with theirs:
            command = [sys.executable, "-m", __name__, str(theirs.fileno())]
            self._process = subprocess.Popen(command, cwd=HOUSE, pass_fds=[theirs.fileno()])
        # Of two threads that ask at once each is told its own.
        self._one_by_one = threading.Lock()
        atexit.register(self.end)

    def bear(self, asked: list[Any], handles: Sequence[int]) -> int:
        """Let a module begin, with these ends of pipes. The number of its process."""
        with self._one_by_one:
            socket.send_fds(self._wire, [json.dumps(asked).encode()], list(handles))
            told = self._wire.recv(16)
        assert told, "The mother of the processes has ended by herself."
        return int(told)

    def end(self) -> None:
        """Nobody asks for more."""
        self._wire.close()
        self._process.wait()


@cache
def _mother() -> _Mother:
    return _Mother()


class _Child(NamedTuple):
    pid: int
    #: Whoever waits for it.
    end: socket.socket


def _live(wire: socket.socket) -> None:
    """Bear whom somebody asks for, and tell of those that ended, until nobody can ask any more. It returns once in each
    of the children, as the module that it is to be."""
    children: dict[int, _Child] = {}
    while True:
        for ready in select.select([wire.fileno(), *children], [], [])[0]:
            if ready in children:
                _bury(ready, children.pop(ready))
                continue
            asked, handles, *_ = socket.recv_fds(wire, _MOST, len(_ENDS) + 1)
            if not asked:
                return
            pid = os.fork()
            if not pid:
                wire.close()
                for handle, child in children.items():
                    os.close(handle)
                    child.end.close()
                _become(json.loads(asked), handles)
                return
            for handle in handles[: len(_ENDS)]:
                os.close(handle)
            children[os.pidfd_open(pid)] = _Child(pid, socket.socket(fileno=handles[-1]))
            wire.send(str(pid).encode())


def _bury(handle: int, child: _Child) -> None:
    os.close(handle)
    code = os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1])
    with child.end, contextlib.suppress(OSError):  # Whoever waited may be gone.
        child.end.send(str(code).encode())


def _become(asked: list[Any], handles: Sequence[int]) -> None:
    (module, *words), folder, environment, own_session = asked
    os.close(handles[-1])
    if own_session:
        os.setsid()
    for place, handle in enumerate(handles[: len(_ENDS)]):
        os.dup2(handle, place)
    for handle in set(handles[: len(_ENDS)]) - set(range(len(_ENDS))):
        os.close(handle)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    _open_streams(_UNBUFFERED in environment)
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _open_streams(unbuffered: bool) -> None:
    """As the interpreter does when it starts: the mother's are of other files."""
    sys.stdin = os.fdopen(0, closefd=False)
    for name, handle in (("stdout", 1), ("stderr", 2)):
        old = getattr(sys, name)
        new = os.fdopen(handle, "w", encoding=old.encoding, errors=old.errors, closefd=False)
        new.reconfigure(line_buffering=handle == 2 or os.isatty(handle), write_through=unbuffered)
        # Who wraps the one keeps the other, or it would be closed.
        setattr(sys, name, new)
        setattr(sys, f"__{name}__", new)


def main(handle: str) -> None:
    """Load everything, and live."""
    for name in _LOADED:
        import_module(name)
    import_module("resolvers.root").graphql_schema()
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=int(handle)) as wire:
        _live(wire)


if __name__ == "__main__":
    main(*sys.argv[1:])
