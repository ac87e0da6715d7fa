"""Client requests: how one is made, and how their events come about."""

from collections.abc import AsyncIterator
from datetime import date
from functools import partial
from uuid import UUID

from models.actor import Actor
from models.ids import Kind, encode
from models.items import client_requests as requests
from models.items.recipients import recipients_of
from models.items.request_entries import EntryAnswer, RequestEntry
from models.mail.mails import send_mail_again, withdraw_mail
from tests.asking import ask_by
from tests.files import uploaded
from tests.kinds import contacts
from tests.kinds.notes import hidden_job
from tests.live.scenarios import causes, owner_of
from tests.lives import Life, Step, given
from tests.specimens import Specimens, Spot
from tests.world import World

#: As the walks call what they make up.
KEY, SECOND_KEY = "A new key", "Another key"


async def make(actor: Actor, word: str, spot: Spot) -> UUID:
    """A request for two things that nobody has to answer, of a contact of the account."""
    made = requests.create_client_request(
        actor,
        title=f"{word} request",
        description=f"{word} description",
        due_date=date(2026, 3, 16),
        entries=[RequestEntry(key, f"{word} prompt", required=False) for key in (KEY, SECOND_KEY)],
        recipient_ids=[await contacts.make(actor, word, spot)],
        account_id=spot.account,
        job_id=spot.job,
    )
    return (await made).value.id


async def make_loose(actor: Actor, word: str, spot: Spot) -> UUID:
    """One on the account alone, for nobody by name."""
    entries = [RequestEntry(KEY, word), RequestEntry("other", word)]
    made = requests.create_client_request(actor, title=word, entries=entries, account_id=spot.account)
    return (await made).value.id


async def make_submitted(actor: Actor, word: str, spot: Spot) -> UUID:
    """One that was answered and submitted."""
    request = await make(actor, word, spot)
    file = await uploaded(actor, f"{word} of request.txt")
    answers = [EntryAnswer(KEY, f"{word} answer", [file.id])]
    await requests.answer_client_request(actor, client_request_id=request, answers=answers)
    await requests.submit_client_request(actor, client_request_id=request)
    return request


async def make_asked(actor: Actor, word: str, spot: Spot) -> UUID:
    """A contact who is asked for something."""
    return (await recipients_of([request := await make(actor, word, spot)]))[request][0]


async def _recipients(request: requests.ClientRequest) -> set[str]:
    return {encode(Kind.CONTACT, id) for id in (await recipients_of([request.id])).get(request.id, [])}


async def _found_by(request: requests.ClientRequest) -> tuple[str, str]:
    return request.title, request.description


_pending = partial(Step, awaits="SUBMISSION")
_ASKED = [{"key": "w2", "prompt": "Your W-2"}, {"key": "rest", "prompt": "The rest", "required": False}]
LIVES = [
    Life(
        made=_pending(
            mutation="createClientRequest",
            given=lambda cast: {"title": "Papers", "entries": _ASKED, "recipientIds": [cast.contact]},
            event="ClientRequestCreated",
        ),
        steps=[
            _pending(
                mutation="updateClientRequest", given=given(title="The papers of 2025"), event="ClientRequestUpdated"
            ),
            _pending(
                mutation="answerClientRequest",
                given=given(answers=[{"key": "w2", "text": "Here it is"}]),
                event="ClientRequestAnswered",
                for_client=True,
            ),
            Step(mutation="submitClientRequest", event="ClientRequestSubmitted", for_client=True),
            _pending(mutation="reopenClientRequest", event="ClientRequestReopened"),
        ],
        end=Step(mutation="deleteClientRequest", event="ClientRequestDeleted"),
    )
]

