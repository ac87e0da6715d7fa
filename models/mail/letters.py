"""What mail says of an item that a client owes, whoever has it written."""

from typing import Any

from models.texts import NAME

#: What means something in Markdown: a title is text, whatever it looks like.
_SIGNS = frozenset("\\`*_{}[]<>()#+-.!|~")


def asking_for(item: Any, text: str) -> tuple[str, str]:
    """The subject and the text of a mail that tells of an item; `text` is what the firm says besides, in Markdown."""
    return item.title[: NAME.most], _saying(f"We ask you for {_named(item)}.", text)


def reminding_of(item: Any, text: str) -> tuple[str, str]:
    """The same, of one that reminds of it."""
    return f"Reminder: {item.title}"[: NAME.most], _saying(f"We are still waiting for {_named(item)}.", text)


def _named(item: Any) -> str:
    due = "" if item.due_date is None else f", which is due on {item.due_date.isoformat()}"
    title = "".join(f"\\{sign}" if sign in _SIGNS else sign for sign in item.title)
    return f"**{title}**{due}"


def _saying(opening: str, text: str) -> str:
    return "\n\n".join(part for part in (opening, text.strip()) if part)
