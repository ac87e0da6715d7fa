"""One worker for the benchmarks: `python -m bench.work DATABASE_URL REDIS_URL`. It is the product's, with the follower
of `bench.conveyor`, and ends with its standard input."""

import os
import signal
import sys
import threading

from bench.conveyor import Conveyor
from cli import worker
from common.logging_setup import set_up_logging
from common.settings import Settings


def _end_with_stdin() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


def _work(database_url: str, redis_url: str) -> None:
    set_up_logging("INFO")
    worker.FOLLOWERS = (Conveyor(),)  # type: ignore[attr-defined]
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    worker.work(Settings(database_url=database_url, redis_url=redis_url))


if __name__ == "__main__":
    _work(*sys.argv[1:])
