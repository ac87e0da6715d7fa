"""The time that a job is about: what is written differently and means the same is the same period."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.commands.jobs import update_job
from models.errors import Invalid
from models.events import JobUpdated
from models.periods import Period, PeriodUnit, period_key, period_of
from models.rows import Job
from models.templates.jobs import create_job
from models.texts import LABEL
from tests.domain.refusal import refused
from tests.world import World

YEAR, QUARTER, MONTH, OTHER = PeriodUnit


@pytest.mark.parametrize(
    ("written", "period"),
    [
        (("2026", " 2026 ", "２０２６"), Period("2026", YEAR, date(2026, 1, 1), date(2026, 12, 31))),
        (
            ("2026-Q1", "2026 q1", "2026Q1", "2026 - Q 1", "Q1 2026", "q1-2026"),
            Period("2026-Q1", QUARTER, date(2026, 1, 1), date(2026, 3, 31)),
        ),
        (("2026-q4",), Period("2026-Q4", QUARTER, date(2026, 10, 1), date(2026, 12, 31))),
        (("2026-02", "2026 02", "2026-2"), Period("2026-02", MONTH, date(2026, 2, 1), date(2026, 2, 28))),
        (("2028-02",), Period("2028-02", MONTH, date(2028, 2, 1), date(2028, 2, 29))),
        (("2026-12",), Period("2026-12", MONTH, date(2026, 12, 1), date(2026, 12, 31))),
        (("Tax  season",), Period("Tax season", OTHER)),
        # A form, a quarter and a month that there are not, a fiscal year.
        *(((text,), Period(text, OTHER)) for text in ("1040", "2553", "2026-Q5", "2026-13", "2026-0", "2025/26", "Q1")),
    ],
    ids=lambda value: value.text if isinstance(value, Period) else "",
)
def test_what_a_period_is(written: tuple[str, ...], period: Period) -> None:
    for text in written:
        assert period_of(text) == period
        assert period_key(text) == period_key(period.text)


def test_others_are_told_apart_by_more_than_case_and_blanks() -> None:
    assert period_key("TAX   Season") == period_key("tax season") != period_key("taxseason")


@given(st.text() | st.from_regex(r"\A(19|20|21)[0-9]{2}[- ]?[qQ]?[0-9]{0,2}\Z"))
def test_any_text_is_a_period_and_written_as_it_is_kept(text: str) -> None:
    period = period_of(text)
    assert period_of(period.text) == period
    assert (period.first_day is None) is (period.last_day is None) is (period.unit is OTHER)
    if period.first_day is not None and period.last_day is not None:
        assert period.first_day.day == (period.last_day + timedelta(days=1)).day == 1
        months = (period.last_day.year - period.first_day.year) * 12 + period.last_day.month - period.first_day.month
        assert months + 1 == {YEAR: 12, QUARTER: 3, MONTH: 1}[period.unit]


async def test_a_job_keeps_its_period_as_it_is_written_here(world: World) -> None:
    job, before = await world.job(period=" 2026  q1"), await world.revision()
    assert (job.period, (await world.row(Job, job.id)).period_key) == ("2026-Q1", "2026-q1")
    actor = world.acting(world.employee)
    for same in ("2026-Q1", "2026 q1"):
        assert (await update_job(actor, job_id=job.id, period=same)).revision == before
    await update_job(actor, job_id=job.id, period="Tax  season")
    await update_job(actor, job_id=job.id, period=None)
    changes = [logged.event.changes for logged in await world.events(before) if isinstance(logged.event, JobUpdated)]
    assert changes == [{"period": ("2026-Q1", "Tax season")}, {"period": ("Tax season", None)}]
    assert (await world.row(Job, job.id)).period_key is None


async def test_what_is_no_period(world: World) -> None:
    job, actor = await world.job(), world.acting(world.owner)
    for wrong in (" ", "a\nb", "x" * (LABEL.most + 1)):
        async with refused(world, Invalid, "period"):
            await update_job(actor, job_id=job.id, period=wrong)
        async with refused(world, Invalid, "period"):
            await create_job(
                actor, account_id=world.account.id, pipeline_id=world.pipeline.id, name="1040", period=wrong
            )
