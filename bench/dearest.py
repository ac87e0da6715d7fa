"""The dearest documents that a caller may send: all sorts that the tests know, at several sizes, sent and compared.

Each is sent under a new name, beside an operation that does nothing and is the one to run: so nothing that was kept is
of use, all of it is parsed, measured and validated, and what is accepted takes no time to execute.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.flood import Flooder
from bench.outcome import ANSWERED, REFUSED
from bench.requests import asking, operation, post
from bench.script import NUMBER, TOKEN, Script
from bench.threads import spent_by
from engine.limits import Limits
from tests.engine.hostile import HOSTILE, Make, largest

_NAMELESS = re.compile(r"^(query|mutation|subscription)?\s*(?=[({])")
SIGNED = f"Authorization: Bearer {TOKEN}"


#: So many of each outcome are looked at again, and so many times as often.
CANDIDATES, AGAIN = 12, 5


@dataclass(frozen=True, slots=True)
class Sent:
    """A document of some sort, as it is sent."""

    sort: str
    size: int
    script: Script


@dataclass(frozen=True, slots=True)
class Dear:
    """What becomes of it, and the milliseconds that it takes: of the event loop, and of all threads together."""

    sent: Sent
    outcome: str
    ms: float
    in_all: float

    @property
    def name(self) -> str:
        """For the table."""
        return f"{self.sent.sort}, {self.sent.size:,}"


async def dearest(flooder: Flooder, limits: Limits, tokens: Sequence[str], times: int) -> list[Dear]:
    """All of them, the dearest first. Without tokens they are sent by nobody.

    The machine now and then makes a few of them dear that are not: so the first of each outcome are sent again, more
    often, and come before the others by what they took then.
    """
    found = [await _sent(flooder, script, tokens, times) for script in _scripts(limits, signed=bool(tokens))]
    first: list[Dear] = []
    for outcome in (ANSWERED, REFUSED):
        some = sorted((dear for dear in found if dear.outcome == outcome), key=_dearness)
        first += [await _sent(flooder, dear.sent, tokens, AGAIN * times) for dear in some[:CANDIDATES]]
    again = {dear.sent for dear in first}
    return [*sorted(first, key=_dearness), *sorted((d for d in found if d.sent not in again), key=_dearness)]


async def _sent(flooder: Flooder, sent: "Sent", tokens: Sequence[str], times: int) -> Dear:
    before = spent_by(flooder.server)
    said = await flooder.follow(sent.script, tokens=tokens, count=times)
    spent = spent_by(flooder.server).since(before)
    if said.usual not in (ANSWERED, REFUSED):
        raise SystemExit(f"{sent.sort}, {sent.size}: {said.outcomes}, where it should be answered or refused.")
    each = 1000 / times
    return Dear(sent, said.usual, spent.loop * each, (spent.loop + spent.beside) * each)


def _dearness(dear: Dear) -> float:
    return -dear.ms


def _scripts(limits: Limits, *, signed: bool) -> Iterator[Sent]:
    headers = (SIGNED,) if signed else ()
    kind = "query" if signed else "mutation"
    for sort, make in HOSTILE.items():
        beside = _beside(make, kind)
        for size in _sizes(beside, limits):
            body = operation(beside(size), NUMBER)
            yield Sent(sort, size, asking(post(body, *headers)))


def _sizes(make: Make, limits: Limits) -> list[int]:
    """The largest that can be read, parts of it, the largest that is read at all, and what is over a limit."""
    read, tried = largest(make, limits, parsed=True), largest(make, limits)
    return sorted({read // 4, read // 2, read, tried, 2 * tried + 50})


def _beside(make: Make, kind: str) -> Make:
    """The document with one more operation, which does nothing."""

    def made(size: int) -> str:
        named = _NAMELESS.sub(lambda found: f"{found[1] or 'query'} Hostile ", make(size), count=1)
        return f"{kind} {NUMBER} {{ __typename }} {named}"

    return made
