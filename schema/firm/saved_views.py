"""Saved views, as clients make them, share them and list them."""

from __future__ import annotations

import strawberry

from models.bounds import SORT, VIEWS
from models.filtering import Is
from models.firm import saved_views
from models.ids import Kind
from models.seen import named
from models.texts import LABEL
from schema.declarations import listing, mutation
from schema.enums import CardField
from schema.inputs.base import (
    CLEARS,
    REFUSED,
    Expecting,
    Keyed,
    change,
    clearable,
    id_of,
    input_type,
    kept,
    needed,
    optional,
    own_id,
)
from schema.inputs.filters import Direction, JobFilter, JobSort, JobSortField, asks, filter_type
from schema.types.base import Versioned, column, entity, loaded, name_order, one, value
from schema.types.firm import Member


@strawberry.type(description="One level of the order of jobs, as JobSort takes it.")
class SavedSort:
    """Its objects are what is kept of a JobSort."""

    field: JobSortField = value(lambda level: JobSortField[level["field"]], "What to sort by.")
    direction: Direction = value(lambda level: Direction[level["direction"]], "Which way.")


@entity(named(Kind.SAVED_VIEW))
class SavedView(Versioned):
    """A filter, an order and card fields for lists of jobs, under a name. Everybody sees their own, and shared ones."""

    name: str = column("What it is called.")
    name_order: str = name_order()
    member: Member | None = one(Kind.MEMBER, "member_id", "Whose it is.")
    shared: bool = column("Whether the whole team sees it.")
    filter: str | None = loaded(
        lambda view, context: context.load.shown_filter(view),
        "Which jobs, as JSON: read it and send it as `filter` to `jobs`, or to another list of jobs. It names nothing "
        "that you do not see, and finds what you see. Null for all.",
    )
    sort: list[SavedSort] = value(
        lambda view: view.job_sort,
        f"In which order, at most {SORT.most} levels: send them as `sort`. None for the usual one.",
    )
    card_fields: list[CardField] | None = column("What the cards show; null for what those of the pipeline do.")


@input_type
class CreateSavedViewInput(Keyed):
    """A view to save, for yourself."""

    id: strawberry.ID | None = own_id(Kind.SAVED_VIEW)
    name: str = needed(f"{LABEL.bounds}.")
    filter: JobFilter | None = kept("Which jobs, as for `jobs`; all when left out.")
    sort: list[JobSort] | None = kept(f"In which order, at most {SORT.most} levels; the usual one when left out.")
    card_fields: list[CardField] | None = optional("What the cards show; as the pipeline says when left out.")


@input_type
class UpdateSavedViewInput(Expecting):
    """What to change about a saved view. What is left out stays."""

    saved_view_id: strawberry.ID = id_of(Kind.SAVED_VIEW, "The view.")
    name: str | None = change(f"{LABEL.bounds}.")
    filter: JobFilter | None = kept(
        "Which jobs, as for `jobs`, in place of all that it has. Null for all.", null=CLEARS
    )
    sort: list[JobSort] | None = kept(
        f"In which order, at most {SORT.most} levels; of none the usual one.", null=REFUSED
    )
    card_fields: list[CardField] | None = clearable("What the cards show. Null for what the pipeline says.")


@input_type
class SavedViewInput(Expecting):
    """Which saved view."""

    saved_view_id: strawberry.ID = id_of(Kind.SAVED_VIEW, "The view.")


@filter_type
class SavedViewFilter:
    """Which saved views. All that is given must hold."""

    shared: bool | None = asks(Is("shared"), "Only shared ones, or only those that are not; both when left out.")


MUTATIONS = (
    mutation(
        saved_views.create_saved_view,
        CreateSavedViewInput,
        f"{saved_views.create_saved_view.summary} You may have {VIEWS.most}.",
    ),
    mutation(saved_views.update_saved_view, UpdateSavedViewInput),
    mutation(saved_views.share_saved_view, SavedViewInput),
    mutation(saved_views.unshare_saved_view, SavedViewInput),
    mutation(saved_views.delete_saved_view, SavedViewInput),
)
LISTS = (
    listing(
        named(Kind.SAVED_VIEW),
        SavedViewFilter,
        order="name_order",
        description="Your saved views, and those that are shared with the firm; by name.",
        one="A saved view.",
    ),
)
