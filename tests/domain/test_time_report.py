"""The report on time says what is worked out here in another way, from the rows as they are, to each who may ask."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from iso4217 import Currency
from tortoise.transactions import in_transaction

from models.database import sql
from models.errors import Forbidden, Invalid, NotFound
from models.money import Money
from models.reports.frame import Order, Summary, Wanted
from models.reports.sight import Asker, Coverage
from models.reports.time import TimeFilter, time_report
from models.rights import Right
from models.rows import Account as AccountRow
from models.rows import AccountTag, Firm, Job, JobItem, Member, Pipeline, Tag, TimeEntry, Weekday
from models.scope import Viewer
from tests.domain.report_firms import MIDDLE, ROLES, Past
from tests.world import World

DIMENSIONS = ("member", "account", "pipeline", "job", "tag", "day", "week", "month")
DAYS = ("day", "week", "month")
MEASURES = ("minutes", "billable_minutes", "entries", "amounts")
ORDERS = (None, *(Order(by, down) for by in (None, *MEASURES) for down in (False, True)))
ALL = Wanted(("account",), None, 1_000)


@dataclass(frozen=True)
class Fact:
    """One entry, and all that a report may look at."""

    minutes: int
    billable: bool
    amount: Decimal
    member: UUID
    account: UUID
    pipeline: UUID | None
    job: UUID | None
    tags: frozenset[UUID]
    day: date

    def keys(self, dimension: str, week_start: int) -> list[Any]:
        """Under what it stands."""
        if dimension == "tag":
            return sorted(self.tags) or [None]
        if dimension == "week":
            days = [self.day - timedelta(n) for n in range(7)]
            return [day for day in days if day.weekday() == week_start]
        return [self.day.replace(day=1) if dimension == "month" else getattr(self, dimension)]


@dataclass
class Facts:
    """What there is in a firm."""

    firm: Firm
    entries: list[Fact]
    names: dict[UUID, str]

    @classmethod
    async def of(cls, past: Past) -> Facts:
        """Read row by row."""
        firm = await Firm.get(id=past.world.firm.id)
        decimals = Decimal(1).scaleb(-(Currency(firm.currency).exponent or 0))
        jobs = {job.id: job for job in await Job.filter(firm_id=firm.id)}
        tags = defaultdict(set)
        for link in await AccountTag.filter(account_id__in=past.accounts):
            tags[link.account_id].add(link.tag_id)
        linked = {
            link.item: jobs[link.job_id]
            for link in await JobItem.filter(firm_id=firm.id)
            if link.kind == "time_entry" and link.unlinked_at is None
        }
        entries = []
        for entry in await TimeEntry.filter(firm_id=firm.id):
            if entry.started_at is not None:
                continue
            job, amount = linked.get(entry.id), Decimal(0)
            if entry.billable and entry.rate is not None:
                rate = entry.rate.quantize(decimals, ROUND_HALF_UP)
                amount = (rate * entry.minutes / 60).quantize(decimals, ROUND_HALF_UP)
            entries.append(
                Fact(
                    entry.minutes,
                    entry.billable,
                    amount,
                    entry.member_id,
                    entry.account_id,
                    job.pipeline_id if job else None,
                    job.id if job else None,
                    frozenset(tags[entry.account_id]),
                    entry.day,
                )
            )
        models: tuple[Any, ...] = (AccountRow, Member, Pipeline, Job, Tag)
        names = {row.id: row.name_order for model in models for row in await model.filter(firm_id=firm.id)}
        return cls(firm, entries, names)

    def sums(self, of: Sequence[Fact]) -> dict[str, Any]:
        """What these add up to, as it is shown."""
        amount = sum((fact.amount for fact in of), Decimal(0))
        return {
            "minutes": sum(fact.minutes for fact in of),
            "billable_minutes": sum(fact.minutes for fact in of if fact.billable),
            "entries": len(of),
            "amounts": [Money(amount, self.firm.currency)] if amount else [],
        }


def seen(fact: Fact, viewer: Viewer) -> bool:
    """Whether the entry's place is in sight."""
    scope = viewer.scope
    at_account = scope.accounts is None or fact.account in scope.accounts
    return at_account and (fact.pipeline is None or scope.pipelines is None or fact.pipeline in scope.pipelines)


