"""The document cache: what it keeps, what it refuses, and what hostile documents get."""

import gc
import sys
from contextlib import suppress

import pytest
import strawberry
from graphql import GraphQLError, GraphQLSyntaxError, Node, Token, build_schema
from graphql.language import Location
from hypothesis import given
from hypothesis import strategies as st

from engine.documents import (
    BYTES_A_TOKEN,
    MAX_ERRORS,
    Document,
    DocumentCache,
    LimitExceeded,
    choose_operation,
    parse_document,
    validate_document,
)

SCHEMA = build_schema("""
    type Query { id: ID, self: Query, page(first: Int): [Query] }
""")


#: An interface, and thirty types of it.
MANY_TYPES = build_schema(
    "type Query { all: Node } interface Node { id: ID, next: Node }"
    + "".join(f"type T{number} implements Node {{ id: ID, next: Node }}" for number in range(30))
)


def asking_all_types(count: int) -> str:
    """Fragments that ask each type for the same, and the interface too, on each of three levels."""
    parts = []
    for name, inner in (("A", "...C"), ("B", "...C"), ("C", "...D"), ("D", "id")):
        of_each = " ".join(f"... on T{number} {{ next {{ {inner} }} }}" for number in range(count))
        parts.append(f"fragment {name} on Node {{ next {{ {inner} }} {of_each} }}")
    return " ".join(parts)


def document(source: str) -> Document:
    return DocumentCache().parse(source, max_tokens=2000)


def messages(source: str) -> list[str]:
    return [error.message for error in validate_document(SCHEMA, document(source))]


def test_a_document_knows_its_operations_and_fragments() -> None:
    parsed = document("query A { id } query B { ...F } fragment F on Query { id }")
    assert list(parsed.operations) == ["A", "B"]
    assert list(parsed.fragments) == ["F"]
    assert parsed.tokens == 18


EVERY_KIND_OF_NODE = """
# A comment is a token, too.
query Q($v: [ID!]! = ["a"], $w: ID @d) @d(a: 1) { a: f(i: {b: [1, 1.5, true, E, null, "s", $v]}) @skip(if: false) {
  ...F  ... on T @d { g } ... @include(if: true) { h }
} }
fragment F on T @d { k }
mutation { m } subscription { s }
"""


def test_the_collector_does_not_see_what_is_kept() -> None:
    """It would look through all of it again and again, while nothing else goes on."""
    kept = document(EVERY_KIND_OF_NODE)
    seen: list[object] = []

    def look(node: Node) -> None:
        seen.extend((node, node.loc))
        for name in node.keys:
            part = getattr(node, name)
            for inner in part if isinstance(part, tuple) else (part,):
                if isinstance(inner, Node):
                    look(inner)
            if isinstance(part, tuple):
                seen.append(part)

    look(kept.ast)
    assert len({type(each) for each in seen}) > 25
    assert [each for each in seen if gc.is_tracked(each)] == []


def test_what_is_kept_no_more_goes_without_the_collector() -> None:
    def nodes() -> int:
        gc.unfreeze()
        return sum(issubclass(type(each), Node | Token | Location) for each in gc.get_objects())

    gc.collect()
    before, references = nodes(), sys.getrefcount(Location)
    gc.disable()
    try:
        kept = document(EVERY_KIND_OF_NODE)
        # Each object of a class refers to it.
        assert sys.getrefcount(Location) > references + 50
        del kept
        assert (nodes(), sys.getrefcount(Location)) == (before, references)
    finally:
        gc.enable()


def test_the_same_text_is_parsed_once() -> None:
    assert parse_document("{ id }", max_tokens=10) is parse_document("{ id }", max_tokens=10)


def test_the_least_recently_used_document_goes_first() -> None:
    cache = DocumentCache(max_documents=2)
    a = cache.parse("{ a }", max_tokens=10)
    b = cache.parse("{ b }", max_tokens=10)
    assert cache.parse("{ a }", max_tokens=10) is a
    cache.parse("{ c }", max_tokens=10)
    assert cache.parse("{ a }", max_tokens=10) is a
    assert cache.parse("{ b }", max_tokens=10) is not b


