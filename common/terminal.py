"""What reaches a terminal, a pipe or a log line: printable text, and nothing that a text says beside it.

A name may hold what a terminal obeys (`ESC ] 2 ; … BEL` sets its title), what turns the letters after it around, or a
line's end that makes one line two. Everything that is printed goes through here; `tests/test_house.py` sees to it.
"""

import getpass
import io
import re
import sys
import threading
import traceback
from typing import Any, TextIO

from rich.console import Console

#: Controls (C0, DEL, C1), what ends a line or a paragraph, what embeds, overrides or isolates a direction of writing
#: and its deprecated relatives, marks of annotations, and halves of characters.
_UNPRINTABLE = "\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u206f\ufff9-\ufffb\ud800-\udfff"
_IN_A_LINE = re.compile(f"[{_UNPRINTABLE}]")
#: Where the text has lines of its own, or what moves the cursor and colours letters is ours: these stay as they are.
_STYLES = r"\n|\x1b\[[0-9;]*m"
_MOVES = rf"{_STYLES}|\r|\x1b\[(?:\?25[hl]|\?1049[hl]|2J|[0-9;]*[ABCDGHK])"
_INDENT = "    "


def printable(text: str) -> str:
    """The text as one line, as wide as it is long: a sign in place of whatever is not to be seen but obeyed."""
    return _IN_A_LINE.sub(_sign, text)


def printable_in(value: Any) -> Any:
    """A value as JSON has it, with all its texts printable."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {printable(str(name)): printable_in(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [printable_in(inner) for inner in value]
    return value if value is None or isinstance(value, bool | int | float) else printable(repr(value))


def block(text: str) -> str:
    """A text of several lines, which are seen to belong together: none of them looks like a line of its own."""
    return "\n".join(_INDENT + printable(line) for line in text.rstrip().split("\n"))


def say(*lines: object) -> None:
    """Print each on a line of its own."""
    for line in lines:
        print(printable(str(line)))
    sys.stdout.flush()


def complain(problem: object) -> None:
    """Print on stderr what is wrong, in one line."""
    print(f"jobwire: {printable(str(problem))}", file=sys.stderr, flush=True)


def tell_fault(fault: BaseException) -> None:
    """Print on stderr where an exception came from, as Python does. No line of its message looks like one of ours."""
    head, *rest = "".join(traceback.format_exception(fault)).rstrip().split("\n")
    print(printable(head), *map(block, rest), sep="\n", file=sys.stderr, flush=True)


def ask_secret(question: str) -> str:
    """What a person types, which is not shown."""
    return getpass.getpass(printable(question))


def screen(*, stderr: bool = False) -> Console:
    """For what draws: its colours and its moves reach the terminal, and nothing else does that is not printable."""
    return Console(file=_Guard.around(_original(stderr=stderr), _MOVES))


def styled_stderr() -> TextIO:
    """For lines with colours of ours."""
    return _Guard.around(_original(stderr=True), _STYLES)


def guard_output() -> None:
    """From now on whatever anybody writes to stdout and stderr is printable: libraries, warnings, tracebacks too."""
    sys.stdout = _Guard.around(sys.stdout, r"\n")
    sys.stderr = _Guard.around(sys.stderr, r"\n")
    threading.excepthook = _tell_of_thread


class _Guard(io.TextIOWrapper):
    """A stream that lets through what is printable, and what is known."""

    _known: re.Pattern[str]

    @classmethod
    def around(cls, stream: TextIO, known: str) -> "_Guard":
        guard = cls(stream.buffer, stream.encoding, "backslashreplace", line_buffering=True)
        guard._known = re.compile(rf"({known})|[{_UNPRINTABLE}]")
        return guard

    def write(self, text: str) -> int:
        super().write(self._known.sub(lambda found: found[1] or _sign(found), text))
        return len(text)

    def close(self) -> None:
        # The stream below belongs to the process.
        self.flush()


def _original(*, stderr: bool) -> TextIO:
    stream = sys.__stderr__ if stderr else sys.__stdout__
    assert stream is not None
    return stream


def _sign(found: re.Match[str]) -> str:
    """The picture of a control, where Unicode has one."""
    code = ord(found[0])
    return chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else "\ufffd"


def _tell_of_thread(lost: threading.ExceptHookArgs) -> None:
    if lost.exc_value is not None and lost.exc_type is not SystemExit:
        tell_fault(lost.exc_value)
