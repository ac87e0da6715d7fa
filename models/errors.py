"""What a command says when it refuses. Each refusal knows its code; messages say what to do."""

from enum import StrEnum
from typing import Any


class Code(StrEnum):
    """Why something was refused."""

    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    FORBIDDEN = "FORBIDDEN"
    CONFLICT = "CONFLICT"
    RULE = "RULE"
    LIMIT = "LIMIT"


class Refusal(Exception):
    """Nothing was changed, and the caller can mend it. `path` names the input at fault, in the domain's names."""

    code: Code

    def __init__(self, message: str, *path: str | int) -> None:
        super().__init__(message)
        self.message = message
        self.path = path


class Invalid(Refusal):
    """A value that can never be right: blank, too long, negative, of the wrong kind."""

    code = Code.INVALID


class NotFound(Refusal):
    """No such thing, or not for this caller: the two are never told apart."""

    code = Code.NOT_FOUND


class Forbidden(Refusal):
    """The caller sees the thing but lacks the right or the role, which the message names, and either field."""

    code = Code.FORBIDDEN

    def __init__(self, message: str, *path: str | int, right: Any = None, role: Any = None) -> None:
        super().__init__(message, *path)
        self.right = right
        self.role = role


class RuleBroken(Refusal):
    """The state of things does not allow it now."""

    code = Code.RULE


class LimitReached(Refusal):
    """More than one call, or one caller, may ask for. `retry_after` is in seconds, where it is known when to try
    again."""

    code = Code.LIMIT

    def __init__(self, message: str, *path: str | int, retry_after: int | None = None) -> None:
        super().__init__(message, *path)
        self.retry_after = retry_after


class Conflict(Refusal):
    """Somebody else was faster. Carries the present row, so that the caller can show what differs."""

    code = Code.CONFLICT

    def __init__(self, message: str, present: Any, *path: str | int) -> None:
        super().__init__(message, *path)
        self.present = present


class SignInRefused(Exception):
    """The caller is not, or no longer, somebody. `message` says what to do."""

    def __init__(self, message: str, code: str = "UNAUTHENTICATED") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


_CLASSES: tuple[type[Refusal], ...] = (Invalid, NotFound, Forbidden, RuleBroken, LimitReached)


def refusal_of(code: Code, message: str, *path: str | int) -> Refusal:
    """The refusal that was stored as this code and message. A conflict's present row is not stored with it."""
    if code is Code.CONFLICT:
        return Conflict(message, None, *path)
    return next(cls for cls in _CLASSES if cls.code is code)(message, *path)
