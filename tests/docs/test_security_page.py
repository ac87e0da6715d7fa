"""Each line of docs/security.md names a test, and the test is there."""

import ast
import re
from functools import cache

import pytest

from tests.docs.pages import ROOT, page, rows, section

PAGE = "docs/security.md"
#: Their lines are of what others do: the proxy, the operator.
WITHOUT_TESTS = {"What is left to the proxy", "After a leak"}
HEADINGS = [heading for heading in re.findall(r"^## (.+)$", page(PAGE), re.MULTILINE) if heading not in WITHOUT_TESTS]
ROWS = [cells for heading in HEADINGS for cells in rows(section(PAGE, heading))]
LINES = {cells[0]: cells[-1] for cells in ROWS}


def test_each_line_is_there_once() -> None:
    assert len(ROWS) == len(LINES)


@cache
def named_in(path: str) -> set[str]:
    """The names of a module's tests."""
    tree = ast.parse((ROOT / path).read_text())
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {function.name for function in functions if function.name.startswith("test_")}


@pytest.mark.parametrize("tried", LINES)
def test_each_line_names_a_test_that_is_there(tried: str) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", LINES[tried])
    assert named, f"This names no test as `tests/…/test_….py`, nor as `tests/…/test_….py::test_…`: {LINES[tried]}"
    assert [f"{path}::{name}" for path, name in named if name and name not in named_in(path)] == []
    assert [path for path, _ in named if not named_in(path)] == []
