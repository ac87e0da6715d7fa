"""The `jobwire` command with followers of its own: `python -m tests.system.jobwire_that_follows worker`."""

from cli import worker
from tests.system.following import Counting, Reacting

worker.FOLLOWERS = (Counting(), Reacting())  # type: ignore[attr-defined]

if __name__ == "__main__":
    from cli.entry import main

    main()
