"""The bytes of a websocket's client, as far as a benchmark needs them (RFC 6455): messages that are not split."""

import base64
import os

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10

Frame = tuple[int, bytes]


def handshake(path: str) -> bytes:
    """Ask for a websocket that speaks graphql-transport-ws."""
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
        f"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
    ).encode()


def framed(kind: int, payload: bytes) -> bytes:
    """A frame of a client. It must mask; with a mask of zeros the payload stays as it is."""
    size = len(payload)
    if size < 126:
        length = bytes([0x80 | size])
    elif size < 1 << 16:
        length = bytes([0x80 | 126]) + size.to_bytes(2)
    else:
        length = bytes([0x80 | 127]) + size.to_bytes(8)
    return bytes([0x80 | kind]) + length + b"\0\0\0\0" + payload


def frames_in(data: bytes) -> tuple[list[Frame], bytes]:
    """The whole frames of a server at the beginning of the data, and the rest."""
    found: list[Frame] = []
    place, size = 0, len(data)
    while size - place >= 2:
        length, start = data[place + 1], place + 2
        if length >= 126:
            start += 2 if length == 126 else 8
            if size < start:
                break
            length = int.from_bytes(data[place + 2 : start])
        end = start + length
        if size < end:
            break
        found.append((data[place] & 0x0F, data[start:end]))
        place = end
    return found, data[place:]
