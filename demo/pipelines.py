"""The demo firm's services: the path that the jobs of each take."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from models.seen import AccountType, CardField

ALL_CARD_FIELDS = (
    CardField.ACCOUNT,
    CardField.STATUS,
    CardField.PRIORITY,
    CardField.DUE_DATE,
    CardField.ASSIGNEES,
    CardField.TASKS,
    CardField.BUDGET,
    CardField.CLIENT_STATUS,
)


@dataclass(frozen=True, slots=True)
class CustomStatus:
    """What holds a job."""

    name: str
    color: str
    counts_as_overdue: bool


@dataclass(frozen=True, slots=True)
class Service:
    """A pipeline, and what its jobs are like."""

    name: str
    stages: tuple[str, ...]
    #: Of which employees it is the work, by number.
    employees: tuple[int, ...]
    clients: frozenset[AccountType]
    title: Callable[[date], str]
    tasks: tuple[str, ...]
    notes: tuple[str, ...]
    #: The usual time budget in minutes, and how long a job takes in days.
    budget: int
    days: int
    #: Its share of all jobs.
    weight: int
    #: What a job is about, and by when the law wants it, by its due date.
    period: Callable[[date], str] | None = None
    deadline: Callable[[date], date | None] | None = None
    #: The stages that are passed over unless the client has a tag, by their names.
    only_for: Mapping[str, str] = field(default_factory=dict)
    #: The tasks that jobs get where they come to these stages.
    tasks_of_stages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: The custom status under which the client is asked for what is missing; None for none.
    asks_under: str | None = None


MISSING_DOCS = CustomStatus("Missing docs", "#f2994a", counts_as_overdue=False)
NEEDS_REVIEW = CustomStatus("Needs review", "#9b51e0", counts_as_overdue=True)
CUSTOM_STATUSES = (MISSING_DOCS, NEEDS_REVIEW)

_PEOPLE = frozenset({AccountType.INDIVIDUAL})
_BUSINESSES = frozenset({AccountType.COMPANY, AccountType.OTHER})


def _tax_year(due: date) -> str:
    return f"Form 1040 for {due.year - 1}"


def _month_before(due: date) -> str:
    return f"Books of {due.replace(day=1) - timedelta(days=1):%B %Y}"


def _tax_day(due: date) -> date | None:
    """In April, or in October with an extension."""
    return next((day for day in (date(due.year, 4, 15), date(due.year, 10, 15)) if day >= due), None)


def _pay_period(due: date) -> str:
    return f"Payroll, week {due.isocalendar().week} of {due.isocalendar().year}"


def _set_up(due: date) -> str:
    return f"Set-up as a new client, {due:%B}"


SERVICES: Sequence[Service] = (
    Service(
        "Tax returns 1040",
        ("Gather documents", "Prepare", "Review", "Client signature", "File", "Filed"),
        (1, 2, 3, 4),
        _PEOPLE,
        _tax_year,
        (
            "Send the organizer",
            "Check the W-2s",
            "Check the 1099s",
            "Enter the deductions",
            "Compare with last year",
            "Send Form 8879 for signature",
        ),
        ("Entered the W-2s", "Call about the home office", "Prepared the return", "Reviewed Schedule C"),
        240,
        45,
        4,
        period=lambda due: f"{due.year - 1}",
        deadline=_tax_day,
        only_for={"Review": "Multi-state"},
        tasks_of_stages={"Prepare": ("Prepare the return",), "Review": ("Compare with other states' returns",)},
        asks_under=MISSING_DOCS.name,
    ),
    Service(
        "Monthly bookkeeping",
        ("Waiting for statements", "Categorize", "Reconcile", "Close the month", "Reported"),
        (1, 3, 5, 6),
        _BUSINESSES,
        _month_before,
        (
            "Ask for the bank statements",
            "Categorize the card charges",
            "Reconcile the checking account",
            "Match open invoices",
            "Send the report",
        ),
        ("Reconciled the bank", "Sorted receipts", "Asked about a transfer", "Wrote the report"),
        180,
        20,
        3,
        period=lambda due: f"{due.replace(day=1) - timedelta(days=1):%Y-%m}",
    ),
    Service(
        "Payroll",
        ("Collect hours", "Calculate", "Approve", "Pay", "Paid"),
        (2, 5, 6),
        _BUSINESSES,
        _pay_period,
        ("Collect the time sheets", "Check the overtime", "Send for approval", "File the deposit"),
        ("Collected hours", "Corrected an address", "Ran the payroll"),
        90,
        7,
        2,
        period=lambda due: f"Week {due.isocalendar().week} of {due.isocalendar().year}",
        deadline=lambda due: due + timedelta(days=3),
    ),
    Service(
        "Onboarding",
        ("Engagement letter", "Collect records", "Set up books", "Welcome call", "Handed over"),
        (1, 2, 3, 4, 5),
        _PEOPLE | _BUSINESSES,
        _set_up,
        ("Send the engagement letter", "Ask the former accountant for files", "Open the ledger", "Plan the first call"),
        ("First call", "Read last year's files", "Set up the ledger"),
        300,
        30,
        1,
    ),
)

OTHER_SERVICE = Service(
    "Annual accounts",
    ("To do", "Doing", "Done"),
    (),
    _PEOPLE | _BUSINESSES,
    lambda due: f"Annual accounts of {due.year - 1}",
    ("Ask for the ledger", "Draft the accounts"),
    ("Drafted the accounts",),
    480,
    60,
    1,
    period=lambda due: f"{due.year - 1}",
)
