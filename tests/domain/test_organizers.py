"""Organizers: drawn up, sent, answered, submitted, made pending again and sealed."""

import asyncio
from typing import Any
from uuid import UUID

from models.commands.accounts import archive_account
from models.commands.moves import archive_job, complete_job
from models.errors import Conflict, Forbidden, Invalid, NotFound, RuleBroken
from models.firm.contacts import create_contact
from models.ids import Kind, new_id
from models.items.organizer_answers import Answer, Answering
from models.items.organizer_content import OrganizerContent, content_of, sections_of
from models.items.organizer_questions import Question, Section
from models.items.organizers import (
    Organizer,
    OrganizerAnswered,
    OrganizerState,
    OrganizerUpdated,
    answer_organizer,
    create_organizer,
    delete_organizer,
    link_organizer,
    seal_organizer,
    send_organizer,
    submit_organizer,
    unlink_organizer,
    unsubmit_organizer,
    update_organizer,
)
from models.items.reads import awaiting, open_item_counts, outstanding
from models.items.recipients import recipients_of
from models.reasons import Parameter, Reason
from models.rights import Right, Role
from models.rows import Awaited, Awaiting, ItemRecipient, JobItem
from tests.domain.refusal import refused, told
from tests.domain.test_organizer_questions import ASKED
from tests.links import jobs_of
from tests.world import World


async def new_organizer(world: World, *jobs: UUID, sent: bool = True, **more: Any) -> Organizer:
    owner = world.acting(world.owner)
    sections = more.pop("sections", ASKED)
    made = create_organizer(owner, title="2026", sections=sections, account_id=world.account.id, **more)
    organizer = (await made).value
    for job in jobs:
        await link_organizer(owner, organizer_id=organizer.id, job_id=job)
    if sent:
        await send_organizer(owner, organizer_id=organizer.id)
    return organizer


async def answer(world: World, organizer: Organizer, **answers: Answer) -> Organizer:
    given = [Answering(key, value) for key, value in answers.items()]
    owner = world.acting(world.owner)
    return (await answer_organizer(owner, organizer_id=organizer.id, answers=given)).value


ALL = {
    "name": Answer(text="Ada"),
    "owns": Answer(yes=False),
    "states": Answer(choices=("NY",)),
    "w2": Answer(file_names=("w2.pdf",)),
}


async def test_an_organizer_is_sent_answered_submitted_and_made_pending_again(world: World) -> None:
    owner, one, two = world.acting(world.owner), await world.job(), await world.job()
    ada = (await create_contact(owner, name="Ada", account_id=world.account.id)).value.id
    organizer = await new_organizer(world, one.id, two.id, sent=False, recipient_ids=[ada])
    assert (organizer.state, organizer.question_count, organizer.answered_count) == (OrganizerState.DRAFT, 5, 0)
    assert [held.awaited for held in (await outstanding([one.id]))[one.id]] == [Awaited.SENDING]
    before = await world.revision()
    await send_organizer(owner, organizer_id=organizer.id)
    (held,) = (await outstanding([two.id]))[two.id]
    assert (held.kind, held.awaited, held.title) == (Kind.ORGANIZER, Awaited.SUBMISSION, "2026")
    assert await awaiting([(Kind.ORGANIZER, organizer.id)]) == {organizer.id: Awaiting(contacts=[ada])}
    await answer(world, organizer, **ALL)
    done = (await submit_organizer(owner, organizer_id=organizer.id, contact_id=ada)).value
    assert (done.state, done.answered_count, done.open) == (OrganizerState.SUBMITTED, 4, False)
    assert await open_item_counts([one.id, two.id]) == {}
    again = (await unsubmit_organizer(owner, organizer_id=organizer.id)).value
    assert (again.state, again.submitted_at, again.answered_count) == (OrganizerState.PENDING, None, 4)
    assert await open_item_counts([one.id, two.id]) == {one.id: 1, two.id: 1}
    names = ("Sent", "Answered", "Submitted", "Unsubmitted")
    assert await told(world, before) == [f"Organizer{name}" for name in names for _ in range(3)]


async def test_what_is_shown_follows_the_answers(world: World) -> None:
    organizer = await new_organizer(world)
    kept = await answer(world, organizer, **ALL | {"owns": Answer(yes=True), "lender": Answer(text="A bank")})
    assert (kept.question_count, kept.answered_count) == (6, 5)
    (you, work) = (await sections_of([organizer.id]))[organizer.id]
    assert [(each.question.key, each.shown) for each in you.questions] == [
        ("name", True),
        ("owns", True),
        ("lender", True),
    ]
    assert {each.question.key: each.shown for each in work.questions}["days"] is False
    assert you.questions[2].answer == Answer(text="A bank")
    # Saved as it is; what is not shown is dropped when it is submitted.
    kept = await answer(world, organizer, owns=Answer(yes=False))
    assert (kept.question_count, kept.answered_count) == (5, 4)
    assert "lender" in (await content_of(organizer.id)).answers
    await submit_organizer(world.acting(world.owner), organizer_id=organizer.id)
    assert (await content_of(organizer.id)).answers == {
        "name": "Ada",
        "owns": False,
        "states": ["NY"],
        "w2": ["w2.pdf"],
    }


