"""The `jobwire` command with followers of its own: `python -m tests.system.jobwire_that_follows worker`."""

from tests.system.following import Counting, Reacting
from workers import followers

followers.FOLLOWERS = (Counting(), Reacting())

if __name__ == "__main__":
    from cli.entry import main

    main()
