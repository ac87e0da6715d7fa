"""The rules of the house that no linter knows."""

import ast
import importlib
import pkgutil
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from common.collector import paused
from tests.order import LONG

HOUSE = Path(__file__).parent.parent
ROOMS = (
    "app",
    "cli",
    "common",
    "demo",
    "embedded",
    "engine",
    "files",
    "interchange",
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
        yield from _parsed(room)


@cache
def _parsed(room: str) -> list[tuple[Path, ast.Module]]:
    """The modules of a room, which many rules look at."""
    with paused():
        paths = sorted((HOUSE / room).rglob("*.py"))
        return [(path.relative_to(HOUSE), ast.parse(path.read_text())) for path in paths]


@pytest.fixture(scope="module", autouse=True)
def nothing_stays() -> Iterator[None]:
    """What was parsed is a million objects, which the collector would go through for all tests that follow."""
    yield
    _parsed.cache_clear()


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
#: It tosses a coin of each two that do the same at once, whatever a machine takes for them: which of them took longer.
TOSSES_COINS = Path("tests/api/test_enumeration.py")


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
        if not path.is_relative_to(TELLS_HOW_LONG) and path.name != "test_oracle.py" and path != TOSSES_COINS
        for node in ast.walk(tree)
        if isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Sub)
        and (_reads_a_clock(node.left) or _reads_a_clock(node.right))
    ]
    assert offences == []


#: What says the time of day, however it is reached: `datetime.now(UTC)`, `firm.today(…)`, `time.time()`.
SAYS_THE_TIME = {"now", "today", "utcnow", "time", "time_ns", *CLOCKS}
IN_SQL = re.compile(r"\bnow\(\)|\bcurrent_(date|time|timestamp)\b|\bclock_timestamp\b", re.IGNORECASE)
#: The one clock of an operation; and sessions, which are no part of an answer that is given again.
#: A preview runs commands, which act now: its answer is given to nobody else.
MAY_KNOW_THE_TIME = {
    Path("resolvers/timing.py"),
    Path("resolvers/sign_in.py"),
    Path("resolvers/portal/sign_in.py"),
    Path("resolvers/automations.py"),
}
#: What reads the log: of an answer with something of it, the context says so.
READS_THE_LOG = {"read_log", "read_histories", "revision_of_creation"}


def _says_the_time(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        # An event's `now()` is where its thing stands.
        return _name(node.func) in SAYS_THE_TIME and ast.unparse(node.func) != "event.now"
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(IN_SQL.search(node.value))


@cache
def _without_a_time(*folders: str) -> set[str]:
    """The functions and methods that look at a clock by themselves, or call one of their module that does."""
    return {name for path, tree in _modules(*folders) if "migrations" not in path.parts for name in _looking(tree)}


def _looking(tree: ast.Module) -> set[str]:
    texts = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign) and any(map(_says_the_time, ast.walk(node.value)))
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    found = {function.name for function in functions if any(map(_says_the_time, ast.walk(function)))}
    size = -1
    while size < len(found):
        size = len(found)
        found |= {
            function.name
            for function in functions
            if any(isinstance(node, ast.Name) and node.id in found | texts for node in ast.walk(function))
        }
    return found


def _roads_to_a_clock(tree: ast.Module) -> Iterator[ast.AST]:
    looking, of_rows = _without_a_time("models"), _without_a_time("models/rows", "models/items")
    of_models: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            names = {alias.name for alias in node.names}
            of_models |= {alias.asname or alias.name for alias in node.names if node.module == "models"}
            if node.module in ("time", "models.clock") or (
                node.module.partition(".")[0] == "models" and names & {*looking, "clock"}
            ):
                yield node
        elif isinstance(node, ast.Import) and any(alias.name == "time" for alias in node.names):
            yield node
    for node in ast.walk(tree):
        if _says_the_time(node):
            yield node
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of, called = node.func.value, node.func.attr
            if called in (looking if isinstance(of, ast.Name) and of.id in of_models else of_rows):
                yield node


def test_what_clients_are_shown_knows_no_time_but_the_contexts() -> None:
    """Else an answer that depends on the time would be given again at another."""
    offences = [
        f"{path}:{getattr(node, 'lineno', 0)} {ast.unparse(node)}"
        for path, tree in _modules("schema", "resolvers")
        if path not in MAY_KNOW_THE_TIME
        for node in _roads_to_a_clock(tree)
    ]
    assert offences == []


@pytest.mark.parametrize(
    ("code", "roads"),
    [
        ("datetime.now(UTC)", 1),
        ("date.today()", 1),
        ("firm.today(moment)", 1),
        ("context.now, context.today", 0),
        ("import time", 1),
        ("from time import monotonic", 1),
        ("from models import clock", 1),
        ("from models.clock import day_in", 1),
        ("from models.sign_in import authenticate", 1),
        ("from models.viewers import viewers_of_sessions", 1),
        ("from models import viewers as who\nwho.viewers_of_sessions(ids)", 1),
        ("context.refresh()", 0),
        ("entry.forgotten(context.now)", 0),
        ("sql('SELECT now()')", 1),
    ],
)
def test_a_road_to_a_clock_is_noticed(code: str, roads: int) -> None:
    assert len(list(_roads_to_a_clock(ast.parse(code)))) == roads


def test_the_log_is_read_through_the_context() -> None:
    offences = [
        str(path)
        for path, tree in _modules("schema", "resolvers")
        if path != Path("resolvers/context.py")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and READS_THE_LOG & {alias.name for alias in node.names}
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
PAST_THE_RULES = {
    Path("tests/api/test_sent_back.py"),
    Path("tests/kinds/account_roles.py"),
    Path("tests/kinds/contacts.py"),
    Path("tests/kinds/folders.py"),
    # They fill the keys of what was there before, or write what the version before did.
    Path("models/migrations/0012_lists.py"),
    Path("tests/domain/test_lists_migration.py"),
}


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
    assert sources >= {"name", "email", "client_status_name"}
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
        or (isinstance(node, ast.Constant | ast.JoinedStr) and in_sql.search(_text(node)))
    ]
    assert offences == []


def _text(node: ast.Constant | ast.JoinedStr) -> str:
    return ast.unparse(node) if isinstance(node, ast.JoinedStr) else str(node.value)


#: What raises a version says who raised it: models/stamps.py has the words for it.
RAISES = re.compile(r"\bversion\s*=\s*(\w+\.)?version\s*\+\s*1")


def test_no_version_is_raised_without_a_stamp() -> None:
    offences = [
        f"{path}:{node.lineno}"
        for path, tree in _modules("models")
        if path.parent.name != "migrations"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and RAISES.search(node.value)
    ]
    assert offences == []


#: What writes past `common/terminal.py`, or has a library do so.
PRINTING = {"print", "getpass", "Console", "echo", "secho", "print_exc", "print_exception", "StreamHandler"}
STREAMS = {"stdout", "stderr", "__stdout__", "__stderr__"}
#: What is asked of a stream besides writing to it.
ASKED = {"isatty", "fileno"}


def test_every_migration_is_one_of_the_house() -> None:
    """As Tortoise writes it, it would copy all models before each of its steps."""
    from models import migrations
    from models.migration_steps import Migration

    names = [module.name for module in pkgutil.iter_modules(migrations.__path__, f"{migrations.__name__}.")]
    assert names
    assert [name for name in names if not issubclass(importlib.import_module(name).Migration, Migration)] == []


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
