"""The statement of a report: one, however many rows it adds up and tells of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from models.ids import Kind
from models.reports.parts import Dimension, Measure, Running, Source
from models.reports.sight import EVERYWHERE
from models.rows import model_of

#: The parts of the answer: the groups that are told, all groups in sight, what is out of sight, and everything once.
TOLD, GROUPS, UNSEEN, EVERYTHING = range(4)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a statement is made of: pieces of SQL, of which the values have their places already."""

    source: Source
    dimensions: Sequence[Dimension]
    measures: Sequence[Measure]
    #: What rows have to fulfill, and which of them are in sight. Without `with_unseen`, the others are no part of it.
    conditions: Sequence[str]
    in_sight: str
    with_unseen: bool
    #: A measure to sort by; None for the dimensions.
    by: Measure | None
    descending: bool
    first: str
    #: What stands in braces in columns.
    calendar: Mapping[str, str]


def statement(asked: Asked) -> str:
    """The text. Its rows are a part, a place in it, how many groups there are, the values of the dimensions (`k1`, …),
    and the measures by their names."""
    keys = _keys(asked)
    sums = _sums(asked)
    # Groups overlap, and have lost their rows: nothing but sums is known of all of them.
    sums_alone = ", ".join(
        f"sum({m.name})::{m.type} AS {m.name}" if m.is_sum else f"NULL::{m.type} AS {m.name}" for m in asked.measures
    )
    nothing = "".join(f", NULL AS {key}" for key in keys)
    among = "".join(f", {key}" for key in keys)
    names = ", ".join(measure.name for measure in asked.measures)
    groups, added = "count(*)", f"{sums_alone} FROM grouped"
    if _is_sorted_once(asked):
        found, unseen, everything = _in_one_go(asked)
        sums = ", ".join(f"max({measure.name})" for measure in asked.measures)
    elif _of_sums(asked) and not _linked(asked):
        found, unseen, everything = _added_twice(asked) if _is_cheap_to_total(asked) else _added_in_one_go(asked)
        groups, added = "coalesce(sum(groups), 0)::bigint", f"{sums} FROM added WHERE seen"
    else:
        found = f"base AS MATERIALIZED ({_base(asked)}), grouped AS ({_grouped(asked)})"
        unseen, everything = "base WHERE NOT seen", "base"
    return f"""
    WITH {found}, told AS ({_told(asked)})
    SELECT {TOLD} AS part, row_number() OVER () AS place, 1::bigint AS groups{among}, {names} FROM told
    UNION ALL SELECT {GROUPS}, 0, {groups}{nothing}, {added}
    UNION ALL SELECT {UNSEEN}, 0, count(*){nothing}, {sums} FROM {unseen}
    UNION ALL SELECT {EVERYTHING}, 0, count(*){nothing}, {sums} FROM {everything}
    ORDER BY part, place
    """


def _is_sorted_once(asked: Asked) -> bool:
    """Whether all sums can be had in one go through the rows: where they are not added up before, and each is in one
    group."""
    return bool(asked.dimensions) and not _of_sums(asked) and not _linked(asked)


def _in_one_go(asked: Asked) -> tuple[str, str, str]:
    """The parts of the statement that find the groups, and the sums of what is out of sight and of everything: nothing
    is kept of the rows, which would go to the disk."""
    keys = ", ".join(_keys(asked))
    by_all, of_seen = 0, 2 ** len(asked.dimensions) - 1
    of_none = 2 * of_seen + 1
    summed = f"""
        SELECT GROUPING(seen, {keys}) AS level, seen, {keys}, {_sums(asked)} FROM ({_base(asked)}) AS base
        GROUP BY GROUPING SETS ((seen, {keys}), (seen), ())
    """
    found = f"summed AS MATERIALIZED ({summed}), grouped AS (SELECT * FROM summed WHERE level = {by_all} AND seen)"
    return found, f"summed WHERE level = {of_seen} AND NOT seen", f"summed WHERE level = {of_none}"


def _added_in_one_go(asked: Asked) -> tuple[str, str, str]:
    """As `_in_one_go`, where the rows are added up already: they are kept once, and gone through once for all sums,
    and once for the groups that are told. What is in sight and what is not add up to everything."""
    added = f"SELECT seen, count(*) AS groups, {_sums(asked)} FROM base GROUP BY seen"
    found = f"""base AS MATERIALIZED ({_base(asked)}), grouped AS NOT MATERIALIZED ({_grouped(asked)}),
        added AS MATERIALIZED ({added})"""
    return found, "added WHERE NOT seen", "added"


