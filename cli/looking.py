"""`jobwire watch`: who looks at which board of which server."""

import sys

from cli.failing import Mistake
from cli.listening import graphql_url
from settings import Settings
from terminal import ask_secret


def look(settings: Settings, pipeline: str | None, *, email: str, url: str | None, token: str | None) -> None:
    """Watch until Ctrl-C. The demo's people need no password; others are asked for theirs."""
    from demo.people import OTHER_OWNER, OWNER, PASSWORD, TEAM
    from watch.main import run

    demo = {person.email for person in (OWNER, OTHER_OWNER, *TEAM)}
    password = None
    if token is None:
        password = PASSWORD if email in demo else _ask(email)
    code = run(
        url=url or graphql_url(settings.host, settings.port),
        email=email,
        password=password,
        pipeline=pipeline,
        token=token,
    )
    sys.exit(code)


def _ask(email: str) -> str:
    if not sys.stdin.isatty():
        raise Mistake(f"There is no terminal to ask for the password of {email}: use --token.")
    return ask_secret(f"Password of {email}: ")
