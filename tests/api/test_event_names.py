"""Fields of one name are of one type in all events: whatever is selected of whichever, nothing needs an alias."""

import re
from collections import defaultdict
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type, parse, validate
from graphql.validation.rules import overlapping_fields_can_be_merged

from models.event_kinds import KINDS, VIEWS
from resolvers.root import graphql_schema

SCHEMA = graphql_schema()
EVENTS: list[GraphQLObjectType] = sorted(
    SCHEMA.get_possible_types(SCHEMA.type_map["Event"]),  # type: ignore[arg-type]
    key=lambda type_: type_.name,
)


def test_a_field_of_one_name_is_of_one_type() -> None:
    types: dict[str, set[str]] = defaultdict(set)
    for event in EVENTS:
        for name, field in event.fields.items():
            types[name].add(str(field.type))
    assert {name: found for name, found in types.items() if len(found) > 1} == {}
    assert {event.name for event in EVENTS} == KINDS.keys() | VIEWS.keys()


def test_all_fields_of_all_events_can_be_selected_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # Of all events at once it compares more fields than it would for anybody.
    monkeypatch.setattr(overlapping_fields_can_be_merged, "MAX_COMPLEXITY_BUDGET", 50_000_000)
    each = " ".join(f"... on {event.name} {{ {' '.join(map(selected, event.fields.items()))} }}" for event in EVENTS)
    document = parse(f"subscription {{ boardChanges {{ events {{ {each} }} }} }}")
    assert validate(SCHEMA, document) == []


def selected(field: tuple[str, Any]) -> str:
    name, definition = field
    type_: Any = get_named_type(definition.type)
    if is_leaf_type(type_):
        return name
    leaf = next(name for name, inner in type_.fields.items() if is_leaf_type(get_named_type(inner.type)))
    return f"{name} {{ {leaf} }}"


def test_descriptions_read_as_if_somebody_had_written_them() -> None:
    for event in EVENTS:
        for name, field in event.fields.items():
            text = field.description or ""
            assert re.fullmatch(r"(The|What|Who|When|How many|Whether|Always null)\b.*[.]", text, re.DOTALL), (
                name,
                text,
            )
            # Such as "The from stage", "The visible".
            assert not re.search(r"\bthe (from|to|visible|added|removed)\b", text, re.IGNORECASE), (name, text)
