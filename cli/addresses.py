"""Where the servers of a data folder listen. Each has a note there for as long as it does, so that who looks for the
server of this checkout does not follow whatever has its usual port."""

import http.client
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from cli.mistakes import Mistake
from cli.places import Place
from cli.sockets import graphql_url
from common.settings import Settings
from embedded.folder import Folder
from embedded.state import Process, State

#: The header with which a server says which one it is, on every answer.
HEADER = "Jobwire-Server"
PATIENCE = 5.0


class NoServer(Mistake):
    """There is none, or it is not the one that was looked for. There may be one soon."""


@dataclass(frozen=True, slots=True)
class Note:
    """A server process: who it says it is, and since when."""

    process: Process
    server: str = field(default_factory=lambda: secrets.token_hex(8))
    since: float = field(default_factory=time.time)
    url: str = ""

    @contextmanager
    def kept(self, folder: Folder, url: str) -> Iterator[None]:
        """In the folder, for as long as the block takes."""
        _clear(folder)
        path = _notes(folder) / f"{self.process.pid}.json"
        folder.replace(path, json.dumps({**asdict(self), "url": url}))
        try:
            yield
        finally:
            path.unlink(missing_ok=True)

    def require_answer(self) -> None:
        """Whether it is this server that answers there; NoServer when it is another, or none."""
        answering = server_at(self.url)
        if answering is None:
            raise NoServer(f"The server at {self.url} (process {self.process.pid}) does not answer.")
        if answering != self.server:
            raise NoServer(f"What answers at {self.url} is another server than that of this data folder.")


def folder_of(settings: Settings, here: Place) -> Folder | None:
    """The data folder, if it is its servers that are used."""
    folder = Folder(settings.data_dir)
    state = State.read(folder)
    known = state is not None and state.servers is not None and state.servers.database_url == here.database_url
    return folder if known else None


def find_server(settings: Settings) -> str:
    """The address of the API: of a server that runs on the data folder, the longest-running one; and with a database of
    one's own, of which nothing is noted, where the settings say. NoServer when there is none."""
    if settings.database_url is not None:
        return graphql_url(settings.host, settings.port)
    folder = Folder(settings.data_dir)
    trouble = NoServer(f"No server runs on the data folder {folder.path}.")
    for note in sorted(_read(folder), key=lambda note: note.since):
        if note.process.alive:
            try:
                note.require_answer()
            except NoServer as other:
                trouble = other
            else:
                return note.url
    raise trouble


def server_at(url: str) -> str | None:
    """Who a server says it is. Asked directly: a proxy of the environment is not for this."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().getheader(HEADER, "")
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _notes(folder: Folder) -> Path:
    return folder.path / "servers"


def _read(folder: Folder) -> Iterator[Note]:
    for path in _notes(folder).glob("*.json"):
        try:
            data = json.loads(path.read_bytes())
            yield Note(Process(**data["process"]), str(data["server"]), float(data["since"]), str(data["url"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue  # it is only a note


def _clear(folder: Folder) -> None:
    """Remove the notes of servers that were killed."""
    for note in _read(folder):
        if not note.process.alive:
            (_notes(folder) / f"{note.process.pid}.json").unlink(missing_ok=True)
