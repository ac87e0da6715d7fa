"""Close codes, and what the published clients make of them.

Those of graphql-transport-ws are in its PROTOCOL.md; those below 4000 in RFC 6455 and IANA's registry.
The graphql-ws client (and what is built on it: Apollo, urql, Relay examples) reconnects and subscribes
again after 1012, 1013, 4403 and 4408, and gives up after 1008, 1009, 1011 and the other 44xx here.
"""

from __future__ import annotations

from enum import IntEnum

_REASON_LIMIT = 123  # RFC 6455 section 5.5: a control frame holds 125 bytes, 2 of them are the code


class Close(IntEnum):
    """Why this server closes a socket."""

    POLICY = 1008
    """Messages or frames faster than allowed, or a message in too many. Final: the client would do it again."""
    TOO_BIG = 1009
    """A message over the size limit. Final."""
    FAULT = 1011
    """A fault of ours in handling a message. Final: the same message would meet it again."""
    RESTARTING = 1012
    """The server drains. Clients come back."""
    TRY_AGAIN = 1013
    """A reader that is stuck, too many sockets of the member or of strangers, a sign-in that failed on our side."""
    INVALID = 4400
    """ "A message of a type or format which is not specified ... `4400: <error-message>`" """
    UNAUTHORIZED = 4401
    """ "if the connection is not acknowledged, the socket will be closed immediately with `4401`" """
    FORBIDDEN = 4403
    """Sign-in refused, or the token expired: clients come back, with a fresh token."""
    SUBPROTOCOL = 4406
    """Not graphql-transport-ws."""
    INIT_TIMEOUT = 4408
    """ "the server will close the socket with the event: `4408: Connection initialisation timeout`" """
    DUPLICATE = 4409
    """ "with the event `4409: Subscriber for <unique-operation-id> already exists`" """
    TOO_MANY_INITS = 4429
    """ "with the event `4429: Too many initialisation requests`" """


_RETRIED = frozenset({1000, 1001, 1005, 1006, 1012, 1013, 1014})
_FATAL = frozenset({4004, 4005, 4400, 4401, 4406, 4409, 4429, 4500})


def clients_retry(code: int) -> bool:
    """Whether the published clients reconnect after this code."""
    return code in _RETRIED or (code >= 4000 and code not in _FATAL)


def fit_reason(reason: str) -> str:
    """The reason, cut between characters to what a close frame can carry."""
    return reason.encode("utf-8", "replace")[:_REASON_LIMIT].decode("utf-8", "ignore")
