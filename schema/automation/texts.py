"""What automations send and write, as clients say it and are shown it."""

from __future__ import annotations

from collections.abc import Sequence

import strawberry

from models.automation import template_settings as of_templates
from models.automation.text_settings import EmailSettings, MessageSettings, WikiPageSettings
from models.bounds import CLIENT_TASKS
from models.ids import Kind
from models.texts import MARKDOWN, NAME
from schema.automation.things import maybe_one
from schema.inputs.base import id_of, input_type, maybe_id_of, needed, optional
from schema.templates.templates import Template
from schema.types.base import column, value

_FILLED = "Shortcodes are filled in."


@strawberry.type(description="Of which template an automation makes something.")
class OfTemplateSettings:
    """Its objects are settings of `models.automation.template_settings` that name a template and nothing else."""

    template: Template | None = maybe_one(Kind.TEMPLATE, "template_id", "The template.")


@input_type
class SendProposalSettingsInput:
    """Which proposal an automation drafts and sends."""

    template_id: strawberry.ID = id_of(Kind.TEMPLATE, "A template of the kind PROPOSAL.")

    build = of_templates.ProposalSettings


@input_type
class SendInvoiceSettingsInput:
    """Which invoice an automation makes and sends."""

    template_id: strawberry.ID = id_of(Kind.TEMPLATE, "A template of the kind INVOICE.")

    build = of_templates.InvoiceSettings


@input_type
class ApplyFolderTemplateSettingsInput:
    """Which folders an automation gives an account."""

    template_id: strawberry.ID = id_of(Kind.TEMPLATE, "A template of the kind FOLDER_TREE.")

    build = of_templates.FolderSettings


@strawberry.type(
    description="What an automation writes to the client by e-mail: what a template says, or what is here."
)
class SendEmailSettings:
    """Its objects are `models.automation.text_settings.EmailSettings`."""

    template: Template | None = maybe_one(
        Kind.TEMPLATE, "template_id", "The template that says it; null where it is said here."
    )
    subject: str | None = column("What it is about, with shortcodes; null where a template says it.")
    text: str | None = column("What it says, in Markdown with shortcodes; null where a template says it.")


@input_type
class SendEmailSettingsInput:
    """What an automation writes to the client by e-mail: a template, or a subject and a text."""

    template_id: strawberry.ID | None = maybe_id_of(Kind.TEMPLATE, "A template of the kind EMAIL.")
    subject: str | None = optional(f"What it is about: {NAME.bounds}. {_FILLED}")
    text: str | None = optional(f"What it says, in Markdown: {MARKDOWN.bounds}. {_FILLED}")

    build = EmailSettings


@strawberry.type(description="The chat that an automation opens with the client.")
class SendMessageSettings:
    """Its objects are `models.automation.text_settings.MessageSettings`."""

    subject: str = column("What it is about; with shortcodes.")
    text: str = column("The first message, in Markdown with shortcodes.")
    client_tasks: list[str] = value(
        lambda settings: settings.client_tasks,
        f"What the client is asked for in it, with shortcodes; at most {CLIENT_TASKS.most}.",
        size=2,
    )


@input_type
class SendMessageSettingsInput:
    """The chat that an automation opens with the client."""

    subject: str = needed(f"What it is about: {NAME.bounds}. {_FILLED}")
    text: str = needed(f"The first message, in Markdown: {MARKDOWN.bounds}. {_FILLED}")
    client_tasks: list[str] | None = optional(
        f"What the client is asked for in it, at most {CLIENT_TASKS.most} of {NAME.bounds}. {_FILLED}"
    )

    @staticmethod
    def build(subject: str, text: str, client_tasks: Sequence[str] = ()) -> MessageSettings:
        """The settings that the command takes."""
        return MessageSettings(subject, text, tuple(client_tasks))


@strawberry.type(description="The wiki page that an automation adds to a job.")
class AddWikiPageSettings:
    """Its objects are `models.automation.text_settings.WikiPageSettings`."""

    name: str = column("What it is called; with shortcodes.")
    text: str = column("What it says, in Markdown with shortcodes.")


@input_type
class AddWikiPageSettingsInput:
    """The wiki page that an automation adds to a job."""

    name: str = needed(f"What it is called: {NAME.bounds}. {_FILLED}")
    text: str = needed(f"What it says, in Markdown: {MARKDOWN.bounds}. {_FILLED}")

    build = WikiPageSettings
