"""One card of the board, as lines of text: its name, and what the pipeline's `cardFields` name."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime
from typing import Any, NamedTuple

from rich.color import Color, ColorParseError
from rich.style import Style
from rich.text import Text

Data = dict[str, Any]
_URGENCY = {"URGENT": ("‼ ", "bold red"), "HIGH": ("! ", "bold yellow")}
_MOVED = Style(bgcolor="grey27")


class Fields(NamedTuple):
    """What the cards of a board show besides their names."""

    shown: frozenset[str]

    @classmethod
    def of(cls, board: Data) -> Fields:
        """Those of a pipeline."""
        return cls(frozenset(board["cardFields"]))

    @property
    def height(self) -> int:
        """The lines of a card, the empty one under it included. All cards of a board have as many."""
        return 2 + len(self.shown & {"ACCOUNT", "DESCRIPTION"}) + bool(self.shown & _GLANCES.keys())


class Look(NamedTuple):
    """When it is, for the firm, and for everybody."""

    today: date
    now: datetime


def card(job: Data, width: int, fields: Fields, look: Look, *, moved: bool) -> list[Text]:
    """A card of this width. A moved one stands out."""
    shown = fields.shown
    status = (job["status"] or {}) if "STATUS" in shown else {}
    lines = [_name(job, status, shown)]
    if "ACCOUNT" in shown:
        lines.append(Text((job["account"] or {}).get("name", ""), "dim"))
    if "DESCRIPTION" in shown:
        lines.append(Text(job.get("description") or "", "italic dim"))
    if shown & _GLANCES.keys():
        lines.append(_glance(job, shown, look))
    return [*(_line(text, width, _color(status), moved) for text in lines), Text(" " * width)]


def _name(job: Data, status: Data, shown: Collection[str]) -> Text:
    done = status.get("category") == "COMPLETED"
    mark, style = _URGENCY.get(job["priority"], ("", "")) if "PRIORITY" in shown else ("", "")
    name = Text("✓ " if done else mark, "green" if done else style)
    return name.append(job["name"], "dim" if done else "bold")


def _line(text: Text, width: int, color: Style, moved: bool) -> Text:
    text.truncate(width - 2, overflow="ellipsis", pad=True)
    line = Text.assemble(("┃" if moved else "▎", color), " ", text)
    if moved:
        line.stylize(_MOVED)
    return line


def _color(thing: Data) -> Style:
    """A colour and nothing more: read as a style, "link http://…" would make a link."""
    try:
        return Style(color=Color.parse(thing["color"]))
    except (KeyError, TypeError, ColorParseError):
        return Style(color="white")


def _glance(job: Data, shown: Collection[str], look: Look) -> Text:
    """What there is of what is to be known at a glance, the most telling first."""
    parts = [part(job, look) for field, part in _GLANCES.items() if field in shown]
    return Text("  ").join(part for part in parts if part is not None)


def _due(job: Data, look: Look) -> Text | None:
    if job["dueDate"] is None:
        return None
    due, today = date.fromisoformat(job["dueDate"]), look.today
    counts = bool((job["status"] or {}).get("countsAsOverdue"))
    if due < today and counts:
        return Text(_day(due, today), "bold red")
    return Text(_day(due, today), "yellow" if due == today and counts else "")


def _deadline(job: Data, look: Look) -> Text | None:
    if job["deadline"] is None:
        return None
    deadline = date.fromisoformat(job["deadline"])
    # Whatever holds a job, the law does not wait.
    missed = deadline < look.today and (job["status"] or {}).get("category") != "COMPLETED"
    return Text(f"by {_day(deadline, look.today)}", "bold red" if missed else "")


def _period(job: Data, _look: Look) -> Text | None:
    return Text(job["period"]["text"], "dim") if job["period"] else None


def _start(job: Data, look: Look) -> Text | None:
    return Text(f"from {_day(date.fromisoformat(job['startDate']), look.today)}", "dim") if job["startDate"] else None


def _day(day: date, today: date) -> str:
    return f"{day:%b} {day.day}" + ("" if day.year == today.year else f" {day.year}")


def _assignees(job: Data, _look: Look) -> Text | None:
    people = job["assignees"]
    return Text(" ".join(initials(member["name"]) for member in people), "magenta") if people else None


def _tasks(job: Data, _look: Look) -> Text | None:
    return Text(f"☐ {job['openTaskCount']}", "cyan") if job["openTaskCount"] else None


def _blocked(job: Data, _look: Look) -> Text | None:
    return Text("⊘ blocked", "bold red") if job.get("blocked") else None


def _status(job: Data, _look: Look) -> Text | None:
    status = job["status"] or {}
    return Text(status["name"], _color(status)) if status.get("category") == "CUSTOM" else None


def _budget(job: Data, _look: Look) -> Text | None:
    budget, tracked = job.get("budget"), job.get("tracked") or 0
    return Text(f"{_hours(tracked)}/{_hours(budget)}h", "red" if tracked > budget else "dim") if budget else None


def _hours(minutes: int) -> str:
    return f"{minutes / 60:.1f}".removesuffix(".0")


def _tags(job: Data, _look: Look) -> Text | None:
    tags = (job["account"] or {}).get("tags")
    return Text(" ").join(Text(f"#{tag['name']}", _color(tag)) for tag in tags) if tags else None


def _client_status(job: Data, _look: Look) -> Text | None:
    told = job["clientStatus"]
    return Text(f"»{told['name']}", _color(told)) if told["visible"] and told["name"] else None


def _time_in_stage(job: Data, look: Look) -> Text:
    minutes = int((look.now - datetime.fromisoformat(job["stageEnteredAt"])).total_seconds()) // 60
    days, hours = minutes // 1440, minutes // 60
    return Text(f"since {f'{days}d' if days else f'{hours}h' if hours else f'{max(0, minutes)}m'}", "dim")


#: By the field that shows it.
_GLANCES: dict[str, Callable[[Data, Look], Text | None]] = {
    "BLOCKED": _blocked,
    "DUE_DATE": _due,
    "DEADLINE": _deadline,
    "ASSIGNEES": _assignees,
    "TASKS": _tasks,
    "STATUS": _status,
    "BUDGET": _budget,
    "TIME_IN_STAGE": _time_in_stage,
    "START_DATE": _start,
    "PERIOD": _period,
    "CLIENT_STATUS": _client_status,
    "TAGS": _tags,
}


def initials(name: str) -> str:
    """Of the first and the last word of a name."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()