def _is_cheap_to_total(asked: Asked) -> bool:
    """Whether all rows are added up sooner by themselves than by what they are grouped by, of which only a part is
    told: where some are out of sight. Not where the rows themselves are worked out, nor of what is added up day by
    day."""
    source = asked.source
    is_plain = source.sight is None and source.running is None
    return asked.with_unseen and asked.in_sight != EVERYWHERE and is_plain


def _added_twice(asked: Asked) -> tuple[str, str, str]:
    """As `_added_in_one_go`, but only rows in sight are kept; what everything adds up to is found apart, and what is
    out of sight is what remains of it."""
    seen = replace(asked, with_unseen=False)
    names = [measure.name for measure in asked.measures]
    rest = ", ".join(f"coalesce(whole.{name}, 0) - coalesce(added.{name}, 0) AS {name}" for name in names)
    found = f"""base AS MATERIALIZED ({_base(seen)}), grouped AS NOT MATERIALIZED ({_grouped(asked)}),
        added AS MATERIALIZED (SELECT true AS seen, count(*) AS groups, {_sums(asked)} FROM base),
        whole AS MATERIALIZED ({_whole(asked)})"""
    return found, f"(SELECT {rest} FROM whole, added) AS rest", "whole"


def _whole(asked: Asked) -> str:
    """What all rows add up to."""
    columns = ", ".join(f"({_column(asked, m)})::{m.type} AS {m.name}" for m in asked.measures)
    where = " AND ".join([asked.source.where, *asked.conditions])
    return f"SELECT {columns} FROM {_tables(asked.source, columns + where)} WHERE {where}"


def _sums(asked: Asked) -> str:
    """What rows of the base add up to."""
    return ", ".join(f"{_sum(asked, measure)}::{measure.type} AS {measure.name}" for measure in asked.measures)


def _sum(asked: Asked, measure: Measure) -> str:
    if measure.fraction is None:
        return f"sum({measure.name})"
    return f"floor(percentile_cont({measure.fraction}) WITHIN GROUP (ORDER BY {_kept(asked, measure)}))"


def _kept(asked: Asked, measure: Measure) -> str:
    """The name that its column has in the base. Percentiles of one column are of one in the base: PostgreSQL then
    sorts it once."""
    if measure.is_sum:
        return measure.name
    return next(other.name for other in asked.measures if not other.is_sum and other.column == measure.column)


def _keys(asked: Asked) -> list[str]:
    return [f"k{number}" for number, _ in enumerate(asked.dimensions, start=1)]


def _base(asked: Asked) -> str:
    """The source's rows, read and added up once: those in sight, and those that are not, by what they are grouped by,
    or by the owners of it."""
    seen, conditions = asked.in_sight, list(asked.conditions)
    if not asked.with_unseen:
        seen, conditions = "true", [*conditions, seen]
    keys = {f"k{n}": d.column.format_map(asked.calendar) for n, d in enumerate(asked.dimensions, 1)}
    running = asked.source.running
    if running is not None:
        keys = {name: column for name, column in keys.items() if column != running.day}
        keys["day"] = f"greatest({running.day}, {running.first})"
        conditions.append(f"{running.day} <= {running.last}")
    named = "".join(f", {column} AS {name}" for name, column in keys.items())
    sums = ", ".join(
        f"({_column(asked, measure)})::{measure.type} AS {measure.name}"
        for measure in asked.measures
        if measure.name == _kept(asked, measure)
    )
    groups = ", ".join(str(number) for number in range(1, len(keys) + 2))
    columns, where = f"{seen} AS seen{named}, {sums}", " AND ".join([asked.source.where, *conditions])
    base = f"SELECT {columns} FROM {_tables(asked.source, columns + where)} WHERE {where}"
    if _of_sums(asked):
        base += f" GROUP BY {groups}"
    return base if running is None else _day_by_day(asked, running, base, [name for name in keys if name != "day"])


def _tables(source: Source, asked: str) -> str:
    """The tables that something is asked of, by this SQL or by what is joined after them."""
    joins = ""
    for name, join in reversed(source.joins):
        if f"{name}." in asked + joins:
            joins = f" {join}{joins}"
    return source.tables + joins


