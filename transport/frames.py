"""What the server says over graphql-transport-ws, as text frames.

`next` is spliced around bytes that may be shared by many sockets: the JSON is never encoded again.
"""

from __future__ import annotations

from typing import Any

import orjson

from transport.errors import GraphQLErrors

ACK = '{"type":"connection_ack"}'


def pong(payload: dict[str, Any] | None) -> str:
    """The answer to a `ping`, with its payload."""
    return _text({"type": "pong"} if payload is None else {"type": "pong", "payload": payload})


def next_prefix(id: str) -> str:
    """What goes before the body of every `next` of this operation."""
    return f'{{"id":{_text(id)},"type":"next","payload":'


def next_frame(prefix: str, body: bytes) -> str:
    return f"{prefix}{body.decode()}}}"


def error(id: str, errors: GraphQLErrors) -> str:
    """Ends the operation.

    "If the server dispatched the `Error` message relative to the original `Subscribe` message, no
    `Complete` message will be emitted."
    """
    return _text({"id": id, "type": "error", "payload": errors})


def complete(id: str) -> str:
    return _text({"id": id, "type": "complete"})


def _text(value: object) -> str:
    return orjson.dumps(value).decode()
