"""What automations ask the client for, as clients say it and are shown it."""

from __future__ import annotations

import strawberry

from models.automation import asking_settings as asking
from models.bounds import REMINDED, REMINDED_EVERY
from models.ids import Kind
from models.texts import NOTE
from schema.automation.things import maybe_one
from schema.inputs.base import id_of, input_type, maybe_id_of, needed, optional
from schema.templates.templates import Template
from schema.types.base import column, value
from schema.types.pipelines import Status

_FILLED = "Shortcodes are filled in."


@strawberry.type(description="How often a client is reminded of what an automation asks them for, and what then.")
class AskingReminders:
    """Its objects are `models.automation.asking_settings.Reminding`."""

    every_days: int = column("After how many days they are reminded again, on the next day that the firm works on.")
    at_most: int = column("How often they are reminded at most.")
    text: str = column("What the mail says besides, in Markdown with shortcodes.")
    then_status: Status | None = maybe_one(
        Kind.STATUS,
        "then_status_id",
        "The custom status that the job comes under, if it is Active, when all of that did not help; null for none.",
    )


@input_type
class AskingRemindersInput:
    """How often a client is reminded of what an automation asks them for, and what then."""

    every_days: int = needed(f"After how many days, {REMINDED_EVERY}.")
    at_most: int = needed(f"How often at most, {REMINDED}.")
    text: str | None = optional(f"What the mail says besides, in Markdown: {NOTE.bounds}. {_FILLED}")
    then_status_id: strawberry.ID | None = maybe_id_of(
        Kind.STATUS,
        "A custom status of the automation's pipeline, which the job comes under, if it is Active, so many days after "
        "the last time; none when left out.",
    )

    build = asking.Reminding


@strawberry.type(description="What an automation asks of the client, and under which status the job waits for it.")
class AskingSettings:
    """Its objects are settings of `models.automation.asking_settings`."""

    template: Template | None = maybe_one(Kind.TEMPLATE, "template_id", "The template.")
    status: Status | None = maybe_one(
        Kind.STATUS,
        "status_id",
        "The custom status under which the job waits until the client has answered; null for none.",
    )
    text: str = column("What the mail that tells of it says besides, in Markdown with shortcodes.")
    reminders: AskingReminders | None = value(
        lambda settings: settings.reminders, "How often the client is reminded of it; null where they are not."
    )


@strawberry.input
class AskingSettingsInput:
    """Of which template the client is asked for something, and under which status the job waits for it."""

    status_id: strawberry.ID | None = maybe_id_of(
        Kind.STATUS,
        "A custom status of the automation's pipeline, under which the job waits until the client has answered; none "
        "when left out.",
    )
    text: str | None = optional(
        f"What the mail that tells of it says besides, in Markdown: {NOTE.bounds}. {_FILLED} It goes to each contact "
        "of the account who gets mail."
    )
    reminders: AskingRemindersInput | None = optional(
        "How often the client is reminded of it, until they have answered; not at all when left out."
    )


@input_type
class SendOrganizerSettingsInput(AskingSettingsInput):
    """Which organizer an automation draws up and sends."""

    template_id: strawberry.ID = id_of(Kind.TEMPLATE, "A template of the kind ORGANIZER.")

    build = asking.OrganizerSettings


@input_type
class SendClientRequestSettingsInput(AskingSettingsInput):
    """What an automation asks the client for."""

    template_id: strawberry.ID = id_of(Kind.TEMPLATE, "A template of the kind CLIENT_REQUEST.")

    build = asking.RequestSettings
