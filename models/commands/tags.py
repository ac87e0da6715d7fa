"""The firm's labels for accounts."""

from collections.abc import Collection, Container, Sequence
from typing import TypedDict, Unpack
from uuid import UUID

from models import checks
from models.command import Change, command
from models.command_steps import made_before, refuse_same_name
from models.commands.stage_tags import expect_unneeded
from models.database import sql
from models.events import AccountTagsChanged, TagCreated, TagDeleted, TagUpdated, changes_of
from models.gathered import Rules, checked
from models.ids import Kind, new_id
from models.pointed import tell_pointing
from models.rights import Right
from models.rows import AccountTag, Tag
from models.scope import not_found
from models.stamps import raised, stamp
from models.texts import LABEL


class TagFields(TypedDict, total=False):
    """What `update_tag` may change; what is left out stays."""

    name: str
    color: str


_RULES: Rules = {"name": LABEL.check, "color": checks.color}


@command("createTag", Right.MANAGE_TAGS)
async def create_tag(change: Change, *, name: str, color: str, id: UUID | None = None) -> Tag:
    """Add a tag to the firm.

    No other tag of the firm has a name that is taken for the same, as in another case."""
    if earlier := await made_before(change, Tag, id, TagCreated):
        return earlier
    tag = Tag(id=id or new_id(), firm_id=change.actor.firm_id, **checked({"name": name, "color": color}, _RULES))
    await refuse_same_name(change, tag, "tag")
    await tag.save(force_create=True)
    change.record(TagCreated(tag=tag.id))
    return tag


@command("updateTag", Right.MANAGE_TAGS)
async def update_tag(
    change: Change, *, tag_id: UUID, expected_version: int | None = None, **fields: Unpack[TagFields]
) -> Tag:
    """Change a tag's name or colour."""
    tag = await change.scope.rows(Tag).lock(tag_id, "tag_id")
    tag.expect(expected_version)
    changed = tag.change_to(checked(tag.differing(fields), _RULES))
    if "name" in changed:
        await refuse_same_name(change, tag, "tag")
    if changed:
        await tag.store(*changed)
        change.record(TagUpdated(tag=tag.id, changes=changes_of(changed)))
    return tag


@command("deleteTag", Right.MANAGE_TAGS)
async def delete_tag(change: Change, *, tag_id: UUID, expected_version: int | None = None) -> Tag:
    """Remove a tag from the firm and from every account.

    Not as long as it is a conditional tag of a stage: that would then be for accounts that it was not for."""
    tag = await change.scope.rows(Tag).lock(tag_id, "tag_id")
    tag.expect(expected_version)
    await expect_unneeded(change, tag.id)
    for account_id in await _take_off_all(tag):
        change.record(AccountTagsChanged(account=account_id, added=(), removed=(tag.id,)))
    await tell_pointing(change, tag.id)
    await tag.delete()
    change.record(TagDeleted(tag=tag.id, name=tag.name))
    return tag


async def _take_off_all(tag: Tag) -> Sequence[UUID]:
    # Whoever puts a tag on an account locks the tag first (`tags_to_carry`), so no link can appear meanwhile. All of
    # the firm's accounts, not only those that the caller sees: the tag itself is going.
    carrying = "SELECT account_id FROM account_tag WHERE tag_id = $1"
    await sql(f"SELECT 1 FROM account WHERE id IN ({carrying}) ORDER BY id FOR NO KEY UPDATE", tag.id)
    rows = await sql(f"UPDATE account SET {raised(2)} WHERE id IN ({carrying}) RETURNING id", tag.id, *stamp())
    await AccountTag.filter(tag_id=tag.id).delete()
    return sorted(row["id"] for row in rows)


async def tags_to_carry(change: Change, ids: Sequence[UUID], field: str) -> list[UUID]:
    """The ids of tags that an account is to carry, each once. The tags are held, so that none is deleted meanwhile:
    lock them before the account, as deleting a tag does."""
    wanted = checks.at_most(ids, field)
    expect_tags(wanted, await hold_tags(change, wanted), field)
    return wanted


async def hold_tags(change: Change, ids: Collection[UUID]) -> Collection[UUID]:
    """Those of these that are tags, held, so that none is deleted meanwhile."""
    return (await change.scope.rows(Tag).lock_many(ids)).keys() if ids else ()


def expect_tags(ids: Sequence[UUID], held: Container[UUID], field: str) -> None:
    """`NotFound` where one of these is none of the tags that are held."""
    for id in ids:
        if id not in held:
            raise not_found(Kind.TAG, id, field)
