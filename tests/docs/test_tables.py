"""The tables that are made from the code are fresh, and what stands around them is of the code."""

import pytest

from models.event_kinds import KINDS
from models.rights import Right
from schema.permissions import FIELDS
from tests.docs.pages import page, section
from tests.docs.tables import MEANINGS, TABLES, fresh


@pytest.mark.parametrize("name", TABLES)
def test_the_tables_are_those_of_the_code(name: str) -> None:
    text = page(name)
    assert text == fresh(name, text), "Stale: write it anew with `python -m tests.docs.tables`."


def test_what_else_a_right_means_is_said_of_rights_that_exist() -> None:
    assert set(MEANINGS) <= set(Right)


def test_the_fields_of_events_are_explained() -> None:
    told = section("docs/permissions.md", "What the stream and the history hide")
    withheld = {field for (owner, field) in FIELDS if owner in KINDS and owner.startswith("Time")}
    assert withheld
    assert all(f"`{field}`" in told for field in withheld)
