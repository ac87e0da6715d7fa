"""The oracle: the state that a client built equals a fresh query under its member's present scope."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from tests.system.oracle.api import Api, SignedOut, Unavailable
from tests.system.oracle.atlas import Person
from tests.system.oracle.client import Client
from tests.system.oracle.replica import View, view_of_answers

#: How long clients may take to catch up with a firm that nobody changes, in seconds.
DEADLINE = 60.0
GLANCE = 0.05
MISSING = "(nothing)"


@dataclass
class Judge:
    """Compares while nobody writes. `when` names the moment."""

    api: Api
    seed: str
    moments: int = 0
    #: Seconds, of which for the fresh queries, when, and who was last.
    slowest: tuple[float, float, str, str] = (0, 0, "", "")
    _seen: dict[str, tuple[int, int, bool]] = field(default_factory=dict)

    async def agree(self, clients: Sequence[Client], when: str) -> None:
        """Wait until every client shows what a fresh query answers, or say who does not and where it differs."""
        began = time.monotonic()
        fresh = await self.fresh(clients)
        asked = time.monotonic() - began
        waiting, last = list(clients), ""
        self._seen.clear()
        while waiting := [client for client in waiting if not self._settled(client, fresh)]:
            last = waiting[-1].name
            if time.monotonic() - began > DEADLINE:
                raise AssertionError(await self._report(waiting, when))
            await asyncio.sleep(GLANCE)
        self.moments += 1
        self.slowest = max(self.slowest, (time.monotonic() - began, asked, when, last))
        if wrong := [client for client in clients if client.faults]:
            faults = "\n".join(f"{client.name} ({client.person.email}): {client.faults[:3]}" for client in wrong)
            raise AssertionError(f"seed {self.seed}, {when}: {faults}")

    def told(self) -> str:
        """How often it compared, and how long the clients took to be right."""
        took, asked, when, last = self.slowest
        return f"{self.moments} comparisons, the slowest {when}: {took:.1f} s, {asked:.1f} s to ask; last came {last}"

    async def fresh(self, clients: Iterable[Client]) -> dict[str, View | None]:
        """What a fresh query answers each member; None for who is shut out."""
        people = {client.person.email: client.person for client in clients}
        views = await asyncio.gather(*(self._ask(person, at) for at, person in enumerate(people.values())))
        return dict(zip(people, views, strict=True))

    async def _ask(self, person: Person, first: int) -> View | None:
        refusals = 0
        for at in range(first, first + 1_000):
            try:
                return view_of_answers((await self.api.snapshot(person, at)).boards)
            except SignedOut:
                # The token may be of a session that ended before the member was let in again.
                refusals += 1
                if refusals > 1:
                    return None
            except Unavailable:
                await asyncio.sleep(GLANCE)
        raise AssertionError("No server answers.")

    def _settled(self, client: Client, fresh: dict[str, View | None]) -> bool:
        seen = (client.frames, client.snapshots, client.out)
        if self._seen.get(client.name) == seen:
            return False
        self._seen[client.name] = seen
        return agrees(client, fresh[client.person.email])

    async def _report(self, waiting: Sequence[Client], when: str) -> str:
        fresh = await self.fresh(waiting)
        wrong = [client for client in waiting if not agrees(client, fresh[client.person.email])]
        if not wrong:
            return f"seed {self.seed}, {when}: too late, or what a fresh query answers changed while nobody wrote"
        lines = [f"seed {self.seed}, {when}: {len(wrong)} clients differ: {', '.join(c.name for c in wrong)}"]
        for client in wrong[:3]:
            lines += _described(client, fresh[client.person.email])
        return "\n".join(lines)


def agrees(client: Client, fresh: View | None) -> bool:
    """Whether the client shows this, or has been told that it is shut out."""
    if fresh is None:
        return client.out
    return client.replica is not None and client.replica.view() == _asked_for(client, fresh)


def differences(client: Client, fresh: View) -> list[str]:
    """Each field that differs, with what the client shows and what the query answers."""
    shown = _flat({} if client.replica is None else client.replica.view())
    right = _flat(_asked_for(client, fresh))
    return [
        f"{key}: shows {shown.get(key, MISSING)!r}, is {right.get(key, MISSING)!r}"
        for key in sorted(shown.keys() | right.keys())
        if shown.get(key, MISSING) != right.get(key, MISSING)
    ]


def _asked_for(client: Client, fresh: View) -> View:
    return fresh if client.pipelines is None else {id: fresh[id] for id in client.pipelines if id in fresh}


def _flat(view: View) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for id, pipeline in view.items():
        flat[f"{id} name"] = pipeline["name"]
        flat[f"{id} stages"] = [stage["id"] for stage in pipeline["stages"]]
        for stage in pipeline["stages"]:
            flat[f"{stage['id']} name"] = stage["name"]
            flat[f"{stage['id']} cards"] = [job["id"] for job in stage["jobs"]]
            for job in stage["jobs"]:
                flat |= {f"{job['id']} {name}": value for name, value in job.items()}
    return flat


def _described(client: Client, fresh: View | None) -> list[str]:
    who = f"{client.name} of {client.person.email}, cursor {client.cursor}, out {client.out}, at server {client.at % 2}"
    if fresh is None:
        return [f"{who}: the member is shut out, and the client has not been told"]
    return [who, *islice(differences(client, fresh), 8), "the last that it got:", *client.last]
