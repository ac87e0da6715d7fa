"""`jobwire` as a tax season runs it: `python -m tests.system.season.program worker`, or `serve`.

It is the product, but that what takes minutes takes seconds: how long a process that says nothing keeps a transaction,
a mail or a task, and how long one waits for what is away. With `SEASON_APART` in the environment it is the control: a
worker that commits how far it has come apart from what follows of that.
"""

import asyncio
import os
from datetime import datetime, timedelta
from uuid import UUID

from tortoise.transactions import in_transaction

from cli import worker
from models import connection
from models.database import sql
from models.followers import cursors
from models.followers.cursors import Progress
from models.followers.follower import Follower
from models.followers.runs import add_runs
from models.log import Extent
from models.mail import sending
from workers import mail, waits

#: In seconds: who is paused for longer than this has lost whatever it had in hand.
LEASE = 2.0
#: In the environment of the control.
APART = "SEASON_APART"
#: In seconds: whoever commits apart may be interrupted in between, here more often than somewhere else.
_IN_BETWEEN = 0.05


def shorten() -> None:
    """Let seconds be what minutes are."""
    connection.SILENCE = int(LEASE * 750)
    sending.LEASE = worker.SILENCE = timedelta(seconds=LEASE)
    sending._WAITS = tuple(0 for _ in sending._WAITS)
    mail.LONGEST_WAIT = waits.LONGEST_WAIT = LEASE


async def advance_apart(follower: Follower, firm_id: UUID, now: datetime, before: int | None = None) -> Progress:
    """The control, in place of what moves a cursor: first it does, and then what follows is written down."""
    async with in_transaction():
        taken = await sql(cursors._TAKE, follower.name, firm_id)
        if taken:
            page, is_all = await cursors._read(firm_id, taken[0]["revision"])
            if page.extent is not Extent.NOTHING_NEW:
                await sql(cursors._MOVE, taken[0]["id"], page.revisions[-1].revision, now)
    if not taken:
        return Progress.MOVED if await sql(cursors._BEGIN, follower.name, firm_id, now) else Progress.TAKEN
    if page.extent is Extent.NOTHING_NEW:
        return Progress.AT_THE_END
    await asyncio.sleep(_IN_BETWEEN)
    async with in_transaction():
        await add_runs(follower.name, [(each, await follower.plan(each)) for each in page.revisions])
    return Progress.AT_THE_END if is_all else Progress.MOVED


if __name__ == "__main__":
    from cli.entry import main

    shorten()
    if APART in os.environ:
        cursors._advance = advance_apart
    main()
