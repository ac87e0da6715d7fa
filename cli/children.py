"""The processes of ours that `jobwire run` starts: how they begin, how they end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from cli.mistakes import Mistake

#: Requests that are being answered when the server stops have so many seconds, and no request takes longer.
GRACE = 20
_OURS = Path(__file__).parents[1]


class Child:
    """A `jobwire` process. It never outlives this one: the kernel sees to that."""

    def __init__(self, name: str, command: str, environment: Mapping[str, str]) -> None:
        self.name = name
        # -P and PYTHONPATH: in whatever folder this runs, it is our package that is started.
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "cli", command, "--parent", str(os.getpid())],
            env={**os.environ, **environment, "PYTHONPATH": str(_OURS)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            # A Ctrl-C in the terminal is for us; we then end it in order.
            start_new_session=True,
        )

    def require_alive(self) -> None:
        """A Mistake when it has ended."""
        code = self.process.poll()
        if code is None:
            return
        how = f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
        raise Mistake(f"The {self.name} process has ended by itself ({how}), so everything ends.")


def stop(children: Sequence[Child], patience: float) -> None:
    """End them all, together, the hard way for those that are not gone after `patience` seconds."""
    deadline = time.monotonic() + patience
    for child in children:
        child.process.send_signal(signal.SIGTERM)
    for child in children:
        try:
            child.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()
        assert child.process.stdout is not None
        child.process.stdout.close()
