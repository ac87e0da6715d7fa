"""Automations that ask the client for something: the mail that tells of it and is had back with it, and reminders."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from models.automation.asking_settings import OrganizerSettings, Reminding, RequestSettings
from models.automation.automations import create_automation
from models.automation.facts import decisions
from models.commands.moves import archive_job, move_job
from models.commands.stages import update_stage
from models.commands.statuses import create_status
from models.errors import Forbidden, Invalid, RuleBroken
from models.firm.contacts import create_contact
from models.ids import Kind
from models.items.client_requests import (
    ClientRequest,
    ClientRequestState,
    answer_client_request,
    delete_client_request,
    submit_client_request,
    unlink_client_request,
    update_client_request,
)
from models.items.organizers import Organizer, OrganizerState
from models.items.request_entries import EntryAnswer
from models.mail.mails import send_mail_again, withdraw_mail, withdraw_mails
from models.mail.sending import Verdict
from models.reasons import Reason
from models.reminding.reminders import remind, remind_of_client_request
from models.rights import Right
from models.rows import Awaited, Category, Job, PipelineMember, RunState, Status
from models.rows.mail import Mail, MailState
from models.rows.reminders import Reminder
from models.targets import Target
from models.undo.undo import undo
from tests.domain.automating import automation, begin, runs_of
from tests.domain.following import go_on_to_the_end
from tests.domain.refusal import refused, told
from tests.kinds import templates
from tests.kinds.mail import answered
from tests.links import items_of
from tests.portal import client
from tests.specimens import Spot
from tests.world import World
from workers.following import Following


class Asking:
    """A firm of which the second stage asks Ada and Bob for something, about a job."""

    def __init__(self, world: World, following: Following, status: Status) -> None:
        self.world, self.following, self.status = world, following, status
        self.owner = world.acting(world.owner)

    @classmethod
    async def of(cls, world: World, *names: str) -> "Asking":
        given: dict[str, Any] = {"pipeline_id": world.pipeline.id, "name": "Missing docs", "color": "#112233"}
        asking = cls(world, await begin(), (await create_status(world.acting(world.owner), **given)).value)
        for name in names:
            given = {"emails": [f"{name.lower()}@client.example"], "gets_mail": True}
            await create_contact(asking.owner, name=name, account_id=world.account.id, **given)
        return asking

    async def template(self, kind: Kind = Kind.CLIENT_REQUEST) -> Any:
        make = templates.make_request if kind is Kind.CLIENT_REQUEST else templates.make_organizer
        return await make(self.owner, "Papers", Spot(self.world.account.id))

    async def entering(self) -> tuple[Job, int]:
        """A job that has come to the stage, with what automations then did; and the revision of the move."""
        job, (_, second, _) = await self.world.job(), await self.world.stages()
        moved = await move_job(self.owner, job_id=job.id, stage_id=second.id)
        assert moved.revision is not None
        await go_on_to_the_end(self.following)
        return job, moved.revision

    async def mails(self, job: Job) -> list[Mail]:
        return await Mail.filter(job_id=job.id).order_by("to_name")


@pytest.fixture
async def world(followed: World) -> World:
    return followed


async def test_whoever_is_asked_gets_a_mail_and_is_reminded(world: World) -> None:
    asking = await Asking.of(world, "Ada", "Bob")
    text = "Dear [CONTACT_NAME], it is for [JOB_NAME]."
    again = Reminding(3, 2, "For [JOB_NAME], again.", asking.status.id)
    await automation(world, send_client_request=RequestSettings(await asking.template(), None, text, again))
    organizer = OrganizerSettings(await asking.template(Kind.ORGANIZER), None, "", Reminding(7, 1))
    await automation(world, send_organizer=organizer)
    job, _ = await asking.entering()
    (request,), (drawn_up,) = await items_of(job, Kind.CLIENT_REQUEST), await items_of(job, Kind.ORGANIZER)
    of_request, of_organizer = [run.made for run in await runs_of(job)]
    assert [each["kind"] for each in of_request] == ["client_request", "mail", "mail"]
    assert [each["kind"] for each in of_organizer] == ["organizer", "mail", "mail"]
    written = {(mail.to_name, mail.item): mail for mail in await asking.mails(job)}
    assert written.keys() == {(name, item) for name in ("Ada", "Bob") for item in (request, drawn_up)}
    title = (await ClientRequest.get(id=request)).title
    assert written["Ada", request].subject == title
    assert written["Ada", request].text.startswith(f"We ask you for **{title}**, which is due on ")
    assert written["Ada", request].text.endswith("\n\nDear Ada, it is for 1040.")
    assert written["Bob", drawn_up].text.count("\n\n") == 0
    assert {mail.state for mail in written.values()} == {MailState.WAITING}
    reminders = {each.item: each for each in await Reminder.filter(firm_id=world.firm.id)}
    assert reminders.keys() == {request, drawn_up}
    said = reminders[request]
    assert (said.every_days, said.at_most, said.text, said.then_status_id) == (
        3,
        2,
        "For 1040, again.",
        asking.status.id,
    )
    # What reminds of it tells of it as well, and brings nothing: withdrawing it takes nothing back.
    await Reminder.filter(id=said.id).update(next_at=said.created_at - timedelta(1))
    await remind(world.firm.id, said.id)
    for mail in await Mail.filter(item=request, cause="REMINDER"):
        await withdraw_mail(asking.owner, mail_id=mail.id)
    assert (await ClientRequest.get(id=request)).state is ClientRequestState.PENDING


async def test_what_is_asked_is_had_back_with_the_last_mail_that_tells_of_it(world: World) -> None:
    asking = await Asking.of(world, "Ada", "Bob")
    _, second, _ = await world.stages()
    await update_stage(asking.owner, stage_id=second.id, automove=True)
    settings = RequestSettings(await asking.template(), asking.status.id, "", Reminding(3, 2))
    await automation(world, send_client_request=settings)
    job, _ = await asking.entering()
    (request,) = await items_of(job, Kind.CLIENT_REQUEST)
    ada, bob = await asking.mails(job)
    before = await world.revision()
    employee = world.acting(world.employee)
    await withdraw_mail(employee, mail_id=ada.id)
    assert (await ClientRequest.get(id=request)).state is ClientRequestState.PENDING
    await withdraw_mails(employee, mails=[Target(bob.id, kind=Kind.MAIL)])
    back = await ClientRequest.get(id=request)
    assert (back.state, back.awaited, back.open) == (ClientRequestState.WITHDRAWN, Awaited.SENDING, True)
    assert await told(world, before) == [
        *["MailWithdrawn"] * 4,
        *["ClientRequestWithdrawn"] * 2,
        "RemindersEnded",
    ]
    # It holds the job, and nobody answers it, or is reminded of it.
    await go_on_to_the_end(asking.following)
    assert (await Job.get(id=job.id)).status_id == asking.status.id
    assert [reason.reason for reason in (await decisions([job.id]))[job.id].reasons] == ["STATUS", "OPEN_ITEM"]
    answers = [EntryAnswer(entry.key, "Here") for entry in back.asked]
    for denied in (
        answer_client_request(asking.owner, client_request_id=request, answers=answers),
        submit_client_request(asking.owner, client_request_id=request),
        remind_of_client_request(asking.owner, client_request_id=request, every_days=3, at_most=2),
    ):
        async with refused(world, RuleBroken, "client_request_id") as caught:
            await denied
        assert caught.value.reason is Reason.WRONG_STATE
    # It is mended, and sent after all.
    await update_client_request(asking.owner, client_request_id=request, title="Better papers")
    before = await world.revision()
    await send_mail_again(asking.owner, mail_id=ada.id)
    assert await told(world, before) == [*["MailQueuedAgain"] * 2, *["ClientRequestSent"] * 2]
    assert (await ClientRequest.get(id=request)).state is ClientRequestState.PENDING
    # Whom one mail has reached has heard of it.
    await answered(ada.id, Verdict.TAKEN)
    await send_mail_again(asking.owner, mail_id=bob.id)
    await withdraw_mail(employee, mail_id=bob.id)
    assert (await ClientRequest.get(id=request)).state is ClientRequestState.PENDING
    # What nobody wants is taken off the job, which then waits for nothing.
    await unlink_client_request(asking.owner, client_request_id=request, job_id=job.id)
    await go_on_to_the_end(asking.following)
    active = await world.status(Category.ACTIVE)
    assert (await Job.get(id=job.id)).status_id == active.id


async def test_an_organizer_is_a_draft_again_and_an_archived_job_asks_for_nothing(world: World) -> None:
    asking = await Asking.of(world, "Ada")
    await automation(world, send_organizer=OrganizerSettings(await asking.template(Kind.ORGANIZER)))
    await automation(world, send_client_request=RequestSettings(await asking.template()))
    job, _ = await asking.entering()
    (organizer,), (request,) = await items_of(job, Kind.ORGANIZER), await items_of(job, Kind.CLIENT_REQUEST)
    mail = await Mail.get(item=organizer)
    await withdraw_mail(asking.owner, mail_id=mail.id)
    there = await Organizer.get(id=organizer)
    assert (there.state, there.sent_at, there.awaited) == (OrganizerState.DRAFT, None, Awaited.SENDING)
    writer = await world.member("Wendy", world.employee.role, Right.MANAGE_ACCOUNTS, Right.VIEW_ALL_ACCOUNTS)
    async with refused(world, Forbidden, "mail_id"):
        await send_mail_again(world.acting(writer), mail_id=mail.id)
    await send_mail_again(asking.owner, mail_id=mail.id)
    assert (await Organizer.get(id=organizer)).state is OrganizerState.PENDING
    before = await world.revision()
    await archive_job(asking.owner, job_id=job.id)
    assert {each.state for each in await asking.mails(job)} == {MailState.WITHDRAWN}
    assert (await Organizer.get(id=organizer)).state is OrganizerState.DRAFT
    assert (await ClientRequest.get(id=request)).state is ClientRequestState.WITHDRAWN
    events = await told(world, before)
    assert (events.count("OrganizerWithdrawn"), events.count("ClientRequestWithdrawn")) == (2, 2)


async def test_withdrawing_by_hand_is_a_part_of_taking_back(world: World) -> None:
    asking = await Asking.of(world, "Ada")
    await automation(world, send_client_request=RequestSettings(await asking.template()))
    job, revision = await asking.entering()
    (request,), (mail,) = await items_of(job, Kind.CLIENT_REQUEST), await asking.mails(job)
    await withdraw_mail(asking.owner, mail_id=mail.id)
    assert (await undo(asking.owner, revision=revision)).value is not None
    assert not await ClientRequest.exists(id=request)
    # Of what is gone nobody is told.
    async with refused(world, RuleBroken, "mail_id") as caught:
        await send_mail_again(asking.owner, mail_id=mail.id)
    assert caught.value.reason is Reason.WRONG_STATE


async def test_a_client_sees_what_they_are_asked_when_the_mail_goes_out(world: World) -> None:
    asking = await Asking.of(world, "Ada", "Bob")
    for settings in (
        {"send_client_request": RequestSettings(await asking.template())},
        {"send_organizer": OrganizerSettings(await asking.template(Kind.ORGANIZER))},
    ):
        await automation(world, **settings)
    job, _ = await asking.entering()
    for kind in (Kind.CLIENT_REQUEST, Kind.ORGANIZER):
        (item,) = await items_of(job, kind)
        ada, bob = sorted(await Mail.filter(item=item), key=lambda mail: mail.to_name)
        assert ada.contact_id is not None

        async def seen(kind: Kind = kind, item: UUID = item, contact: UUID = ada.contact_id) -> bool:
            return bool(await (await client(contact)).of_kind(kind).many([item]))

        assert not await seen()
        await withdraw_mail(asking.owner, mail_id=bob.id)
        assert not await seen()
        await answered(ada.id, Verdict.TAKEN)
        assert await seen()
        await send_mail_again(asking.owner, mail_id=bob.id)
        assert await seen()


async def test_what_is_over_is_told_to_nobody(world: World) -> None:
    asking = await Asking.of(world, "Ada")
    await automation(world, send_client_request=RequestSettings(await asking.template()))
    for end in ("submit", "delete", "undo"):
        job, revision = await asking.entering()
        (request,) = await items_of(job, Kind.CLIENT_REQUEST)
        (mail,) = await asking.mails(job)
        if end == "submit":
            answers = [EntryAnswer(entry.key, "Here") for entry in (await ClientRequest.get(id=request)).asked]
            await answer_client_request(asking.owner, client_request_id=request, answers=answers)
            await submit_client_request(asking.owner, client_request_id=request)
            assert (await ClientRequest.get(id=request)).state is ClientRequestState.SUBMITTED
        elif end == "delete":
            await delete_client_request(asking.owner, client_request_id=request)
        else:
            report = (await undo(asking.owner, revision=revision)).value
            assert report is not None
        if end != "submit":
            assert not await ClientRequest.exists(id=request)
        assert (await Mail.get(id=mail.id)).state is MailState.WITHDRAWN


async def test_where_nobody_gets_mail_it_is_asked_without_one(world: World) -> None:
    asking = await Asking.of(world)
    await automation(world, send_client_request=RequestSettings(await asking.template(), None, "", Reminding(3, 2)))
    job, _ = await asking.entering()
    (run,) = await runs_of(job)
    assert (run.state, run.message is not None and "without one" in run.message) == (RunState.DONE, True)
    assert await Reminder.filter(firm_id=world.firm.id).count() == 1


async def test_what_is_said_is_checked_and_needs_the_right_to_write(world: World) -> None:
    asking = await Asking.of(world)
    (_, second, _), template = await world.stages(), await asking.template()
    wrong = RequestSettings(template, None, "x" * 2_001, Reminding(0, 99, "[CONTACT_NAME] [NOTHING]"))
    async with refused(world, Invalid) as caught:
        await create_automation(asking.owner, name="Ask", trigger_stage_id=second.id, send_client_request=wrong)
    assert {(each.reason, each.path[1:]) for each in caught.value.all} == {
        (Reason.TOO_LONG, ("text",)),
        (Reason.OUT_OF_RANGE, ("reminders", "every_days")),
        (Reason.OUT_OF_RANGE, ("reminders", "at_most")),
        (Reason.UNKNOWN_SHORTCODE, ("reminders", "text")),
    }
    setter = await world.member("Rita Robot", world.employee.role, Right.MANAGE_PIPELINES)
    await PipelineMember.create(pipeline_id=world.pipeline.id, member_id=setter.id)
    async with refused(world, Forbidden):
        await create_automation(
            world.acting(setter),
            name="Ask",
            trigger_stage_id=second.id,
            send_client_request=RequestSettings(template),
        )
