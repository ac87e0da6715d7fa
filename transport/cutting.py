"""Connections that do close, whether or not their peer reads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.types import Scope

#: Under this name the HTTP connection hands its way to be cut over, among the scope's extensions.
ABORT = "jobwire.abort"
_LINGER = 5.0  # how long a closing connection may make no progress


def abort_of(scope: Scope) -> Callable[[], None]:
    """How to cut the connection without waiting for what is still to be written to it.

    Served otherwise than with `server_settings`, there is no way to: a peer that never reads again then
    keeps its connection until the kernel gives it up.
    """
    extension = scope.get("extensions", {}).get(ABORT)
    abort: Callable[[], None] = extension["abort"] if extension else _cannot
    return abort


def cut_when_stuck(transport: asyncio.Transport, before: int = 0) -> None:
    """See to it that a connection that is being closed does close.

    `Transport.close` waits until everything is written, which for a peer that has vanished or stopped
    reading is never, and uvicorn leaves it at that. One that still takes something is left alone.
    """
    left = transport.get_write_buffer_size()
    if left and left == before:
        transport.abort()
    elif left:
        asyncio.get_running_loop().call_later(_LINGER, cut_when_stuck, transport, left)


def _cannot() -> None:
    pass
