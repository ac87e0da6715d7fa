"""docs/permissions.md says what the rights table says."""

from models.rights import FIELDS, Right
from tests.docs.pages import page, section
from tests.docs.permissions_page import MEANINGS, fresh


def test_the_tables_are_those_of_the_code() -> None:
    text = page("docs/permissions.md")
    assert text == fresh(text), "Stale: write it anew with `python -m tests.docs.permissions_page`."


def test_what_else_a_right_means_is_said_of_rights_that_exist() -> None:
    assert set(MEANINGS) <= set(Right)


def test_the_fields_of_events_are_explained() -> None:
    told = section("docs/permissions.md", "What the stream and the history hide")
    withheld = {field for (owner, field) in FIELDS if owner.startswith(("Time", "Timer")) and owner != "TimeEntry"}
    assert withheld
    assert all(f"`{field}`" in told for field in withheld)
