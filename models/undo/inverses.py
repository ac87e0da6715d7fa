"""How each kind of event is taken back, or why it is not. A kind that is added says it here: a test asks each."""

from collections.abc import Mapping
from dataclasses import dataclass

from models import events as facts
from models import mail_events as mail
from models import reminder_ends
from models.automation import run_events
from models.commands.accounts import (
    archive_account,
    restore_account,
    set_account_tags,
    set_account_team,
    update_account,
)
from models.commands.client_statuses import update_client_status
from models.commands.stages import update_stage
from models.commands.statuses import update_status
from models.commands.tags import update_tag
from models.commands.tasks import assign_task, delete_task, link_task, set_task_state, unlink_task, update_task
from models.commands.time import delete_time_entry
from models.events import Event, recurrences
from models.files import files
from models.firm import absences, account_contacts, account_roles, contacts, personal_tokens, saved_views
from models.ids import Kind
from models.items import (
    chats,
    client_requests,
    documents,
    folders,
    invoices,
    messages,
    notes,
    organizers,
    payment_providers,
    payments,
    proposals,
    provider_deliveries,
    wiki_pages,
)
from models.items.invoice_states import void_invoice
from models.items.proposal_signing import withdraw_proposal
from models.rows import AccountMember, AccountTag, TaskAssignee
from models.templates import templates
from models.undo.jobs import JobColumns
from models.undo.linking import Linked, Linking, Unlinked
from models.undo.mails import Queued
from models.undo.relations import JobRelations, TaskParents
from models.undo.report import Lasting
from models.undo.sets import JobAssignees, Set
from models.undo.taking import Inverse
from models.undo.things import Fields, Made, MadeJobs, Turned


@dataclass(frozen=True, slots=True)
class Cannot:
    """It is left as it is, and the report says why."""

    why: Lasting


class Follows:
    """It says what follows from something else, and goes back with that."""


#: What an event is taken back by, or why it is not.
Way = Inverse | Cannot | Follows

FOLLOWS = Follows()
#: What links items of each kind to jobs, and unlinks them.
_LINKING: Mapping[Kind, Linking] = {
    Kind.TASK: Linking(link_task, unlink_task, names_job=False),
    Kind.NOTE: Linking(notes.link_note, notes.unlink_note),
    Kind.WIKI_PAGE: Linking(wiki_pages.link_wiki_page, wiki_pages.unlink_wiki_page),
    Kind.CHAT: Linking(chats.link_chat, chats.unlink_chat),
    Kind.CLIENT_REQUEST: Linking(client_requests.link_client_request, client_requests.unlink_client_request),
    Kind.ORGANIZER: Linking(organizers.link_organizer, organizers.unlink_organizer),
    Kind.PROPOSAL: Linking(proposals.link_proposal, proposals.unlink_proposal),
    Kind.INVOICE: Linking(invoices.link_invoice, invoices.unlink_invoice),
    Kind.PAYMENT: Linking(payments.link_payment, payments.unlink_payment),
    Kind.DOCUMENT: Linking(documents.link_document, documents.unlink_document),
}
_QUEUED = Queued()
_LINKED, _UNLINKED = Linked(_LINKING), Unlinked(_LINKING)
_JOBS, _ASSIGNEES = JobColumns(), JobAssignees()

