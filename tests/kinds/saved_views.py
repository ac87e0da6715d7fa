"""Saved views: how one is made, and how their events come about."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from models.actor import Actor
from models.firm import saved_views
from models.firm.saved_views import (
    create_saved_view,
    delete_saved_view,
    share_saved_view,
    unshare_saved_view,
    update_saved_view,
)
from models.ids import Kind, encode
from tests.live.scenarios import causes, owner_of
from tests.specimens import Specimens, Spot
from tests.world import World


def filter_of(spot: Spot) -> dict[str, Any]:
    """The jobs of this account, or just this one."""
    jobs = [] if spot.job is None else [encode(Kind.JOB, spot.job)]
    return {"or": [{"account": {"in": [encode(Kind.ACCOUNT, spot.account)]}}, {"id": {"in": jobs}}]}


async def make_own(actor: Actor, word: str, spot: Spot) -> UUID:
    """One of one's own, which names things of this spot."""
    sort = [{"field": "DUE_DATE", "direction": "ASC"}]
    return (await create_saved_view(actor, name=f"{word} view", filter=filter_of(spot), sort=sort)).value.id


async def make(actor: Actor, word: str, spot: Spot) -> UUID:
    """A shared one."""
    view = await make_own(actor, word, spot)
    await share_saved_view(actor, saved_view_id=view)
    return view


SPECIMENS = Specimens(
    kind=Kind.SAVED_VIEW,
    make=make,
    hidden_with=frozenset(),
    further={"own view": make_own},
    chosen={"shareSavedView.savedViewId": "own view"},
    not_any_more={"updateSavedView": ["UPDATE saved_view SET (name, name_order) = (' ', '') WHERE id = $1"]},
    facts={},
)


@causes(saved_views.SavedViewCreated)
async def created(world: World) -> AsyncIterator[None]:
    yield
    await make_own(owner_of(world), "Mine", Spot(world.account.id))


@causes(saved_views.SavedViewUpdated)
async def updated(world: World) -> AsyncIterator[None]:
    view = await make_own(owner_of(world), "Mine", Spot(world.account.id))
    yield
    await update_saved_view(owner_of(world), saved_view_id=view, name="Renamed")


@causes(saved_views.SavedViewDeleted)
async def deleted(world: World) -> AsyncIterator[None]:
    view = await make_own(owner_of(world), "Mine", Spot(world.account.id))
    yield
    await delete_saved_view(owner_of(world), saved_view_id=view)


@causes(saved_views.SavedViewShared)
async def shared(world: World) -> AsyncIterator[None]:
    view = await make_own(owner_of(world), "Ours", Spot(world.account.id))
    yield
    await share_saved_view(owner_of(world), saved_view_id=view)


@causes(saved_views.SavedViewUnshared)
async def unshared(world: World) -> AsyncIterator[None]:
    view = await make(owner_of(world), "Ours", Spot(world.account.id))
    yield
    await unshare_saved_view(owner_of(world), saved_view_id=view)


@causes(saved_views.SharedViewUpdated)
async def shared_one_updated(world: World) -> AsyncIterator[None]:
    view = await make(owner_of(world), "Ours", Spot(world.account.id))
    yield
    await update_saved_view(owner_of(world), saved_view_id=view, filter=None)


@causes(saved_views.SharedViewDeleted)
async def shared_one_deleted(world: World) -> AsyncIterator[None]:
    view = await make(owner_of(world), "Ours", Spot(world.account.id))
    yield
    await delete_saved_view(owner_of(world), saved_view_id=view)
