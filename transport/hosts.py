"""Names of machines, as Host and Origin headers have them."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit


def address_in(host: str) -> IPv4Address | IPv6Address | None:
    """The IP address that a host is written as, if it is one."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def is_of_this_machine(host: str) -> bool:
    """Whether a browser takes this host for the machine that it runs on (W3C Secure Contexts, section 3.1)."""
    address = address_in(host)
    return host == "localhost" or host.endswith(".localhost") or (address is not None and address.is_loopback)


def origin_parts(origin: str) -> tuple[str, str, int | None] | None:
    """Scheme, host and port of a serialized origin, and of nothing else (RFC 6454 section 6.2)."""
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        return None
    alone = not (parts.path or parts.query or parts.fragment or "@" in parts.netloc)
    return (parts.scheme, parts.hostname, port) if alone and parts.hostname else None
