"""Files that answer what a client is asked for: several answers of one item have them, and the item owns them all."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from models import checks
from models.bounds import ANSWER_FILES, FILES_OF_THING
from models.command import Change
from models.files.taking import Path, Replaced, placed, replace

#: By the keys of what is asked for.
FilesByKey = Mapping[str, Sequence[UUID]]


def bounded(file_ids: Sequence[UUID], *path: str | int) -> Sequence[UUID]:
    """As many as an answer may have, or `Invalid`."""
    return checks.count_of(file_ids, ANSWER_FILES, "files", *path)


async def keep(
    change: Change, item: Any, before: FilesByKey, after: FilesByKey, given: Sequence[str] = (), field: str = "answers"
) -> Replaced:
    """Make those of the answers of an item, which is held, the files that it has: what none has any more is given up.
    `given` are the keys that the input has answers to, each in its place."""
    if _all(before) == _all(after):
        return Replaced()
    return await replace(change, item, _named(after, given, field), most=FILES_OF_THING.most, path=field)


def _all(answers: FilesByKey) -> set[UUID]:
    return {id for ids in answers.values() for id in ids}


def expect_once(answers: FilesByKey, given: Sequence[str], field: str = "answers") -> None:
    """`Invalid` where one file would be in two answers, or twice in one."""
    _named(answers, given, field)


def _named(answers: FilesByKey, given: Sequence[str], field: str) -> dict[UUID, Path]:
    """Each file with where the input names it. What it does not name comes first: it is the input's fault that a file
    is in two answers."""
    numbers = {key: number for number, key in enumerate(given)}
    lists = sorted(answers.items(), key=lambda answer: numbers.get(answer[0], -1))
    return placed(*((ids, (field, numbers[key], "file_ids") if key in numbers else ()) for key, ids in lists))
