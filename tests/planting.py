"""Secrets in specimens: what of them needs a right is told apart from all else while a firm is planted, and is another
in a firm that is to differ in nothing but its secrets. Elsewhere specimens are as they always are.

Where a specimen is given something that a right withholds, it says so: `hidden_text(word, Right.MANAGE_INVOICES)`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from itertools import count
from typing import Any, TypeVar

from models.rights import Right

T = TypeVar("T")

#: The letters of marks: no ids, no cursors and no words are made of these alone.
_LETTERS = "bdfghjkmpqrstvwz"


@dataclass(frozen=True, slots=True)
class Secret:
    """What nobody may be told who has none of these rights. `mark` is in every form in which it could be."""

    mark: str
    known_with: frozenset[Right]


@dataclass
class Planting:
    """The secrets of a firm that is being made. In its twin each is another one, but for those that are known with one
    of the rights that `kept` names. Later ones are smaller in the one, and larger in the other: whatever is ordered by
    them is ordered otherwise."""

    twin: bool = False
    kept: frozenset[Right] = frozenset()
    secrets: list[Secret] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    def text(self, rights: frozenset[Right]) -> str:
        """A word that is nowhere else, and begins as no other does."""
        digest = sha256(f"{self._differs(rights)} {next(self._numbers)}".encode()).digest()
        word = "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:14])
        self.secrets.append(Secret(word, rights))
        return word

    def amount(self, millions: int, rights: frozenset[Right]) -> Decimal:
        """So many millions, and something."""
        whole = self.number(millions, rights)
        return Decimal(whole) + (Decimal("0.53") if self._differs(rights) else Decimal("0.37"))

    def number(self, millions: int, rights: frozenset[Right]) -> int:
        """So many millions, and something: seven digits, which no moment has."""
        step = next(self._numbers)
        more = 100_003 + 1_013 * step if self._differs(rights) else 499_979 - 1_009 * step
        number = millions * 1_000_000 + more
        self.secrets.append(Secret(str(number), rights))
        return number

    def one_of(self, here: Any, there: Any, rights: frozenset[Right]) -> Any:
        """What is no secret by itself, and tells nothing by its looks."""
        return there if self._differs(rights) else here

    def _differs(self, rights: frozenset[Right]) -> bool:
        return self.twin and self.kept.isdisjoint(rights)


_PLANTING: ContextVar[Planting | None] = ContextVar("planting", default=None)


@contextmanager
def planted(planting: Planting) -> Iterator[Planting]:
    """What specimens are made of in the block has secrets in it."""
    token = _PLANTING.set(planting)
    try:
        yield planting
    finally:
        _PLANTING.reset(token)


def hidden_text(usual: str, *rights: Right) -> str:
    """The text; with a secret in it, of whoever has one of these rights."""
    planting = _PLANTING.get()
    return usual if planting is None else f"{usual} {planting.text(frozenset(rights))}"


def hidden_amount(usual: Decimal | str | int, millions: int, *rights: Right) -> Decimal:
    """The amount; or a secret one, of so many millions."""
    planting = _PLANTING.get()
    return Decimal(usual) if planting is None else planting.amount(millions, frozenset(rights))


def hidden_number(usual: T, millions: int, *rights: Right) -> T | int:
    """The number; or a secret one, of so many millions."""
    planting = _PLANTING.get()
    return usual if planting is None else planting.number(millions, frozenset(rights))


def hidden_one(usual: T, here: T, there: T, *rights: Right) -> T:
    """What is usual; or one of these two, which only twins tell apart."""
    planting = _PLANTING.get()
    return usual if planting is None else planting.one_of(here, there, frozenset(rights))
