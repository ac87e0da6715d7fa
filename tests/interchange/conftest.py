"""What tests of archives that somebody brings stand on."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

import embedded
from files.store import Place, Store
from models.commands.tasks import create_task
from models.commands.time import log_time
from models.items.folders import create_folder, move_folder
from models.items.notes import create_note
from models.templates.jobs import create_job
from tests.databases import on, own_database
from tests.interchange.houses import House
from tests.interchange.stores import store_of
from tests.interchange.tampering import parts_of
from tests.kinds import files
from tests.specimens import Spot
from tests.world import World


@pytest.fixture(scope="module")
async def house(
    database: str, servers: embedded.Servers, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("archives")
    world = await World.build("elsewhere")
    owner, job = world.acting(world.owner), await world.job("Return of 2025")
    await create_task(owner, name="Call them", job_id=job.id, checklist=["Twice"])
    await create_note(owner, text="They called", account_id=world.account.id)
    await log_time(owner, minutes=5, job_id=job.id)
    # What is in another one was there before that.
    inner, outer = [await create_folder(owner, account_id=world.account.id, name=name) for name in ("2025", "Taxes")]
    await move_folder(owner, folder_id=inner.value.id, parent_id=outer.value.id)
    await files.make(owner, "1040", Spot(world.account.id))
    empty = await world.new_account("Nothing")
    parts = await parts_of(world, folder / "first", await store_of(world.firm.id, folder / "first store"))
    async with own_database(servers, "bad_archives") as url:
        async with on(url):
            here = await World.build("here")
            await create_job(
                here.acting(here.owner), name="Ours", account_id=here.account.id, pipeline_id=here.pipeline.id
            )
        yield House(url, here, parts, folder, Store(Place(folder / "store")), empty.id)
