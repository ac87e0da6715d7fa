"""Organizers: how one is made, and how their events come about."""

from collections.abc import AsyncIterator
from datetime import date
from functools import partial
from uuid import UUID

from models.actor import Actor
from models.ids import Kind, encode
from models.items import organizers
from models.items.organizer_answers import Answer, Answering
from models.items.organizer_questions import Condition, Question, QuestionType, Section
from models.items.recipients import recipients_of
from models.mail.mails import withdraw_mail
from models.rights import Right
from tests.asking import ask_by
from tests.files import uploaded
from tests.kinds import contacts
from tests.kinds.notes import hidden_job
from tests.live.scenarios import causes, owner_of
from tests.lives import Life, Step, given
from tests.planting import hidden_one, hidden_text
from tests.specimens import Specimens, Spot
from tests.world import World

#: As the walks call what they make up.
KEY, SECOND_KEY = "A new key", "Another key"


def sections(word: str) -> list[Section]:
    """Three sections, of which nothing has to be answered."""
    word = hidden_text(word, Right.MANAGE_ORGANIZERS)
    asked = Question(KEY, f"{word} prompt", required=False)
    chosen = Question("which", word, QuestionType.CHOICE, False, (f"{word} one", f"{word} two"), several=True)
    then = Question("then", word, QuestionType.DATE, False, shown_when=(Condition("which", (f"{word} two",)),))
    files = Question(SECOND_KEY, word, QuestionType.FILE, required=False)
    return [Section(f"{word} section", (asked, chosen)), Section(word, (then,)), Section(word, (files,))]


async def make_draft(actor: Actor, word: str, spot: Spot) -> UUID:
    """A draft."""
    made = organizers.create_organizer(
        actor,
        title=f"{word} organizer",
        due_date=date(2026, 3, 16),
        sections=sections(word),
        recipient_ids=[await contacts.make(actor, word, spot)],
        account_id=spot.account,
        job_id=spot.job,
    )
    return (await made).value.id


async def make(actor: Actor, word: str, spot: Spot) -> UUID:
    """One that was sent."""
    organizer = await make_draft(actor, word, spot)
    await organizers.send_organizer(actor, organizer_id=organizer)
    return organizer


async def make_loose(actor: Actor, word: str, spot: Spot) -> UUID:
    """A draft on the account alone."""
    return await make_draft(actor, word, Spot(spot.account))


async def make_submitted(actor: Actor, word: str, spot: Spot) -> UUID:
    """One that was answered and submitted."""
    organizer = await make(actor, word, spot)
    name = hidden_text(f"{word} of organizer", Right.MANAGE_ORGANIZERS)
    # Of what is in it nothing is told but its digest.
    text = hidden_one("What is in it", "This is in it", "That is in it", Right.MANAGE_ORGANIZERS)
    file = await uploaded(actor, f"{name}.txt", text)
    answers = [
        Answering(KEY, Answer(text=hidden_text(f"{word} answer", Right.MANAGE_ORGANIZERS))),
        Answering(SECOND_KEY, Answer(file_ids=(file.id,))),
    ]
    await organizers.answer_organizer(actor, organizer_id=organizer, answers=answers)
    await organizers.submit_organizer(actor, organizer_id=organizer)
    return organizer


async def make_sealed(actor: Actor, word: str, spot: Spot) -> UUID:
    """One that was sealed."""
    organizer = await make_submitted(actor, word, spot)
    await organizers.seal_organizer(actor, organizer_id=organizer)
    return organizer


async def make_asked(actor: Actor, word: str, spot: Spot) -> UUID:
    """A contact who is asked."""
    return (await recipients_of([organizer := await make(actor, word, spot)]))[organizer][0]


async def _recipients(organizer: organizers.Organizer) -> set[str]:
    return {encode(Kind.CONTACT, id) for id in (await recipients_of([organizer.id])).get(organizer.id, [])}


async def _found_by(organizer: organizers.Organizer) -> tuple[str, str]:
    return organizer.title, ""


