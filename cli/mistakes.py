"""What goes wrong in a way that the person at the terminal can mend is one line for them, never a traceback."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from pydantic import ValidationError

from common.settings import Settings
from common.terminal import complain
from embedded import EmbeddedError
from models.connection import DatabaseUnreachable
from models.errors import Refusal

P = ParamSpec("P")


class Mistake(Exception):
    """The message is one line: what is wrong, and what to do about it."""


def plainly(interrupted: int = 130) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """For commands: they say their mistakes in one line. `interrupted` is the exit code when a signal ended it."""

    def wrap(command: Callable[P, None]) -> Callable[P, None]:
        @wraps(command)
        def run(*args: P.args, **kwargs: P.kwargs) -> None:
            try:
                command(*args, **kwargs)
            except KeyboardInterrupt:
                sys.exit(interrupted)
            except Exception as error:
                if (line := line_for(error)) is None:
                    raise
                complain(line)
                sys.exit(1)

        return run

    return wrap


def line_for(error: Exception) -> str | None:
    """The line for an error that a person can mend; None for a fault of ours."""
    if isinstance(error, ValidationError) and error.title == Settings.__name__:
        return _bad_setting(error)
    if isinstance(error, Mistake | EmbeddedError | DatabaseUnreachable | Refusal):
        return " ".join(str(error).split())
    return None


def _bad_setting(error: ValidationError) -> str:
    first = error.errors()[0]
    name = "_".join(["JOBWIRE", *(str(part).upper() for part in first["loc"])])
    whole = first["type"] in ("int_parsing", "int_type")
    reason = "must be a whole number" if whole else first["msg"].removeprefix("Value error, ")
    # What holds a password is not said again.
    hidden = not Settings.model_fields[str(first["loc"][0])].repr
    told = "is not right" if hidden else f"is set to {first['input']!r}"
    return f"{name} {told}: {reason[0].lower()}{reason[1:]}."
