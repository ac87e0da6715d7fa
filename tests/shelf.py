"""The shelf of GraphiQL: its documents as they are in the files, and their variables as the page fills them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from graphql import get_operation_ast, parse

SHELF = Path(__file__).parents[1] / "web" / "shelf"
VALUES = (SHELF / "values.graphql").read_text()
_DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


@dataclass(frozen=True, slots=True)
class ReadyDocument:
    """A document of the shelf."""

    path: str
    text: str
    variables: dict[str, Any]

    @property
    def title(self) -> str:
        """The first line of its comment."""
        return self.text.splitlines()[0].removeprefix("# ")

    @property
    def kind(self) -> str:
        """Whether it is a query, a mutation or a subscription."""
        operation = get_operation_ast(parse(self.text))
        assert operation is not None, f"{self.path} holds no operation, or several."
        return operation.operation.value


def _read(path: Path) -> ReadyDocument:
    beside = path.with_suffix(".json")
    variables = json.loads(beside.read_text()) if beside.exists() else {}
    return ReadyDocument(path.relative_to(SHELF).as_posix(), path.read_text(), variables)


DOCUMENTS = [_read(path) for path in sorted(SHELF.glob("*/*.graphql"))]


def filled(document: ReadyDocument, values: Any) -> dict[str, Any]:
    """Its variables, with what `VALUES` has answered in the places that stand for it."""
    firm, (job,) = values["viewer"]["firm"], values["jobs"]["nodes"]
    today = date.fromisoformat(firm["today"])
    since = (today.weekday() - _DAYS.index(firm["weekStart"])) % 7
    known = {
        "me": values["viewer"]["member"]["id"],
        "pipeline": values["pipelines"]["nodes"][0]["id"],
        "job": job["id"],
        "account": job["account"]["id"],
        "today": today,
        "weekStart": today - timedelta(days=since),
    }
    return {name: _place(value, known) for name, value in document.variables.items()}


def faults(answer: Any) -> list[Any]:
    """What is wrong with an answer: errors, and fields of the root that are null, but for what a right that one lacks
    withholds."""
    errors = answer.get("errors", [])
    withheld = {error["path"][0] for error in errors if error["extensions"].get("right")}
    told = (answer.get("data") or {None: None}).items()
    return [error for error in errors if not error["extensions"].get("right")] + [
        name for name, value in told if value is None and name not in withheld
    ]


def _place(value: Any, known: dict[str, Any]) -> Any:
    match = re.fullmatch(r"\$([a-zA-Z]+)([+-]\d+)?", value) if isinstance(value, str) else None
    if match is None or match[1] not in known:
        return value
    found = known[match[1]]
    return str(found + timedelta(days=int(match[2]))) if match[2] else str(found)
