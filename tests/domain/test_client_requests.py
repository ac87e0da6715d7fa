"""Client requests: what is asked of a client, what they answered, and whom the jobs wait for."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.bounds import RECIPIENTS, REQUEST_ENTRIES
from models.commands.accounts import archive_account
from models.commands.moves import archive_job, complete_job
from models.errors import Conflict, Invalid, NotFound, RuleBroken
from models.firm.account_contacts import link_contact, unlink_contact
from models.firm.contact_merging import merge_contacts
from models.firm.contacts import archive_contact, create_contact
from models.ids import Kind, new_id
from models.items.client_requests import (
    ClientRequest,
    ClientRequestAnswered,
    ClientRequestState,
    ClientRequestSubmitted,
    ClientRequestUpdated,
    answer_client_request,
    create_client_request,
    delete_client_request,
    link_client_request,
    reopen_client_request,
    submit_client_request,
    unlink_client_request,
    update_client_request,
)
from models.items.reads import awaiting, open_item_counts, outstanding
from models.items.recipients import recipients_of
from models.items.request_entries import EntryAnswer, RequestEntry, differing_keys, revised
from models.reasons import Parameter, Reason
from models.rows import Awaited, Awaiting, ItemRecipient, JobItem
from models.rows.contacts import AccountContact
from models.texts import ANSWER
from tests.domain.refusal import refused, told
from tests.links import jobs_of
from tests.locks import held, until_waiting
from tests.texts import NOTHING
from tests.world import World

W2, RENT = RequestEntry("w2", "Your W-2"), RequestEntry("rent", "What rent did you pay?", required=False)


async def new_request(world: World, *jobs: UUID, **more: Any) -> ClientRequest:
    owner = world.acting(world.owner)
    entries = more.pop("entries", [W2, RENT])
    made = create_client_request(owner, title="Papers", entries=entries, account_id=world.account.id, **more)
    request = (await made).value
    for job in jobs:
        await link_client_request(owner, client_request_id=request.id, job_id=job)
    return request


async def new_contact(world: World, name: str = "Ada", account: UUID | None = None) -> UUID:
    owner = world.acting(world.owner)
    return (await create_contact(owner, name=name, account_id=account or world.account.id)).value.id


async def answer(world: World, request: ClientRequest, **answers: str | None) -> ClientRequest:
    given = [EntryAnswer(key, text) for key, text in answers.items()]
    employee = world.acting(world.employee)
    return (await answer_client_request(employee, client_request_id=request.id, answers=given)).value


async def test_a_request_is_asked_answered_submitted_and_reopened(world: World) -> None:
    employee, one, two = world.acting(world.employee), await world.job(), await world.job()
    ada = await new_contact(world)
    request = await new_request(world, one.id, two.id, recipient_ids=[ada])
    for job in (one, two):
        (open_item,) = (await outstanding([job.id]))[job.id]
        assert (open_item.kind, open_item.item_id) == (Kind.CLIENT_REQUEST, request.id)
        assert open_item.awaited is Awaited.SUBMISSION
    assert await awaiting([(Kind.CLIENT_REQUEST, request.id)]) == {request.id: Awaiting(contacts=[ada])}
    before = await world.revision()
    kept = await answer(world, request, w2="In the\r\nmail")
    assert [entry.answer for entry in kept.asked] == ["In the\nmail", None]
    assert (kept.answered, kept.state) == (1, ClientRequestState.PENDING)
    submitted = await submit_client_request(employee, client_request_id=request.id, contact_id=ada)
    assert submitted.value.submitted_at is not None
    assert await open_item_counts([one.id, two.id]) == {}
    reopened = (await reopen_client_request(employee, client_request_id=request.id)).value
    assert (reopened.state, reopened.submitted_at, reopened.answered) == (ClientRequestState.PENDING, None, 1)
    assert await open_item_counts([one.id, two.id]) == {one.id: 1, two.id: 1}
    names = ("ClientRequestAnswered", "ClientRequestSubmitted", "ClientRequestReopened")
    assert await told(world, before) == [name for name in names for _ in range(3)]
    logged = [entry.event for entry in await world.events(before)]
    assert {event.acting_contact for event in logged if isinstance(event, ClientRequestSubmitted)} == {ada}
    assert {event.acting_contact for event in logged if isinstance(event, ClientRequestAnswered)} == {None}
    assert {event.entry_keys for event in logged if isinstance(event, ClientRequestAnswered)} == {("w2",)}


async def test_what_a_request_may_not_be(world: World) -> None:
    actor = world.acting(world.owner)
    many = [RequestEntry(str(number), "Paper") for number in range(REQUEST_ENTRIES.most + 1)]
    for entries in ([], many):
        async with refused(world, Invalid, "entries"):
            await new_request(world, entries=entries)
    # All that is wrong is told at once.
    async with refused(world, Invalid) as caught:
        await create_client_request(
            actor, title=" ", entries=[W2, RequestEntry(" w2", "x" * 501), RequestEntry("", "And")]
        )
    assert {refusal.path for refusal in caught.value.all} == {
        ("title",),
        ("entries", 1, "prompt"),
        ("entries", 1, "key"),
        ("entries", 2, "key"),
        ("account_id",),
    }
    elsewhere = await world.job(account_id=(await world.new_account("Other")).id)
    request = await new_request(world)
    async with refused(world, RuleBroken, "job_id", match="another account"):
        await link_client_request(actor, client_request_id=request.id, job_id=elsewhere.id)


async def test_an_answer_to_what_is_not_asked_changes_nothing(world: World) -> None:
    request = await new_request(world)
    async with refused(world, Invalid, "answers", 1, "key", match="no entry with this key") as caught:
        await answer(world, request, w2="Here", passport="Here")
    assert caught.value.parameters == {Parameter.VALUES: "w2, rent"}
    for text in (*NOTHING.values(), "x" * (ANSWER.most + 1)):
        async with refused(world, Invalid, "answers", 0, "text"):
            await answer(world, request, w2=text)
    twice = [EntryAnswer("w2", "One"), EntryAnswer(" w2 ", "Two")]
    async with refused(world, Invalid, "answers", 1, "key", match="once"):
        await answer_client_request(world.acting(world.owner), client_request_id=request.id, answers=twice)
    async with refused(world, Invalid, "answers"):
        await answer(world, request)


async def test_answers_stay_until_they_are_taken_back(world: World) -> None:
    request = await new_request(world)
    await answer(world, request, w2="One", rent="1,000")
    before = await world.revision()
    kept = await answer(world, request, rent=None)
    assert [entry.answer for entry in kept.asked] == ["One", None]
    assert (await answer(world, request, rent=None, w2="One")).version == 3
    assert await told(world, before) == ["ClientRequestAnswered"]


async def test_it_is_submitted_once_with_all_that_is_required(world: World) -> None:
    actor, request = world.acting(world.employee), await new_request(world)
    async with refused(world, RuleBroken, "client_request_id") as caught:
        await submit_client_request(actor, client_request_id=request.id)
    assert (caught.value.reason, caught.value.parameters) == (Reason.UNANSWERED, {Parameter.ACTUAL: "1"})
    await answer(world, request, w2="Here")
    both = [submit_client_request(actor, client_request_id=request.id) for _ in range(2)]
    done = await asyncio.gather(*both, return_exceptions=True)
    (late,) = [each for each in done if isinstance(each, RuleBroken)]
    assert (late.reason, late.parameters[Parameter.ACTUAL]) == (Reason.WRONG_STATE, "SUBMITTED")
    later: list[Any] = [
        lambda: submit_client_request(actor, client_request_id=request.id),
        lambda: answer(world, request, w2="Other"),
        lambda: update_client_request(actor, client_request_id=request.id, title="Other"),
        lambda: update_client_request(actor, client_request_id=request.id, entries=[W2]),
        lambda: delete_client_request(actor, client_request_id=request.id),
    ]
    for act in later:
        async with refused(world, RuleBroken, "client_request_id", match="Reopen it first"):
            await act()
    before = await world.revision()
    for _ in range(2):
        await reopen_client_request(actor, client_request_id=request.id)
    assert await world.revision() == before + 1


async def test_what_is_answered_stays_as_it_was_asked(world: World) -> None:
    actor, request = world.acting(world.employee), await new_request(world)
    await answer(world, request, w2="Here")
    async with refused(world, RuleBroken, "entries", match="Keep it") as caught:
        await update_client_request(actor, client_request_id=request.id, entries=[RENT])
    assert caught.value.reason is Reason.ANSWERED
    async with refused(world, RuleBroken, "entries", 0, "prompt", match="keeps its prompt"):
        await update_client_request(actor, client_request_id=request.id, entries=[RequestEntry("w2", "Passport")])
    before = await world.revision()
    wanted = [RequestEntry("id", "Passport"), RequestEntry(" w2", "Your W-2 ", required=False)]
    kept = (await update_client_request(actor, client_request_id=request.id, entries=wanted)).value
    assert [(entry.key, entry.answer, entry.required) for entry in kept.asked] == [
        ("id", None, True),
        ("w2", "Here", False),
    ]
    (event,) = [entry.event for entry in await world.events(before)]
    assert isinstance(event, ClientRequestUpdated)
    assert (event.entry_keys, event.changes) == (("id", "w2", "rent"), {})
    # The same once more is no change.
    await update_client_request(actor, client_request_id=request.id, entries=wanted, title="Papers", recipient_ids=[])
    assert await world.revision() == before + 1
    async with refused(world, Conflict, "expected_version"):
        await update_client_request(actor, client_request_id=request.id, title="Late", expected_version=1)


async def test_recipients_are_contacts_of_the_account(world: World) -> None:
    actor, employee = world.acting(world.owner), world.acting(world.employee)
    ada, ben = await new_contact(world, "Ada"), await new_contact(world, "Ben")
    other = await world.new_account("Other", world.employee)
    elsewhere = await new_contact(world, "Eve", other.id)
    hidden = await new_contact(world, "Hal", (await world.new_account("Hidden")).id)
    request = await new_request(world, recipient_ids=[ben, ada, ben])
    assert await recipients_of([request.id]) == {request.id: [ada, ben]}
    for who, kind, reason in [
        (elsewhere, RuleBroken, Reason.ELSEWHERE),
        (hidden, NotFound, Reason.NOT_FOUND),
        (new_id(), NotFound, Reason.NOT_FOUND),
    ]:
        async with refused(world, kind, "recipient_ids") as caught:
            await update_client_request(employee, client_request_id=request.id, recipient_ids=[ada, who])
        assert caught.value.reason is reason
        async with refused(world, kind, "recipient_ids"):
            await create_client_request(
                employee, title="T", entries=[W2], account_id=world.account.id, recipient_ids=[who]
            )
    async with refused(world, Invalid, "recipient_ids"):
        await update_client_request(
            actor, client_request_id=request.id, recipient_ids=[new_id() for _ in range(RECIPIENTS.most + 1)]
        )
    # Who was named before stays, archived or gone from sight; nobody new is.
    await archive_contact(actor, contact_id=ada)
    await unlink_contact(
        actor, account_contact_id=(await AccountContact.get(contact_id=ben, account_id=world.account.id)).id
    )
    before = await world.revision()
    await update_client_request(employee, client_request_id=request.id, recipient_ids=[ada])
    assert await world.revision() == before
    await update_client_request(employee, client_request_id=request.id, recipient_ids=[])
    assert await recipients_of([request.id]) == {request.id: [ben]}
    async with refused(world, RuleBroken, "recipient_ids") as caught:
        await update_client_request(employee, client_request_id=request.id, recipient_ids=[ada])
    assert caught.value.reason is Reason.ARCHIVED


async def test_who_acts_for_the_client_is_a_contact_of_theirs(world: World) -> None:
    actor, request = world.acting(world.employee), await new_request(world, entries=[RENT])
    elsewhere = await new_contact(world, "Eve", (await world.new_account("Other", world.employee)).id)
    hidden = await new_contact(world, "Hal", (await world.new_account("Hidden")).id)
    for who, kind in ((elsewhere, RuleBroken), (hidden, NotFound)):
        async with refused(world, kind, "contact_id"):
            await submit_client_request(actor, client_request_id=request.id, contact_id=who)
        async with refused(world, kind, "contact_id"):
            await answer_client_request(
                actor, client_request_id=request.id, answers=[EntryAnswer("rent", "1")], contact_id=who
            )


async def test_whoever_is_archived_meanwhile_neither_acts_nor_is_asked(world: World, database: str) -> None:
    actor, request = world.acting(world.employee), await new_request(world, entries=[RENT])
    acts: list[Any] = [
        lambda who: submit_client_request(actor, client_request_id=request.id, contact_id=who),
        lambda who: update_client_request(actor, client_request_id=request.id, recipient_ids=[who]),
    ]
    for act in acts:
        ada = await new_contact(world)
        async with held(database, "contact", ada) as connection:
            waiting: Any = asyncio.create_task(act(ada))
            await until_waiting(waiting)
            await connection.execute("UPDATE contact SET archived_at = now() WHERE id = $1", ada)
        with pytest.raises(RuleBroken) as caught:
            await waiting
        assert caught.value.reason is Reason.ARCHIVED
    assert await recipients_of([request.id]) == {}


async def test_of_two_answers_at_once_none_is_lost(world: World) -> None:
    request = await new_request(world)
    await asyncio.gather(answer(world, request, w2="Here"), answer(world, request, rent="1,000"))
    kept = await ClientRequest.get(id=request.id)
    assert ([entry.answer for entry in kept.asked], kept.version) == (["Here", "1,000"], 3)


async def test_a_merged_recipient_is_the_one_who_stays(world: World) -> None:
    owner = world.acting(world.owner)
    ada, augusta = await new_contact(world, "Ada"), await new_contact(world, "Augusta")
    one, both = await new_request(world, recipient_ids=[ada]), await new_request(world, recipient_ids=[ada, augusta])
    await merge_contacts(owner, contact_id=ada, into_id=augusta)
    assert await recipients_of([one.id, both.id]) == {one.id: [augusta], both.id: [augusta]}


async def test_an_archived_account_takes_no_requests_and_gives_them_up(world: World) -> None:
    owner, job = world.acting(world.owner), await world.job()
    request = await new_request(world, job.id, entries=[RENT])
    submitted = await new_request(world, entries=[RENT])
    await submit_client_request(owner, client_request_id=submitted.id)
    await complete_job(owner, job_id=job.id)
    await archive_job(owner, job_id=job.id)
    await archive_account(owner, account_id=world.account.id)
    refusing: list[tuple[str, Any]] = [
        ("account_id", lambda: new_request(world)),
        ("job_id", lambda: create_client_request(owner, title="T", entries=[W2], job_id=job.id)),
        ("client_request_id", lambda: update_client_request(owner, client_request_id=request.id, title="T")),
        ("client_request_id", lambda: answer(world, request, rent="1")),
        ("client_request_id", lambda: submit_client_request(owner, client_request_id=request.id)),
        ("client_request_id", lambda: reopen_client_request(owner, client_request_id=submitted.id)),
    ]
    for path, act in refusing:
        async with refused(world, RuleBroken, path) as caught:
            await act()
        assert caught.value.reason is Reason.ARCHIVED
    await unlink_client_request(owner, client_request_id=request.id, job_id=job.id)
    assert await jobs_of(request) == set()
    await link_client_request(owner, client_request_id=request.id, job_id=job.id)
    await delete_client_request(owner, client_request_id=request.id)
    assert not await JobItem.exists(item=request.id)


async def test_a_deleted_request_is_for_nobody_any_more(world: World) -> None:
    request = await new_request(world, recipient_ids=[await new_contact(world)])
    await delete_client_request(world.acting(world.employee), client_request_id=request.id, expected_version=1)
    assert not await ItemRecipient.exists(item=request.id)


async def test_an_id_sent_again_returns_the_first_request(world: World) -> None:
    id, actor = new_id(), world.acting(world.employee)
    asked = [
        create_client_request(actor, title="Once", entries=[W2], account_id=world.account.id, id=id) for _ in range(3)
    ]
    assert {(outcome.value.id, outcome.revision) for outcome in await asyncio.gather(*asked)} == {
        (id, await world.revision())
    }


ENTRIES = st.lists(
    st.builds(
        RequestEntry,
        st.sampled_from("abcd"),
        st.sampled_from(["One", "Two"]),
        st.booleans(),
        st.none() | st.sampled_from(["Yes", "No"]),
    ),
    max_size=4,
    unique_by=lambda entry: entry.key,
)


@given(ENTRIES, ENTRIES)
def test_no_answer_is_lost_or_becomes_the_answer_to_something_else(
    present: list[RequestEntry], wanted: list[RequestEntry]
) -> None:
    try:
        kept = revised(present, wanted)
    except RuleBroken:
        asked = {(entry.key, entry.prompt) for entry in wanted}
        assert any(entry.answer is not None and (entry.key, entry.prompt) not in asked for entry in present)
        return
    answers = {(entry.key, entry.prompt): entry.answer for entry in present if entry.answer is not None}
    assert {(entry.key, entry.prompt): entry.answer for entry in kept if entry.answer is not None} == answers
    assert [(entry.key, entry.prompt, entry.required) for entry in kept] == [
        (entry.key, entry.prompt, entry.required) for entry in wanted
    ]
    assert (differing_keys(present, kept) == ()) == (present == kept)


@pytest.mark.parametrize("required", [True, False])
def test_what_is_missing(required: bool) -> None:
    assert RequestEntry("a", "A", required).missing is required
    assert not RequestEntry("a", "A", required, "Yes").missing


async def test_one_who_is_at_the_account_again_is_named_again(world: World) -> None:
    owner, ada = world.acting(world.owner), await new_contact(world)
    other = await world.new_account("Other")
    await link_contact(owner, contact_id=ada, account_id=other.id)
    request = await new_request(world)
    there = await AccountContact.get(contact_id=ada, account_id=world.account.id)
    await unlink_contact(owner, account_contact_id=there.id)
    async with refused(world, RuleBroken, "recipient_ids"):
        await update_client_request(owner, client_request_id=request.id, recipient_ids=[ada])
    await link_contact(owner, contact_id=ada, account_id=world.account.id)
    await update_client_request(owner, client_request_id=request.id, recipient_ids=[ada])
    assert await recipients_of([request.id]) == {request.id: [ada]}
