"""The rules of the house that no linter knows."""

import ast
import importlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.order import LONG

HOUSE = Path(__file__).parent.parent
ROOMS = (
    "app",
    "cli",
    "common",
    "demo",
    "embedded",
    "engine",
    "models",
    "resolvers",
    "schema",
    "subscriptions",
    "transport",
    "watch",
    "workers",
)


def _modules(*rooms: str) -> Iterator[tuple[Path, ast.Module]]:
    for room in rooms:
        for path in sorted((HOUSE / room).rglob("*.py")):
            yield path.relative_to(HOUSE), ast.parse(path.read_text())


@pytest.mark.parametrize("room", ROOMS)
def test_the_rooms_are_ours(room: str) -> None:
    """The names are generic: another package of the same name must not stand in for ours."""
    found = importlib.import_module(room).__file__
    assert found is not None
    assert Path(found).is_relative_to(HOUSE)


def test_the_linter_knows_every_room() -> None:
    """A room that no contract names could import whatever it likes."""
    linter = tomllib.loads((HOUSE / "pyproject.toml").read_text())["tool"]["importlinter"]
    packages = {path.parent.name for path in HOUSE.glob("*/__init__.py")}
    assert packages == {*linter["root_packages"]} == {*ROOMS, "bench"}
    assert list(HOUSE.glob("*.py")) == []
    contracts = {contract["name"]: contract for contract in linter["contracts"]}
    layers = [room for layer in contracts["Imports point down"]["layers"] for room in layer.split(" | ")]
    assert sorted(layers) == sorted(packages)
    acyclic = next(contract for contract in linter["contracts"] if contract["type"] == "acyclic_siblings")
    assert {*acyclic["ancestors"]} == packages
    # Benchmarks compare with the database itself, and embedded servers are databases.
    knowing = {"bench", "embedded", "models"}
    assert {*contracts["The database is known in models/ alone"]["source_modules"]} == packages - knowing
    assert not any("ignore_imports" in contract for contract in linter["contracts"])


def test_only_settings_reads_the_environment() -> None:
    offences = [
        str(path)
        for path, tree in _modules(*(room for room in ROOMS if room not in {"cli", "demo", "embedded"}))
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    ]
    assert offences == []


#: What reads a clock. `loop.time()` is one as well.
CLOCKS = {
    "monotonic",
    "monotonic_ns",
    "perf_counter",
    "perf_counter_ns",
    "process_time",
    "process_time_ns",
    "thread_time",
}
#: It compares two hundred clients at many moments, and prints how long they took. It asserts nothing of that.
TELLS_HOW_LONG = Path("tests/system/oracle")


def _reads_a_clock(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    named = node.func.attr
    return named in CLOCKS or (named == "time" and ast.unparse(node.func.value).endswith(("time", "loop", "loop()")))


def test_no_test_asserts_how_long_something_took() -> None:
    """Machines are shared: a deadline for a fact is generous, a measured time is for bench/. So nothing takes the
    difference of two moments."""
    offences = [
        f"{path}:{node.lineno} {ast.unparse(node)}"
        for path, tree in _modules("tests")
        if not path.is_relative_to(TELLS_HOW_LONG) and path.name != "test_oracle.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Sub)
        and (_reads_a_clock(node.left) or _reads_a_clock(node.right))
    ]
    assert offences == []


def test_what_begins_first_is_there() -> None:
    assert [name for name in LONG if not (HOUSE / "tests" / name).is_file()] == []


def test_only_one_module_reads_time_zones() -> None:
    """Anywhere else it would be the machine's own files that say which there are."""
    offences = [
        str(path)
        for path, tree in _modules(*ROOMS)
        if path != Path("common/time_zones.py")
        for node in ast.walk(tree)
        if (isinstance(node, ast.ImportFrom) and node.module == "zoneinfo")
        or (isinstance(node, ast.Import) and any(name.name == "zoneinfo" for name in node.names))
    ]
    assert offences == []


#: They put there what no command would, to see what becomes of it.
PAST_THE_RULES = {Path("tests/api/test_sent_back.py"), Path("tests/kinds/account_roles.py")}


def test_no_text_is_written_past_its_key() -> None:
    """What rows make of a text when they are saved, an UPDATE of many rows would leave as it was."""
    import models.rows as rows
    from models.rows.keys import MadeOf

    tables = [getattr(rows, name) for name in rows.__all__]
    sources = {
        field.source
        for table in tables
        if hasattr(table, "_meta")
        for field in table._meta.fields_map.values()
        if isinstance(field, MadeOf)
    }
    assert sources >= {"name", "email"}
    in_sql = re.compile(rf"\bUPDATE\b.*\bSET\b.*\b({'|'.join(sources)})\s*=", re.DOTALL)
    offences = [
        f"{path}:{node.lineno}"
        for path, tree in _modules(*ROOMS, "tests", "bench")
        if path not in PAST_THE_RULES
        for node in ast.walk(tree)
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "update"
            and sources & {keyword.arg for keyword in node.keywords}
        )
        or (isinstance(node, ast.Constant | ast.JoinedStr) and in_sql.search(ast.unparse(node)))
    ]
    assert offences == []


#: What writes past `common/terminal.py`, or has a library do so.
PRINTING = {"print", "getpass", "Console", "echo", "secho", "print_exc", "print_exception", "StreamHandler"}
STREAMS = {"stdout", "stderr", "__stdout__", "__stderr__"}
#: What is asked of a stream besides writing to it.
ASKED = {"isatty", "fileno"}


def test_only_the_terminal_prints() -> None:
    """What is printed elsewhere may hold anything."""
    offences = [
        f"{path}:{node.lineno}"
        for path, tree in _modules(*ROOMS)
        if path.name not in ("terminal.py", "launch.py")  # it becomes another program, before which it says one line
        for node in _printing(tree)
        if (path.name, _name(node)) != ("logging_setup.py", "StreamHandler")
    ]
    assert offences == []


def _printing(tree: ast.Module) -> Iterator[ast.expr]:
    asked = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in ASKED}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in PRINTING:
            yield node.func
        elif (
            isinstance(node, ast.Attribute)
            and node.attr in STREAMS
            and _is(node.value, "sys")
            and id(node) not in asked
        ):
            yield node


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _is(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


@pytest.mark.parametrize(
    ("code", "prints"),
    [("print(1)", 1), ("sys.stdout.write(x)", 1), ("Console()", 1), ("sys.stdout.isatty()", 0), ("process.stdout", 0)],
)
def test_printing_is_noticed(code: str, prints: int) -> None:
    assert len(list(_printing(ast.parse(code)))) == prints
