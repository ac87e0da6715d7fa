"""Bodies that are larger than those of the API, for whoever was found to be somebody."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import Scope

#: Under this name an HTTP connection hands over how to allow the body of the present request, among the scope's
#: extensions.
LARGE = "jobwire.large_body"


def allow_body(scope: Scope, most: int) -> None:
    """Let the body of this request have so many bytes, for as long as it takes: whoever reads it says by themselves
    when nothing comes any more. Not before the caller is known: nobody else costs more than the API allows.

    Served otherwise than with `server_settings`, nothing limits a body, and there is nothing to allow."""
    extension = scope.get("extensions", {}).get(LARGE)
    allow: Callable[[int], None] = extension["allow"] if extension else _nothing
    allow(most)


def _nothing(_most: int) -> None:
    pass
