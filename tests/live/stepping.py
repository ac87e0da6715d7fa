"""Cancelling something after exactly so many of its steps."""

import asyncio
import types
from collections.abc import Coroutine, Generator
from typing import Any


@types.coroutine
def _cancelled_at(work: Coroutine[Any, Any, Any], wait: int) -> Generator[Any, Any, Any]:
    """Runs `work`, and cancels the task that it runs in when it waits for the `wait`th time."""
    steps = work.__await__()
    answer, error, waits = None, None, 0
    while True:
        try:
            waited_for = steps.send(answer) if error is None else steps.throw(error)
        except StopIteration as end:
            return end.value
        waits += 1
        if waits == wait:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
        answer, error = None, None
        try:
            answer = yield waited_for
        except BaseException as thrown:
            error = thrown


async def _run(work: Coroutine[Any, Any, Any], wait: int) -> None:
    await _cancelled_at(work, wait)


async def cancelled_at_wait(work: Coroutine[Any, Any, Any], wait: int) -> bool:
    """Whether it was cancelled while it waited for the `wait`th time; otherwise it came to its end before."""
    return await _was_cancelled(asyncio.create_task(_run(work, wait)))


async def cancelled_after_turns(work: Coroutine[Any, Any, Any], turns: int) -> bool:
    """As above, but after so many turns of the event loop, whatever task they belong to."""
    task = asyncio.create_task(work)
    loop = asyncio.get_running_loop()

    def turn(left: int) -> None:
        if left:
            loop.call_soon(turn, left - 1)
        else:
            task.cancel()

    turn(turns)
    return await _was_cancelled(task)


async def _was_cancelled(task: asyncio.Task[Any]) -> bool:
    await asyncio.wait([task])
    if task.cancelled():
        return True
    task.result()
    return False