def asks_for(fact: Fact, filter: TimeFilter) -> bool:
    """Whether the filter holds."""
    assert filter.first_day is not None
    assert filter.last_day is not None
    return (
        filter.first_day <= fact.day <= filter.last_day
        and (filter.pipeline is None or fact.pipeline in filter.pipeline)
        and (filter.account is None or fact.account in filter.account)
        and (filter.tag is None or bool(fact.tags & set(filter.tag)))
        and (filter.member is None or fact.member in filter.member)
        and (filter.billable is None or fact.billable == filter.billable)
    )


def refused(viewer: Viewer, filter: TimeFilter, wanted: Wanted) -> bool:
    """Whether a right is missing."""
    rights, me = viewer.scope.rights, {viewer.member_id}
    alone = filter.member is not None and set(filter.member) <= me
    if Right.VIEW_REPORTS not in rights:
        missing = filter.member is not None and not alone
    elif filter.member is not None and set(filter.member) == me:
        missing = False
    else:
        others = filter.member is not None or "member" in wanted.group_by
        missing = others and Right.MANAGE_TIME_ENTRIES not in rights
        missing |= "job" in wanted.group_by and Right.MANAGE_TIME_BUDGETS not in rights
    by_amount = wanted.order is not None and wanted.order.by == "amounts"
    return missing or (by_amount and Right.MANAGE_RATES not in rights)


def out_of_reach(viewer: Viewer, filter: TimeFilter) -> bool:
    """Whether the filter names an account or a pipeline that is not seen."""
    scope = viewer.scope
    return any(
        sight is not None and wanted is not None and set(wanted) - sight
        for sight, wanted in ((scope.accounts, filter.account), (scope.pipelines, filter.pipeline))
    )


def ordered(facts: Facts, groups: dict[tuple[Any, ...], list[Fact]], wanted: Wanted) -> list[tuple[Any, ...]]:
    """The groups as they are to be told. What is nothing comes last."""
    order = wanted.order
    if order is None:
        in_time = bool(wanted.group_by) and wanted.group_by[0] in DAYS
        order = Order(None, False) if in_time else Order("minutes", True)
    found = list(groups)
    for place in reversed(range(len(wanted.group_by))):
        present = [key for key in found if key[place] is not None]
        present.sort(key=_by(facts, place, named=order.by is None), reverse=order.by is None and order.descending)
        found = present + [key for key in found if key[place] is None]
    if (by := order.by) is not None:
        found.sort(key=lambda key: _size(facts.sums(groups[key])[by]), reverse=order.descending)
    return found


def _by(facts: Facts, place: int, *, named: bool) -> Callable[[tuple[Any, ...]], Any]:
    def key(of: tuple[Any, ...]) -> Any:
        value = of[place]
        return (facts.names[value], value) if named and isinstance(value, UUID) else (value,)

    return key


def _size(sum: Any) -> Any:
    return (sum[0].amount if sum else 0) if isinstance(sum, list) else sum


def expected(facts: Facts, viewer: Viewer, filter: TimeFilter, wanted: Wanted) -> dict[str, Any]:
    """The report."""
    me = {viewer.member_id}
    own = Right.VIEW_REPORTS not in viewer.scope.rights or (filter.member is not None and set(filter.member) == me)
    count = [f for f in facts.entries if asks_for(f, filter) and (not own or f.member in me)]
    told = filter.pipeline is None and filter.account is None and filter.tag is None
    told &= own or filter.member is None
    in_sight = [fact for fact in count if seen(fact, viewer)]
    hidden = [fact for fact in count if not seen(fact, viewer)] if told else []
    week_start = list(Weekday).index(facts.firm.week_start)
    groups: dict[tuple[Any, ...], list[Fact]] = defaultdict(list)
    for fact in in_sight:
        keys: list[tuple[Any, ...]] = [()]
        for dimension in wanted.group_by:
            keys = [(*key, more) for key in keys for more in fact.keys(dimension, week_start)]
        for key in keys:
            groups[key].append(fact)
    order, first = ordered(facts, groups, wanted), wanted.first
    times = [fact for key in order for fact in groups[key]]
    repeated = list(times)
    for fact in in_sight:
        repeated.remove(fact)
    return {
        "rows": [(dict(zip(wanted.group_by, key, strict=True)), facts.sums(groups[key])) for key in order[:first]],
        "cut": (len(order[first:]), facts.sums([fact for key in order[first:] for fact in groups[key]])),
        "residual": facts.sums(hidden) if told else None,
        "total": facts.sums(in_sight + hidden),
        "repeated": facts.sums(repeated),
    }