_ASKED = [
    {
        "title": "You",
        "questions": [
            {"key": "married", "prompt": "Are you married?", "type": "YES_NO", "required": True},
            {
                "key": "spouse",
                "prompt": "To whom?",
                "required": True,
                "shownWhen": [{"question": "married", "values": ["YES"]}],
            },
        ],
    }
]
_pending = partial(Step, awaits="SUBMISSION")


LIVES = [
    Life(
        made=Step(
            mutation="createOrganizer",
            given=lambda cast: {"title": "2026", "sections": _ASKED, "recipientIds": [cast.contact]},
            event="OrganizerCreated",
            awaits="SENDING",
        ),
        steps=[
            Step(
                mutation="updateOrganizer",
                given=given(title="The year 2026"),
                event="OrganizerUpdated",
                awaits="SENDING",
            ),
            _pending(mutation="sendOrganizer", event="OrganizerSent"),
            _pending(
                mutation="answerOrganizer",
                given=given(answers=[{"key": "married", "yes": True}, {"key": "spouse", "text": "Ada"}]),
                event="OrganizerAnswered",
                for_client=True,
            ),
            Step(mutation="submitOrganizer", event="OrganizerSubmitted", for_client=True),
            _pending(mutation="unsubmitOrganizer", event="OrganizerUnsubmitted"),
        ],
        end=Step(mutation="deleteOrganizer", event="OrganizerDeleted"),
    ),
    # One that stays for good.
    Life(
        made=Step(
            mutation="createOrganizer",
            given=given(title="2026", sections=[{"title": "You", "questions": [{"key": "name", "prompt": "Who?"}]}]),
            event="OrganizerCreated",
            awaits="SENDING",
        ),
        steps=[
            _pending(mutation="sendOrganizer", event="OrganizerSent"),
            _pending(
                mutation="answerOrganizer",
                given=given(answers=[{"key": "name", "text": "Ada"}]),
                event="OrganizerAnswered",
                for_client=True,
            ),
            Step(mutation="submitOrganizer", event="OrganizerSubmitted", for_client=True),
            Step(mutation="sealOrganizer", event="OrganizerSealed"),
        ],
    ),
]

SPECIMENS = Specimens(
    kind=Kind.ORGANIZER,
    make=make,
    hidden_with=frozenset({"account"}),
    further={
        "draft organizer": make_draft,
        "loose organizer": make_loose,
        "submitted organizer": make_submitted,
        "sealed organizer": make_sealed,
        "contact with organizer": make_asked,
    },
    chosen={
        "organizers.recipient": "contact with organizer",
        "sendOrganizer.organizerId": "draft organizer",
        "linkOrganizer.organizerId": "loose organizer",
        "sealOrganizer.organizerId": "submitted organizer",
        "unsubmitOrganizer.organizerId": "submitted organizer",
        "answerOrganizer.fileIds": "own file",
    },
    not_any_more={
        "updateOrganizer": [
            "WITH asked AS (UPDATE organizer_content SET sections = "
            """'[{"title": "", "questions": [{"key": "", "prompt": "", "type": "CHOICE", "required": true, """
            """"options": [], "several": true, "shown_when": [{"question": "x", "values": []}]}]}]' """
            "WHERE organizer_id = $1) UPDATE organizer SET title = E'\\t' WHERE id = $1",
            "UPDATE organizer SET state = 'SUBMITTED', submitted_at = now(), sealed_at = now() WHERE id = $1",
            "UPDATE account SET archived_at = now() WHERE id = (SELECT account_id FROM organizer WHERE id = $1)",
        ]
    },
    facts={"search": _found_by, "recipient": _recipients},
    lives=LIVES,
)


async def on_jobs(world: World) -> UUID:
    """An organizer on a job that the employee sees, and on one that they do not."""
    organizer = await make(owner_of(world), "Ask", Spot(world.account.id, (await world.job()).id))
    await organizers.link_organizer(owner_of(world), organizer_id=organizer, job_id=await hidden_job(world))
    return organizer