def test_the_cache_is_bounded_in_bytes() -> None:
    room = 2 * (3 * BYTES_A_TOKEN + len("{ a0 }"))
    cache = DocumentCache(max_bytes=room)
    for number in range(9):
        cache.parse(f"{{ a{number} }}", max_tokens=10)
        assert cache.bytes <= room
    assert len(cache) == 2


@pytest.mark.parametrize(("padding", "kept"), [(100 - len("{ id }"), 1), (101 - len("{ id }"), 0)])
def test_a_long_source_is_parsed_but_not_kept(padding: int, kept: int) -> None:
    cache = DocumentCache(max_source_bytes=100)
    cache.parse("{ id }" + " " * padding, max_tokens=10)
    assert len(cache) == kept


def test_a_syntax_error_is_not_kept() -> None:
    cache = DocumentCache()
    for _ in range(2):
        with pytest.raises(GraphQLSyntaxError, match="Expected Name"):
            cache.parse("{ id ", max_tokens=10)
    assert len(cache) == 0


def test_the_token_limit() -> None:
    assert document("{" + "id " * 1998 + "}").tokens == 2000
    with pytest.raises(LimitExceeded) as caught:
        document("{" + "id " * 1999 + "}")
    assert caught.value.message == (
        "The document has more than 2000 tokens. Ask for less, or send it as several requests."
    )
    assert caught.value.extensions == {"code": "LIMIT", "limit": "tokens", "allowed": 2000}


def test_what_many_fields_of_one_name_ask_is_checked() -> None:
    assert messages("{" + "self{id} " * 400 + "}") == []


def test_the_token_limit_counts_comments() -> None:
    with pytest.raises(LimitExceeded, match="more than 2000 tokens"):
        document("{ id }\n" + "#\n" * 2000)


def test_the_token_limit_holds_for_a_document_that_is_kept() -> None:
    cache = DocumentCache()
    cache.parse("{ id id }", max_tokens=4)
    with pytest.raises(LimitExceeded, match="more than 3 tokens"):
        cache.parse("{ id id }", max_tokens=3)


def test_a_source_that_quotes_the_token_message_is_a_plain_syntax_error() -> None:
    with pytest.raises(GraphQLSyntaxError):
        document('"Document contains more than 2000 tokens. Parsing aborted."')


@pytest.mark.parametrize("levels", [201, 400, 660])
def test_a_deeply_nested_document_is_refused_by_name(levels: int) -> None:
    with pytest.raises(LimitExceeded, match="nested too deeply to be read") as caught:
        document("{self" * levels + "{id}" + "}" * levels)
    assert caught.value.extensions == {"code": "LIMIT", "limit": "nesting"}


def test_a_deeply_nested_value_is_refused_by_name() -> None:
    with pytest.raises(LimitExceeded, match="nested too deeply"):
        document("{id(a: " + "[" * 900 + "]" * 900 + ")}")


@given(st.text(alphabet=st.sampled_from('{}()[]:.!$@"#| aQ1-\ud800\n') | st.characters(), max_size=60))
def test_any_text_is_a_document_or_a_graphql_error(source: str) -> None:
    with suppress(GraphQLError):
        document(source)


def test_the_only_operation_needs_no_name() -> None:
    parsed = document("query A { id }")
    assert choose_operation(parsed, None) is parsed.operations["A"]
    assert choose_operation(parsed, "") is parsed.operations["A"]
    assert choose_operation(parsed, "A") is parsed.operations["A"]


@pytest.mark.parametrize(
    ("source", "name", "message"),
    [
        ("query A { id }", "B", "The document has no operation named 'B'. It has: 'A'."),
        (
            "{ id }",
            "B",
            "The document has no operation named 'B'. Its operation has no name: leave operationName out.",
        ),
        (
            "query A { id } mutation B { id }",
            None,
            "The document has 2 operations. Say with operationName which one to run.",
        ),
        (
            "fragment F on Query { id }",
            None,
            "The document has no operation. Send a query, a mutation or a subscription.",
        ),
    ],
)
def test_an_operation_that_cannot_be_chosen(source: str, name: str | None, message: str) -> None:
    with pytest.raises(GraphQLError) as caught:
        choose_operation(document(source), name)
    assert caught.value.message == message
    assert caught.value.extensions == {"code": "INVALID"}


