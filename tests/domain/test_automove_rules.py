"""The seven rules, decided from facts: beside a small reference that knows nothing of how they are decided."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.automation.automove import (
    Decision,
    JobFacts,
    Move,
    ReturnToActive,
    RunFacts,
    StageFacts,
    Waiting,
    WaitingReason,
    decide,
)
from models.ids import Kind
from models.items.kinds import item_kinds
from models.items.reads import Outstanding
from models.rows import Awaited, Category

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TAGS = [UUID(int=number) for number in range(3)]
ITEMS = [UUID(int=100 + number) for number in range(4)]


def stage(place: int, *, automove: bool = True, tags: frozenset[UUID] = frozenset()) -> StageFacts:
    return StageFacts(UUID(int=10 + place), f"Stage {place}", automove, tags)


def held(item: UUID, awaited: Awaited = Awaited.SUBMISSION) -> Outstanding:
    return Outstanding(Kind.CLIENT_REQUEST, item, "W-2", awaited, NOW)


@st.composite
def pipelines(draw: st.DrawFn) -> list[StageFacts]:
    number = draw(st.integers(1, 6))
    within = range(1, number - 1)
    some = st.frozensets(st.sampled_from(TAGS))
    return [
        stage(place, automove=draw(st.booleans()), tags=draw(some) if place in within else frozenset())
        for place in range(number)
    ]


@st.composite
def jobs(draw: st.DrawFn, stages: list[StageFacts]) -> JobFacts:
    runs = st.lists(st.builds(RunFacts, st.uuids(), st.just("Ask"), st.booleans()), max_size=2)
    return JobFacts(
        stage=draw(st.sampled_from(stages)).id,
        status_name="Missing docs",
        category=draw(st.sampled_from([Category.ACTIVE, Category.ACTIVE, Category.CUSTOM, Category.CUSTOM, *Category])),
        tags=draw(st.frozensets(st.sampled_from(TAGS))),
        had_item=draw(st.booleans()),
        open_items=[held(item) for item in draw(st.lists(st.sampled_from(ITEMS), unique=True, max_size=2))],
        runs=draw(runs),
        made=draw(st.frozensets(st.sampled_from(ITEMS), max_size=2)),
        quota_until=draw(st.sampled_from([None, None, None, NOW])),
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[JobFacts, list[StageFacts]]:
    stages = draw(pipelines())
    return draw(jobs(stages)), stages


def by_the_rules(job: JobFacts, stages: list[StageFacts]) -> str | UUID | None:
    """Where the job goes: a stage, Active, or nowhere. Rule by rule, as docs/automations.md has them."""
    undone = bool(job.runs) or job.quota_until is not None
    open_ids = {item.item_id for item in job.open_items}
    match job.category:
        case Category.CUSTOM:  # Rule 5.
            return "Active" if job.made and not job.made & open_ids and not undone else None
        case Category.COMPLETED | Category.ARCHIVED:
            return None
    ids = [stage.id for stage in stages]
    here = ids.index(job.stage)
    if ids[here] == ids[-1] or not stages[here].automove:  # Rule 1.
        return None
    if not job.had_item or open_ids or undone:  # Rule 2.
        return None
    *between, last = stages[here + 1 :]
    for other in between:  # Rule 3.
        if all(tag in job.tags for tag in other.tags):
            return other.id
    return last.id


def where(decision: Decision) -> str | UUID | None:
    match decision:
        case Move(to):
            return to
        case ReturnToActive():
            return "Active"
        case _:
            return None


@given(cases())
@settings(max_examples=400, deadline=None)
def test_what_is_decided_is_what_the_rules_say(case: tuple[JobFacts, list[StageFacts]]) -> None:
    job, stages = case
    decision = decide(job, stages)
    assert where(decision) == by_the_rules(job, stages)
    # Whoever waits knows why, and each open item and each run is named.
    if isinstance(decision, Waiting):
        assert decision.reasons
        assert all(why.text for why in decision.reasons)
        named = {why.item.item_id for why in decision.reasons if why.item is not None}
        assert named <= {item.item_id for item in job.open_items}


FIRST, SECOND, LAST = stage(0), stage(1), stage(2)
READY = JobFacts(stage=FIRST.id, status_name="Active", category=Category.ACTIVE, had_item=True)


def reasons(decision: Decision) -> list[WaitingReason]:
    assert isinstance(decision, Waiting)
    return [why.reason for why in decision.reasons]


def facts(**changed: Any) -> JobFacts:
    return replace(READY, **changed)


def test_all_that_would_have_to_be_otherwise_is_said() -> None:
    failed, pending = RunFacts(UUID(int=1), "Ask", failed=True), RunFacts(UUID(int=2), "Tag", failed=False)
    off = [stage(0, automove=False), SECOND, LAST]
    job = facts(open_items=[held(ITEMS[0]), held(ITEMS[1])], runs=[failed, pending], quota_until=NOW)
    decision = decide(job, off)
    assert reasons(decision) == [
        WaitingReason.AUTOMOVE_OFF,
        WaitingReason.OPEN_ITEM,
        WaitingReason.OPEN_ITEM,
        WaitingReason.AUTOMATION_FAILED,
        WaitingReason.AUTOMATION_PENDING,
        WaitingReason.QUOTA,
    ]
    assert isinstance(decision, Waiting)
    assert [why.run for why in decision.reasons][3:5] == [failed.id, pending.id]
    assert decision.reasons[1].text == "Client request 'W-2' is open: the client is to submit it."
    assert decision.reasons[5].until == NOW


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        (facts(stage=LAST.id, open_items=[held(ITEMS[0])]), [WaitingReason.LAST_STAGE]),
        (facts(had_item=False), [WaitingReason.NO_ACTION_ITEM]),
        # What is open has been so on this stay.
        (facts(had_item=False, open_items=[held(ITEMS[0])]), [WaitingReason.OPEN_ITEM]),
        (facts(category=Category.COMPLETED), [WaitingReason.STATUS]),
        (facts(category=Category.ARCHIVED, open_items=[held(ITEMS[0])]), [WaitingReason.STATUS]),
        # Nothing brings it back.
        (facts(category=Category.CUSTOM), [WaitingReason.STATUS]),
        # What holds the job otherwise does not keep it under the status.
        (
            facts(category=Category.CUSTOM, open_items=[held(item) for item in ITEMS[:2]], made={ITEMS[0]}),
            [WaitingReason.STATUS, WaitingReason.OPEN_ITEM],
        ),
        (
            facts(category=Category.CUSTOM, made={ITEMS[0]}, runs=[RunFacts(ITEMS[1], "Ask", failed=True)]),
            [WaitingReason.STATUS, WaitingReason.AUTOMATION_FAILED],
        ),
    ],
)
def test_what_a_job_waits_for(job: JobFacts, expected: list[WaitingReason]) -> None:
    assert reasons(decide(job, [FIRST, SECOND, LAST])) == expected


def test_stages_that_are_not_for_the_account_are_passed_over() -> None:
    tax, audit = TAGS[:2]
    path = [FIRST, stage(1, tags=frozenset({tax, audit})), stage(2, tags=frozenset({tax})), stage(3)]
    assert [decide(facts(tags=tags), path) for tags in (set(), {tax}, {tax, audit, TAGS[2]}, {audit})] == [
        Move(path[place].id) for place in (3, 2, 1, 3)
    ]


def test_what_an_item_waits_for_can_be_said_of_each() -> None:
    awaited = {each for kind in item_kinds().values() for each in kind.may_await}
    for each in (*awaited, *Awaited):
        assert isinstance(decision := decide(facts(open_items=[held(ITEMS[0], each)]), [FIRST, LAST]), Waiting)
        assert decision.reasons[0].text
