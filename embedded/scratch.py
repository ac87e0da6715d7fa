"""Temporary folders outside the data folder, for when the data folder is too deep or too private."""

import os
import shutil
import tempfile
from pathlib import Path

from embedded.account import Account
from embedded.errors import EmbeddedError

PREFIX = "jobwire-"


def make(parent: Path | None = None) -> Path:
    """A new folder that only we can enter."""
    return Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))


def parent_for_programs(account: Account, data: Path) -> Path:
    """Where the account can reach and execute copies. Data under /root is out of its reach, for example."""
    for place in (data, Path(tempfile.gettempdir()), Path("/var/tmp")):
        if account.reaches(place) and not os.statvfs(place).f_flag & os.ST_NOEXEC:
            return place
    raise EmbeddedError(
        "PostgreSQL does not run as root, and no folder was found where another user could execute it: run "
        "this as a normal user, or set TMPDIR to a folder that all may execute from."
    )


def remove(path: Path) -> None:
    """Delete a folder that `make` made. The note that named it may lie, so nothing else is deleted."""
    if path.name.startswith(PREFIX) and path.is_dir() and path.lstat().st_uid == os.geteuid():
        shutil.rmtree(path, ignore_errors=True)
