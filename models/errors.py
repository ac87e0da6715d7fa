"""What a command says when it refuses. Each refusal knows its code; messages say what to do."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Self, Unpack

from models.reasons import Parameter, Parameters, Reason, filled_in


class Code(StrEnum):
    """Why something was refused."""

    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    FORBIDDEN = "FORBIDDEN"
    CONFLICT = "CONFLICT"
    RULE = "RULE"
    LIMIT = "LIMIT"


class Refusal(Exception):
    """Nothing was changed, and the caller can mend it. `path` names the input at fault, in the domain's names; so do
    the parameters of the reason. `beside` has what else is wrong with the same input."""

    code: Code

    def __init__(self, message: str, *path: str | int, reason: Reason, **parameters: Unpack[Parameters]) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.reason = reason
        self.parameters: dict[Parameter, str] = filled_in(reason, parameters)
        self.beside: tuple[Refusal, ...] = ()

    @property
    def all(self) -> Iterator["Refusal"]:
        """This one, and what is beside it."""
        yield self
        for other in self.beside:
            yield from other.all

    def within(self, *path: str | int) -> Self:
        """The refusal, as one of an input that stands there in a larger one."""
        for refusal in self.all:
            refusal.path = (*path, *refusal.path)
        return self


class Invalid(Refusal):
    """A value that can never be right: blank, too long, negative, of the wrong kind."""

    code = Code.INVALID


class NotFound(Refusal):
    """No such thing, or not for this caller: the two are never told apart."""

    code = Code.NOT_FOUND


class Forbidden(Refusal):
    """The caller sees the thing but lacks the right or the role, which the message and the parameters name."""

    code = Code.FORBIDDEN

    def __init__(self, message: str, *path: str | int, reason: Reason, **parameters: Unpack[Parameters]) -> None:
        super().__init__(message, *path, reason=reason, **parameters)
        rights = parameters.get("rights", ())
        #: The right that is lacking, where it is one; and the role.
        self.right = rights[0] if len(rights) == 1 else None
        self.role = parameters.get("role")


class RuleBroken(Refusal):
    """The state of things does not allow it now."""

    code = Code.RULE


class LimitReached(Refusal):
    """More than one call, or one caller, may ask for. `retry_after` is in seconds, where it is known when to try
    again."""

    code = Code.LIMIT

    def __init__(self, message: str, *path: str | int, reason: Reason, **parameters: Unpack[Parameters]) -> None:
        super().__init__(message, *path, reason=reason, **parameters)
        self.retry_after = parameters.get("retry_after")


class Conflict(Refusal):
    """Somebody else was faster. Carries the present row, so that the caller can show what differs."""

    code = Code.CONFLICT

    def __init__(
        self, message: str, present: Any, *path: str | int, reason: Reason, **parameters: Unpack[Parameters]
    ) -> None:
        super().__init__(message, *path, reason=reason, **parameters)
        self.present = present


class SignInRefused(Exception):
    """The caller is not, or no longer, somebody. `message` says what to do."""

    def __init__(self, message: str, code: str = "UNAUTHENTICATED") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


_CLASSES: tuple[type[Refusal], ...] = (Invalid, NotFound, Forbidden, RuleBroken, LimitReached)


def kept(refusal: Refusal) -> dict[str, Any]:
    """A refusal as JSON has it. A conflict's present row is not kept with it."""
    return {
        "code": refusal.code.value,
        "message": refusal.message,
        "path": list(refusal.path),
        "reason": refusal.reason.value,
        "parameters": {name.lower(): text for name, text in refusal.parameters.items()},
    }


def refusal_of(found: Mapping[str, Any]) -> Refusal:
    """The refusal that was kept so."""
    told = {"reason": Reason(found["reason"]), **found["parameters"]}
    if found["code"] == Code.CONFLICT:
        return Conflict(found["message"], None, *found["path"], **told)
    cls = next(cls for cls in _CLASSES if cls.code == found["code"])
    return cls(found["message"], *found["path"], **told)
