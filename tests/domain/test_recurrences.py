"""Recurrences: what they make, once and in order, and what may be done to them."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from models.actor import Actor, ActorKind
from models.commands.accounts import archive_account, restore_account
from models.commands.firm import update_firm
from models.commands.jobs import delete_job, update_job
from models.commands.pipelines import delete_pipeline
from models.errors import Invalid, NotFound, Refusal, RuleBroken
from models.events import JobCreated, OccurrenceMade, OccurrenceNotMade, RecurrenceEnded
from models.firm.account_roles import set_account_role_holders
from models.ids import new_id
from models.reasons import Reason
from models.recurrences.changed import adjust_occurrence
from models.recurrences.due import due
from models.recurrences.occurrences import make_occurrence, retry_occurrence
from models.recurrences.recurrences import (
    delete_recurrence,
    end_recurrence,
    exclude_recurrence_accounts,
    include_recurrence_accounts,
    split_recurrence,
    update_recurrence,
)
from models.rows import ChangedOccurrence, Job, Occurrence, OccurrenceState, Recurrence
from models.rows.recurrences import DayOff, Frequency
from models.templates.job_content import JobContent
from models.templates.job_tasks import JobTask
from models.templates.relative_dates import Anchor, DayUnit, RelativeDate
from models.templates.templates import delete_template
from tests.domain.recurring import at, days_made, in_days, jobs_of, new_recurrence, work_at
from tests.domain.refusal import refused
from tests.domain.test_job_templates import assigned_to, new_role, new_template, tasks_of
from tests.world import World
from workers.recurring import Recurring


async def test_it_makes_one_job_for_each_account_and_occurrence(world: World) -> None:
    other = await world.new_account("Other")
    recurrence = await new_recurrence(world, account_ids=[world.account.id, other.id], time_of_day="09:30")
    await work_at(world, at(in_days(1), 9, 29))
    assert await jobs_of(recurrence) == []
    await work_at(world, at(in_days(1), 9, 30))
    jobs = await jobs_of(recurrence)
    assert {job.account_id for job in jobs} == {world.account.id, other.id}
    assert {(job.name, job.pipeline_id, job.start_date) for job in jobs} == {("Books", world.pipeline.id, None)}
    # Nothing is left to do, however often somebody looks.
    before = await world.revision()
    await work_at(world, at(in_days(2), 9, 29))
    assert await world.revision() == before
    logged = [each for each in await world.events() if isinstance(each.event, JobCreated)]
    assert {each.event.recurrence for each in logged} == {recurrence.id}  # type: ignore[attr-defined]
    assert {(each.actor["kind"], each.actor["label"]) for each in logged} == {(ActorKind.SCHEDULE, "Bookkeeping")}
    assert sum(isinstance(each.event, OccurrenceMade) for each in await world.events()) == 2


async def test_what_was_missed_is_made_once_and_in_order(world: World) -> None:
    recurrence = await new_recurrence(world)
    # Nobody worked for three days.
    await work_at(world, at(in_days(3), 12))
    assert await days_made(recurrence) == [in_days(1), in_days(2), in_days(3)]
    await work_at(world, at(in_days(4)))
    assert await days_made(recurrence) == [in_days(1), in_days(2), in_days(3), in_days(4)]


async def test_any_number_of_workers_make_each_job_once(world: World) -> None:
    other = await world.new_account("Other")
    accounts = [world.account.id, other.id]
    recurrence = await new_recurrence(world, account_ids=accounts)
    await asyncio.gather(*(work_at(world, at(in_days(3))) for _ in range(3)))
    # What one of them left to another it does not wait for.
    await work_at(world, at(in_days(3)))
    made = await Occurrence.filter(recurrence_id=recurrence.id)
    assert sorted((each.account_id, each.day) for each in made) == sorted(
        (account, in_days(number)) for account in accounts for number in (1, 2, 3)
    )
    assert await Job.filter(recurrence_id=recurrence.id).count() == 6


async def test_a_worker_asks_for_what_is_due_and_leaves_alone_what_is_not(world: World) -> None:
    recurrence = await new_recurrence(world, days_ahead=1)
    # It has been due since midnight.
    for _ in range(20):
        if not await Recurring().go_on():
            break
    assert await days_made(recurrence) == [in_days(1)]
    assert recurrence.id not in {each.recurrence_id for each in await due(at(in_days(0), 23, 59), 1_000)}


async def test_its_jobs_are_as_it_and_its_template_say(world: World) -> None:
    role = await new_role(world, "Preparer", world.employee)
    template = await new_template(
        world,
        JobContent(
            name="Template's",
            description="For [ACCOUNT_NAME]",
            period="[CURRENT_YEAR]",
            due_date=RelativeDate(Anchor.CREATED, 20),
            tasks=(JobTask("Ask for [PERIOD]", due_date=RelativeDate(Anchor.DUE_DATE, -1)),),
        ),
    )
    recurrence = await new_recurrence(
        world,
        template_id=template.id,
        job_name="Books of [PERIOD_MONTH]",
        job_period="[PREVIOUS_MONTH]",
        job_start_date=RelativeDate(Anchor.CREATED, 1),
        job_deadline=RelativeDate(Anchor.DUE_DATE, 2, DayUnit.BUSINESS_DAYS),
        assignee_role_ids=[role],
        days_ahead=1,
    )
    # Who holds the role is looked up when the job is made.
    owner = world.acting(world.owner)
    holders: dict[str, Any] = {"account_id": world.account.id, "account_role_id": role}
    await set_account_role_holders(owner, **holders, member_ids=[world.admin.id])
    await work_at(world, at(in_days(0)))
    (job,) = await jobs_of(recurrence)
    day, month = in_days(1), (in_days(1).replace(day=1) - timedelta(1)).strftime("%Y-%m")
    assert (job.name, job.period, job.description) == (f"Books of {month}", month, "For Acme")
    assert (job.start_date, job.due_date) == (day + timedelta(1), day + timedelta(20))
    assert job.deadline is not None
    assert job.deadline > day + timedelta(21)
    assert await assigned_to(job) == {world.admin.id}
    (task,) = await tasks_of(job)
    assert (task.name, task.due_date) == (f"Ask for {month}", day + timedelta(19))


async def test_an_archived_account_is_skipped_and_it_is_said(world: World) -> None:
    other = await world.new_account("Other")
    recurrence = await new_recurrence(world, account_ids=[world.account.id, other.id])
    owner = world.acting(world.owner)
    await archive_account(owner, account_id=world.account.id)
    await work_at(world, at(in_days(1)))
    assert [job.account_id for job in await jobs_of(recurrence)] == [other.id]
    skipped = await Occurrence.get(recurrence_id=recurrence.id, account_id=world.account.id)
    assert (skipped.state, skipped.job_id) == (OccurrenceState.SKIPPED, None)
    assert skipped.reason is not None
    assert any(isinstance(each.event, OccurrenceNotMade) for each in await world.events())
    # Somebody may have it made after all: once.
    async with refused(world, RuleBroken, "account_id"):
        await retry_occurrence(owner, occurrence_id=skipped.id)
    await restore_account(owner, account_id=world.account.id)
    made = (await retry_occurrence(owner, occurrence_id=skipped.id)).value
    assert (made.state, made.reason, made.job_id is None) == (OccurrenceState.MADE, None, False)
    async with refused(world, RuleBroken, "occurrence_id"):
        await retry_occurrence(owner, occurrence_id=skipped.id)


async def test_what_cannot_be_made_holds_up_nothing_and_says_why(world: World) -> None:
    template = await new_template(world, JobContent(name="Usual"))
    recurrence = await new_recurrence(world, template_id=template.id, job_name=None)
    owner = world.acting(world.owner)
    await delete_template(owner, template_id=template.id)
    await work_at(world, at(in_days(2)))
    refused_ones = await Occurrence.filter(recurrence_id=recurrence.id)
    assert [each.state for each in refused_ones] == [OccurrenceState.REFUSED] * 2
    assert all("template" in (each.reason or "") for each in refused_ones)
    # Mended, the next one is made, and those may be made after all.
    await update_recurrence(owner, recurrence_id=recurrence.id, template_id=None, job_name="By hand")
    await work_at(world, at(in_days(3)))
    await retry_occurrence(owner, occurrence_id=refused_ones[0].id)
    assert [job.name for job in await jobs_of(recurrence)] == ["By hand", "By hand"]


async def test_an_edit_is_for_what_has_not_been_made(world: World) -> None:
    recurrence = await new_recurrence(world)
    await work_at(world, at(in_days(1)))
    owner = world.acting(world.owner)
    edited = await update_recurrence(owner, recurrence_id=recurrence.id, job_name="Other books", days_ahead=1)
    assert edited.value.version == recurrence.version + 1
    await work_at(world, at(in_days(1)))
    assert [job.name for job in await jobs_of(recurrence)] == ["Books", "Other books"]
    # What is as it was is no edit.
    assert (
        await update_recurrence(owner, recurrence_id=recurrence.id, days_ahead=1)
    ).revision == await world.revision()
    # Another schedule counts from its own first day, and makes nothing a second time.
    weekly: dict[str, Any] = {"frequency": Frequency.WEEKLY, "first_day": in_days(1)}
    await update_recurrence(owner, recurrence_id=recurrence.id, days_ahead=0, **weekly)
    await work_at(world, at(in_days(8)))
    assert await days_made(recurrence) == [in_days(1), in_days(2), in_days(8)]


async def test_of_another_schedule_what_has_been_is_not_made_up_for(world: World) -> None:
    recurrence = await new_recurrence(world, frequency=Frequency.WEEKLY)
    await work_at(world, at(in_days(5)))
    then = world.acting(world.owner).acting_at(at(in_days(5), 12))
    await update_recurrence(then, recurrence_id=recurrence.id, frequency=Frequency.DAILY)
    await work_at(world, at(in_days(6)))
    assert await days_made(recurrence) == [in_days(1), in_days(5), in_days(6)]
    # What was missed is, also where somebody has changed the schedule before a worker was there again.
    later = world.acting(world.owner).acting_at(at(in_days(9), 12))
    await update_recurrence(later, recurrence_id=recurrence.id, frequency=Frequency.RULE, rule="FREQ=DAILY;INTERVAL=2")
    await work_at(world, at(in_days(9), 12))
    assert await days_made(recurrence) == [in_days(number) for number in (1, 5, 6, 7, 9)]


async def test_an_edit_of_the_coming_ones_from_a_day_on(world: World) -> None:
    recurrence = await new_recurrence(world, frequency=Frequency.RULE, rule="FREQ=DAILY;INTERVAL=2;COUNT=5")
    await work_at(world, at(in_days(1)))
    owner = world.acting(world.owner)
    await adjust_occurrence(owner, recurrence_id=recurrence.id, day=in_days(7), job_name="One alone")
    split: dict[str, Any] = {"recurrence_id": recurrence.id, "day": in_days(5), "job_name": "Other books"}
    latter = (await split_recurrence(owner, **split)).value
    await work_at(world, at(in_days(30)))
    assert await days_made(recurrence) == [in_days(1), in_days(3)]
    # Counted from the same first day: five in all.
    assert await days_made(latter) == [in_days(5), in_days(7), in_days(9)]
    assert [job.name for job in await jobs_of(latter)] == ["Other books", "One alone", "Other books"]
    over = await Recurrence.filter(id__in=[recurrence.id, latter.id], ended_at__isnull=False).count()
    assert over == 2
    assert sum(isinstance(each.event, RecurrenceEnded) for each in await world.events()) == 2


async def test_an_edit_of_one_alone(world: World) -> None:
    recurrence = await new_recurrence(world, frequency=Frequency.RULE, rule="FREQ=DAILY;INTERVAL=3")
    owner = world.acting(world.owner)
    days = [in_days(1), in_days(4), in_days(7)]
    edit: dict[str, Any] = {"recurrence_id": recurrence.id}
    await adjust_occurrence(owner, **edit, day=days[0], skipped=True)
    await adjust_occurrence(owner, **edit, day=days[1], on_day=in_days(6), job_name="Late", job_due_date=in_days(20))
    for wrong in (in_days(1), in_days(7)):
        async with refused(world, Invalid, "on_day"):
            await adjust_occurrence(owner, **edit, day=days[1], on_day=wrong)
    for no_occurrence in (in_days(0), in_days(2)):
        async with refused(world, RuleBroken, "day"):
            await adjust_occurrence(owner, **edit, day=no_occurrence, skipped=True)
    await work_at(world, at(in_days(5), 23))
    assert await jobs_of(recurrence) == []
    await work_at(world, at(in_days(7)))
    late, usual = await jobs_of(recurrence)
    assert (late.name, late.due_date, usual.name) == ("Late", in_days(20), "Books")
    assert await days_made(recurrence) == days[1:]
    # Taken back, nothing is kept of it.
    await adjust_occurrence(owner, **edit, day=in_days(10), job_period="2026")
    await adjust_occurrence(owner, **edit, day=in_days(10), job_period=None)
    assert not await ChangedOccurrence.filter(recurrence_id=recurrence.id, day=in_days(10)).exists()
    async with refused(world, RuleBroken, "day"):
        await adjust_occurrence(owner, **edit, day=days[1], skipped=True)


async def test_a_firm_that_goes_elsewhere_has_its_jobs_at_its_own_time(world: World) -> None:
    recurrence = await new_recurrence(world, time_of_day="18:00")
    owner = world.acting(world.owner)
    # In Tokyo it is that late tomorrow when tomorrow has begun here: what it is now comes before, at any hour.
    await update_firm(owner, time_zone=(tokyo := "Asia/Tokyo"))
    await work_at(world, at(in_days(1), 17, 59, tokyo))
    assert await days_made(recurrence) == []
    await work_at(world, at(in_days(1), 18, 0, tokyo))
    assert await days_made(recurrence) == [in_days(1)]
    # West again: the day begins anew, and has been.
    await update_firm(owner, time_zone=(honolulu := "Pacific/Honolulu"))
    await work_at(world, at(in_days(2), 17, 59, honolulu))
    assert await days_made(recurrence) == [in_days(1)]
    await work_at(world, at(in_days(2), 18, 0, honolulu))
    assert await days_made(recurrence) == [in_days(1), in_days(2)]


async def test_it_ends_with_its_last_day_or_when_somebody_ends_it(world: World) -> None:
    until_midnight = await new_recurrence(world, last_day=in_days(2))
    await work_at(world, at(in_days(3)))
    assert await days_made(until_midnight) == [in_days(1), in_days(2)]
    ended = await Recurrence.get(id=until_midnight.id)
    assert ended.ended_at is not None
    owner = world.acting(world.owner)
    async with refused(world, RuleBroken, "recurrence_id"):
        await update_recurrence(owner, recurrence_id=until_midnight.id, last_day=None)
    by_hand = await new_recurrence(world, name="By hand")
    await work_at(world, at(in_days(1)))
    await end_recurrence(owner, recurrence_id=by_hand.id)
    assert (await end_recurrence(owner, recurrence_id=by_hand.id)).revision == await world.revision()
    await work_at(world, at(in_days(9)))
    (job,) = await jobs_of(by_hand)
    # Its job is a job like others, and stays when it is deleted.
    await update_job(owner, job_id=job.id, name="Edited")
    await delete_recurrence(owner, recurrence_id=by_hand.id)
    assert (await Job.get(id=job.id)).recurrence_id is None


async def test_a_job_that_was_deleted_is_made_again_by_hand_alone(world: World) -> None:
    recurrence = await new_recurrence(world)
    await work_at(world, at(in_days(1)))
    owner, (job,) = world.acting(world.owner), await jobs_of(recurrence)
    await delete_job(owner, job_id=job.id)
    await work_at(world, at(in_days(1)))
    assert await jobs_of(recurrence) == []
    occurrence = await Occurrence.get(recurrence_id=recurrence.id)
    assert (occurrence.state, occurrence.job_id) == (OccurrenceState.MADE, None)
    again = (await retry_occurrence(owner, occurrence_id=occurrence.id)).value
    assert [job.id for job in await jobs_of(recurrence)] == [again.job_id]
    async with refused(world, RuleBroken, "occurrence_id"):
        await retry_occurrence(owner, occurrence_id=occurrence.id)


async def test_accounts_come_and_go(world: World) -> None:
    other = await world.new_account("Other")
    recurrence = await new_recurrence(world)
    owner = world.acting(world.owner)
    place: dict[str, Any] = {"recurrence_id": recurrence.id}
    await work_at(world, at(in_days(1)))
    await include_recurrence_accounts(owner, **place, account_ids=[other.id, world.account.id])
    await work_at(world, at(in_days(2)))
    await exclude_recurrence_accounts(owner, **place, account_ids=[world.account.id])
    await work_at(world, at(in_days(3)))
    made = [(job.account_id == world.account.id) for job in await jobs_of(recurrence)]
    assert sorted(made) == [False, False, True, True]
    archived = (await world.new_account("Gone")).id
    await archive_account(owner, account_id=archived)
    async with refused(world, RuleBroken, "account_ids"):
        await include_recurrence_accounts(owner, **place, account_ids=[archived])
    async with refused(world, NotFound, "account_ids"):
        await include_recurrence_accounts(owner, **place, account_ids=[new_id()])


async def test_only_what_can_be_made_is_saved(world: World) -> None:
    rule: dict[str, Any] = {"frequency": Frequency.RULE}
    day = RelativeDate(Anchor.CREATED, 1)
    for fields, path in (
        ({"job_name": None}, ("name",)),
        ({"job_name": "[NO_CODE]"}, ("job_name",)),
        ({"job_name": "[PERIOD_MONTH]"}, ("job_name",)),
        ({"job_name": "[PERIOD_MONTH]", "job_period": "Summer"}, ("job_name",)),
        ({"job_name": "[CONTACT_NAME]"}, ("job_name",)),
        ({"job_period": "[PERIOD]"}, ("job_period",)),
        ({"rule": "FREQ=DAILY"}, ("rule",)),
        (rule, ("frequency",)),
        (rule | {"rule": "FREQ=HOURLY"}, ("rule",)),
        (rule | {"rule": "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"}, ("first_day",)),
        (rule | {"rule": "FREQ=DAILY;COUNT=2", "first_day": in_days(-9)}, ("first_day",)),
        ({"last_day": in_days(0)}, ("last_day",)),
        ({"first_day": in_days(1).replace(year=9999)}, ("first_day",)),
        ({"time_of_day": "24:00"}, ("time_of_day",)),
        ({"days_ahead": -1}, ("days_ahead",)),
        ({"job_due_date": RelativeDate(Anchor.DUE_DATE, 1)}, ("job_due_date",)),
        ({"job_due_date": RelativeDate(Anchor.DEADLINE, 1)}, ("job_due_date",)),
        ({"job_due_date": RelativeDate(Anchor.CREATED, 9_999)}, ("job_due_date", "offset")),
        ({"job_start_date": RelativeDate(Anchor.CREATED, 2), "job_due_date": day}, ("job_due_date", "offset")),
        ({"job_due_date": RelativeDate(Anchor.CREATED, 2), "job_deadline": day}, ("job_due_date",)),
        ({"stage_id": (await world.stages(await world.new_pipeline("Another")))[0].id}, ("stage_id",)),
        ({"template_id": new_id()}, ("template_id",)),
        ({"assignee_ids": [new_id()]}, ("assignee_ids",)),
        ({"assignee_role_ids": [new_id()]}, ("assignee_role_ids",)),
        ({"pipeline_id": new_id()}, ("pipeline_id",)),
    ):
        before = await world.revision()
        with pytest.raises(Refusal) as caught:
            await new_recurrence(world, **fields)
        assert caught.value.path == path, fields
        assert await world.revision() == before
    assert not await Recurrence.filter(firm_id=world.firm.id).exists()


async def test_a_pipeline_with_recurrences_is_not_deleted(world: World) -> None:
    pipeline = await world.new_pipeline("Another")
    recurrence = await new_recurrence(world, pipeline_id=pipeline.id)
    owner = world.acting(world.owner)
    async with refused(world, RuleBroken, "pipeline_id") as error:
        await delete_pipeline(owner, pipeline_id=pipeline.id)
    assert error.value.reason is Reason.NOT_EMPTY
    await delete_recurrence(owner, recurrence_id=recurrence.id)
    await delete_pipeline(owner, pipeline_id=pipeline.id)


async def test_before_a_holiday_and_ahead(world: World) -> None:
    owner = world.acting(world.owner)
    await update_firm(owner, country="US", region=None)
    year = in_days(0).year + 1
    christmas = in_days(0).replace(year=year, month=12, day=25)
    recurrence = await new_recurrence(
        world,
        frequency=Frequency.ANNUALLY,
        first_day=christmas,
        day_off=DayOff.BEFORE,
        days_ahead=10,
        job_start_date=RelativeDate(Anchor.CREATED, 0),
        job_name="[CURRENT_DATE]",
    )
    await work_at(world, at(christmas))
    (job,) = await jobs_of(recurrence)
    (made,) = await Occurrence.filter(recurrence_id=recurrence.id)
    assert made.on_day < made.day == christmas
    assert (job.name, job.start_date) == (str(christmas), made.on_day)


async def test_whoever_comes_too_late_makes_nothing(world: World) -> None:
    recurrence = await new_recurrence(world)
    moment = at(in_days(1))
    actor = Actor.schedule(world.firm.id, "late")
    what: dict[str, Any] = {"recurrence_id": recurrence.id, "account_id": world.account.id, "day": in_days(1)}
    # Not due any more, as somebody has put it off.
    await adjust_occurrence(world.acting(world.owner), recurrence_id=recurrence.id, day=in_days(1), skipped=True)
    assert (await make_occurrence(actor, **what, by=moment)).value is None
    await end_recurrence(world.acting(world.owner), recurrence_id=recurrence.id)
    assert (await make_occurrence(actor, **what, by=moment)).value is None
    await delete_recurrence(world.acting(world.owner), recurrence_id=recurrence.id)
    with pytest.raises(NotFound):
        await make_occurrence(actor, **what, by=moment)
