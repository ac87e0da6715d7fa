"""Comparing the answers of two executors.

The data must be the same, with the keys in the same order. Where an error makes null more than its own field, the
specification leaves open which errors of the others there are told: they "may be cancelled"
(https://spec.graphql.org/draft/#sec-Handling-Execution-Errors). So outside of such places the errors must be the same;
in each of them there is at least one, and none that is not a failure of that field.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from inspect import isawaitable
from typing import Any

from graphql import ExecutionResult, GraphQLError

Answer = ExecutionResult | Awaitable[ExecutionResult]
Place = tuple[str | int, ...]


#: With it each field fails by itself, and takes nothing of what is around with it.
_BY_ITSELF = "@experimental_disableErrorPropagation"


def apart(text: str) -> tuple[str, str]:
    """The document with each field failing by itself; and as it is, with everything in the same line and column."""
    head, _, rest = text.partition("{")
    return f"{head}{_BY_ITSELF} {{{rest}", f"{head}{' ' * len(_BY_ITSELF)} {{{rest}"


async def result_of(run: Callable[[], Any]) -> ExecutionResult:
    """The result of an execution that may have to be awaited."""
    result: Any = run()
    if isawaitable(result):
        result = await result
    assert isinstance(result, ExecutionResult)
    return result


def assert_same(ours: ExecutionResult, stock: ExecutionResult, possible: Iterable[GraphQLError] = ()) -> None:
    """`possible` are all failures of single fields, each by itself."""
    assert json.dumps(ours.data) == json.dumps(stock.data)
    our_own, our_taken = _sorted(ours)
    its_own, its_taken = _sorted(stock)
    assert our_own == its_own
    assert our_taken.keys() == its_taken.keys()
    failures = {_told(error) for error in possible}
    for place, errors in our_taken.items():
        assert errors <= failures | its_taken[place], (place, errors - failures)


def _sorted(result: ExecutionResult) -> tuple[Counter[str], dict[Place, set[str]]]:
    """The errors of fields that are null by themselves; and those that made null what is around, by what that is."""
    own: Counter[str] = Counter()
    taken: dict[Place, set[str]] = {}
    for error in result.errors or []:
        path = tuple(error.path or ())
        place = _null_at(result.data, path)
        if place == path:
            own[_told(error)] += 1
        else:
            taken.setdefault(place, set()).add(_told(error))
    return own, taken


def _null_at(data: Any, path: Place) -> Place:
    for length, key in enumerate(path):
        if data is None:
            return path[:length]
        data = data[key]
    assert data is None, f"There is an error at {path}, and a value."
    return path


def _told(error: GraphQLError) -> str:
    """All that there is of an error."""
    cause = type(error.original_error).__name__
    return json.dumps([error.message, error.path, error.locations, error.extensions, cause], default=str)
