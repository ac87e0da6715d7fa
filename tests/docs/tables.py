"""Writes the tables of the pages that are made from the code: `python -m tests.docs.tables`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields

from graphql import GraphQLEnumType, GraphQLInterfaceType, GraphQLObjectType, is_introspection_type
from strawberry.utils.str_converters import to_camel_case

from interchange.imports.fields import FIELDS as FIELDS_OF_LINES
from interchange.imports.mappings import header_of, presets
from models.bounds import JOBS_OF_ITEM
from models.event_kinds import KINDS
from models.events import Event, bases, name_for_clients
from models.ids import Kind
from models.items.kinds import item_kinds
from models.portable.tables import ANEW, BUT, EVENT_COLUMNS, LEFT_OUT, Column, portable_tables
from models.reasons import Reason, parameters_of
from models.rights import EVERY_MEMBER, LEADERS, Requirement, Right, Role
from models.templates.content import TemplateKind, content_classes
from models.templates.shortcodes import SHORTCODES
from models.undo.inverses import Cannot, said_way
from models.undo.taking import Inverse
from resolvers.mutations import ACTIONS
from resolvers.portal.root import portal_schema
from resolvers.root import graphql_schema
from schema.declarations import DeclaredMutation
from schema.kinds import MUTATIONS, type_of
from schema.permissions import FIELDS
from tests.docs.pages import ROOT

#: What each right is about, besides the mutations and fields that need it: what the checks of rows make of it.
MEANINGS = {
    Right.VIEW_ALL_ACCOUNTS: "Seeing every account, not only the assigned ones.",
    Right.VIEW_REPORTS: "The firm's sums in reports, also of what is out of sight, in one; else one's own time alone.",
    Right.MANAGE_TEAM: "Seeing, adding, changing and deleting others' absences; seeing and revoking others' personal "
    "tokens. With VIEW_REPORTS, the report on everybody's capacity.",
    Right.MANAGE_TIME_ENTRIES: "Seeing, logging, changing and deleting others' time entries, stopping their timers. "
    "Reports on the firm's time by member, and what of others' capacity is tracked and free.",
    Right.MANAGE_TIME_BUDGETS: "Also: being told of time logged on visible jobs, without whose it was. "
    "Reports on budgets, and on the firm's time by job.",
}
UNUSED = "Not used in this version."


def fresh(page: str, text: str) -> str:
    """A page's text with its tables as they should be. What stands outside of their marks stays."""
    for name, make in TABLES[page].items():
        marks = re.compile(rf"(<!-- table: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        text, times = marks.subn(lambda found, make=make: f"{found[1]}{make()}{found[2]}", text)  # type: ignore[misc]
        if times != 1:
            raise ValueError(f"{page} must have the mark of the table {name!r} just once.")
    return text


def _rights() -> str:
    return _table(
        ("right", "mutations that need it", "fields that it withholds", "what else"),
        ((f"`{right}`", _mutations(right), _fields(right), _meaning(right)) for right in Right),
    )


def _mutations(right: Right) -> str:
    return _names(action for action, needed in ACTIONS.items() if needed.right is right)


def _fields(right: Right) -> str:
    found = [(f"{owner}.{field}", needed) for (owner, field), needed in FIELDS.items() if needed.right is right]
    always, unless_own = ([name for name, needed in found if needed.unless_own is own] for own in (False, True))
    if not unless_own:
        return _names(always)
    own = f"except of one's own on `viewerChanges`: {_names(unless_own)}"
    return f"{_names(always)}; {own}" if always else own


def _meaning(right: Right) -> str:
    return MEANINGS.get(right, "" if _mutations(right) or _fields(right) else UNUSED)


def _by_role() -> str:
    needed = (Requirement(role=Role.OWNER), Requirement(role=Role.ADMIN), EVERY_MEMBER)
    return _table(
        ("who", "mutations"),
        ((_who(requirement), _names(a for a, n in ACTIONS.items() if n == requirement)) for requirement in needed),
    )


def _who(needed: Requirement) -> str:
    if needed.role is Role.OWNER:
        return "The owner alone"
    if needed.role is Role.ADMIN:
        return " and ".join(f"`{role}`" for role in Role if role in LEADERS)
    return "Every member, on what they see"


def _clients() -> str:
    """All that the portal's schema says: each of its types, and what is told of it."""
    types = {name: type_ for name, type_ in portal_schema().type_map.items() if isinstance(type_, GraphQLObjectType)}
    query = types.pop("Query")
    asked = ("asked for", "", _names(query.fields))
    things = (
        (f"`{name}`", str(type_.description), _names(type_.fields))
        for name, type_ in sorted(types.items())
        if not is_introspection_type(type_)
    )
    return _table(("", "what it is", "what clients are told"), [asked, *things])


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n".replace("|  |", "| |").replace("|  |", "| |") for cells in lines)


def _ids() -> str:
    return _table(("prefix", "type"), ((f"`{kind}`", f"`{type_of(kind).__name__}`") for kind in Kind))


def _items() -> str:
    return _table(
        (
            "kind",
            "what it may wait for",
            "somebody has to act until",
            "its jobs",
            "made and linked by",
            "withheld without",
        ),
        (
            (
                kind.spoken.capitalize(),
                ", ".join(f"`{awaited}` (of the {awaited.party.lower()})" for awaited in of.may_await) or "nothing",
                of.until or "–",
                "one at most" if of.model.one_job else f"up to {JOBS_OF_ITEM.most}",
                _makers(kind),
                _names(sorted(set(of.model.withheld.values()))) or "–",
            )
            for kind, of in sorted(item_kinds().items())
        ),
    )


def _makers(kind: Kind) -> str:
    """Who may call the mutations that make an item of a kind, and the one that links it where there is one."""
    named = [*(each.name for each in MUTATIONS if _makes(each, kind)), f"link{type_of(kind).__name__}"]
    (needed,) = {ACTIONS[name] for name in named if name in ACTIONS}
    who = "every member" if needed == EVERY_MEMBER else f"`{needed.right}`"
    policy = item_kinds()[kind].model.policy
    return who if policy.owner is None else f"{who}; another's with `{policy.right}`"


def _makes(declared: DeclaredMutation, kind: Kind) -> bool:
    """Whether it is for making a thing of this kind: whoever does may bring the id."""
    return any(each.name == "id" for each in fields(declared.takes)) and declared.command.makes.model.kind is kind


def _events() -> str:
    return _table(
        ("interface", "its events", "what to select"),
        (
            (f"`{base.__name__}`", _names(_told_as(base)), _selection(base))
            for base in sorted(bases(), key=lambda base: base.__name__)
        ),
    )


def _told_as(base: type[Event]) -> list[str]:
    interface = graphql_schema().type_map[base.__name__]
    assert isinstance(interface, GraphQLInterfaceType)
    return sorted(kind.name for kind in graphql_schema().get_possible_types(interface))


def _selection(base: type[Event]) -> str:
    subject = to_camel_case(name_for_clients(base, str(base.subject)))
    beside = "".join(f" {to_camel_case(name_for_clients(base, name))} {{ … }}" for name in base.beside)
    return f"`{subject}Id {subject} {{ … }}{beside}`"


def _field_kinds() -> str:
    kinds = graphql_schema().type_map["FieldKind"]
    assert isinstance(kinds, GraphQLEnumType)
    return _table(
        ("kind", "its texts"), ((f"`{name}`", str(value.description)) for name, value in kinds.values.items())
    )


def _reasons() -> str:
    reasons = graphql_schema().type_map["ErrorReason"]
    assert isinstance(reasons, GraphQLEnumType)
    return _table(
        ("reason", "parameters", "meaning"),
        (
            (f"`{name}`", _names(sorted(parameters_of(Reason(name)))), str(value.description))
            for name, value in reasons.values.items()
        ),
    )


def _shortcodes() -> str:
    sources = graphql_schema().type_map["ShortcodeSource"]
    assert isinstance(sources, GraphQLEnumType)
    return _table(
        ("shortcode", "what it is filled in with", "from"),
        ((f"`{each.written}`", each.meaning, f"`{each.source}`") for each in SHORTCODES.values()),
    )


def _template_kinds() -> str:
    return _table(
        ("kind", "its content", "needs besides", "made of an existing thing", "makes"),
        (
            (
                f"`{kind}`",
                f"`{to_camel_case(kind.field)}`",
                "–" if of.needs is None else f"`{of.needs}`",
                "–" if of.source is None else f"`{to_camel_case(f'from_{of.source}_id')}`",
                _names(name for name in ACTIONS if name in _made_by(kind)) or "–",
            )
            for kind in TemplateKind
            for of in (content_classes()[kind],)
        ),
    )


def _made_by(kind: TemplateKind) -> tuple[str, str]:
    """The mutation that makes something of a template of a kind: a thing, or many."""
    return (
        f"create{_in_one_word(kind.field)}FromTemplate",
        f"apply{_in_one_word(kind.field).removesuffix('Tree')}Template",
    )


def _presets() -> str:
    return _table(
        ("preset", "lines are", "it is for", "it follows"),
        (
            (f"`{name}`", found.what.value, found.about, "<br>".join(map(_linked, found.cites)))
            for name, found in presets().items()
        ),
    )


def _linked(cited: str) -> str:
    address, _, note = cited.partition(" ")
    return f"<{address}> {note}"


def _columns_of_presets() -> str:
    return "\n".join(
        f"### `{name}`\n\n"
        + _table(("field", "column"), ((f"`{of}`", _called(names)) for of, names in found.columns.items()))
        for name, found in presets().items()
    )


def _called(columns: Sequence[str]) -> str:
    return ", ".join(f"`{column}`" for column in columns)


def _what_lines_say() -> str:
    return "\n".join(
        f"### `{what}`\n\n"
        + _table(
            ("field", "generic column", "what it says"),
            ((f"`{each.name}`", header_of(each.name), each.says) for each in there),
        )
        for what, there in FIELDS_OF_LINES.items()
    )


def _in_one_word(field: str) -> str:
    return "".join(word.capitalize() for word in field.split("_"))


def _parts() -> str:
    return _table(
        ("folder", "part", "each line", "columns, and their types in PostgreSQL (? where it may be null)"),
        (
            *(("`rows`", f"`{table.name}.jsonl`", table.says, _columns(table.columns)) for table in portable_tables()),
            ("`log`", "`YYYY-MM.jsonl`", "An event of the log, of that month in UTC.", _columns(EVENT_COLUMNS)),
        ),
    )


def _columns(columns: Mapping[str, Column]) -> str:
    return ", ".join(f"`{column.name}` {column.sql_type}{'?' * column.null}" for column in columns.values())


def _left_out() -> str:
    return _table(
        ("what no export has", "why"),
        (
            *((f"`{table}`", f"{why[0].upper()}{why[1:]}.") for table, why in sorted(LEFT_OUT.items())),
            *(
                (f"`{table}`, but where `{those}`", f"{why[0].upper()}{why[1:]}.")
                for table, (those, why) in BUT.items()
            ),
            *(
                (f"`{table}.{column}`", f"{anew.why[0].upper()}{anew.why[1:]}.")
                for (table, column), anew in sorted(ANEW.items())
            ),
        ),
    )


def _ways() -> str:
    told: dict[str, list[str]] = defaultdict(list)
    for name, kind in KINDS.items():
        way = said_way(kind)
        if isinstance(way, Cannot):
            told[way.why].append(name)
        elif isinstance(way, Inverse):
            told[""].append(name)
    kept = told.pop("")
    rows = [("is taken back", _names_of(kept)), *((f"`{why}`", _names_of(told[why])) for why in sorted(told))]
    return _table(("", "events"), rows)


def _names_of(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


#: By the page, the tables by the names in their marks.
TABLES: dict[str, dict[str, Callable[[], str]]] = {
    "docs/api.md": {"ids": _ids, "reasons": _reasons},
    "docs/domain.md": {"items": _items},
    "docs/export.md": {"parts": _parts, "left out": _left_out},
    "docs/import.md": {"fields": _what_lines_say, "presets": _presets, "columns": _columns_of_presets},
    "docs/live.md": {"events": _events, "field kinds": _field_kinds},
    "docs/permissions.md": {"clients": _clients, "rights": _rights, "roles": _by_role},
    "docs/templates.md": {"shortcodes": _shortcodes, "template kinds": _template_kinds},
    "docs/undo.md": {"ways": _ways},
}


def main() -> None:
    """Write the pages anew."""
    for page in TABLES:
        path = ROOT / page
        path.write_text(fresh(page, path.read_text()))


if __name__ == "__main__":
    main()