@causes(organizers.OrganizerCreated)
async def created(world: World) -> AsyncIterator[None]:
    jobs = [(await world.job()).id, await hidden_job(world)]
    yield
    for job in jobs:
        await make_draft(owner_of(world), "Ask", Spot(world.account.id, job))


@causes(organizers.OrganizerUpdated)
async def updated(world: World) -> AsyncIterator[None]:
    organizer = await on_jobs(world)
    yield
    asked = [Section("You", (Question("name", "Your name"),))]
    await organizers.update_organizer(
        owner_of(world), organizer_id=organizer, title="2026", sections=asked, recipient_ids=[]
    )


@causes(organizers.OrganizerSent)
async def sent(world: World) -> AsyncIterator[None]:
    job = (await world.job()).id
    organizer = await make_draft(owner_of(world), "Ask", Spot(world.account.id, job))
    yield
    await organizers.send_organizer(owner_of(world), organizer_id=organizer)


@causes(organizers.OrganizerAnswered)
async def answered(world: World) -> AsyncIterator[None]:
    organizer = await on_jobs(world)
    contact = (await recipients_of([organizer]))[organizer][0]
    file = await uploaded(owner_of(world), "W-2.txt")
    yield
    answers = [
        Answering("which", Answer(choices=("Ask two",))),
        Answering(SECOND_KEY, Answer(file_ids=(file.id,))),
    ]
    await organizers.answer_organizer(owner_of(world), organizer_id=organizer, answers=answers, contact_id=contact)


@causes(organizers.OrganizerSubmitted)
async def submitted(world: World) -> AsyncIterator[None]:
    organizer = await on_jobs(world)
    yield
    await organizers.submit_organizer(owner_of(world), organizer_id=organizer)


@causes(organizers.OrganizerUnsubmitted)
async def unsubmitted(world: World) -> AsyncIterator[None]:
    organizer = await on_jobs(world)
    await organizers.submit_organizer(owner_of(world), organizer_id=organizer)
    yield
    await organizers.unsubmit_organizer(owner_of(world), organizer_id=organizer)


@causes(organizers.OrganizerSealed)
async def sealed(world: World) -> AsyncIterator[None]:
    organizer = await on_jobs(world)
    await organizers.submit_organizer(owner_of(world), organizer_id=organizer)
    yield
    await organizers.seal_organizer(owner_of(world), organizer_id=organizer)


@causes(organizers.OrganizerLinked)
async def linked(world: World) -> AsyncIterator[None]:
    organizer, jobs = await make_loose(owner_of(world), "Ask", Spot(world.account.id)), [(await world.job()).id]
    jobs.append(await hidden_job(world))
    yield
    for job in jobs:
        await organizers.link_organizer(owner_of(world), organizer_id=organizer, job_id=job)


@causes(organizers.OrganizerUnlinked)
async def unlinked(world: World) -> AsyncIterator[None]:
    job = (await world.job()).id
    organizer = await make(owner_of(world), "Ask", Spot(world.account.id, job))
    yield
    await organizers.unlink_organizer(owner_of(world), organizer_id=organizer, job_id=job)


@causes(organizers.OrganizerDeleted)
async def deleted(world: World) -> AsyncIterator[None]:
    organizer = await on_jobs(world)
    yield
    await organizers.delete_organizer(owner_of(world), organizer_id=organizer)


async def _told_of(world: World) -> UUID:
    """A mail that waits to tell of one on a job."""
    spot = Spot(world.account.id, (await world.job()).id)
    return await ask_by(owner_of(world), Kind.ORGANIZER, await make(owner_of(world), "Ask", spot), spot)


@causes(organizers.OrganizerWithdrawn)
async def withdrawn(world: World) -> AsyncIterator[None]:
    mail = await _told_of(world)
    yield
    await withdraw_mail(owner_of(world), mail_id=mail)
