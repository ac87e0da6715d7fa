"""One of those that are compared: a server, its sockets, and where its changes come from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bench.audience import Audience
from bench.burst import Burst, burst
from bench.changes import Changes
from bench.measure import TooLate, median, percentile

#: About so long are the changes of a round made one at a time, and about so long those made back to back.
SECONDS = 0.6
MOST_CHANGES = 20
#: Who takes longer than this for one change is left out.
TOO_LONG = 5.0


@dataclass(frozen=True, slots=True)
class Figures:
    """Of some changes. CPU is in microseconds: the server's, but for `client_cpu`, which the process with the
    sockets spends on a frame. Rates are a second; latencies are milliseconds from the change to the frame."""

    changes: int
    cpu_of_frame: float
    cpu_of_told: float
    client_cpu: float
    deliveries: float
    told: float
    p50: float
    p99: float

    @classmethod
    def of(cls, bursts: Sequence[Burst]) -> "Figures":
        """All of them together."""
        cpu, seconds = sum(one.cpu for one in bursts) * 1e6, sum(one.seconds for one in bursts)
        frames, told = sum(one.frames for one in bursts), sum(one.told for one in bursts)
        latencies = [latency for one in bursts for latency in one.latencies]
        return cls(
            changes=sum(len(one.moments) for one in bursts),
            cpu_of_frame=cpu / frames,
            cpu_of_told=cpu / told,
            client_cpu=sum(one.client_cpu for one in bursts) * 1e6 / frames,
            deliveries=frames / seconds,
            told=told / seconds,
            p50=median(latencies),
            p99=percentile(latencies, 99),
        )


class Round(NamedTuple):
    """What one side did in one round: with changes one at a time, and with changes back to back."""

    single: Figures
    burst: Figures


class Side:
    """Measures as many changes as fit into a round."""

    def __init__(self, name: str, audience: Audience, changes: Changes) -> None:
        self.name = name
        self.audience = audience
        self.changes = changes
        self.skipped = ""
        #: The bytes of a change's frame.
        self.frame_size = 0
        self._repeats = 1

    async def prepare(self, size: int) -> bool:
        """Have so many sockets, and see how many changes fit. False, with the reason in `skipped`, when none does."""
        self.skipped = ""
        try:
            await self.audience.grow_to(size)
            one = await burst(self.audience, self.changes)
            if one.seconds < TOO_LONG:
                # The first one may have had to warm up.
                one = await burst(self.audience, self.changes)
        except TooLate as late:
            self.skipped = str(late)
            return False
        if one.seconds > TOO_LONG:
            self.skipped = f"one change takes {one.seconds:.1f} s"
            return False
        self.frame_size = len(one.messages[0].text)
        self._repeats = max(1, min(MOST_CHANGES, int(SECONDS / one.seconds)))
        return True

    async def measure(self) -> Round:
        """One round."""
        single = [await burst(self.audience, self.changes) for _ in range(self._repeats)]
        return Round(Figures.of(single), Figures.of([await burst(self.audience, self.changes, self._repeats)]))
