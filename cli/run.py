"""`jobwire run`: everything that a person needs to try it, on one machine, from one command."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.announcement import announce
from cli.children import GRACE, Child, stop
from cli.demo_firms import demo_is_there, seed_if_new
from cli.mistakes import Mistake
from cli.places import Place, place
from cli.readiness import first_line, is_ready
from cli.sockets import require_free
from common.settings import Settings
from common.terminal import say
from embedded.folder import Folder
from models.connection import connected, migrate

GLANCE = 0.2
START_PATIENCE = 60.0
#: In seconds, unless the settings say otherwise: nobody is served by others here, so there is no crowd to spread.
DRAIN_WINDOW = 1.0
#: Likewise: pages of a development server, on whichever port, may call.
ALLOWED_ORIGINS = "loopback"


def run(settings: Settings) -> None:
    """Start all, say where to look, and keep it up until a signal comes or a part of it ends."""
    _look_ahead(settings)
    with place(settings, alone=True) as here:
        demo = asyncio.run(_prepare(here))
        with _children(settings, here) as children:
            server, _ = children
            url = _wait_for_url(server, children)
            _wait_until_ready(url, children)
            folder = settings.data_dir if here.running is not None else None
            announce(url, folder, mail=mail_folder(settings), demo=demo)
            while True:
                _require_alive(here, children)
                time.sleep(GLANCE)


def mail_folder(settings: Settings) -> Path | None:
    """Where mail is written to; None where it is sent."""
    return None if settings.smtp_url is not None else settings.mail_folder or settings.data_dir / "mail"


def _look_ahead(settings: Settings) -> None:
    """Say that the port is taken before anything is started; but who starts twice wants to hear about the folder."""
    if settings.database_url is not None or not Folder(settings.data_dir).is_locked():
        require_free(settings.host, settings.port)
        say("Starting …")


async def _prepare(here: Place) -> bool:
    """Migrate, and fill an empty database. Whether the demo's people are there to sign in as."""
    if here.running is None:
        await migrate(here.database_url)
    async with connected(here.database_url):
        # Never in a database that somebody pays for: everybody knows the demo's password.
        if here.running is not None:
            await seed_if_new()
        return await demo_is_there()


@contextmanager
def _children(settings: Settings, here: Place) -> Iterator[tuple[Child, Child]]:
    given = settings.model_fields_set
    window = settings.drain_window if "drain_window" in given else DRAIN_WINDOW
    environment = {
        "JOBWIRE_DATABASE_URL": here.database_url,
        "JOBWIRE_REDIS_URL": here.redis_url,
        "JOBWIRE_DRAIN_WINDOW": str(window),
        "JOBWIRE_ALLOWED_ORIGINS": settings.allowed_origins if "allowed_origins" in given else ALLOWED_ORIGINS,
    }
    if settings.public_url is None and settings.port:
        environment["JOBWIRE_PUBLIC_URL"] = f"http://{settings.host}:{settings.port}"
    if (folder := mail_folder(settings)) is not None:
        environment["JOBWIRE_MAIL_FOLDER"] = str(folder)
    children: list[Child] = []
    try:
        children.append(Child("server", "serve", environment))
        children.append(Child("worker", "worker", environment))
        yield children[0], children[1]
    finally:
        stop(children, window + GRACE)


def _wait_for_url(server: Child, children: tuple[Child, ...]) -> str:
    deadline = time.monotonic() + START_PATIENCE
    while (line := first_line(server, GLANCE)) is None:
        _require_soon(deadline, children)
    return line.rpartition(" ")[2]


def _wait_until_ready(url: str, children: tuple[Child, ...]) -> None:
    deadline = time.monotonic() + START_PATIENCE
    while not is_ready(url):
        _require_soon(deadline, children)
        time.sleep(GLANCE)


def _require_soon(deadline: float, children: tuple[Child, ...]) -> None:
    for child in children:
        child.require_alive()
    if time.monotonic() > deadline:
        raise Mistake(f"The server did not become ready within {START_PATIENCE:.0f} seconds.")


def _require_alive(here: Place, children: tuple[Child, ...]) -> None:
    # First the servers: a child that ends because of them is not the cause.
    if here.running is not None and (dead := here.running.poll()):
        raise Mistake(f"{dead} has ended by itself, so everything ends. Its log is in the data folder.")
    for child in children:
        child.require_alive()