def told(report: Summary) -> dict[str, Any]:
    """The report, as `expected` has it."""
    return {
        "rows": [(dict(row.of), dict(row.sums)) for row in report.rows],
        "cut": (report.cut.rows, dict(report.cut.sums)),
        "residual": None if report.residual is None else dict(report.residual.sums),
        "total": dict(report.total.sums),
        "repeated": dict(report.repeated.sums),
    }


async def never() -> date:
    """Nobody needs the day."""
    raise AssertionError


async def ask(viewer: Viewer, filter: TimeFilter, wanted: Wanted) -> Summary:
    """What somebody is told."""
    return await time_report(Asker(viewer.scope, lambda: viewer.member_id), filter, wanted, never)


def question(past: Past) -> tuple[TimeFilter, Wanted]:
    """Anything that can be asked."""
    chance = past.chance
    first = MIDDLE + timedelta(chance.randint(-60, 60))
    people = [member.id for member in past.people.values()]

    def some(of: list[UUID], often: float) -> list[UUID] | None:
        return past.some(of) if chance.random() < often else None

    filter = TimeFilter(
        first_day=first,
        last_day=first + timedelta(chance.choice([0, 6, 40, 150])),
        pipeline=some(past.pipelines, 0.15),
        account=some(past.accounts, 0.15),
        tag=some(past.tags, 0.15),
        member=chance.choice([[chance.choice(people)], past.some(people)]) if chance.random() < 0.2 else None,
        billable=chance.choice([None, None, True, False]),
    )
    group_by = tuple(chance.sample(DIMENSIONS, chance.choice([0, 1, 1, 2, 2, 2])))
    return filter, Wanted(group_by, chance.choice(ORDERS), chance.choice([1, 3, 1_000]))


QUESTIONS = 60


@pytest.mark.parametrize("seed", range(4))
async def test_a_report_is_what_the_rows_say(world: World, seed: int) -> None:
    past = await Past.build(world, seed)
    facts, answered = await Facts.of(past), 0
    for role in ROLES:
        viewer = await past.viewer(role)
        for _ in range(QUESTIONS):
            filter, wanted = question(past)
            if refused(viewer, filter, wanted):
                with pytest.raises((Forbidden, NotFound)):
                    await ask(viewer, filter, wanted)
            elif out_of_reach(viewer, filter):
                with pytest.raises(NotFound):
                    await ask(viewer, filter, wanted)
            else:
                answered += 1
                report = await ask(viewer, filter, wanted)
                assert told(report) == expected(facts, viewer, filter, wanted), (role, filter, wanted)
    assert answered > len(ROLES) * QUESTIONS / 3


async def test_the_parts_add_up(world: World) -> None:
    past = await Past.build(world, 7)
    viewer = await past.viewer("reports and time")
    filter = TimeFilter(first_day=MIDDLE - timedelta(60), last_day=MIDDLE + timedelta(90))
    for group_by in (("account",), ("tag",), ("tag", "member"), ("pipeline", "month")):
        report = await ask(viewer, filter, Wanted(group_by, None, 2))
        assert report.residual is not None
        assert report.residual.sums["minutes"] > 0
        assert report.cut.rows > 0 or group_by == ("tag",)
        for of in ("minutes", "billable_minutes", "entries"):
            parts = [*report.rows, report.cut, report.residual]
            assert sum(part.sums[of] for part in parts) == report.total.sums[of] + report.repeated.sums[of]
        assert (report.repeated.sums["entries"] > 0) is ("tag" in group_by)


async def test_one_that_is_asked_for_often_is_planned_for_what_is_asked(world: World) -> None:
    past = await Past.build(world, 7)
    viewer = await past.viewer("reports and time")
    async with in_transaction():  # On one connection.
        for _ in range(7):
            await ask(viewer, TimeFilter(MIDDLE, MIDDLE), Wanted(("account",), None, 2))
        plans = await sql("SELECT statement, generic_plans FROM pg_prepared_statements")
    # Nor are seven of them kept.
    assert sum("time_entry AS entry" in plan["statement"] for plan in plans) <= 1
    assert not [plan for plan in plans if plan["generic_plans"] and "time_entry AS entry" in plan["statement"]]


