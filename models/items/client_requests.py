"""Client requests: checklists that a client is asked to fill in, on an account, linked to any number of its jobs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypedDict, Unpack
from uuid import UUID

from tortoise import fields

from models.command import Change, command
from models.command_steps import made_before
from models.errors import RuleBroken
from models.events import Changes, ClientAction, EventWithFiles, ItemEvent, ItemLinked, ItemUnlinked, changes_of
from models.files.owners import owns_files
from models.gathered import Gathered, Rules
from models.ids import ClientRequestId, ContactId, FileId, Kind, new_id
from models.items import answered_files, recipients
from models.items import item as items
from models.items.clients import lock_for_client
from models.items.item import Held
from models.items.kinds import register_item
from models.items.linking import linking, unlinking
from models.items.recipients import TO_RECIPIENTS
from models.items.request_entries import (
    EntryAnswer,
    RequestEntry,
    answered_with,
    checked_entries,
    differing_keys,
    entries_in,
    files_by_key,
    keys_of,
    revised,
    to_store,
    unanswered,
)
from models.items.states import wrong_state
from models.mail_ends import withdraw_of_item
from models.policies import Policy, for_clients
from models.reasons import Reason
from models.reminder_ends import delete_reminders, end_reminders
from models.rights import EVERY_MEMBER
from models.rows import Awaited, Awaiting, Item, register
from models.rows.base import belongs_to
from models.rows.mail import GONE_OUT
from models.scope import Place
from models.search_entries import Searched
from models.texts import DESCRIPTION, NAME


class ClientRequestState(StrEnum):
    """Where a client request stands."""

    WITHDRAWN = "WITHDRAWN"
    PENDING = "PENDING"
    SUBMITTED = "SUBMITTED"


_AWAITED = {ClientRequestState.WITHDRAWN: Awaited.SENDING, ClientRequestState.PENDING: Awaited.SUBMISSION}


class ClientRequest(Item):
    """A checklist that a client is asked to fill in, linked to any number of jobs."""

    kind = Kind.CLIENT_REQUEST
    searched = Searched("title", "description")
    policy = Policy(
        account="account_id",
        clients=for_clients(
            account="account_id", which=f"{{row}}.state <> 'WITHDRAWN' AND {GONE_OUT}", addressed=TO_RECIPIENTS
        ),
    )
    also_changes = {"recipient_ids": tuple[ContactId, ...]}
    may_await = (Awaited.SENDING, Awaited.SUBMISSION)
    until = "it is SUBMITTED"

    created_by: Any = belongs_to("Member", null=True, index=True)
    title: Any = fields.CharField(max_length=NAME.most)
    description: str = fields.TextField(default="")
    due_date: date | None = fields.DateField(null=True)
    state = fields.CharEnumField(ClientRequestState, max_length=20, default=ClientRequestState.PENDING)
    # As `models.items.request_entries` keeps them.
    entries: list[dict[str, Any]] = fields.JSONField()
    submitted_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "client_request"
        indexes = (("firm_id", "created_at", "id"), ("firm_id", "due_date", "id"))

    @property
    def awaited(self) -> Awaited | None:
        """That the client submits it; that it is sent again, where it was withdrawn before they heard of it."""
        return _AWAITED.get(self.state)

    def take_back(self) -> tuple[str, ...]:
        if self.state is not ClientRequestState.PENDING:
            return ()
        self.state = ClientRequestState.WITHDRAWN
        return ("state",)

    def bring(self, now: datetime) -> tuple[str, ...]:
        if self.state is not ClientRequestState.WITHDRAWN:
            return ()
        self.state = ClientRequestState.PENDING
        return ("state",)

    @classmethod
    async def awaiting(cls, items: Sequence[UUID]) -> Mapping[UUID, Awaiting]:
        """Those who are asked."""
        return await recipients.awaiting_recipients(items)

    @property
    def asked(self) -> list[RequestEntry]:
        """What it asks for."""
        return entries_in(self.entries)

    @property
    def answered(self) -> int:
        """How many of its entries have an answer."""
        return sum(entry.answered for entry in self.asked)

    def expect_unsubmitted(self) -> None:
        """`RuleBroken` where it has been submitted."""
        if self.state is ClientRequestState.SUBMITTED:
            raise wrong_state(self, self.state, "This request has been submitted. Reopen it first.")

    def expect_pending(self) -> None:
        """`RuleBroken` unless it is the client's turn."""
        self.expect_unsubmitted()
        if self.state is ClientRequestState.WITHDRAWN:
            raise wrong_state(
                self, self.state, "This request was withdrawn. Send the mail that tells of it again first."
            )

    @property
    def named(self) -> Mapping[str, UUID]:
        """What each of its events says of it, beside the job."""
        return {"client_request": self.id, "account": self.account_id}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRequestEvent(ItemEvent):
    """Something happened to a client request. It is told once for each job that the request is linked to."""

    subject = "client_request"
    beside = ("job",)
    says = {"entry_keys": "The keys of the entries that are new, gone, changed or answered otherwise."}

    client_request: ClientRequestId


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRequestCreated(ClientRequestEvent):
    """A client was asked for something."""

    def before(self) -> tuple[Place, ...]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRequestUpdated(ClientRequestEvent):
    """A client request's title, description, due date or recipients changed, or what it asks for."""

    changes: Changes
    entry_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRequestAnswered(ClientRequestEvent, ClientAction, EventWithFiles):
    """Answers to a client request were saved. It is still to be submitted."""

    acting_contact: ContactId | None
    entry_keys: tuple[str, ...]
    added_files: tuple[FileId, ...] = ()
    removed_files: tuple[FileId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRequestSubmitted(ClientRequestEvent, ClientAction):
    """The client submitted a client request."""

    acting_contact: ContactId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRequestWithdrawn(ClientRequestEvent):
    """A client request was withdrawn before the client heard of it. It still holds its jobs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRequestSent(ClientRequestEvent):
    """A client request that had been withdrawn was sent after all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRequestReopened(ClientRequestEvent):
    """A client request that had been submitted is pending again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRequestLinked(ClientRequestEvent, ItemLinked):
    """A client request was linked to a job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRequestUnlinked(ClientRequestEvent, ItemUnlinked):
    """A client request was unlinked from a job: `linkedJob` is the one that it left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRequestDeleted(ClientRequestEvent):
    """A client request was deleted."""

    ends = True

    title: str


register(ClientRequest)
register_item(
    ClientRequest, ClientRequestLinked, ClientRequestUnlinked, taken_back=ClientRequestWithdrawn, sent=ClientRequestSent
)
owns_files(ClientRequest, needs=None)


class ClientRequestFields(TypedDict, total=False):
    """What `update_client_request` may change; what is left out stays."""

    title: str
    description: str
    due_date: date | None
    entries: Sequence[RequestEntry]
    recipient_ids: Sequence[UUID]


_RULES: Rules = {"title": NAME.check, "description": DESCRIPTION.check}


@command("createClientRequest", EVERY_MEMBER)
async def create_client_request(
    change: Change,
    *,
    title: str,
    entries: Sequence[RequestEntry],
    account_id: UUID | None = None,
    job_id: UUID | None = None,
    description: str = "",
    due_date: date | None = None,
    recipient_ids: Sequence[UUID] = (),
    id: UUID | None = None,
) -> ClientRequest:
    """Ask a client for something: for an account, or for a job of it."""
    if earlier := await made_before(change, ClientRequest, id, ClientRequestCreated):
        return earlier
    with Gathered() as check:
        told = check.each({"title": title, "description": description}, _RULES)
        asked = check(checked_entries, entries)
        wanted = check(recipients.bounded, recipient_ids)
        check(items.expect_place, account_id, job_id)
    contacts = await recipients.hold(change, wanted)
    account, job = await items.open_place(change, account_id, job_id)
    request = ClientRequest(
        id=id or new_id(),
        firm_id=change.actor.firm_id,
        account_id=account,
        created_by_id=change.member_id,
        **told,
        due_date=due_date,
        entries=to_store(asked),
        created_at=change.now,
    )
    held = await items.create(change, request, job)
    await recipients.replace(change, request, wanted, contacts)
    items.tell(change, ClientRequestCreated, held)
    return request


async def _lock(change: Change, client_request_id: UUID, expected_version: int | None) -> Held[ClientRequest]:
    held = await items.lock(change.scope.rows(ClientRequest), ClientRequest, client_request_id, "client_request_id")
    held.item.expect(expected_version)
    return held


async def _expect_pending(change: Change, request: ClientRequest) -> None:
    await items.expect_in_use(change, request)
    request.expect_pending()


@command("updateClientRequest", EVERY_MEMBER)
async def update_client_request(
    change: Change,
    *,
    client_request_id: UUID,
    expected_version: int | None = None,
    **fields: Unpack[ClientRequestFields],
) -> ClientRequest:
    """Change a client request that has not been submitted: its title, description, due date and recipients, and what it
    asks for. What is answered stays as it was asked."""
    given: dict[str, Any] = {**fields}
    contacts = await recipients.hold(change, given.get("recipient_ids", ()))
    held = await _lock(change, client_request_id, expected_version)
    request, present = held.item, held.item.asked
    with Gathered() as check:
        own = {name: value for name, value in given.items() if name not in ("entries", "recipient_ids")}
        changed = request.change_to(check.each(request.differing(own), _RULES))
        asked = check(checked_entries, given["entries"], present) if "entries" in given else present
        wanted = check(recipients.bounded, given.get("recipient_ids", ()))
    keys = differing_keys(unanswered(present), unanswered(asked))
    if "recipient_ids" in given:
        changed |= await recipients.replace(change, request, wanted, contacts)
    if changed or keys:
        await items.expect_in_use(change, request)
        request.expect_unsubmitted()
        request.entries = to_store(revised(present, asked))
        await items.store(change, held, *(changed.keys() - {"recipient_ids"}), "entries")
        items.tell(change, ClientRequestUpdated, held, changes=changes_of(changed), entry_keys=keys)
    return request


@command("answerClientRequest", EVERY_MEMBER)
async def answer_client_request(
    change: Change,
    *,
    client_request_id: UUID,
    answers: Sequence[EntryAnswer],
    contact_id: UUID | None = None,
    expected_version: int | None = None,
) -> ClientRequest:
    """Save answers of the client to a client request, texts and files, or take some back. It stays to be submitted."""
    held, contact = await lock_for_client(change, ClientRequest, client_request_id, contact_id, expected_version)
    request, present = held.item, held.item.asked
    entries = answered_with(present, answers)
    if keys := differing_keys(present, entries):
        await _expect_pending(change, request)
        before, after, given = files_by_key(present), files_by_key(entries), keys_of(answers)
        files = await answered_files.keep(change, request, before, after, given)
        request.entries = to_store(entries)
        await items.store(change, held, "entries")
        told = {"acting_contact": contact, "entry_keys": keys, **files.told}
        items.tell(change, ClientRequestAnswered, held, **told)
    return request


@command("submitClientRequest", EVERY_MEMBER)
async def submit_client_request(
    change: Change,
    *,
    client_request_id: UUID,
    contact_id: UUID | None = None,
    expected_version: int | None = None,
) -> ClientRequest:
    """Submit a client request for the client: every entry that is required has an answer."""
    held, contact = await lock_for_client(change, ClientRequest, client_request_id, contact_id, expected_version)
    request = held.item
    await _expect_pending(change, request)
    if missing := sum(entry.missing for entry in request.asked):
        told = f"Required entries without an answer: {missing}. Answer them first."
        raise RuleBroken(told, "client_request_id", reason=Reason.UNANSWERED, actual=missing)
    request.state, request.submitted_at = ClientRequestState.SUBMITTED, change.now
    await items.store(change, held, "state", "submitted_at")
    await end_reminders(change, [request.id])
    await withdraw_of_item(change, request.id)
    items.tell(change, ClientRequestSubmitted, held, acting_contact=contact)
    return request


@command("reopenClientRequest", EVERY_MEMBER)
async def reopen_client_request(
    change: Change, *, client_request_id: UUID, expected_version: int | None = None
) -> ClientRequest:
    """Make a client request that was submitted pending again, with its answers."""
    held = await _lock(change, client_request_id, expected_version)
    request = held.item
    if request.state is ClientRequestState.SUBMITTED:
        await items.expect_in_use(change, request)
        request.state, request.submitted_at = ClientRequestState.PENDING, None
        await items.store(change, held, "state", "submitted_at")
        items.tell(change, ClientRequestReopened, held)
    return request


link_client_request = linking(ClientRequest, EVERY_MEMBER)
unlink_client_request = unlinking(ClientRequest, EVERY_MEMBER)


@command("deleteClientRequest", EVERY_MEMBER)
async def delete_client_request(
    change: Change, *, client_request_id: UUID, expected_version: int | None = None
) -> ClientRequest:
    """Delete a client request that has not been submitted, with the files of its answers. The answer's request is what
    it was.

    Its history stays in the log. What a client submitted is not thrown away by mistake: it is reopened first."""
    held = await _lock(change, client_request_id, expected_version)
    request = held.item
    request.expect_unsubmitted()
    await delete_reminders(change, request.id)
    await withdraw_of_item(change, request.id)
    await items.end(held)
    items.tell(change, ClientRequestDeleted, held, title=request.title)
    return request
