"""Errors in the response format, and the one way in which a fault is told and logged."""

from __future__ import annotations

import secrets
import traceback
from typing import Any

import orjson
import structlog

log = structlog.get_logger("transport")

GraphQLErrors = list[dict[str, Any]]


def error(message: str, code: str, **extensions: Any) -> dict[str, Any]:
    """One error as clients read it: a message and `extensions.code`."""
    return {"message": message, "extensions": {"code": code, **extensions}}


def response(errors: GraphQLErrors) -> bytes:
    """The body of a response that never came to execution, so it has no `data` entry."""
    return orjson.dumps({"errors": errors})


def timed_out(deadline: float) -> dict[str, Any]:
    """The error of an operation that took longer than it may."""
    return error(f"The request took longer than {deadline:g} s.", "TIMEOUT")


def internal(fault: BaseException, where: str) -> dict[str, Any]:
    """Log an unexpected exception and return what the client may know of it: a reference.

    The exception's message stays out of the log: it may quote the query's literals or a token. So the
    log has the exception's type and where it was raised.
    """
    reference = secrets.token_hex(6)
    raised = [f"{at.filename}:{at.lineno} {at.name}" for at in traceback.extract_tb(fault.__traceback__)]
    log.error("internal_error", reference=reference, where=where, fault=type(fault).__name__, raised=raised)
    return error(f"Something went wrong here. Reference: {reference}.", "INTERNAL", reference=reference)
