"""`jobwire watch` and `jobwire url` find the server of their data folder, and no other."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from cli.addresses import HEADER, NoServer, Note, find_server
from cli.sockets import graphql_url
from common.settings import Settings
from demo.people import OWNER
from embedded.folder import Folder
from embedded.state import Process
from tests.system.jobwire import jobwire
from tests.system.runs import data_of_a_run, url_of
from tests.system.watching import Relay

# Several starts of everything stand before the first test.
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[tuple[Path, str]]]:
    """Two checkouts' runs: their data folders, and where their servers are."""
    folders = [Path(tmp_path_factory.mktemp(name)) / "data of" for name in ("one", "two")]
    # The other one is new: with the same data it would be the same firm.
    data_of_a_run(tmp_path_factory, folders[0])
    with jobwire("run", data_dir=folders[0], port=0) as one, jobwire("run", data_dir=folders[1], port=0) as two:
        yield [(folder, url_of(run)) for folder, run in zip(folders, (one, two), strict=True)]
        assert (one.end(), two.end()) == (0, 0)
    assert [list(folder.glob("servers/*")) for folder in folders] == [[], []]


def said(*words: str, **environment: Any) -> tuple[int, list[str], list[str]]:
    with jobwire(*words, **environment) as command:
        return command.ends(), command.stdout.rest(), command.stderr.rest()


def host_of(url: str) -> str:
    return url.split("/")[2]


def test_each_follows_its_own_and_says_which(runs: list[tuple[Path, str]]) -> None:
    # The usual port is somebody else's: what the settings say of it is for who starts a server.
    others = runs[1][1].rpartition(":")[2].partition("/")[0]
    for folder, url in runs:
        assert said("url", data_dir=folder, port=others) == (0, [url], [])
        with jobwire("watch", data_dir=folder, port=others) as board:
            assert board.says("live at revision").endswith(f"as {OWNER.name} at {host_of(url)}")
            assert board.end(signal.SIGINT) == 0


def test_the_token_is_good_there(runs: list[tuple[Path, str]]) -> None:
    for folder, url in runs:
        code, (token,), _ = said("token", OWNER.email, data_dir=folder)
        assert code == 0
        with jobwire("watch", "--token", token, "--url", url) as board:
            assert board.says("live at revision")
            assert board.end(signal.SIGINT) == 0


def test_a_further_server_is_found_when_the_first_is_gone_and_the_board_goes_over(
    runs: list[tuple[Path, str]],
) -> None:
    folder, url = runs[0]
    with jobwire("serve", data_dir=folder, port=0) as further:
        second = further.says("Listening on").rpartition(" ")[2]
        assert said("url", data_dir=folder)[1] == [url]
        with jobwire("watch", data_dir=folder) as board:
            board.says(f"at {host_of(url)}")
            (first,) = (note for note in _notes(folder) if note["url"] == url)
            os.kill(first["process"]["pid"], signal.SIGSTOP)
            try:
                # It lives and does not answer: after a while the next one is as good.
                assert said("url", data_dir=folder)[1] == [second]
            finally:
                os.kill(first["process"]["pid"], signal.SIGCONT)
            assert board.end(signal.SIGINT) == 0
        further.end(signal.SIGKILL)
    assert len(_notes(folder)) == 2, "it could not take its note with it"
    assert said("url", data_dir=folder)[1] == [url]
    with jobwire("serve", data_dir=folder, port=0) as another:
        another.says("Listening on")
        assert len(_notes(folder)) == 2, "the next one did"
        another.end()
    assert len(_notes(folder)) == 1


