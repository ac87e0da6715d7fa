"""Examples are not made up: GraphQL is valid and within the limits, SQL runs, commands exist."""

from __future__ import annotations

import contextlib
import json
import re
import shlex

import pytest
import typer
from graphql import GraphQLError
from tortoise.transactions import in_transaction

from cli.entry import app
from engine.documents import choose_operation, parse_document, validate_document
from engine.limits import Limits, check_limits
from models.database import sql
from resolvers.portal.root import portal_schema
from resolvers.root import graphql_schema
from tests.docs.pages import PAGES, ROOT, Block, blocks, page, prose


def _where(block: Block) -> str:
    return block.where


def _check(document: str, page: str = "") -> int:
    """What it costs, once it has been found valid: of the portal's schema on its page, else of the team's."""
    schema, limits = portal_schema() if page == "docs/portal.md" else graphql_schema(), Limits()
    parsed = parse_document(document, max_tokens=limits.tokens)
    cost = check_limits(schema, parsed, choose_operation(parsed, None), {}, limits).cost
    if errors := validate_document(schema, parsed):
        raise AssertionError([error.message for error in errors])
    return cost


@pytest.mark.parametrize("block", blocks("graphql"), ids=_where)
def test_graphql_is_valid_and_within_the_limits(block: Block) -> None:
    assert _check(block.text, block.page) > 0


def test_a_wrong_example_would_be_found() -> None:
    with pytest.raises((AssertionError, GraphQLError)):
        _check("{ jobs { nodes { title } } }")


def test_the_cost_that_the_page_names_is_the_board_s() -> None:
    (board,) = [block for block in blocks("graphql") if block.page == "docs/api.md" and "query Board" in block.text]
    (told,) = re.findall(r'"cost": \{ "actual": (\d+)', page("docs/api.md"))
    assert int(told) == _check(board.text)


@pytest.mark.parametrize("block", blocks("json"), ids=_where)
def test_json_is_json(block: Block) -> None:
    json.loads(block.text)


class Undone(Exception):
    """Ends a transaction that must leave nothing behind."""


@pytest.mark.parametrize("block", blocks("sql"), ids=_where)
async def test_sql_runs(block: Block, database: str) -> None:
    with contextlib.suppress(Undone):
        async with in_transaction():
            for statement in filter(str.strip, re.sub(r"--.*", "", block.text).split(";")):
                await sql(statement)
            raise Undone


@pytest.mark.parametrize("block", [block for block in blocks("sh") if "-d '" in block.text], ids=_where)
def test_what_curl_sends_is_valid(block: Block) -> None:
    words = shlex.split(block.text.replace("\\\n", " "))
    _check(json.loads(words[words.index("-d") + 1])["query"])


def _calls() -> list[tuple[str, list[str]]]:
    """Each call of `jobwire` in an example or in the text, as words."""
    spans = [(block.where, line) for block in blocks("sh") for line in block.text.replace("\\\n", " ").splitlines()]
    for path in PAGES:
        name = str(path.relative_to(ROOT))
        spans += [(name, span) for span in re.findall(r"`(jobwire [^`]*)`", prose(path.read_text()))]
    pattern = re.compile(r"(?:^|[\s/(=])jobwire ([a-z-]+[^|)#`]*)")
    return [(where, shlex.split(call, comments=True)) for where, text in spans for call in pattern.findall(text)]


def test_commands_and_options_in_examples_exist() -> None:
    group = typer.main.get_command(app)
    commands = getattr(group, "commands")  # noqa: B009 - typer's group has no type of its own
    calls = _calls()
    assert len(calls) > 10
    for where, (name, *words) in calls:
        if name == "COMMAND":
            continue
        assert name in commands, f"{where}: jobwire {name}"
        options = {option for parameter in commands[name].params for option in parameter.opts} | {"--help"}
        used = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert used <= options, f"{where}: jobwire {name} {used - options}"


def test_options_that_are_named_alone_exist() -> None:
    commands = getattr(typer.main.get_command(app), "commands")  # noqa: B009 - typer's group has no type of its own
    known = {option for command in commands.values() for parameter in command.params for option in parameter.opts}
    others = {"--help", "--import-mode", "--require-hashes"}
    named = {name for path in PAGES for name in re.findall(r"`(--[a-z-]+)", prose(path.read_text()))}
    assert named
    assert named <= known | others
