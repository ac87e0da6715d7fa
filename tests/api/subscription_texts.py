"""Every subscription that stands in the tests and in the documentation, found by reading them."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse, print_ast, validate

from models.ids import Kind
from resolvers.root import graphql_schema
from tests.api.samples import Id, NoSample, asked
from tests.api.selections import document, root_fields
from tests.docs.pages import ROOT, blocks
from tests.live.replica import CHANGES
from watch.documents import CHANGES as WATCHED

#: Without it there is none.
_WORD = "subscription"
#: A text, and the variables that it takes, with an `Id` wherever an id belongs.
Subscription = tuple[str, dict[str, Any]]


@cache
def subscriptions() -> list[Subscription]:
    """Those that are found, and those that the schema itself gives rise to: all that can be asked of each stream."""
    found = sorted(filter(is_subscription, {CHANGES, WATCHED, *_in_python(), *_in_pages()}))
    return [*((text, variables_of(text)) for text in found), *_generated()]


def is_subscription(text: str) -> bool:
    """Whether it is one, alone, and valid."""
    if _WORD not in text:
        return False
    try:
        tree = parse(text)
    except GraphQLError:
        return False
    kinds = [each.operation for each in tree.definitions if isinstance(each, OperationDefinitionNode)]
    return kinds == [OperationType.SUBSCRIPTION] and not validate(graphql_schema(), tree)


def variables_of(text: str) -> dict[str, Any]:
    """What to pass to a subscription, by the types that it declares, and the arguments that it uses them for."""
    (operation,) = [each for each in parse(text).definitions if isinstance(each, OperationDefinitionNode)]
    found: dict[str, Any] = {}
    for definition in operation.variable_definitions or ():
        name, type_ = definition.variable.name.value, print_ast(definition.type)
        if type_ != "String":
            found[name] = _value(set(re.findall(rf"(\w+): \[?\${name}\b", text)), type_)
    return found


def _value(used_for: set[str], type_: str) -> Any:
    match type_.strip("[]!"):
        case "Revision":
            return "0"
        case "Boolean":
            return True
        case "ID" if used_for == {"epoch"}:
            return "of no log"
        case "ID":
            (argument,) = used_for - {"epoch"}
            one = Id(Kind(argument.removesuffix("s")), argument)
            return [one] if "[" in type_ else one
    raise NoSample(f"Say in tests/api/subscription_texts.py what to pass as {type_}.")


def _generated() -> Iterator[Subscription]:
    for name, field in root_fields("subscription").items():
        for arguments, _ in asked(name, field):
            yield document("subscription", name, [*arguments, "after"]), arguments | {"after": "0"}


def _in_python() -> Iterator[str]:
    # The word is looked for first: to parse all modules takes seconds, in each process that collects tests.
    for path in (ROOT / "tests").rglob("*.py"):
        if _WORD in (source := path.read_text()):
            yield from _texts(source)


def _in_pages() -> Iterator[str]:
    yield from (block.text for block in blocks("graphql"))
    for block in blocks("python"):
        yield from _texts(block.text)
    for block in blocks("js"):
        named = dict(re.findall(r"const (\w+) = ['`](.*?)['`];", block.text, re.DOTALL))
        for text in named.values():
            yield re.sub(r"\$\{(\w+)\}", lambda name, named=named: named[name[1]], text)  # type: ignore[misc]
    for block in blocks("sh"):
        for quoted in re.findall(r'"query": ("(?:[^"\\]|\\.)*")', block.text):
            yield json.loads(quoted)


def _texts(source: str) -> Iterator[str]:
    """Every text of a module, also one that is put together of its constants."""
    tree = ast.parse(source)
    named: dict[str, str] = {}
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if (text := _text(value, named)) is not None:
                named[name] = text
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.BinOp | ast.JoinedStr) and (text := _text(node, named)) is not None:
            yield text


def _text(node: ast.AST, named: Mapping[str, str]) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.Name):
        return named.get(node.id)
    if isinstance(node, ast.FormattedValue):
        return _text(node.value, named)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _joined([node.left, node.right], named)
    return _joined(node.values, named) if isinstance(node, ast.JoinedStr) else None


def _joined(nodes: list[ast.expr], named: Mapping[str, str]) -> str | None:
    parts = [_text(node, named) for node in nodes]
    return None if None in parts else "".join(filter(None, parts))
