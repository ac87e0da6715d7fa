"""What the walks over the API need to know of a kind besides what it declares: how one of it is made.

Each module of tests/kinds says so of one kind, and how its events come about. That is all that a new kind needs to be
found by the walls between tenants and within a firm, by the rights, by the statements that are counted, by the events
that must be sufficient. Kinds that are older than these walks stand in them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

import tests.kinds
from models.actor import Actor
from models.ids import Kind
from models.rows import AccountMember
from tests.lives import Life


@dataclass(frozen=True)
class Spot:
    """Where a thing is to be: at an account and, if its kind can be, linked to a job of it."""

    account: UUID
    job: UUID | None = None


async def of_team(spot: Spot, otherwise: Actor) -> UUID:
    """A member of the account's team; where there is none, this one."""
    team = await AccountMember.filter(account_id=spot.account).order_by("id").first()
    assert otherwise.id is not None
    return otherwise.id if team is None else team.member_id


#: Makes a thing, as this actor, with this word in each of its texts.
Make = Callable[[Actor, str, Spot], Awaitable[UUID]]


@dataclass(frozen=True, kw_only=True)
class Specimens:
    """How things of a kind are made."""

    kind: Kind
    make: Make
    #: With what they go out of sight, whatever the policy says: `account`, `pipeline`; the whole team sees others.
    hidden_with: frozenset[str]
    #: Further ones that a firm has, by what they are for: `second note`, `loose note`.
    further: Mapping[str, Make] = field(default_factory=dict)
    #: Which of the firm's things a mutation needs, where the usual one of its kind will not do:
    #: `linkNote.noteId` the `loose note`.
    chosen: Mapping[str, str] = field(default_factory=dict)
    #: By mutation that says how one is to be: SQL that puts it ($1) into a state that the mutation itself would refuse.
    not_any_more: Mapping[str, Sequence[str]] = field(default_factory=dict)
    #: What a row has under a field of its filter, where no column says so by its name: ids, values, a day, or whether.
    facts: Mapping[str, Callable[[Any], Awaitable[Any]]] = field(default_factory=dict)
    #: What is done to a linked item of the kind, from its beginning to its end.
    lives: Sequence[Life] = ()


@cache
def specimens() -> tuple[Specimens, ...]:
    """Those of each module of tests/kinds."""
    names = sorted(module.name for module in pkgutil.iter_modules(tests.kinds.__path__))
    return tuple(importlib.import_module(f"tests.kinds.{name}").SPECIMENS for name in names)