async def test_what_is_required_and_shown_is_answered_before(world: World) -> None:
    owner, organizer = world.acting(world.owner), await new_organizer(world)
    await answer(world, organizer, **ALL | {"states": Answer(choices=("NJ",))})
    async with refused(world, RuleBroken, "organizer_id") as caught:
        await submit_organizer(owner, organizer_id=organizer.id)
    assert (caught.value.reason, caught.value.parameters) == (Reason.UNANSWERED, {Parameter.ACTUAL: "1"})
    await answer(world, organizer, states=Answer(choices=("NY",)))
    both = [submit_organizer(owner, organizer_id=organizer.id) for _ in range(2)]
    done = await asyncio.gather(*both, return_exceptions=True)
    (late,) = [each for each in done if isinstance(each, RuleBroken)]
    assert (late.reason, late.parameters[Parameter.ACTUAL]) == (Reason.WRONG_STATE, "SUBMITTED")


async def test_what_its_state_does_not_allow(world: World) -> None:
    owner = world.acting(world.owner)
    draft, sent = await new_organizer(world, sent=False), await new_organizer(world)
    submitted = await new_organizer(world)
    await answer(world, submitted, **ALL)
    await submit_organizer(owner, organizer_id=submitted.id)
    refusing: list[tuple[str, Any]] = [
        ("Send it first", lambda: answer(world, draft, **ALL)),
        ("Send it first", lambda: submit_organizer(owner, organizer_id=draft.id)),
        ("sent already", lambda: send_organizer(owner, organizer_id=sent.id)),
        ("sent already", lambda: send_organizer(owner, organizer_id=submitted.id)),
        ("not been submitted", lambda: seal_organizer(owner, organizer_id=draft.id)),
        ("not been submitted", lambda: seal_organizer(owner, organizer_id=sent.id)),
        ("pending again first", lambda: answer(world, submitted, name=Answer(text="Ben"))),
        ("pending again first", lambda: update_organizer(owner, organizer_id=submitted.id, title="T")),
        ("pending again first", lambda: submit_organizer(owner, organizer_id=submitted.id)),
        ("pending again first", lambda: delete_organizer(owner, organizer_id=submitted.id)),
    ]
    for told_so, act in refusing:
        async with refused(world, RuleBroken, "organizer_id", match=told_so) as caught:
            await act()
        assert caught.value.reason is Reason.WRONG_STATE


async def test_a_sealed_one_stays_as_it_is(world: World) -> None:
    owner, job, organizer = world.acting(world.owner), await world.job(), await new_organizer(world)
    await answer(world, organizer, **ALL)
    await submit_organizer(owner, organizer_id=organizer.id)
    before = await world.revision()
    for _ in range(2):
        sealed = (await seal_organizer(owner, organizer_id=organizer.id)).value
    assert sealed.sealed and await told(world, before) == ["OrganizerSealed"]
    refusing: list[Any] = [
        lambda: unsubmit_organizer(owner, organizer_id=organizer.id),
        lambda: update_organizer(owner, organizer_id=organizer.id, title="T"),
        lambda: answer(world, organizer, name=Answer(text="Ben")),
        lambda: submit_organizer(owner, organizer_id=organizer.id),
        lambda: delete_organizer(owner, organizer_id=organizer.id),
    ]
    for act in refusing:
        async with refused(world, RuleBroken, "organizer_id", match="sealed") as caught:
            await act()
        assert (caught.value.reason, caught.value.parameters) == (Reason.SEALED, {Parameter.KIND: "organizer"})
    # Where it is linked is no matter of its own.
    await link_organizer(owner, organizer_id=organizer.id, job_id=job.id)
    await unlink_organizer(owner, organizer_id=organizer.id, job_id=job.id)


async def test_what_it_asks_changes_as_long_as_nothing_is_answered(world: World) -> None:
    owner, organizer = world.acting(world.owner), await new_organizer(world)
    before = await world.revision()
    fewer = [Section("You", (Question(" name ", "Your name"),))]
    kept = (await update_organizer(owner, organizer_id=organizer.id, sections=fewer, title="2026 taxes")).value
    assert (kept.question_count, kept.version) == (1, 3)
    (event,) = [entry.event for entry in await world.events(before)]
    assert isinstance(event, OrganizerUpdated)
    assert (event.sections_changed, event.changes) == (True, {"title": ("2026", "2026 taxes")})
    # As it is already it is no change, however it is written.
    await update_organizer(owner, organizer_id=organizer.id, sections=fewer, title="2026 taxes", recipient_ids=[])
    assert await world.revision() == before + 1
    await answer(world, organizer, name=Answer(text="Ada"))
    async with refused(world, RuleBroken, "sections") as caught:
        await update_organizer(owner, organizer_id=organizer.id, sections=ASKED)
    assert caught.value.reason is Reason.ANSWERED
    await update_organizer(owner, organizer_id=organizer.id, due_date=None, title="Taxes")
    await answer(world, organizer, name=Answer())
    await update_organizer(owner, organizer_id=organizer.id, sections=ASKED)
    async with refused(world, Conflict, "expected_version"):
        await update_organizer(owner, organizer_id=organizer.id, title="Late", expected_version=1)


