"""What tasks and time entries share: they belong to an account, and may be linked to one of its jobs."""

from typing import Any, TypeVar
from uuid import UUID

from models.command import Change
from models.database import sql
from models.errors import Invalid, RuleBroken
from models.rows import Account, Job, Task, TimeEntry
from models.scope import Rows

L = TypeVar("L", Task, TimeEntry)


async def account_and_job(change: Change, account_id: UUID | None, job_id: UUID | None) -> tuple[UUID, Job | None]:
    """The account and the job that a new thing is for: one of them is needed, and the account follows from the job.
    The job is held: it stays in its pipeline, which says who is told."""
    if job_id is not None:
        job = await change.scope.rows(Job).lock(job_id, "job_id")
        if account_id not in (None, job.account_id):
            await change.scope.rows(Account).get(account_id, "account_id")
            of_account(job, account_id)
        return job.account_id, job
    if account_id is None:
        raise Invalid("Name an account, or one of its jobs.", "account_id")
    account = await change.scope.rows(Account).get(account_id, "account_id")
    return account.id, None


def of_account(job: Job, account_id: UUID) -> None:
    """`RuleBroken` unless the job is the account's."""
    if job.account_id != account_id:
        raise RuleBroken("This job belongs to another account. Choose a job of the same account.", "job_id")


async def lock_linked(rows: Rows[L], table: str, id: UUID, path: str) -> tuple[L, UUID | None]:
    """A task or time entry with the pipeline of its job, held until the transaction ends; or `NotFound`."""
    # The job first, as when it is deleted.
    pipelines = await _hold_job(table, id)
    row = await rows.lock(id, path)
    if row.job_id is not None and row.job_id not in pipelines:
        pipelines = await _hold_job(table, id)
    return row, pipelines[row.job_id] if row.job_id is not None else None


async def _hold_job(table: str, id: UUID) -> dict[Any, UUID]:
    # Shared: changes of one job's tasks run beside each other; moving or deleting the job waits for them.
    held = await sql(
        f"SELECT job.id, job.pipeline_id FROM job JOIN {table} linked ON linked.job_id = job.id WHERE linked.id = $1 "
        "FOR SHARE OF job",
        id,
    )
    return {row["id"]: row["pipeline_id"] for row in held}
