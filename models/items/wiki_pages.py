"""Wiki pages: texts with a name on an account, linked to any number of its jobs, that keep what they said before."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict, Unpack
from uuid import UUID

import orjson
from tortoise import fields
from tortoise.fields.db_defaults import SqlDefault

from models.bounds import FILES_OF_THING, WIKI_VERSIONS
from models.command import Change, command
from models.command_steps import made_before
from models.database import fetch, sql
from models.errors import RuleBroken
from models.events import Changes, EventWithFiles, ItemEvent, ItemLinked, ItemUnlinked, changes_of
from models.files import attaching
from models.files.owners import owns_files
from models.files.taking import Path, replace
from models.gathered import Gathered, Rules
from models.ids import FileId, Kind, WikiPageId, new_id
from models.items import item as items
from models.items.item import Held
from models.items.kinds import register_item
from models.items.linking import linking, unlinking
from models.policies import Policy
from models.reasons import Reason
from models.rights import EVERY_MEMBER
from models.rows import Item, register
from models.rows.base import Link, belongs_to
from models.rows.keys import name_order
from models.scope import Place
from models.search_entries import Searched
from models.texts import MARKDOWN, NAME


class WikiPage(Item):
    """A text with a name on an account, linked to any number of its jobs. What it said before is kept."""

    kind = Kind.WIKI_PAGE
    searched = Searched("name", "text")
    policy = Policy(account="account_id")

    created_by: Any = belongs_to("Member", null=True, index=True)
    name = fields.CharField(max_length=NAME.most)
    name_order: str = name_order()
    text: str = fields.TextField()
    # Those that are attached to it now, in their order. It owns those of its versions as well.
    file_ids: list[str] = fields.JSONField(default=list, db_default=SqlDefault("'[]'"))

    class Meta:
        table = "wiki_page"
        indexes = (("firm_id", "name_order", "id"),)

    @property
    def title(self) -> str:
        """Its name."""
        return self.name

    @property
    def attached(self) -> list[UUID]:
        """The files that are attached to it now."""
        return list(map(UUID, self.file_ids))

    @property
    def named(self) -> Mapping[str, UUID]:
        """What each of its events says of it, beside the job."""
        return {"wiki_page": self.id, "account": self.account_id}


class WikiPageVersion(Link):
    """What a page said before, under the version that it had then: whatever raises that changes what it says."""

    wiki_page: Any = belongs_to("WikiPage", on_delete=fields.CASCADE)
    wiki_page_id: UUID
    version: int = fields.IntField()
    name = fields.CharField(max_length=NAME.most)
    text: str = fields.TextField()
    file_ids: list[str] = fields.JSONField(default=list, db_default=SqlDefault("'[]'"))
    written_at: datetime = fields.DatetimeField()
    # No foreign key, as of who changed a row.
    written_by_id: UUID | None = fields.UUIDField(null=True)

    class Meta:
        table = "wiki_page_version"
        unique_together = (("wiki_page", "version"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class WikiPageEvent(ItemEvent):
    """Something happened to a wiki page. It is told once for each job that the page is linked to."""

    subject = "wiki_page"
    beside = ("job",)

    wiki_page: WikiPageId


@dataclass(frozen=True, slots=True, kw_only=True)
class WikiPageCreated(WikiPageEvent, EventWithFiles):
    """A wiki page was written."""

    added_files: tuple[FileId, ...] = ()
    removed_files: tuple[FileId, ...] = ()

    def before(self) -> tuple[Place, ...]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WikiPageUpdated(WikiPageEvent, EventWithFiles):
    """A wiki page's name, text or files changed. What it said before is among its versions, with its files."""

    says = {
        "text_changed": "Whether its text is another one.",
        "restored_version": "The version that was taken up again; null where something else was written.",
    }

    # Of the name alone: texts are long, and the versions have them.
    changes: Changes
    text_changed: bool
    restored_version: int | None
    added_files: tuple[FileId, ...] = ()
    removed_files: tuple[FileId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WikiPageLinked(WikiPageEvent, ItemLinked):
    """A wiki page was linked to a job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WikiPageUnlinked(WikiPageEvent, ItemUnlinked):
    """A wiki page was unlinked from a job: `linkedJob` is the one that it left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WikiPageDeleted(WikiPageEvent):
    """A wiki page was deleted, with its versions and all their files."""

    ends = True

    title: str


register(WikiPage)
register_item(WikiPage, WikiPageLinked, WikiPageUnlinked)
owns_files(WikiPage, needs=None)


class WikiPageFields(TypedDict, total=False):
    """What `update_wiki_page` may change; what is left out stays."""

    name: str
    text: str
    file_ids: Sequence[UUID]


_RULES: Rules = {"name": NAME.check, "text": MARKDOWN.check}


@command("createWikiPage", EVERY_MEMBER)
async def create_wiki_page(
    change: Change,
    *,
    name: str,
    text: str,
    account_id: UUID | None = None,
    job_id: UUID | None = None,
    file_ids: Sequence[UUID] = (),
    id: UUID | None = None,
) -> WikiPage:
    """Write a wiki page on an account, or on a job of it. Files may be attached to it."""
    if earlier := await made_before(change, WikiPage, id, WikiPageCreated):
        return earlier
    with Gathered() as check:
        written = check.each({"name": name, "text": text}, _RULES)
        files = check(attaching.bounded, file_ids)
        check(items.expect_place, account_id, job_id)
    account, job = await items.open_place(change, account_id, job_id)
    page = WikiPage(
        id=id or new_id(),
        firm_id=change.actor.firm_id,
        account_id=account,
        created_by_id=change.member_id,
        created_at=change.now,
        file_ids=list(map(str, files)),
        **written,
    )
    held = await items.create(change, page, job)
    items.tell(change, WikiPageCreated, held, added_files=await attaching.attach(change, page, files))
    return page


async def _lock(change: Change, wiki_page_id: UUID, expected_version: int | None) -> Held[WikiPage]:
    held = await items.lock(change.scope.rows(WikiPage), WikiPage, wiki_page_id, "wiki_page_id")
    held.item.expect(expected_version)
    return held


@command("updateWikiPage", EVERY_MEMBER)
async def update_wiki_page(
    change: Change, *, wiki_page_id: UUID, expected_version: int | None = None, **fields: Unpack[WikiPageFields]
) -> WikiPage:
    """Change a wiki page's name or text, or the files that are attached to it. What it said before is kept as a
    version, with the files of then."""
    wanted = fields.pop("file_ids", None)
    held = await _lock(change, wiki_page_id, expected_version)
    with Gathered() as check:
        values = check.each(held.item.differing(fields), _RULES)
        attached = None if wanted is None else check(attaching.bounded, wanted)
    return await _rewrite(change, held, values, attached)


@command("restoreWikiPageVersion", EVERY_MEMBER)
async def restore_wiki_page_version(
    change: Change, *, wiki_page_id: UUID, version: int, expected_version: int | None = None
) -> WikiPage:
    """Let a wiki page say again what it said in one of its versions, with the files of then. What it says now is kept
    as one."""
    held = await _lock(change, wiki_page_id, expected_version)
    kept = await WikiPageVersion.filter(wiki_page_id=held.item.id).order_by("version")
    found = next((each for each in kept if each.version == version), None)
    if found is None:
        there = tuple(str(each.version) for each in kept)
        told = "This is no version that is kept of the page. Take one of those that `versions` lists."
        raise RuleBroken(told, "version", reason=Reason.NOT_ONE_OF, values=there)
    files: dict[UUID, Path] = {UUID(id): () for id in found.file_ids}
    return await _rewrite(change, held, {"name": found.name, "text": found.text}, files, version)


async def _rewrite(
    change: Change,
    held: Held[WikiPage],
    values: dict[str, Any],
    wanted: Mapping[UUID, Path] | None,
    restored: int | None = None,
) -> WikiPage:
    """Let a page say something else, or have other files, and keep what it said."""
    page, had = held.item, held.item.attached
    attached = had if wanted is None else [*(id for id in had if id in wanted), *(id for id in wanted if id not in had)]
    said = WikiPageVersion(
        wiki_page_id=page.id,
        version=page.version,
        name=page.name,
        text=page.text,
        file_ids=page.file_ids,
        written_at=page.updated_at,
        written_by_id=page.updated_by_id,
    )
    if not (changed := page.change_to({**values, "file_ids": list(map(str, attached))})):
        return page
    await items.expect_in_use(change, page)
    await said.save(force_create=True)
    forgotten = await sql(_FORGET, page.id, page.version - WIKI_VERSIONS.most)
    if "file_ids" in changed or any(row["has_files"] for row in forgotten):
        await _own(change, page, wanted or {})
    await items.store(change, held, *changed)
    items.tell(
        change,
        WikiPageUpdated,
        held,
        changes=changes_of({"name": changed["name"]} if "name" in changed else {}),
        text_changed="text" in changed,
        restored_version=restored,
        added_files=tuple(id for id in attached if id not in had),
        removed_files=tuple(id for id in had if id not in attached),
    )
    return page


_FORGET = """
DELETE FROM wiki_page_version WHERE wiki_page_id = $1 AND version <= $2 RETURNING file_ids <> '[]' AS has_files
"""
_OF_VERSIONS = """
SELECT DISTINCT jsonb_array_elements_text(file_ids)::uuid AS id FROM wiki_page_version WHERE wiki_page_id = $1
"""


async def _own(change: Change, page: WikiPage, wanted: Mapping[UUID, Path]) -> None:
    """Let a page, which is held, own the files that are attached to it and those of its versions, and no others."""
    there = {row["id"]: () for row in await sql(_OF_VERSIONS, page.id)}
    attached = {id: wanted.get(id, ()) for id in page.attached}
    await replace(change, page, there | attached, most=FILES_OF_THING.most)


link_wiki_page = linking(WikiPage, EVERY_MEMBER)
unlink_wiki_page = unlinking(WikiPage, EVERY_MEMBER)


@command("deleteWikiPage", EVERY_MEMBER)
async def delete_wiki_page(change: Change, *, wiki_page_id: UUID, expected_version: int | None = None) -> WikiPage:
    """Delete a wiki page with its versions and all their files. The answer's page is what it was."""
    held = await _lock(change, wiki_page_id, expected_version)
    await items.end(held)
    items.tell(change, WikiPageDeleted, held, title=held.item.title)
    return held.item


@dataclass(frozen=True, slots=True)
class Former:
    """What a page said before."""

    version: int
    name: str
    text: str
    written_at: datetime
    written_by_id: UUID | None
    file_ids: tuple[UUID, ...]


_VERSIONS = """
SELECT wiki_page_id, version, name, text, written_at, written_by_id, file_ids FROM wiki_page_version
WHERE wiki_page_id = ANY($1) ORDER BY version DESC
"""


async def versions_of_wiki_pages(pages: Sequence[UUID]) -> dict[UUID, list[Former]]:
    """What each of these pages said before, the last first."""
    found: dict[UUID, list[Former]] = defaultdict(list)
    for page, version, name, text, at, by, files in await fetch(_VERSIONS, pages):
        found[page].append(Former(version, name, text, at, by, tuple(map(UUID, orjson.loads(files)))))
    return found
