"""The head of a request: whether it can be read in one way only, and what it asks the connection to become."""

from __future__ import annotations

import httptools

Headers = list[tuple[bytes, bytes]]
_HOP = frozenset({b"upgrade", b"http2-settings"})


class Unreadable(Exception):
    """Bytes that are no request, or one that others may read differently. The connection ends with it."""

    def __init__(self, message: str, status: int = 400, code: str = "BAD_REQUEST") -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code


def check(method: str, target: bytes, version: str, headers: Headers) -> None:
    """Raise Unreadable for what the parser takes and others may take differently."""
    if method == "CONNECT":
        raise Unreadable("This is not a proxy.", 405, "METHOD_NOT_ALLOWED")
    if version not in ("1.0", "1.1"):
        raise Unreadable("This is not HTTP/1.1.")
    hosts = values(headers, b"host")
    if len(hosts) > 1 or (not hosts and version == "1.1"):
        # RFC 9112 section 3.2: "A server MUST respond with a 400 (Bad Request) status code".
        raise Unreadable("A request has one Host header.")
    if not target.startswith(b"/") and target != b"*":
        _check_absolute(target, hosts)


def asks_for_websocket(version: str, headers: Headers) -> bool:
    """Whether a GET with these headers is a handshake that can succeed: RFC 6455 section 4.1, and without a body."""
    lengths = values(headers, b"content-length")
    return (
        version == "1.1"
        and [value.strip().lower() for value in values(headers, b"upgrade")] == [b"websocket"]
        and b"upgrade" in _tokens(headers)
        and not values(headers, b"transfer-encoding")
        and all(value.strip() == b"0" for value in lengths)
    )


def without_upgrade(method: str, target: bytes, version: str, headers: Headers) -> bytes:
    """The same head, as of a client that does not ask for another protocol (RFC 9110 section 7.8: "A server MAY
    ignore a received Upgrade header field")."""
    kept = [(name, value) for name, value in headers if name not in _HOP and name != b"connection"]
    if stay := b", ".join(token for token in _tokens(headers) if token not in _HOP):
        kept.append((b"connection", stay))
    line = b"%s %s HTTP/%s\r\n" % (method.encode(), target, version.encode())
    return line + b"".join(b"%s: %s\r\n" % header for header in kept) + b"\r\n"


def values(headers: Headers, name: bytes) -> list[bytes]:
    return [value for given, value in headers if given == name]


def _tokens(headers: Headers) -> list[bytes]:
    """What Connection lists."""
    return [token.strip().lower() for value in values(headers, b"connection") for token in value.split(b",")]


def _check_absolute(target: bytes, hosts: list[bytes]) -> None:
    """RFC 9112 section 3.2.2 has Host give way to the target. Where they differ, a proxy and this may disagree."""
    url = httptools.parse_url(target)
    if url.schema not in (b"http", b"https") or not url.host:
        raise Unreadable("The request's target is a path.")
    authority = url.host if url.port is None else b"%s:%d" % (url.host, url.port)
    if [host.lower() for host in hosts] != [authority.lower()]:
        raise Unreadable("The request's target and its Host header name different hosts.")
