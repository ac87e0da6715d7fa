"""Texts that would have a terminal do something, and how they may be shown."""

import re
import unicodedata

#: Sets the title, conceals, goes up five lines, begins a command with a C1 control; turns around; ends lines.
ATTACK = "\x1b]2;T\x07\x1b[8m\x1b[5A\x9b\u202e\r\u2028\u2029\x7f\nforged"
SHOWN = "␛]2;T␇␛[8m␛[5A��␍��␡␊forged"
#: What rich would read for its markup.
MARKUP = "[link=x]y[/link]"
#: What JSON may hold besides, and no database keeps.
ONLY_JSON, ONLY_JSON_SHOWN = "\x00\ud800", "␀�"

#: What the board and the bar of progress draw with: colours, moves, the other screen, the cursor.
DRAWING = re.compile(r"\x1b\[[0-9;]*m|\x1b\[\?(?:25|1049)[hl]|\x1b\[2J|\x1b\[H|\x1b\[[12]K|\x1b\[1A|\r")
_OBEYED = {"Cc", "Cs", "Zl", "Zp"}
_TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def forged(output: str) -> list[str]:
    """The lines of an output that a text has made."""
    return [line for line in re.split(r"[\n\r\u2028\u2029]", output) if line.startswith("forged")]


def is_obeyed(character: str) -> bool:
    """Whether a terminal does something with it, rather than show it."""
    return unicodedata.category(character) in _OBEYED or unicodedata.bidirectional(character) in _TURNING


def obeyed(text: str, *, drawing: bool = False) -> list[str]:
    """What a terminal would obey in an output, its lines' ends left aside; and with `drawing`, what we draw with."""
    bare = DRAWING.sub("", text) if drawing else text
    return [character for character in bare if character != "\n" and is_obeyed(character)]
