"""What rows from before have in the columns that lists, searches and stamps are made of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

import embedded
from models.actor import Actor
from models.commands.jobs import delete_job
from models.ids import Kind
from models.rights import Role
from models.rows import Account, Job, Member, Priority, Stage, Tag
from models.scope import Scope
from models.searching import Match, search
from tests.databases import database_before, on
from tests.domain.test_items_migration import OPENED, Past

LATER = OPENED + timedelta(days=3)


@pytest.fixture
async def past(servers: embedded.Servers) -> AsyncIterator[Past]:
    """A firm of before."""
    async with database_before(servers, "0012_lists") as old:
        yield await Past.build(old)


async def _jobs(past: Past) -> dict[str, UUID]:
    for name in Priority:
        await past.job(name)
        await past.old.db.execute("UPDATE job SET priority = $2 WHERE id = $1", past.jobs[name], name.value)
    return past.jobs


async def test_priorities_have_an_order_and_client_statuses_a_key(past: Past) -> None:
    jobs = await _jobs(past)
    told = {Priority.LOW: "On hold", Priority.HIGH: "ON HOLD"}
    for name, text in told.items():
        await past.old.db.execute("UPDATE job SET client_status_name = $2 WHERE id = $1", jobs[name], text)
    await past.old.migrate()
    found = {row["id"]: row for row in await past.old.rows("job")}
    assert [found[jobs[name]]["priority_order"] for name in Priority] == ["0", "1", "2", "3"]
    keys = [found[jobs[name]]["client_status_key"] for name in Priority]
    assert keys == ["on hold", None, "on hold", None]


async def test_stamps_come_from_the_log_as_far_as_it_is_kept(past: Past) -> None:
    await past.job("logged")
    await past.job("unlogged")
    job, other = (
        past.jobs["logged"],
        await past.old.member(past.firm, email="other@f.test", email_key="other@f.test", name_order="o"),
    )
    await past.log("JobCreated", job, job, OPENED)
    await past.log("JobUpdated", job, job, LATER, changes={})
    owner, past.owner = past.owner, other
    await past.log("JobUpdated", job, job, LATER + timedelta(days=1), changes={})
    past.owner = owner
    tag = await past.old.add("tag", firm_id=past.firm, name="VIP", name_key="vip", name_order="vip", color="#ffffff")
    await past.log("TagCreated", tag, None, OPENED)
    await past.old.migrate()
    async with on(past.old.url):
        logged, unlogged = await Job.get(id=job), await Job.get(id=past.jobs["unlogged"])
        assert (logged.created_by_id, logged.updated_by_id) == (owner, other)
        assert (logged.created_at, logged.updated_at) == (OPENED, LATER + timedelta(days=1))
        assert (unlogged.created_by_id, unlogged.updated_by_id, unlogged.updated_at) == (None, None, OPENED)
        assert (await Tag.get(id=tag)).created_by_id == owner
        # Ids tell when their things were made.
        (stage,) = await Stage.all()
        assert abs(stage.created_at - datetime.now(UTC)) < timedelta(minutes=5)
        assert stage.updated_at == stage.created_at


async def test_what_is_there_is_found_and_what_goes_is_forgotten(past: Past) -> None:
    await past.job("Payroll, week 48")
    await past.old.add("note", text="## Call\n\nabout payroll", pinned=False, **_of(past))
    await past.old.migrate()
    async with on(past.old.url):
        found = await search(Scope.whole(past.firm), "payrol", None, 10)
        assert [hit.kind for hit in found.hits] == [Kind.JOB, Kind.NOTE]
        assert [hit.kind for hit in (await search(Scope.whole(past.firm), "call payroll", None, 10)).hits] == [
            Kind.NOTE
        ]
        assert {hit.kind for hit in (await search(Scope.whole(past.firm), "o", None, 10)).hits} == {Kind.MEMBER}
        called = (await Account.get(id=past.account)).name
        by_account = (await search(Scope.whole(past.firm), f"{called} week", [Kind.JOB], 10)).hits
        assert [hit.match for hit in by_account] == [Match.ACCOUNT]
        owner = await Member.get(id=past.owner)
        assert owner.role is Role.OWNER
        await delete_job(Actor.member(past.firm, owner.id), job_id=past.jobs["Payroll, week 48"])
        left = await search(Scope.whole(past.firm), "payrol", None, 10)
        assert [hit.kind for hit in left.hits] == [Kind.NOTE]


def _of(past: Past) -> dict[str, Any]:
    return {"firm_id": past.firm, "account_id": past.account, "created_at": OPENED}
