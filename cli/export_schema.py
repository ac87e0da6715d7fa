"""`jobwire export-schema`: the schema as clients read it with the files that they are built with, and whether the
committed ones still are that."""

import difflib
from pathlib import Path

from graphql import build_schema
from graphql.utilities import find_breaking_changes

import schema
from cli.client_files import texts
from cli.mistakes import Mistake
from common.terminal import say
from resolvers.portal.root import printed as printed_for_clients
from resolvers.root import printed

COMMITTED = Path(str(schema.__file__)).parent / "schema.graphql"
#: The schema that the firm's clients ask, beside that of its team.
PORTAL = "portal.graphql"
MOST_LINES = 60


def export(path: Path | None) -> None:
    """Write it to a file, and beside that the portal's and a folder `clients` with what clients are built with; or else
    print it."""
    if path is None:
        say(*printed().splitlines())
        return
    path.write_text(printed())
    path.with_name(PORTAL).write_text(printed_for_clients())
    folder = path.parent / "clients"
    folder.mkdir(exist_ok=True)
    for file, text in texts(folder).items():
        file.write_text(text)


def check(path: Path | None) -> None:
    """A Mistake when the file differs from the code, or the portal's beside it. First says how, and what of it breaks
    clients."""
    file = path or COMMITTED
    _check(file, printed())
    _check(file.with_name(PORTAL), printed_for_clients())
    _check_files(file.parent / "clients")


def _check(file: Path, new: str) -> None:
    try:
        old = file.read_text()
    except OSError as error:
        raise Mistake(f"Cannot read {file} ({error.strerror}).") from None
    if old == new:
        return
    breaking = find_breaking_changes(build_schema(old), build_schema(new))
    say(*_differences(old, new, file.name))
    say(*(f"BREAKING  {change.description}" for change in breaking))
    raise Mistake(
        f"{file.name} differs from the code, with {len(breaking)} breaking changes: run `make schema` and commit it, "
        "if that is what you want clients to see."
    )


def _check_files(folder: Path) -> None:
    for file, text in texts(folder).items():
        if not file.exists() or file.read_text() != text:
            raise Mistake(f"{file} differs from the code: run `make schema` and commit it.")


def _differences(old: str, new: str, name: str) -> list[str]:
    lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), name, "the code", "", "", 2, ""))
    more = len(lines) - MOST_LINES
    return lines if more <= 0 else [*lines[:MOST_LINES], f"… and {more} lines more"]
