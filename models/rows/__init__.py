"""The rows: one Tortoise model a table."""

from models.rows.accounts import Account, AccountMember, AccountTag, AccountType, Tag
from models.rows.automatic_actions import AutomaticActions
from models.rows.automations import (
    Automation,
    AutomationPointer,
    AutomationRun,
    AutomationSettings,
    AutomationState,
    AutomationTrigger,
    AutomationType,
    RunReason,
)
from models.rows.base import Row, model_of, register
from models.rows.documents import DocumentApprover, DocumentVersion
from models.rows.external_keys import ExternalKey
from models.rows.files import File, FileSegment, FileState, FileTotal
from models.rows.firm import Firm, Weekday
from models.rows.followers import Follower, FollowerCursor, FollowerRun, RunState
from models.rows.items import Awaited, Awaiting, Item, ItemRecipient, JobItem, Party
from models.rows.jobs import Job, JobAssignee, Priority, Task, TaskAssignee, TaskState
from models.rows.log import EventRow, IdempotencyKey
from models.rows.people import Member
from models.rows.pipelines import (
    CardField,
    Category,
    ClientStatus,
    JobOrder,
    Pipeline,
    PipelineMember,
    Stage,
    StageTag,
    Status,
)
from models.rows.proposals import ProposalService
from models.rows.recurrences import (
    ChangedOccurrence,
    DayOff,
    Frequency,
    Occurrence,
    OccurrenceState,
    Recurrence,
    RecurrenceAccount,
)
from models.rows.relations import JobRelation, Relation
from models.rows.sessions import Identity, LetterPurpose, Session, SignInAttempts, SigningKey, SignInLetter
from models.rows.signing import SignatureMethod, SignedItem, Signer
from models.rows.subtasks import Subtask, TaskRelation
from models.rows.time import FORGOTTEN_AFTER, TimeEntry, TimeFlag

register(Firm, Member, Tag, ClientStatus, Account, Pipeline, Stage, Status, Job, Task, TimeEntry)

__all__ = [
    "FORGOTTEN_AFTER",
    "Account",
    "AccountMember",
    "AccountTag",
    "AccountType",
    "AutomaticActions",
    "Automation",
    "AutomationPointer",
    "AutomationRun",
    "AutomationSettings",
    "AutomationState",
    "AutomationTrigger",
    "AutomationType",
    "Awaited",
    "Awaiting",
    "CardField",
    "Category",
    "ChangedOccurrence",
    "ClientStatus",
    "DayOff",
    "DocumentApprover",
    "DocumentVersion",
    "EventRow",
    "ExternalKey",
    "File",
    "FileSegment",
    "FileState",
    "FileTotal",
    "Firm",
    "Follower",
    "FollowerCursor",
    "FollowerRun",
    "Frequency",
    "IdempotencyKey",
    "Identity",
    "Item",
    "ItemRecipient",
    "Job",
    "JobAssignee",
    "JobItem",
    "JobOrder",
    "JobRelation",
    "LetterPurpose",
    "Member",
    "Occurrence",
    "OccurrenceState",
    "Party",
    "Pipeline",
    "PipelineMember",
    "Priority",
    "ProposalService",
    "Recurrence",
    "RecurrenceAccount",
    "Relation",
    "Row",
    "RunReason",
    "RunState",
    "Session",
    "SignInAttempts",
    "SignInLetter",
    "SignatureMethod",
    "SignedItem",
    "Signer",
    "SigningKey",
    "Stage",
    "StageTag",
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
    "model_of",
    "register",
]
