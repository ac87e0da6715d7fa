"""What a report is made of: the rows that it adds up, what they can be grouped by, and what is added up of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.ids import Kind
from models.policies import Policy
from models.rights import Right
from models.rows import Firm


@dataclass(frozen=True, slots=True)
class Running:
    """Of rows that are changes: SQL for the day from which on each counts. A day then has what all changes up to it add
    up to, and there are so many days: those from the first to the last, both included."""

    day: str
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Source:
    """The rows: a FROM, and what holds for those of them that count."""

    tables: str
    where: str
    policy: Policy
    #: SQL for the firm, the account and the pipeline of a row, and for whose own it is. No pipeline is in sight.
    firm: str
    account: str
    pipeline: str
    owner: str | None = None
    #: What is joined to the tables, by what is unique in it, with its name: where nothing asks anything of it, it is
    #: left out. PostgreSQL does so by itself, but not by an index under a condition.
    joins: Sequence[tuple[str, str]] = ()
    #: SQL for whether a row is in sight, where its rows say so and no account or pipeline does.
    sight: str | None = None
    running: Running | None = None


@dataclass(frozen=True, slots=True)
class Links:
    """A table of links that ties a row's owner, such as its account, to any number of things."""

    table: str
    owner: str
    to: str


@dataclass(frozen=True, slots=True)
class Dimension:
    """What rows can be grouped by. A row without it is in a group of its own, of nothing.

    `column` is SQL over the source; with `links`, it is the owner that those tie to the things meant.
    """

    name: str
    column: str
    #: Of what the values are the ids; None for days.
    kind: Kind | None = None
    #: What is needed besides to see the firm's sums by it: the right of the field that says the same.
    right: Right | None = None
    links: Links | None = None


def _as_it_is(sum: Any, _firm: Firm) -> Any:
    return sum


@dataclass(frozen=True, slots=True)
class Measure:
    """What is added up, in SQL over the source. `right` is that of the field of one row; `others`, what is needed
    besides where it is not of one's own alone.

    With a `fraction` nothing is added up: it is the value of the column that so many of the rows do not exceed, 0.5 for
    the median, rounded down; None of no rows. Of what is cut or repeated there is none. In such a report the rows stay
    what they are, and what one of them adds is `each`."""

    name: str
    column: str
    type: str = "bigint"
    right: Right | None = None
    #: The sum as it is shown.
    shown: Callable[[Any, Firm], Any] = _as_it_is
    others: Right | None = None
    fraction: float | None = None
    each: str | None = None

    @property
    def is_sum(self) -> bool:
        """Whether what several groups have of it is their sum."""
        return self.fraction is None


@dataclass(frozen=True, slots=True)
class Ratio:
    """What follows from sums, and is no sum itself."""

    name: str
    of: Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Report:
    """A kind of report."""

    source: Source
    dimensions: Sequence[Dimension]
    measures: Sequence[Measure]
    ratios: Sequence[Ratio] = ()
    #: Without it there is no such report at all.
    right: Right | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """What rows add up to, by the names of the measures: in the place of one that is withheld, why."""

    sums: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ReportRow(Figures):
    """A group: what it is of, by the names of the dimensions that were asked for, and what it adds up to."""

    of: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cut(Figures):
    """The groups beyond those that are told."""

    rows: int
