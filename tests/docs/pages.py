"""The pages of the documentation, and what stands in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        *ROOT.glob("docs/**/*.md"),
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")),
    ]
)
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of code."""

    page: str
    line: int
    language: str
    text: str

    @property
    def where(self) -> str:
        """For people who look for it."""
        return f"{self.page}:{self.line}"


def page(name: str) -> str:
    """A page's text, by its path in the repository."""
    return (ROOT / name).read_text()


def everything() -> str:
    """All pages, one after the other."""
    return "\n".join(path.read_text() for path in PAGES)


def blocks(language: str) -> list[Block]:
    """All blocks of a language, on all pages."""
    return [
        Block(str(path.relative_to(ROOT)), text[: found.start()].count("\n") + 1, found[1], found[2])
        for path in PAGES
        for text in [path.read_text()]
        for found in _FENCE.finditer(text)
        if found[1] == language
    ]


def prose(text: str) -> str:
    """A page without its blocks of code."""
    return _FENCE.sub("", text)


def section(name: str, heading: str) -> str:
    """What stands under a heading of a page, up to the next heading of its level or above."""
    text = page(name)
    start = re.search(rf"^(#+) {re.escape(heading)}$", text, re.MULTILINE)
    assert start is not None, f"{name} has no heading {heading!r}."
    end = re.compile(rf"^#{{1,{len(start[1])}}} ", re.MULTILINE).search(text, start.end())
    return text[start.end() : end.start() if end else None]


def rows(text: str) -> list[list[str]]:
    """The cells of the tables in a text, without their heads."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    bare = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))] for line in lines]
    heads = {index - 1 for index, cells in enumerate(bare) if all(re.fullmatch(r":?-+:?", cell) for cell in cells)}
    return [cells for index, cells in enumerate(bare) if index not in heads and index - 1 not in heads]


def first_cells(text: str) -> list[str]:
    """What the first column of the tables in a text names in backticks."""
    return [name for cells in rows(text) for name in re.findall(r"`([^`]+)`", cells[0])]
