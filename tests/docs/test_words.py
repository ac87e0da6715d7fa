"""The ids, scalars, events, rights, mutations and metrics on the pages are those of the code."""

from __future__ import annotations

import re

from models.event_kinds import KINDS, VIEWS
from models.ids import Kind
from models.rights import Right, Role
from resolvers.root import graphql_schema
from tests.api.asking import SESSIONS
from tests.docs.pages import ROOT, everything, first_cells, page, rows, section
from transport.counters import Counters

ROOMS = ("cli", "common", "engine", "models", "subscriptions", "transport", "workers")


def test_ids() -> None:
    told = {cells[0].strip("`"): cells[1].strip("`") for cells in rows(section("docs/api.md", "Ids"))}
    assert set(told) == {kind.value for kind in Kind}
    assert set(told.values()) <= set(graphql_schema().type_map)


def test_scalars() -> None:
    told = set(first_cells(section("docs/api.md", "Scalars")))
    used = {name for name, kind in graphql_schema().type_map.items() if type(kind).__name__ == "GraphQLScalarType"}
    assert told == used - {"String", "Boolean", "Float"}


def test_every_event_is_on_the_page() -> None:
    text = section("docs/live.md", "Events")
    assert set(re.findall(r"`([A-Z]\w+)`", text)) >= set(KINDS | VIEWS)
    schema = graphql_schema()
    for cells in rows(text):
        interface = schema.type_map.get(cells[0].strip("`"))
        if cells[0].strip("`").endswith("Event"):
            members = {kind.name for kind in schema.get_possible_types(interface)}  # type: ignore[arg-type]
            assert set(re.findall(r"`(\w+)`", cells[1])) == members, cells[0]
            fields = set(re.findall(r"(\w+)(?= |`|\{)", cells[2]))
            assert fields <= set(interface.fields), cells[0]  # type: ignore[union-attr]


def test_words_in_capitals_are_of_the_code() -> None:
    """Rights and roles that pages speak of."""
    named = set(re.findall(r"\b(?:MANAGE|VIEW)_[A-Z_]+[A-Z]\b", everything()))
    assert named == {right.value for right in Right}
    assert all(f"`{role}`" in page("docs/permissions.md") for role in Role)


def test_mutations_that_take_no_idempotency_key() -> None:
    root = graphql_schema().mutation_type
    assert root is not None
    without = {
        name
        for name, field in root.fields.items()
        if "input" not in field.args or "idempotencyKey" not in field.args["input"].type.of_type.fields
    }
    assert without == SESSIONS


def test_bulk_mutations_are_named() -> None:
    root = graphql_schema().mutation_type
    assert root is not None
    bulk = {
        name
        for name, field in root.fields.items()
        if "input" in field.args and "atomic" in _fields(field.args["input"])
    }
    told, _, _ = section("docs/api.md", "Many things at once").partition("take 1 to 200")
    assert set(re.findall(r"`(\w+)`", told)) == bulk


def _fields(argument: object) -> set[str]:
    return set(argument.type.of_type.fields)  # type: ignore[attr-defined]


def test_metrics() -> None:
    source = page("app/metrics.py")
    plain = set(re.findall(r'CounterMetricFamily\("(\w+)"', source))
    known = {f"{name}_total" for name in plain} | set(re.findall(r'GaugeMetricFamily\("(\w+)"', source))
    known |= {f"jobwire_transport_{name}" for name in Counters.__dataclass_fields__}
    assert set(re.findall(r"`(jobwire_\w+)`", page("docs/operations.md"))) == known


def test_log_events_that_staff_are_told_of() -> None:
    told = set(first_cells(section("docs/operations.md", "Health"))) - {"/healthz", "/readyz", "/metrics"}
    told = {name for name in told if not name.startswith("jobwire_")}
    code = "\n".join(path.read_text() for room in ROOMS for path in ROOT.glob(f"{room}/*.py"))
    assert told
    assert {name for name in told if f'"{name}"' not in code} == set()
