"""`jobwire watch`: from what was asked for to a board that follows."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from common.terminal import complain, screen
from watch.board import Board
from watch.client import Client
from watch.documents import PIPELINES, WHO
from watch.lines import Lines
from watch.session import Session
from watch.store import Store
from watch.trouble import Lost, TokenRefused, Trouble


def run(
    *, url: str | Callable[[], str], email: str, password: str | None, pipeline: str | None, token: str | None
) -> int:
    """Show a pipeline's board, live, until Ctrl-C. Returns the exit code.

    `url` is the API's address, such as http://127.0.0.1:8000/graphql, or what finds it; `pipeline` a name or an id, the
    first one when left out. With a `token` neither e-mail address nor password matter.
    """
    try:
        asyncio.run(_watch(Session(url, email, password if token is None else None, access=token), pipeline))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 0
    except BrokenPipeError:
        # Whoever read the lines has left. What is still buffered must not complain at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Trouble as trouble:
        complain(trouble)
        return 1
    return 0


async def _watch(session: Session, wanted: str | None) -> None:
    _end_on_terminate()
    viewer, pipeline = await _start(session, wanted)
    store = Store()
    who = viewer["member"]["name"]
    if sys.stdout.isatty():
        with Board(screen(), store, session, pipeline, who) as board:
            await asyncio.gather(Client(session, pipeline["id"], board, store).follow(), board.keep_drawing())
    else:
        await Client(session, pipeline["id"], Lines(store, session, pipeline, who), store).follow()


def _end_on_terminate() -> None:
    """SIGTERM ends it as Ctrl-C does, and leaves the terminal as it was."""
    task = asyncio.current_task()
    assert task is not None
    with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):  # only the main thread hears signals
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


async def _start(session: Session, wanted: str | None) -> tuple[dict[str, Any], dict[str, str]]:
    """Who is signed in, and the pipeline. Nobody waits for a server that was not there to begin with."""
    try:
        viewer = (await session.ask(WHO))["viewer"]
        return viewer, _choose(await _pipelines(session), wanted)
    except Lost as lost:
        raise Trouble(
            f"{f'No Jobwire server at {session.url}: ' if session.url else ''}{lost} "
            "Start one with `jobwire run`, or give the address of the one that runs with --url."
        ) from None
    except TokenRefused as refusal:
        raise Trouble(f"The token is refused. {refusal}") from None


async def _pipelines(session: Session) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    after = None
    while True:
        page = (await session.ask(PIPELINES, after=after))["pipelines"]
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


def _choose(pipelines: list[dict[str, str]], wanted: str | None) -> dict[str, str]:
    if not pipelines:
        raise Trouble("No pipeline is available to you. Ask an admin to make one available, or sign in as an admin.")
    if wanted is None:
        return pipelines[0]
    for pipeline in pipelines:
        if wanted == pipeline["id"] or wanted.casefold() == pipeline["name"].casefold():
            return pipeline
    names = ", ".join(pipeline["name"] for pipeline in pipelines[:20])
    raise Trouble(f"There is no pipeline {wanted!r} that you see. You see: {names}.")
