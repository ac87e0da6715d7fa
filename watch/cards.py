"""One card of the board, as lines of text."""

from __future__ import annotations

from datetime import date
from typing import Any

from rich.color import Color, ColorParseError
from rich.style import Style
from rich.text import Text

Data = dict[str, Any]
#: Lines of a card, the empty one under it included.
HEIGHT = 4
_URGENCY = {"URGENT": ("‼ ", "bold red"), "HIGH": ("! ", "bold yellow")}
_MOVED = Style(bgcolor="grey27")


def card(job: Data, width: int, today: date, *, moved: bool) -> list[Text]:
    """A card of this width: its name, its client, what is to be known at a glance. A moved one stands out."""
    status, done = job["status"] or {}, (job["status"] or {}).get("category") == "COMPLETED"
    name = Text()
    mark, style = _URGENCY.get(job["priority"], ("", ""))
    name.append("✓ " if done else mark, "green" if done else style)
    name.append(job["name"], "dim" if done else "bold")
    client = Text((job["account"] or {}).get("name", ""), "dim")
    lines = [_line(text, width, _color(status), moved) for text in (name, client, _glance(job, today))]
    return [*lines, Text(" " * width)]


def _line(text: Text, width: int, color: Style, moved: bool) -> Text:
    text.truncate(width - 2, overflow="ellipsis", pad=True)
    line = Text.assemble(("┃" if moved else "▎", color), " ", text)
    if moved:
        line.stylize(_MOVED)
    return line


def _glance(job: Data, today: date) -> Text:
    """Due date, people, open tasks, custom status, time: what there is of it, the most telling first."""
    status = job["status"] or {}
    parts = []
    if job["dueDate"]:
        parts.append(_due(date.fromisoformat(job["dueDate"]), today, bool(status.get("countsAsOverdue"))))
    if job["assignees"]:
        parts.append(Text(" ".join(initials(member["name"]) for member in job["assignees"]), "magenta"))
    if job["openTaskCount"]:
        parts.append(Text(f"☐ {job['openTaskCount']}", "cyan"))
    if status.get("category") == "CUSTOM":
        parts.append(Text(status["name"], _color(status)))
    if job.get("budget"):
        parts.append(_time(job["tracked"] or 0, job["budget"]))
    return Text("  ").join(parts)


def _color(status: Data) -> Style:
    """A colour and nothing more: read as a style, "link http://…" would make a link."""
    try:
        return Style(color=Color.parse(status["color"]))
    except (KeyError, ColorParseError):
        return Style(color="white")


def _due(due: date, today: date, counts: bool) -> Text:
    shown = f"{due:%b} {due.day}" + ("" if due.year == today.year else f" {due.year}")
    if due < today and counts:
        return Text(shown, "bold red")
    return Text(shown, "yellow" if due == today and counts else "")


def _time(tracked: int, budget: int) -> Text:
    return Text(f"{_hours(tracked)}/{_hours(budget)}h", "red" if tracked > budget else "dim")


def _hours(minutes: int) -> str:
    return f"{minutes / 60:.1f}".removesuffix(".0")


def initials(name: str) -> str:
    """Of the first and the last word of a name."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()
