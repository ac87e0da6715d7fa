"""Documents that grow in one thing, each in the way that some rule of validation, or the parser, likes least.

On the product's schema. `size` is how many of the thing there are.
"""

from collections.abc import Callable
from functools import cache

from graphql import GraphQLError

from engine.documents import DocumentCache
from engine.limits import Limits, check_outline

Make = Callable[[int], str]


def _each(size: int, template: str) -> str:
    """The template so many times, with `#` as the number and `+` as the next."""
    return " ".join(template.replace("#", str(at)).replace("+", str(at + 1)) for at in range(size))


def _viewer(selections: str) -> str:
    return f"{{ viewer {{ {selections} }} }}"


def _chain(size: int) -> str:
    return _each(size, "fragment F# on Viewer { role ...F+ }") + f" fragment F{size} on Viewer {{ role }}"


def _everywhere(size: int) -> str:
    """Fragments that each spread the next one under two fields: 2 ** size fields when written out."""
    links = _each(
        size, "fragment F# on Job { previous: account { jobs { nodes { ...F+ } } } nodes: account { id } ...F+ }"
    )
    return '{ job(id: "x") { ...F0 } } ' + links + f" fragment F{size} on Job {{ id }}"


HOSTILE: dict[str, Make] = {
    # Fragments and their spreads
    "a fan of fragments": lambda n: _viewer(_each(n, "...F#")) + _each(n, "fragment F# on Viewer { role }"),
    "a fan of large fragments": lambda n: (
        _viewer(_each(n, "...F#")) + _each(n, "fragment F# on Viewer { role rights member { id name } firm { id } }")
    ),
    "a chain of fragments": lambda n: _viewer("...F0") + _chain(n),
    "a chain that the operation names": lambda n: _viewer(_each(n, "...F#")) + _chain(n),
    "a diamond of fragments": lambda n: (
        _viewer("...F0") + _each(n, "fragment F# on Viewer { ...F+ ...F+ }") + f" fragment F{n} on Viewer {{ role }}"
    ),
    "fragments that double": _everywhere,
    "a mesh of fragments": lambda n: (
        _viewer("...F0")
        + " ".join(
            f"fragment F{at} on Viewer {{ role {' '.join(f'...F{to}' for to in range(at + 1, min(n, at + 12)))} }}"
            for at in range(n)
        )
    ),
    "fragments within themselves": lambda n: (
        _viewer("...F0")
        + " ".join(f"fragment F{at} on Viewer {{ {' '.join(f'...F{to}' for to in range(n))} }}" for at in range(n))
        if n < 200
        else _viewer("...F " * n)
    ),
    "fragments that nothing spreads": lambda n: _viewer("role") + _each(n, "fragment F# on Viewer { role }"),
    "fragments of one name": lambda n: _viewer("...F") + "fragment F on Viewer { role } " * n,
    "spreads of no fragment": lambda n: _viewer(_each(n, "...F#")),
    "spreads of one fragment": lambda n: _viewer("...F " * n) + "fragment F on Viewer { role }",
    "one large fragment in many places": lambda n: (
        '{ job(id: "x") { ' + "account { ...F } " * 40 + "} } fragment F on Account { " + "id " * n + "}"
    ),
    "type conditions": lambda n: _viewer("... on Viewer { role } " * n),
    "type conditions that cannot be": lambda n: _viewer("... on Job { id } " * n),
    "unknown type conditions": lambda n: _viewer(_each(n, "... on Kind# { id }")),
    "an unknown type with a long name": lambda n: _viewer(f"... on {('createJobPayload' * 13)[:n]} {{ id }}"),
    "interfaces": lambda n: '{ node(id: "x") { ' + "... on Node { id } " * n + "} }",
    "nested inline fragments": lambda n: _viewer("... { " * n + "role" + " }" * n),
    "flat inline fragments": lambda n: _viewer("... { role } " * n),
    # Operations and variables
    "operations": lambda n: _each(n, "query Q# { viewer { role } }"),
    "operations of one name": lambda n: "query Q { viewer { role } } " * n,
    "operations without a name": lambda n: "{ viewer { role } } " * n,
    "named and nameless operations": lambda n: "{ viewer { role } } " + _each(n, "query Q# { viewer { role } }"),
    "operations and fragments": lambda n: _each(n, "query Q# { viewer { ...F0 } }") + _chain(n),
    "operations and uses of variables": lambda n: (
        _each(min(n, 20), "query Q#($a: ID!) { ...F }") + "fragment F on Query { " + "job(id: $a) { id } " * n + "}"
    ),
    "variables": lambda n: (
        "query(" + _each(n, "$v#: ID!") + ") { nodes(ids: [" + _each(n, "$v#") + "]) { id } }"
    ),
    "variables that nothing uses": lambda n: "query(" + _each(n, "$v#: ID") + ") { viewer { role } }",
    "uses of no variable": lambda n: "{ nodes(ids: [" + _each(n, "$v#") + "]) { id } }",
    "variables of one name": lambda n: "query(" + "$v: ID " * n + ") { viewer { role } }",
    "variables with defaults": lambda n: "query(" + _each(n, "$v#: [ID!] = [1, 2]") + ") { viewer { role } }",
    "variables of deep types": lambda n: "query($v: " + "[" * n + "ID" + "]" * n + ") { nodes(ids: $v) { id } }",
    # Fields
    "one field many times": lambda n: _viewer("role " * n),
    "one field with a selection": lambda n: _viewer("member { id } " * n),
    "one field with arguments": lambda n: '{ pipeline(id: "x") { ' + "stages { jobs(limit: 5) { id } } " * n + "} }",
    "one field with large arguments": lambda n: (
        "{ " + "jobs(filter: {and: [{name: {contains: \"a\"}}, {or: []}]}) { totalCount } " * n + "}"
    ),
    "one alias for many": lambda n: _viewer("a: role " * n),
    "aliases": lambda n: _viewer(_each(n, "a#: role")),
    "unknown fields": lambda n: _viewer(_each(n, "field#")),
    "unknown fields like those there are": lambda n: "mutation { " + _each(n, "createJobs# { revision }") + " }",
    "a few misspelt fields": lambda n: (
        "mutation { " + _each(5, "setTimeEntryBillables# { revision }") + "__typename " * n + " }"
    ),
    "selections of leaves": lambda n: _viewer("role { id } " * n),
    "objects without a selection": lambda n: _viewer("member " * n),
    "introspection": lambda n: "{ __schema { types { " + "name fields { name } " * n + "} } }",
    "introspection through fragments": lambda n: (
        "{ __schema { types { fields { type { " + _each(n, "...F#") + " } } } } }"
        + _each(n, "fragment F# on __Type { ofType { name } }")
    ),
    "streams": lambda n: (
        "subscription { " + _each(n, "...F#") + " }"
        + _each(n, "fragment F# on Subscription { boardChanges(pipelineIds: []) { revision } }")
    ),
    "definitions of types": lambda n: _viewer("role") + _each(n, "type T# { a: Int }"),
    # Arguments, values, directives
    "unknown arguments": lambda n: "{ job(" + _each(n, "a#: 1") + ") { id } }",
    "arguments of one name": lambda n: "{ job(" + "id: 1 " * n + ") { id } }",
    "unknown input fields": lambda n: "mutation { createJob(input: {" + _each(n, "f#: 1") + "}) { revision } }",
    "input fields of one name": lambda n: "mutation { createJob(input: {" + 'name: "a" ' * n + "}) { revision } }",
    "a list of ids": lambda n: "{ nodes(ids: [" + "1 " * n + "]) { id } }",
    "a list of what are no ids": lambda n: "{ nodes(ids: [" + "{a: 1} " * n + "]) { id } }",
    "nested lists": lambda n: "{ nodes(ids: " + "[" * n + "]" * n + ") { id } }",
    "nested objects": lambda n: "{ jobs(filter: " + "{and: [" * n + "]}" * n + ") { totalCount } }",
    "no values of an enum": lambda n: "{ jobs(sort: [" + "{field: NAM} " * n + "]) { totalCount } }",
    "a directive many times": lambda n: _viewer("role " + "@include(if: true) " * n),
    "unknown directives": lambda n: _viewer(_each(n, "role @d#")),
    # Text
    "a long name": lambda n: _viewer("x" * n),
    "a long number": lambda n: "{ jobs(first: " + "9" * n + ") { totalCount } }",
    "a long string": lambda n: '{ job(id: "' + "x" * n + '") { id } }',
    "a string of escapes": lambda n: '{ job(id: "' + "\\n" * n + '") { id } }',
    "a string of codes": lambda n: '{ job(id: "' + "\\u0041" * n + '") { id } }',
    "a block of lines": lambda n: '{ job(id: """' + "\n" * n + '""") { id } }',
    "a block of quotes": lambda n: '{ job(id: """' + '\\"""' * n + '""") { id } }',
    "a string that does not end": lambda n: '{ job(id: "' + "x" * n,
    "a string of codes that does not end": lambda n: '"' + "\\u0041" * n,
    "a block that does not end": lambda n: '{ job(id: """' + "\n" * n,
    "a long comment": lambda n: _viewer("role") + "#" + "x" * n,
    "comments": lambda n: _viewer("role") + "\n#" * n,
    "spaces": lambda n: _viewer("role") + " " * n,
    "errors behind many lines": lambda n: "\n" * n + _viewer(_each(20, "field#")),
    "errors of two places behind many lines": lambda n: "\r" * n + _viewer(_each(15, "a#: role a#: rights")),
    "lines": lambda n: _viewer("role") + "\n" * n,
    "braces": lambda n: "{" * n,
    "brackets": lambda n: "[" * n,
    "quotes": lambda n: '"' * n,
    "an error at the end": lambda n: _viewer("role " * n) + "}",
}  # fmt: skip


