"""Wiki pages, as clients see and write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from models.bounds import JOBS_OF_ITEM, WIKI_VERSIONS
from models.filtering import Among, LinkedToJob
from models.ids import Kind
from models.items import wiki_pages
from models.items.wiki_pages import Former
from models.searching import Matches
from models.seen import named
from models.texts import MARKDOWN, NAME
from schema.declarations import listing, mutation
from schema.field_resolvers import TypeCheck
from schema.files.attaching import attached, attached_now
from schema.inputs.base import Expecting, Keyed, change, id_of, input_type, needed, own_id
from schema.inputs.filters import FOUND_BY, IdFilter, asks, asks_ids, filter_type
from schema.inputs.tasks import AtAccountOrJob
from schema.items.linking import links
from schema.scalars import DateTime
from schema.types.base import column, jobs_of_item, loaded, name_order, one
from schema.types.files import ATTACHMENTS, File, files_named
from schema.types.items import LinkedItem, linked_item
from schema.types.jobs import Job

if TYPE_CHECKING:
    from schema.types.firm import Member

_NAME = f"What it is called: {NAME.bounds}."
_TEXT = f"Markdown, which is kept as it was written: {MARKDOWN.bounds}, not blank."


@strawberry.type(description="What a wiki page said before.")
class WikiPageVersion:
    """Its objects are `models.items.wiki_pages.Former`."""

    version: int = column("The version that the page had then.")
    name: str = column("What it was called.")
    text: str = column("What it said, in Markdown. Clean what you make of it before you show it.")
    files: list[File] = files_named(lambda former: former.file_ids, "The files that were attached to it then.")
    written_at: DateTime = column("When that was written.")
    written_by: Annotated[Member, strawberry.lazy("schema.types.firm")] | None = one(
        Kind.MEMBER, "written_by_id", "The member who wrote it; null where it was none."
    )

    is_type_of = TypeCheck(lambda source: isinstance(source, Former))


@linked_item(Kind.WIKI_PAGE)
class WikiPage(LinkedItem):
    """A text with a name on an account, linked to any number of its jobs, that keeps what it said before. Whoever sees
    the account sees it."""

    name: str = column("What it is called.")
    name_order: str = name_order()
    text: str = column("What it says, in Markdown. It may hold HTML: clean what you make of it before you show it.")
    files: list[File] = files_named(lambda page: page.attached, f"{ATTACHMENTS} Versions keep theirs.")
    versions: list[WikiPageVersion] = loaded(
        lambda page, context: context.load.parts(wiki_pages.versions_of_wiki_pages, page.id),
        f"What it said before, the last first: the last {WIKI_VERSIONS.most} are kept.",
        size=5,
    )
    jobs: list[Job] = jobs_of_item(
        f"The jobs it is linked to, at most {JOBS_OF_ITEM.most}, as far as you see them, in the order in which it was."
    )


@input_type
class CreateWikiPageInput(AtAccountOrJob, Keyed):
    """What is to be written."""

    id: strawberry.ID | None = own_id(Kind.WIKI_PAGE)
    name: str = needed(_NAME)
    text: str = needed(_TEXT)
    file_ids: list[strawberry.ID] | None = attached()


@input_type
class UpdateWikiPageInput(Expecting):
    """What to change about a wiki page. What is left out stays."""

    wiki_page_id: strawberry.ID = id_of(Kind.WIKI_PAGE, "The page.")
    name: str | None = change(_NAME)
    text: str | None = change(_TEXT)
    file_ids: list[strawberry.ID] | None = attached_now()


@input_type
class RestoreWikiPageVersionInput(Expecting):
    """What a page is to say again."""

    wiki_page_id: strawberry.ID = id_of(Kind.WIKI_PAGE, "The page.")
    version: int = needed("The `version` of what it said: one of its `versions`.")


@input_type
class WikiPageInput(Expecting):
    """Which wiki page."""

    wiki_page_id: strawberry.ID = id_of(Kind.WIKI_PAGE, "The page.")


@filter_type
class WikiPageFilter:
    """Which wiki pages. All that is given must hold."""

    account: IdFilter | None = asks_ids(Kind.ACCOUNT, Among("account_id"), "On one of these accounts.")
    job: IdFilter | None = asks_ids(Kind.JOB, LinkedToJob(), "Linked to one of these jobs.")
    search: str | None = asks(Matches(Kind.WIKI_PAGE), FOUND_BY)
    created_by: IdFilter | None = asks_ids(
        Kind.MEMBER, Among("created_by_id"), "First written by one of these members."
    )


MUTATIONS = (
    mutation(wiki_pages.create_wiki_page, CreateWikiPageInput),
    mutation(wiki_pages.update_wiki_page, UpdateWikiPageInput),
    mutation(wiki_pages.restore_wiki_page_version, RestoreWikiPageVersionInput),
    *links(wiki_pages.link_wiki_page, wiki_pages.unlink_wiki_page),
    mutation(wiki_pages.delete_wiki_page, WikiPageInput),
)
LISTS = (
    listing(
        named(Kind.WIKI_PAGE),
        WikiPageFilter,
        order="name_order",
        description="The wiki pages that you see, by name.",
        one="A wiki page.",
    ),
)
