"""What boards and lists read beside the rows themselves: each for any number of rows in one statement."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from tortoise.models import Model

from models.bounds import CARDS, TASKS
from models.database import fetch
from models.records import columns, read, record_class
from models.rows import (
    AccountMember,
    AccountTag,
    Category,
    Job,
    JobAssignee,
    Member,
    PipelineMember,
    Row,
    Stage,
    StageTag,
    Status,
    Tag,
    Task,
    TaskAssignee,
)
from models.rows.chats import MessageMention
from models.scope import Scope

#: The most cards of a stage that a board reads at once, and the most tasks of a job.
MOST_CARDS = CARDS.most
MOST_TASKS = TASKS.most

R = TypeVar("R", bound=Row)
Ids = Sequence[UUID]


def _grouped(pairs: Iterable[tuple[UUID, R]]) -> dict[UUID, list[R]]:
    groups: dict[UUID, list[R]] = defaultdict(list)
    for owner, row in pairs:
        groups[owner].append(row)
    return groups


@cache
def _linked_statement(link: type[Model], owner: str, target: type[Row]) -> str:
    # Many owners share few targets: each of those is read once, with all of its owners.
    return f"""
    SELECT {columns(target, "target")}, link.owners
    FROM (SELECT {target.kind}_id AS id, array_agg({owner}) AS owners FROM {link._meta.db_table}
          WHERE {owner} = ANY($1) GROUP BY {target.kind}_id) AS link
    JOIN {target._meta.db_table} AS target ON target.id = link.id
    """


async def _linked(link: type[Model], owner: str, target: type[R], owners: Ids) -> dict[UUID, list[R]]:
    """The rows that an owner's links point at, by name."""
    found = await fetch(_linked_statement(link, owner, target), owners, record_class=record_class(target))
    found.sort(key=lambda record: (record["name_order"], record["id"]))
    return _grouped((owner_id, record) for record in found for owner_id in record["owners"])


async def tags_of_accounts(accounts: Ids) -> dict[UUID, list[Tag]]:
    """Each account's tags, by name."""
    return await _linked(AccountTag, "account_id", Tag, accounts)


async def conditional_tags_of_stages(stages: Ids) -> dict[UUID, list[Tag]]:
    """Each stage's conditional tags, by name."""
    return await _linked(StageTag, "stage_id", Tag, stages)


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
    rows = await scope.rows(Stage).read("seen.pipeline_id = ANY($1) ORDER BY seen.position, seen.id", pipelines)
    return _grouped((stage.pipeline_id, stage) for stage in rows)


_FIRST = (Category.ACTIVE, Category.COMPLETED, Category.ARCHIVED, Category.CUSTOM)


async def statuses_of(scope: Scope, pipelines: Ids) -> dict[UUID, list[Status]]:
    """Each pipeline's statuses: the built-in ones, then the custom ones by name."""
    rows = await scope.rows(Status).read("seen.pipeline_id = ANY($1)", pipelines)
    rows.sort(key=lambda status: (_FIRST.index(status.category), status.name_order, status.id))
    return _grouped((status.pipeline_id, status) for status in rows)


async def mentioned_in(messages: Ids) -> dict[UUID, list[Member]]:
    """The members that each message mentions, by name."""
    return await _linked(MessageMention, "message_id", Member, messages)


@cache
def _cards_statement(condition: str) -> str:
    # Each stage by itself, from its index, and no further than asked.
    return f"""
    SELECT {columns(Job, "card")} FROM unnest($1::uuid[]) AS asked(stage), LATERAL (
        SELECT * FROM job WHERE stage_id = asked.stage AND archived_at IS NULL AND {condition}
        ORDER BY position, id LIMIT $2
    ) AS card ORDER BY card.stage_id, card.position, card.id
    """


async def cards(scope: Scope, stages: Ids, limit: int) -> dict[UUID, list[Job]]:
    """The visible, not archived jobs of each stage from the top, at most `limit` of each."""
    statement = _cards_statement(scope.rows(Job).condition("job", 3))
    rows = await read(Job, statement, stages, limit, *scope.rows(Job).values)
    return _grouped((job.stage_id, job) for job in rows)


async def _count_by(scope: Scope, column: str, ids: Ids, condition: str) -> dict[UUID, int]:
    statement = (
        f"SELECT {column}, count(*) FROM job WHERE {column} = ANY($1) AND {condition} "
        f"AND {scope.rows(Job).condition('job', 2)} GROUP BY {column}"
    )
    return dict(await fetch(statement, ids, *scope.rows(Job).values))


async def cards_on(scope: Scope, stages: Ids) -> dict[UUID, int]:
    """How many visible cards each stage has."""
    return await _count_by(scope, "stage_id", stages, "archived_at IS NULL")


async def cards_in(scope: Scope, pipelines: Ids) -> dict[UUID, int]:
    """How many visible cards each pipeline has."""
    return await _count_by(scope, "pipeline_id", pipelines, "archived_at IS NULL")


async def open_jobs(scope: Scope, accounts: Ids) -> dict[UUID, int]:
    """How many visible jobs of each account are neither completed nor archived."""
    return await _count_by(scope, "account_id", accounts, "archived_at IS NULL AND completed_at IS NULL")


@cache
def _tasks_statement() -> str:
    # All links and tasks at once: job by job takes twice as long for a board.
    return f"""
    SELECT {columns(Task, "linked")}, linked.of_job FROM (
        SELECT task.*, link.job_id AS of_job,
            row_number() OVER (PARTITION BY link.job_id ORDER BY task.created_at, task.id) AS place
        FROM job_item AS link JOIN task ON task.id = link.item
        WHERE link.job_id = ANY($1) AND link.kind = 'task' AND link.unlinked_at IS NULL
    ) AS linked WHERE place <= $2 ORDER BY linked.created_at, linked.id
    """


async def tasks_of_jobs(jobs: Ids) -> dict[UUID, list[Task]]:
    """Each job's tasks, oldest first, at most 200."""
    rows: list[Any] = await read(Task, _tasks_statement(), jobs, MOST_TASKS)
    return _grouped((row["of_job"], row) for row in rows)


@cache
def _jobs_statement(condition: str) -> str:
    # The links first, which are few: by what a scope sees alone, PostgreSQL would begin with all of its jobs.
    return f"""
    WITH link AS MATERIALIZED (
        SELECT job_id, item, linked_at FROM job_item WHERE item = ANY($1) AND unlinked_at IS NULL
    )
    SELECT {columns(Job, "job")}, link.item AS of_item FROM link JOIN job ON job.id = link.job_id
    WHERE {condition} ORDER BY link.linked_at, job.id
    """


async def jobs_of_items(scope: Scope, items: Ids) -> dict[UUID, list[Job]]:
    """The visible jobs that each item is linked to, in the order in which it was."""
    jobs = scope.rows(Job)
    rows: list[Any] = await read(Job, _jobs_statement(jobs.condition("job", 2)), items, *jobs.values)
    return _grouped((row["of_item"], row) for row in rows)
