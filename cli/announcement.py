"""What `jobwire run` says when it is ready."""

import shlex
import shutil
import sys
from pathlib import Path

from common.settings import Settings
from common.terminal import say


def announce(url: str, data_dir: Path | None, *, mail: Path | None, demo: bool) -> None:
    """Where to look, and who to sign in as. `data_dir` is None when the data are elsewhere, `mail` when mail is sent
    and not written to a folder."""
    say(
        "",
        "Jobwire is ready. Ctrl-C ends it.",
        "",
        *_where(url, data_dir),
        *([] if mail is None else [f"  Mail      {mail}   (what clients would get, as files)"]),
        *(_moving(data_dir) if demo else ()),
        *(_who(url) if demo else _nobody()),
        "",
    )


def _folder(data_dir: Path | None) -> str:
    usual = Settings.model_fields["data_dir"].default
    return "" if data_dir in (None, usual) else f"JOBWIRE_DATA_DIR={shlex.quote(str(data_dir))} "


def _moving(data_dir: Path | None) -> list[str]:
    told = "a client hands in what a job waits for: it moves on by itself"
    return [f"  Automove  {_folder(data_dir)}{_command()} demo --hand-in   {told}"]


def _where(url: str, data_dir: Path | None) -> list[str]:
    # Printed as they must be typed in a terminal that has none of our environment.
    command, folder = _command(), _folder(data_dir)
    board = f"{command} watch --url {url}" if data_dir is None else f"{folder}{command} watch"
    return [
        f"  GraphQL   {url}   (HTTP, server-sent events and websocket)",
        f"  Browser   {url.removesuffix('graphql')}   (what runs here, and GraphiQL)",
        f"  Board     {board}   in another terminal: the board, live",
        f"  Traffic   {folder}{command} demo --traffic   in a third: people who move cards",
    ]


def _who(url: str) -> list[str]:
    from demo.people import OTHER_OWNER, OWNER, PASSWORD, TEAM

    leaders = [OWNER.email, TEAM[0].email]
    employees = [person.email for person in TEAM[1:]]
    query = (
        f'mutation {{ signIn(input: {{email: \\"{OWNER.email}\\", password: \\"{PASSWORD}\\"}}) '
        "{ accessToken errors { message } } }"
    )
    return [
        f"  Sign in   {', '.join(leaders)}, {employees[0]} … {employees[-1]}",
        f"            {OTHER_OWNER.email}, of another firm",
        f"  Password  {PASSWORD}   (for all of them)",
        "",
        "  A token:",
        f"    curl -s {url} -H 'Content-Type: application/json' \\",
        f'      -d \'{{"query": "{query}"}}\'',
    ]


def _nobody() -> list[str]:
    return [f"  Sign in   as a member of a firm of yours ({_command()} create-firm NAME --owner EMAIL makes one)"]


def _command() -> str:
    """How this command is called from where we are."""
    called = Path(sys.argv[0]).absolute()
    if called.name != "jobwire" or shutil.which("jobwire") == str(called):
        return "jobwire"
    here = Path.cwd()
    return str(called.relative_to(here)) if called.is_relative_to(here) else str(called)
