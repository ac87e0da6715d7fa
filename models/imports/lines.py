"""What the lines of a file say, read and in the words of the domain; and what becomes of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from models.errors import Refusal
from models.ids import Kind
from models.rows import TaskState
from models.texts import sameness


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """How a line names a thing that is there: by its key where it comes from, or else by its name."""

    key: str | None = None
    name: str | None = None

    def __bool__(self) -> bool:
        return self.key is not None or self.name is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSaid:
    """What a line says of an account. `fields` are those of `updateAccount`; tags are named, the team by addresses."""

    key: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    tags: Sequence[str] = ()
    team: Sequence[str] = ()

    @property
    def known_by(self) -> tuple[str, ...]:
        """What tells it from other accounts: its key, or else its name."""
        return ("key", self.key) if self.key is not None else ("name", sameness(self.fields.get("name", "")))


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactSaid:
    """What a line says of a contact. `fields` are those of `updateContact`, but for the addresses; `there` are those of
    `updateAccountContact`: what they are at the account of the line."""

    key: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    emails: Sequence[str] = ()
    there: Mapping[str, Any] = field(default_factory=dict)

    def known_by(self, account: AccountSaid | None) -> tuple[str, ...]:
        """What tells them from other contacts: their key, or else their name with an address, or with the account."""
        if self.key is not None:
            return "key", self.key
        where = sorted(map(sameness, self.emails))[:1] or ([] if account is None else ["at", *account.known_by])
        return "name", sameness(self.fields.get("name", "")), *where


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientLine:
    """An account, a contact, or a contact at an account."""

    account: AccountSaid | None = None
    contact: ContactSaid | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLine:
    """A job. `fields` are those of `updateJob` and its budget. Where it stands (pipeline, stage, status) is named."""

    key: str
    account: Called
    pipeline: str
    stage: str | None = None
    status: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    assignees: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLine:
    """A task of an account or of a job. `fields` are those of `updateTask`."""

    key: str
    account: Called = Called()
    job: Called = Called()
    state: TaskState | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    assignees: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryLine:
    """A time entry, of the member with this address or else of whoever imports. `fields` are those of
    `updateTimeEntry`."""

    key: str
    member: str | None = None
    account: Called = Called()
    job: Called = Called()
    fields: Mapping[str, Any] = field(default_factory=dict)
    rate: Decimal | None = None


Line = ClientLine | JobLine | TaskLine | EntryLine


class Done(StrEnum):
    """What becomes of a thing that a line speaks of."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    SAME = "SAME"


@dataclass(frozen=True, slots=True)
class Difference:
    """What a line made of a thing. `changes` are column: (before, after), of what is added only what is new."""

    kind: Kind
    done: Done
    name: str
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a line: what it made of each thing, or why it was refused."""

    differences: Sequence[Difference] = ()
    refusal: Refusal | None = None
