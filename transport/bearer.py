"""The bearer token of a request (RFC 6750 section 2.1). Never cookies."""

from __future__ import annotations

import re

from starlette.datastructures import Headers

from transport.engine import NotSignedIn

_BEARER = re.compile(r"bearer +([A-Za-z0-9\-._~+/]+=*) *", re.IGNORECASE)


def token_in(headers: Headers) -> str | None:
    """The token of the Authorization header, None without one. Raises NotSignedIn when it is malformed."""
    given = headers.getlist("authorization")
    if not given:
        return None
    if len(given) > 1:
        raise NotSignedIn("There is more than one Authorization header.")
    return token_of(given[0])


def token_of(credentials: object) -> str:
    """The token in `Bearer <token>`. Raises NotSignedIn when that is not what it is."""
    match = _BEARER.fullmatch(credentials) if isinstance(credentials, str) else None
    if match is None:
        raise NotSignedIn("The authorization must read 'Bearer' and a token.")
    return match[1]
