"""A firm with secrets in everything that a right withholds, its members, who differ in their rights, and what each of
them may not be told."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.transactions import in_transaction

from models.automation.people_settings import AssigneeSettings
from models.database import sql
from models.event_kinds import KINDS
from models.events import Event, field_types, kind_of_thing
from models.events.values import CHANGES, FieldType
from models.ids import Kind, encode
from models.log import append
from models.money import Money
from models.rights import Right
from models.rows import JobAssignee, Member, model_of
from models.rows.base import known_models
from schema.permissions import FIELDS
from tests.api.furnished import Furnished
from tests.api.peers import sample
from tests.copies import Original
from tests.kinds.automations import make_with
from tests.planting import Planting, Secret, hidden_amount, hidden_number, hidden_one, hidden_text, planted

#: What rows of a class as a whole need.
OF_ROWS = {model.policy.right for model in known_models().values() if model.policy.right is not None}
#: Types of things that are at accounts.
AT_ACCOUNTS = {kind.title().replace("_", "") for kind, model in known_models().items() if model.policy.by_account}
#: Of what is told without an account: of the team, and of what is the firm's. Reports on that are for another right.
OF_FIRM = {
    needed.right
    for (of, _), needed in FIELDS.items()
    if of not in AT_ACCOUNTS | KINDS.keys() and re.search("(Figures|ReportRow|ReportCut)$", of) is None
} | {model.policy.right for model in known_models().values() if model.policy.right and not model.policy.by_account}
#: Of others' time, and of what is planned, sums are told in reports, and on jobs.
OF_SUMS = {Right.VIEW_REPORTS, Right.MANAGE_TIME_BUDGETS}
#: The rights without which something is not told.
WITHHOLDING = sorted({needed.right for needed in FIELDS.values() if needed.right is not None} | OF_ROWS | OF_SUMS)
#: Those that change what is done, and not what is read.
OTHERS = sorted(set(Right) - {*WITHHOLDING, Right.VIEW_ALL_ACCOUNTS})
#: Of which time there is more to be told to whoever sees that of others.
SHOWN_WITH = {Right.MANAGE_RATES: Right.MANAGE_TIME_ENTRIES}


@dataclass(frozen=True)
class Onlooker:
    """A member of the firm, and what they hold."""

    member: Member
    rights: frozenset[Right]
    #: Whether they see the account that everything is of. What is the firm's they see in any case.
    sees: bool = True

    @property
    def knowing(self) -> frozenset[Right]:
        """The rights by which secrets are none to them. Out of sight of the account only the firm's are told."""
        return self.rights if self.sees else self.rights & OF_FIRM

    def may_know(self, secret: Secret) -> bool:
        """Whether it is none to them."""
        return not self.knowing.isdisjoint(secret.known_with)


@dataclass
class Planted:
    """`onlookers` by what they may."""

    firm: Furnished
    onlookers: dict[str, Onlooker]
    secrets: list[Secret]

    @classmethod
    async def build(cls, kept: frozenset[Right] | None = None) -> Planted:
        """The firm that has the one set of secrets. Or, where it is said what is kept of them, its twin."""
        return await cls._anew("planted", Planting(twin=kept is not None, kept=kept or frozenset()))

    @classmethod
    async def copy(cls, word: str) -> Planted:
        """The former, in which something is to be changed."""
        return await _ORIGINAL.copy(word)

    @classmethod
    async def _anew(cls, word: str, planting: Planting) -> Planted:
        with planted(planting):
            firm = await Furnished.anew(f"{word}{next(_numbers()):03}")
            await tell(firm)
            await _staff(firm)
            await _wrong(firm)
        return cls(firm, await _onlookers(firm), [*planting.secrets, *await _nobodys(firm)])

    async def things(self) -> list[tuple[Kind, UUID]]:
        """Each of its things, in the order in which they were made."""
        every = " UNION ALL ".join(
            f"SELECT '{kind.value}' AS kind, id FROM {kind.value} WHERE firm_id = $1"
            for kind in set(Kind) - {Kind.FIRM}
        )
        rows = await sql(f"{every} ORDER BY kind, id", self.firm.world.firm.id)
        return [(Kind(row["kind"]), row["id"]) for row in rows]

    async def names(self) -> dict[str, str]:
        """What its things are called in any of its twins, by their ids: each by its place among those of its kind."""
        counted: Counter[Kind] = Counter()
        named = {}
        for kind, id in await self.things():
            counted[kind] += 1
            named[encode(kind, id)] = f"{kind} {counted[kind]}"
        return named


@cache
def _numbers() -> Any:
    return iter(range(1_000_000))


_ORIGINAL = Original(lambda word: Planted._anew(word, Planting()), lambda made: made.firm.world.firm.id)


def who() -> Mapping[str, tuple[frozenset[Right], bool]]:
    """Who looks on, besides owner and admin: their rights, and whether they see the account."""
    every = frozenset(Right)
    found = {"nothing": (frozenset(), True), "other rights": (frozenset(OTHERS), True)}
    found |= {f"only {right}": (frozenset({right}), True) for right in WITHHOLDING}
    found |= {f"{one} with {more}": (frozenset({one, more}), True) for one, more in SHOWN_WITH.items()}
    found |= {f"all but {right}": (every - {right}, True) for right in WITHHOLDING}
    found["no time"] = every - OF_SUMS - {Right.MANAGE_TIME_ENTRIES}, True
    found["elsewhere"] = every - {Right.VIEW_ALL_ACCOUNTS, Right.VIEW_REPORTS}, False
    return found


