"""What the person who runs it does now and then: migrate, start a firm, print a token, change keys, after a restore."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta

from cli.mistakes import Mistake
from cli.places import Place, place, require_migrated
from common.settings import Settings
from common.terminal import ask_secret, say
from models.commands.firms import create_firm
from models.connection import connected
from models.connection import migrate as bring_up_to_date
from models.given_passwords import give_password
from models.housekeeping import start_over_after_restore
from models.lookup import member_at
from models.sign_in import issue_for
from models.signing_keys import rotate_signing_key


def migrate(settings: Settings) -> None:
    """Bring the database to the present version."""
    with place(settings) as here:
        asyncio.run(bring_up_to_date(here.database_url))
    say("The database is up to date.")


def new_firm(settings: Settings, name: str, owner: str, owner_name: str | None, password: str, time_zone: str) -> None:
    """Start a firm with its owner."""

    async def start() -> str:
        firm, member = await create_firm(
            name=name,
            owner_email=owner,
            owner_name=owner_name or owner.partition("@")[0],
            password=password,
            time_zone=time_zone,
        )
        return f"{firm.name} is there. {member.email} owns it and can sign in."

    say(on_database(settings, start))


def set_password(settings: Settings, email: str, password: str) -> None:
    """Give a member another password."""

    async def give() -> str:
        if not await give_password(email, password):
            raise Mistake(f"No active member signs in as {email}.")
        return f"{email} signs in with the new password. Their sessions have ended."

    say(on_database(settings, give))


def token(settings: Settings, email: str, hours: float) -> None:
    """Print a bearer token, and nothing else on stdout."""

    async def issue() -> str:
        if (member := await member_at(email)) is None:
            raise Mistake(f"No active member signs in as {email}.")
        return await issue_for(member, hours)

    say(on_database(settings, issue))


def restored(settings: Settings) -> None:
    """Make clients notice that a backup was restored, and end all sessions."""

    async def start_over() -> str:
        firms = await start_over_after_restore()
        await rotate_signing_key(grace=timedelta(0))
        return f"Done for {firms} firms: every board reads anew, everybody signs in again."

    say(on_database(settings, start_over))


def rotate_keys(settings: Settings, *, leaked: bool) -> None:
    """Sign with a new key from now on."""

    async def rotate() -> str:
        if leaked:
            await rotate_signing_key(grace=timedelta(0))
            return "A new key signs. All earlier tokens are refused within a minute."
        await rotate_signing_key()
        return "A new key signs. Earlier tokens stay good until they expire."

    say(on_database(settings, rotate))


def ask_password(of: str = "the owner", *, from_stdin: bool) -> str:
    """The password of a person at the terminal, typed twice and not shown, or the first line of stdin."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise Mistake("There is no terminal to ask for the password: use --password-stdin.")
    password = ask_secret(f"Password of {of}: ")
    if ask_secret("Once more: ") != password:
        raise Mistake("The two passwords differ.")
    return password


def on_database(settings: Settings, work: Callable[[], Awaitable[str]]) -> str:
    """Do it on the database."""
    with place(settings) as here:
        return asyncio.run(_on(here, work))


async def _on(here: Place, work: Callable[[], Awaitable[str]]) -> str:
    async with connected(here.database_url, pool=2):
        await require_migrated()
        return await work()
