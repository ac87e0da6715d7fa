"""Nothing but printable text reaches a terminal or a log line, whatever is printed or logged."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from common.terminal import block, printable, printable_in
from tests.hostile import ATTACK, MARKUP, SHOWN, forged, is_obeyed, obeyed

ROOT = Path(__file__).parents[2]
ANY_TEXT = st.text(st.characters(), max_size=40)
TOLD = 0
#: Whatever a process prints and logs. Each text has a number, by which it is found again.
NOISE = """
import itertools, logging, sys, threading, warnings
import structlog
from common.logging_setup import set_up_logging
from common.terminal import complain, guard_output, say, tell_fault

numbers = itertools.count()
guard_output()
set_up_logging("INFO")
ours, theirs = structlog.get_logger("jobwire"), logging.getLogger("uvicorn.error")

def attack():
    return f"{sys.argv[1]}<{next(numbers)}>"

def fail():
    token = "a secret of this frame"
    error = ValueError(attack())
    error.add_note(attack())
    raise error from KeyError(attack())

def failing(tell):
    try:
        fail()
    except ValueError as error:
        tell(error)

say(attack(), [attack()])
complain(attack())
ours.warning(attack(), field=attack(), fields={attack(): [attack(), (attack(),)]}, thing=type(attack(), (), {}))
failing(lambda error: ours.exception("fault", cause=error))
theirs.warning("%s", attack())
theirs.warning(attack() + "\\n", stack_info=True)
failing(lambda _: theirs.exception("Exception in %s\\n", attack()))
theirs.error("group", exc_info=ExceptionGroup(attack(), [ValueError(attack())]))
failing(tell_fault)
warnings.warn(attack())
thread = threading.Thread(target=fail)
thread.start()
thread.join()
# What writes past all of that has as many lines as it likes.
sys.stderr.write(attack().replace("\\n", ""))
print(attack().replace("\\n", ""))
print(next(numbers), "texts")
"""


def test_every_character_is_shown_as_itself_or_as_one_sign() -> None:
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        shown = printable(character)
        if is_obeyed(character):
            assert len(shown) == cell_len(shown) == 1, hex(code)
            assert not is_obeyed(shown), hex(code)
        elif shown != character:
            # Besides, only what formats and is nothing by itself.
            assert not character.isprintable(), hex(code)


def test_what_scripts_and_emoji_need_stays() -> None:
    for text in (
        "Café Ünal",
        "עברית\u200f!",
        "क्\u200dष",
        "👩\u200d👩\u200d👧",
        "日本語",
        "a\u0301",
        "soft\u00adhyphen",
    ):
        assert printable(text) == text


@given(ANY_TEXT)
def test_a_line_stays_one_and_a_block_stays_together(text: str) -> None:
    assert printable(text).isprintable() or not obeyed(printable(text))
    assert len(printable(text)) == len(text)
    assert len(printable(text).splitlines()) <= 1
    assert all(line.startswith("    ") for line in block(text).split("\n"))
    assert not obeyed(block(text))


@given(
    st.recursive(ANY_TEXT | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner))
)
def test_every_text_of_a_value_is_printable_and_the_value_is_the_same(value: object) -> None:
    made = printable_in(value)
    assert not obeyed(json.dumps(made, ensure_ascii=False))
    assert printable_in(made) == made


def _output(*, terminal: bool) -> str:
    """What the noise above comes to."""
    command = [sys.executable, "-W", "always", "-c", NOISE, ATTACK + MARKUP]
    if not terminal:
        done = subprocess.run(command, cwd=ROOT, stdout=-1, stderr=subprocess.STDOUT, timeout=60, check=True)
        return done.stdout.decode()
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color"}
    with subprocess.Popen(command, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        written = bytearray()
        while piece := _read(ours):
            written += piece
        assert process.wait(60) == 0
    os.close(ours)
    # The terminal's driver adds the carriage return.
    return written.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:
        return b""


@pytest.mark.parametrize("terminal", [False, True], ids=["pipe", "terminal"])
def test_nothing_that_is_printed_or_logged_is_obeyed_or_forges_a_line(terminal: bool) -> None:
    output = _output(terminal=terminal)
    shown = re.sub(r"\x1b\[[0-9;]*m", "", output) if terminal else output
    assert obeyed(shown) == []
    assert "\x1b[8m" not in output
    assert forged(output) == []
    # All that was printed and logged is there, for who looks for it.
    told = "\n".join(map(_with_fields, shown.split("\n")))
    (texts,) = map(int, re.findall(r"^(\d+) texts$", told, re.MULTILINE))
    assert texts > 20
    assert [number for number in range(texts) if f"{MARKUP}<{number}>" not in told] == []
    assert SHOWN in told
    # What the variables of a frame hold is not.
    assert "a secret of this frame" not in told


def _with_fields(line: str) -> str:
    """A line of JSON with its texts as they are."""
    return " ".join(map(str, _texts(json.loads(line)))) if line.startswith("{") else line


def _texts(value: object) -> list[object]:
    if isinstance(value, dict):
        return [text for pair in value.items() for inner in pair for text in _texts(inner)]
    return [text for inner in value for text in _texts(inner)] if isinstance(value, list) else [value]
