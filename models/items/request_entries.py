"""What a client request asks for: entries, each with the client's answer once there is one."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

from models import checks
from models.bounds import REQUEST_ENTRIES
from models.errors import Invalid, RuleBroken
from models.gathered import Gathered
from models.items import answered_files
from models.reasons import Reason
from models.texts import ANSWER, ENTRY_KEY, PROMPT


@dataclass(frozen=True, slots=True)
class RequestEntry:
    """One thing that is asked for. It is known by its key, wherever it stands."""

    key: str
    prompt: str
    required: bool = True
    answer: str | None = None
    file_ids: tuple[UUID, ...] = ()

    @property
    def answered(self) -> bool:
        """Whether it has an answer: a text, files or both."""
        return self.answer is not None or bool(self.file_ids)

    @property
    def missing(self) -> bool:
        """Whether the request cannot be submitted without an answer to it."""
        return self.required and not self.answered


@dataclass(frozen=True, slots=True)
class EntryAnswer:
    """What the client answers to an entry: a text, files or both. Neither takes the answer back."""

    key: str
    text: str | None = None
    file_ids: Sequence[UUID] = ()


def entries_in(stored: Sequence[Mapping[str, Any]]) -> list[RequestEntry]:
    """The entries that a row keeps."""
    return [RequestEntry(**{**entry, "file_ids": tuple(map(UUID, entry.get("file_ids", ())))}) for entry in stored]


def to_store(entries: Sequence[RequestEntry]) -> list[dict[str, Any]]:
    """The entries as a row keeps them."""
    return [{**asdict(entry), "file_ids": list(map(str, entry.file_ids))} for entry in entries]


def unanswered(entries: Sequence[RequestEntry]) -> list[RequestEntry]:
    """The entries as they are asked for."""
    return [replace(entry, answer=None, file_ids=()) for entry in entries]


def files_by_key(entries: Sequence[RequestEntry]) -> dict[str, tuple[UUID, ...]]:
    """The files that entries are answered with, by their keys."""
    return {entry.key: entry.file_ids for entry in entries if entry.file_ids}


def checked_entries(
    wanted: Sequence[RequestEntry], present: Sequence[RequestEntry] = (), field: str = "entries"
) -> list[RequestEntry]:
    """The entries as they are kept, or what is wrong with all of them. What is present as it is wanted may have been
    allowed once, and is not checked."""
    there = {(entry.key, entry.prompt) for entry in present}
    if not 0 < len(wanted) <= len(present):
        checks.count_of(wanted, REQUEST_ENTRIES, "entries", field)
    kept: list[RequestEntry] = []
    with Gathered() as check:
        for place, entry in enumerate(wanted):
            if (entry.key, entry.prompt) not in there:
                key = check(ENTRY_KEY.check, entry.key, field, place, "key")
                prompt = check(PROMPT.check, entry.prompt, field, place, "prompt")
                entry = replace(entry, key=key, prompt=prompt)
            check(_expect_new, entry.key, kept, field, place)
            kept.append(entry)
    return kept


def _expect_new(key: str | None, kept: Sequence[RequestEntry], field: str, place: int) -> None:
    if key is not None and any(entry.key == key for entry in kept):
        told = "Another entry has this key already. Give each its own."
        raise Invalid(told, field, place, "key", reason=Reason.NAMED_TWICE)


def revised(present: Sequence[RequestEntry], wanted: Sequence[RequestEntry]) -> list[RequestEntry]:
    """The wanted entries with the answers that there are. `RuleBroken` where one that is answered would be another, or
    gone: what was answered is not turned into the answer to something else."""
    answered = {entry.key: entry for entry in present if entry.answered}
    if answered.keys() - {entry.key for entry in wanted}:
        told = "An entry that is answered is not among these. Keep it, or take its answer back first."
        raise RuleBroken(told, "entries", reason=Reason.ANSWERED)
    kept = []
    for place, entry in enumerate(wanted):
        earlier = answered.get(entry.key)
        if earlier is not None and earlier.prompt != entry.prompt:
            told = "This entry is answered, so it keeps its prompt. Take its answer back first, or add another entry."
            raise RuleBroken(told, "entries", place, "prompt", reason=Reason.ANSWERED)
        answer = (None, ()) if earlier is None else (earlier.answer, earlier.file_ids)
        kept.append(replace(entry, answer=answer[0], file_ids=answer[1]))
    return kept


def differing_keys(before: Sequence[RequestEntry], after: Sequence[RequestEntry]) -> tuple[str, ...]:
    """The keys of the entries that are new, gone, changed or answered otherwise; all of them in another order."""
    if [entry.key for entry in before if entry in after] != [entry.key for entry in after if entry in before]:
        return tuple(dict.fromkeys(entry.key for entry in [*after, *before]))
    changed = [*(entry for entry in after if entry not in before), *(entry for entry in before if entry not in after)]
    return tuple(dict.fromkeys(entry.key for entry in changed))


def answered_with(
    present: Sequence[RequestEntry], answers: Sequence[EntryAnswer], field: str = "answers"
) -> list[RequestEntry]:
    """The entries with these answers; those that none is for keep theirs. What is wrong with the answers is told all at
    once."""
    checks.count_of(answers, REQUEST_ENTRIES, "answers", field)
    places = {entry.key: place for place, entry in enumerate(present)}
    entries = list(present)
    given: list[str] = []
    with Gathered() as check:
        for number, answer in enumerate(answers):
            key = check(_known_key, answer.key, places, given, field, number)
            text = check(_text, answer.text, field, number)
            files = check(_files, answer.file_ids, field, number)
            if key is not None:
                given.append(key)
                entries[places[key]] = replace(entries[places[key]], answer=text, file_ids=files)
    answered_files.expect_once(files_by_key(entries), given, field)
    return entries


def keys_of(answers: Sequence[EntryAnswer]) -> list[str]:
    """The keys of the entries that are answered, each in its place; they have been checked."""
    return [ENTRY_KEY.check(answer.key, "key") for answer in answers]


def _known_key(given: str, places: Mapping[str, int], answered: Sequence[str], field: str, number: int) -> str:
    key = ENTRY_KEY.check(given, field, number, "key")
    if key not in places:
        told = "The request has no entry with this key. Look at it once more: it may have been changed."
        raise Invalid(told, field, number, "key", reason=Reason.NOT_ONE_OF, values=tuple(places))
    if key in answered:
        raise Invalid("Answer each entry once.", field, number, "key", reason=Reason.NAMED_TWICE)
    return key


def _text(given: str | None, field: str, number: int) -> str | None:
    return None if given is None else ANSWER.check(given, field, number, "text")


def _files(given: Sequence[UUID], field: str, number: int) -> tuple[UUID, ...]:
    return tuple(answered_files.bounded(given, field, number, "file_ids")) if given else ()