async def test_who_has_no_right_to_reports_is_told_of_their_own(world: World) -> None:
    past = await Past.build(world, 8)
    viewer = await past.viewer("all but reports")
    filter = TimeFilter(first_day=MIDDLE - timedelta(60), last_day=MIDDLE + timedelta(90))
    report = await ask(viewer, filter, Wanted(("member", "job"), None, 1_000))
    assert report.covers is Coverage.OWN
    assert {row.of["member"] for row in report.rows} == {viewer.member_id}
    of_all = await ask(await past.viewer("owner"), filter, ALL)
    assert of_all.covers is Coverage.FIRM
    assert report.total.sums["entries"] < of_all.total.sums["entries"]


@pytest.mark.parametrize(
    ("group_by", "order", "right"),
    [
        (("member",), None, Right.MANAGE_TIME_ENTRIES),
        (("day", "member"), None, Right.MANAGE_TIME_ENTRIES),
        (("job",), None, Right.MANAGE_TIME_BUDGETS),
        (("account",), Order("amounts", True), Right.MANAGE_RATES),
    ],
)
async def test_what_needs_a_right(world: World, group_by: tuple[str, ...], order: Order | None, right: Right) -> None:
    past = await Past.build(world, 9)
    filter = TimeFilter(first_day=MIDDLE, last_day=MIDDLE)
    with pytest.raises(Forbidden) as refusal:
        await ask(await past.viewer("reports"), filter, Wanted(group_by, order, 10))
    assert refusal.value.right is right
    await ask(await past.viewer("all but sight"), filter, Wanted(group_by, order, 10))


async def test_others_are_not_asked_for_without_the_rights(world: World) -> None:
    past = await Past.build(world, 10)
    other = past.people["owner"].id
    for who, right in (("nobody", Right.VIEW_REPORTS), ("reports", Right.MANAGE_TIME_ENTRIES)):
        viewer = await past.viewer(who)
        for members in ([other], [viewer.member_id, other]):
            with pytest.raises(Forbidden) as refusal:
                await ask(viewer, TimeFilter(first_day=MIDDLE, last_day=MIDDLE, member=members), ALL)
            assert refusal.value.right is right


@pytest.mark.parametrize("field", ["pipeline", "account", "tag", "member"])
async def test_what_is_not_there_is_not_found(world: World, field: str) -> None:
    past = await Past.build(world, 11)
    filter = TimeFilter(first_day=MIDDLE, last_day=MIDDLE, **{field: [uuid4()]})  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        await ask(await past.viewer("owner"), filter, ALL)


@pytest.mark.parametrize(
    ("first", "last"), [(MIDDLE, MIDDLE - timedelta(1)), (MIDDLE, MIDDLE + timedelta(3_660)), (date.min, date.max)]
)
async def test_a_report_is_of_some_days(world: World, first: date, last: date) -> None:
    past = await Past.build(world, 12)
    owner = await past.viewer("owner")
    with pytest.raises(Invalid):
        await ask(owner, TimeFilter(first_day=first, last_day=last), ALL)
    await ask(owner, TimeFilter(first_day=MIDDLE, last_day=MIDDLE + timedelta(3_659)), ALL)


async def test_the_first_week_of_all(world: World) -> None:
    past = await Past.build(world, 13)
    await Firm.filter(id=world.firm.id).update(week_start=Weekday.SUNDAY)
    await TimeEntry.filter(firm_id=world.firm.id).update(day=date(1900, 1, 1))
    first, last = date(1900, 1, 1), date(1900, 1, 31)
    report = await ask(await past.viewer("owner"), TimeFilter(first, last), Wanted(("week",), None, 9))
    assert [row.of["week"] for row in report.rows] == [date(1899, 12, 31)]
    for first_day in (date(1899, 12, 31), date.min):
        with pytest.raises(Invalid):
            await ask(await past.viewer("owner"), TimeFilter(first_day, last), ALL)


async def test_a_report_without_days_is_of_the_last_year(world: World) -> None:
    owner = await (await Past.build(world, 14)).viewer("owner")

    async def today() -> date:
        return date(2026, 5, 1)

    asker = Asker(owner.scope, lambda: owner.member_id)
    report = await time_report(asker, TimeFilter(), ALL, today)
    assert (report.first_day, report.last_day) == (date(2025, 5, 2), date(2026, 5, 1))
