"""Whose user id the servers run under.

PostgreSQL refuses to run as root. A normal user's servers are simply the user's own. Root's servers run under
an id that owns their folders and nothing else; nobody has to create a user for it.
"""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from embedded.errors import EmbeddedError

# In the range that systemd keeps for users which exist only at run time (61184 to 65519), so that no
# package's account has it, and below 65536, so that containers map it. Not `nobody`: other daemons run as
# that, and would own our data with us.
UNLISTED = 61_432


@dataclass(frozen=True, slots=True)
class Account:
    """A user and group that root's servers become."""

    uid: int
    gid: int

    def own(self, path: Path) -> None:
        """Give away one file or folder of ours. A link itself, never what it points to."""
        try:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)
        except OSError as error:
            raise EmbeddedError(
                f"PostgreSQL does not run as root, and {path} cannot be given to another user "
                f"({error.strerror}): run this as a normal user, or set JOBWIRE_DATA_DIR to a folder where "
                "root may do that."
            ) from error

    def own_tree(self, top: Path) -> None:
        """Give away a folder with all that is in it."""
        for folder, _, files in os.walk(top):
            self.own(Path(folder))
            for file in files:
                self.own(Path(folder, file))

    def reaches(self, path: Path) -> bool:
        """Whether this account may read `path` and walk down to it. Only mode bits are asked."""
        path = path.resolve()
        return self._may(path, stat.S_IROTH) and all(self._may(p, stat.S_IXOTH) for p in path.parents)

    def _may(self, path: Path, bit: int) -> bool:
        found = path.stat()
        if found.st_uid == self.uid:
            return bool(found.st_mode & (bit << 6))
        if found.st_gid == self.gid:
            return bool(found.st_mode & (bit << 3))
        return bool(found.st_mode & bit)


def for_folder(folder: Path) -> Account | None:
    """The account for the servers of a data folder; None means our own, which is right unless we are root.

    The folder of a normal user stays that user's when root runs it once.
    """
    if os.geteuid() != 0:
        return None
    owner = folder.stat()
    return Account(owner.st_uid, owner.st_gid) if owner.st_uid else Account(UNLISTED, UNLISTED)


def with_a_name(account: Account | None) -> Account | None:
    """The account, or `nobody` if it has no name: initdb, unlike postgres, wants one for its user."""
    uid = os.geteuid() if account is None else account.uid
    try:
        pwd.getpwuid(uid)
    except KeyError:
        if account is None:
            raise EmbeddedError(
                f"User {uid} has no entry in /etc/passwd, and PostgreSQL makes no database without one: add "
                "it, or set JOBWIRE_DATABASE_URL and JOBWIRE_REDIS_URL to servers of yours."
            ) from None
        nobody = pwd.getpwnam("nobody")
        return Account(nobody.pw_uid, nobody.pw_gid)
    return account