def test_a_long_operation_name_is_not_sent_back_whole() -> None:
    with pytest.raises(GraphQLError) as caught:
        choose_operation(document("query A { id }"), "x" * 10_000)
    assert len(caught.value.message) < 200


def test_a_valid_document_has_no_errors() -> None:
    assert messages("query($n: Int) { page(first: $n) { ...F } } fragment F on Query { id }") == []


def test_validation_is_done_once_for_each_schema() -> None:
    parsed = document("{ nothing }")
    first = validate_document(SCHEMA, parsed)
    assert validate_document(SCHEMA, parsed)[0] is first[0]
    first.clear()  # the caller's own list
    assert validate_document(SCHEMA, parsed) != []
    assert validate_document(build_schema("type Query { nothing: ID }"), parsed) == []


def test_a_few_mistakes_get_suggestions_and_many_do_not() -> None:
    assert messages("{ idd }") == ["Cannot query field 'idd' on type 'Query'. Did you mean 'id'?"]
    many = messages("{" + " ".join(f"id{number}" for number in range(500)) + "}")
    assert len(many) == MAX_ERRORS + 1
    assert many[0] == "Cannot query field 'id0' on type 'Query'."
    assert many[-1].startswith("Too many validation errors")


def test_fields_that_cannot_merge() -> None:
    assert messages("{ a: page(first: 1) { id } a: page(first: 2) { id } }")[0].startswith("Fields 'a' conflict")


def test_a_document_that_is_too_intricate_to_merge_has_a_clear_message() -> None:
    (error,) = validate_document(MANY_TYPES, document("{ all { ...A ...B } }" + asking_all_types(30)))
    assert error.message.startswith("The document is too intricate to check: it selects the same fields of too many")
    assert error.extensions == {"code": "LIMIT", "limit": "validation"}


def test_fragments_that_nest_too_deeply_to_validate() -> None:
    chain = " ".join(f"fragment F{n} on Query {{ self {{ ...F{n + 1} }} }}" for n in range(200))
    parsed = DocumentCache().parse(f"{{ ...F0 }} {chain} fragment F200 on Query {{ id }}", max_tokens=4000)
    (error,) = validate_document(SCHEMA, parsed)
    assert "nests fragments too deeply" in error.message


def test_a_fragment_cycle_and_an_unknown_fragment_are_errors_of_validation() -> None:
    assert "within itself" in messages("{ ...F } fragment F on Query { ...F }")[0]
    assert messages("{ ...F }") == ["Unknown fragment 'F'."]


@strawberry.input(one_of=True)
class Choice:
    a: strawberry.Maybe[int]
    b: strawberry.Maybe[int]


@strawberry.type
class Query:
    @strawberry.field
    def chosen(self, by: Choice) -> int:
        return 1


STRAWBERRY_SCHEMA = strawberry.Schema(Query)._schema


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{ chosen(by: { a: 1 }) }", None),
        ("{ chosen(by: { a: 1, b: 2 }) }", "OneOf Input Object 'Choice' must specify exactly one key."),
        ("{ chosen(by: { a: null }) }", "cannot be explicitly set to null"),
        ("{ chosen(by: { a: $nothing }) }", "Variable '$nothing' is not defined."),
        ("fragment F on Query { chosen(by: { a: $a }) } query($a: Int!) { ...F }", None),
        ("query A($b: Int!) { c: chosen(by: { a: $b }) } fragment F on Query { chosen(by: { a: $a }) } "
         "query B($a: Int!) { ...F }", None),
    ],
)  # fmt: skip
def test_strawberrys_own_rules_apply_and_never_fail(source: str, message: str | None) -> None:
    errors = validate_document(STRAWBERRY_SCHEMA, document(source))
    assert bool(errors) == (message is not None), errors
    assert message is None or any(message in error.message for error in errors)
