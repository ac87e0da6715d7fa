"""What the pages point at is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, prose

_LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
#: Paths of ours in backticks: a file or folder of the repository.
_PATH = re.compile(r"`((?:[a-z_]+/)+[\w.*-]*|[a-z_]+\.(?:py|toml|md))`")
_MEDIA_TYPES = ("application/", "text/")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _anchors(text: str) -> set[str]:
    """As GitHub makes them of headings."""
    titles = (re.sub(r"[`*]", "", title).lower() for title in _HEADING.findall(prose(text)))
    return {re.sub(r"[^\w -]", "", title).replace(" ", "-") for title in titles}


def _broken(path: Path) -> Iterator[str]:
    for target in _LINK.findall(prose(path.read_text())):
        if re.match(r"https?://", target):
            continue
        file, _, anchor = target.partition("#")
        found = (path.parent / file).resolve() if file else path
        if not found.exists() or (anchor and anchor not in _anchors(found.read_text())):
            yield target


@pytest.mark.parametrize("path", PAGES, ids=_name)
def test_links_within_the_repository_resolve(path: Path) -> None:
    assert list(_broken(path)) == []


@pytest.mark.parametrize("path", PAGES, ids=_name)
def test_files_that_are_named_exist(path: Path) -> None:
    places = (ROOT, path.parent, ROOT / "models", ROOT / "tests")
    named = {name for name in _PATH.findall(prose(path.read_text())) if not name.startswith(_MEDIA_TYPES)}
    assert {name for name in named if not any((place / name).exists() for place in places)} <= {".jobwire/"}


def test_every_page_of_docs_can_be_reached() -> None:
    """From the README, page by page; decisions through their folder."""
    seen: set[Path] = set()
    pending = [ROOT / "README.md"]
    while pending:
        path = pending.pop()
        if path in seen:
            continue
        seen.add(path)
        targets = [(path.parent / link.partition("#")[0]).resolve() for link in _LINK.findall(path.read_text())]
        pending += [target for target in targets if target in PAGES]
        pending += [inner for target in targets if target.is_dir() for inner in target.glob("*.md")]
    assert set(PAGES) - seen == set()


def test_decisions_are_numbered_without_gaps_and_short() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(path.name[:4]) for path in decisions] == list(range(1, len(decisions) + 1))
    for path in decisions:
        text = path.read_text()
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"], path.name
        assert len(text.splitlines()) <= 35, path.name
