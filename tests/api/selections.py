"""Documents made from the schema itself: whatever can be read some levels deep."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    OperationType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from resolvers.root import graphql_schema

#: How many things deep: a job, its account, the account's team.
LEVELS = 3
#: Pages are kept short, or a document would cost too much.
PAGE = 3

#: Who made and changed a thing: of everything there is, so no more than their names.
STAMPS = ("createdBy", "updatedBy")

#: Of what is in most documents, many times, no more is asked for than what it says.
UNNAMED = {
    "FieldChange",
    "JobClientStatus",
    "Money",
    "OutstandingItem",
    "PageInfo",
    "Period",
    "RelativeDate",
    "ShownStatus",
}

#: What is within automations.
_IN_AUTOMATIONS = re.compile("Settings$|^AutomationCondition")

Composite = GraphQLObjectType | GraphQLInterfaceType


def root_fields(kind: str) -> dict[str, GraphQLField]:
    """The fields of `query`, `mutation` or `subscription`."""
    root = graphql_schema().get_root_type(OperationType(kind))
    assert root is not None
    return dict(root.fields)


def document(kind: str, name: str, arguments: Iterable[str] = ()) -> str:
    """An operation on one root field, which takes these of its arguments from variables of the same names."""
    types = root_fields(kind)[name].args
    variables = [f"${argument}: {types[argument].type}" for argument in arguments]
    return f"{kind} Generated{_in_brackets(variables)} {{ {call(kind, name, arguments)} }}"


def call(kind: str, name: str, arguments: Iterable[str] = ()) -> str:
    """The root field in such an operation, with all that can be read below it."""
    field = root_fields(kind)[name]
    passed = [f"{argument}: ${argument}" for argument in arguments]
    if "first" in field.args:
        passed.append(f"first: {PAGE}")
    return f"{name}{_in_brackets(passed)} {selection(field)}"


def selection(field: GraphQLField) -> str:
    """All that is selected of a root field; nothing of a plain one."""
    # What a report's rows are of has no more than its own fields: there are many such things in a row.
    return _below(field, 1 if str(field.type).endswith("Report") else LEVELS)


def _in_brackets(parts: list[str]) -> str:
    return f"({', '.join(parts)})" if parts else ""


def _below(field: GraphQLField, levels: int, *, of_job: bool = False) -> str:
    type_: Any = get_named_type(field.type)
    return "" if is_leaf_type(type_) else "{ " + " ".join(fields_of(type_, levels - _is_thing(type_), of_job)) + " }"


def _is_thing(type_: Composite) -> bool:
    """Whether it leads on to others: as opposed to a page, a payload, an amount of money."""
    return type_.name in ("Node", "Event") or any(parent.name in ("Node", "Event") for parent in type_.interfaces)


@cache
def fields_of(type_: Composite, levels: int, of_job: bool = False) -> tuple[str, ...]:
    """The selections of a type: its leaves, and what it leads to while there are levels left. Of items of all kinds
    just what all have: with all that is their kind's own, they are in the lists of their kinds. In the history `of_job`
    there are only events that have to do with a job."""
    if type_.name == "LinkedItem":
        levels = 0
    # Of a change, a page or an amount the field says the type.
    named = [] if type_.name in UNNAMED else ["__typename"]
    chosen = [*named, *(_selected(name, field, levels, of_job=of_job) for name, field in type_.fields.items())]
    if isinstance(type_, GraphQLInterfaceType) and type_.name != "LinkedItem" and (type_.name != "Event" or levels):
        chosen += _of_each_kind(type_, levels, of_job)
    return tuple(filter(None, chosen))


def _in_settings(type_: Any) -> str:
    """All that such settings say, and of the things that they name just that."""
    below = ((name, get_named_type(field.type)) for name, field in type_.fields.items())
    told = (
        name if is_leaf_type(of) else f"{name} {'{ id name }' if _is_thing(of) else _in_settings(of)}"
        for name, of in below
    )
    return f"{{ __typename {' '.join(told)} }}"


def _selected(name: str, field: GraphQLField, levels: int, alias: str = "", *, of_job: bool = False) -> str:
    type_: Any = get_named_type(field.type)
    if any(map(is_required_argument, field.args.values())):
        return ""
    if is_leaf_type(type_):
        return alias + name
    if name == "edges" and levels < LEVELS:
        # Further down the nodes beside them, and the page's own cursors, say the same.
        return ""
    if name == "edges":
        of: Any = get_named_type(type_.fields["node"].type)
        return f"edges {{ cursor node {{ {'id' if 'id' in of.fields else '__typename'} }} }}"
    if _is_thing(type_) and not levels:
        return ""
    if name in STAMPS:
        return f"{alias}{name} {{ id name }}" if levels >= LEVELS - 1 else ""
    if name == "files":
        # What else there is to say of them is in the list at the root.
        return f"{alias}{name} {{ id name }}" if levels >= LEVELS - 1 else ""
    if type_.name == "Automation" and levels < LEVELS:
        # With all that it does, and under which conditions, it is in the list at the root.
        return f"{alias}{name} {{ id name }}" if levels >= LEVELS - 1 else ""
    if name == "automations":
        # As of the runs of automations.
        return f"{alias}{name} {{ id name }}" if levels >= LEVELS - 1 else ""
    if _IN_AUTOMATIONS.search(type_.name) is not None:
        # Of what automations do, in the list of them and nowhere else.
        return f"{alias}{name} {_in_settings(type_)}" if levels else ""
    if name == "failedRuns":
        # What else there is to say of them is in the list at the root.
        return f"{alias}{name} {{ id name }}" if levels >= LEVELS - 1 else ""
    if name in ("parent", "subtasks", "otherTask"):
        # It leads from a task to a task: what that says, the task itself says.
        return f"{alias}{name} {{ id name }}" if levels >= LEVELS - 1 else ""
    if name in ("recurrence", "fromRecurrence", "continuedRecurrence"):
        # Of jobs, which are in most documents. In the list of recurrences at the root they are with all that they say.
        return f"{alias}{name} {{ id name }}" if levels >= LEVELS - 1 else ""
    if type_.name == "Folder" and "[" in str(field.type) and levels < LEVELS:
        # Of accounts, which are in most documents. At the root they are with all that they say.
        return f"{alias}{name} {{ id name }}" if levels >= LEVELS - 1 else ""
    if type_.name == "JobRelation":
        # It leads from a job to a job: what that says, the job itself says.
        return f"{alias}{name} {{ relation job {{ id }} }}"
    size = f"(first: {PAGE})" if "first" in field.args else ""
    if {"first", "filter"} <= field.args.keys() and type_.name != "LinkedItemConnection":
        # The same lists are there at the root, with all that their things say. Further down they would cost too much.
        if levels < LEVELS - 1:
            return ""
        called = "name" if "name" in get_named_type(type_.fields["nodes"].type).fields else ""
        return f"{alias}{name}{size} {{ totalCount pageInfo {{ hasNextPage endCursor }} nodes {{ id {called} }} }}"
    # Things on pages have a level less: they would cost too much.
    on_page = "[" in str(field.type) and levels == LEVELS
    return f"{alias}{name}{size} {_below(field, levels - on_page, of_job=of_job or name == 'history')}"


def _of_each_kind(type_: GraphQLInterfaceType, levels: int, of_job: bool) -> Iterator[str]:
    """What each type behind an interface has of its own. Where two say something else by one name, the rarer one gets
    an alias. What kinds of events share is asked of their interface, once, as clients do."""
    implementing = graphql_schema().get_implementations(type_)
    shared = implementing.interfaces if type_.name == "Event" else []
    kinds: list[Composite] = sorted([*shared, *implementing.objects], key=lambda kind: kind.name)
    if of_job and type_.name == "Event":
        kinds = [kind for kind in kinds if {"job", "linkedJob"} & kind.fields.keys()]
    own = {kind.name: {n: f for n, f in kind.fields.items() if not _is_inherited(n, kind, type_)} for kind in kinds}
    shapes = Counter((name, _shape(field)) for fields in own.values() for name, field in fields.items())
    usual = {name: shape for (name, shape), _ in reversed(shapes.most_common())}
    choose = {"Event": _named, "LinkedItem": _plain}.get(type_.name, _selected)
    if type_.name == "Node":
        # There are many kinds of things, too. What they lead to, their lists say at the root.
        choose, levels = (_named if levels > 1 else _selected), 0
    for kind in kinds:
        chosen = [
            choose(name, field, levels, "" if _shape(field) == usual[name] else f"{name}_{kind.name}: ")
            for name, field in own[kind.name].items()
        ]
        if any(chosen):
            yield f"... on {kind.name} {{ {' '.join(filter(None, chosen))} }}"


def _is_inherited(name: str, kind: Composite, type_: GraphQLInterfaceType) -> bool:
    """Whether a field is asked of the interface, or of one between it and the kind."""
    between = kind.interfaces if type_.name == "Event" else ()
    return name in type_.fields or any(name in interface.fields for interface in between)


def _named(name: str, field: GraphQLField, levels: int, alias: str) -> str:
    """Of the things in events, and of what things of any kind lead to, no more than their names: there are dozens of
    kinds of these."""
    type_: Any = get_named_type(field.type)
    if is_leaf_type(type_) or not _is_thing(type_):
        return _selected(name, field, levels, alias)
    # Beside a thing stands its id, also where the thing itself is out of sight.
    return f"{alias}{name} {{ {'name' if 'name' in type_.fields else 'id'} }}"


def _plain(name: str, field: GraphQLField, levels: int, alias: str) -> str:
    """Of items among those of other kinds nothing but their values: items are in most documents, many times."""
    return alias + name if is_leaf_type(get_named_type(field.type)) else ""


def _shape(field: GraphQLField) -> str:
    named: Any = get_named_type(field.type)
    return str(field.type) if is_leaf_type(named) else str(field.type).replace(named.name, "{}")
