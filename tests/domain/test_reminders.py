"""Reminders: on which days a client is reminded of what they owe, how often, and when that is over."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.commands.accounts import archive_account
from models.commands.moves import archive_job, complete_job, restore_job
from models.commands.statuses import create_status
from models.database import sql
from models.errors import Forbidden, Invalid, NotFound, RuleBroken
from models.firm.account_contacts import update_account_contact
from models.firm.contacts import create_contact
from models.items.client_requests import (
    create_client_request,
    delete_client_request,
    link_client_request,
    reopen_client_request,
    submit_client_request,
)
from models.items.organizers import submit_organizer
from models.items.request_entries import RequestEntry
from models.mail.mails import send_mail, withdraw_mail
from models.reasons import Reason
from models.reminding.dates import moment_of, next_reminder
from models.reminding.reminders import (
    due_reminders,
    remind,
    remind_of_client_request,
    remind_of_organizer,
    stop_reminding,
)
from models.rights import Role
from models.rows import Category, Job
from models.rows.contacts import AccountContact
from models.rows.mail import Mail, MailCauseKind
from models.rows.reminders import Reminder
from models.scheduled import Schedule, scheduled
from models.scope import Scope
from models.workdays import worked_days
from tests.domain.refusal import refused, told
from tests.kinds import organizers
from tests.specimens import Spot
from tests.world import World
from workers.reminders import Reminding

DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@given(
    last=DAYS,
    every=st.integers(1, 366),
    place=st.sampled_from([(None, None), ("US", None), ("DE", "BY"), ("IL", None)]),
)
def test_the_next_is_the_first_working_day_after_so_many(
    last: date, every: int, place: tuple[str | None, str | None]
) -> None:
    day = next_reminder(last, every, *place)

    def worked(day: date) -> bool:
        return day in worked_days(*place, day.year)

    assert day >= last + timedelta(every) and worked(day)
    between = (last + timedelta(every) + timedelta(more) for more in range((day - last).days - every))
    assert not any(worked(each) for each in between)


def test_days_and_moments_of_firms() -> None:
    # A Friday: the Monday after is Memorial Day in the United States.
    assert next_reminder(date(2026, 5, 22), 1, None, None) == date(2026, 5, 25)
    assert next_reminder(date(2026, 5, 22), 1, "US", None) == date(2026, 5, 26)
    assert next_reminder(date(2026, 12, 24), 7, "DE", None) == date(2026, 12, 31)
    assert next_reminder(date(2026, 12, 25), 7, "DE", None) == date(2027, 1, 4)
    # Nine o'clock there, in winter and in summer, and where the day is another one by then.
    assert moment_of(date(2026, 1, 5), "America/New_York").astimezone(UTC) == datetime(2026, 1, 5, 14, tzinfo=UTC)
    assert moment_of(date(2026, 7, 6), "America/New_York").astimezone(UTC) == datetime(2026, 7, 6, 13, tzinfo=UTC)
    assert moment_of(date(2026, 1, 5), "Pacific/Auckland").astimezone(UTC) == datetime(2026, 1, 4, 20, tzinfo=UTC)


class Desk:
    """A firm that has asked Ada for something, about a job."""

    def __init__(self, world: World, job: Job) -> None:
        self.world, self.job, self.owner = world, job, world.acting(world.owner)

    @classmethod
    async def of(cls, world: World) -> "Desk":
        desk = cls(world, await world.job())
        await desk.contact("Ada")
        return desk

    async def contact(self, name: str, **fields: Any) -> UUID:
        wanted: dict[str, Any] = {"emails": [f"{name.lower()}@client.example"], "gets_mail": True} | fields
        made = create_contact(self.owner, name=name, account_id=self.world.account.id, **wanted)
        return (await made).value.id

    async def request(self, **fields: Any) -> UUID:
        wanted: dict[str, Any] = {"title": "W-2 *form*", "job_id": self.job.id, "due_date": date(2026, 4, 1)} | fields
        entries = [RequestEntry("w2", "Your W-2", required=False)]
        return (await create_client_request(self.owner, entries=entries, **wanted)).value.id

    async def reminder(self, request: UUID | None = None, **fields: Any) -> UUID:
        wanted: dict[str, Any] = {"every_days": 3, "at_most": 2, "text": "Please."} | fields
        request = request or await self.request()
        return (await remind_of_client_request(self.owner, client_request_id=request, **wanted)).value.id

    async def due(self, reminder: UUID) -> Reminder:
        """Its time comes."""
        await sql("UPDATE reminder SET next_at = now() - interval '1 second' WHERE id = $1", reminder)
        await remind(self.world.firm.id, reminder)
        return await Reminder.get(id=reminder)

    async def mails(self) -> list[Mail]:
        return await Mail.filter(firm_id=self.world.firm.id).order_by("created_at", "id")


@pytest.fixture
async def desk(world: World) -> Desk:
    return await Desk.of(world)


async def test_a_client_is_reminded_so_often_and_no_more(desk: Desk) -> None:
    before = await desk.world.revision()
    reminder = await desk.reminder()
    row = await Reminder.get(id=reminder)
    assert row.next_at is not None
    day = next_reminder(desk.world.firm.today(row.created_at), 3, None, None)
    assert row.next_at == moment_of(day, desk.world.firm.time_zone)
    assert [found for found, _ in await due_reminders(row.next_at - timedelta(seconds=1), 1_000)].count(reminder) == 0
    row = await desk.due(reminder)
    assert (row.sent, row.next_at is None) == (1, False)
    row = await desk.due(reminder)
    assert (row.sent, row.next_at) == (2, None)
    assert await told(desk.world, before) == [
        *("ClientRequestCreated", "ClientRequestCreated", "RemindersSet"),
        *("MailQueued", "MailQueued", "ClientReminded"),
        *("MailQueued", "MailQueued", "RemindersEnded"),
    ]
    mails = await desk.mails()
    assert [(mail.to_name, mail.subject, mail.cause, mail.job_id) for mail in mails] == [
        ("Ada", "Reminder: W-2 *form*", MailCauseKind.REMINDER, desk.job.id)
    ] * 2
    assert mails[0].text == "We are still waiting for **W\\-2 \\*form\\***, which is due on 2026-04-01.\n\nPlease."
    # As any mail it can be had back.
    await withdraw_mail(desk.owner, mail_id=mails[1].id)


async def test_set_again_they_write_anew(desk: Desk) -> None:
    request = await desk.request()
    for times in (1, 2):
        reminder = await desk.reminder(request)
        await desk.due(reminder)
        assert await Mail.filter(cause_id=reminder).count() == times


async def test_whoever_comes_second_finds_it_done(desk: Desk) -> None:
    reminder = await desk.reminder()
    await desk.due(reminder)
    before = await desk.world.revision()
    await remind(desk.world.firm.id, reminder)
    assert await desk.world.revision() == before
    assert len(await desk.mails()) == 1


async def test_those_are_reminded_who_are_asked_and_get_mail(desk: Desk) -> None:
    bob, quiet = await desk.contact("Bob"), await desk.contact("Quiet", gets_mail=False)
    everybody = await desk.due(await desk.reminder())
    assert [mail.to_name for mail in await desk.mails()] == ["Ada", "Bob"]
    await stop_reminding(desk.owner, reminder_id=everybody.id)
    await desk.due(await desk.reminder(await desk.request(recipient_ids=[bob, quiet])))
    assert [mail.to_name for mail in await desk.mails()] == ["Ada", "Bob", "Bob"]
    link = await AccountContact.get(contact_id=bob)
    await update_account_contact(desk.owner, account_contact_id=link.id, gets_mail=False)
    row = await desk.due(await desk.reminder(await desk.request(recipient_ids=[bob])))
    assert row.sent == 1 and len(await desk.mails()) == 3


async def test_they_end_with_the_item(desk: Desk) -> None:
    request = await desk.request()
    reminder = await desk.reminder(request)
    await submit_client_request(desk.owner, client_request_id=request)
    assert (await Reminder.get(id=reminder)).next_at is None
    async with refused(desk.world, RuleBroken, "client_request_id", match="does not owe"):
        await desk.reminder(request)
    # Reopened, they are not taken up by themselves; set again, they begin anew.
    await reopen_client_request(desk.owner, client_request_id=request)
    assert (await Reminder.get(id=reminder)).next_at is None
    assert await desk.reminder(request) == reminder
    row = await desk.due(reminder)
    assert (row.sent, row.next_at is None) == (1, False)
    await delete_client_request(desk.owner, client_request_id=request)
    assert not await Reminder.exists(id=reminder)
    await remind(desk.world.firm.id, reminder)


async def test_archiving_ends_them_where_nothing_else_needs_it(desk: Desk) -> None:
    other = await desk.world.job("1065")
    alone, both = await desk.request(), await desk.request()
    await link_client_request(desk.owner, client_request_id=both, job_id=other.id)
    of_account = await desk.reminder(await desk.request(job_id=None, account_id=desk.world.account.id))
    first, second = await desk.reminder(alone), await desk.reminder(both)
    await archive_job(desk.owner, job_id=desk.job.id)
    active = {row.id for row in await Reminder.filter(firm_id=desk.world.firm.id, next_at__isnull=False)}
    assert active == {second, of_account}
    await restore_job(desk.owner, job_id=desk.job.id)
    assert (await Reminder.get(id=first)).next_at is None
    await desk.due(second)
    assert [mail.job_id for mail in await desk.mails()] == [desk.job.id]
    for job in (desk.job.id, other.id):
        await complete_job(desk.owner, job_id=job)
    await archive_account(desk.owner, account_id=desk.world.account.id)
    assert not await Reminder.exists(firm_id=desk.world.firm.id, next_at__isnull=False)


async def test_then_the_job_comes_under_a_custom_status(desk: Desk) -> None:
    world = desk.world
    made = create_status(desk.owner, pipeline_id=world.pipeline.id, name="Missing docs", color="#ff0000")
    missing = (await made).value.id
    completed = await world.job("1065")
    await complete_job(desk.owner, job_id=completed.id)
    request = await desk.request()
    await link_client_request(desk.owner, client_request_id=request, job_id=completed.id)
    reminder = await desk.reminder(request, at_most=1, then_status_id=missing)
    row = await desk.due(reminder)
    assert (row.sent, row.next_at is None) == (1, False)
    before = await world.revision()
    row = await desk.due(reminder)
    assert (row.sent, row.next_at) == (1, None)
    assert await told(world, before) == ["JobStatusChanged", "RemindersEnded"]
    assert (await Job.get(id=desk.job.id)).status_id == missing
    assert (await Job.get(id=completed.id)).status_id == (await world.status(Category.COMPLETED)).id
    active = await world.status(Category.ACTIVE)
    async with refused(world, RuleBroken, "then_status_id", match="custom status") as caught:
        await desk.reminder(request, then_status_id=active.id)
    assert caught.value.reason is Reason.BUILT_IN


async def test_who_may_and_with_what(desk: Desk) -> None:
    world = desk.world
    employee = world.acting(world.employee)
    request = await desk.request()
    async with refused(world, Invalid, "every_days") as caught:
        await desk.reminder(request, every_days=0, at_most=51, text="x" * 2_001)
    assert [each.path for each in caught.value.all] == [("every_days",), ("at_most",), ("text",)]
    organizer = await organizers.make(desk.owner, "Questions", Spot(world.account.id, desk.job.id))
    async with refused(world, Forbidden):
        await remind_of_organizer(employee, organizer_id=organizer, every_days=1, at_most=1)
    made = remind_of_organizer(desk.owner, organizer_id=organizer, every_days=1, at_most=1)
    of_organizer = (await made).value.id
    async with refused(world, Forbidden, "reminder_id"):
        await stop_reminding(employee, reminder_id=of_organizer)
    async with refused(world, NotFound, "reminder_id"):
        await stop_reminding(world.acting(world.stranger), reminder_id=of_organizer)
    await remind_of_client_request(employee, client_request_id=request, every_days=1, at_most=1)
    before = await world.revision()
    again = remind_of_client_request(employee, client_request_id=request, every_days=1, at_most=1)
    assert (await again).revision == before
    await submit_organizer(desk.owner, organizer_id=organizer)
    assert (await Reminder.get(id=of_organizer)).next_at is None


async def test_a_worker_sends_what_is_due_and_leaves_alone_what_cannot_be(followed: World) -> None:
    desk = await Desk.of(followed)
    one, broken = await desk.reminder(), await desk.reminder()
    await sql("UPDATE reminder SET next_at = now()")
    # What nobody foresaw.
    await sql(
        "UPDATE client_request SET title = repeat(' ', 5) WHERE id = (SELECT item FROM reminder WHERE id = $1)", broken
    )
    await sql("UPDATE reminder SET text = repeat('x', 30000) WHERE id = $1", broken)
    reminding = Reminding()
    for _ in range(2):
        assert not await reminding.go_on()
    rows = {row.id: row for row in await Reminder.all()}
    assert (rows[one].sent, rows[broken].sent) == (1, 0)
    assert len(await desk.mails()) == 1
    assert [id for id, _ in await due_reminders(datetime.now(UTC), 100)] == [broken]


async def test_what_is_coming_is_told_as_far_as_it_is_seen(desk: Desk) -> None:
    world = desk.world
    elsewhere = await world.new_account("Elsewhere")
    made = create_contact(
        desk.owner, name="Eve", emails=["eve@client.example"], account_id=elsewhere.id, gets_mail=True
    )
    eve = (await made).value.id
    hidden = (await send_mail(desk.owner, contact_id=eve, account_id=elsewhere.id, subject="S", text="T")).value.id
    first, second = await desk.reminder(every_days=9), await desk.reminder(every_days=2)
    stopped = await desk.reminder()
    await stop_reminding(desk.owner, reminder_id=stopped)
    owner = Scope.whole(world.firm.id)
    found = await scheduled(owner, None, 10)
    assert [coming.id for coming in found.coming] == [hidden, second, first] and not found.cut
    assert [coming.at for coming in found.coming] == sorted(coming.at for coming in found.coming)
    assert [coming.id for coming in (await scheduled(owner, found.coming[1].at, 10)).coming] == [hidden, second]
    assert await scheduled(owner, None, 2) == Schedule(found.coming[:2], True)
    employee = Scope.of(world.firm.id, Role.EMPLOYEE, frozenset(), frozenset({world.account.id}), frozenset())
    assert [coming.id for coming in (await scheduled(employee, None, 10)).coming] == [second, first]
    await withdraw_mail(desk.owner, mail_id=hidden)
    assert [coming.id for coming in (await scheduled(owner, None, 10)).coming] == [second, first]
    with pytest.raises(Invalid):
        await scheduled(owner, None, 101)
