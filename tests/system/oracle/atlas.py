"""What the harness knows of a firm: the ids that random commands pick from. It may be out of date, as a person's is."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Any

PASSWORD = "correct horse battery staple"
FIRMS = ("firm-one", "firm-two")
#: In the name of everything that belongs to a secret account.
SECRET = "sealed-7c1e"

IDS = re.compile(r'"([a-z_]+_[0-9a-z]{26})"')


@dataclass(frozen=True)
class Person:
    """A member. A sealed one is never given the right to see a secret account. The clients of some hold items, too."""

    id: str
    email: str
    role: str
    sealed: bool
    holds_items: bool


@dataclass
class Board:
    """A pipeline with its stages in some order."""

    id: str
    stages: list[str]
    statuses: list[str]
    custom: list[str]


@dataclass
class Item:
    """A linked item: the account that it is on, and what was last read of it."""

    account: str
    read: dict[str, Any]


@dataclass
class Atlas:
    """A firm as far as it is known."""

    tag: str
    people: list[Person]
    boards: list[Board]
    accounts: list[str]
    secrets: frozenset[str]
    tags: list[str]
    #: Of jobs.
    template: str
    #: The account of each job.
    jobs: dict[str, str]
    #: The account of each task.
    tasks: dict[str, str]
    quiet: dict[str, str]
    #: The account of each time entry.
    entries: dict[str, str] = field(default_factory=dict)
    #: Those of them that have a rate.
    rated: set[str] = field(default_factory=set)
    versions: dict[str, int] = field(default_factory=dict)
    #: The stage that each job was last seen on.
    places: dict[str, str] = field(default_factory=dict)
    archived: set[str] = field(default_factory=set)
    #: Jobs that were related to each other.
    related: list[tuple[str, str]] = field(default_factory=list)
    #: By account.
    contacts: dict[str, list[str]] = field(default_factory=dict)
    #: By kind, and then by id.
    items: defaultdict[str, dict[str, Item]] = field(default_factory=lambda: defaultdict(dict))
    ended: set[str] = field(default_factory=set)
    #: What is in each template, by its id: the field that it is given in.
    templates: dict[str, str] = field(default_factory=dict)
    #: What the owner has uploaded. Something may have taken it by now.
    files: list[str] = field(default_factory=list)
    #: The account of each folder.
    folders: dict[str, str] = field(default_factory=dict)
    payment_providers: list[str] = field(default_factory=list)
    #: By id, the state of each mail.
    mails: dict[str, str] = field(default_factory=dict)
    reminders: set[str] = field(default_factory=set)
    #: Runs of automations that failed.
    failed: list[str] = field(default_factory=list)
    #: The latest revisions.
    revisions: deque[str] = field(default_factory=lambda: deque(maxlen=12))
    #: The ids of jobs and items of secret accounts, the deleted ones too, and of all.
    secret_ids: set[str] = field(default_factory=set)
    every_id: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, founded: dict[str, Any]) -> Atlas:
        """What `founding` printed of a firm."""
        atlas = cls(
            tag=founded["tag"],
            people=[Person(**person) for person in founded["members"]],
            boards=[Board(**board) for board in founded["pipelines"]],
            accounts=founded["accounts"],
            secrets=frozenset(founded["secrets"]),
            tags=founded["tags"],
            template=founded["template"],
            jobs={},
            tasks=founded["tasks"],
            quiet=founded["quiet"],
            contacts=founded["contacts"],
            files=founded["files"],
        )
        for job in founded["jobs"]:
            atlas.add_job(job["id"], job["account"], job["stage"])
        return atlas

    def add_job(self, id: str, account: str, stage: str) -> None:
        """A job that was made."""
        self.jobs[id], self.places[id] = account, stage
        self._note(id, account)

    def add_item(self, kind: str, account: str, read: dict[str, Any]) -> None:
        """An item that was made, or read once more."""
        self._note(id := read["id"], account)
        # Others may be told of it later than of its end.
        if id not in self.ended:
            self.items[kind][id] = Item(account, read)

    def end_item(self, kind: str, id: str) -> None:
        """An item that was deleted."""
        self.ended.add(id)
        self.items[kind].pop(id, None)

    def _note(self, id: str, account: str) -> None:
        self.every_id.add(id)
        if account in self.secrets:
            self.secret_ids.add(id)

    def named(self, account: str, what: str) -> str:
        """A name for something of this account."""
        return f"{SECRET} {what}" if account in self.secrets else f"{self.tag} {what}"

    def board_of(self, job: str) -> Board | None:
        """The board that a job was last seen on."""
        return next((board for board in self.boards if self.places[job] in board.stages), None)

    def jobs_on(self, stage: str) -> list[str]:
        """The jobs that were last seen on a stage."""
        return [job for job in self.jobs if self.places[job] == stage]

    @property
    def waiting_mails(self) -> list[str]:
        """The mails that waited when they were last seen."""
        return [id for id, state in self.mails.items() if state == "WAITING"]

    @property
    def owner(self) -> Person:
        """The owner, and stays it."""
        return self.people[0]
