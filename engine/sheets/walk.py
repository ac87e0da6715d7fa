"""A table, filled page by page in one snapshot of the database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from graphql import ExecutionResult, GraphQLError

from engine.faults import formatted
from engine.prepared import Prepared
from engine.sheets.columns import headers
from engine.sheets.pages import pages_of
from engine.sheets.table import Table, Walked
from models.snapshot import snapshot
from resolvers.context import Context
from transport.engine import Refused, Sheet

#: The most rows of a sheet: what a spreadsheet holds, nearly.
MOST_ROWS = 1_000_000
#: The most that a sheet may cost, in what its reader may spend in so many minutes. It takes about as long.
MOST_MINUTES = 10
#: The status of an answer that says nothing but these; of all others it is 400.
_STATUS = {"INTERNAL": 500, "TIMEOUT": 504}


@dataclass(frozen=True, slots=True)
class Walk:
    """How the pages of one sheet come about."""

    table: Table
    context: Context
    sheet: Sheet
    #: Executes an operation.
    run: Callable[[Prepared, Context], Awaitable[ExecutionResult]]
    #: Lets the reader owe for one page more; waits until they may. The first one is paid for already.
    pay: Callable[[], Awaitable[None]]
    #: How many pages the reader may owe for.
    affordable: int

    async def go(self, prepared: Prepared) -> None:
        """Write the table to the sheet. `Refused` where the answer has errors but for what is withheld."""
        async with snapshot():
            if self.table.walked is None:
                held = await self._held(prepared)
                await self._begin()
                await self._add(held)
            else:
                await self._walk(prepared, self.table.walked)

    async def _walk(self, prepared: Prepared, walked: Walked) -> None:
        pages = pages_of(prepared, walked)
        # One more tells that there are too many.
        self.context.most_counted = MOST_ROWS + 1
        after, rows, first = walked.after, 0, True
        while self._wanted and (first or after is not None):
            if not first:
                await self.pay()
                self.context.turn()
            held = await self._held(pages.page(after, counting=first and after is None))
            after, size = pages.next(held), len(held[self.table.rows])
            rows += size
            if first:
                self._check(pages.count(held) or 0, size)
                await self._begin()
            elif rows > MOST_ROWS:
                raise _too_many_rows()
            first = False
            await self._add(held)

    @property
    def _wanted(self) -> bool:
        return self.sheet.wanted and not self.context.abandoned

    def _check(self, count: int, size: int) -> None:
        if count > MOST_ROWS:
            raise _too_many_rows()
        if size and ceil(count / size) > self.affordable:
            told = (
                f"These are {count:,} rows, and a sheet of this selection may have {self.affordable * size:,}: it "
                f"costs what its pages cost, and at most the points of {MOST_MINUTES} minutes. Narrow the list, leave "
                "out what is nested, or ask for larger pages with `first`."
            )
            raise _limit(told, "points")

    async def _begin(self) -> None:
        if self._wanted:
            await self.sheet.begin(self.table.name, headers(self.table.shown))

    async def _add(self, held: Mapping[str, Any]) -> None:
        # What was answered after it was abandoned is not whole.
        if self._wanted:
            await self.sheet.add(self.table.read(held) + self.table.read_sums(held))

    async def _held(self, prepared: Prepared) -> Any:
        result = await self.run(prepared, self.context)
        told = [error for error in result.errors or () if not self._is_withheld(error)]
        if told:
            raise _refused(told)
        held = self.table.held(result.data)
        if held is None:
            where = ".".join(self.table.holder)
            raise _refused([_error(f"There is no `{where}`, or you may not see it.", code="NOT_FOUND")])
        return held

    def _is_withheld(self, error: GraphQLError) -> bool:
        path = tuple(key for key in error.path or () if isinstance(key, str))
        return path in self.table.withheld and (error.extensions or {}).get("code") == "FORBIDDEN"


def _refused(errors: list[GraphQLError]) -> Refused:
    told = [formatted(error) for error in errors]
    return Refused(told, _STATUS.get(told[0]["extensions"]["code"], 400))


def _too_many_rows() -> Refused:
    return _limit(f"A sheet has at most {MOST_ROWS:,} rows. Narrow the list with its filter.", "rows")


def _limit(message: str, limit: str) -> Refused:
    return _refused([_error(message, code="LIMIT", limit=limit)])


def _error(message: str, **extensions: Any) -> GraphQLError:
    return GraphQLError(message, extensions=extensions)
