"""What a line may say of a thing: the fields that columns are mapped to, for each kind of file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from interchange.imports.cells import Reader, addresses, amount, day, minutes, one_of, several, text, yes_or_no
from models.seen import AccountType, Priority, TaskState


class What(StrEnum):
    """What the lines of a file are."""

    ACCOUNTS = "accounts"
    CONTACTS = "contacts"
    JOBS = "jobs"
    TASKS = "tasks"
    TIME_ENTRIES = "time-entries"


@dataclass(frozen=True, slots=True)
class Field:
    """Something that a column, or several, may say."""

    name: str
    read: Reader
    #: For whoever maps columns to it.
    says: str
    #: Whether the values of several columns are all taken, and not the first one alone.
    many: bool = False


_KEY = "Its key where it comes from. It is known again by that."
_ACCOUNT = (
    Field("account.key", text, "The key of the account."),
    Field("account.name", text, "The name of the account."),
)
_JOB = (
    Field("job.key", text, "The key of the job."),
    Field("job.name", text, "The name of the job, which is known by it at its account."),
)
_OF_ACCOUNT = (
    Field("type", one_of(AccountType), "COMPANY, INDIVIDUAL or OTHER. COMPANY for a new one of which nothing is said."),
    Field("tags", several, "Tags of the firm by name. They are added.", many=True),
    Field("team", several, "Members to be assigned, by their addresses. They are added.", many=True),
)

FIELDS: Mapping[What, Sequence[Field]] = {
    What.ACCOUNTS: (Field("key", text, _KEY), Field("name", text, "What it is called."), *_OF_ACCOUNT),
    What.CONTACTS: (
        *_ACCOUNT,
        *(Field(f"account.{each.name}", each.read, each.says, each.many) for each in _OF_ACCOUNT),
        Field("key", text, _KEY),
        Field("name", text, "What they are called. Without it, the names below together."),
        Field("first_name", text, "Their first name."),
        Field("middle_name", text, "Their middle name."),
        Field("last_name", text, "Their last name."),
        Field("emails", addresses, "Their mail addresses, the first one to write to first. They are added.", many=True),
        Field("phone", text, "Their phone."),
        Field("language", text, "The language to write to them in, as de or en-US."),
        Field("title", text, "What they are at the account."),
        Field("signs", yes_or_no, "Whether they sign for the account."),
        Field("gets_mail", yes_or_no, "Whether they get the account's mail."),
    ),
    What.JOBS: (
        Field("key", text, _KEY),
        *_ACCOUNT,
        Field("pipeline", text, "The pipeline that it is opened in, by name."),
        Field("stage", text, "The stage that it is opened on, by name; the first one if nothing is said."),
        Field("status", text, "The status that it is opened under, by name; Active if nothing is said."),
        Field("place", text, "A text for which the mapping says the stage and the status (`[places]`)."),
        Field("name", text, "What it is called."),
        Field("description", text, "What it is about."),
        Field("priority", one_of(Priority), "LOW, MEDIUM, HIGH or URGENT."),
        Field("start_date", day, "The day on which it begins."),
        Field("due_date", day, "The day on which it is due."),
        Field("deadline", day, "The statutory day."),
        Field("period", text, "The time that the work is about, as 2025 or 2025-Q1."),
        Field("budget", minutes, "How long it may take."),
        Field("assignees", several, "Members, by their addresses. They are added.", many=True),
    ),
    What.TASKS: (
        Field("key", text, _KEY),
        *_ACCOUNT,
        *_JOB,
        Field("name", text, "What it is called."),
        Field("description", text, "What is to be done."),
        Field("state", one_of(TaskState), "PLANNED, IN_PROGRESS, COMPLETED or CANCELED."),
        Field("priority", one_of(Priority), "LOW, MEDIUM, HIGH or URGENT."),
        Field("start_date", day, "The day on which it begins."),
        Field("due_date", day, "The day on which it is due."),
        Field("estimate", minutes, "How long it is thought to take."),
        Field("assignees", several, "Members, by their addresses. They are added.", many=True),
    ),
    What.TIME_ENTRIES: (
        Field("key", text, _KEY),
        Field("member", text, "Whose time it is, by their address; without it, of whoever imports."),
        *_ACCOUNT,
        *_JOB,
        Field("day", day, "The day on which it was spent."),
        Field("minutes", minutes, "How long it was."),
        Field("note", text, "What was done."),
        Field("billable", yes_or_no, "Whether clients are charged for it; yes if nothing is said."),
        Field("rate", amount, "What an hour of it costs, in the firm's currency."),
    ),
}


def field_of(what: What, name: str) -> Field | None:
    """The field of this name, if such lines have it."""
    return next((field for field in FIELDS[what] if field.name == name), None)
