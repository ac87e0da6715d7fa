"""Which pages may call: those of the same origin and those on the allow-list.

Nothing here rests on cookies, so this is a second wall, not the first. A caller without an Origin header
is not a browser's page and passes.
"""

from __future__ import annotations

import re

from starlette.datastructures import Headers
from starlette.types import Scope

from transport.hosts import is_of_this_machine, origin_parts
from transport.notices import Notices
from transport.options import ANY_ORIGIN, LOOPBACK, TransportOptions

REFUSAL = "Pages of this origin may not call. JOBWIRE_ALLOWED_ORIGINS says which may."
_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
#: What the published clients of GraphQL and of tracing send, and what else a page may.
ALLOWED_HEADERS = (
    *("accept", "authorization", "content-type", "idempotency-key"),
    *("graphql-require-preflight", "apollo-require-preflight", "x-requested-with", "last-event-id"),
    *("apollographql-client-name", "apollographql-client-version"),
    *("x-apollo-operation-name", "x-apollo-operation-id", "x-apollo-operation-type"),
    *("graphql-client-name", "graphql-client-version", "x-graphql-client-name", "x-graphql-client-version"),
    *("traceparent", "tracestate", "baggage", "sentry-trace"),
    *("b3", "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid", "x-b3-sampled", "x-b3-flags"),
    *("x-datadog-trace-id", "x-datadog-parent-id", "x-datadog-origin", "x-datadog-sampling-priority"),
    *("x-datadog-tags", "uber-trace-id", "newrelic", "x-amzn-trace-id", "x-cloud-trace-context"),
    *("request-id", "x-request-id", "x-correlation-id", "cache-control", "pragma"),
)
_EXPOSED_HEADERS = "www-authenticate, retry-after, ratelimit, ratelimit-policy, content-disposition"
_READABLE = re.compile(r"null|[a-z][a-z0-9+.-]*://[!-~]+", re.IGNORECASE)


def origin_allowed(scope: Scope, headers: Headers, options: TransportOptions) -> bool:
    """Whether the request's Origin may call. Several Origin headers are as good as a foreign one."""
    given = headers.getlist("origin")
    if not given:
        return True
    if len(given) > 1:
        return False
    allowed = options.allowed_origins
    return (
        ANY_ORIGIN in allowed
        or given[0] in allowed
        or (LOOPBACK in allowed and _of_this_machine(given[0]))
        or _same_origin(given[0], scope, headers)
    )


def note_refusal(headers: Headers, notices: Notices) -> None:
    """Say in the log, once for each, whose pages were refused."""
    notices.tell("origin.refused", ", ".join(headers.getlist("origin")), setting="JOBWIRE_ALLOWED_ORIGINS")


def cors_headers(headers: Headers) -> dict[str, str]:
    """For any answer to a page, so that it can read it: a refusal too, of which nothing else comes. No credentials
    mode: we take no cookies."""
    given = headers.getlist("origin")
    if not given:
        return {}
    if len(given) > 1 or not _READABLE.fullmatch(given[0]):
        return {"vary": "Origin"}
    return {
        "access-control-allow-origin": given[0],
        "access-control-expose-headers": _EXPOSED_HEADERS,
        "vary": "Origin",
    }


def is_preflight(scope: Scope, headers: Headers) -> bool:
    """Whether a browser asks what a page may send (https://fetch.spec.whatwg.org/#http-cors-preflight-request). It is
    told the same for every page: only then does it send the request itself, and lets the page read why that is
    refused."""
    asked = headers.get("access-control-request-method")
    return scope["method"] == "OPTIONS" and asked is not None and len(headers.getlist("origin")) == 1


def preflight_headers(options: TransportOptions) -> dict[str, str]:
    """For the answer to a CORS preflight."""
    allowed = dict.fromkeys([*ALLOWED_HEADERS, *(name.lower() for name in options.allowed_headers)])
    return {
        "access-control-allow-methods": "GET, POST",
        "access-control-allow-headers": ", ".join(allowed),
        "access-control-max-age": str(options.cors_max_age),
    }


def _of_this_machine(origin: str) -> bool:
    parts = origin_parts(origin)
    return parts is not None and parts[0] in ("http", "https") and is_of_this_machine(parts[1])


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
    parts = origin_parts(origin)
    if parts is None:
        return None
    scheme, host, port = parts
    return scheme, host, _DEFAULT_PORTS.get(scheme, 0) if port is None else port