SPECIMENS = Specimens(
    kind=Kind.CLIENT_REQUEST,
    make=make,
    hidden_with=frozenset({"account"}),
    further={"loose request": make_loose, "submitted request": make_submitted, "asked contact": make_asked},
    chosen={
        "clientRequests.recipient": "asked contact",
        "linkClientRequest.clientRequestId": "loose request",
        "reopenClientRequest.clientRequestId": "submitted request",
        "answerClientRequest.fileIds": "own file",
    },
    not_any_more={
        "updateClientRequest": [
            "UPDATE client_request SET title = E'\\t', description = repeat('x', 30000), "
            """entries = '[{"key": "", "prompt": "\\n", "required": true, "answer": " "}]' WHERE id = $1""",
            "UPDATE client_request SET state = 'SUBMITTED', submitted_at = now() WHERE id = $1",
            "WITH gone AS (UPDATE account SET archived_at = now() WHERE id = "
            "(SELECT account_id FROM client_request WHERE id = $1)) UPDATE contact SET archived_at = now() WHERE id IN "
            "(SELECT contact_id FROM item_recipient WHERE item = $1)",
            "DELETE FROM account_contact WHERE contact_id IN (SELECT contact_id FROM item_recipient WHERE item = $1)",
        ]
    },
    facts={"search": _found_by, "recipient": _recipients},
    lives=LIVES,
)


async def on_jobs(world: World) -> UUID:
    """A request on a job that the employee sees, and on one that they do not."""
    request = await make(owner_of(world), "Ask", Spot(world.account.id, (await world.job()).id))
    await requests.link_client_request(owner_of(world), client_request_id=request, job_id=await hidden_job(world))
    return request


@causes(requests.ClientRequestCreated)
async def created(world: World) -> AsyncIterator[None]:
    jobs = [(await world.job()).id, await hidden_job(world)]
    yield
    for job in jobs:
        await make(owner_of(world), "Ask", Spot(world.account.id, job))


@causes(requests.ClientRequestUpdated)
async def updated(world: World) -> AsyncIterator[None]:
    request = await on_jobs(world)
    yield
    entries = [RequestEntry("w2", "Your W-2"), RequestEntry(KEY, "And the rest", required=False)]
    await requests.update_client_request(
        owner_of(world), client_request_id=request, title="Papers", entries=entries, recipient_ids=[]
    )


@causes(requests.ClientRequestAnswered)
async def answered(world: World) -> AsyncIterator[None]:
    request = await on_jobs(world)
    contact = (await recipients_of([request]))[request][0]
    file = await uploaded(owner_of(world), "W-2.txt")
    yield
    await requests.answer_client_request(
        owner_of(world), client_request_id=request, answers=[EntryAnswer(KEY, "Here", [file.id])], contact_id=contact
    )


@causes(requests.ClientRequestSubmitted)
async def submitted(world: World) -> AsyncIterator[None]:
    request = await on_jobs(world)
    yield
    await requests.submit_client_request(owner_of(world), client_request_id=request)


@causes(requests.ClientRequestReopened)
async def reopened(world: World) -> AsyncIterator[None]:
    request = await on_jobs(world)
    await requests.submit_client_request(owner_of(world), client_request_id=request)
    yield
    await requests.reopen_client_request(owner_of(world), client_request_id=request)


@causes(requests.ClientRequestLinked)
async def linked(world: World) -> AsyncIterator[None]:
    request, jobs = await make_loose(owner_of(world), "Ask", Spot(world.account.id)), [(await world.job()).id]
    jobs.append(await hidden_job(world))
    yield
    for job in jobs:
        await requests.link_client_request(owner_of(world), client_request_id=request, job_id=job)


@causes(requests.ClientRequestUnlinked)
async def unlinked(world: World) -> AsyncIterator[None]:
    job = (await world.job()).id
    request = await make(owner_of(world), "Ask", Spot(world.account.id, job))
    yield
    await requests.unlink_client_request(owner_of(world), client_request_id=request, job_id=job)


@causes(requests.ClientRequestDeleted)
async def deleted(world: World) -> AsyncIterator[None]:
    request = await on_jobs(world)
    yield
    await requests.delete_client_request(owner_of(world), client_request_id=request)


async def _told_of(world: World) -> UUID:
    """A mail that waits to tell of one on a job."""
    spot = Spot(world.account.id, (await world.job()).id)
    return await ask_by(owner_of(world), Kind.CLIENT_REQUEST, await make(owner_of(world), "Ask", spot), spot)


@causes(requests.ClientRequestWithdrawn)
async def withdrawn(world: World) -> AsyncIterator[None]:
    mail = await _told_of(world)
    yield
    await withdraw_mail(owner_of(world), mail_id=mail)


@causes(requests.ClientRequestSent)
async def sent(world: World) -> AsyncIterator[None]:
    mail = await _told_of(world)
    await withdraw_mail(owner_of(world), mail_id=mail)
    yield
    await send_mail_again(owner_of(world), mail_id=mail)
