"""What is in templates of e-mails and of folder trees, of which nothing is made yet: as clients give it and are shown
it."""

from __future__ import annotations

from collections.abc import Sequence

import strawberry

from models.bounds import FOLDER_LEVELS, FOLDERS, FOLDERS_WITHIN
from models.templates import folder_content
from models.templates.email_content import EmailContent
from models.templates.folder_content import FolderTreeContent
from models.texts import LABEL, MARKDOWN, NAME
from schema.inputs.base import input_type, needed
from schema.types.base import column, value

_LEVEL = "How deep it is in the tree, 1 at its top: it is within the last one before it that is less deep"


@strawberry.type(description="What is in a template of e-mails.")
class EmailTemplate:
    """Its objects are `models.templates.email_content.EmailContent`."""

    subject: str = column("What it is about; with shortcodes.")
    text: str = column("What it says; in Markdown, with shortcodes.")


@strawberry.type(description="A folder of a template.")
class FolderTemplate:
    """Its objects are `models.templates.folder_content.Folder`."""

    name: str = column("What it is called; with shortcodes.")
    level: int = column(f"{_LEVEL}.")


@strawberry.type(description="What is in a template of folder trees.")
class FolderTreeTemplate:
    """Its objects are `models.templates.folder_content.FolderTreeContent`."""

    folders: list[FolderTemplate] = value(
        lambda content: content.folders, f"Its folders, each before those within it; {FOLDERS}.", size=5
    )


@input_type
class EmailTemplateInput:
    """What is in a template of e-mails."""

    subject: str = needed(f"What it is about: {NAME.bounds}. Shortcodes are filled in.")
    text: str = needed(f"What it says, in Markdown: {MARKDOWN.bounds}. Shortcodes are filled in.")

    build = EmailContent


@input_type
class FolderTemplateInput:
    """A folder of a template."""

    name: str = needed(
        f"What it is called: {LABEL.bounds}, none of them of paths. Shortcodes are filled in. No other one beside it "
        "is called so, in any spelling."
    )
    level: int = needed(f"{_LEVEL}, {FOLDER_LEVELS}.")

    build = folder_content.Folder


@input_type
class FolderTreeTemplateInput:
    """What is in a template of folder trees."""

    folders: list[FolderTemplateInput] = needed(
        f"Its folders, each before those within it: {FOLDERS}, at most {FOLDERS_WITHIN.most} within one."
    )

    @staticmethod
    def build(folders: Sequence[folder_content.Folder]) -> FolderTreeContent:
        """The content that the command takes."""
        return FolderTreeContent(tuple(folders))
