"""Which columns say what: a preset, or a file of the firm's own in TOML (https://toml.io/en/v1.0.0) that may begin with
one."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from interchange.imports.bounds import MOST_MAPPING
from interchange.imports.cells import DateOrder, Reading
from interchange.imports.faults import FileRefused
from interchange.imports.fields import FIELDS, Field, What, field_of
from models.texts import sameness


@dataclass(frozen=True, slots=True)
class Place:
    """Where a new job stands, as far as it is said."""

    stage: str | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMap:
    """How the columns of a file are read."""

    what: What
    #: Of what the keys are: those of one source are no others'.
    source: str
    #: By field.
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    #: The fields of which a file must have a column.
    needed: frozenset[str] = frozenset()
    #: What is said of every line, by field, as a cell would say it.
    constants: Mapping[str, str] = field(default_factory=dict)
    reading: Reading = field(default_factory=Reading)
    #: By the texts of cells.
    places: Mapping[str, Place] = field(default_factory=dict)
    #: Whether a contact of whom a line says no account is an account by themselves.
    own_account: bool = False
    #: What a preset is for, and the public pages that it follows.
    about: str = ""
    cites: Sequence[str] = ()

    def told(self, *, source: str | None, dates: DateOrder | None) -> "ColumnMap":
        """The same, with what is said of this one file."""
        reading = self.reading if dates is None else replace(self.reading, dates=dates)
        return replace(self, source=source or self.source, reading=reading)

    def fields(self) -> Iterator[tuple[Field, Sequence[str]]]:
        """The fields that something is said of, each with its columns."""
        for each in FIELDS[self.what]:
            if each.name in self.columns or each.name in self.constants:
                yield each, self.columns.get(each.name, ())


GENERIC = "generic"
_PRESETS = files("interchange.imports") / "presets"


def presets() -> dict[str, ColumnMap]:
    """All presets by name, but for the generic one, which is there for each kind of file."""
    return {_stem(file): _preset(_stem(file)) for file in sorted(_PRESETS.iterdir(), key=str) if _is_toml(file)}


def preset_names() -> list[str]:
    """What presets are called, the generic one among them."""
    return sorted([GENERIC, *(_stem(file) for file in _PRESETS.iterdir() if _is_toml(file))])


def _is_toml(file: Traversable) -> bool:
    return file.name.endswith(".toml")


def _stem(file: Traversable) -> str:
    return file.name.removesuffix(".toml")


def preset_of(name: str, what: What) -> ColumnMap:
    """The preset of this name. `FileRefused` where there is none, or it is for another kind of file."""
    if name == GENERIC:
        return generic(what)
    if name not in (there := preset_names()):
        raise FileRefused(f"There is no preset {name}. There is: {', '.join(there)}.")
    found = _preset(name)
    if found.what is not what:
        raise FileRefused(f"The preset {name} is for {found.what}, not for {what}.")
    return found


def _preset(name: str) -> ColumnMap:
    said = tomllib.loads((_PRESETS / f"{name}.toml").read_text("utf-8"))
    about, cites, needed = said.pop("about"), said.pop("cites"), said.pop("needed")
    found = _said(said, None, What(said["what"]), f"The preset {name}")
    return replace(found, about=about, cites=cites, needed=frozenset(needed))


def generic(what: What) -> ColumnMap:
    """A preset whose columns are called as the fields are: "Account name" for `account.name`."""
    columns = {each.name: [header_of(each.name)] for each in FIELDS[what]}
    needed = {"name"} if what in (What.ACCOUNTS, What.JOBS, What.TASKS) else set()
    return ColumnMap(what=what, source=GENERIC, columns=columns, needed=frozenset(needed), about="Columns of our own.")


def header_of(name: str) -> str:
    """What a column of this field is called in the generic preset."""
    return name.replace(".", " ").replace("_", " ").capitalize()


def read_mapping(path: Path, what: What) -> ColumnMap:
    """The mapping in a file. `FileRefused` where it says what nothing is read by."""
    try:
        with path.open("rb") as file:
            text = file.read(MOST_MAPPING + 1)
        if len(text) > MOST_MAPPING:
            raise FileRefused(f"The mapping {path} is longer than {MOST_MAPPING:,} bytes.")
        said = tomllib.loads(text.decode("utf-8-sig"))
    except OSError as error:
        raise FileRefused(f"The mapping {path} cannot be read: {error.strerror}.") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise FileRefused(f"The mapping {path} is not TOML in UTF-8: {error}.") from None
    called = f"The mapping {path}"
    base = said.pop("preset", None)
    if base is not None and not isinstance(base, str):
        raise FileRefused(f"{called}: preset is a name.")
    return _said(said, preset_of(base, what) if base is not None else None, what, called)


_WORDS = {
    "what", "source", "dates", "decimal", "hours", "between", "own_account", "columns", "constants", "values", "places",
}  # fmt: skip


def _said(said: dict[str, Any], base: ColumnMap | None, what: What, called: str) -> ColumnMap:
    """What a mapping says, beside that of the preset that it begins with."""
    if unknown := sorted(said.keys() - _WORDS):
        raise FileRefused(
            f"{called} says {', '.join(unknown)}, by which nothing is read. It may say: {_listed(_WORDS)}."
        )
    if said.get("what", what) != what:
        raise FileRefused(f"{called} is for {said['what']}, not for {what}.")
    base = base or ColumnMap(what=what, source=_text(said.get("source"), f"{called}: source, a name for the keys,"))
    columns = _by_field(said.get("columns", {}), what, f"{called}, columns")
    constants = _by_field(said.get("constants", {}), what, f"{called}, constants")
    return replace(
        base,
        source=_text(said.get("source", base.source), f"{called}: source"),
        columns={**base.columns, **{name: _texts(value, f"{called}, {name}") for name, value in columns.items()}},
        needed=base.needed | columns.keys(),
        constants={
            **base.constants,
            **{name: _constant(value, f"{called}, {name}") for name, value in constants.items()},
        },
        reading=_reading(said, base.reading, what, called),
        places={**base.places, **_places(said.get("places", {}), called)},
        own_account=_flag(said.get("own_account", base.own_account), f"{called}: own_account"),
    )


def _reading(said: Mapping[str, Any], base: Reading, what: What, called: str) -> Reading:
    dates = said.get("dates", base.dates)
    if dates is not None and dates not in list(DateOrder):
        raise FileRefused(f"{called}: dates is one of {', '.join(DateOrder)}.")
    decimal = said.get("decimal", base.decimal)
    if decimal not in (".", ","):
        raise FileRefused(f'{called}: decimal is "." or ",".')
    values = {}
    for name, texts in _by_field(said.get("values", {}), what, f"{called}, values", leaves=dict).items():
        values[name] = {sameness(text): _constant(value, f"{called}, {name}") for text, value in texts.items()}
    return Reading(
        dates=None if dates is None else DateOrder(dates),
        decimal=decimal,
        hours=_flag(said.get("hours", base.hours), f"{called}: hours"),
        between=_text(said.get("between", base.between), f"{called}: between"),
        values={**base.values, **values},
    )


def _places(said: Any, called: str) -> dict[str, Place]:
    if not isinstance(said, dict) or not all(isinstance(place, dict) for place in said.values()):
        raise FileRefused(f"{called}: places are tables, each with a stage, a status, both or neither.")
    for text, place in said.items():
        if place.keys() - {"stage", "status"} or not all(isinstance(value, str) for value in place.values()):
            raise FileRefused(f"{called}: the place {text!r} has a stage, a status, both or neither.")
    return {text: Place(**place) for text, place in said.items()}


def _by_field(said: Any, what: What, called: str, *, leaves: type = object, within: str = "") -> dict[str, Any]:
    """What is said of each field, whose name may be written as a table in a table: `account.key`."""
    if not isinstance(said, dict):
        raise FileRefused(f"{called} is a table.")
    found: dict[str, Any] = {}
    for name, value in said.items():
        dotted = f"{within}{name}"
        if field_of(what, dotted) is not None and isinstance(value, leaves):
            found[dotted] = value
        elif isinstance(value, dict) and any(each.name.startswith(f"{dotted}.") for each in FIELDS[what]):
            found |= _by_field(value, what, called, leaves=leaves, within=f"{dotted}.")
        else:
            names = ", ".join(each.name for each in FIELDS[what])
            raise FileRefused(f"{called}: {what} have no {dotted}. They have: {names}.")
    return found


def _listed(words: set[str]) -> str:
    return ", ".join(sorted(words))


def _text(value: Any, called: str) -> str:
    if not isinstance(value, str) or not value:
        raise FileRefused(f"{called} is to be a text.")
    return value


def _texts(value: Any, called: str) -> list[str]:
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(each, str) and each for each in values):
        raise FileRefused(f"{called} is the name of a column, or a list of such names.")
    return [" ".join(each.split()) for each in values]


def _constant(value: Any, called: str) -> str:
    if not isinstance(value, str | int | bool):
        raise FileRefused(f"{called} is a text, as a cell would have it.")
    return str(value)


def _flag(value: Any, called: str) -> bool:
    if not isinstance(value, bool):
        raise FileRefused(f"{called} is true or false.")
    return value
