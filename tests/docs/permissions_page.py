"""Writes the tables of docs/permissions.md from the rights table: `python -m tests.docs.permissions_page`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from models.rights import ACTIONS, FIELDS, LEADERS, NOTHING, Requirement, Right, Role
from resolvers.root import graphql_schema
from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "permissions.md"

#: What each right is about, besides the mutations and fields that need it: what the checks of rows make of it.
MEANINGS = {
    Right.VIEW_ALL_ACCOUNTS: "Seeing every account, not only the assigned ones.",
    Right.MANAGE_TIME_ENTRIES: "Seeing, logging, changing and deleting others' time entries, stopping their timers.",
    Right.MANAGE_TIME_BUDGETS: "Also: being told of time logged on visible jobs, without whose it was.",
}
UNUSED = "Not used in this version."


def fresh(text: str) -> str:
    """The page's text with its tables as they should be. What stands outside of their marks stays."""
    for name, make in _TABLES.items():
        marks = re.compile(rf"(<!-- table: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        text, times = marks.subn(lambda found, make=make: f"{found[1]}{make()}{found[2]}", text)  # type: ignore[misc]
        if times != 1:
            raise ValueError(f"docs/permissions.md must have the mark of the table {name!r} just once.")
    return text


def _rights() -> str:
    return _table(
        ("right", "mutations that need it", "fields that it withholds", "what else"),
        ((f"`{right}`", _mutations(right), _fields(right), _meaning(right)) for right in Right),
    )


def _mutations(right: Right) -> str:
    return _names(action for action, needed in _actions() if needed.right is right)


def _fields(right: Right) -> str:
    found = [(f"{owner}.{field}", needed) for (owner, field), needed in FIELDS.items() if needed.right is right]
    always, unless_own = ([name for name, needed in found if needed.unless_own is own] for own in (False, True))
    if not unless_own:
        return _names(always)
    own = f"except of one's own on `viewerChanges`: {_names(unless_own)}"
    return f"{_names(always)}; {own}" if always else own


def _meaning(right: Right) -> str:
    return MEANINGS.get(right, "" if _mutations(right) or _fields(right) else UNUSED)


def _by_role() -> str:
    needed = (Requirement(role=Role.OWNER), Requirement(role=Role.ADMIN), NOTHING)
    return _table(
        ("who", "mutations"),
        ((_who(requirement), _names(a for a, n in _actions() if n == requirement)) for requirement in needed),
    )


def _actions() -> Iterable[tuple[str, Requirement]]:
    """Those that clients can call: the table has commands, too, that only the program's own parts do."""
    root = graphql_schema().mutation_type
    assert root is not None
    return ((action, needed) for action, needed in ACTIONS.items() if action in root.fields)


def _who(needed: Requirement) -> str:
    if needed.role is Role.OWNER:
        return "The owner alone"
    if needed.role is Role.ADMIN:
        return " and ".join(f"`{role}`" for role in Role if role in LEADERS)
    return "Every member, on what they see"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n".replace("|  |", "| |").replace("|  |", "| |") for cells in lines)


_TABLES: dict[str, Callable[[], str]] = {"rights": _rights, "roles": _by_role}


def main() -> None:
    """Write the page anew."""
    PAGE.write_text(fresh(PAGE.read_text()))


if __name__ == "__main__":
    main()
