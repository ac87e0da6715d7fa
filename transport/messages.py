"""What a client may say over graphql-transport-ws. Anything else is a Violation.

PROTOCOL.md, "Invalid message": "Receiving a message of a type or format which is not specified in this
document will result in an immediate socket closure with the event `4400: <error-message>`."
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from transport.codes import Close
from transport.decoding import Undecodable, read_json
from transport.engine import Request
from transport.parameters import Malformed, from_value

_ID_LIMIT = 256  # it is spliced into every frame of its operation


class Violation(Exception):
    """The client broke the protocol: the code and the reason to close with."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ConnectionInit:
    payload: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Ping:
    payload: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Pong:
    payload: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Subscribe:
    id: str
    request: Request


@dataclass(frozen=True, slots=True)
class Complete:
    id: str


Message = ConnectionInit | Ping | Pong | Subscribe | Complete


def read_message(text: str) -> Message:
    """The message in a text frame."""
    try:
        value = read_json(text)
    except Undecodable as fault:
        raise invalid(f"The message {fault}") from None
    if not isinstance(value, dict):
        raise invalid("A message is a JSON object")
    kind = value.get("type")
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        raise invalid(f"Unknown message type {kind!r}" if "type" in value else "The message has no type")
    return reader(value)


def invalid(reason: str) -> Violation:
    return Violation(Close.INVALID, reason)


def _payload(value: dict[str, Any]) -> dict[str, Any] | None:
    payload = value.get("payload")
    if payload is not None and not isinstance(payload, dict):
        raise invalid("'payload' must be an object")
    return payload


def _id(value: dict[str, Any]) -> str:
    given = value.get("id")
    if not isinstance(given, str) or not given:
        raise invalid("'id' must be a string that is not empty")
    if len(given) > _ID_LIMIT:
        raise invalid(f"'id' is longer than {_ID_LIMIT} characters")
    return given


def _subscribe(value: dict[str, Any]) -> Subscribe:
    id = _id(value)
    try:
        return Subscribe(id, from_value(value.get("payload")))
    except Malformed as fault:
        raise invalid(str(fault)) from None


_READERS: dict[str, Callable[[dict[str, Any]], Message]] = {
    "connection_init": lambda value: ConnectionInit(_payload(value)),
    "ping": lambda value: Ping(_payload(value)),
    "pong": lambda value: Pong(_payload(value)),
    "subscribe": _subscribe,
    "complete": lambda value: Complete(_id(value)),
}
