"""A board by hand whose cards show what they do unless told otherwise, or all that they can: what it takes that a card
says more, whoever does it."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from tortoise.connection import get_connection

from bench.bare_board import ACCOUNTS, ASSIGNEES, OPEN_TASKS, STAGES, STATUSES, answered, by_id, grouped
from models.ids import Kind, encode
from models.periods import period_of

_USUAL = "id, version, name, position, stage_id, account_id, status_id, priority, due_date"
_ALL = f"""{_USUAL}, budget, client_status_visible, client_status_name, client_status_color, deadline, description,
period, start_date, stage_entered_at"""
_JOBS = """SELECT {columns} FROM job
WHERE firm_id = $1 AND pipeline_id = $2 AND archived_at IS NULL ORDER BY stage_id, position, id"""
_LIMITED_STAGES = "SELECT id, name, time_limit FROM stage WHERE firm_id = $1 AND pipeline_id = $2 ORDER BY position, id"
_TRACKED = """SELECT job_id, sum(minutes) AS number FROM job_item
WHERE job_id = ANY($1) AND kind = 'time_entry' AND unlinked_at IS NULL GROUP BY job_id"""
_BLOCKED = """SELECT DISTINCT other_id FROM job_relation JOIN job ON job.id = job_id
WHERE other_id = ANY($1) AND relation = 'BLOCKS' AND completed_at IS NULL AND archived_at IS NULL"""
_TAGS = """SELECT a.account_id, t.id, t.name, t.color FROM account_tag a JOIN tag t ON t.id = a.tag_id
WHERE a.account_id = ANY($1) ORDER BY t.name_order, t.id"""


async def usual_cards(firm_id: UUID, pipeline_id: UUID, today: date) -> bytes:
    """What cards show unless told otherwise."""
    async with get_connection("default").acquire_connection() as db:
        pipeline, stages = await _pipeline(db, firm_id, pipeline_id, STAGES)
        jobs = await db.fetch(_JOBS.format(columns=_USUAL), firm_id, pipeline_id)
        accounts = by_id(Kind.ACCOUNT, await db.fetch(ACCOUNTS, firm_id, _accounts_of(jobs)))
        statuses = by_id(Kind.STATUS, await db.fetch(STATUSES, firm_id, pipeline_id))
        assignees = grouped(await db.fetch(ASSIGNEES, [job["id"] for job in jobs]))
    cards = defaultdict(list)
    for job in jobs:
        cards[job["stage_id"]].append(_usual(job, accounts, statuses, assignees, today))
    return answered(pipeline, stages, cards)


async def all_cards(firm_id: UUID, pipeline_id: UUID, today: date) -> bytes:
    """All that cards can show."""
    async with get_connection("default").acquire_connection() as db:
        pipeline, stages = await _pipeline(db, firm_id, pipeline_id, _LIMITED_STAGES)
        jobs = await db.fetch(_JOBS.format(columns=_ALL), firm_id, pipeline_id)
        ids, of = [job["id"] for job in jobs], _accounts_of(jobs)
        accounts = by_id(Kind.ACCOUNT, await db.fetch(ACCOUNTS, firm_id, of))
        statuses = by_id(Kind.STATUS, await db.fetch(STATUSES, firm_id, pipeline_id))
        assignees = grouped(await db.fetch(ASSIGNEES, ids))
        open_tasks = {row["job_id"]: row["number"] for row in await db.fetch(OPEN_TASKS, ids)}
        tracked = {row["job_id"]: row["number"] for row in await db.fetch(_TRACKED, ids)}
        blocked = {row["other_id"] for row in await db.fetch(_BLOCKED, ids)}
        for account in accounts.values():
            account["tags"] = []
        for row in await db.fetch(_TAGS, of):
            tag = {"id": encode(Kind.TAG, row["id"]), "name": row["name"], "color": row["color"]}
            accounts[row["account_id"]]["tags"].append(tag)
    limits = {stage["id"]: stage["time_limit"] for stage in stages}
    cards = defaultdict(list)
    for job in jobs:
        id, limit = job["id"], limits[job["stage_id"]]
        entered = job["stage_entered_at"]
        cards[job["stage_id"]].append(
            _usual(job, accounts, statuses, assignees, today)
            | {
                "blocked": id in blocked,
                "budget": job["budget"],
                "tracked": tracked.get(id, 0),
                "clientStatus": {
                    "visible": job["client_status_visible"],
                    "name": job["client_status_name"],
                    "color": job["client_status_color"],
                },
                "deadline": job["deadline"],
                "description": job["description"],
                "period": None if job["period"] is None else {"text": period_of(job["period"]).text},
                "startDate": job["start_date"],
                "openTaskCount": open_tasks.get(id, 0),
                "stageEnteredAt": _moment(entered),
                "stageLimitAt": None if limit is None else _moment(entered + timedelta(minutes=limit)),
            }
        )
    return answered(pipeline, stages, cards)


async def _pipeline(db: Any, firm_id: UUID, id: UUID, stages: str) -> tuple[asyncpg.Record, list[asyncpg.Record]]:
    found = await db.fetchrow("SELECT id, name FROM pipeline WHERE firm_id = $1 AND id = $2", firm_id, id)
    return found, await db.fetch(stages, firm_id, id)


def _accounts_of(jobs: list[asyncpg.Record]) -> list[UUID]:
    return list({job["account_id"] for job in jobs})


def _usual(job: asyncpg.Record, accounts: Any, statuses: Any, assignees: Any, today: date) -> dict[str, Any]:
    status, due = statuses[job["status_id"]], job["due_date"]
    return {
        "id": encode(Kind.JOB, job["id"]),
        "version": job["version"],
        "name": job["name"],
        "position": job["position"],
        "account": accounts[job["account_id"]],
        "status": status,
        "priority": job["priority"],
        "dueDate": due,
        "overdue": due is not None and due < today and status["category"] == "ACTIVE",
        "assignees": assignees.get(job["id"], []),
    }


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
