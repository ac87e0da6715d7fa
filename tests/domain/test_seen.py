"""What the rooms above models/ know of the rows' classes."""

from enum import Enum

import pytest

from models import rows, seen
from models.ids import Kind
from models.rows.names import row_class

NAMES = [name for name in seen.__all__ if not issubclass(getattr(seen, name), Enum)]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_reached_by_a_name(name: str) -> None:
    known = getattr(seen, name)
    assert row_class(known) is getattr(rows, name)
    told = {attribute for attribute in dir(known) if not attribute.startswith("_")}
    assert told <= {"kind", "policy", "untold", "withheld"}
    # The control: a class of rows can be queried.
    assert {"all", "create", "filter"} <= set(dir(getattr(rows, name)))


@pytest.mark.parametrize("kind", Kind)
def test_a_kind_is_a_name_too(kind: Kind) -> None:
    known = seen.named(kind)
    assert row_class(known) is rows.model_of(kind)
    assert known.kind is kind
    assert not hasattr(known, "filter")


def test_every_kind_has_a_name() -> None:
    kinds = {model.kind for name in rows.__all__ if hasattr(model := getattr(rows, name), "kind")}
    assert {known.kind for name in NAMES if hasattr(known := getattr(seen, name), "kind")} == kinds
