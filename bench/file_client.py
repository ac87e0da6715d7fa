"""One request with a large body, or for one, by a process of its own that does as little as can be:
`python -m bench.file_client up|down PORT HEAD BYTES` prints the seconds that it took and how much came."""

import os
import socket
import sys
import time

PIECE = 1024 * 1024


def main() -> None:
    """Make the request whose head, with its lines apart by `|`, the command line has."""
    way, port, head, size = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    # Incompressible, and no two pieces of it are the same.
    block = memoryview(os.urandom(2 * PIECE))
    started = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(("\r\n".join([*head.split("|"), "connection: close"]) + "\r\n\r\n").encode())
        if way == "up":
            _send(connection, block, size)
        came = _receive(connection)
    print(time.perf_counter() - started, came, flush=True)


def _send(connection: socket.socket, block: memoryview, size: int) -> None:
    sent = number = 0
    while sent < size:
        piece = block[number * 4_099 % PIECE :][: min(PIECE, size - sent)]
        connection.sendall(piece)
        sent, number = sent + len(piece), number + 1


def _receive(connection: socket.socket) -> int:
    """How many bytes of a body came. `SystemExit` for an answer that is none of success."""
    buffer, begun, came = bytearray(PIECE), b"", 0
    view = memoryview(buffer)
    while count := connection.recv_into(view):
        if b"\r\n\r\n" in begun:
            came += count
            continue
        begun += bytes(view[:count])
        if b"\r\n\r\n" in begun:
            came = len(begun.partition(b"\r\n\r\n")[2])
    if not begun.startswith(b"HTTP/1.1 2"):
        raise SystemExit(begun[:300].decode(errors="replace"))
    return came


if __name__ == "__main__":
    main()
