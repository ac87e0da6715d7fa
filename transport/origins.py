"""Which pages may call: those of the same origin and those on the allow-list.

Nothing here rests on cookies, so this is a second wall, not the first. A caller without an Origin header
is not a browser's page and passes.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from transport.options import ANY_ORIGIN, TransportOptions

_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_ALLOWED_HEADERS = "authorization, content-type, graphql-require-preflight, apollo-require-preflight"
_EXPOSED_HEADERS = "www-authenticate, retry-after"


def origin_allowed(scope: Scope, headers: Headers, options: TransportOptions) -> bool:
    """Whether the request's Origin may call. Several Origin headers are as good as a foreign one."""
    given = headers.getlist("origin")
    if not given:
        return True
    if len(given) > 1:
        return False
    allowed = options.allowed_origins
    return ANY_ORIGIN in allowed or given[0] in allowed or _same_origin(given[0], scope, headers)


def cors_headers(headers: Headers) -> dict[str, str]:
    """For any answer to an allowed origin. No credentials mode: we take no cookies."""
    origin = headers.get("origin")
    if origin is None:
        return {}
    return {
        "access-control-allow-origin": origin,
        "access-control-expose-headers": _EXPOSED_HEADERS,
        "vary": "Origin",
    }


def preflight_headers(options: TransportOptions) -> dict[str, str]:
    """For the answer to a CORS preflight of an allowed origin."""
    return {
        "access-control-allow-methods": "GET, POST",
        "access-control-allow-headers": _ALLOWED_HEADERS,
        "access-control-max-age": str(options.cors_max_age),
    }


def _same_origin(origin: str, scope: Scope, headers: Headers) -> bool:
    host = headers.get("host", "")
    scheme = {"ws": "http", "wss": "https"}.get(scope["scheme"], scope["scheme"])
    theirs = _host_and_port(origin)
    if theirs is None or not host:
        return False
    if scheme == "http" and theirs[0] == "https":
        scheme = "https"  # TLS ends at a proxy in front of us
    return theirs == _host_and_port(f"{scheme}://{host}")


def _host_and_port(origin: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(origin)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None
