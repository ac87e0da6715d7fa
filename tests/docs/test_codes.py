"""The close codes and error codes on the pages are those of the code, and the other way round."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from models.errors import Code
from tests.docs.pages import ROOT, first_cells, rows, section
from transport.codes import Close, clients_retry


def test_close_codes() -> None:
    told = {
        int(cells[0].strip("`")): (cells[1].strip("`"), cells[3])
        for cells in rows(section("docs/live.md", "Close codes"))
    }
    known = {int(code): (code.name, "come back" if clients_retry(code) else "give up") for code in Close}
    assert told == known


def test_error_codes_of_payloads() -> None:
    told, _, _ = section("docs/api.md", "Errors").partition("Everything else is a top-level error")
    assert first_cells(told) == [code.value for code in Code]


def test_top_level_error_codes() -> None:
    _, _, told = section("docs/api.md", "Errors").partition("Everything else is a top-level error")
    assert set(first_cells(told)) == _codes_in_the_source()


_SAYS_A_CODE = {"Rejected", "error", "_deny", "_with_code", "SignInRefused", "NotSignedIn", "coded"}


def _codes_in_the_source() -> set[str]:
    """What is said as `extensions.code`, besides the refusals that only payloads have."""
    found = {Code.NOT_FOUND.value}  # A refusal raised where there is no payload: subscribing.
    for path in [*ROOT.glob("transport/*.py"), *ROOT.glob("engine/*.py"), *ROOT.glob("models/*.py")]:
        found |= set(_codes_in(ast.parse(path.read_text())))
    return found


def _codes_in(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        values: list[ast.expr | None] = []
        if isinstance(node, ast.Call) and _name_of(node.func) in _SAYS_A_CODE:
            values = [*node.args]
        elif isinstance(node, ast.FunctionDef):
            values = [*node.args.defaults] if any(arg.arg == "code" for arg in node.args.args) else []
        elif isinstance(node, ast.Assign) and any(_name_of(target) == "code" for target in node.targets):
            values = [node.value]
        for value in values:
            for constant in ast.walk(value) if value is not None else ():
                if isinstance(constant, ast.Constant) and re.fullmatch(r"[A-Z][A-Z_]{3,}", str(constant.value)):
                    yield str(constant.value)


def _name_of(node: ast.expr) -> str:
    return getattr(node, "id", getattr(node, "attr", ""))
