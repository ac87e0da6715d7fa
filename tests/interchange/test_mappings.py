"""Which columns say what: presets, and mappings of a firm's own, of which each mistake is told."""

from pathlib import Path

import pytest

from interchange.imports.cells import DateOrder
from interchange.imports.faults import FileRefused
from interchange.imports.fields import FIELDS, What, field_of
from interchange.imports.mappings import Place, generic, preset_of, presets, read_mapping
from interchange.imports.readers import Lines
from tests.docs.pages import blocks
from tests.interchange.importing import written


def test_presets_name_fields_that_there_are_and_cite_what_they_follow() -> None:
    assert {found.what for found in presets().values()} == {What.CONTACTS, What.JOBS, What.TIME_ENTRIES}
    for name, found in presets().items():
        assert preset_of(name, found.what) == found
        assert found.about
        assert all(cited.startswith("https://") for cited in found.cites) and found.cites
        assert all(field_of(found.what, field) is not None for field in [*found.columns, *found.needed])
        with pytest.raises(FileRefused, match=f"is for {found.what}, not for accounts"):
            preset_of(name, What.ACCOUNTS)


@pytest.mark.parametrize("what", What)
def test_the_generic_preset_has_all_fields(what: What) -> None:
    map = preset_of("generic", what)
    assert map == generic(what)
    assert [field.name for field, _ in map.fields()] == [field.name for field in FIELDS[what]]
    assert Lines(map, [column for _, columns in map.fields() for column in columns]).unread == []


def test_the_mapping_of_the_page_is_one(tmp_path: Path) -> None:
    (block,) = [block for block in blocks("toml") if block.page == "docs/import.md"]
    found = read_mapping(written(tmp_path / "mapping.toml", block.text), What.JOBS)
    assert found.columns["assignees"] == ["Assigned To", "Reviewer"]
    assert found.columns["account.name"] == ["Client"]
    assert found.columns["key"] == ["WorkItemKey"]
    assert found.needed == {"key", "name", "assignees", "account.name"}
    assert (found.reading.dates, found.reading.between, found.source) == (DateOrder.MDY, ";", "karbon")
    assert found.places["In Progress - In review"] == Place(stage="Review")
    assert found.places["Planned"] == Place()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "source, a name for the keys, is to be a text"),
        ("source = 1", "source, a name for the keys, is to be a text"),
        ("source = 'x'\ncolums = {}", "says colums, by which nothing is read. It may say: between, columns"),
        ("source = 'x'\nwhat = 'jobs'", "is for jobs, not for contacts"),
        ("source = 'x'\n[columns]\nnmae = 'Name'", "contacts have no nmae. They have: account.key, account.name"),
        ("source = 'x'\n[columns]\naccount.nmae = 'Name'", "contacts have no account.nmae"),
        ("source = 'x'\n[columns]\nname = 1", "name is the name of a column, or a list of such names"),
        ("source = 'x'\n[columns]\nname = []", "name is the name of a column, or a list of such names"),
        ("source = 'x'\ncolumns = 'Name'", "columns is a table"),
        ("source = 'x'\n[constants]\nname = ['a']", "name is a text, as a cell would have it"),
        ("source = 'x'\n[values]\nname = 'a'", "contacts have no name"),
        ("source = 'x'\n[places]\nPlanned = 'x'", "places are tables"),
        ("source = 'x'\n[places.Planned]\nstages = 'x'", "the place 'Planned' has a stage, a status, both or neither"),
        ("source = 'x'\ndates = 'DM'", "dates is one of YMD, DMY, MDY"),
        ("source = 'x'\ndecimal = ';'", 'decimal is "." or ","'),
        ("source = 'x'\nhours = 'yes'", "hours is true or false"),
        ("source = 'x'\nbetween = ''", "between is to be a text"),
        ("preset = 'none'", "There is no preset none"),
        ("preset = 3", "preset is a name"),
        ("preset = 'karbon-work'", "is for jobs, not for contacts"),
        ("source =", "is not TOML in UTF-8"),
        ("x = " + "[" * 5_000, "is not TOML in UTF-8"),
        ("#" * 1_100_000, "is longer than"),
    ],
)
def test_a_mapping_says_only_what_something_is_read_by(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(FileRefused, match=told.replace(".", r"\.").replace("[", r"\[")):
        read_mapping(written(tmp_path / "mapping.toml", text), What.CONTACTS)


def test_a_mapping_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="cannot be read"):
        read_mapping(tmp_path / "none.toml", What.CONTACTS)
    latin = written(tmp_path / "latin.toml", "source = 'Zoë'", "windows-1252")
    with pytest.raises(FileRefused, match="is not TOML in UTF-8"):
        read_mapping(latin, What.CONTACTS)


def test_columns_that_are_needed_are_named(tmp_path: Path) -> None:
    mapping = written(tmp_path / "m.toml", "source = 'x'\n[columns]\nname = ['Who', 'Name']\nphone = 'Phone'\n")
    map = read_mapping(mapping, What.CONTACTS)
    with pytest.raises(FileRefused, match=r"lacks the columns Who, Phone\. It has: NAME, Zip"):
        Lines(map, ["NAME", "", "Zip"])
    lines = Lines(map, ["who", "name", "PHONE", "Zip", "Jobwire line"])
    assert lines.unread == ["Zip"]
    with pytest.raises(FileRefused, match=r"None of the file's columns is mapped\. It has: Zip"):
        Lines(generic(What.CONTACTS), ["Zip", ""])
