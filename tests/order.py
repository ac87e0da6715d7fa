"""In which order the processes of a run take the tests: what takes long first, so that nobody waits for one test that
began last; and a module's tests by one process, as what they share is made by each that runs some of them."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

#: Modules that take long, with the seconds, roughly: the longest one comes first.
LONG = {
    "docs/test_live_examples.py": 90,
    "system/test_oracle.py": 80,
    "system/test_addresses.py": 70,
    "fuzz/test_fuzz.py": 60,
    "system/test_run.py": 60,
    "system/test_graphiql.py": 50,
    "api/test_twins.py": 50,
    "api/test_leaks.py": 50,
    "api/test_secrets.py": 40,
    "api/test_left_out.py": 40,
    "api/test_shared_queries.py": 40,
    "api/test_refusal_paths.py": 35,
    "system/test_embedded.py": 35,
    "system/test_season.py": 35,
    "system/test_followers.py": 30,
    "live/test_inherited.py": 30,
    "live/test_sufficiency.py": 25,
    "api/test_sharing.py": 25,
    "docs/test_recipes.py": 30,
    "interchange/test_commands.py": 20,
    "interchange/test_equal_answers.py": 20,
    "api/test_leaks_by_asking.py": 20,
    "api/test_leaks_of_changes.py": 20,
    "system/test_printable.py": 20,
    "system/test_lives_of_items.py": 20,
    "system/test_import.py": 20,
    "system/test_leaked_keys.py": 15,
    "docs/test_published_clients.py": 15,
    "interchange/test_many_lines.py": 10,
    "system/test_demo.py": 10,
    "domain/test_automove_at_random.py": 10,
    "system/test_shelf.py": 10,
    "system/test_worker.py": 10,
    "system/test_watch.py": 10,
}
_TESTS = Path(__file__).parent


@cache
def _name(path: Path) -> str:
    """What a module is called above. There are fifty tests of each."""
    return path.relative_to(_TESTS).as_posix()


def dealt(items: Sequence[pytest.Item], processes: int) -> list[pytest.Item]:
    """The tests as xdist's worksteal is to cut them: into as many pieces as there are processes, one after the other,
    each of which begins with its share of what takes long."""
    modules: dict[str, list[pytest.Item]] = {name: [] for name in LONG}
    rest: list[pytest.Item] = []
    for item in items:
        modules.get(_name(item.path), rest).append(item)
    hands: list[list[pytest.Item]] = [[] for _ in range(processes)]
    seconds = [0] * processes
    for name, tests in modules.items():
        least = seconds.index(min(seconds))
        hands[least] += tests
        seconds[least] += LONG[name] if tests else 0
    ordered: list[pytest.Item] = []
    for number, hand in enumerate(hands):
        piece = (len(items) - len(ordered)) // (processes - number)
        # Where there is little besides, a piece is cut elsewhere: that costs time and nothing else.
        others = max(0, piece - len(hand))
        ordered += hand + rest[:others]
        del rest[:others]
    return ordered + rest
