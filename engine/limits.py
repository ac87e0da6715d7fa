"""What one operation may ask for, checked before it is validated or run.

check_outline looks at the text alone, before it is parsed: characters, lines, tokens, operations, fragments, spreads.

check_limits measures an operation in time linear in its document: every selection is visited once, and
a fragment is measured once, however many spreads it has. It runs before validation, so it takes any
document that parses: unknown fields, types and fragments count as they stand, and a fragment that spreads
itself counts as empty there. Validation refuses these later.

The measures, each with fragments counted at every spread, and nothing left out for @skip or @include:

depth         levels of fields, a leaf's too; `{ job { id } }` has 2. What is below `__schema` and `__type`
              has a limit of its own, as the usual introspection query is deeper than any other.
aliases       fields with an alias. Within introspection they have a lower limit too: introspection costs
              no points, and the aliases are what would make it run many times.
root fields   fields of the operation itself.
directives    in the whole document, as written.
selections    fields, spreads and inline fragments of all operations of the document: what validation looks at.
cost          points: `engine/costs.py`.

check_variables counts the values in the variables: each is coerced, whatever it is for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLSchema, OperationDefinitionNode

from engine.costs import Measured, plan_of
from engine.documents import Document, LimitExceeded
from engine.list_sizes import SATURATED
from engine.outline import Excess, Outline, outline
from engine.selections import count_directives, count_selections

__all__ = ["LimitExceeded", "Limits", "check_limits", "check_outline", "check_variables", "has_more_values"]


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one operation may have of each. The units are in the module's docstring."""

    tokens: int = 2_000
    depth: int = 12
    aliases: int = 30
    root_fields: int = 20
    cost: int = 10_000
    directives: int = 50
    introspection_depth: int = 20
    introspection_aliases: int = 3
    characters: int = 50_000
    #: Where an error stands is said by line: they are counted for each.
    lines: int = 2_000
    #: Of strings, numbers and comments in the document, in characters.
    text: int = 20_000
    name: int = 200
    operations: int = 20
    fragments: int = 100
    spreads: int = 200
    selections: int = 4_000
    #: In the variables: texts, numbers, lists, objects, each item and field.
    values: int = 5_000


#: What signing in and staying in needs, twice over.
TO_SIGN_IN = Limits(
    tokens=120,
    depth=6,
    aliases=5,
    root_fields=2,
    cost=50,
    directives=5,
    introspection_depth=0,
    introspection_aliases=0,
    characters=4_000,
    lines=200,
    text=1_000,
    name=60,
    operations=3,
    fragments=5,
    spreads=10,
    selections=120,
    values=20,
)


def check_outline(source: str, limits: Limits) -> Outline:
    """Count in the text of a document. LimitExceeded for the first limit that it is over."""
    counted = outline(source, most_characters=limits.characters, most_tokens=limits.tokens)
    if isinstance(counted, Excess):
        raise _over(
            counted.limit, getattr(limits, counted.limit), None if counted.limit == "tokens" else counted.actual
        )
    for limit in ("lines", "text", "name", "operations", "fragments", "spreads"):
        _refuse_over(limit, getattr(limits, limit), getattr(counted, limit))
    return counted


def check_variables(variables: Mapping[str, Any], limits: Limits) -> None:
    """Count the values in the variables. LimitExceeded when there are more than allowed."""
    if has_more_values(variables, limits.values):
        raise _over("values", limits.values)


def has_more_values(variables: Mapping[str, Any], most: int) -> bool:
    """Whether there are more values in the variables than so many: texts, numbers, lists, objects, each item and
    field."""
    count, waiting = 0, [iter((variables,))]
    while waiting:
        for value in waiting[-1]:
            count += 1
            if count - 1 > most:
                return True
            if isinstance(value, dict | list):
                waiting.append(iter(value.values() if isinstance(value, dict) else value))
                break
        else:
            waiting.pop()
    return False


