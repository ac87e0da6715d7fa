"""PostgreSQL: the truth."""

import asyncio
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from threading import Event

import asyncpg

from embedded.account import Account, with_a_name
from embedded.folder import Folder
from embedded.process import GLANCE, Child, Program, stop

USER = "jobwire"
DATABASE = "jobwire"
PORT = 5432
SOCKET = f".s.PGSQL.{PORT}"
# After a crash it replays up to max_wal_size before it answers.
PATIENCE = 180.0
HALF_MADE = "postgres.new-"
# In seconds: how long an initdb whose parent was killed may take to notice.
LAST_WORDS = 10.0

SETTINGS = {
    "listen_addresses": "",
    # Relative to the cluster's folder, which only its user may enter: that is the authentication.
    "unix_socket_directories": ".",
    "port": str(PORT),
    "shared_buffers": "128MB",
    "max_connections": "200",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "logging_collector": "off",
}
SAFE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # Thrown away before it is worth gathering statistics anew, after each of which all connections plan anew.
    "autovacuum": "off",
    # New files of what is written need not be filled beforehand.
    "wal_init_zero": "off",
    # What was written last is there to be read, however soon a checkpoint comes.
    "wal_keep_size": "64MB",
    # Nobody recovers it, and several stand beside each other on a small disk: a checkpoint costs nothing without fsync.
    "max_wal_size": "128MB",
    "min_wal_size": "32MB",
}


def prepare(folder: Folder, initdb: Path, durable: bool, giving_up: Event) -> None:
    """Make a cluster if there is none, and clear away what a crash left.

    The cluster is made beside its place and then moved there, so a half-made one is never taken for one.
    """
    for half_made in folder.path.glob(f"{HALF_MADE}*"):
        _remove(half_made)
    if not folder.postgres.exists():
        _make_cluster(folder, initdb, durable, giving_up)
    # We hold the folder's lock, so these are stale. PostgreSQL would refuse to start if the number in them
    # now belonged to another process of its user, which is common in containers. It still recognises living
    # remains of an old server by its shared memory.
    for left in ("postmaster.pid", SOCKET, f"{SOCKET}.lock"):
        (folder.postgres / left).unlink(missing_ok=True)


def _remove(half_made: Path) -> None:
    """Delete what a start that was killed left. Its initdb is told by a signal and ends soon, but may still be writing:
    what it adds while the folder is being emptied would stay."""
    deadline = time.monotonic() + LAST_WORDS
    while half_made.exists() and time.monotonic() < deadline:
        shutil.rmtree(half_made, ignore_errors=True)
        time.sleep(GLANCE if half_made.exists() else 0)


def program(folder: Folder, binary: Path, durable: bool) -> Program:
    """The server on the folder's cluster."""
    settings = SETTINGS | (SAFE if durable else FAST)
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return Program(
        name="PostgreSQL",
        argv=[str(binary), "-D", _own_name(folder.postgres, folder.account), *options],
        folder=folder.postgres,
        log=folder.log("postgres"),
        account=folder.account,
        # "Fast" shutdown: it does not wait for clients, and writes everything out.
        stop=signal.SIGINT,
        # "Immediate": nothing is lost, and it ends at once; the next start replays the log.
        orphaned=signal.SIGQUIT,
    )


def answers(socket_folder: str) -> bool:
    """Whether it takes connections, and has our database: it gets one here if it has none."""
    try:
        asyncio.run(_ensure_database(socket_folder))
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
    return True


async def _ensure_database(socket_folder: str) -> None:
    connection = await asyncpg.connect(
        host=socket_folder, port=PORT, user=USER, database="postgres", ssl=False, timeout=5
    )
    try:
        if not await connection.fetchval("select true from pg_database where datname = $1", DATABASE):
            await connection.execute(f'create database "{DATABASE}"')
    finally:
        await connection.close()


def _make_cluster(folder: Folder, initdb: Path, durable: bool, giving_up: Event) -> None:
    maker = with_a_name(folder.account)
    place = Path(tempfile.mkdtemp(prefix=HALF_MADE, dir=folder.path))
    try:
        if maker:
            maker.own(place)
        _run_initdb(_initdb(folder, initdb, place, maker, durable), giving_up)
        if folder.account:
            folder.account.own_tree(place)
        place.rename(folder.postgres)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _run_initdb(program: Program, giving_up: Event) -> None:
    child = Child(program)
    try:
        child.wait_until(lambda: child.wait(0) == 0, PATIENCE, giving_up)
    finally:
        stop([child], patience=5)


def _initdb(folder: Folder, binary: Path, place: Path, maker: Account | None, durable: bool) -> Program:
    argv = [str(binary), "-D", _own_name(place, maker), f"--username={USER}", "--encoding=UTF8"]
    # The builtin provider sorts and folds the same on every machine.
    argv += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    argv += ["--auth-local=trust", "--auth-host=reject", *([] if durable else ["--no-sync"])]
    return Program(
        name="initdb (which makes the PostgreSQL database)",
        argv=argv,
        folder=place,
        log=folder.log("postgres"),
        account=maker,
        stop=signal.SIGTERM,
        orphaned=signal.SIGTERM,
    )


def _own_name(place: Path, account: Account | None) -> str:
    """How the server calls its folder.

    Root's servers run as a user who may not be able to walk down to it, as under /root. But the launcher
    can, and starts them there, and this name leads to where a process is without a walk. So the data stay in
    the data folder, and neither mounts nor capabilities are needed, which containers seldom grant.
    """
    return "/proc/self/cwd" if account and sys.platform == "linux" else str(place)
