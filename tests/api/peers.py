"""Members who may see the same, in a firm whose log holds every kind of event."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson
from tortoise.transactions import in_transaction

from models.commands.time import log_time, update_time_entry
from models.event_kinds import KINDS, VIEWS
from models.events import Event, TimeEvent, field_types
from models.events.values import CHANGES, FieldType
from models.firm.saved_views import SavedViewEvent, create_saved_view
from models.ids import new_id
from models.log import Logged, append
from models.money import Money
from models.position import Position
from models.rights import Right
from models.rows import AccountMember, Member
from models.scope import Viewer
from models.sign_in import authenticate, issue_for
from models.visibility import shown
from subscriptions.message import Message
from tests.api.furnished import Furnished

#: The rights of each kind of employees. All of them see one account, in the pipelines that there are at first.
RIGHTS: dict[str, tuple[Right, ...]] = {
    "employees": (),
    "of budgets": (Right.MANAGE_TIME_BUDGETS,),
    "of time": (Right.MANAGE_TIME_BUDGETS, Right.MANAGE_TIME_ENTRIES),
}
PAIRS = ("leaders", *RIGHTS)


#: What is a link's own in the way to the bytes of a file.
LINK = re.compile(rb"\?link=[\w.-]+")


@dataclass
class Peers:
    """Pairs of members: of a pair, both may see the same. Each has time of their own, some of it out of sight:
    `entries` has one of each that is not."""

    firm: Furnished
    pairs: dict[str, tuple[Member, Member]]
    entries: list[UUID]
    log: list[Logged]

    @classmethod
    async def build(cls) -> Peers:
        """A fresh firm."""
        firm = await Furnished.build()
        world = firm.world
        pairs = {kind: (await firm.employee(*rights), await firm.employee(*rights)) for kind, rights in RIGHTS.items()}
        for member in (each for pair in pairs.values() for each in pair):
            await AccountMember.create(account_id=world.account.id, member_id=member.id)
        pairs["leaders"] = (world.owner, world.admin)
        hidden = await world.job("hidden", pipeline_id=(await world.new_pipeline("Hidden")).id)
        # Last what happened to time: a page of the job's history has it, however many kinds of events there are.
        await _record(firm, [sample(kind, firm.things) for kind in KINDS.values() if not issubclass(kind, TimeEvent)])
        entries = [await _log_time(firm, member, hidden.id) for pair in pairs.values() for member in pair]
        for member in (each for pair in pairs.values() for each in pair):
            await _save_a_view(firm, member)
        await _record(firm, [sample(kind, firm.things) for kind in KINDS.values() if issubclass(kind, TimeEvent)])
        return cls(firm, pairs, entries, await world.events())

    async def viewers(self, pair: str) -> tuple[Viewer, Viewer]:
        """Both of a pair, as of now, each signed in: who is not has no links to files."""
        one, two = [(await authenticate(await issue_for(member.id, 1))).viewer for member in self.pairs[pair]]
        assert one.scope == two.scope
        assert one.member_id != two.member_id
        return one, two

    def everything(self, viewer: Viewer, previous: int | None = None) -> Message:
        """All that a viewer may be told: of every event, and that every thing came and left."""
        last = self.log[-1]
        views = [
            replace(last, index=last.index + number, event=sample(kind, self.firm.things))
            for number, kind in enumerate(VIEWS.values(), start=1)
        ]
        told = [
            replace(logged, event=event)
            for logged in (*self.log, *views)
            if (event := shown(logged.event, viewer.scope)) is not None
        ]
        return Message(Position(viewer.epoch, last.revision), previous, False, told, viewer.scope)


def in_order(body: bytes) -> bytes:
    """The body, with its errors in the order of their paths: which of two loads comes first is a matter of chance. And
    links without their ends, which say until when they are good."""
    answer = orjson.loads(LINK.sub(b"?link=", body))
    if "errors" in answer:
        answer["errors"].sort(key=lambda error: [str(step) for step in error.get("path", ())])
    return orjson.dumps(answer)


async def _log_time(firm: Furnished, member: Member, hidden: UUID) -> UUID:
    """Log time on the job that all see, and some that is then put where employees see nothing. Every kind of event of
    time happens to the former."""
    world, job = firm.world, firm.things["job"]
    mine = (await log_time(world.acting(member), minutes=20, job_id=job, note=member.name)).value
    moved = (await log_time(world.acting(member), minutes=10, job_id=job, note=member.name)).value
    await update_time_entry(world.acting(world.owner), time_entry_id=moved.id, job_id=hidden)
    things = firm.things | {"time_entry": mine.id, "member": member.id}
    await _record(firm, [sample(kind, things) for kind in KINDS.values() if issubclass(kind, TimeEvent)])
    return mine.id


async def _save_a_view(firm: Furnished, member: Member) -> None:
    """A view of the member's own, to which everything happened that is told of shared ones."""
    view = (await create_saved_view(firm.world.acting(member), name="Mine")).value
    things = firm.things | {"saved_view": view.id, "member": member.id}
    kinds = [kind for kind in KINDS.values() if issubclass(kind, SavedViewEvent) and not kind.own_only]
    await _record(firm, [sample(kind, things) for kind in kinds])


async def _record(firm: Furnished, events: list[Event]) -> None:
    """Write events to the log, as if this had happened: each in a revision of its own."""
    for event in events:
        async with in_transaction():
            await append(firm.world.acting(firm.world.owner), [event], datetime.now(UTC))


def sample(kind: type[Event], things: Mapping[str, UUID]) -> Event:
    """Such an event of these things."""
    return kind(**{name: _value(of, things) for name, of in field_types(kind).items()})


def _value(of: FieldType, things: Mapping[str, UUID]) -> Any:
    if of is CHANGES:
        return {"name": ("old", "new"), "budget": (1, 2), "capacity": (3, None)}
    if of.kind is not None:
        value: Any = things[of.kind]
    elif of.of is UUID:
        value = new_id()
    else:
        value = next(iter(of.of)) if issubclass(of.of, StrEnum) else _VALUES[of.of]
    return (value,) if of.many else value


_VALUES: dict[type, Any] = {
    str: "text",
    int: 5,
    bool: True,
    date: date(2026, 4, 15),
    datetime: datetime(2026, 4, 15, 9, 30, tzinfo=UTC),
    Decimal: Decimal("12.50"),
    Money: Money(Decimal("12.50"), "USD"),
}
