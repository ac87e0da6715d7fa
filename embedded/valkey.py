"""Valkey: the doorbell and the work queue."""

import signal
from pathlib import Path
from urllib.parse import urlsplit

from redis import Redis
from redis.exceptions import RedisError

from embedded.folder import Folder
from embedded.process import Program

SOCKET = "valkey.sock"
PATIENCE = 60.0


def prepare(folder: Folder) -> None:
    """Make its folder."""
    folder.valkey.mkdir(mode=0o700, exist_ok=True)
    folder.own(folder.valkey)


def program(folder: Folder, binary: Path, durable: bool) -> Program:
    """The server, which finds its files and its socket in the folder that it is started in."""
    settings = {
        "port": "0",
        "unixsocket": SOCKET,
        "unixsocketperm": "700",
        "dir": ".",
        "save": "",
        # The queue of background work lives here; a second of it may be lost.
        "appendonly": "yes" if durable else "no",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "logfile": "",
    }
    argv = [str(binary), *(word for name, value in settings.items() for word in (f"--{name}", value))]
    return Program(
        name="Valkey",
        argv=argv,
        folder=folder.valkey,
        log=folder.log("valkey"),
        account=folder.account,
        stop=signal.SIGTERM,
        orphaned=signal.SIGTERM,
    )


def answers(url: str) -> bool:
    """Whether it serves commands; while it loads its data it does not."""
    client = Redis(unix_socket_path=urlsplit(url).path, socket_timeout=2)
    try:
        return bool(client.ping())
    except (RedisError, OSError):
        return False
    finally:
        client.close()