#: Items first, then what they are of, then jobs: in this order rows are held, and changed.
_WAYS: Mapping[type[Event], Way] = {
    facts.TaskCreated: Made(delete_task),
    facts.TimeLogged: Made(delete_time_entry),
    notes.NoteCreated: Made(notes.delete_note),
    wiki_pages.WikiPageCreated: Made(wiki_pages.delete_wiki_page),
    client_requests.ClientRequestCreated: Made(client_requests.delete_client_request),
    organizers.OrganizerCreated: Made(organizers.delete_organizer),
    proposals.ProposalCreated: Made(
        proposals.delete_proposal, sent=lambda proposal: proposal.sent_at is not None, withdraw=withdraw_proposal
    ),
    invoices.InvoiceCreated: Made(
        invoices.delete_invoice, sent=lambda invoice: invoice.sent, withdraw=void_invoice, stays=True
    ),
    folders.FolderCreated: Made(folders.delete_folder),
    documents.DocumentCreated: Made(documents.delete_document),
    facts.ItemLinked: _LINKED,
    facts.ItemUnlinked: _UNLINKED,
    payments.PaymentLinked: _LINKED,
    payments.PaymentUnlinked: _UNLINKED,
    mail.MailQueued: _QUEUED,
    mail.MailQueuedAgain: _QUEUED,
    facts.TaskUpdated: Fields(update_task),
    facts.TaskStateChanged: Turned(
        set_task_state,
        "state",
        lambda task, event: task.state is event.to_state,
        lambda event: {"state": event.from_state},
    ),
    facts.TaskAssigneesChanged: Set(
        assign_task, "member_ids", link=TaskAssignee, member="member_id", called="assignees"
    ),
    facts.SubtaskChanged: TaskParents(),
    facts.AccountUpdated: Fields(update_account),
    facts.AccountTagsChanged: Set(set_account_tags, "tag_ids", link=AccountTag, member="tag_id", called="tags"),
    facts.AccountTeamChanged: Set(
        set_account_team, "member_ids", link=AccountMember, member="member_id", called="team"
    ),
    account_roles.AccountRoleHoldersChanged: Set(
        account_roles.set_account_role_holders,
        "member_ids",
        link=account_roles.AccountRoleHolder,
        member="member_id",
        called="roles",
        beside=lambda event: {"account_role_id": event.account_role},
    ),
    facts.AccountArchived: Turned(restore_account, "archived_at", lambda account, _: account.archived),
    facts.AccountRestored: Turned(archive_account, "archived_at", lambda account, _: not account.archived),
    contacts.ContactArchived: Turned(
        contacts.restore_contact, "archived_at", lambda contact, _: contact.archived_at is not None
    ),
    contacts.ContactRestored: Turned(
        contacts.archive_contact, "archived_at", lambda contact, _: contact.archived_at is None
    ),
    facts.StageUpdated: Fields(update_stage),
    facts.StatusUpdated: Fields(update_status),
    facts.TagUpdated: Fields(update_tag),
    facts.ClientStatusUpdated: Fields(update_client_status),
    account_roles.AccountRoleUpdated: Fields(account_roles.update_account_role),
    absences.AbsenceCreated: Made(absences.delete_absence),
    facts.JobRelationChanged: JobRelations(),
    facts.JobCreated: MadeJobs(),
    **dict.fromkeys(
        (facts.JobMoved, facts.JobStatusChanged, facts.JobUpdated, facts.JobClientStatusChanged),
        _JOBS,
    ),
    facts.JobAssigneesChanged: _ASSIGNEES,
    facts.JobBlockedChanged: FOLLOWS,
    proposals.ProposalInvoiceChanged: FOLLOWS,
    files.FileChecked: FOLLOWS,
    run_events.AutomationRan: FOLLOWS,
    run_events.AutomationFailed: FOLLOWS,
    run_events.AutomationSkipped: FOLLOWS,
    # What a client did, be it that a member did it for them.
    facts.ClientAction: Cannot(Lasting.CLIENT),
    # What a client may have read by now.
    **dict.fromkeys(
        (
            messages.MessageEvent,
            mail.MailEvent,
            reminder_ends.ClientReminded,
            chats.ChatCreated,
            organizers.OrganizerSent,
            client_requests.ClientRequestSent,
            invoices.InvoiceSent,
            proposals.ProposalStateChanged,
            documents.DocumentStateChanged,
        ),
        Cannot(Lasting.SENT),
    ),
    # Money that moved, and what is owed since.
    **dict.fromkeys(
        (
            payments.PaymentEvent,
            provider_deliveries.ProviderDeliveryEvent,
            invoices.InvoiceBalanceChanged,
            invoices.InvoiceCredited,
            invoices.InvoiceVoided,
        ),
        Cannot(Lasting.MONEY),
    ),
    # Who may see or do what is said on purpose, by those who may.
    **dict.fromkeys(
        (
            facts.MemberEvent,
            contacts.ContactInvited,
            contacts.PortalAccessEnded,
            facts.PipelineMembersChanged,
            personal_tokens.PersonalTokenEvent,
            payment_providers.PaymentProviderEvent,
        ),
        Cannot(Lasting.ACCESS),
    ),
    # What is changed back by hand: rarely by mistake, or with more to it than one call says.
    **dict.fromkeys(
        (
            facts.AutomationEvent,
            run_events.AutomationRunEvent,
            mail.MailWithdrawn,
            reminder_ends.ReminderEvent,
            facts.FirmUpdated,
            facts.AccountCreated,
            facts.TagCreated,
            facts.ClientStatusCreated,
            facts.PipelineCreated,
            facts.PipelineUpdated,
            facts.StageCreated,
            facts.StageMoved,
            facts.StatusCreated,
            facts.TaskChecklistChanged,
            facts.TaskEntryChecked,
            facts.TimeEntryUpdated,
            facts.TimerStarted,
            facts.TimerStopped,
            notes.NoteUpdated,
            wiki_pages.WikiPageUpdated,
            chats.ChatUpdated,
            chats.ClientTasksChanged,
            client_requests.ClientRequestUpdated,
            client_requests.ClientRequestReopened,
            client_requests.ClientRequestWithdrawn,
            organizers.OrganizerUpdated,
            organizers.OrganizerUnsubmitted,
            organizers.OrganizerWithdrawn,
            organizers.OrganizerSealed,
            invoices.InvoiceUpdated,
            proposals.ProposalUpdated,
            documents.DocumentUpdated,
            documents.DocumentVersionAdded,
            documents.DocumentMoved,
            documents.DocumentLocked,
            documents.DocumentUnlocked,
            documents.DocumentTrashed,
            documents.DocumentRestored,
            folders.FolderEvent,
            absences.AbsenceUpdated,
            account_roles.AccountRoleCreated,
            account_contacts.AccountContactEvent,
            contacts.ContactEvent,
            saved_views.SavedViewEvent,
            templates.TemplateEvent,
            recurrences.RecurrenceEvent,
            recurrences.OccurrenceEvent,
        ),
        Cannot(Lasting.BY_HAND),
    ),
}

#: The inverses, in that order.
ORDER: tuple[Inverse, ...] = tuple(dict.fromkeys(way for way in _WAYS.values() if isinstance(way, Inverse)))


def said_way(kind: type[Event]) -> Way | None:
    """How such events are taken back, or why they are not; None where nobody said it. What was deleted is gone."""
    if kind in _WAYS:
        return _WAYS[kind]
    if kind.ends:
        return Cannot(Lasting.DELETED)
    return next((_WAYS[base] for base in kind.__mro__ if base in _WAYS), None)


def declared(kind: type[Event]) -> Way:
    """How such events are taken back, or why they are not."""
    return said_way(kind) or Cannot(Lasting.BY_HAND)