@cache
def largest(make: Make, allowed: Limits, *, parsed: bool = False) -> int:
    """The size of the largest document of a sort that may be parsed, or that can be."""
    most = _largest(lambda size: check_outline(make(size), allowed))
    if not parsed:
        return most

    def parse(size: int) -> None:
        DocumentCache().parse(make(size), max_tokens=allowed.tokens)

    return most if _fits(parse, most) else _largest(parse, most)


def _largest(read: Callable[[int], object], too_large: int = 20_000) -> int:
    fits = 0
    while too_large - fits > 1:
        middle = (fits + too_large) // 2
        if _fits(read, middle):
            fits = middle
        else:
            too_large = middle
    return fits


def _fits(read: Callable[[int], object], size: int) -> bool:
    try:
        read(size)
    except GraphQLError:
        return False
    return True


#: What each rule of validation has to go through. A rule that is not here fails the test and the benchmark.
GROWS_IN: dict[str, tuple[str, ...]] = {
    "DeferStreamDirectiveLabel": ("unknown directives", "a directive many times"),
    "DeferStreamDirectiveOnRootField": ("unknown directives", "a directive many times"),
    "DeferStreamDirectiveOnValidOperationsRule": ("unknown directives", "operations and fragments"),
    "ExecutableDefinitionsRule": ("definitions of types", "operations"),
    "FieldsMergeRule": (
        "one field many times", "one field with a selection", "one field with large arguments",
        "a fan of large fragments", "a chain of fragments", "a mesh of fragments", "flat inline fragments",
        "interfaces",
        "one large fragment in many places", "introspection through fragments",
    ),
    "FieldsOnCorrectTypeRule": ("unknown fields", "unknown fields like those there are", "one field many times"),
    "FragmentsOnCompositeTypesRule": ("type conditions", "a fan of fragments"),
    "KnownArgumentNamesRule": ("unknown arguments", "one field with arguments"),
    "KnownDirectivesRule": ("unknown directives", "a directive many times"),
    "KnownFragmentNamesRule": ("spreads of no fragment", "spreads of one fragment"),
    "KnownOperationTypesRule": ("operations",),
    "KnownTypeNamesRule": ("unknown type conditions", "variables", "an unknown type with a long name"),
    "LoneAnonymousOperationRule": ("operations without a name", "named and nameless operations"),
    "MaxIntrospectionDepthRule": ("introspection", "introspection through fragments"),
    "MaybeNullValidationRule": ("unknown input fields", "input fields of one name", "a list of what are no ids"),
    "NoFragmentCyclesRule": ("fragments within themselves", "a mesh of fragments", "a chain of fragments"),
    "NoUndefinedVariablesRule": ("uses of no variable", "operations and uses of variables", "operations and fragments"),
    "NoUnusedFragmentsRule": ("fragments that nothing spreads", "operations and fragments"),
    "NoUnusedVariablesRule": ("variables that nothing uses", "operations and uses of variables"),
    "PossibleFragmentSpreadsRule": ("type conditions that cannot be", "interfaces", "spreads of one fragment"),
    "ProvidedRequiredArgumentsRule": ("one field with arguments", "a directive many times"),
    "ScalarLeafsRule": ("selections of leaves", "objects without a selection"),
    "SingleFieldSubscriptionsRule": ("streams",),
    "StreamDirectiveOnListField": ("unknown directives", "a directive many times"),
    "TolerantOneOfInputRule": ("unknown input fields", "a list of what are no ids"),
    "UniqueArgumentNamesRule": ("arguments of one name", "unknown arguments"),
    "UniqueDirectivesPerLocationRule": ("a directive many times", "unknown directives"),
    "UniqueFragmentNamesRule": ("fragments of one name", "a fan of fragments"),
    "UniqueInputFieldNamesRule": ("input fields of one name", "nested objects"),
    "UniqueOperationNamesRule": ("operations of one name", "operations"),
    "UniqueVariableNamesRule": ("variables of one name", "variables"),
    "UnquotedValuesRule": (
        "a list of ids", "a list of what are no ids", "unknown input fields", "nested lists", "nested objects",
        "no values of an enum",
    ),
    "VariablesAreInputTypesRule": ("variables", "variables of deep types"),
    "VariablesInAllowedPositionRule": ("variables", "operations and uses of variables"),
}  # fmt: skip
