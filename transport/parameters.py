"""The parameters of a GraphQL request, the same over HTTP, event streams and websockets.

GraphQL over HTTP, "Request Parameters": "An HTTP request that encodes parameters of the same names but
of the wrong type, or that omits required parameters, is not a well-formed GraphQL-over-HTTP request";
"Specifying `null` for optional request parameters is equivalent to not specifying them at all."
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from transport.decoding import Undecodable, read_json
from transport.engine import Request

_NAMES = frozenset({"query", "operationName", "variables", "extensions", "documentId"})
#: Names of documents are digests, with a prefix perhaps.
_LONGEST_ID = 200


class Malformed(Exception):
    """Not a well-formed request. The message is for the client."""


def from_json(body: bytes) -> Request:
    """The request in a POST body ("JSON Encoding")."""
    try:
        value = read_json(body)
    except Undecodable as fault:
        raise Malformed(f"The body {fault}.") from None
    if isinstance(value, list):
        raise Malformed("Batches are not supported: send one operation per request.")
    return from_value(value)


def from_query_string(query_string: bytes) -> Request:
    """The request in a URL ("GET"): `variables` and `extensions` are JSON, `operationName=` is none."""
    try:
        pairs = parse_qsl(query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20)
    except ValueError:
        raise Malformed("The query string is not valid.") from None
    given: dict[str, Any] = {}
    for name, value in pairs:
        if name in given and name in _NAMES:
            raise Malformed(f"'{name}' is given twice.")
        given[name] = value
    given["operationName"] = given.get("operationName") or None
    for name in ("variables", "extensions"):
        given[name] = _json_parameter(name, given.get(name))
    return from_value(given)


def from_value(value: object) -> Request:
    """The request in a decoded JSON object."""
    if not isinstance(value, dict):
        raise Malformed("A request is a JSON object with 'query'.")
    operation_name = value.get("operationName")
    if operation_name is not None and not isinstance(operation_name, str):
        raise Malformed("'operationName' must be a string or null.")
    document_id, extensions = _document_id(value), _map(value, "extensions")
    named = document_id is not None or "persistedQuery" in (extensions or {})
    return Request(_query(value, named), operation_name, _map(value, "variables"), extensions, document_id)


def _query(value: dict[str, Any], named: bool) -> str:
    """The text; empty where the document is named instead."""
    query = value.get("query")
    if query is None and named:
        return ""
    if not isinstance(query, str):
        raise Malformed("'query' must be a string." if "query" in value else "'query' is missing.")
    return query


def _document_id(value: dict[str, Any]) -> str | None:
    """ "Persisted Documents": the document is named by "documentId"."""
    given = value.get("documentId")
    if given is not None and not (isinstance(given, str) and 0 < len(given) <= _LONGEST_ID):
        raise Malformed(f"'documentId' must be a string of 1 to {_LONGEST_ID} characters, or null.")
    return given


def _map(value: dict[str, Any], name: str) -> dict[str, Any] | None:
    given = value.get(name)
    if given is not None and not isinstance(given, dict):
        raise Malformed(f"'{name}' must be an object or null.")
    return given


def _json_parameter(name: str, text: str | None) -> Any:
    try:
        return read_json(text) if text else None
    except Undecodable as fault:
        raise Malformed(f"'{name}' {fault}.") from None
