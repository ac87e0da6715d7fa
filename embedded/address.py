"""The paths under which clients find the sockets.

The servers bind names relative to their own folder, so its depth does not matter to them. A client writes
the whole path into a field of 107 bytes (103 on macOS), and a URL gives some characters a meaning. Where the
folder's own path does not do, clients go through links in a short temporary folder.
"""

import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from embedded import postgres, valkey
from embedded.folder import Folder
from embedded.servers import Servers

LONGEST = 103
PLAIN = re.compile(r"[A-Za-z0-9/._-]+")


def servers(folder: Folder, make_room: Callable[[Path], Path]) -> Servers:
    """Where the servers of the folder listen, with links in a folder from `make_room` if need be."""
    if _usable(folder.path):
        return _at(folder.path)
    temporary = Path(tempfile.gettempdir())
    room = make_room(temporary if _usable(temporary / "jobwire-12345678") else Path("/tmp"))
    (room / folder.postgres.name).symlink_to(folder.postgres)
    (room / folder.valkey.name).symlink_to(folder.valkey)
    return _at(room)


def _at(base: Path) -> Servers:
    # The port is part of the socket's name, and clients would else take it from PGPORT.
    where = f"host={base / 'postgres'}&port={postgres.PORT}"
    return Servers(
        database_url=f"postgresql://{postgres.USER}@/{postgres.DATABASE}?{where}",
        redis_url=f"unix://{base / 'valkey' / valkey.SOCKET}?db=0",
    )


def _usable(base: Path) -> bool:
    socket = str(base / "postgres" / postgres.SOCKET)
    return len(socket) <= LONGEST and PLAIN.fullmatch(socket) is not None
