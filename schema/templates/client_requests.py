"""What is in a template of client requests, as clients give it and are shown it."""

from __future__ import annotations

from collections.abc import Sequence

import strawberry

from models.bounds import REQUEST_ENTRIES
from models.items import request_entries
from models.templates.relative_dates import RelativeDate as DateOfContent
from models.templates.request_content import ClientRequestContent
from models.texts import DESCRIPTION, NAME
from schema.inputs.base import input_type, needed, optional
from schema.items.client_requests import RequestEntryInput
from schema.templates.dates import DATE, RelativeDate, RelativeDateInput
from schema.types.base import column, value


@strawberry.type(description="One thing that a client request of a template asks for.")
class RequestEntryTemplate:
    """Its objects are `models.items.request_entries.RequestEntry`."""

    key: str = column("What it is known by, among those of its request.")
    prompt: str = column("What is asked for; with shortcodes.")
    required: bool = column("Whether the request cannot be submitted without an answer to it.")


@strawberry.type(description="What is in a template of client requests.")
class ClientRequestTemplate:
    """Its objects are `models.templates.request_content.ClientRequestContent`."""

    title: str = column("What it is called, also for the client; with shortcodes.")
    description: str = column("What the client is told about it; in Markdown, with shortcodes.")
    due_date: RelativeDate | None = column("By when it is to be submitted.")
    entries: list[RequestEntryTemplate] = value(
        lambda content: content.entries, f"What is asked for, in order: {REQUEST_ENTRIES} entries.", size=5
    )


@input_type
class ClientRequestTemplateInput:
    """What is in a template of client requests."""

    title: str = needed(f"What it is called, also for the client: {NAME.bounds}. Shortcodes are filled in.")
    description: str | None = optional(f"Markdown: {DESCRIPTION.bounds}. Shortcodes are filled in.")
    due_date: RelativeDateInput | None = optional(f"By when it is to be submitted: {DATE}.")
    entries: list[RequestEntryInput] = needed(
        f"What is asked for, in order: {REQUEST_ENTRIES} entries. Shortcodes of prompts are filled in."
    )

    @staticmethod
    def build(
        title: str,
        entries: Sequence[request_entries.RequestEntry],
        description: str = "",
        due_date: DateOfContent | None = None,
    ) -> ClientRequestContent:
        """The content that the command takes."""
        return ClientRequestContent(title, tuple(entries), description, due_date)
