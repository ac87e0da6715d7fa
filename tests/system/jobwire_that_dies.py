"""The `jobwire` command that is killed at a step of an upload:
`JOBWIRE_DIES_AT=put:2 python -m tests.system.jobwire_that_dies serve`."""

import os
import signal
from collections.abc import Awaitable, Callable
from typing import Any

from app.files import receiving, uploads
from files.spool import Spool
from files.store import Store

#: What is about to be done, and what has just been, in the order in which it is; `:2` is of the second segment.
STEPS = (
    *("begin", "begun", "spool", "spooled", "put", "stored", "note", "noted"),
    *("put:2", "stored:2", "note:2", "noted:2"),
)

_counted: dict[str, int] = {}


def _dies(step: str) -> None:
    _counted[step] = _counted.get(step, 0) + 1
    wanted, _, number = os.environ["JOBWIRE_DIES_AT"].partition(":")
    if step == wanted and _counted[step] == int(number or 1):
        os.kill(os.getpid(), signal.SIGKILL)


def _around(work: Callable[..., Awaitable[Any]], before: str, after: str) -> Any:
    async def done(*given: Any, **named: Any) -> Any:
        _dies(before)
        result = await work(*given, **named)
        _dies(after)
        return result

    return done


if __name__ == "__main__":
    from cli.entry import main

    uploads.begin_upload = _around(uploads.begin_upload, "begin", "begun")  # type: ignore[attr-defined]
    receiving.add_segments = _around(receiving.add_segments, "note", "noted")  # type: ignore[attr-defined]
    Spool.settle = _around(Spool.settle, "spool", "spooled")  # type: ignore[method-assign]
    Store.put = _around(Store.put, "put", "stored")  # type: ignore[method-assign]
    main()
