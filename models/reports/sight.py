"""Of whom a report tells, and what of it is left out of sight."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from models.errors import Forbidden
from models.reports.parts import Source
from models.reports.values import Values
from models.rights import EVERY_MEMBER, Requirement, Right
from models.rows import Firm, Row
from models.scope import Scope, not_found

#: What holds for all rows, where nothing is out of sight.
EVERYWHERE = "true"

#: The firm's day, asked for where it matters: what is told then is of that day.
Today = Callable[[], Awaitable[date]]


class Coverage(StrEnum):
    """Of whom a report tells."""

    FIRM = "FIRM"
    SEEN = "SEEN"
    OWN = "OWN"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for a report: what they see, and who they are. That is looked at only where it matters, so that those
    who are told the same can be told at once (`Personal.depends`)."""

    scope: Scope
    who: Callable[[], UUID]

    def require(self, right: Right | None, what: str) -> None:
        """`Forbidden` without the right; None asks for nothing."""
        if right is not None:
            Requirement(right=right).check(self.scope.audience, None, self.scope.rights, what)

    def refusal(self, right: Right | None, what: str) -> Forbidden | None:
        """What `require` raises, if it does."""
        try:
            self.require(right, what)
        except Forbidden as refusal:
            return refusal
        return None


def sees_everything(scope: Scope) -> bool:
    """Whether nothing of the firm is out of sight."""
    return scope.accounts is None and scope.pipelines is None


@dataclass(frozen=True, slots=True)
class Personal:
    """What is needed to be told by a report of more than what is one's own."""

    #: What of others it tells of, as messages say it.
    of: str
    #: Without one of these it is of one's own alone.
    firm: Sequence[Right]
    #: Without it, one is told more of oneself than of others.
    others: Right
    #: Whether to choose members needs that right as well.
    chosen: bool

    def depends(self, scope: Scope) -> bool:
        """Whether two who have this scope may be told differently of the same report: not those who see all of it."""
        return not (scope.rights >= {*self.firm, self.others} and sees_everything(scope))

    def coverage(self, asker: Asker, members: Sequence[UUID] | None) -> Coverage:
        """Of whom a report on these members tells; None for all of them."""
        if lacking := [right for right in self.firm if right not in asker.scope.rights]:
            if members is not None and set(members) - {asker.who()}:
                asker.require(lacking[0], f"A report on others' {self.of}")
            return Coverage.OWN
        if members is not None and self.depends(asker.scope) and set(members) == {asker.who()}:
            return Coverage.OWN
        if members is not None and self.chosen:
            asker.require(self.others, f"A report on chosen members' {self.of}")
        return Coverage.FIRM


def coverage_of_seen(asker: Asker) -> Coverage:
    """Of whom a report on what all may count who see it tells."""
    return Coverage.FIRM if Right.VIEW_REPORTS in asker.scope.rights else Coverage.SEEN


async def require_seen(scope: Scope, model: type[Row], ids: Iterable[UUID], field: str) -> None:
    """`NotFound` unless all of these are visible: a report says nothing of what is not."""
    wanted = set(ids)
    found = await scope.rows(model).many(wanted)
    for id in sorted(wanted - found.keys()):
        raise not_found(model.kind, id, "filter", field)


def in_sight(source: Source, scope: Scope, values: Values) -> str:
    """What holds for the rows of the source whose place is visible.

    It says what the policy of the rows says, of rows that are read by the million: for each of them the policy's own
    condition would look for jobs in a table of links that is joined here anyway."""
    if source.sight is not None:
        return source.sight
    conditions = []
    if scope.accounts is not None:
        conditions.append(f"{source.account} IN (SELECT unnest({values.place(scope.accounts)}::uuid[]))")
    if scope.pipelines is not None:
        among = f"{source.pipeline} IN (SELECT unnest({values.place(scope.pipelines)}::uuid[]))"
        conditions.append(f"({source.pipeline} IS NULL OR {among})")
    return " AND ".join(conditions) or EVERYWHERE


async def firm_asked(asker: Asker) -> Firm:
    """The firm that a report is of. Reports are for its members."""
    scope = asker.scope
    EVERY_MEMBER.check(scope.audience, None, scope.rights, "A report")
    (firm,) = (await scope.rows(Firm).many([scope.firm_id])).values()
    return firm


def firm_of(source: Source, scope: Scope) -> UUID | None:
    """The firm whose rows are added up. No row is of no firm: whom the rows are not for, they are not added up for."""
    return scope.firm_id if scope.audience in source.policy.audiences else None
