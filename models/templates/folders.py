"""Folders of an account made of templates."""

from collections.abc import Sequence
from uuid import UUID

from models.command import Change, command
from models.folder_names import folder_name
from models.folder_trees import FolderTree
from models.gathered import Gathered
from models.items import item as items
from models.items.folders import Folder, FolderCreated, create_folder, folder_at, hold_tree, new_folder
from models.rows import Account
from models.templates.folder_content import Folder as TemplateFolder
from models.templates.folder_content import FolderTreeContent
from models.templates.making import filled_at, told_of_template
from models.texts import sameness

_OWN = ("account_id", "job_id", "parent_id")


@command("applyFolderTemplate", create_folder.action.needs)
async def apply_folder_template(
    change: Change,
    *,
    template_id: UUID,
    account_id: UUID | None = None,
    job_id: UUID | None = None,
    parent_id: UUID | None = None,
) -> Account:
    """Give an account the folders that a template has and it has not, at the top or within one of its folders. What is
    there stays as it is; whoever applies it again changes nothing."""
    content, known = await filled_at(change, FolderTreeContent, template_id, account_id, job_id)
    await items.expect_one_account(change, known.account_id, account_id)
    with told_of_template(*_OWN):
        wanted = _checked(content)
    tree = await hold_tree(change, known.account_id, "account_id" if job_id is None else "job_id")
    await folder_at(change, parent_id, known.account_id, "parent_id")
    tree.expect_level(parent_id, max(folder.level for folder in wanted))
    missing = _missing(change, tree, known.account_id, parent_id, wanted)
    await Folder.bulk_create(missing)
    for folder in missing:
        change.record(FolderCreated(folder=folder.id, account=folder.account_id))
    return await change.scope.rows(Account).get(known.account_id)


def _checked(content: FolderTreeContent) -> Sequence[TemplateFolder]:
    """The folders as they are to be: filled in, names may have become the same, or such as no folder has."""
    folders = content.checked().folders
    with Gathered() as check:
        for place, folder in enumerate(folders):
            check(folder_name, folder.name, "folders", place, "name")
    return folders


def _missing(
    change: Change,
    tree: FolderTree[Folder],
    account_id: UUID,
    parent_id: UUID | None,
    wanted: Sequence[TemplateFolder],
) -> list[Folder]:
    #: The folder that each level is in, beginning with what all are in.
    way: list[UUID | None] = [parent_id]
    missing: list[Folder] = []
    for each in wanted:
        del way[each.level :]
        key = sameness(each.name)
        if (folder := tree.within(way[-1]).get(key)) is None:
            folder = new_folder(change, account_id, way[-1], name=each.name, name_key=key)
            tree.expect_room("template_id")
            tree.add(folder)
            missing.append(folder)
        way.append(folder.id)
    return missing
