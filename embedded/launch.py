"""Become a server: run as a script of its own, never imported by the house.

    python -I -S launch.py PARENT SIGNAL UID GID FOLDER PROGRAM ARGUMENT...

A script and not a `preexec_fn`, because Python code between fork and exec can deadlock when there are
threads. The order matters. The kernel forgets the death signal when the user changes, so it is asked for
afterwards, and the parent may have died before that, so it is looked for once more. The other user may not be
able to read Python's library, so nothing is imported late.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
# Our environment may hold secrets and PG* variables. A server needs none of it.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def become(uid: int, gid: int) -> None:
    """Give up root for good."""
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def die_with(parent: int, signal: int) -> None:
    """Ask the kernel for `signal` when the parent ends, however it ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the process that started this is gone")


def main(parent: str, signal: str, uid: str, gid: str, folder: str, *command: str) -> None:
    """Step into the folder while we still may, then become what was asked for."""
    os.umask(0o077)
    try:
        os.chdir(folder)
        if uid != "-":
            become(int(uid), int(gid))
        die_with(int(parent), int(signal))
        os.execve(command[0], command, ENVIRONMENT)
    except OSError as error:
        sys.exit(f"{command[0]} cannot be started as user {uid}: {error.strerror}")


if __name__ == "__main__":
    main(*sys.argv[1:])
