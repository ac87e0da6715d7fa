"""Errors as clients read them. What is ours to mend is masked, and found in the log by its reference."""

from __future__ import annotations

import secrets
import traceback
from pathlib import Path
from typing import Any

import structlog
from graphql import GraphQLError
from strawberry.utils.str_converters import to_camel_case

from models.database_errors import STATEMENT_TIMEOUT
from models.errors import Forbidden, Refusal, SignInRefused
from schema.payloads import told_parameters

log = structlog.get_logger(__name__)

_HOUSE = str(Path(__file__).parents[1])


def formatted(error: GraphQLError) -> dict[str, Any]:
    """An error in the format of the specification (https://spec.graphql.org/draft/#sec-Errors), with
    `extensions.code`."""
    cause = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    if cause is None or isinstance(cause, GraphQLError):
        return _with_code(error, (error.extensions or {}).get("code", "INVALID"))
    if isinstance(cause, Refusal):
        return _refused(error, cause)
    if isinstance(cause, SignInRefused):
        return _with_code(error, cause.code, cause.message)
    if isinstance(cause, STATEMENT_TIMEOUT):
        return _with_code(error, "TIMEOUT", "The database took too long. Ask for less at a time.")
    return _masked(error, cause)


def _refused(error: GraphQLError, refusal: Refusal) -> dict[str, Any]:
    shown = _with_code(error, refusal.code.value, refusal.message)
    shown["extensions"] |= {
        "reason": refusal.reason.value,
        "parameters": {name.value: text for name, text in told_parameters(refusal).items()},
    }
    if refusal.path:
        path = [to_camel_case(step) if isinstance(step, str) else step for step in refusal.path]
        shown["extensions"]["inputPath"] = path
    if isinstance(refusal, Forbidden) and refusal.right is not None:
        shown["extensions"]["right"] = str(refusal.right)
    return shown


def _with_code(error: GraphQLError, code: str, message: str | None = None) -> dict[str, Any]:
    shown: dict[str, Any] = {**error.formatted}
    if message is not None:
        shown["message"] = message
    shown["extensions"] = {**(error.extensions or {}), "code": code}
    return shown


def _masked(error: GraphQLError, cause: BaseException) -> dict[str, Any]:
    reference = secrets.token_hex(6)
    # Where, and what kind: never the message, which may quote what a client sent.
    frames = traceback.extract_tb(cause.__traceback__)
    # Where in our own code, and where it was at last: what is between, of libraries, says little.
    ours = [
        frame for frame in frames[:-1] if frame.filename.startswith(_HOUSE) and "site-packages" not in frame.filename
    ]
    told = [*ours[-6:], *frames[-1:]]
    where = [f"{frame.filename.rsplit('/', 2)[-1]}:{frame.lineno} {frame.name}" for frame in told]
    log.error("fault", reference=reference, kind=type(cause).__name__, path=error.path, where=where)
    message = f"Something went wrong on our side. Quote the reference {reference} when you report it."
    return _with_code(error, "INTERNAL", message) | {"extensions": {"code": "INTERNAL", "reference": reference}}
