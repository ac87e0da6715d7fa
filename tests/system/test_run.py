"""`jobwire run` and its neighbours, as processes: what they say, how they end, what they leave behind."""

import asyncio
import os
import resource
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

import embedded
from demo.automations import REQUEST
from demo.owing import WAITING_JOB
from demo.people import OWNER
from demo.pipelines import SERVICES
from embedded.folder import Folder
from embedded.pids import birth
from models.connection import credentials
from tests.serving import Api
from tests.system.jobwire import Jobwire, eventually, family, jobwire
from tests.system.runs import PARTS, RENAMED, SIGN_IN, ask, data_of_a_run, firm_name, sign_in, url_of

# Several starts of everything stand before the first test.
pytestmark = pytest.mark.timeout(300)


def refused(*words: str, **environment: Any) -> str:
    """The one line of a command that cannot do what it was asked for."""
    with jobwire(*words, **environment) as command:
        assert command.ends() != 0
        (line,) = command.stderr.rest()
        assert command.stdout.rest() == []
    return line


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a run that has ended: what the tests of this file start on, one after the other."""
    return data_of_a_run(tmp_path_factory, tmp_path_factory.mktemp("run") / "data")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Jobwire, Path, str]]:
    """A run with the usual settings on a folder of its own, for those who only come by; the folder, and its address."""
    folder = data_of_a_run(tmp_path_factory, tmp_path_factory.mktemp("running") / "data")
    with jobwire("run", data_dir=folder, port=0) as run:
        yield run, folder, url_of(run)
        assert run.end() == 0


@pytest.fixture(scope="module")
def configured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """A run whose settings say whose pages may call it, and where its metrics are; its address, and their port."""
    folder = data_of_a_run(tmp_path_factory, tmp_path_factory.mktemp("configured") / "data")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {"allowed_origins": "https://board.example", "metrics_port": port}
    with jobwire(data_dir=folder, port=0, **settings) as run:  # Without a word, too, it runs.
        yield url_of(run), port
        assert run.end(signal.SIGINT) == 0


def test_a_second_run_finds_the_data_of_the_first(configured: tuple[str, int]) -> None:
    url, _ = configured
    assert firm_name(url, sign_in(url)) == RENAMED


def from_a_page_of_this_machine(url: str) -> int:
    """The status of what a page on another port is answered. It may read it in any case."""
    answer = httpx.post(url, json={"query": "{ __typename }"}, headers={"Origin": "http://localhost:1"})
    assert answer.headers["access-control-allow-origin"] == "http://localhost:1"
    return answer.status_code


def test_pages_of_this_machine_may_call_a_run(running: tuple[Jobwire, Path, str]) -> None:
    assert from_a_page_of_this_machine(running[2]) == 200


def test_unless_the_settings_name_others(configured: tuple[str, int]) -> None:
    assert from_a_page_of_this_machine(configured[0]) == 403


def test_metrics_have_an_address_of_their_own(configured: tuple[str, int]) -> None:
    url, port = configured
    assert "jobwire_feeds" in httpx.get(f"http://127.0.0.1:{port}/metrics").text
    assert httpx.post(f"http://127.0.0.1:{port}/graphql", json={"query": "{ __typename }"}).status_code == 404
    assert httpx.get(url.replace("/graphql", "/metrics")).status_code == 404


def test_metrics_need_a_port_that_nobody_else_has(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"Port {port} of 127.0.0.1 is in use" in refused("serve", data_dir=data, port=0, metrics_port=port)
    assert "a port of their own" in refused(
        "serve", data_dir=data, port=port, metrics_port=port, metrics_host="127.0.0.2"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the limits of others")
def test_a_server_may_have_more_connections_than_the_usual_limit_of_files(data: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
    try:
        with jobwire("serve", data_dir=data, port=0) as server:
            server.says("Listening on")
            assert resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)[0] > 512
            assert server.end() == 0
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_beside_a_run(running: tuple[Jobwire, Path, str], tmp_path: Path) -> None:
    run, data, url = running

    # A second one says who has the folder, also when it wants another port; and who has the port.
    line = refused("run", data_dir=data, port=0)
    assert f"in use by process {run.process.pid}" in line
    port = httpx.URL(url).port
    assert f"Port {port} of 127.0.0.1 is in use" in refused("run", data_dir=tmp_path / "new", port=port)
    assert f"Port {port} of 127.0.0.1 is in use" in refused("serve", data_dir=data, port=port)
    assert not (tmp_path / "new").exists()

    # Other commands join it. The token is all that there is on stdout.
    with jobwire("token", OWNER.email, data_dir=data) as command:
        assert command.ends() == 0
        (token,) = command.stdout.rest()
    assert firm_name(url, token) == RENAMED
    assert "No active member signs in as nobody@demo.test." in refused("token", "nobody@demo.test", data_dir=data)

    # A second server shares the database.
    with jobwire("serve", data_dir=data, port=0) as server:
        other = server.says("Listening on").rpartition(" ")[2]
        assert firm_name(other, token) == RENAMED
        assert server.end() == 0


WAITING = """
query Waiting($name: String!) {
  jobs(filter: {search: $name}, first: 1) { nodes { stage { name } waiting { reason item { title } } } }
}"""


def test_what_a_client_hands_in_moves_a_job_on(running: tuple[Jobwire, Path, str]) -> None:
    """As a run says when it is ready."""
    _, data, url = running
    token, first, second = sign_in(url), *SERVICES[0].stages[:2]

    def shown() -> Any:
        (job,) = ask(url, WAITING, token, name=WAITING_JOB)["jobs"]["nodes"]
        return job

    status, item = {"reason": "STATUS", "item": None}, {"reason": "OPEN_ITEM", "item": {"title": REQUEST}}
    assert shown() == {"stage": {"name": first}, "waiting": [status, item]}
    with jobwire("demo", "--hand-in", data_dir=data) as command:
        assert SERVICES[0].name in command.says(WAITING_JOB)
        assert command.ends() == 0
    eventually(lambda: bool(shown()["stage"]["name"] == second))
    assert "owes nothing" in refused("demo", "--hand-in", data_dir=data)


@pytest.mark.parametrize("part", ["server", "worker", "valkey"])
def test_a_part_that_dies_ends_all(data: Path, part: str) -> None:
    with jobwire("run", data_dir=data, port=0) as running:
        url_of(running)
        parts = family(running.process.pid)
        os.kill(parts[part], signal.SIGKILL)
        assert running.ends() == 1
        (line,) = [line for line in running.stderr.rest() if line.startswith("jobwire: ")]
        assert part in line.lower()
        assert "has ended by itself" in line
        assert [birth(pid) for pid in parts.values()] == [None] * 4


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's death")
def test_nothing_outlives_a_run_that_is_killed(data: Path) -> None:
    with jobwire("run", data_dir=data, port=0) as running:
        url_of(running)
        assert str(data / "mail") in running.says("Mail ")
        parts = family(running.process.pid)
        assert set(parts) == PARTS
        assert running.end(signal.SIGKILL) == -signal.SIGKILL
        eventually(lambda: all(birth(pid) is None for pid in parts.values()))


def test_a_run_that_is_ended_while_it_starts(data: Path) -> None:
    with jobwire("run", data_dir=data, port=0) as running:
        running.says("Starting")
        eventually(lambda: bool(family(running.process.pid)))
        assert running.end() == 0
        assert "in use" not in "".join(running.stderr.rest())
        assert not Folder(data).is_locked()


@pytest.mark.parametrize(
    ("environment", "part"),
    [
        ({"database_url": "postgresql://x@127.0.0.1:1/x", "redis_url": "redis://127.0.0.1:1"}, "127.0.0.1:1 does not"),
        ({"database_url": "mysql://x", "redis_url": "redis://127.0.0.1:1"}, "must look like postgresql://"),
        ({"database_url": "postgresql://x@h:p/x", "redis_url": "redis://127.0.0.1:1"}, "JOBWIRE_DATABASE_URL is not"),
        ({"database_url": "postgresql://x@h/x", "redis_url": "http://h"}, "JOBWIRE_REDIS_URL must look like"),
        ({"database_url": "postgresql://x@h/x"}, "JOBWIRE_REDIS_URL is not: set both, or neither"),
        ({"redis_url": "redis://h"}, "JOBWIRE_DATABASE_URL is not: set both, or neither"),
        ({"port": "http"}, "JOBWIRE_PORT is set to 'http': must be a whole number"),
        ({"log_level": "loud"}, "JOBWIRE_LOG_LEVEL is set to 'loud': must be DEBUG"),
        ({"host": "no.such.host.invalid"}, "no address for the host"),
        ({"metrics_port": 0, "metrics_host": "no.such.host.invalid"}, "set JOBWIRE_METRICS_HOST"),
        ({"allowed_origins": "board.example"}, "JOBWIRE_ALLOWED_ORIGINS is set to 'board.example': must be origins"),
        (
            {"allowed_hosts": "http://api.example"},
            "JOBWIRE_ALLOWED_HOSTS is set to 'http://api.example': must be names",
        ),
        ({"trusted_proxies": "*"}, "JOBWIRE_TRUSTED_PROXIES is set to '*': must be addresses"),
        ({"smtp_url": "smtp://u:secret@h"}, "JOBWIRE_SMTP_URL is not right: needs JOBWIRE_MAIL_FROM"),
    ],
)
def test_a_mistake_is_one_line(environment: dict[str, str], part: str, tmp_path: Path) -> None:
    assert part in refused("serve", **({"port": "0", "data_dir": tmp_path} | environment))


async def test_a_server_waits_for_nobody_to_migrate(servers: embedded.Servers) -> None:
    empty = f"empty_{os.getpid()}"
    admin = await asyncpg.connect(**credentials(servers.database_url))
    await admin.execute(f"CREATE DATABASE {empty}")
    urls = {
        "database_url": servers.database_url.replace("/jobwire?", f"/{empty}?", 1),
        "redis_url": servers.redis_url,
    }
    try:
        assert "run `jobwire migrate` first" in refused("serve", port=0, **urls)
        with jobwire("migrate", **urls) as command:
            assert command.ends() == 0
        with jobwire("serve", port=0, **urls) as server:
            assert server.says("Listening on")
            assert server.end() == 0
    finally:
        await admin.execute(f"DROP DATABASE {empty} WITH (FORCE)")
        await admin.close()


async def test_a_firm_of_ones_own(servers: embedded.Servers, database: str, api: Api) -> None:
    urls = {"database_url": database, "redis_url": servers.redis_url}
    words = ("create-firm", "Hart & Daughters", "--owner", "Olive@Hart.test", "--password-stdin")
    with jobwire(*words, typed="correct horse battery\n", **urls) as command:
        assert command.ends() == 0, command.stderr.rest()
    given = {"email": "olive@hart.test", "password": "correct horse battery"}
    answer = await asyncio.to_thread(ask, api.url, SIGN_IN, input=given)
    name = await asyncio.to_thread(firm_name, api.url, answer["signIn"]["accessToken"])
    assert name == "Hart & Daughters"
    with jobwire(*words, typed="correct horse battery\n", **urls) as again:
        assert again.ends() == 1
        assert again.stderr.rest() == ["jobwire: Somebody already signs in as olive@hart.test."]
    assert "no terminal to ask" in refused("create-firm", "X", "--owner", "x@hart.test", **urls)


def test_the_committed_schema_is_checked(tmp_path: Path) -> None:
    file = tmp_path / "schema.graphql"
    with jobwire("export-schema", str(file)) as command:
        assert command.ends() == 0
    with jobwire("export-schema", str(file), "--check") as command:
        assert command.ends() == 0
    file.write_text(file.read_text() + '\n"Gone."\ntype Gone {\n  "Gone."\n  id: ID!\n}\n')
    with jobwire("export-schema", str(file), "--check") as command:
        assert command.ends() == 1
        assert "BREAKING  Gone was removed." in command.stdout.rest()
