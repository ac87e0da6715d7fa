"""What lines of one file say of the same thing: not one this and another that."""

from collections.abc import Iterator, Mapping
from typing import Any

from models.errors import Invalid
from models.ids import Kind
from models.imports.lines import AccountSaid, ClientLine, ContactSaid, EntryLine, JobLine, Line, TaskLine
from models.reasons import Reason

#: Of which thing something is said: its kind, and what it is known by in the file.
Known = tuple[str, ...]


def things_of(line: Line) -> Iterator[tuple[Known, Mapping[str, Any]]]:
    """The things that a line speaks of, with what it says of each that can be said only once, by field."""
    if not isinstance(line, ClientLine):
        told = {name: getattr(line, name) for name in type(line).__slots__ if name not in _NOT_COMPARED}
        yield (_KINDS[type(line)], "key", line.key), {**told, **line.fields}
        return
    account, contact = line.account, line.contact
    if account is not None:
        yield (
            (Kind.ACCOUNT, *account.known_by),
            {f"account.{name}": value for name, value in _said(account, account.fields).items()},
        )
    if contact is not None:
        known_by = contact.known_by(account)
        yield (Kind.CONTACT, *known_by), _said(contact, contact.fields)
        if account is not None:
            yield (Kind.ACCOUNT_CONTACT, *account.known_by, *known_by), contact.there


_KINDS: Mapping[type[Line], Kind] = {JobLine: Kind.JOB, TaskLine: Kind.TASK, EntryLine: Kind.TIME_ENTRY}
#: The key is what it is known by, and assignees are added.
_NOT_COMPARED = ("key", "fields", "assignees")


def _said(thing: AccountSaid | ContactSaid, fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is known by its name says it again with each line, however it is spelled."""
    return {name: value for name, value in fields.items() if thing.key is not None or name != "name"}


class Twice:
    """What the lines so far have said. Of each thing so much is kept as it takes to know it again."""

    def __init__(self) -> None:
        self._said: dict[int, tuple[int, dict[str, int]]] = {}

    def expect_the_same(self, number: int, line: Line) -> None:
        """`Invalid` where an earlier line says something else of a thing that this one speaks of."""
        things = [
            (hash(known), {name: hash(repr(value)) for name, value in told.items() if value is not None})
            for known, told in things_of(line)
        ]
        for known, told in things:
            first, before = self._said.get(known, (0, {}))
            for name, mark in told.items():
                if before.get(name, mark) != mark:
                    field = name.rpartition(".")[2].replace("_", " ")
                    message = f"Line {first:,} says another {field} of the same thing. Make them agree."
                    raise Invalid(message, *name.split("."), reason=Reason.NAMED_TWICE)
        for known, told in things:
            self._said.setdefault(known, (number, {}))[1].update(told)

    def knows(self, known: Known) -> bool:
        """Whether a line has spoken of this."""
        return hash(known) in self._said
