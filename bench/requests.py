"""The bytes of HTTP requests, from whatever network the caller says."""

import json
from typing import Any

from bench.script import FORWARDED, RESPONSE, Line, Script

_HOST = "Host: 127.0.0.1"
_JSON = "Content-Type: application/json"
#: Of this type the status says what became of a request.
_ACCEPT = "Accept: application/graphql-response+json"


def head(line: str, *headers: str) -> str:
    """The head of a request."""
    return "\r\n".join([line, _HOST, FORWARDED.strip(), *headers, "", ""])


def get(path: str, *headers: str) -> str:
    """A request without a body."""
    return head(f"GET {path} HTTP/1.1", *headers)


def post(body: str, *headers: str, accept: str = _ACCEPT) -> str:
    """A request to the API. The body is ASCII, and what stands for something else in it is as long as that."""
    return head("POST /graphql HTTP/1.1", _JSON, accept, *headers, f"Content-Length: {len(body)}") + body


def operation(query: str, name: str | None = None, variables: dict[str, Any] | None = None) -> str:
    """The body that asks for an operation."""
    asked = {"query": query, "operationName": name, "variables": variables}
    return json.dumps({key: value for key, value in asked.items() if value is not None}, separators=(",", ":"))


def asking(request: str, *, units: int = 1) -> Script:
    """One request after the other, each answered before the next."""
    return Script((Line(request, RESPONSE),), units=units)