async def _onlookers(firm: Furnished) -> dict[str, Onlooker]:
    world = firm.world
    found = {}
    for name, (rights, sees) in who().items():
        member = await firm.employee(*sorted(rights))
        if sees:
            seeing = "INSERT INTO account_member (account_id, member_id) SELECT id, $2 FROM account WHERE firm_id = $1"
            await sql(seeing, world.firm.id, member.id)
        found[name] = Onlooker(member, rights, sees)
    leaders = {name: Onlooker(member, frozenset(Right)) for name, member in _leaders(firm).items()}
    return found | leaders


def _leaders(firm: Furnished) -> dict[str, Member]:
    return {"admin": firm.world.admin, "owner": firm.world.owner}


_KEPT = """
SELECT table_name AS t, column_name AS c FROM information_schema.columns
WHERE table_schema = 'public' AND data_type IN ('text', 'character varying', 'bytea')
AND (column_name ~ '(password|secret)' OR (table_name, column_name) = ('personal_token', 'digest'))
AND table_name IN (SELECT table_name FROM information_schema.columns WHERE column_name = 'firm_id')
"""


async def _nobodys(firm: Furnished) -> list[Secret]:
    """What is kept of passwords and tokens, which is told to nobody at all."""
    found = []
    for column in await sql(_KEPT):
        kept = f"SELECT {column['c']}::text AS kept FROM {column['t']} WHERE firm_id = $1 AND {column['c']} IS NOT NULL"
        found += [Secret(row["kept"], frozenset()) for row in await sql(kept, firm.world.firm.id)]
    assert found, "What is kept of passwords is anybody's."
    return found


async def _staff(firm: Furnished) -> None:
    """What is withheld of members."""
    capacity = hidden_one(2_400, 1_987, 2_113, Right.MANAGE_TEAM)
    rights = hidden_one([], [Right.MANAGE_TAGS.value], [Right.MANAGE_TEMPLATES.value], Right.MANAGE_TEAM)
    await Member.filter(id=firm.things["second member"]).update(capacity=capacity, given_rights=rights)
    # What is planned for nobody is in no report.
    await JobAssignee.create(job_id=firm.things["second job"], member_id=firm.things["second member"])


async def _wrong(firm: Furnished) -> None:
    """An automation with which something is wrong: it names a member who is not active any more."""
    owner, deactivated = firm.world.acting(firm.world.owner), firm.things["former member"]
    await Member.filter(id=deactivated).update(active=True)
    names = AssigneeSettings(add_member_ids=(deactivated,))
    await make_with(owner, f"{firm.word} wrong", names, trigger_stage_id=firm.things["stage"])
    await Member.filter(id=deactivated).update(active=False)


async def tell(firm: Furnished) -> None:
    """Of each kind of event that withholds something, one with secrets in it."""
    for kind in KINDS.values():
        event = sample(kind, firm.things)
        instead = {name: _secret(of, kind.withheld[name], firm) for name, of in _withheld(kind)}
        instead |= _changes(kind, event)
        if instead:
            async with in_transaction():
                actor = firm.world.acting(firm.world.owner)
                await append(actor, [replace(event, **instead)], datetime.now(UTC))


def _withheld(kind: type[Event]) -> list[tuple[str, FieldType]]:
    types = field_types(kind)
    return [(name, types[name]) for name in kind.withheld if name in types and types[name] is not CHANGES]


def _secret(of: FieldType, right: Right, firm: Furnished) -> Any:
    if of.kind is not None:
        usual = firm.things[of.kind]
        value: Any = hidden_one(usual, usual, firm.things[f"second {of.kind}"], right)
    elif issubclass(of.of, StrEnum):
        here, there, *_ = of.of
        value = hidden_one(here, here, there, right)
    else:
        value = _BY_TYPE[of.of](right)
    return (value,) if of.many else value


_BY_TYPE: Mapping[type, Any] = {
    str: lambda *rights: hidden_text("", *rights).strip(),
    int: lambda *rights: hidden_number(5, 8, *rights),
    Decimal: lambda *rights: hidden_amount(5, 8, *rights),
    Money: lambda *rights: Money(hidden_amount(5, 8, *rights), "USD"),
}


def _changes(kind: type[Event], event: Event) -> dict[str, Any]:
    """That what a row withholds has changed."""
    found = {}
    for name, of in field_types(kind).items():
        if of is CHANGES:
            row = model_of(kind_of_thing(kind))
            also = kind.withheld.get(name)
            columns = {each: right for each, right in row.withheld.items() if each in row._meta.fields_map}
            if also is not None:
                columns |= dict.fromkeys(row._meta.fields_map.keys() & {"minutes", "note"}, also)
            # What is kept to take an event back is told to nobody, whatever their rights.
            known: dict[str, tuple[Right, ...]] = {
                each: () if name in kind.untold else (right,) for each, right in columns.items()
            }
            told = {each: _changed(row._meta.fields_map[each], *rights) for each, rights in known.items()}
            if told := {each: pair for each, pair in told.items() if pair}:
                found[name] = {**getattr(event, name), **told}
    return found


def _changed(column: Any, *rights: Right) -> tuple[Any, Any] | None:
    of = next((of for field, of in _COLUMNS.items() if isinstance(column, field)), None)
    if of is None:
        return None
    pair = _BY_TYPE[of](*rights), _BY_TYPE[of](*rights)
    return tuple(map(str, pair)) if of is Decimal else pair  # type: ignore[return-value]


_COLUMNS: Mapping[type, type] = {
    fields.IntField: int,
    fields.CharField: str,
    fields.TextField: str,
    fields.DecimalField: Decimal,
}