def _linked(asked: Asked) -> bool:
    """Whether a row may be in several groups, or in one for each of the things that its owner is tied to."""
    return any(dimension.links for dimension in asked.dimensions)


def _of_sums(asked: Asked) -> bool:
    """Whether rows are added up before groups are told. Of a sum of sums, nothing but the sum is known: percentiles
    need each row."""
    return all(measure.is_sum for measure in asked.measures)


def _column(asked: Asked, measure: Measure) -> str:
    if not _of_sums(asked):
        return (measure.each or measure.column).format_map(asked.calendar)
    return f"coalesce({measure.column.format_map(asked.calendar)}, 0)"


def _day_by_day(asked: Asked, running: Running, changes: str, others: Sequence[str]) -> str:
    """What all changes up to a day add up to, for each day of the report, by what else they are grouped by. Days on
    which that is nothing are left out."""
    held = ", ".join(["seen", *others])
    names = [measure.name for measure in asked.measures]
    added = ", ".join(f"sum(sum({name})) OVER (PARTITION BY {held} ORDER BY day) AS {name}" for name in names)
    nothing = ", ".join(f"0 AS {name}" for name in names)
    keys = [
        f"day AS k{number}" if dimension.column == running.day else f"k{number}"
        for number, dimension in enumerate(asked.dimensions, start=1)
    ]
    sums = ", ".join(f"sum({measure.name})::{measure.type} AS {measure.name}" for measure in asked.measures)
    groups = ", ".join(str(number) for number in range(1, len(keys) + 2))
    return f"""WITH changed AS MATERIALIZED ({changes})
        SELECT {", ".join(["seen", *keys])}, {sums} FROM (
            SELECT {held}, day, {added} FROM (
                SELECT {held}, day, {", ".join(names)} FROM changed UNION ALL
                SELECT {held}, day::date, {nothing} FROM (SELECT DISTINCT {held} FROM changed) AS held,
                    generate_series({running.first}::timestamp, {running.last}::timestamp, interval '1 day') AS day
            ) AS turned GROUP BY {held}, day
        ) AS held WHERE {" OR ".join(f"{name} <> 0" for name in names)} GROUP BY {groups}"""


def _grouped(asked: Asked) -> str:
    """What is in sight, by what it is grouped by: under each of the things that its owner is tied to."""
    if _of_sums(asked) and not _linked(asked):
        return "SELECT * FROM base WHERE seen"
    keys, joins = [], []
    for number, dimension in enumerate(asked.dimensions, start=1):
        if (links := dimension.links) is None:
            keys.append(f"base.k{number}, ")
        else:
            keys.append(f"link{number}.{links.to} AS k{number}, ")
            joins.append(f" LEFT JOIN {links.table} AS link{number} ON link{number}.{links.owner} = base.k{number}")
    groups = ", ".join(str(number) for number in range(1, len(keys) + 1))
    # Of nothing to group by there is one group, if there is anything at all.
    return f"""SELECT {"".join(keys)}{_sums(asked)} FROM base{"".join(joins)} WHERE seen
        {f"GROUP BY {groups}" if groups else "HAVING count(*) > 0"}"""


def _sorted_by(kind: Kind) -> str:
    # What has no name to be sorted by has a place of its own: stages.
    return "name_order" if "name_order" in model_of(kind)._meta.fields_map else "position"


def _told(asked: Asked) -> str:
    """The first groups in the order that was asked for, and then in a fixed one."""
    way = "DESC" if asked.descending else "ASC"
    names, joins = [], []
    for number, dimension in enumerate(asked.dimensions, start=1):
        if asked.by is None and dimension.kind is not None:
            joins.append(
                f" LEFT JOIN {model_of(dimension.kind)._meta.db_table} AS n{number} ON n{number}.id = k{number}"
            )
            names.append(f"n{number}.{_sorted_by(dimension.kind)} {way} NULLS LAST")
        names.append(f"k{number} {way if asked.by is None else 'ASC'} NULLS LAST")
    order = names if asked.by is None else [f"{asked.by.name} {way} NULLS LAST", *names]
    return f"""SELECT grouped.* FROM grouped{"".join(joins)}
        {f"ORDER BY {', '.join(order)}" if order else ""} LIMIT {asked.first}"""
