"""Data folders that a `jobwire run` has filled, and what its server is asked."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from demo.people import FIRM, OWNER, PASSWORD
from embedded.pids import birth
from tests.once import copied, made_once
from tests.plain_http import NO_TLS
from tests.system.jobwire import Jobwire, family, jobwire

SIGN_IN = "mutation In($input: SignInInput!) { signIn(input: $input) { accessToken errors { message } } }"
RENAME = "mutation Rename($input: UpdateFirmInput!) { updateFirm(input: $input) { firm { name } errors { message } } }"
#: What the first run has called the demo's firm.
RENAMED = "Renamed & Sons"

PARTS = {"server", "worker", "valkey", "postgres"}


def ask(url: str, query: str, token: str | None = None, **variables: Any) -> Any:
    """The data of an operation that must not have errors."""
    headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    answer = httpx.post(
        url, json={"query": query, "variables": variables}, headers=headers, timeout=20, verify=NO_TLS
    ).json()
    assert "errors" not in answer, answer
    return answer["data"]


def sign_in(url: str) -> str:
    """A token of the demo's owner."""
    answer = ask(url, SIGN_IN, input={"email": OWNER.email, "password": PASSWORD})
    return str(answer["signIn"]["accessToken"])


def firm_name(url: str, token: str) -> Any:
    """What the caller's firm is called."""
    return ask(url, "{ firm { name } }", token)["firm"]["name"]


def url_of(running: Jobwire) -> str:
    """Where it says that it listens."""
    return next(word for word in running.says("GraphQL   http").split() if word.startswith("http"))


def data_of_a_run(factory: pytest.TempPathFactory, to: Path) -> Path:
    """A data folder of the test's own, as a first run has left it when it ended."""
    return copied(made_once(factory, "first-run", _run_first), to)


def _run_first(folder: Path) -> None:
    with jobwire("run", data_dir=folder, port=0) as first:
        url = url_of(first)
        assert PASSWORD in first.says("Password")
        assert firm_name(url, sign_in(url)) == FIRM
        renamed = ask(url, RENAME, sign_in(url), input={"name": RENAMED})
        assert renamed["updateFirm"]["errors"] == []
        parts = family(first.process.pid)
        assert set(parts) == PARTS
        assert first.end() == 0
        assert not [line for line in first.stderr.rest() if "jobwire: " in line]
        assert [birth(pid) for pid in parts.values()] == [None] * 4
