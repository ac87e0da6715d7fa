"""The demo firms: made when there is nothing else, and on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.bars import bar
from models.lookup import member_at, never_used

if TYPE_CHECKING:
    from app.welcome import SignIn

JOBS = 300


async def seed_if_new() -> None:
    """Make the demo firms if there is no firm at all. Inside `connected`."""
    from demo.people import OTHER_OWNER, OWNER

    if await never_used([OWNER.email, OTHER_OWNER.email]):
        await seed(JOBS)


async def seed(jobs: int) -> None:
    """Make the demo firms, as far as they are missing, with a bar that shows how far it is. Inside `connected`."""
    import demo

    with bar("Demo jobs") as advance:
        await demo.seed(jobs=jobs, progress=advance)


async def demo_is_there() -> bool:
    """Whether somebody can sign in as the demo's people."""
    from demo.people import OWNER

    return await member_at(OWNER.email) is not None


async def demo_sign_ins() -> list[SignIn]:
    """The demo's people, for the pages of a server that serves the demo; nobody otherwise. Inside `connected`."""
    from app.welcome import SignIn
    from demo.people import FIRM, OTHER_FIRM, OTHER_OWNER, OWNER, PASSWORD, TEAM

    if not await demo_is_there():
        return []
    people = [(OWNER, FIRM), *((person, FIRM) for person in TEAM), (OTHER_OWNER, OTHER_FIRM)]
    return [
        SignIn(person.email, PASSWORD, ", ".join([person.name, firm, person.role, *person.rights]))
        for person, firm in people
    ]
