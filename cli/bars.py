"""A bar on the terminal that shows how far something is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn

from common.terminal import screen


@contextmanager
def bar(of: str, reached: ProgressColumn | None = None, **shown: Any) -> Iterator[Callable[..., None]]:
    """A bar of these things, as long as the block takes and stderr is a terminal. It is told what is completed and the
    total, and anew what the column `reached` shows besides."""
    columns = (TextColumn(of), BarColumn(), reached or MofNCompleteColumn(), TimeRemainingColumn())
    console = screen(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(of, total=None, **shown)
        yield lambda done, total, **fields: progress.update(task, completed=done, total=total, **fields)
