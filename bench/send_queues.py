"""What the kernel holds of a server's writes because the other side does not read."""

from collections.abc import Iterable
from pathlib import Path

_ESTABLISHED = "01"


def send_queues(port: int, peers: Iterable[int]) -> list[int]:
    """Bytes, for each connection that a server at this port has to one of those ports; see /proc/net/tcp in proc(5)."""
    wanted = {(port, peer) for peer in peers}
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [
        int(line[4].partition(":")[0], 16)
        for line in lines
        if line[3] == _ESTABLISHED and (_port(line[1]), _port(line[2])) in wanted
    ]


def _port(address: str) -> int:
    return int(address.partition(":")[2], 16)
