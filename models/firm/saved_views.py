"""Saved views: filters, orders and card fields of lists of jobs, under a name. One's own, or shared with the firm.

See docs/decisions/0064-saved-views.md.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack
from uuid import UUID

from tortoise import fields

from models.bounds import VIEWS
from models.command import Change, command
from models.command_steps import made_before
from models.database import sql
from models.errors import Forbidden, RuleBroken
from models.events import OfFirm
from models.gathered import checked
from models.ids import Kind, MemberId, SavedViewId, new_id, parse
from models.policies import Policy
from models.reasons import Reason
from models.rights import EVERY_MEMBER, Right
from models.rows import CardField, Row, register
from models.rows.base import belongs_to
from models.rows.keys import name_order
from models.stamps import created_by
from models.texts import LABEL


class SavedView(Row):
    """A filter, an order and card fields for lists of jobs, under a name."""

    kind = Kind.SAVED_VIEW
    policy = Policy(shared="shared", owner="member_id")

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    member: Any = belongs_to("Member", index=True)
    member_id: UUID
    created_by_id: UUID | None = created_by()
    name = fields.CharField(max_length=LABEL.most)
    name_order: str = name_order()
    shared = fields.BooleanField(default=False)
    # As clients send them with a list of jobs.
    job_filter: dict[str, Any] | None = fields.JSONField(null=True)
    job_sort: list[dict[str, str]] = fields.JSONField(default=list)
    # None for those of the pipeline.
    card_fields: list[str] | None = fields.JSONField(null=True)

    class Meta:
        table = "saved_view"
        indexes = (("firm_id", "name_order", "id"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedViewEvent(OfFirm):
    """Something happened to a saved view, or to what you see of it. Put its present state in place of what you have;
    where it is null, forget it.

    The team is told of shared ones, and of others nobody but their owner, on their own stream. None says what is in
    the filter: it may name what the reader does not see."""

    subject = "saved_view"
    beside = ("member",)

    saved_view: SavedViewId
    member: MemberId

    @property
    def owners(self) -> frozenset[MemberId]:
        return frozenset({self.member})


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedViewCreated(SavedViewEvent):
    """A member saved a view for themselves."""

    own_only = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedViewUpdated(SavedViewEvent):
    """A member's own view got another name, filter, order or other card fields."""

    own_only = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedViewDeleted(SavedViewEvent):
    """A member's own view was deleted."""

    own_only = True
    ends = True

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedViewShared(SavedViewEvent):
    """A saved view was shared with the firm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedViewUnshared(SavedViewEvent):
    """A shared view became its owner's own again: nobody else sees it any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedViewUpdated(SavedViewEvent):
    """A shared view got another name, filter, order or other card fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedViewDeleted(SavedViewEvent):
    """A shared view was deleted."""

    ends = True

    name: str


register(SavedView)


class SavedViewFields(TypedDict, total=False):
    """What `update_saved_view` may change; what is left out stays."""

    name: str
    filter: dict[str, Any] | None
    sort: Sequence[dict[str, str]]
    card_fields: Sequence[CardField] | None


#: What the ORM has other names for.
_COLUMNS = {"filter": "job_filter", "sort": "job_sort"}


@command("createSavedView", EVERY_MEMBER)
async def create_saved_view(
    change: Change,
    *,
    name: str,
    filter: dict[str, Any] | None = None,
    sort: Sequence[dict[str, str]] = (),
    card_fields: Sequence[CardField] | None = None,
    id: UUID | None = None,
) -> SavedView:
    """Save a filter, an order and card fields for lists of jobs, for yourself."""
    if change.member_id is None:
        raise Forbidden("Only a member has saved views.", reason=Reason.MEMBERS_ONLY)
    if earlier := await made_before(change, SavedView, id, SavedViewCreated):
        return earlier
    called = LABEL.check(name, "name")
    await _expect_room(change.member_id)
    view = SavedView(
        id=id or new_id(),
        firm_id=change.actor.firm_id,
        member_id=change.member_id,
        name=called,
        job_filter=filter,
        job_sort=list(sort),
        card_fields=_card_fields(card_fields),
    )
    await view.save(force_create=True)
    change.record(SavedViewCreated(saved_view=view.id, member=view.member_id))
    return view


async def _expect_room(member_id: UUID) -> None:
    # One after another: two at once would both find room for the last one.
    await sql("SELECT FROM member WHERE id = $1 FOR NO KEY UPDATE", member_id)
    if await SavedView.filter(member_id=member_id).count() >= VIEWS.most:
        told = f"You have {VIEWS.most} saved views. Delete one that you do not use."
        raise RuleBroken(told, reason=Reason.FULL, kind=Kind.SAVED_VIEW.value, maximum=VIEWS.most)


def _card_fields(card_fields: Sequence[CardField] | None) -> list[str] | None:
    return None if card_fields is None else [field.value for field in dict.fromkeys(card_fields)]


@command("updateSavedView", EVERY_MEMBER)
async def update_saved_view(
    change: Change, *, saved_view_id: UUID, expected_version: int | None = None, **fields: Unpack[SavedViewFields]
) -> SavedView:
    """Change a saved view: your own, or with the right MANAGE_PIPELINES a shared one."""
    view = await _lock(change, saved_view_id, expected_version)
    given: dict[str, Any] = {_COLUMNS.get(name, name): value for name, value in fields.items()}
    if "card_fields" in given:
        given["card_fields"] = _card_fields(given["card_fields"])
    refiltered = {}
    # Who sends back what they were shown changes nothing, neither what they were not shown. Anything else is a change,
    # also where it is what is kept: that it is would tell what they were not shown.
    if "job_filter" in given and given["job_filter"] != await _shown_to(change, view.job_filter):
        refiltered = {"job_filter": given["job_filter"]}
    given.pop("job_filter", None)
    if changed := view.change_to(checked(view.differing(given), {"name": LABEL.check})) | refiltered:
        view.job_filter = refiltered.get("job_filter", view.job_filter)
        await view.store(*changed)
        told = SharedViewUpdated if view.shared else SavedViewUpdated
        change.record(told(saved_view=view.id, member=view.member_id))
    return view


async def _shown_to(change: Change, filter: dict[str, Any] | None) -> Any:
    named: dict[Kind, list[UUID]] = {}
    for kind, id in named_in(filter):
        named.setdefault(kind, []).append(id)
    seen = {(kind, id) for kind, ids in named.items() for id in await change.scope.of_kind(kind).many(ids)}
    return without_hidden(filter, frozenset(seen))


async def _lock(change: Change, id: UUID, expected_version: int | None) -> SavedView:
    view = await change.seen.rows(SavedView).lock(id, "saved_view_id")
    if view.member_id != change.member_id:
        change.require(Right.MANAGE_PIPELINES, "Changing a shared view of somebody else's", "saved_view_id")
    view.expect(expected_version)
    return view


@command("shareSavedView", Right.MANAGE_PIPELINES)
async def share_saved_view(change: Change, *, saved_view_id: UUID, expected_version: int | None = None) -> SavedView:
    """Share a view of your own with the firm.

    Whoever sees it finds with it what they see."""
    view = await _lock(change, saved_view_id, expected_version)
    if not view.shared:
        view.shared = True
        await view.store("shared")
        change.record(SavedViewShared(saved_view=view.id, member=view.member_id))
    return view


@command("unshareSavedView", EVERY_MEMBER)
async def unshare_saved_view(change: Change, *, saved_view_id: UUID, expected_version: int | None = None) -> SavedView:
    """Take a shared view back: your own, or with the right MANAGE_PIPELINES another's, whose own it then is. The
    answer's view is what it was, where you do not see it any more.

    One that is not shared stays as it is."""
    view = await _lock(change, saved_view_id, expected_version)
    if view.shared:
        view.shared = False
        await view.store("shared")
        change.record(SavedViewUnshared(saved_view=view.id, member=view.member_id))
    return view


@command("deleteSavedView", EVERY_MEMBER)
async def delete_saved_view(change: Change, *, saved_view_id: UUID, expected_version: int | None = None) -> SavedView:
    """Delete a saved view: your own, or with the right MANAGE_PIPELINES a shared one. The answer's view is what it
    was."""
    view = await _lock(change, saved_view_id, expected_version)
    await view.delete()
    told = SharedViewDeleted if view.shared else SavedViewDeleted
    change.record(told(saved_view=view.id, member=view.member_id, name=view.name))
    return view


#: Where a filter names things: these are parts of a filter by ids, and of nothing else.
NAMING = ("in", "notIn")


def named_in(filter: Any) -> Iterator[tuple[Kind, UUID]]:
    """The things that a filter names, as it is kept."""
    if isinstance(filter, Mapping):
        for name, part in filter.items():
            if name in NAMING:
                yield from map(parse, part)
            else:
                yield from named_in(part)
    elif isinstance(filter, list):
        for part in filter:
            yield from named_in(part)


def without_hidden(filter: Any, seen: frozenset[tuple[Kind, UUID]]) -> Any:
    """A filter that names nothing but these things, and finds the same to whoever sees no others."""
    if isinstance(filter, Mapping):
        return {
            name: [id for id in part if parse(id) in seen] if name in NAMING else without_hidden(part, seen)
            for name, part in filter.items()
        }
    return [without_hidden(part, seen) for part in filter] if isinstance(filter, list) else filter
