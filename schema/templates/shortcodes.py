"""Shortcodes, as clients list them."""

from __future__ import annotations

import strawberry
from strawberry.utils.str_converters import to_camel_case

from schema.enums import ShortcodeSource
from schema.types.base import column, value


@strawberry.type(
    description="What stands in brackets in a text of a template, and is filled in when a thing is made of it."
)
class Shortcode:
    """Its objects are `models.templates.shortcodes.Shortcode`."""

    code: str = value(lambda shortcode: shortcode.written, "As it is written, with its brackets.")
    meaning: str = column("What it is filled in with.")
    source: ShortcodeSource = column("What it is filled in from.")


@strawberry.type(description="A text of a template as it would be filled in.")
class TemplateText:
    """Its objects are `models.templates.preview.FilledText`."""

    path: list[str] = value(
        lambda text: [to_camel_case(str(step)) for step in text.path],
        "Where it stands in the content: fields, and places in lists.",
        size=3,
    )
    text: str = column("What would stand there, as far as it may be long; shortcodes of which nothing is known stay.")
    too_long: bool = column("Whether it would be longer than it may be: then nothing is made of the template there.")
    unfilled: list[str] = value(
        lambda text: text.unfilled, "The codes of which nothing is known, without their brackets.", size=1
    )
