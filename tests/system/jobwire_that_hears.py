"""The `jobwire` command with a follower of its own, which looks into the database for what it was not told of once an
hour: `python -m tests.system.jobwire_that_hears worker`."""

from cli import worker
from tests.system.following import Reacting
from workers.following import Following
from workers.rounds import Round

worker.FOLLOWERS = (Reacting(),)  # type: ignore[attr-defined]
Following.round = lambda self: Round("followers", self.go_on, glance=3_600)  # type: ignore[method-assign]

if __name__ == "__main__":
    from cli.entry import main

    main()
