"""What the server says over graphql-transport-ws, as UTF-8.

`next` is spliced around bytes that may be shared by many sockets: the JSON is never encoded again.
"""

from __future__ import annotations

from typing import Any

import orjson

from transport.errors import GraphQLErrors

ACK = b'{"type":"connection_ack"}'
NEXT_SUFFIX = b"}"


def pong(payload: dict[str, Any] | None) -> bytes:
    """The answer to a `ping`, with its payload."""
    return orjson.dumps({"type": "pong"} if payload is None else {"type": "pong", "payload": payload})


def next_prefix(id: str) -> bytes:
    """What goes before the body of every `next` of this operation; NEXT_SUFFIX goes after it."""
    return b'{"id":%b,"type":"next","payload":' % orjson.dumps(id)


def error(id: str, errors: GraphQLErrors) -> bytes:
    """Ends the operation.

    "If the server dispatched the `Error` message relative to the original `Subscribe` message, no
    `Complete` message will be emitted."
    """
    return orjson.dumps({"id": id, "type": "error", "payload": errors})


def complete(id: str) -> bytes:
    return orjson.dumps({"id": id, "type": "complete"})
