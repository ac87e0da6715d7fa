"""Filling in what settings say, for the job that an automation acts for."""

from typing import TypeVar

from models.automation.effects.effect import Occasion
from models.command import Change
from models.templates.content import Kept, filled_in
from models.templates.making import Known, known_at

K = TypeVar("K", bound=Kept)


async def known_of(change: Change, occasion: Occasion) -> Known:
    """What shortcodes and dates are filled in from."""
    return await known_at(occasion.job.account_id, occasion.job, change.today)


async def filled(change: Change, occasion: Occasion, settings: K) -> tuple[K, Known]:
    """Settings with their shortcodes filled in, and what from. `RuleBroken` where something is not known."""
    known = await known_of(change, occasion)
    made: K = filled_in(settings, known.facts)
    return made, known
