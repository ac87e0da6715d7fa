"""What the names in a file stand for: what is called so and is in the actor's sight, if it is one thing alone."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar
from uuid import UUID

from models.command import Change
from models.errors import Invalid, RuleBroken
from models.ids import Kind, plural
from models.reading_order import order_key
from models.reasons import Reason
from models.rows import Member, Row, model_of
from models.texts import sameness

R = TypeVar("R", bound=Row)

#: So many names are told to whoever gave another one.
_TOLD = 20


class Named(Generic[R]):
    """Rows of a kind by what their names have in common."""

    def __init__(self, kind: Kind, rows: Iterable[R] = ()) -> None:
        self._kind = kind
        self._rows: dict[str, dict[UUID, R]] = defaultdict(dict)
        self._known: dict[UUID, str] = {}
        for row in rows:
            self.add(row, row.name)  # type: ignore[attr-defined]

    def add(self, row: R, name: str) -> None:
        """Take one in that is called so; one that is known already is called so from now on."""
        if (before := self._known.get(row.id)) is not None:
            del self._rows[before][row.id]
        self._known[row.id] = sameness(name)
        self._rows[sameness(name)][row.id] = row

    def called(self, name: str) -> list[R]:
        """All that are called so."""
        return list(self._rows.get(sameness(name), {}).values())

    def only(self, name: str, *path: str) -> R | None:
        """The one that is called so, None where there is none; `RuleBroken` where it might be one or the other."""
        return one_of(self._kind, self.called(name), name, *path)

    def get(self, name: str, *path: str) -> R:
        """As `only`, and `Invalid` where there is none: it says what there is."""
        found = self.only(name, *path)
        if found is None:
            there = sorted(row.name for rows in self._rows.values() for row in rows.values())  # type: ignore[attr-defined]
            more = len(there) - _TOLD
            named = ", ".join(there[:_TOLD]) + (f" and {more:,} more" if more > 0 else "") or "none"
            told = f"There is no {self._kind.spoken} {name!r} that you see. There is: {named}."
            raise Invalid(told, *path, reason=Reason.NOT_ONE_OF, values=there[:_TOLD])
        return found


def one_of(kind: Kind, rows: Sequence[R], name: str, *path: str) -> R | None:
    """The only one of these, which are called so, or None; `RuleBroken` where there are several."""
    if len(rows) > 1:
        told = (
            f"{len(rows)} {plural(kind).replace('_', ' ')} are called {name!r}. Give the key of the one that is meant, "
            "or another name to one of them."
        )
        raise RuleBroken(told, *path, reason=Reason.NAMED_TWICE)
    return rows[0] if rows else None


# Names are kept as they are sorted: letters, then accents, then case. Those that are taken for the same have the same
# letters. What follows these in a key is a blank, and the next sign after it is "!".
# Looked up once for all of them, and each by the index: how many rows of the table there are is no matter.
_BY_LETTERS = """
seen.id = ANY (ARRAY(
    SELECT named.id FROM unnest($1::text[]) AS letters CROSS JOIN LATERAL (
        SELECT id FROM {table} WHERE firm_id = $2 AND name_order >= letters AND name_order < letters || '!'
        ORDER BY name_order, id LIMIT 100
    ) AS named
))
"""


async def named_so(change: Change, kind: Kind, names: Iterable[str]) -> list[Any]:
    """The visible rows of a kind whose names may be taken for one of these, as records, in one statement."""
    if not (letters := letters_of(names)):
        return []
    model = model_of(kind)
    condition = _BY_LETTERS.format(table=model._meta.db_table)
    return await change.scope.rows(model).read(f"{condition} ORDER BY seen.id", letters, change.actor.firm_id)


def letters_of(names: Iterable[str]) -> list[str]:
    """What the orders of names that are taken for one of these begin with."""
    return sorted({order_key(name).partition(" ")[0] for name in names})


async def members_at(change: Change) -> Named[Member]:
    """The firm's members, by the addresses that they sign in with."""
    named: Named[Member] = Named(Kind.MEMBER)
    for member in await change.scope.rows(Member).where():
        named.add(member, member.email)
    return named


def ids_at(members: Named[Member], addresses: Sequence[str], *path: str) -> list[UUID]:
    """The ids of the members with these addresses, or `Invalid`."""
    return [member_at(members, address, *path).id for address in addresses]


def member_at(members: Named[Member], address: str, *path: str) -> Member:
    """The member who signs in with this address, or `Invalid`."""
    found = members.only(address, *path)
    if found is None:
        told = "Nobody of the team signs in with this address. Add the member first, or map the address to another's."
        raise Invalid(told, *path, reason=Reason.NOT_ONE_OF, values=())
    return found


def differing(row: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the fields that the row has otherwise."""
    return {name: value for name, value in fields.items() if getattr(row, name) != value}


def changes_between(before: Any, after: Any, names: Iterable[str]) -> dict[str, tuple[Any, Any]]:
    """What a row became, of the columns of these names: (before, after)."""
    values = {name: (getattr(before, name), getattr(after, name)) for name in names}
    return {name: (was, now) for name, (was, now) in values.items() if was != now}
