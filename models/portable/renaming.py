"""New ids for a copy of a firm that stands beside the first one: in rows, in events, and in the JSON that rows keep.

Each id is moved by the same distance. So no two become one, all of them stay in the order in which they were made, by
which lists are sorted and pages continued, and nothing has to be remembered of any of them."""

from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any
from uuid import UUID

from models.changed_fields import changed_type
from models.errors import Refusal
from models.event_kinds import KINDS
from models.events import kind_of_thing
from models.events.base import field_types
from models.events.values import CHANGES
from models.firm.saved_views import NAMING
from models.ids import Kind, encode, parse

#: What an id becomes.
Rename = Callable[[UUID], UUID]

#: Ids are moved by at least 1 and less than this: of their 128 bits the last 62 are random, and the first say when.
FARTHEST = 2**32


def moved_by(distance: int) -> Rename:
    """Moves ids; `ValueError` for one that is so large that nobody made it."""

    def move(id: UUID) -> UUID:
        return UUID(int=id.int + distance)

    return move


def unmoved(id: UUID) -> UUID:
    """Leaves ids as they are."""
    return id


def renamed(value: Any, rename: Rename) -> Any:
    """An id as JSON has it, or a list of them, under its new name. What is no id stays: old events may have that."""
    if isinstance(value, list):
        return [renamed(each, rename) for each in value]
    if not isinstance(value, str):
        return value
    try:
        return str(rename(UUID(value)))
    except ValueError:
        return value


def _under(keys: Callable[[str], bool]) -> Callable[[Any, Rename], Any]:
    """Renames what stands under these keys of objects, wherever they are."""

    def walk(value: Any, rename: Rename) -> Any:
        if isinstance(value, Mapping):
            return {key: renamed(each, rename) if keys(key) else walk(each, rename) for key, each in value.items()}
        return [walk(each, rename) for each in value] if isinstance(value, list) else value

    return walk


def _in_filter(filter: Any, rename: Rename) -> Any:
    """Renames the things that a filter names, as clients do."""
    if isinstance(filter, Mapping):
        return {
            name: [_named(each, rename) for each in part] if name in NAMING else _in_filter(part, rename)
            for name, part in filter.items()
        }
    return [_in_filter(part, rename) for part in filter] if isinstance(filter, list) else filter


def _named(text: Any, rename: Rename) -> Any:
    try:
        kind, id = parse(text)
    except (AttributeError, Refusal):
        return text
    return encode(kind, rename(id))


def _files_of_answers(answers: Any, rename: Rename) -> Any:
    """Renames the files that questions are answered with; what else they are answered with may look like anything."""
    return {
        key: {name: renamed(ids, rename) for name, ids in answer.items()} if isinstance(answer, Mapping) else answer
        for key, answer in answers.items()
    }


#: Who acted, as the log names them, and who caused that.
_AS_ACTOR = _under(lambda key: key in ("id", "token"))
#: The columns of JSON that hold ids, by table and column. In others there are none, whatever looks like one.
_WITHIN: Mapping[tuple[str, str], Callable[[Any, Rename], Any]] = {
    ("automation_run", "causer"): _AS_ACTOR,
    ("automation_run", "made"): _under(lambda key: key == "id"),
    ("automation_settings", "conditions"): _under(lambda key: key.endswith(("_id", "_ids"))),
    ("automation_settings", "settings"): _under(lambda key: key.endswith(("_id", "_ids"))),
    ("chat", "client_tasks"): _under(lambda key: key == "checked_by"),
    ("client_request", "entries"): _under(lambda key: key == "file_ids"),
    ("organizer_content", "answers"): _files_of_answers,
    ("recurrence", "assignee_ids"): renamed,
    ("recurrence", "assignee_role_ids"): renamed,
    ("saved_view", "job_filter"): _in_filter,
    ("task", "checklist"): _under(lambda key: key == "checked_by"),
    ("template_content", "content"): _under(lambda key: key.endswith(("_id", "_ids"))),
    ("wiki_page", "file_ids"): renamed,
    ("wiki_page_version", "file_ids"): renamed,
}


def rename_in_row(table: str, ids: Collection[str], row: dict[str, Any], rename: Rename) -> None:
    """Give a row of a table new names, in its columns of ids and in its JSON."""
    for name in ids:
        if row[name] is not None:
            row[name] = str(rename(UUID(row[name])))
    for (of, column), walk in _WITHIN.items():
        if of == table and row[column] is not None:
            row[column] = walk(row[column], rename)


def rename_in_event(row: dict[str, Any], rename: Rename) -> None:
    """Give an event of the log new names, in what it says of itself and in its fields."""
    for name in ("subject", "job"):
        row[name] = renamed(row[name], rename)
    row["actor"] = _AS_ACTOR(row["actor"], rename)
    ids, changes = _fields_of(row["type"])
    data = row["data"]
    for name in data.keys() & ids:
        data[name] = renamed(data[name], rename)
    for name in data.keys() & changes:
        data[name] = {
            field: [renamed(each, rename) for each in pair] if _holds_ids(row["type"], field) else pair
            for field, pair in data[name].items()
        }


@cache
def _fields_of(event: str) -> tuple[frozenset[str], frozenset[str]]:
    """The fields of an event that hold ids, and those that say what changed."""
    fields = field_types(KINDS[event])
    ids = frozenset(name for name, of in fields.items() if of.of is UUID)
    return ids, frozenset(name for name, of in fields.items() if of is CHANGES)


@cache
def _holds_ids(event: str, field: str) -> bool:
    kind: Kind = kind_of_thing(KINDS[event])
    of = changed_type(kind, field)
    return of is not None and of.of is UUID
