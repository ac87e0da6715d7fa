"""Shortcodes, as clients list them."""

from __future__ import annotations

import strawberry

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
