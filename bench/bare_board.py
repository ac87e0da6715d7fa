"""The board by hand: the statements that such a board needs, dictionaries, one dump. The floor."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from tortoise.connection import get_connection

from models.ids import Kind, encode

STAGES = "SELECT id, name FROM stage WHERE firm_id = $1 AND pipeline_id = $2 ORDER BY position, id"
_JOBS = """SELECT id, version, name, position, stage_id, account_id, status_id FROM job
WHERE firm_id = $1 AND pipeline_id = $2 AND archived_at IS NULL ORDER BY stage_id, position, id"""
ACCOUNTS = "SELECT id, name FROM account WHERE firm_id = $1 AND id = ANY($2)"
STATUSES = "SELECT id, name, category, color FROM status WHERE firm_id = $1 AND pipeline_id = $2"
ASSIGNEES = """SELECT a.job_id, m.id, m.name FROM job_assignee a JOIN member m ON m.id = a.member_id
WHERE a.job_id = ANY($1) ORDER BY m.name_order, m.id"""
OPEN_TASKS = """SELECT job_id, count(*) AS number FROM job_item
WHERE job_id = ANY($1) AND kind = 'task' AND open AND unlinked_at IS NULL GROUP BY job_id"""


async def bare_board(firm_id: UUID, pipeline_id: UUID) -> bytes:
    """The same answer, of a caller who sees everything, without a question about who asks."""
    async with get_connection("default").acquire_connection() as db:
        pipeline = await db.fetchrow(
            "SELECT id, name FROM pipeline WHERE firm_id = $1 AND id = $2", firm_id, pipeline_id
        )
        stages = await db.fetch(STAGES, firm_id, pipeline_id)
        jobs = await db.fetch(_JOBS, firm_id, pipeline_id)
        ids = [job["id"] for job in jobs]
        accounts = await db.fetch(ACCOUNTS, firm_id, list({job["account_id"] for job in jobs}))
        statuses = await db.fetch(STATUSES, firm_id, pipeline_id)
        assigned = await db.fetch(ASSIGNEES, ids)
        open_tasks = {row["job_id"]: row["number"] for row in await db.fetch(OPEN_TASKS, ids)}
    cards = _cards(jobs, by_id(Kind.ACCOUNT, accounts), by_id(Kind.STATUS, statuses), grouped(assigned), open_tasks)
    return answered(pipeline, stages, cards)


def answered(
    pipeline: asyncpg.Record, stages: list[asyncpg.Record], cards: Mapping[UUID, list[dict[str, Any]]]
) -> bytes:
    """The answer, of the cards of each stage."""
    board = {
        "id": encode(Kind.PIPELINE, pipeline["id"]),
        "name": pipeline["name"],
        "stages": [
            {"id": encode(Kind.STAGE, stage["id"]), "name": stage["name"], "jobs": cards[stage["id"]]}
            for stage in stages
        ],
    }
    return orjson.dumps({"data": {"pipeline": board}})


def _cards(
    jobs: list[asyncpg.Record],
    accounts: Mapping[UUID, Any],
    statuses: Mapping[UUID, Any],
    assignees: Mapping[UUID, Any],
    open_tasks: Mapping[UUID, int],
) -> dict[UUID, list[dict[str, Any]]]:
    cards = defaultdict(list)
    for job in jobs:
        cards[job["stage_id"]].append(
            {
                "id": encode(Kind.JOB, job["id"]),
                "version": job["version"],
                "name": job["name"],
                "position": job["position"],
                "account": accounts[job["account_id"]],
                "status": statuses[job["status_id"]],
                "assignees": assignees.get(job["id"], []),
                "openTaskCount": open_tasks.get(job["id"], 0),
            }
        )
    return cards


def by_id(kind: Kind, rows: list[asyncpg.Record]) -> dict[UUID, dict[str, Any]]:
    """What is shown of rows of a kind, by their ids."""
    return {row["id"]: {**row, "id": encode(kind, row["id"])} for row in rows}


def grouped(rows: list[asyncpg.Record]) -> dict[UUID, list[dict[str, Any]]]:
    """What is shown of the assignees of each job."""
    groups = defaultdict(list)
    for row in rows:
        groups[row["job_id"]].append({"id": encode(Kind.MEMBER, row["id"]), "name": row["name"]})
    return groups
