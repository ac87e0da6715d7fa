"""A way past ASGI: writing to a websocket at once, without a coroutine, and cutting its connection."""

from __future__ import annotations

from typing import Protocol

from starlette.types import Scope

#: Under this name the servers of `transport.server` hand it over, among the scope's extensions.
WIRE = "jobwire.wire"


class Wire(Protocol):
    """A websocket as the server that holds its connection sees it."""

    def write(self, prefix: bytes, body: bytes, suffix: bytes) -> bool:
        """Write the three together as one text message. False, and nothing is written, unless the peer takes it
        now: the way to wait for the peer is ASGI's `send`."""

    def forget_handshake(self) -> None:
        """Free what only the handshake needed."""

    def abort(self) -> None:
        """Cut the connection without waiting for what is still to be written to it."""


class NoWire:
    """Over another server everything goes through ASGI. A peer that never reads again then keeps its connection
    until the kernel gives it up."""

    def write(self, prefix: bytes, body: bytes, suffix: bytes) -> bool:
        return False

    def forget_handshake(self) -> None:
        pass

    def abort(self) -> None:
        pass


def wire_of(scope: Scope) -> Wire:
    """The wire of a websocket. It can be had once: the scope does not keep it."""
    extension = scope.get("extensions", {}).pop(WIRE, None)
    wire: Wire = extension["wire"] if extension else NoWire()
    return wire


def text_header(size: int) -> bytes:
    """What goes before a text message of so many bytes from a server (RFC 6455 section 5.2): the last and only
    frame of its message, not masked, without extensions."""
    if size < 126:
        return bytes((0x81, size))
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2, "big")
    return b"\x81\x7f" + size.to_bytes(8, "big")
