"""Changes, one or some back to back, and what became of them at every socket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.audience import PATIENCE, Audience, Message
from bench.changes import Changes
from bench.measure import TooLate
from bench.process import cpu_of


@dataclass(frozen=True, slots=True)
class Burst:
    """`moments` is when each revision was there to be told of; `cpu` are the seconds that the server spent from
    before to after, and `client_cpu` those of the process with the sockets."""

    moments: Mapping[int, float]
    messages: Sequence[Message]
    cpu: float
    client_cpu: float
    sockets: int

    @property
    def frames(self) -> int:
        """How many frames arrived. One may tell of several changes."""
        return sum(len(message.times) for message in self.messages)

    @property
    def told(self) -> int:
        """How many times a socket was told of a change."""
        return len(self.moments) * self.sockets

    @property
    def seconds(self) -> float:
        """From the first change to the last frame."""
        return max(max(message.times) for message in self.messages) - min(self.moments.values())

    @property
    def latencies(self) -> list[float]:
        """Milliseconds from each change to each socket."""
        return [
            (at - moment) * 1000
            for message in self.messages
            for revision, moment in self.moments.items()
            if message.previous < revision <= message.revision
            for at in message.times
        ]

    def check(self) -> None:
        """Every socket was told of every change, once: anything else is not a measurement but a defect."""
        for message in self.messages:
            if len(set(message.sockets)) != len(message.sockets):
                raise SystemExit(f"A frame came twice: {message.text[:200]}")
        told = sum(
            len(message.times)
            for message in self.messages
            for revision in self.moments
            if message.previous < revision <= message.revision
        )
        if told != self.told:
            raise SystemExit(f"Changes that sockets were told of: {told:,}, not {self.told:,}.")


async def burst(
    audience: Audience, changes: Changes, number: int = 1, *, sockets: int | None = None, patience: float = PATIENCE
) -> Burst:
    """Make so many changes and wait until all sockets (or so many, when only those may see them) have them.
    `TooLate` when they have not."""
    sockets = audience.size if sockets is None else sockets
    expected = await audience.expect(await changes.head() + number, count=sockets, patience=patience)
    before, of_client = audience.server.cpu, cpu_of(audience.pid)
    moments = await changes.make(number)
    messages, missing = await expected.whatever_comes()
    if missing:
        raise TooLate(
            f"{missing:,} of {sockets:,} sockets had not heard of the last change in {patience:.0f} s", missing
        )
    of_client = cpu_of(audience.pid) - of_client
    found = Burst(moments, messages, await audience.server.cpu_at_rest() - before, of_client, sockets)
    found.check()
    return found
