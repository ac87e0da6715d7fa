"""Of whom a report tells, and what of it is left out of sight."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from models.reports.parts import Source
from models.reports.values import Values
from models.rights import EVERY_MEMBER, Requirement, Right
from models.rows import Firm, Row
from models.scope import Scope, not_found

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
    who are told the same can be told at once (`depends_on_asker`)."""

    scope: Scope
    who: Callable[[], UUID]

    def require(self, right: Right | None, what: str) -> None:
        """`Forbidden` without the right; None asks for nothing."""
        if right is not None:
            Requirement(right=right).check(self.scope.audience, None, self.scope.rights, what)


def sees_everything(scope: Scope) -> bool:
    """Whether nothing of the firm is out of sight."""
    return scope.accounts is None and scope.pipelines is None


def depends_on_asker(scope: Scope) -> bool:
    """Whether two who have this scope may be told differently of the same report: not those who see all of it."""
    return not (scope.rights >= {Right.VIEW_REPORTS, Right.MANAGE_TIME_ENTRIES} and sees_everything(scope))


def coverage(asker: Asker, members: Sequence[UUID] | None) -> Coverage:
    """Of whom a report on these members tells; None for all of them. Without the right to reports it is one's own, and
    without that to others' time nobody else's alone."""
    if Right.VIEW_REPORTS not in asker.scope.rights:
        if members is not None and set(members) - {asker.who()}:
            asker.require(Right.VIEW_REPORTS, "A report on others' time")
        return Coverage.OWN
    if members is not None and depends_on_asker(asker.scope) and set(members) == {asker.who()}:
        return Coverage.OWN
    if members is not None:
        asker.require(Right.MANAGE_TIME_ENTRIES, "A report on chosen members' time")
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
    conditions = []
    if scope.accounts is not None:
        conditions.append(f"{source.account} IN (SELECT unnest({values.place(scope.accounts)}::uuid[]))")
    if scope.pipelines is not None:
        among = f"{source.pipeline} IN (SELECT unnest({values.place(scope.pipelines)}::uuid[]))"
        conditions.append(f"({source.pipeline} IS NULL OR {among})")
    return " AND ".join(conditions) or "true"


async def firm_asked(asker: Asker) -> Firm:
    """The firm that a report is of. Reports are for its members."""
    scope = asker.scope
    EVERY_MEMBER.check(scope.audience, None, scope.rights, "A report")
    (firm,) = (await scope.rows(Firm).many([scope.firm_id])).values()
    return firm


def firm_of(source: Source, scope: Scope) -> UUID | None:
    """The firm whose rows are added up. No row is of no firm: whom the rows are not for, they are not added up for."""
    return scope.firm_id if scope.audience in source.policy.audiences else None
