"""Saved views: whose they are, who changes which, and who hears of it."""

from __future__ import annotations

from dataclasses import fields
from typing import Any
from uuid import UUID

import pytest

from models.bounds import VIEWS
from models.errors import Conflict, Forbidden, NotFound, RuleBroken
from models.event_kinds import KINDS
from models.firm.saved_views import (
    SavedView,
    SavedViewEvent,
    create_saved_view,
    delete_saved_view,
    named_in,
    share_saved_view,
    unshare_saved_view,
    update_saved_view,
    without_hidden,
)
from models.ids import Kind, encode, new_id
from models.rights import Right, Role
from models.rows import CardField, Member
from models.viewers import viewer
from models.visibility import own, shown
from tests.domain.refusal import refused
from tests.world import World


async def view_of(world: World, member: Member, name: str = "Mine") -> SavedView:
    """A view of the member's own."""
    return (await create_saved_view(world.acting(member), name=name)).value


async def seen_by(world: World, *members: Member) -> list[set[str]]:
    """The names of the views that each of them sees."""
    found = []
    for member in members:
        seeing = await viewer(member.id)
        assert seeing is not None
        found.append({view.name for view in await seeing.rows(SavedView).where()})
    return found


async def told(world: World, after: int, *members: Member) -> list[tuple[list[str], list[str]]]:
    """What the streams of each of them tell of what happened: the shared ones, and their own."""
    found = []
    for member in members:
        seeing = await viewer(member.id)
        assert seeing is not None
        events = [logged.event for logged in await world.events(after)]
        shared = [shown(event, seeing.scope) for event in events]
        mine = [own(event, member.id, seeing.scope) for event in events]
        found.append(tuple([type(event).__name__ for event in part if event is not None] for part in (shared, mine)))
    return found  # type: ignore[return-value]


async def test_ones_own_is_nobody_elses_until_it_is_shared_and_again_after(world: World) -> None:
    manager = await world.member("Mia Manager", Role.EMPLOYEE, Right.MANAGE_PIPELINES)
    everybody = (manager, world.employee, world.owner)
    begun = await world.revision()
    view = await view_of(world, manager)
    assert await seen_by(world, *everybody) == [{"Mine"}, set(), set()]
    await update_saved_view(world.acting(manager), saved_view_id=view.id, name="Late")
    assert await told(world, begun, *everybody) == [([], ["SavedViewCreated", "SavedViewUpdated"]), ([], []), ([], [])]
    begun = await world.revision()
    await share_saved_view(world.acting(manager), saved_view_id=view.id)
    await update_saved_view(world.acting(world.owner), saved_view_id=view.id, card_fields=[CardField.TAGS] * 2)
    assert (await world.row(SavedView, view.id)).card_fields == ["TAGS"]
    assert await seen_by(world, *everybody) == [{"Late"}] * 3
    await unshare_saved_view(world.acting(world.owner), saved_view_id=view.id)
    assert await seen_by(world, *everybody) == [{"Late"}, set(), set()]
    kinds = ["SavedViewShared", "SharedViewUpdated", "SavedViewUnshared"]
    assert await told(world, begun, *everybody) == [(kinds, kinds), (kinds, []), (kinds, [])]
    begun = await world.revision()
    await delete_saved_view(world.acting(manager), saved_view_id=view.id)
    assert await told(world, begun, *everybody) == [([], ["SavedViewDeleted"]), ([], []), ([], [])]
    assert await seen_by(world, *everybody) == [set(), set(), set()]


def test_no_event_has_what_a_filter_names() -> None:
    for kind in KINDS.values():
        if issubclass(kind, SavedViewEvent):
            assert {field.name for field in fields(kind)} <= {"saved_view", "member", "name"}


async def test_who_may_not_changes_nothing(world: World) -> None:
    view = await view_of(world, world.owner)
    changes: list[Any] = [share_saved_view, unshare_saved_view, delete_saved_view, update_saved_view]
    for act in changes[1:]:
        for other in (world.employee, world.admin):
            async with refused(world, NotFound):
                await act(world.acting(other), saved_view_id=view.id)
    mine = await view_of(world, world.employee)
    async with refused(world, Forbidden, match="MANAGE_PIPELINES"):
        await share_saved_view(world.acting(world.employee), saved_view_id=mine.id)
    await share_saved_view(world.acting(world.owner), saved_view_id=view.id)
    for act in changes:
        async with refused(world, Forbidden, match="MANAGE_PIPELINES"):
            await act(world.acting(world.employee), saved_view_id=view.id)
    async with refused(world, Conflict):
        await update_saved_view(world.acting(world.admin), saved_view_id=view.id, expected_version=1, name="Ours")
    # Nothing to do is no revision.
    before = await world.revision()
    await share_saved_view(world.acting(world.admin), saved_view_id=view.id)
    await update_saved_view(world.acting(world.admin), saved_view_id=view.id, name="Mine", sort=[], filter=None)
    assert await world.revision() == before


async def test_a_member_has_so_many_and_no_more(world: World) -> None:
    firm, member = world.firm.id, world.employee.id
    await SavedView.bulk_create(
        [SavedView(firm_id=firm, member_id=member, name=f"View {number}") for number in range(VIEWS.most)]
    )
    async with refused(world, RuleBroken, match="100 saved views"):
        await view_of(world, world.employee)
    await view_of(world, world.owner)


def ids(kind: Kind, *given: UUID) -> list[str]:
    return [encode(kind, id) for id in given]


@pytest.mark.parametrize("hidden", [0, 1, 2])
def test_a_filter_names_what_is_seen_alone_and_is_else_the_same(hidden: int) -> None:
    account, tag, member = new_id(), new_id(), new_id()
    things = [(Kind.ACCOUNT, account), (Kind.TAG, tag), (Kind.MEMBER, member)]
    filter = {
        "account": {"in": ids(Kind.ACCOUNT, account), "notIn": []},
        "or": [
            {"tag": {"notIn": ids(Kind.TAG, tag)}, "period": ["2026"]},
            {"not": {"assignee": {"in": ids(Kind.MEMBER, member)}}},
        ],
        "due": {"before": "2026-04-15"},
        "search": "in",
    }
    assert set(named_in(filter)) == set(things)
    assert without_hidden(filter, frozenset(things)) == filter
    kept = [thing for place, thing in enumerate(things) if place != hidden]
    cut = without_hidden(filter, frozenset(kept))
    assert set(named_in(cut)) == set(kept)
    assert (cut["due"], cut["search"], cut["or"][0]["period"]) == (filter["due"], "in", ["2026"])
    assert len(cut["or"]) == 2
