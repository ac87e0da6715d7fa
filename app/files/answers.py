"""What requests about files are answered when they are refused, and how much of a body is read for that."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.types import Receive, Send
from strawberry.utils.str_converters import to_camel_case

from files.store import STORE_ERRORS
from models.database_errors import DATABASE_ERRORS
from models.errors import Code, Conflict, Forbidden, Refusal, SignInRefused
from models.reasons import Reason
from schema.payloads import told_parameters
from transport.engine import NotSignedIn
from transport.errors import error, internal, response
from transport.negotiation import Media
from transport.reply import Rejected, Reply, unauthenticated

#: In bytes, and in seconds: so much is heard of what a sender goes on to send when it has been refused. A connection
#: that is closed with bytes unread is reset, and the sender would never see why.
HEARD_OUT, HEARD_FOR = 4 * 1024 * 1024, 2.0

_STATUSES = {Code.INVALID: 400, Code.NOT_FOUND: 404, Code.FORBIDDEN: 403, Code.CONFLICT: 409, Code.LIMIT: 429}
#: The senders of the tus protocol try again after 409 and 423 and after those from 500 on, and after no other.
_STATUSES_OF_REASONS = {Reason.OUT_OF_RANGE: 413, Reason.NO_ROOM: 413, Reason.NOT_AS_NAMED: 415}


def not_found() -> Rejected:
    """There is no such file, or it is not for whoever asks, or the link is none or over: nobody learns which."""
    return Rejected(404, "There is no such file, or you may not see it.", "NOT_FOUND")


def reply_to(fault: Exception) -> Reply:
    """What each way of failing looks like."""
    if isinstance(fault, Rejected):
        return fault.reply(Media.JSON)
    if isinstance(fault, NotSignedIn | SignInRefused):
        refused = fault if isinstance(fault, NotSignedIn) else NotSignedIn(fault.message, fault.code)
        return unauthenticated(refused, Media.JSON)
    if isinstance(fault, Refusal):
        return not_found().reply(Media.JSON) if fault.code is Code.NOT_FOUND else _refused(fault)
    told = internal(fault, "files")
    if isinstance(fault, (*DATABASE_ERRORS, *STORE_ERRORS)):
        return Reply(503, response([{**told, "message": _AGAIN}]), headers={"retry-after": "5"})
    return Reply(500, response([told]))


_AGAIN = "The store did not do it just now. Try again in a moment."


def _refused(refusal: Refusal) -> Reply:
    status = _STATUSES_OF_REASONS.get(refusal.reason) or _STATUSES.get(refusal.code, 422)
    headers: dict[str, str] = {}
    if isinstance(refusal, Conflict):
        headers["upload-offset"] = str(refusal.parameters.get("ACTUAL", "0"))  # type: ignore[call-overload]
    return Reply(status, response([_told(each) for each in refusal.all]), headers=headers)


def _told(refusal: Refusal) -> dict[str, Any]:
    """As the errors of mutations say it, in `extensions`."""
    said: dict[str, Any] = {
        "reason": refusal.reason.value,
        "parameters": {name.value: text for name, text in told_parameters(refusal).items()},
    }
    if refusal.path:
        said["inputPath"] = [to_camel_case(step) if isinstance(step, str) else step for step in refusal.path]
    if isinstance(refusal, Forbidden) and refusal.right is not None:
        said["right"] = str(refusal.right)
    return error(refusal.message, refusal.code.value, **said)


async def send_reply(reply: Reply, extra: Mapping[str, str], receive: Receive, send: Send, *, read: bool) -> None:
    """The answer. Unless the body was `read`, the connection ends with it, and of the body something is heard until
    then."""
    if read:
        return await reply.send(send, extra)
    held: list[Any] = []

    async def hold(message: Any) -> None:
        held.append(message)

    await reply.send(hold, {**extra, "connection": "close"})
    for message in held:
        await send({**message, "more_body": True} if message["type"] == "http.response.body" else message)
    await _hear_out(receive)
    return await send({"type": "http.response.body", "body": b""})


async def _hear_out(receive: Receive) -> None:
    heard = 0
    try:
        async with asyncio.timeout(HEARD_FOR):
            while heard < HEARD_OUT:
                message = await receive()
                heard += len(message.get("body", b""))
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
    except TimeoutError:
        return
