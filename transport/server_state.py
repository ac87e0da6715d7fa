"""What all connections of a server share."""

from __future__ import annotations

from uvicorn.server import ServerState

from transport.traffic import Traffic


class SharedState(ServerState):
    """uvicorn's, and the traffic: it is how a connection of uvicorn's making gets to it."""

    def __init__(self, traffic: Traffic) -> None:
        super().__init__()
        self.traffic = traffic


def traffic_of(state: ServerState) -> Traffic:
    """The traffic of a server. One without any is not served by `transport.server.Server`, and has no limits."""
    if not isinstance(state, SharedState):
        raise TypeError("These connections need transport.server.Server.")
    return state.traffic
