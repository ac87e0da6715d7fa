"""What became of a request or a frame, told by what came back."""

ANSWERED, REFUSED, CUT_OFF, FAILED = "answered", "refused", "cut off", "failed"
#: There was nothing to wait for; nothing came of it in time.
SAID, GONE = "said", "gone"

#: So a caller is told that it was too much, whatever it was: over HTTP, in a payload, at the end of a socket.
_TOO_MUCH = (b'"retryAfter"', b"Try again in", b"Too many frames", b"Too many messages", b"Too many sockets")


def outcome_of(heard: bytes, *, status: int = 200, closed: bool = False) -> str:
    """`closed` is without an answer, or with the reason as the last thing."""
    if status == 429 or any(words in heard for words in _TOO_MUCH):
        return CUT_OFF
    if status >= 500:
        return FAILED
    if closed or status >= 400 or b'"errors":[{' in heard or b'"type":"error"' in heard:
        return REFUSED
    return ANSWERED
