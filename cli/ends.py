"""Embedded servers that this process runs are looked after while it works."""

import asyncio

from cli.mistakes import Mistake
from cli.places import Place

GLANCE = 0.5


async def until_one_ends(here: Place) -> None:
    """Wait for ever, or until an embedded server of ours has ended by itself, which is a Mistake to tell."""
    while True:
        await asyncio.sleep(GLANCE)
        if here.running is not None and (dead := here.running.poll()):
            raise Mistake(f"{dead} has ended by itself. Its log is in the data folder.")
