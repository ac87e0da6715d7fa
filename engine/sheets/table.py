"""Which table an operation asks for: its one list, and what is selected of each thing in that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graphql import GraphQLNamedType, get_nullable_type, is_leaf_type, is_list_type

from engine.prepared import Prepared
from engine.sheets.columns import Column, Path
from engine.sheets.selection import Part, Selected, Selection
from resolvers.context import Context
from transport.engine import Cell, NoSheet

#: What leads to the things of a page, and says nothing of them.
_OF_PAGES = frozenset({"nodes", "edges", "node"})
#: What stands in the first column of a report's sums.
SUM = Column((), ("sum",), "String")

_HOW = "Ask for one list: a connection with `nodes`, or a report with `rows`."


@dataclass(frozen=True, slots=True)
class Walked:
    """A connection, which is read page by page."""

    field: Selected
    #: The response names of what is selected of it.
    keys: frozenset[str]
    after: str | None
    #: Whether it can be counted.
    counted: bool


@dataclass(frozen=True, slots=True)
class Table:
    """The one list of an operation."""

    name: str
    #: The response names that lead to what holds the list: a connection, a report; or, where `rows` is None, to itself.
    holder: Path
    rows: str | None
    columns: Sequence[Column]
    #: What is withheld from the viewer, each by the response names that lead to it.
    withheld: frozenset[Path]
    #: The response names of a report's sums.
    sums: Sequence[str] = ()
    walked: Walked | None = None

    @property
    def shown(self) -> list[Column]:
        """All columns; with one in front that says which sum it is, if there are any."""
        return [SUM, *self.columns] if self.sums else list(self.columns)

    def held(self, data: Any) -> Any:
        """What holds the list, in the data of an answer. None where there is no such thing."""
        for key in self.holder:
            data = None if data is None else data.get(key)
        return data

    def read(self, held: Any) -> list[list[Cell]]:
        """The rows of an answer."""
        lead: list[Cell] = [None] if self.sums else []
        rows = held if self.rows is None else held[self.rows]
        return [lead + [column.cell(row) for column in self.columns] for row in rows]

    def read_sums(self, held: Any) -> list[list[Cell]]:
        """The sums of a report: those that it has."""
        told = [(key, held[key]) for key in self.sums if held[key] is not None]
        return [[_titled(key), *(column.cell(sums) for column in self.columns)] for key, sums in told]


def table_of(prepared: Prepared, context: Context) -> Table:
    """The table that the operation asks for. `NoSheet` where that is not one."""
    reader = _Reader(Selection(prepared), context)
    found = list(reader.lists(reader.selection.root, ()))
    if len(found) != 1:
        names = ", ".join(".".join((*path, field.key)) for path, field in found)
        what = f"{len(found)} lists: {names}" if found else "no list"
        raise NoSheet(f"A sheet is of one list, and this has {what}. {_HOW}")
    path, field = found[0]
    table = reader.table(field, (*path, field.key))
    if not table.columns:
        raise NoSheet(f"Nothing is selected of the things in `{field.key}` that could stand in a cell.")
    return replace(table, name=prepared.node.name.value if prepared.node.name else field.name)


class _Reader:
    def __init__(self, selection: Selection, context: Context) -> None:
        self.selection = selection
        self._context = context
        self._withheld: set[Path] = set()

    def lists(self, parts: Sequence[Part], path: Path) -> Iterator[tuple[Path, Selected]]:
        """The lists of things that are in no other list, and the paths to what holds their fields."""
        for field in self.selection.fields(parts):
            if field.definition is None or field.type is None or is_leaf_type(field.type):
                continue
            if _is_list(field) or _is_connection(field.type) or _is_report(field.type):
                yield path, field
            else:
                yield from self.lists(field.parts, (*path, field.key))

    def table(self, field: Selected, holder: Path) -> Table:
        """The table of a list."""
        assert field.type is not None
        if _is_list(field):
            return self._made(holder, None, self._columns(field.parts, (), (), holder))
        children = self.selection.fields(field.parts)
        if _is_report(field.type):
            return self._report(children, holder)
        rows = self._only(field, [child for child in children if child.name in ("nodes", "edges")])
        columns = self._columns(rows.parts, (), (), (*holder, rows.key))
        return replace(self._made(holder, rows.key, columns), walked=self._walked(field, children))

    def _report(self, children: Sequence[Selected], holder: Path) -> Table:
        rows = self._only(None, [child for child in children if child.name == "rows"])
        sums = [child for child in children if not _is_list(child) and not _is_leaf(child)]
        columns: dict[Path, Column] = {}
        for child in (rows, *sums):
            for column in self._columns(child.parts, (), (), (*holder, child.key)):
                columns.setdefault(column.path, column)
        return replace(self._made(holder, rows.key, columns.values()), sums=[each.key for each in sums])

    def _made(self, holder: Path, rows: str | None, columns: Any) -> Table:
        columns = list(columns)
        return Table("", holder, rows, columns, frozenset(self._withheld))

    def _only(self, of: Selected | None, found: Sequence[Selected]) -> Selected:
        if len(found) != 1:
            where = "a report" if of is None else f"`{of.key}`"
            what = "`rows`" if of is None else "`nodes` or `edges`"
            raise NoSheet(f"A sheet is of one list: ask {where} for {what}, once.")
        return found[0]

    def _walked(self, field: Selected, children: Sequence[Selected]) -> Walked:
        given = self.selection.arguments(field)
        for name in ("last", "before"):
            if given.get(name) is not None:
                raise NoSheet(f"A sheet goes on to the end of its list: leave `{name}` of `{field.key}` out.")
        counted = "totalCount" in getattr(field.type, "fields", {})
        return Walked(field, frozenset(child.key for child in children), given.get("after"), counted)

    def _columns(self, parts: Sequence[Part], path: Path, called: Path, at: Path, lacks: str = "") -> Iterator[Column]:
        for field in self.selection.fields(parts):
            here, place = (*path, field.key), (*at, field.key)
            if field.definition is None:
                # Clients add it everywhere; who wants to see it gives it a name.
                if field.aliased:
                    yield Column(here, (*called, field.key), "String", lacks or None)
                continue
            guard = self.selection.withheld(field, self._context)
            if guard is not None:
                self._withheld.add(place)
            lacking = lacks or (str(guard.needed) if guard is not None else "")
            structural = field.name in _OF_PAGES and _is_of_page(field.owners[0])
            names = called if structural else (*called, field.key)
            if _is_leaf(field):
                yield Column(here, names, str(field.type), lacking or None)
            else:
                yield from self._columns(field.parts, here, names, place, lacking)


def _titled(key: str) -> str:
    return key[:1].upper() + key[1:]


def _is_leaf(field: Selected) -> bool:
    return field.type is None or is_leaf_type(field.type)


def _is_list(field: Selected) -> bool:
    assert field.definition is not None
    return is_list_type(get_nullable_type(field.definition.type))


def _is_connection(type_: GraphQLNamedType) -> bool:
    return type_.name.endswith("Connection") and "pageInfo" in getattr(type_, "fields", {})


def _is_report(type_: GraphQLNamedType) -> bool:
    return type_.name.endswith("Report") and "rows" in getattr(type_, "fields", {})


def _is_of_page(owner: GraphQLNamedType) -> bool:
    return _is_connection(owner) or owner.name.endswith("Edge")
