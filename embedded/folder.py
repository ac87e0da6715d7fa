"""The data folder: one runner at a time, and a note for those who want to join it.

The lock is an flock, so it ends with the process that holds it, however that ends. Python opens files such
that programs started later do not inherit them, so no server can keep the lock after us.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embedded import account
from embedded.errors import EmbeddedError

# Someone who only looks (`is_locked`) holds the lock for a moment.
PATIENCE = 0.5


class Folder:
    """Where everything is in a data folder."""

    def __init__(self, path: Path) -> None:
        self.path = Path(os.path.abspath(path)).resolve()
        self.lock = self.path / "lock"
        self.state = self.path / "state.json"
        self.postgres = self.path / "postgres"
        self.valkey = self.path / "valkey"

    def log(self, server: str) -> Path:
        return self.path / f"{server}.log"

    @property
    def account(self) -> account.Account | None:
        return account.for_folder(self.path)

    def own(self, path: Path) -> None:
        """Make a file ours the servers' too, when root runs them for the owner of the folder."""
        if user := self.account:
            user.own(path)

    def replace(self, path: Path, text: str) -> None:
        """Write a note in one step, so that a reader never sees half of it."""
        if path.parent != self.path and not path.parent.is_dir():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            self.own(path.parent)
        draft = path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        self.own(draft)
        draft.replace(path)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process alone."""
        handle = self._take_lock()
        try:
            yield
        finally:
            os.close(handle)

    def is_locked(self) -> bool:
        """Whether a living process runs servers on this folder (this process counts)."""
        try:
            handle = os.open(self.lock, os.O_RDONLY)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise self.unusable(error) from error
        try:
            return not _lock(handle, fcntl.LOCK_SH)
        finally:
            os.close(handle)

    def holder(self) -> str:
        """The process that holds the lock, as far as it said so."""
        return self.lock.read_text().strip() or "unknown"

    def unusable(self, error: OSError) -> EmbeddedError:
        """What to tell a person whose folder cannot be written, read or found."""
        reason = error.strerror or str(error)
        return EmbeddedError(
            f"Cannot use the data folder {self.path} ({reason}): make it writable for this user, or set "
            "JOBWIRE_DATA_DIR to another."
        )

    def _take_lock(self) -> int:
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            self.own(self.lock)
        except OSError as error:
            raise self.unusable(error) from error
        deadline = time.monotonic() + PATIENCE
        while not _lock(handle, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                os.close(handle)
                raise EmbeddedError(
                    f"The data folder {self.path} is in use by process {self.holder()}: stop that first, or "
                    "set JOBWIRE_DATA_DIR to another folder."
                )
            time.sleep(0.02)
        os.ftruncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
        return handle


def _lock(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
