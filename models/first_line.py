"""What a text in Markdown begins with, where it has no name of its own."""

import re

from models.invisible import nothing_to_see
from models.texts import NAME

#: A heading (https://spec.commonmark.org/0.31.2/#atx-headings), and the marks that a rule, a fence or an underline is.
_HEADING = re.compile(r"#{1,6}\s+(.*?)(?:\s+#+)?")
_MARKS = re.compile(r"[#=*_`~>|:+-]")


def first_line(text: str) -> str:
    """The first line that says something, without the marks of a heading, as long as a name may be; empty for none."""
    lines = (line.strip() for line in text.splitlines() if not nothing_to_see(_MARKS.sub("", line)))
    line = next(lines, "")
    heading = _HEADING.fullmatch(line)
    return (heading[1] if heading else line)[: NAME.most]
