"""`jobwire watch`: who looks at which board of which server."""

import sys

from cli.addresses import NoServer, find_server
from cli.mistakes import Mistake
from common.settings import Settings
from common.terminal import ask_secret
from watch.trouble import Lost


def look(settings: Settings, pipeline: str | None, *, email: str, url: str | None, token: str | None) -> None:
    """Watch until Ctrl-C. The demo's people need no password; others are asked for theirs."""
    from demo.people import OTHER_OWNER, OWNER, PASSWORD, TEAM
    from watch.main import run

    demo = {person.email for person in (OWNER, OTHER_OWNER, *TEAM)}
    password = None
    if token is None:
        password = PASSWORD if email in demo else _ask(email)
    code = run(
        url=url or (lambda: _find(settings)),
        email=email,
        password=password,
        pipeline=pipeline,
        token=token,
    )
    sys.exit(code)


def _find(settings: Settings) -> str:
    """The address as it is now. A server that comes back may have another."""
    try:
        return find_server(settings)
    except NoServer as reason:
        raise Lost(str(reason)) from None


def _ask(email: str) -> str:
    if not sys.stdin.isatty():
        raise Mistake(f"There is no terminal to ask for the password of {email}: use --token.")
    return ask_secret(f"Password of {email}: ")
