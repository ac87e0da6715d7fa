"""Organizers: questions that a client answers about a year, a company, themselves; linked to any number of jobs."""

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
from models.ids import ContactId, FileId, Kind, OrganizerId, new_id
from models.items import answered_files, recipients
from models.items import item as items
from models.items.clients import lock_for_client
from models.items.item import Held
from models.items.kinds import register_item
from models.items.linking import linking, unlinking
from models.items.organizer_answers import Answering, answered_with, files_by_key, keys_of, missing
from models.items.organizer_content import OrganizerContent, content_of
from models.items.organizer_questions import Section, checked_sections, stored_sections
from models.items.recipients import TO_RECIPIENTS
from models.items.states import wrong_state
from models.mail_ends import withdraw_of_item
from models.policies import Policy, for_clients
from models.reasons import Reason
from models.reminder_ends import delete_reminders, end_reminders
from models.rights import Right
from models.rows import Awaited, Awaiting, Item, register
from models.rows.base import belongs_to
from models.rows.mail import GONE_OUT
from models.scope import Place
from models.search_entries import Searched
from models.texts import NAME

NEEDS = Right.MANAGE_ORGANIZERS


class OrganizerState(StrEnum):
    """Where an organizer stands."""

    DRAFT = "DRAFT"
    PENDING = "PENDING"
    SUBMITTED = "SUBMITTED"


_AWAITED = {OrganizerState.DRAFT: Awaited.SENDING, OrganizerState.PENDING: Awaited.SUBMISSION}


