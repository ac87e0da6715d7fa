"""The network that a caller comes from: what is counted for those who have not signed in is counted by it."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.types import Scope

#: A household, an office or a rented server has at least so much of IPv6 for itself (RFC 6177): counted by single
#: addresses, one caller would be 2^64.
_PREFIX = 64


def address_of(scope: Scope) -> str:
    """The caller's IPv4 address, or the /64 of their IPv6 address.

    Behind a proxy it is what the proxy says, if the server was told to trust it (`X-Forwarded-For` by uvicorn's
    `forwarded_allow_ips`). Empty for a caller without an address: on a unix socket everybody is one.
    """
    host = (scope.get("client") or ("", 0))[0]
    try:
        address = ip_address(host)
    except ValueError:
        return str(host)
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    network = IPv6Address(int(address) >> (128 - _PREFIX) << (128 - _PREFIX))
    return f"{network}/{_PREFIX}"


@lru_cache(maxsize=4096)
def is_trusted(host: str, proxies: tuple[str, ...]) -> bool:
    """Whether the peer at this address is one of the proxies: addresses, or networks such as 10.0.0.0/8."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return any(address in ip_network(proxy) for proxy in proxies)
