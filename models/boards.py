"""What boards and lists read beside the rows themselves: each for any number of rows in one statement."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from tortoise.functions import Count
from tortoise.models import Model

from models.database import sql
from models.rows import (
    OPEN_STATES,
    AccountMember,
    AccountTag,
    Category,
    Job,
    JobAssignee,
    Member,
    PipelineMember,
    Row,
    Stage,
    Status,
    Tag,
    Task,
    TaskAssignee,
)
from models.scope import Scope

#: The most cards of a stage that a board reads at once, and the most tasks of a job.
MOST_CARDS = 1_000
MOST_TASKS = 200

R = TypeVar("R", bound=Row)
Ids = Sequence[UUID]


def _grouped(pairs: Iterable[tuple[UUID, R]]) -> dict[UUID, list[R]]:
    groups: dict[UUID, list[R]] = defaultdict(list)
    for owner, row in pairs:
        groups[owner].append(row)
    return groups


def _made(model: type[R], found: Iterable[dict[str, Any]]) -> list[R]:
    """Rows of what a statement of ours selected of them: all columns."""
    return [model._init_from_db(**columns) for columns in found]


async def _linked(link: type[Model], owner: str, target: type[R], owners: Ids) -> dict[UUID, list[R]]:
    """The rows that an owner's links point at, by name."""
    # Not a join: many owners share few targets, and each row is made once. A tag that is deleted in between is gone.
    statement = (
        f"SELECT {owner} AS owner, {target.kind}_id AS target FROM {link._meta.db_table} WHERE {owner} = ANY($1)"
    )
    pairs = [(pair["owner"], pair["target"]) for pair in await sql(statement, list(owners))]
    rows = {row.id: row for row in await target.filter(id__in={id for _, id in pairs})} if pairs else {}
    there = [pair for pair in pairs if pair[1] in rows]
    there.sort(key=lambda pair: (rows[pair[1]].name, pair[1]))  # type: ignore[attr-defined]
    return _grouped((owner_id, rows[id]) for owner_id, id in there)


async def tags_of_accounts(accounts: Ids) -> dict[UUID, list[Tag]]:
    """Each account's tags, by name."""
    return await _linked(AccountTag, "account_id", Tag, accounts)


async def teams_of_accounts(accounts: Ids) -> dict[UUID, list[Member]]:
    """Each account's team, by name."""
    return await _linked(AccountMember, "account_id", Member, accounts)


async def members_of_pipelines(pipelines: Ids) -> dict[UUID, list[Member]]:
    """The members that each pipeline is available to, by name."""
    return await _linked(PipelineMember, "pipeline_id", Member, pipelines)


async def assignees_of_jobs(jobs: Ids) -> dict[UUID, list[Member]]:
    """Each job's assignees, by name."""
    return await _linked(JobAssignee, "job_id", Member, jobs)


async def assignees_of_tasks(tasks: Ids) -> dict[UUID, list[Member]]:
    """Each task's assignees, by name."""
    return await _linked(TaskAssignee, "task_id", Member, tasks)


async def stages_of(scope: Scope, pipelines: Ids) -> dict[UUID, list[Stage]]:
    """Each pipeline's stages, in order."""
    rows = await scope.stages.where(pipeline_id__in=pipelines).order_by("position", "id")
    return _grouped((stage.pipeline_id, stage) for stage in rows)


_FIRST = (Category.ACTIVE, Category.COMPLETED, Category.ARCHIVED, Category.CUSTOM)


async def statuses_of(scope: Scope, pipelines: Ids) -> dict[UUID, list[Status]]:
    """Each pipeline's statuses: the built-in ones, then the custom ones by name."""
    rows = await scope.statuses.where(pipeline_id__in=pipelines)
    rows = sorted(rows, key=lambda status: (_FIRST.index(status.category), status.name, status.id))
    return _grouped((status.pipeline_id, status) for status in rows)


# Each stage by itself, from its index, and no further than asked. `Scope.jobs` in SQL.
_CARDS = """
SELECT card.* FROM unnest($1::uuid[]) AS asked(stage), LATERAL (
    SELECT * FROM job WHERE stage_id = asked.stage AND archived_at IS NULL AND firm_id = $3
        AND ($4::uuid[] IS NULL OR account_id = ANY($4)) AND ($5::uuid[] IS NULL OR pipeline_id = ANY($5))
    ORDER BY position, id LIMIT $2
) card ORDER BY card.stage_id, card.position, card.id
"""


async def cards(scope: Scope, stages: Ids, limit: int) -> dict[UUID, list[Job]]:
    """The visible, not archived jobs of each stage from the top, at most `limit` of each."""
    accounts, pipelines = (None if seen is None else list(seen) for seen in (scope.accounts, scope.pipelines))
    rows = _made(Job, await sql(_CARDS, list(stages), limit, scope.firm_id, accounts, pipelines))
    return _grouped((job.stage_id, job) for job in rows)


async def _count_by(scope: Scope, column: str, ids: Ids, **conditions: Any) -> dict[UUID, int]:
    query = scope.jobs.where(**{f"{column}__in": ids}, archived_at__isnull=True, **conditions)
    counted = await query.annotate(number=Count("id")).group_by(column).values_list(column, "number")
    return {id: int(number) for id, number in counted}


async def cards_on(scope: Scope, stages: Ids) -> dict[UUID, int]:
    """How many visible cards each stage has."""
    return await _count_by(scope, "stage_id", stages)


async def cards_in(scope: Scope, pipelines: Ids) -> dict[UUID, int]:
    """How many visible cards each pipeline has."""
    return await _count_by(scope, "pipeline_id", pipelines)


async def open_jobs(scope: Scope, accounts: Ids) -> dict[UUID, int]:
    """How many visible jobs of each account are neither completed nor archived."""
    return await _count_by(scope, "account_id", accounts, completed_at__isnull=True)


_TASKS = """
SELECT linked.* FROM unnest($1::uuid[]) AS asked(job), LATERAL (
    SELECT * FROM task WHERE job_id = asked.job ORDER BY created_at, id LIMIT $2
) linked ORDER BY linked.created_at, linked.id
"""


async def tasks_of_jobs(jobs: Ids) -> dict[UUID, list[Task]]:
    """Each job's tasks, oldest first, at most 200."""
    rows = _made(Task, await sql(_TASKS, list(jobs), MOST_TASKS))
    return _grouped((task.job_id, task) for task in rows if task.job_id is not None)


class TaskCounts(NamedTuple):
    """A job's tasks, counted."""

    all: int = 0
    open: int = 0


async def task_counts(jobs: Ids) -> dict[UUID, TaskCounts]:
    """How many tasks each job has, and how many of them are open."""
    rows = await sql(
        'SELECT job_id, count(*) AS "all", count(*) FILTER (WHERE state = ANY($2)) AS open '
        "FROM task WHERE job_id = ANY($1) GROUP BY job_id",
        list(jobs),
        [state.value for state in OPEN_STATES],
    )
    return {row["job_id"]: TaskCounts(row["all"], row["open"]) for row in rows}