def check_limits(
    schema: GraphQLSchema,
    document: Document,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any] | None,
    limits: Limits,
) -> Measured:
    """Measure one operation of the document. LimitExceeded for the first limit that it is over.

    `variables` are as the client sent them, not coerced. They matter to the cost alone, and only those that
    a slicing argument takes; a measurement is kept with the document for the sizes that they come to.
    """
    directives = document.remember("directives", lambda: count_directives(document))
    _refuse_over("directives", limits.directives, directives)
    plan = document.remember(("plan", schema, id(operation)), lambda: plan_of(schema, document, operation))
    measured = plan.measure(variables or {})
    _refuse_over("depth", limits.depth, measured.depth)
    _refuse_over("introspectionDepth", limits.introspection_depth, measured.introspection_depth)
    _refuse_over("aliases", limits.aliases, measured.aliases)
    _refuse_over("introspectionAliases", limits.introspection_aliases, measured.introspection_aliases)
    _refuse_over("rootFields", limits.root_fields, measured.root_fields)
    _refuse_over("cost", limits.cost, measured.cost)
    selections = document.remember("selections", lambda: count_selections(document))
    _refuse_over("selections", limits.selections, selections)
    return measured


_MESSAGES = {
    "characters": "The document has {actual} characters; at most {allowed} are allowed. Send texts as variables.",
    "lines": "The document has {actual} lines; at most {allowed} are allowed. Leave empty lines out, and send texts as"
    " variables.",
    "tokens": "The document has more than {allowed} tokens. Ask for less, or send it as several requests.",
    "text": "The document has {actual} characters in strings, numbers and comments; at most {allowed} are allowed."
    " Send texts as variables.",
    "name": "The document has a name of {actual} letters; at most {allowed} are allowed.",
    "operations": "The document has {actual} operations; at most {allowed} are allowed."
    " Send only the one that is to run.",
    "fragments": "The document defines {actual} fragments; at most {allowed} are allowed."
    " Write the small ones out where they are spread.",
    "spreads": "The document spreads fragments {actual} times; at most {allowed} are allowed."
    " Write the small ones out where they are spread.",
    "selections": "The document selects {actual} fields and fragments, counting fragments wherever they are spread;"
    " at most {allowed} are allowed. Ask for less, or send it as several requests.",
    "values": "The variables have more than {allowed} values in them. Send it as several requests.",
    "directives": "The document uses {actual} directives; at most {allowed} are allowed."
    " Leave unwanted fields out of it rather than skipping them.",
    "depth": "The operation is {actual} levels deep; at most {allowed} are allowed."
    " Ask for fewer nested levels, or fetch the inner ones by id in a second request.",
    "introspectionDepth": "The introspection is {actual} levels deep; at most {allowed} are allowed."
    " Ask for fewer levels of ofType.",
    "aliases": "The operation uses {actual} aliases, counting fragments wherever they are spread;"
    " at most {allowed} are allowed. Fetch items of a kind through one list, such as nodes(ids:).",
    "introspectionAliases": "The introspection uses {actual} aliases; at most {allowed} are allowed."
    " Ask for each part of the schema once.",
    "rootFields": "The operation has {actual} root fields; at most {allowed} are allowed. Send it as several requests.",
    "cost": "The operation costs {actual} points; at most {allowed} are allowed. A list costs its size times"
    " its content: ask for smaller pages, with first or last, or for fewer lists within lists.",
}


def _refuse_over(limit: str, allowed: int, actual: int) -> None:
    if actual > allowed:
        raise _over(limit, allowed, actual)


def _over(limit: str, allowed: int, actual: int | None = None) -> LimitExceeded:
    figure = f"{actual} or more" if actual is not None and actual >= SATURATED else str(actual)
    message = _MESSAGES[limit].format(actual=figure, allowed=allowed)
    return LimitExceeded(message, limit=limit, allowed=allowed, actual=actual)
