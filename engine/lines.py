"""Lines and columns of a document, found without going through all that stands before them."""

import re
from bisect import bisect_left
from functools import cached_property

from graphql import Source, SourceLocation

# https://spec.graphql.org/draft/#LineTerminator
_LINE_END = re.compile(r"\r\n|[\n\r]")


class LinedSource(Source):
    """A source that looks for its lines once. graphql-core does for each error, and an answer may have thousands."""

    @cached_property
    def _ends(self) -> list[tuple[int, int]]:
        return [match.span() for match in _LINE_END.finditer(self.body)]

    def get_location(self, position: int) -> SourceLocation:
        """The line and column, from 1 on, of a character."""
        before = bisect_left(self._ends, (position,))
        start = self._ends[before - 1][1] if before else 0
        return SourceLocation(before + 1, position + 1 - start)