async def test_the_same_answers_again_are_no_change_and_none_is_in_the_log(world: World) -> None:
    organizer = await new_organizer(world)
    before = await world.revision()
    for _ in range(2):
        await answer(world, organizer, **ALL)
    (event,) = [entry.event for entry in await world.events(before)]
    assert isinstance(event, OrganizerAnswered)
    assert "Ada" not in repr(event)
    async with refused(world, Invalid, "answers", 0, "key"):
        await answer(world, organizer, nothing=Answer(text="A"))


async def test_of_two_answers_at_once_none_is_lost(world: World) -> None:
    organizer = await new_organizer(world)
    await asyncio.gather(answer(world, organizer, name=ALL["name"]), answer(world, organizer, owns=ALL["owns"]))
    kept = await Organizer.get(id=organizer.id)
    assert (await content_of(organizer.id)).answers == {"name": "Ada", "owns": False}
    assert (kept.answered_count, kept.version) == (2, 4)


async def test_what_is_wrong_with_a_new_one_is_told_at_once(world: World) -> None:
    asked = [Section(" ", (Question("", "What?"),))]
    async with refused(world, Invalid) as caught:
        await create_organizer(world.acting(world.owner), title="", sections=asked)
    assert {refusal.path for refusal in caught.value.all} == {
        ("title",),
        ("sections", 0, "title"),
        ("sections", 0, "questions", 0, "key"),
        ("account_id",),
    }


async def test_all_of_it_needs_the_right(world: World) -> None:
    organizer, job = await new_organizer(world), await world.job()
    employee = world.acting(world.employee)
    acts: list[Any] = [
        lambda: create_organizer(employee, title="T", sections=ASKED, account_id=world.account.id),
        lambda: link_organizer(employee, organizer_id=organizer.id, job_id=job.id),
        lambda: answer_organizer(employee, organizer_id=organizer.id, answers=[]),
    ]
    for act in acts:
        async with refused(world, Forbidden) as caught:
            await act()
        assert caught.value.parameters == {Parameter.RIGHTS: Right.MANAGE_ORGANIZERS.value}
    stranger = await world.member("Eve Elsewhere", Role.EMPLOYEE, Right.MANAGE_ORGANIZERS)
    async with refused(world, NotFound, "organizer_id"):
        await send_organizer(world.acting(stranger), organizer_id=organizer.id)


async def test_an_archived_account_takes_no_organizers_and_gives_them_up(world: World) -> None:
    owner, job = world.acting(world.owner), await world.job()
    draft, sent = await new_organizer(world, job.id, sent=False), await new_organizer(world)
    submitted = await new_organizer(world)
    for organizer in (sent, submitted):
        await answer(world, organizer, **ALL)
    await submit_organizer(owner, organizer_id=submitted.id)
    await complete_job(owner, job_id=job.id)
    await archive_job(owner, job_id=job.id)
    await archive_account(owner, account_id=world.account.id)
    refusing: list[Any] = [
        lambda: new_organizer(world),
        lambda: update_organizer(owner, organizer_id=draft.id, title="T"),
        lambda: send_organizer(owner, organizer_id=draft.id),
        lambda: answer(world, sent, name=Answer(text="Ben")),
        lambda: submit_organizer(owner, organizer_id=sent.id),
        lambda: unsubmit_organizer(owner, organizer_id=submitted.id),
        lambda: seal_organizer(owner, organizer_id=submitted.id),
    ]
    for act in refusing:
        async with refused(world, RuleBroken) as caught:
            await act()
        assert (caught.value.reason, caught.value.parameters) == (Reason.ARCHIVED, {Parameter.KIND: "account"})
    await unlink_organizer(owner, organizer_id=draft.id, job_id=job.id)
    assert await jobs_of(draft) == set()
    await delete_organizer(owner, organizer_id=draft.id)


async def test_a_deleted_one_leaves_nothing(world: World) -> None:
    owner, job = world.acting(world.owner), await world.job()
    ada = (await create_contact(owner, name="Ada", account_id=world.account.id)).value.id
    organizer = await new_organizer(world, job.id, recipient_ids=[ada])
    assert await recipients_of([organizer.id]) == {organizer.id: [ada]}
    await delete_organizer(owner, organizer_id=organizer.id)
    assert not await JobItem.exists(item=organizer.id)
    assert not await ItemRecipient.exists(item=organizer.id)
    assert not await OrganizerContent.exists(organizer_id=organizer.id)


async def test_an_id_sent_again_returns_the_first_organizer(world: World) -> None:
    id, owner = new_id(), world.acting(world.owner)
    asked = [create_organizer(owner, title="T", sections=ASKED, account_id=world.account.id, id=id) for _ in range(3)]
    assert {(outcome.value.id, outcome.revision) for outcome in await asyncio.gather(*asked)} == {
        (id, await world.revision())
    }
