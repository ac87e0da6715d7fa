"""The settings and commands on the pages are those of the code, and the other way round."""

from __future__ import annotations

import re

import typer

from cli.entry import app
from common.settings import Settings
from tests.docs.pages import everything, first_cells, page, rows, section


def test_every_setting_is_on_the_page_with_its_default() -> None:
    told = {cells[0].strip("`"): cells[1].strip("`") for cells in rows(section("docs/deployment.md", "Settings"))}
    defaults = {f"JOBWIRE_{name.upper()}": field.default for name, field in Settings.model_fields.items()}
    known = {name: "" if default is None else str(default).lower() for name, default in defaults.items()}
    assert {name: default.lower() for name, default in told.items()} == known


def test_no_page_names_a_setting_that_does_not_exist() -> None:
    named = set(re.findall(r"\bJOBWIRE_[A-Z_]+[A-Z]\b", everything()))
    known = {f"JOBWIRE_{name.upper()}" for name in Settings.model_fields}
    for_tests = {"JOBWIRE_TEST_BROWSER", "JOBWIRE_TEST_DATABASE_URL", "JOBWIRE_TEST_REDIS_URL"}
    assert named - known == for_tests


def test_the_commands_are_on_the_page() -> None:
    group = typer.main.get_command(app)
    commands = set(getattr(group, "commands"))  # noqa: B009 - typer's group has no type of its own
    assert set(first_cells(section("docs/deployment.md", "Commands"))) == commands
    (line,) = re.findall(r"- The command `jobwire`: (.+?)\.\n- ", page("CHANGELOG.md"), re.DOTALL)
    assert set(re.findall(r"`([^`]+)`", line)) == commands


def test_make_knows_what_the_pages_make() -> None:
    targets = set(re.findall(r"^([a-z]+):", page("Makefile"), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z]+)", everything(), re.MULTILINE))
    assert named
    assert named <= targets
