"""`jobwire followers`: who follows the logs, and to release one that the logs are kept for in vain."""

from datetime import UTC, datetime

from cli.mistakes import Mistake
from cli.operator import on_database
from common.settings import Settings
from common.terminal import say
from models.followers.standing import Standing, followers, release


def list_followers(settings: Settings) -> None:
    """Print each with what it is behind in, a line each."""

    async def read() -> str:
        now = datetime.now(UTC)
        return "\n".join(_line(standing, now) for standing in await followers()) or "Nobody follows the logs."

    say(*on_database(settings, read).splitlines())


def release_follower(settings: Settings, name: str) -> None:
    """Let the logs go on without it."""

    async def let_go() -> str:
        dropped = await release(name)
        if dropped is None:
            raise Mistake(f"No follower is called {name}. `jobwire followers` names them.")
        return f"{name} is released: the logs are not kept for it any more. Runs that it had still to do: {dropped}."

    say(on_database(settings, let_go))


def _line(standing: Standing, now: datetime) -> str:
    if standing.since is None:
        how = "has read everything"
    else:
        stands = "STANDS STILL" if standing.stands_still(now) else "is behind"
        how = f"{stands} in {_number(standing.behind, 'firm')} since {standing.since:%Y-%m-%d %H:%M} UTC"
    runs = f"{_number(standing.pending, 'run')} to do, {standing.failed} failed"
    return f"{standing.name}: {how}; {runs}." + (f" {standing.reason}" if standing.reason else "")


def _number(number: int, of: str) -> str:
    return f"{number} {of}" if number == 1 else f"{number} {of}s"
