"""What the wire has done and is doing, as plain integers for whoever exports metrics."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Counters:
    """`*_open` go up and down, the rest only up."""

    connections_refused: int = 0
    sockets_open: int = 0
    sockets_total: int = 0
    sockets_refused: int = 0
    sockets_stalled: int = 0
    streams_open: int = 0
    streams_total: int = 0
    sheets_open: int = 0
    sheets_total: int = 0
    sheets_cut: int = 0
    operations_open: int = 0
    operations_total: int = 0
    messages_received: int = 0
    frames_sent: int = 0
    events_sent: int = 0
    requests_total: int = 0
    requests_abandoned: int = 0
