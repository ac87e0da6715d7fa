"""A firm in which everything happened, at many places; and somebody who sees some of it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import cycle
from uuid import UUID

from tortoise.transactions import in_transaction

from models.audiences import Audience
from models.events import Event
from models.ids import new_id
from models.log import Logged, append
from models.rights import Right
from models.rows import Member
from models.scope import Scope
from models.visibility import shown
from tests.api.furnished import Furnished
from tests.api.peers import sample
from tests.world import World


@dataclass
class Eventful:
    """`log` is what happened, the newest first."""

    firm: Furnished
    accounts: list[UUID]
    pipelines: list[UUID]
    log: list[Logged]

    @classmethod
    async def build(cls, seed: int, kinds: Sequence[type[Event]]) -> Eventful:
        """A fresh firm to which such events happened."""
        chance, firm = random.Random(seed), await Furnished.build()
        world = firm.world
        accounts = [world.account.id, new_id(), new_id()]
        pipelines = [world.pipeline.id, new_id(), new_id()]
        # Each in its turn: by luck some would not happen at all.
        turns = cycle(chance.sample(list(kinds), len(kinds)))
        for _ in range(len(kinds) // 2):
            by = chance.choice((world.owner, world.admin, world.employee))
            events = [_happening(chance, firm, next(turns), accounts, pipelines) for _ in range(chance.randint(1, 5))]
            await record(world, events, by)
        return cls(firm, accounts, pipelines, (await world.events())[::-1])

    @property
    def world(self) -> World:
        """The firm."""
        return self.firm.world

    def scope(self, chance: random.Random) -> Scope:
        """Somebody's."""
        rights = frozenset(right for right in Right if chance.random() < 0.3)
        return Scope(
            self.world.firm.id, Audience.TEAM, rights, _some(chance, self.accounts), _some(chance, self.pipelines)
        )


def _some(chance: random.Random, ids: Sequence[UUID]) -> frozenset[UUID] | None:
    return None if chance.random() < 0.2 else frozenset(id for id in ids if chance.random() < 0.5)


def _happening(
    chance: random.Random,
    firm: Furnished,
    kind: type[Event],
    accounts: Sequence[UUID],
    pipelines: Sequence[UUID],
) -> Event:
    places = {"account": chance.choice(accounts), "pipeline": chance.choice(pipelines)}
    event = sample(kind, firm.things | places)
    if "from_pipeline" in event.__dataclass_fields__:
        event = replace(event, from_pipeline=chance.choice(pipelines))  # type: ignore[call-arg]
    return event


async def record(world: World, events: list[Event], by: Member | None = None) -> None:
    """Write events to the log, as if this had happened in one revision."""
    async with in_transaction():
        await append(world.acting(by or world.owner), events, datetime.now(UTC))


def told(event: Event, scope: Scope) -> bool:
    """Whether it is shown, and not only that something left sight."""
    return type(shown(event, scope)) is type(event)


def told_of(log: Sequence[Logged], scope: Scope) -> list[Logged]:
    """Of these events those that are shown, as they are shown."""
    found = [(logged, shown(logged.event, scope)) for logged in log if told(logged.event, scope)]
    return [replace(logged, event=event) for logged, event in found if event is not None]
