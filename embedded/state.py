"""What the runner of a folder writes down, for those who join it and for the runner after a crash."""

import json
import os
import signal
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from embedded.folder import Folder
from embedded.pids import birth
from embedded.process import Child
from embedded.servers import Servers

# PostgreSQL gives its own children five seconds after a SIGQUIT.
PATIENCE = 8.0


@dataclass(frozen=True, slots=True)
class Process:
    """A process that can be recognised later, when its number may belong to another."""

    pid: int
    born: str | None
    # The signal that ends it at once and safely.
    end: int = signal.SIGKILL

    @classmethod
    def of(cls, child: Child) -> "Process":
        return cls(child.pid, birth(child.pid), child.program.orphaned)

    @classmethod
    def of_this_process(cls) -> "Process":
        return cls(os.getpid(), birth(os.getpid()))

    @property
    def alive(self) -> bool:
        return self.born is not None and birth(self.pid) == self.born


@dataclass(slots=True)
class State:
    """The note in the folder."""

    runner: Process
    children: list[Process] = field(default_factory=list)
    # Temporary folders outside the data folder.
    scratch: list[str] = field(default_factory=list)
    # Only when both servers answer.
    servers: Servers | None = None

    @classmethod
    def of_this_process(cls) -> "State":
        return cls(Process.of_this_process())

    @classmethod
    def read(cls, folder: Folder) -> "State | None":
        """The note, or None if there is none that can be read (it is only a note)."""
        try:
            return _from_json(json.loads(folder.state.read_bytes()))
        except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
            return None

    def write(self, folder: Folder) -> None:
        """Replace the note."""
        folder.replace(folder.state, json.dumps(asdict(self)))

    def end_children(self) -> None:
        """See the last runner's servers gone. On Linux they are dying already; elsewhere nobody told them."""
        for process in self.children:
            if process.alive:
                os.kill(process.pid, process.end)
        deadline = time.monotonic() + PATIENCE
        for process in self.children:
            while process.alive:
                if time.monotonic() > deadline:
                    os.kill(process.pid, signal.SIGKILL)
                time.sleep(0.02)


def _from_json(data: dict[str, Any]) -> State:
    return State(
        runner=Process(**data["runner"]),
        children=[Process(**child) for child in data["children"]],
        scratch=data["scratch"],
        servers=Servers(**data["servers"]) if data["servers"] else None,
    )
