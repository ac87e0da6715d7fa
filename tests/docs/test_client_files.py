"""The files of schema/clients are true: of this schema, and of the packages that take them."""

import json
import subprocess
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLScalarType, is_abstract_type, is_specified_scalar_type

from cli.client_files import FILES, texts
from cli.export_schema import COMMITTED, check
from cli.mistakes import Mistake
from models.order import LONGEST_KEY, between
from resolvers.root import graphql_schema
from tests.docs.printed import page_program, script

FOLDER = COMMITTED.parent / "clients"
SCHEMA = graphql_schema()


def read(name: str) -> Any:
    return json.loads((FOLDER / name).read_text())


def test_they_are_those_of_the_code(tmp_path: Path) -> None:
    for file, text in texts(FOLDER).items():
        assert file.read_text() == text, "Run `make schema`."
    assert {path.name for path in FOLDER.iterdir()} == FILES.keys()
    (tmp_path / "schema.graphql").write_text(COMMITTED.read_text())
    with pytest.raises(Mistake, match=r"Cannot read .*portal\.graphql"):
        check(tmp_path / "schema.graphql")
    (tmp_path / "portal.graphql").write_text(COMMITTED.with_name("portal.graphql").read_text())
    with pytest.raises(Mistake, match=r"possible-types\.json differs"):
        check(tmp_path / "schema.graphql")


def test_behind_each_interface_are_its_types() -> None:
    abstract: list[Any] = [type_ for type_ in SCHEMA.type_map.values() if is_abstract_type(type_)]
    assert read("possible-types.json") == {
        type_.name: sorted(each.name for each in SCHEMA.get_possible_types(type_)) for type_ in abstract
    }
    assert "JobMoved" in read("possible-types.json")["JobEvent"]


def test_every_scalar_of_ours_is_a_string_in_json() -> None:
    values = {"Date": date(2026, 4, 15), "DateTime": datetime.now(UTC), "Decimal": Decimal("1E+2"), "Revision": 2**62}
    own = {
        name: type_
        for name, type_ in SCHEMA.type_map.items()
        if isinstance(type_, GraphQLScalarType) and not is_specified_scalar_type(type_)
    }
    assert read("scalars.json") == dict.fromkeys(own, "string")
    assert values.keys() == own.keys()
    for name, value in values.items():
        assert isinstance(own[name].coerce_output_value(value), str)


def test_the_server_gives_these_positions() -> None:
    vectors = read("positions.json")
    for vector in vectors:
        key = between(vector["after"], vector["before"])
        assert key == vector["position"]
        assert (vector["after"] or "") < key
        assert vector["before"] is None or key < vector["before"]
    assert max(len(vector["position"]) for vector in vectors) < LONGEST_KEY
    assert len(vectors) > 100


ASKED = """
import { readFileSync } from 'node:fs';
import { positionBetween } from './positions.mjs';
const card = (position) => (position === null ? null : { position });
const vectors = JSON.parse(readFileSync(process.argv[2]));
console.log(JSON.stringify(vectors.map(({ after, before }) => positionBetween(card(after), card(before)))));
"""


def test_the_package_gives_the_same(node: str, tmp_path: Path) -> None:
    said = page_program("positions.mjs")
    script(tmp_path, "positions.mjs", said)
    asked = script(tmp_path, "asked.mjs", ASKED)
    ran = subprocess.run([node, asked, FOLDER / "positions.json"], capture_output=True, check=True, text=True)
    assert json.loads(ran.stdout) == [vector["position"] for vector in read("positions.json")]
