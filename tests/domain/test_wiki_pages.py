"""Wiki pages: what they say, and what they said before."""

import asyncio
from uuid import UUID

import pytest

from models.bounds import Bounds
from models.commands.accounts import archive_account
from models.commands.jobs import delete_job
from models.errors import Conflict, Invalid, NotFound, RuleBroken
from models.ids import new_id
from models.items import wiki_pages
from models.items.reads import outstanding
from models.items.wiki_pages import (
    WikiPage,
    WikiPageUpdated,
    WikiPageVersion,
    create_wiki_page,
    delete_wiki_page,
    link_wiki_page,
    restore_wiki_page_version,
    update_wiki_page,
    versions_of_wiki_pages,
)
from models.rows import JobItem
from tests.domain.refusal import refused, told
from tests.links import jobs_of
from tests.world import World


async def new_page(world: World, *jobs: UUID) -> WikiPage:
    owner = world.acting(world.owner)
    page = (await create_wiki_page(owner, name="Fees", text="100 an hour", account_id=world.account.id)).value
    for job in jobs:
        await link_wiki_page(owner, wiki_page_id=page.id, job_id=job)
    return page


async def said(page: WikiPage) -> list[tuple[int, str, str]]:
    """What the page said before, the last first."""
    found = (await versions_of_wiki_pages([page.id]))[page.id]
    return [(each.version, each.name, each.text) for each in found]


async def test_what_a_page_said_is_kept_with_who_wrote_it_and_when(world: World) -> None:
    job, actor = await world.job(), world.acting(world.employee)
    page = await new_page(world, job.id)
    written_at, before = page.updated_at, await world.revision()
    await update_wiki_page(actor, wiki_page_id=page.id, text="120 an hour", expected_version=1)
    await update_wiki_page(actor, wiki_page_id=page.id, name="Our fees")
    assert await said(page) == [(2, "Fees", "120 an hour"), (1, "Fees", "100 an hour")]
    second, first = (await versions_of_wiki_pages([page.id]))[page.id]
    assert (first.written_at, first.written_by_id) == (written_at, world.owner.id)
    assert second.written_by_id == world.employee.id
    assert await told(world, before) == ["WikiPageUpdated"] * 4
    logged = [each.event for each in await world.events(before) if isinstance(each.event, WikiPageUpdated)]
    changes = [(event.changes, event.text_changed) for event in logged if event.subject_job is None]
    assert changes == [({}, True), ({"name": ("Fees", "Our fees")}, False)]
    assert await outstanding([job.id]) == {}


async def test_a_page_says_again_what_it_said(world: World) -> None:
    actor, page = world.acting(world.employee), await new_page(world)
    await update_wiki_page(actor, wiki_page_id=page.id, name="Our fees", text="120 an hour")
    before = await world.revision()
    restored = (await restore_wiki_page_version(actor, wiki_page_id=page.id, version=1, expected_version=2)).value
    assert (restored.name, restored.text, restored.version) == ("Fees", "100 an hour", 3)
    assert [version for version, _, _ in await said(page)] == [2, 1]
    (logged,) = await world.events(before)
    assert isinstance(logged.event, WikiPageUpdated)
    assert logged.event.restored_version == 1
    # It says that already.
    before = await world.revision()
    await restore_wiki_page_version(actor, wiki_page_id=page.id, version=1)
    assert await told(world, before) == []
    assert await said(page) == [(2, "Our fees", "120 an hour"), (1, "Fees", "100 an hour")]


@pytest.mark.parametrize("version", [0, 2, 3, -1])
async def test_a_version_that_is_not_kept_is_not_taken_up(world: World, version: int) -> None:
    actor, page = world.acting(world.employee), await new_page(world)
    await update_wiki_page(actor, wiki_page_id=page.id, text="120 an hour")
    async with refused(world, RuleBroken, "version", match="no version"):
        await restore_wiki_page_version(actor, wiki_page_id=page.id, version=version)


async def test_the_oldest_versions_go_when_there_are_too_many(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiki_pages, "WIKI_VERSIONS", Bounds(0, 3))
    actor, page = world.acting(world.employee), await new_page(world)
    for price in range(6):
        await update_wiki_page(actor, wiki_page_id=page.id, text=f"{price} an hour")
    assert [version for version, _, _ in await said(page)] == [6, 5, 4]


async def test_two_who_write_at_once_lose_nothing(world: World) -> None:
    actor, page = world.acting(world.employee), await new_page(world)
    texts = [f"{price} an hour" for price in range(4)]
    await asyncio.gather(*(update_wiki_page(actor, wiki_page_id=page.id, text=text) for text in texts))
    present = await WikiPage.get(id=page.id)
    assert {present.text, *(text for _, _, text in await said(page))} == {"100 an hour", *texts}
    assert [version for version, _, _ in await said(page)] == [4, 3, 2, 1]


async def test_what_is_no_page(world: World) -> None:
    actor, page = world.acting(world.owner), await new_page(world)
    with pytest.raises(Invalid) as found:
        await create_wiki_page(actor, name=" ", text=" ")
    assert [each.path for each in found.value.all] == [("name",), ("text",), ("account_id",)]
    async with refused(world, Invalid, "text"):
        await update_wiki_page(actor, wiki_page_id=page.id, text="\n")
    async with refused(world, Conflict, "expected_version"):
        await update_wiki_page(actor, wiki_page_id=page.id, text="Late", expected_version=2)
    elsewhere = await world.job(account_id=(await world.new_account("Other")).id)
    async with refused(world, RuleBroken, "job_id", match="another account"):
        await link_wiki_page(actor, wiki_page_id=page.id, job_id=elsewhere.id)


async def test_an_archived_account_keeps_its_pages_as_they_are(world: World) -> None:
    actor, page = world.acting(world.owner), await new_page(world)
    await archive_account(actor, account_id=world.account.id)
    async with refused(world, RuleBroken, match="archived"):
        await create_wiki_page(actor, name="Late", text="Late", account_id=world.account.id)
    async with refused(world, RuleBroken, match="archived"):
        await update_wiki_page(actor, wiki_page_id=page.id, text="Late")
    await delete_wiki_page(actor, wiki_page_id=page.id)


async def test_a_page_outlives_its_jobs_and_takes_its_versions_along(world: World) -> None:
    owner, job = world.acting(world.owner), await world.job()
    page = await new_page(world, job.id)
    await delete_job(owner, job_id=job.id)
    assert await jobs_of(page) == set()
    await update_wiki_page(owner, wiki_page_id=page.id, text="Gone soon")
    await delete_wiki_page(world.acting(world.employee), wiki_page_id=page.id)
    assert not await WikiPageVersion.exists(wiki_page_id=page.id)
    assert not await JobItem.exists(item=page.id)
    async with refused(world, NotFound, "wiki_page_id"):
        await update_wiki_page(owner, wiki_page_id=page.id, text="Late")


async def test_an_id_sent_again_returns_the_first_page(world: World) -> None:
    id, actor = new_id(), world.acting(world.employee)
    asked = [create_wiki_page(actor, name="N", text="T", account_id=world.account.id, id=id) for _ in range(2)]
    assert {outcome.value.id for outcome in await asyncio.gather(*asked)} == {id}
