"""Templates of what clients are told about a job."""

from typing import Any

import pytest

from models.commands.client_statuses import create_client_status, delete_client_status, update_client_status
from models.commands.jobs import set_job_client_status
from models.errors import Conflict, Invalid, NotFound
from models.events import ClientStatusCreated, ClientStatusDeleted, ClientStatusUpdated
from models.ids import new_id
from models.rows import ClientStatus, Job
from tests.world import World


async def test_a_template_is_added_once(world: World) -> None:
    admin, id = world.acting(world.admin), new_id()
    before = await world.revision()
    first = await create_client_status(admin, name=" Filed ", color="#ABCDEF", description="Sent to the IRS.", id=id)
    again = await create_client_status(admin, name="Filed", color="#abcdef", id=id)
    assert (first.value.name, first.value.color, first.value.version) == ("Filed", "#abcdef", 1)
    assert again.value.id == first.value.id == id
    assert again.revision == first.revision == await world.revision() == before + 1
    assert [logged.event for logged in await world.events(before)] == [ClientStatusCreated(client_status=id)]


async def test_the_copies_that_jobs_hold_stay(world: World) -> None:
    owner = world.acting(world.owner)
    template = (await create_client_status(owner, name="Filed", color="#27ae60", description="Sent.")).value
    job = await world.job()
    await set_job_client_status(owner, job_id=job.id, client_status_id=template.id, visible=True)
    before = await world.revision()
    await update_client_status(owner, client_status_id=template.id, name="Sent", color="#000000")
    await delete_client_status(owner, client_status_id=template.id)
    job = await world.row(Job, job.id)
    assert (job.client_status_name, job.client_status_color) == ("Filed", "#27ae60")
    assert job.client_status_description == "Sent."
    assert [logged.event for logged in await world.events(before)] == [
        ClientStatusUpdated(
            client_status=template.id, changes={"name": ("Filed", "Sent"), "color": ("#27ae60", "#000000")}
        ),
        ClientStatusDeleted(client_status=template.id, name="Sent"),
    ]
    assert not await ClientStatus.exists(id=template.id)


@pytest.mark.parametrize(
    "fields",
    [{"name": " "}, {"name": "x" * 101}, {"color": "red"}, {"description": "x" * 2_001}],
    ids=["1", "2", "3", "4"],
)
async def test_a_wrong_value_is_refused(world: World, fields: dict[str, Any]) -> None:
    owner = world.acting(world.owner)
    template = (await create_client_status(owner, name="Filed", color="#27ae60")).value
    before = await world.revision()
    with pytest.raises(Invalid) as refused:
        await update_client_status(owner, client_status_id=template.id, **fields)
    assert refused.value.path == tuple(fields)
    with pytest.raises(Invalid):
        await create_client_status(owner, **{"name": "Filed", "color": "#27ae60", **fields})
    assert await world.revision() == before


async def test_a_stale_version_and_a_gone_template_are_refused(world: World) -> None:
    owner = world.acting(world.owner)
    template = (await create_client_status(owner, name="Filed", color="#27ae60")).value
    await update_client_status(owner, client_status_id=template.id, name="Sent")
    before = await world.revision()
    with pytest.raises(Conflict):
        await delete_client_status(owner, client_status_id=template.id, expected_version=1)
    with pytest.raises(NotFound):
        await update_client_status(owner, client_status_id=new_id(), name="Sent")
    assert await world.revision() == before
    # What changes nothing is no revision.
    assert (await update_client_status(owner, client_status_id=template.id, name="Sent")).revision == before


@pytest.mark.parametrize("field", ["name", "color"])
async def test_a_job_tells_its_client_nothing_blank(field: str, world: World) -> None:
    job = await world.job()
    with pytest.raises(Invalid) as refused:
        await set_job_client_status(world.acting(world.owner), job_id=job.id, **{field: ""})  # type: ignore[arg-type]
    assert refused.value.path == (field,)
