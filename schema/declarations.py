"""What is offered to clients, as it is declared beside the inputs: mutations, each a command with its input; and lists,
each of the rows of a class, with its filter and its order. The roots are made from these, in resolvers/."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from models.actions import Command
from models.command import Outcome
from models.ids import Kind, plural
from models.seen import Row


@dataclass(frozen=True, slots=True)
class Answer:
    """What a mutation answers in place of rows: the field, its type, and what it says."""

    field: str
    of: type
    description: str


@dataclass(frozen=True, slots=True)
class DeclaredMutation:
    """A command that clients can call. What it is called and requires, and what it answers, the command says."""

    command: Command[..., Outcome[Any]]
    takes: type
    description: str
    #: What else it answers, with a description: texts that the row has when it is made, and never again.
    once: Mapping[str, str]
    #: What it answers where the command returns no rows.
    answers: Answer | None = None

    @property
    def name(self) -> str:
        """The field's name."""
        return self.command.action.name


def mutation(
    command: Command[..., Outcome[Any]],
    takes: type,
    description: str | None = None,
    *,
    once: Mapping[str, str] = MappingProxyType({}),
    answers: Answer | None = None,
) -> DeclaredMutation:
    """A command that is called with the fields of this input. Its description is the summary of the command, unless it
    says something that no docstring can: how many of something there may be."""
    return DeclaredMutation(command, takes, command.summary if description is None else description, once, answers)


@dataclass(frozen=True, slots=True)
class DeclaredList:
    """Pages of the rows of a class that are visible."""

    model: type[Row]
    description: str
    #: The column that it is sorted by, before the id; with `-` before it, from the end on.
    order: str
    #: What its things are called where they are many.
    called: str
    filter: type | None
    filter_description: str
    #: Levels of the order, where the caller may choose it.
    sort: type | None
    sort_description: str
    #: The description of the field that gives one of them by its id, where there is such a field.
    one: str | None

    @property
    def kind(self) -> Kind:
        """Of what it is a list."""
        return self.model.kind

    @property
    def name(self) -> str:
        """The field's name, in the words of Python. The cursors of its pages hold it."""
        return plural(self.kind)


def listing(
    model: type[Row],
    filter: type | None = None,
    *,
    order: str,
    description: str,
    called: str | None = None,
    filter_description: str = "Which ones.",
    sort: type | None = None,
    sort_description: str = "",
    one: str | None = None,
) -> DeclaredList:
    """A list of the visible rows of a class."""
    called = plural(model.kind).replace("_", " ") if called is None else called
    return DeclaredList(model, description, order, called, filter, filter_description, sort, sort_description, one)