def test_a_board_follows_its_server_to_another_port(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> None:
    folder = data_of_a_run(tmp_path_factory, tmp_path / "data")
    with jobwire("run", data_dir=folder, port=0) as run:
        before = url_of(run)
        with jobwire("watch", data_dir=folder) as board:
            board.says(f"at {host_of(before)}")
            run.end()
            board.says("No server runs on the data folder")
            with jobwire("run", data_dir=folder, port=0) as again:
                after = url_of(again)
                board.says("connected again")
                assert board.says("live at revision").endswith(f"at {host_of(after)}")
                assert board.end(signal.SIGINT) == 0
                again.end()


async def test_another_firm_at_the_address_is_named(runs: list[tuple[Path, str]]) -> None:
    """The address was given: whatever has it is followed, but not when it becomes another's."""
    async with Relay(runs[0][1]) as relay:
        with jobwire("watch", "--url", relay.url) as board:
            await asyncio.to_thread(board.says, "live at revision")
            await relay.cut()
            relay.target = runs[1][1]
            relay.mend()
            assert await asyncio.to_thread(board.ends) == 1
            assert f"jobwire: At {relay.url} is another server now, with other data" in board.stderr.rest()[-1]


def test_without_a_server_nobody_elses_is_followed(tmp_path: Path, runs: list[tuple[Path, str]]) -> None:
    port = runs[0][1].rpartition(":")[2].partition("/")[0]
    for words in (("watch",), ("url",)):
        code, out, (line,) = said(*words, data_dir=tmp_path / "none", port=port)
        assert (code, out) == (1, [])
        assert f"No server runs on the data folder {tmp_path / 'none'}." in line
    assert not (tmp_path / "none").exists()


def test_with_a_database_of_ones_own_the_settings_say_where() -> None:
    given = Settings(database_url="postgresql://x@y/z", redis_url="redis://x", host="::", port=8001)
    assert find_server(given) == "http://[::1]:8001/graphql"


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", "http://127.0.0.1:1/graphql"),
        ("", "http://127.0.0.1:1/graphql"),
        ("::", "http://[::1]:1/graphql"),
        ("::1", "http://[::1]:1/graphql"),
        ("localhost", "http://localhost:1/graphql"),
        ("192.0.2.7", "http://192.0.2.7:1/graphql"),
    ],
)
def test_an_address_can_be_called_from_this_machine(host: str, url: str) -> None:
    assert graphql_url(host, 1) == url


def _dead() -> Process:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return Process(ended.pid, "1")


@pytest.mark.parametrize(
    ("process", "server", "reason"),
    [
        (lambda: Process.of_this_process(), "another", "another server than that of this data folder"),
        (lambda: Process.of_this_process(), None, "does not answer"),
        (lambda: Process(os.getpid(), "1"), "mine", "No server runs"),
        (_dead, "mine", "No server runs"),
    ],
    ids=["its port is another's", "nobody answers", "its number is another's", "it was killed"],
)
def test_an_old_note_is_not_believed(
    tmp_path: Path, process: Callable[[], Process], server: str | None, reason: str
) -> None:
    with (
        _answering(server) as url,
        Note(process(), "mine").kept(Folder(tmp_path), url),
        pytest.raises(NoServer, match=reason),
    ):
        find_server(Settings(data_dir=tmp_path))


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"process": 1}', "\x00", '{"process": {"pid": "x"}}'])
def test_a_note_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "servers").mkdir()
    (tmp_path / "servers" / "1.json").write_text(text)
    with pytest.raises(NoServer, match="No server runs"):
        find_server(Settings(data_dir=tmp_path))


def test_a_note_is_believed_and_is_nobody_elses_to_read(tmp_path: Path) -> None:
    with _answering("mine") as url, Note(Process.of_this_process(), "mine").kept(Folder(tmp_path), url):
        assert find_server(Settings(data_dir=tmp_path)) == url
        (path,) = (tmp_path / "servers").iterdir()
        assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def _notes(folder: Path) -> list[dict]:  # type: ignore[type-arg]
    return [json.loads(path.read_text()) for path in sorted(folder.glob("servers/*.json"))]


@contextmanager
def _answering(server: str | None) -> Iterator[str]:
    """The address of a server that says it is this one; None: of nobody."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header(HEADER, server or "")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as listening:
        url = graphql_url("127.0.0.1", listening.server_port)
        if server is None:
            listening.server_close()
            yield url
            return
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield url
        finally:
            listening.shutdown()
            thread.join()
