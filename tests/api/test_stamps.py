"""Everything of a firm says when and by whom it was made and last changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from models.actor import Actor
from models.commands.accounts import set_account_tags
from models.commands.jobs import update_job
from models.commands.moves import archive_jobs, move_job
from models.commands.statuses import create_status, delete_status
from models.commands.tags import create_tag, delete_tag
from models.ids import Kind, encode
from models.rows import Account, Category, Job
from models.rows.base import known_models
from models.targets import Target
from models.templates.jobs import create_job
from resolvers.root import graphql_schema
from tests.api.furnished import Furnished
from tests.serving import Api
from tests.world import World

STAMPS = "createdAt createdBy { id } updatedAt updatedBy { id }"


async def stamps(api: Api, world: World, kind: Kind, id: Any) -> dict[str, Any]:
    """What a thing says."""
    query = f"query Of($id: ID!) {{ node(id: $id) {{ ... on Versioned {{ version {STAMPS} }} }} }}"
    said: dict[str, Any] = (await api.ask(world.owner, query, id=encode(kind, id)))["node"]
    return said


def test_every_thing_with_a_version_says_so() -> None:
    fields: Any = graphql_schema().type_map["Versioned"]
    assert {"createdAt", "createdBy", "updatedAt", "updatedBy"} <= fields.fields.keys()


async def test_a_thing_says_who_made_and_who_changed_it(world: World, api: Api) -> None:
    owner, admin = (encode(Kind.MEMBER, member.id) for member in (world.owner, world.admin))
    made = await create_job(
        world.acting(world.owner), name="1040", account_id=world.account.id, pipeline_id=world.pipeline.id
    )
    job = made.value
    said = await stamps(api, world, Kind.JOB, job.id)
    assert (said["createdBy"], said["updatedBy"]) == ({"id": owner}, {"id": owner})
    assert said["createdAt"] == said["updatedAt"]
    changed = (await update_job(world.acting(world.admin), job_id=job.id, name="1041")).value
    after = await stamps(api, world, Kind.JOB, job.id)
    assert after["updatedBy"] == {"id": admin}
    assert after["createdBy"] == {"id": owner}
    assert after["updatedAt"] > said["updatedAt"]
    # What the command gives is what is stored: a payload says it too.
    kept = await Job.get(id=job.id)
    assert (kept.updated_at, kept.updated_by_id) == (changed.updated_at, changed.updated_by_id)


async def test_what_changes_nothing_leaves_it(world: World, api: Api) -> None:
    job = await world.job()
    said = await stamps(api, world, Kind.JOB, job.id)
    await update_job(world.acting(world.admin), job_id=job.id, name=job.name)
    assert await stamps(api, world, Kind.JOB, job.id) == said


async def test_bulk_commands_and_moves_say_so_too(world: World, api: Api) -> None:
    jobs = [await world.job() for _ in range(3)]
    await move_job(world.acting(world.admin), job_id=jobs[0].id, stage_id=(await world.stages())[1].id)
    await archive_jobs(world.acting(world.admin), jobs=[Target(job.id) for job in jobs[1:]])
    for job in jobs:
        kept = await Job.get(id=job.id)
        assert (kept.version, kept.created_by_id, kept.updated_by_id) == (2, world.owner.id, world.admin.id)
        assert kept.updated_at > kept.created_at


async def test_what_a_statement_changes_says_so(world: World) -> None:
    """Where versions are raised without the rows being read."""
    owner, admin = world.acting(world.owner), world.acting(world.admin)
    tag = (await create_tag(owner, name="VIP", color="#ffffff")).value
    await set_account_tags(owner, account_id=world.account.id, tag_ids=[tag.id])
    before = await Account.get(id=world.account.id)
    await delete_tag(admin, tag_id=tag.id)
    after = await Account.get(id=world.account.id)
    assert (after.updated_by_id, after.version) == (world.admin.id, before.version + 1)
    assert after.updated_at > before.updated_at
    status = (await create_status(owner, pipeline_id=world.pipeline.id, name="Held", color="#ffffff")).value
    job = await world.job()
    await Job.filter(id=job.id).update(status_id=status.id)
    active = await world.status(Category.ACTIVE)
    await delete_status(admin, status_id=status.id, replacement_status_id=active.id)
    assert (await Job.get(id=job.id)).updated_by_id == world.admin.id


async def test_an_automation_is_no_member(world: World, api: Api) -> None:
    job = await world.job()
    await update_job(Actor.automation(world.firm.id, "Stage automation", 1), job_id=job.id, name="By itself")
    said = await stamps(api, world, Kind.JOB, job.id)
    assert said["updatedBy"] is None
    assert said["createdBy"] is not None


async def test_who_has_left_is_still_named(world: World, api: Api) -> None:
    job = await world.job()
    await update_job(world.acting(world.admin), job_id=job.id, name="1041")
    world.admin.active = False
    await world.admin.save(update_fields=["active"])
    assert (await stamps(api, world, Kind.JOB, job.id))["updatedBy"] == {"id": encode(Kind.MEMBER, world.admin.id)}


async def test_every_kind_of_thing_has_them(database: str, api: Api) -> None:
    firm = await Furnished.build()
    for kind in known_models():
        said = await stamps(api, firm.world, kind, firm.things[kind.value])
        assert datetime.fromisoformat(said["updatedAt"]) >= datetime.fromisoformat(said["createdAt"]), kind


@pytest.mark.parametrize("field", ["createdBy", "updatedBy"])
async def test_lists_take_one_statement_for_all_of_them(world: World, api: Api, field: str) -> None:
    for member in (world.owner, world.admin):
        job = await world.job()
        await update_job(world.acting(member), job_id=job.id, name=member.name)
    jobs = (await api.ask(world.owner, f"{{ jobs {{ nodes {{ {field} {{ name }} }} }} }}"))["jobs"]["nodes"]
    assert len(jobs) == 2
    assert all(job[field] for job in jobs)
