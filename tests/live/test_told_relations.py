"""What jobs are to each other is told on the board of each, and of each pair by itself."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from models.audiences import Audience
from models.events import Event, JobBlockedChanged, JobRelationChanged
from models.ids import new_id
from models.log import Logged
from models.rights import ALL_RIGHTS
from models.rows import Relation
from models.scope import Scope
from models.visibility import shown
from subscriptions.coalesced import Coalesced
from subscriptions.interest import BoardInterest, JobInterest

JOB, OTHER, THIRD = new_id(), new_id(), new_id()
ACCOUNT, HERE, THERE, ELSEWHERE = new_id(), new_id(), new_id(), new_id()


def related(
    job: UUID = JOB, pipeline: UUID = HERE, other: UUID = OTHER, other_pipeline: UUID = THERE
) -> JobRelationChanged:
    return JobRelationChanged(
        job=job,
        account=ACCOUNT,
        pipeline=pipeline,
        other_job=other,
        other_account=ACCOUNT,
        other_pipeline=other_pipeline,
        from_relation=None,
        to_relation=Relation.BLOCKS,
    )


def seeing(*pipelines: UUID) -> Scope:
    return Scope(new_id(), Audience.TEAM, ALL_RIGHTS, frozenset({ACCOUNT}), frozenset(pipelines))


def logged(event: Event) -> Logged:
    return Logged(2, 0, event, {}, None, datetime.now(UTC))


@pytest.mark.parametrize(
    ("pipelines", "told"), [((HERE, THERE), True), ((HERE,), False), ((THERE,), False), ((), False)]
)
def test_it_is_told_to_whoever_sees_both(pipelines: tuple[UUID, ...], told: bool) -> None:
    for event in (related(), related(OTHER, THERE, JOB, HERE)):
        assert (shown(event, seeing(*pipelines)) == event) is told
        # Where the other job is out of sight, the job itself is not gone.
        assert told or shown(event, seeing(*pipelines)) is None


def test_each_board_is_told_of_its_own_job() -> None:
    here, there = BoardInterest(frozenset({HERE})), BoardInterest(frozenset({THERE}))
    scope = seeing(HERE, THERE)
    for event, board, others in (
        (related(), here, there),
        (related(OTHER, THERE, JOB, HERE), there, here),
    ):
        assert board.told(event, scope) is event
        assert others.told(event, scope) is None
        assert BoardInterest().told(event, scope) is event
    assert JobInterest(frozenset({JOB})).told(related(), scope)
    assert JobInterest(frozenset({OTHER})).told(related(), scope) is None


def test_of_a_pair_that_left_sight_nothing_is_told_in_place_of_another_pair_or_of_the_job() -> None:
    pending = Coalesced()
    blocked = JobBlockedChanged(job=JOB, account=ACCOUNT, pipeline=HERE, blocked=True)
    first, third = related(), related(other=THIRD, other_pipeline=ELSEWHERE)
    again = replace(first, to_relation=Relation.RELATES)
    for event in (blocked, first, third, again):
        pending.keep(logged(event))
    assert len(pending) == 3
    scope = seeing(HERE, THERE)
    pending.narrow(lambda event: shown(event, scope))
    # Not that the job is removed: it is the third one that is out of sight.
    assert [kept.event for kept in pending.take()] == [blocked, again]
