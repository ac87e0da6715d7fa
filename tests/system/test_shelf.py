"""Each document of the shelf against the demo firm, as the owner and as an employee with almost no rights."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from graphql import get_operation_ast, parse, validate

from demo.people import EMPLOYEES, OWNER, PASSWORD
from resolvers.root import graphql_schema
from tests.plain_http import NO_TLS
from tests.shelf import DOCUMENTS, VALUES, ReadyDocument, faults, filled
from tests.system.jobwire import jobwire
from tests.system.runs import SIGN_IN, ask, data_of_a_run, url_of

# Several starts of everything stand before the first test.
pytestmark = pytest.mark.timeout(300)

PEOPLE = (OWNER.email, EMPLOYEES[3])
REPORTS = [document for document in DOCUMENTS if document.path.startswith("reports/")]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = data_of_a_run(tmp_path_factory, tmp_path_factory.mktemp("shelf") / "data")
    with jobwire("run", data_dir=folder, port=0) as running:
        yield url_of(running)
        assert running.end() == 0


@pytest.fixture(scope="module")
def tokens(url: str) -> dict[str, str]:
    signed = {who: ask(url, SIGN_IN, input={"email": who, "password": PASSWORD})["signIn"] for who in PEOPLE}
    return {who: answer["accessToken"] for who, answer in signed.items()}


def answer_to(url: str, token: str, document: ReadyDocument) -> Any:
    """The answer; of a subscription the first message."""
    body = {"query": document.text, "variables": filled(document, ask(url, VALUES, token))}
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"}
    with httpx.stream("POST", url, json=body, headers=headers, timeout=20, verify=NO_TLS) as answer:
        if document.kind != "subscription":
            return json.loads(answer.read())
        return next(
            json.loads(line.removeprefix("data: ")) for line in answer.iter_lines() if line.startswith("data: {")
        )


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.path)
def test_each_document_is_answered(url: str, tokens: dict[str, str], document: ReadyDocument, who: str) -> None:
    answer = answer_to(url, tokens[who], document)
    assert faults(answer) == []
    assert who != OWNER.email or "errors" not in answer
    if document.kind == "mutation":
        (told,) = answer["data"].values()
        assert told["errors"] == [] and told["revision"] is not None


@pytest.mark.parametrize("document", REPORTS, ids=lambda document: document.path)
def test_each_report_has_something_to_tell(url: str, tokens: dict[str, str], document: ReadyDocument) -> None:
    """The demo firm has a past, and work ahead."""
    for report in answer_to(url, tokens[OWNER.email], document)["data"].values():
        rows = report.get("rows", [report])
        assert rows
        for figure in report.get("total", rows[0]):
            assert any(row[figure] for row in rows), figure


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.path)
def test_each_document_says_what_it_is(document: ReadyDocument) -> None:
    assert document.text.startswith("# ") and document.title
    assert validate(graphql_schema(), parse(document.text)) == []
    operation = get_operation_ast(parse(document.text))
    assert operation is not None
    taken = {definition.variable.name.value for definition in operation.variable_definitions or ()}
    assert {*document.variables} <= taken


def test_titles_are_there_once() -> None:
    titles = [document.title for document in DOCUMENTS]
    assert len(titles) == len(set(titles)) > 10
