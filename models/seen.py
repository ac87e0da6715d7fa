"""The rows' classes by name, for the rooms above: to say which rows, and what is read of them.

A name is no table. It can be neither queried nor written, so whoever reads something has asked a scope for it. To
whoever checks types it is the class itself: of what a scope gives, all can be read that can be read of a row.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

from models import rows
from models.ids import Kind
from models.rows import (
    AccountType,
    AutomationState,
    AutomationTrigger,
    AutomationType,
    Awaited,
    CardField,
    Category,
    DayOff,
    FileState,
    Frequency,
    JobOrder,
    OccurrenceState,
    Party,
    Priority,
    Relation,
    RunReason,
    RunState,
    SignatureMethod,
    TaskRelation,
    TaskState,
    TimeFlag,
    Weekday,
)
from models.rows.invoices import InvoiceState
from models.rows.mail import MailCauseKind, MailState
from models.rows.names import name_of
from models.rows.payment_providers import DeliveryOutcome, DeliveryReason, PaymentService, ProviderFact
from models.rows.payments import PaymentMethod, PaymentState
from models.rows.sessions import LetterPurpose

__all__ = [
    "Account",
    "AccountMember",
    "AccountTag",
    "AccountType",
    "Automation",
    "AutomationRun",
    "AutomationState",
    "AutomationTrigger",
    "AutomationType",
    "Awaited",
    "CardField",
    "Category",
    "ClientStatus",
    "DayOff",
    "DeliveryOutcome",
    "DeliveryReason",
    "File",
    "FileState",
    "Firm",
    "Frequency",
    "InvoiceState",
    "Item",
    "Job",
    "JobAssignee",
    "JobOrder",
    "LetterPurpose",
    "MailCauseKind",
    "MailState",
    "Member",
    "Occurrence",
    "OccurrenceState",
    "Party",
    "PaymentMethod",
    "PaymentService",
    "PaymentState",
    "Pipeline",
    "Priority",
    "ProviderFact",
    "Recurrence",
    "RecurrenceAccount",
    "Relation",
    "Row",
    "RunReason",
    "RunState",
    "SignatureMethod",
    "Stage",
    "Status",
    "Subtask",
    "Tag",
    "Task",
    "TaskAssignee",
    "TaskRelation",
    "TaskState",
    "TimeEntry",
    "TimeFlag",
    "Weekday",
]


@cache
def named(kind: Kind) -> type[Any]:
    """The name of the class of the rows of this kind: for a kind that is a module of its own."""
    return name_of(rows.model_of(kind))


if TYPE_CHECKING:
    from models.rows import (
        Account,
        AccountMember,
        AccountTag,
        Automation,
        AutomationRun,
        ClientStatus,
        File,
        Firm,
        Item,
        Job,
        JobAssignee,
        Member,
        Occurrence,
        Pipeline,
        Recurrence,
        RecurrenceAccount,
        Row,
        Stage,
        Status,
        Subtask,
        Tag,
        Task,
        TaskAssignee,
        TimeEntry,
    )
else:
    Account = name_of(rows.Account)
    AccountMember = name_of(rows.AccountMember)
    AccountTag = name_of(rows.AccountTag)
    Automation = name_of(rows.Automation)
    AutomationRun = name_of(rows.AutomationRun)
    ClientStatus = name_of(rows.ClientStatus)
    File = name_of(rows.File)
    Firm = name_of(rows.Firm)
    Item = name_of(rows.Item)
    Job = name_of(rows.Job)
    JobAssignee = name_of(rows.JobAssignee)
    Member = name_of(rows.Member)
    Occurrence = name_of(rows.Occurrence)
    Pipeline = name_of(rows.Pipeline)
    Recurrence = name_of(rows.Recurrence)
    RecurrenceAccount = name_of(rows.RecurrenceAccount)
    Row = name_of(rows.Row)
    Stage = name_of(rows.Stage)
    Status = name_of(rows.Status)
    Subtask = name_of(rows.Subtask)
    Tag = name_of(rows.Tag)
    Task = name_of(rows.Task)
    TaskAssignee = name_of(rows.TaskAssignee)
    TimeEntry = name_of(rows.TimeEntry)
