"""Filters as conditions over rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from strawberry import UNSET

from models.bounds import FILTER
from models.conditions import holds
from models.errors import Invalid
from models.ids import Kind, decode
from models.items.reads import linked_to
from models.queries import Q, Subquery, linked
from models.scope import Scope
from models.seen import AccountMember, AccountTag, JobAssignee, TaskAssignee
from schema.inputs.filters import (
    AccountFilter,
    DateFilter,
    DateTimeFilter,
    IdFilter,
    JobFilter,
    MemberFilter,
    TaskFilter,
    TimeEntryFilter,
)

MOST_VALUES = FILTER.most
#: The most filters that one filter may hold with `and` and `or`, and how deep.
MOST_FILTERS = 30
DEEPEST = 4


def _given(value: Any) -> bool:
    return value is not UNSET and value is not None


def _among(column: str, kind: Kind, wanted: IdFilter | None) -> Q:
    if not isinstance(wanted, IdFilter):
        return Q()
    return holds(**{f"{column}__in": [decode(kind, id) for id in bounded(wanted.in_)]})


def _linked(link: Any, owner: str, column: str, kind: Kind, wanted: IdFilter | None) -> Q:
    if not isinstance(wanted, IdFilter):
        return Q()
    return linked(link, owner, column, [decode(kind, id) for id in bounded(wanted.in_)])


def _seen(column: str, kind: Kind, wanted: IdFilter | None, scope: Scope) -> Q:
    """Among things that may be out of sight where the rows are not: those then match nothing, as if they were not."""
    if not isinstance(wanted, IdFilter):
        return Q()
    ids = [decode(kind, id) for id in bounded(wanted.in_)]
    return holds(**{f"{column}__in": Subquery(scope.of_kind(kind).where(id__in=ids).values("id"))})


def _linked_to(wanted: IdFilter | None, scope: Scope) -> Q:
    """Items that are linked to one of these jobs, as far as those are visible."""
    if not isinstance(wanted, IdFilter):
        return Q()
    return linked_to(_seen("job_id", Kind.JOB, wanted, scope))


def _one_of(column: str, values: Sequence[Any] | None) -> Q:
    return holds(**{f"{column}__in": bounded(values)}) if _given(values) else Q()  # type: ignore[arg-type]


def bounded(values: Sequence[Any]) -> list[Any]:
    """The values of a filter, of which there may be so many."""
    if len(values) > MOST_VALUES:
        raise Invalid(f"A filter takes at most {MOST_VALUES} values, not {len(values)}.", "filter")
    return list(values)


def _dates(column: str, wanted: DateFilter | DateTimeFilter | None) -> Q:
    condition = Q()
    if not isinstance(wanted, DateFilter | DateTimeFilter):
        return condition
    if _given(wanted.before):
        condition &= holds(**{f"{column}__lt": wanted.before})
    if _given(wanted.after):
        condition &= holds(**{f"{column}__gt": wanted.after})
    if isinstance(wanted, DateFilter) and _given(wanted.on):
        condition &= holds(**{column: wanted.on})
    if isinstance(wanted, DateFilter) and _given(wanted.is_set):
        condition &= holds(**{f"{column}__isnull": not wanted.is_set})
    return condition


def _flag(column: str, wanted: bool | None) -> Q:
    return holds(**{f"{column}__isnull": not wanted}) if _given(wanted) else Q()


def jobs(wanted: JobFilter | None) -> Q:
    """The condition of a filter of jobs."""
    if wanted is None:
        return Q()
    _check_size(wanted)
    return _jobs(wanted)


def _check_size(wanted: JobFilter) -> None:
    pending, seen = [(wanted, 1)], 0
    while pending:
        part, depth = pending.pop()
        seen += 1
        if seen > MOST_FILTERS or depth > DEEPEST:
            raise Invalid(f"A filter holds at most {MOST_FILTERS} others, {DEEPEST} levels deep.", "filter")
        pending += [(inner, depth + 1) for inner in [*_inner(part.and_), *_inner(part.or_)]]


def _inner(filters: list[JobFilter] | None) -> list[JobFilter]:
    return filters if _given(filters) else []  # type: ignore[return-value]


def _jobs(wanted: JobFilter) -> Q:
    condition = (
        _among("id", Kind.JOB, wanted.id)
        & _among("account_id", Kind.ACCOUNT, wanted.account)
        & _among("pipeline_id", Kind.PIPELINE, wanted.pipeline)
        & _among("stage_id", Kind.STAGE, wanted.stage)
        & _among("status_id", Kind.STATUS, wanted.status)
        & _one_of("status__category", wanted.category)
        & _linked(JobAssignee, "job_id", "member_id", Kind.MEMBER, wanted.assignee)
        & _one_of("priority", wanted.priority)
        & _dates("due_date", wanted.due)
        & _dates("start_date", wanted.start)
        & _dates("created_at", wanted.created)
        & _flag("archived_at", wanted.archived)
    )
    for inner in _inner(wanted.and_):
        condition &= _jobs(inner)
    if _given(wanted.or_):
        condition &= _any_of([_jobs(inner) for inner in _inner(wanted.or_)])
    return condition


def _any_of(alternatives: Sequence[Q]) -> Q:
    """At least one holds: so none of no alternatives does."""
    if not alternatives:
        return holds(id__in=())
    # An alternative that asks for nothing holds for every job, and so do they all together. Tortoise would skip it.
    return Q(*alternatives, join_type=Q.OR) if all(alternatives) else Q()


def accounts(wanted: AccountFilter | None) -> Q:
    """The condition of a filter of accounts."""
    if wanted is None:
        return Q()
    return (
        _among("id", Kind.ACCOUNT, wanted.id)
        & _linked(AccountTag, "account_id", "tag_id", Kind.TAG, wanted.tag)
        & _linked(AccountMember, "account_id", "member_id", Kind.MEMBER, wanted.team)
        & _flag("archived_at", wanted.archived)
    )


def members(wanted: MemberFilter | None) -> Q:
    """The condition of a filter of members."""
    if wanted is None:
        return Q()
    active = Q(active=wanted.active) if _given(wanted.active) else Q()
    return _among("id", Kind.MEMBER, wanted.id) & active


def tasks(wanted: TaskFilter | None, scope: Scope) -> Q:
    """The condition of a filter of tasks."""
    if wanted is None:
        return Q()
    return (
        _among("account_id", Kind.ACCOUNT, wanted.account)
        & _linked_to(wanted.job, scope)
        & _linked(TaskAssignee, "task_id", "member_id", Kind.MEMBER, wanted.assignee)
        & _one_of("state", wanted.state)
        & _dates("due_date", wanted.due)
    )


def time_entries(wanted: TimeEntryFilter | None, scope: Scope) -> Q:
    """The condition of a filter of time entries."""
    if wanted is None:
        return Q()
    return (
        _among("member_id", Kind.MEMBER, wanted.member)
        & _seen("account_id", Kind.ACCOUNT, wanted.account, scope)
        & _linked_to(wanted.job, scope)
        & _dates("day", wanted.day)
        & _flag("started_at", wanted.running)
    )
