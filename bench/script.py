"""What a caller says again and again, byte by byte: what no client library would send is part of it."""

from dataclasses import asdict, dataclass
from typing import Any

#: Stand in what is said, and are different each time: a number that is also a name, the network that the caller says
#: it is in to a server that believes it, a token of a member.
NUMBER, NETWORK, TOKEN = "N00000000", "{network}", "{token}"
#: Left out on a connection that is from another address itself.
FORWARDED = f"X-Forwarded-For: {NETWORK}\r\n"

#: What a line may wait for, besides text that comes: the answer to an HTTP request, or the end of the connection, which
#: a websocket is told of.
RESPONSE, CLOSED = "<response>", "<closed>"


@dataclass(frozen=True, slots=True)
class Line:
    """Bytes in latin-1, or with an opcode the payload of a websocket's frame; and what must have come before the next
    line, if anything."""

    text: str
    until: str | None = None
    opcode: int | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """One caller's. `each` is said over and over, on a new connection after so many times."""

    each: tuple[Line, ...]
    #: Said first on each connection.
    opening: tuple[Line, ...] = ()
    repeat: int | None = None
    #: How many requests or frames `each` is.
    units: int = 1
    #: From an address of the loopback network for each connection: for what is counted before anything is said.
    direct: bool = False
    #: So many connections are left open behind it.
    held: int = 0

    def plain(self) -> dict[str, Any]:
        """For the process that follows it."""
        return asdict(self)

    @classmethod
    def read(cls, plain: dict[str, Any]) -> "Script":
        """The same again."""
        lines = {name: tuple(Line(**line) for line in plain[name]) for name in ("each", "opening")}
        return cls(**{**plain, **lines})
