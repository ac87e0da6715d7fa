"""Every limit of the wire, with its default."""

from __future__ import annotations

from dataclasses import dataclass

ANY_ORIGIN = "*"
LOOPBACK = "loopback"


@dataclass(frozen=True, slots=True)
class TransportOptions:
    """Sizes are bytes and times are seconds, unless said otherwise."""

    # Who may call from a browser, besides pages of the same origin: "https://board.example", "loopback" for whatever is
    # served on the browser's own machine, or "*" for any. And what such a page may send, besides what all may.
    allowed_origins: frozenset[str] = frozenset()
    allowed_headers: tuple[str, ...] = ()
    cors_max_age: int = 600

    # Connections, in this process. A stranger is one on which nobody has signed in. Callers that share an address share
    # its number (`transport.address`); behind a proxy that is everybody, unless the proxy is trusted to name them.
    connections: int = 20_000
    strangers: int = 5_000
    strangers_per_address: int = 500
    trusted_proxies: tuple[str, ...] = ()  # addresses and networks: "10.0.0.2", "10.1.0.0/16"

    # Requests. The times are from the first byte, however many follow; idle is between two requests.
    head_limit: int = 32_768
    header_count: int = 100
    target_limit: int = 16_384
    body_pieces: int = 4_000  # chunks, and what the network makes several of; each takes as long as a thousand bytes
    head_timeout: float = 10.0
    body_timeout: float = 15.0
    idle_timeout: float = 5.0
    pipelined: int = 10  # sent ahead while one is being answered

    # HTTP. The deadline is for signing in and executing together.
    body_limit: int = 100_000
    stranger_body_limit: int = 16_384  # without a token: what signing in needs, several times over
    deadline: float = 15.0

    # Sheets: how many are made at once, one for each member; how long one may take; what one of XLSX may take unpacked,
    # in a folder for temporary files, where it is there twice before it is packed.
    sheets_at_once: int = 2
    sheet_deadline: float = 900.0
    sheet_file_limit: int = 512 * 1024 * 1024

    # Answers to queries are compressed from this size on, and outside the event loop when they are large.
    compress_from: int = 2_000
    compress_level: int = 5
    compress_in_thread_from: int = 32_768
    compressed_kept: int = 16 * 1024 * 1024  # what was compressed lately is given again, as far as it has room

    # Files of pages, which anybody may have: how many are sent at once, and how long one of them may take.
    files_at_once: int = 200
    file_timeout: float = 60.0

    # Websockets. Rate is messages a second; the burst lets a board that reconnects subscribe to all at once.
    init_timeout: float = 3.0
    message_limit: int = 100_000
    message_rate: float = 50.0
    message_burst: int = 250
    # Frames, of which a message may have many, and pings, pongs and closes besides.
    frame_rate: float = 100.0
    frame_burst: int = 500
    fragments_per_message: int = 256
    operations_per_socket: int = 100
    sockets_per_member: int = 50  # in this process, event streams included
    mutations_over_websocket: bool = False
    anonymous_sockets: bool = False
    ping_interval: float = 20.0
    ping_timeout: float = 20.0

    # What may wait for a slow reader, how long a stuck one is kept, how long a close handshake may take.
    queue_bound: int = 256 * 1024
    stall_timeout: float = 10.0
    close_timeout: float = 5.0

    # Event streams: a comment this often, so that proxies see life.
    keep_alive: float = 10.0
