"""How the page is built: from what its lock names, when it is missing or older than its sources; and who needs what."""

from __future__ import annotations

import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from web import building

LOCK: dict[str, Any] = json.loads((building.WEB / "package-lock.json").read_text())
PACKAGE: dict[str, Any] = json.loads((building.WEB / "package.json").read_text())


def test_the_lock_names_no_registry_and_says_of_each_what_it_is() -> None:
    others = {name: package for name, package in LOCK["packages"].items() if name}
    assert len(others) > 50
    assert not re.search(r"https?://", json.dumps([package.get("resolved") for package in others.values()]))
    assert [name for name, package in others.items() if not package["integrity"].startswith("sha512-")] == []


def test_what_it_is_made_of_is_said_exactly() -> None:
    wanted = PACKAGE["dependencies"] | PACKAGE["devDependencies"]
    assert all(re.fullmatch(r"[0-9.]+", version) for version in wanted.values())
    assert {name: LOCK["packages"][f"node_modules/{name}"]["version"] for name in wanted} == wanted


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One with sources, and without a page."""
    for name in ("web/package.json", "web/src/App.tsx", "web/shelf/work/a.graphql", "docs/api.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1_000, 1_000))
    monkeypatch.setattr(building, "WEB", tmp_path / "web")
    monkeypatch.setattr(building, "BUILT", tmp_path / "index.html")
    return tmp_path


@pytest.mark.parametrize("changed", ["web/package.json", "web/src/App.tsx", "web/shelf/work/a.graphql", "docs/api.md"])
def test_it_is_built_when_it_is_missing_or_older_than_a_source(checkout: Path, changed: str) -> None:
    assert not building.is_built()
    (checkout / "index.html").touch()
    os.utime(checkout / "index.html", (2_000, 2_000))
    assert building.is_built()
    os.utime(checkout / changed, (3_000, 3_000))
    assert not building.is_built()


def test_two_who_need_it_at_once_build_it_once(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs, told = tmp_path / "bin", tmp_path / "told"
    programs.mkdir()
    page = checkout / "index.html"
    for name, says in (
        ("node", "echo v24.1.0"),
        ("npm", f'echo "$1" >> "{told}"; sleep 0.2; [ "$1" = ci ] || touch "{page}"'),
    ):
        (programs / name).write_text(f"#!/bin/sh\n{says}\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    with ThreadPoolExecutor() as both:
        for one in [both.submit(building.make) for _ in range(2)]:
            one.result()
    assert told.read_text().split() == ["ci", "run"]


@pytest.mark.parametrize(
    ("version", "there"), [("v20.19.0", True), ("v24.1.0", True), ("v20.18.9", False), ("x", False)]
)
def test_who_has_no_node_that_is_new_enough_gets_one_from_pypi(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, there: bool
) -> None:
    for name in ("node", "npm"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {version}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert building.machine_has_node() is there
    assert (building.PACKAGED in building.get_requires_for_build_wheel()) is not there
    assert (building.npm() == ["npm"]) is there