class Organizer(Item):
    """Questions that a client is to answer, linked to any number of jobs."""

    kind = Kind.ORGANIZER
    searched = Searched("title")
    policy = Policy(
        account="account_id",
        clients=for_clients(
            account="account_id", which=f"{{row}}.state <> 'DRAFT' AND {GONE_OUT}", addressed=TO_RECIPIENTS
        ),
    )
    withheld = {"sections": NEEDS}
    also_changes = {"recipient_ids": tuple[ContactId, ...]}
    may_await = tuple(dict.fromkeys(_AWAITED.values()))
    until = "it is SUBMITTED"

    created_by: Any = belongs_to("Member", null=True, index=True)
    title: Any = fields.CharField(max_length=NAME.most)
    due_date: date | None = fields.DateField(null=True)
    state = fields.CharEnumField(OrganizerState, max_length=20, default=OrganizerState.DRAFT)
    # Of those that are shown after the present answers: what it asks is read only where it is asked for.
    question_count: int = fields.IntField()
    answered_count: int = fields.IntField(default=0)
    sent_at: datetime | None = fields.DatetimeField(null=True)
    submitted_at: datetime | None = fields.DatetimeField(null=True)
    sealed_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "organizer"
        indexes = (("firm_id", "created_at", "id"), ("firm_id", "due_date", "id"))

    @property
    def awaited(self) -> Awaited | None:
        """That it is sent, then that the client submits it."""
        return _AWAITED.get(self.state)

    def take_back(self) -> tuple[str, ...]:
        if self.state is not OrganizerState.PENDING:
            return ()
        self.state, self.sent_at = OrganizerState.DRAFT, None
        return "state", "sent_at"

    def bring(self, now: datetime) -> tuple[str, ...]:
        if self.state is not OrganizerState.DRAFT:
            return ()
        self.state, self.sent_at = OrganizerState.PENDING, now
        return "state", "sent_at"

    @classmethod
    async def awaiting(cls, items: Sequence[UUID]) -> Mapping[UUID, Awaiting]:
        """Those who are asked."""
        return await recipients.awaiting_recipients(items)

    @property
    def sealed(self) -> bool:
        """Whether nothing of it changes any more."""
        return self.sealed_at is not None

    def expect_unsealed(self) -> None:
        """`RuleBroken` where it is sealed."""
        if self.sealed:
            told = "This organizer is sealed: nothing of it changes any more."
            raise RuleBroken(told, "organizer_id", reason=Reason.SEALED, kind=self.kind.value)

    def expect_unsubmitted(self) -> None:
        """`RuleBroken` where it has been submitted."""
        self.expect_unsealed()
        if self.state is OrganizerState.SUBMITTED:
            raise wrong_state(self, self.state, "This organizer has been submitted. Make it pending again first.")

    def expect_pending(self) -> None:
        """`RuleBroken` unless it is the client's turn."""
        self.expect_unsubmitted()
        if self.state is OrganizerState.DRAFT:
            raise wrong_state(self, self.state, "This organizer has not been sent. Send it first.")

    @property
    def named(self) -> Mapping[str, UUID]:
        """What each of its events says of it, beside the job."""
        return {"organizer": self.id, "account": self.account_id}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizerEvent(ItemEvent):
    """Something happened to an organizer. It is told once for each job that the organizer is linked to.

    None says what was asked or answered, but for the ids of files."""

    subject = "organizer"
    beside = ("job",)

    organizer: OrganizerId


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizerCreated(OrganizerEvent):
    """An organizer was drawn up."""

    def before(self) -> tuple[Place, ...]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizerUpdated(OrganizerEvent):
    """An organizer's title, due date or recipients changed, or what it asks."""

    says = {"sections_changed": "Whether its sections, or their questions, changed."}

    changes: Changes
    sections_changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizerSent(OrganizerEvent):
    """An organizer was sent: the client is to answer it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizerWithdrawn(OrganizerEvent):
    """An organizer was withdrawn before the client heard of it: it is a draft again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizerAnswered(OrganizerEvent, ClientAction, EventWithFiles):
    """Answers to an organizer were saved. It is still to be submitted."""

    acting_contact: ContactId | None
    added_files: tuple[FileId, ...] = ()
    removed_files: tuple[FileId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizerSubmitted(OrganizerEvent, ClientAction, EventWithFiles):
    """The client submitted an organizer."""

    acting_contact: ContactId | None
    added_files: tuple[FileId, ...] = ()
    removed_files: tuple[FileId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizerUnsubmitted(OrganizerEvent):
    """An organizer that had been submitted is pending again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizerSealed(OrganizerEvent):
    """An organizer was sealed: nothing of it changes any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizerLinked(OrganizerEvent, ItemLinked):
    """An organizer was linked to a job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizerUnlinked(OrganizerEvent, ItemUnlinked):
    """An organizer was unlinked from a job: `linkedJob` is the one that it left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizerDeleted(OrganizerEvent):
    """An organizer was deleted."""

    ends = True

    title: str


register(Organizer)
register_item(Organizer, OrganizerLinked, OrganizerUnlinked, taken_back=OrganizerWithdrawn, sent=OrganizerSent)
owns_files(Organizer, needs=NEEDS)


class OrganizerFields(TypedDict, total=False):
    """What `update_organizer` may change; what is left out stays."""

    title: str
    due_date: date | None
    sections: Sequence[Section]
    recipient_ids: Sequence[UUID]


_RULES: Rules = {"title": NAME.check}


@command("createOrganizer", NEEDS)
async def create_organizer(
    change: Change,
    *,
    title: str,
    sections: Sequence[Section],
    account_id: UUID | None = None,
    job_id: UUID | None = None,
    due_date: date | None = None,
    recipient_ids: Sequence[UUID] = (),
    id: UUID | None = None,
) -> Organizer:
    """Draw up an organizer for an account, or for a job of it. It is a draft until it is sent."""
    if earlier := await made_before(change, Organizer, id, OrganizerCreated):
        return earlier
    with Gathered() as check:
        called = check(NAME.check, title, "title")
        asked = check(checked_sections, sections)
        wanted = check(recipients.bounded, recipient_ids)
        check(items.expect_place, account_id, job_id)
    contacts = await recipients.hold(change, wanted)
    account, job = await items.open_place(change, account_id, job_id)
    organizer = Organizer(
        id=id or new_id(),
        firm_id=change.actor.firm_id,
        account_id=account,
        created_by_id=change.member_id,
        title=called,
        due_date=due_date,
        created_at=change.now,
        question_count=0,
    )
    content = OrganizerContent(organizer_id=organizer.id, sections=stored_sections(asked))
    organizer.question_count, organizer.answered_count = content.counts
    held = await items.create(change, organizer, job)
    await content.save(force_create=True)
    await recipients.replace(change, organizer, wanted, contacts)
    items.tell(change, OrganizerCreated, held)
    return organizer


async def _lock(change: Change, organizer_id: UUID, expected_version: int | None) -> Held[Organizer]:
    held = await items.lock(change.scope.rows(Organizer), Organizer, organizer_id, "organizer_id")
    held.item.expect(expected_version)
    return held


@command("updateOrganizer", NEEDS)
async def update_organizer(
    change: Change, *, organizer_id: UUID, expected_version: int | None = None, **fields: Unpack[OrganizerFields]
) -> Organizer:
    """Change an organizer that has not been submitted: its title, due date and recipients, and as long as nothing is
    answered, what it asks."""
    given: dict[str, Any] = {**fields}
    contacts = await recipients.hold(change, given.get("recipient_ids", ()))
    held = await _lock(change, organizer_id, expected_version)
    organizer, content = held.item, await content_of(organizer_id)
    present = content.asked
    with Gathered() as check:
        own = {name: value for name, value in given.items() if name not in ("sections", "recipient_ids")}
        changed = organizer.change_to(check.each(organizer.differing(own), _RULES))
        wanted_sections = given.get("sections", present)
        asked = present if wanted_sections == present else check(checked_sections, wanted_sections)
        wanted = check(recipients.bounded, given.get("recipient_ids", ()))
    if "recipient_ids" in given:
        changed |= await recipients.replace(change, organizer, wanted, contacts)
    if changed or asked != present:
        await items.expect_in_use(change, organizer)
        organizer.expect_unsubmitted()
        if asked != present:
            content.ask(asked)
            await _keep(organizer, content)
        await items.store(change, held, *(changed.keys() - {"recipient_ids"}), *_COUNTS)
        told = changes_of(changed)
        items.tell(change, OrganizerUpdated, held, changes=told, sections_changed=asked != present)
    return organizer


_COUNTS = ("question_count", "answered_count")


async def _keep(organizer: Organizer, content: OrganizerContent) -> None:
    organizer.question_count, organizer.answered_count = content.counts
    await content.save(update_fields=["sections", "answers"])


@command("sendOrganizer", NEEDS)
async def send_organizer(change: Change, *, organizer_id: UUID, expected_version: int | None = None) -> Organizer:
    """Send an organizer to the client, who then is to answer and submit it."""
    held = await _lock(change, organizer_id, expected_version)
    organizer = held.item
    await items.expect_in_use(change, organizer)
    if not (changed := organizer.bring(change.now)):
        raise wrong_state(organizer, organizer.state, "This organizer has been sent already.")
    await items.store(change, held, *changed)
    items.tell(change, OrganizerSent, held)
    return organizer


@command("answerOrganizer", NEEDS)
async def answer_organizer(
    change: Change,
    *,
    organizer_id: UUID,
    answers: Sequence[Answering],
    contact_id: UUID | None = None,
    expected_version: int | None = None,
) -> Organizer:
    """Save answers of the client to an organizer, or take some back. It stays to be submitted."""
    held, contact = await lock_for_client(change, Organizer, organizer_id, contact_id, expected_version)
    organizer, content = held.item, await content_of(organizer_id)
    kept = answered_with(content.asked, content.answers, answers)
    if kept != content.answers:
        await items.expect_in_use(change, organizer)
        organizer.expect_pending()
        before, after, given = files_by_key(content.answers), files_by_key(kept), keys_of(answers)
        files = await answered_files.keep(change, organizer, before, after, given)
        content.answers = kept
        await _keep(organizer, content)
        await items.store(change, held, *_COUNTS)
        items.tell(change, OrganizerAnswered, held, acting_contact=contact, **files.told)
    return organizer


@command("submitOrganizer", NEEDS)
async def submit_organizer(
    change: Change, *, organizer_id: UUID, contact_id: UUID | None = None, expected_version: int | None = None
) -> Organizer:
    """Submit an organizer for the client: every question that is shown and required has an answer. Answers to what is
    not shown are dropped, with their files."""
    held, contact = await lock_for_client(change, Organizer, organizer_id, contact_id, expected_version)
    organizer, content = held.item, await content_of(organizer_id)
    await items.expect_in_use(change, organizer)
    organizer.expect_pending()
    if left := missing(content.shown, content.answers):
        told = f"Required questions without an answer: {left}. Answer them first."
        raise RuleBroken(told, "organizer_id", reason=Reason.UNANSWERED, actual=left)
    before = files_by_key(content.answers)
    content.drop_hidden()
    files = await answered_files.keep(change, organizer, before, files_by_key(content.answers))
    await _keep(organizer, content)
    organizer.state, organizer.submitted_at = OrganizerState.SUBMITTED, change.now
    await items.store(change, held, "state", "submitted_at", *_COUNTS)
    await end_reminders(change, [organizer.id])
    await withdraw_of_item(change, organizer.id)
    items.tell(change, OrganizerSubmitted, held, acting_contact=contact, removed_files=files.removed)
    return organizer


@command("unsubmitOrganizer", NEEDS)
async def unsubmit_organizer(change: Change, *, organizer_id: UUID, expected_version: int | None = None) -> Organizer:
    """Make an organizer that was submitted pending again, with its answers."""
    held = await _lock(change, organizer_id, expected_version)
    organizer = held.item
    organizer.expect_unsealed()
    if organizer.state is OrganizerState.SUBMITTED:
        await items.expect_in_use(change, organizer)
        organizer.state, organizer.submitted_at = OrganizerState.PENDING, None
        await items.store(change, held, "state", "submitted_at")
        items.tell(change, OrganizerUnsubmitted, held)
    return organizer


@command("sealOrganizer", NEEDS)
async def seal_organizer(change: Change, *, organizer_id: UUID, expected_version: int | None = None) -> Organizer:
    """Seal an organizer that was submitted, for good: nothing of it changes any more."""
    held = await _lock(change, organizer_id, expected_version)
    organizer = held.item
    if not organizer.sealed:
        await items.expect_in_use(change, organizer)
        if organizer.state is not OrganizerState.SUBMITTED:
            raise wrong_state(
                organizer, organizer.state, "This organizer has not been submitted. Only then it is sealed."
            )
        organizer.sealed_at = change.now
        await items.store(change, held, "sealed_at")
        items.tell(change, OrganizerSealed, held)
    return organizer


link_organizer = linking(Organizer, NEEDS)
unlink_organizer = unlinking(Organizer, NEEDS)


@command("deleteOrganizer", NEEDS)
async def delete_organizer(change: Change, *, organizer_id: UUID, expected_version: int | None = None) -> Organizer:
    """Delete an organizer that has not been submitted, with the files of its answers. The answer's organizer is what it
    was.

    Its history stays in the log. What a client submitted is not thrown away by mistake: it is made pending first."""
    held = await _lock(change, organizer_id, expected_version)
    held.item.expect_unsubmitted()
    await delete_reminders(change, organizer_id)
    await withdraw_of_item(change, organizer_id)
    await items.end(held)
    items.tell(change, OrganizerDeleted, held, title=held.item.title)
    return held.item
