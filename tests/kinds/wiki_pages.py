"""Wiki pages: how one is made, and how their events come about."""

from collections.abc import AsyncIterator
from uuid import UUID

from models.actor import Actor
from models.ids import Kind
from models.items import wiki_pages
from tests.files import uploaded
from tests.kinds.notes import hidden_job
from tests.live.scenarios import causes, owner_of
from tests.lives import Life, Step, given
from tests.specimens import Specimens, Spot
from tests.world import World


async def make(actor: Actor, word: str, spot: Spot) -> UUID:
    """A page that said something else before, and had another file."""
    before, now = [await uploaded(actor, f"{word} of page {which}.txt") for which in ("once", "by now")]
    made = wiki_pages.create_wiki_page(
        actor, name=word, text=f"{word} once", account_id=spot.account, job_id=spot.job, file_ids=[before.id]
    )
    page = (await made).value
    await wiki_pages.update_wiki_page(actor, wiki_page_id=page.id, text=f"{word} by now", file_ids=[now.id])
    return page.id


async def make_loose(actor: Actor, word: str, spot: Spot) -> UUID:
    """A page on the account alone."""
    return (await wiki_pages.create_wiki_page(actor, name=word, text=word, account_id=spot.account)).value.id


async def _found_by(page: wiki_pages.WikiPage) -> tuple[str, str]:
    return page.name, page.text


LIVES = [
    Life(
        made=Step(mutation="createWikiPage", given=given(name="How to ask", text="Politely"), event="WikiPageCreated"),
        steps=[
            Step(mutation="updateWikiPage", given=given(name="Whom to ask", text="Them"), event="WikiPageUpdated"),
            Step(mutation="restoreWikiPageVersion", given=given(version=1), event="WikiPageUpdated"),
        ],
        end=Step(mutation="deleteWikiPage", event="WikiPageDeleted"),
    )
]

SPECIMENS = Specimens(
    kind=Kind.WIKI_PAGE,
    make=make,
    hidden_with=frozenset({"account"}),
    further={"loose page": make_loose},
    chosen={
        "linkWikiPage.wikiPageId": "loose page",
        "createWikiPage.fileIds": "own file",
        "updateWikiPage.fileIds": "third own file",
    },
    not_any_more={"updateWikiPage": ["UPDATE wiki_page SET text = repeat(' ', 30000) WHERE id = $1"]},
    facts={"search": _found_by},
    lives=LIVES,
)


async def on_jobs(world: World, *more: UUID) -> UUID:
    """A page on a job that the employee sees, and on these."""
    page = await make(owner_of(world), "How to ask", Spot(world.account.id, (await world.job()).id))
    for job in more:
        await wiki_pages.link_wiki_page(owner_of(world), wiki_page_id=page, job_id=job)
    return page


@causes(wiki_pages.WikiPageCreated)
async def created(world: World) -> AsyncIterator[None]:
    jobs = [(await world.job()).id, await hidden_job(world)]
    yield
    for job in jobs:
        await make(owner_of(world), "How to ask", Spot(world.account.id, job))


@causes(wiki_pages.WikiPageUpdated)
async def updated(world: World) -> AsyncIterator[None]:
    page = await on_jobs(world, await hidden_job(world))
    file = await uploaded(owner_of(world), "Them.txt")
    yield
    await wiki_pages.update_wiki_page(
        owner_of(world), wiki_page_id=page, name="Whom to ask", text="Them", file_ids=[file.id]
    )
    await wiki_pages.restore_wiki_page_version(owner_of(world), wiki_page_id=page, version=1)


@causes(wiki_pages.WikiPageLinked)
async def linked(world: World) -> AsyncIterator[None]:
    page, jobs = await on_jobs(world), [(await world.job()).id, await hidden_job(world)]
    yield
    for job in jobs:
        await wiki_pages.link_wiki_page(owner_of(world), wiki_page_id=page, job_id=job)


@causes(wiki_pages.WikiPageUnlinked)
async def unlinked(world: World) -> AsyncIterator[None]:
    jobs = [(await world.job()).id, await hidden_job(world)]
    page = await on_jobs(world, *jobs)
    yield
    for job in jobs:
        await wiki_pages.unlink_wiki_page(owner_of(world), wiki_page_id=page, job_id=job)


@causes(wiki_pages.WikiPageDeleted)
async def deleted(world: World) -> AsyncIterator[None]:
    page = await on_jobs(world, await hidden_job(world))
    yield
    await wiki_pages.delete_wiki_page(owner_of(world), wiki_page_id=page)
