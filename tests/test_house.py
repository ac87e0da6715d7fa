"""The rules of the house that no linter knows."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.order import LONG

HOUSE = Path(__file__).parent.parent
ROOMS = ("cli", "demo", "embedded", "models", "resolvers", "schema", "subscriptions", "transport", "watch", "workers")
#: How rows are reached without a scope. Only models/ may.
UNSCOPED = {"all", "annotate", "bulk_create", "create", "exclude", "filter", "first", "get", "get_or_none", "raw"}


def _modules(*rooms: str) -> Iterator[tuple[Path, ast.Module]]:
    for room in rooms:
        for path in sorted((HOUSE / room).rglob("*.py")):
            yield path.relative_to(HOUSE), ast.parse(path.read_text())


@pytest.mark.parametrize("room", [*ROOMS, "app", "settings"])
def test_the_rooms_are_ours(room: str) -> None:
    """The names are generic: another package of the same name must not stand in for ours."""
    found = importlib.import_module(room).__file__
    assert found is not None
    assert Path(found).is_relative_to(HOUSE)


def test_rows_are_reached_through_a_scope() -> None:
    """Outside models/ nobody can forget the tenant, because nobody queries a table: they ask a scope."""
    import models.rows as rows

    tables = {name for name in rows.__all__ if isinstance(getattr(rows, name), type)}
    offences = [
        f"{path}:{node.lineno} {node.value.id}.{node.attr}"
        for path, tree in _modules("resolvers", "schema", "subscriptions", "transport", "workers", "watch")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in tables
        and node.attr in UNSCOPED
    ]
    # A table of links is a condition on visible rows, never what is returned.
    assert offences == []


def test_only_the_command_line_imports_the_application() -> None:
    offences = [
        str(path)
        for path, tree in _modules(*(room for room in ROOMS if room != "cli"))
        for node in ast.walk(tree)
        if (isinstance(node, ast.ImportFrom) and node.module == "app")
        or (isinstance(node, ast.Import) and any(name.name == "app" for name in node.names))
    ]
    assert offences == []


def test_only_settings_reads_the_environment() -> None:
    offences = [
        str(path)
        for path, tree in _modules("models", "resolvers", "schema", "subscriptions", "transport", "workers")
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
        for node in ast.walk(tree)
        if (isinstance(node, ast.ImportFrom) and node.module == "zoneinfo")
        or (isinstance(node, ast.Import) and any(name.name == "zoneinfo" for name in node.names))
    ]
    assert offences == []


#: They put there what no command would, to see what becomes of it.
PAST_THE_RULES = {Path("tests/api/test_sent_back.py")}


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


#: What writes past `terminal.py`, or has a library do so.
PRINTING = {"print", "getpass", "Console", "echo", "secho", "print_exc", "print_exception", "StreamHandler"}
STREAMS = {"stdout", "stderr", "__stdout__", "__stderr__"}
#: What is asked of a stream besides writing to it.
ASKED = {"isatty", "fileno"}


def test_only_the_terminal_prints() -> None:
    """What is printed elsewhere may hold anything."""
    offences = [
        f"{path}:{node.lineno}"
        for path, tree in [*_modules(*ROOMS), *_flat_modules()]
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


def _flat_modules() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(HOUSE.glob("*.py")):
        yield path.relative_to(HOUSE), ast.parse(path.read_text())


@pytest.mark.parametrize(
    ("code", "prints"),
    [("print(1)", 1), ("sys.stdout.write(x)", 1), ("Console()", 1), ("sys.stdout.isatty()", 0), ("process.stdout", 0)],
)
def test_printing_is_noticed(code: str, prints: int) -> None:
    assert len(list(_printing(ast.parse(code)))) == prints
