"""Documents: parsed once, validated once, kept while they are in use.

A client sends the same few documents again and again, so the parse, the validation and the measurement
of a document (engine/limits.py) live with it in a bounded cache. The cache is used from the event loop's
thread only and takes no lock; a document may be read on another one (engine/reading.py).

Order of use: limits.check_outline, parse_document, choose_operation, limits.check_limits, validate_document. Each
takes longer than the one before, and is kept from what the one before has refused.

No error quotes a value from the document, which may be a password: names only, and types.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from graphql import (
    DocumentNode,
    FieldsOnCorrectTypeRule,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    KnownArgumentNamesRule,
    Node,
    ObjectValueNode,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    Token,
    ValuesOfCorrectTypeRule,
    parse,
    specified_rules,
)
from graphql.validation import ASTValidationRule
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from common.collector import paused, untrack
from engine.coercion import UnquotedValuesRule
from engine.lines import LinedSource
from engine.merging import FieldsMergeRule
from engine.validation import validate

T = TypeVar("T")
_NOTHING: Any = object()

MAX_DOCUMENTS = 500
MAX_CACHE_BYTES = 64 * 1024 * 1024
MAX_SOURCE_BYTES = 50 * 1024
# An estimate: the syntax tree takes 350 bytes a token (measured with tracemalloc, graphql-core 3.3.2,
# CPython 3.11), and the measurement and the errors that are kept with it take less than that again.
BYTES_A_TOKEN = 600
MAX_MEMOS = 32

MAX_ERRORS = 20
# "Did you mean" measures the distance to every field of a type, up to 8 ms an error. That helps whoever mistyped a
# name or two, in a document that somebody typed.
MAX_ERRORS_WITH_SUGGESTIONS = 5
MAX_SUGGESTIONS = 2
MAX_TOKENS_WITH_SUGGESTIONS = 500


class LimitExceeded(GraphQLError):
    """A request asks for more than one request may. The message says what to do, with the figure.

    `limit` is the limit's name as clients see it, `allowed` and `actual` are in that limit's own unit.
    Either is left out where nothing is counted, or counting stopped at the limit.
    """

    def __init__(self, message: str, *, limit: str, allowed: int | None = None, actual: int | None = None):
        extensions: dict[str, Any] = {"code": "LIMIT", "limit": limit}
        if allowed is not None:
            extensions["allowed"] = allowed
        if actual is not None:
            extensions["actual"] = actual
        super().__init__(message, extensions=extensions)


@dataclass(slots=True, eq=False)
class Document:
    """A parsed document, and what was worked out about it.

    Of two definitions with the same name the first counts; validation refuses the document afterwards.
    """

    source: str
    ast: DocumentNode
    operations: dict[str | None, OperationDefinitionNode]
    """By name. An operation without one is under None."""
    fragments: dict[str, FragmentDefinitionNode]
    tokens: int
    """Lexical tokens, comments included."""
    _memos: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    def remember(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value that `make` gave for this key, made once while it is kept; by two threads at the same time perhaps
        by both, which does no harm.

        Never put a syntax node in the key: graphql-core hashes nodes by their whole content.
        """
        value: T = self._memos.get(key, _NOTHING)
        if value is _NOTHING:
            value = make()
            if len(self._memos) >= MAX_MEMOS:
                self._memos.clear()
            self._memos[key] = value
        return value


class DocumentCache:
    """The documents used last, by source text: bounded in number and in (estimated) bytes."""

    def __init__(
        self,
        *,
        max_documents: int = MAX_DOCUMENTS,
        max_bytes: int = MAX_CACHE_BYTES,
        max_source_bytes: int = MAX_SOURCE_BYTES,
    ) -> None:
        self.max_documents = max_documents
        self.max_bytes = max_bytes
        self.max_source_bytes = max_source_bytes
        self.bytes = 0
        self._documents: OrderedDict[str, tuple[Document, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._documents)

    def __contains__(self, source: str) -> bool:
        return source in self._documents

    def parse(self, source: str, *, max_tokens: int) -> Document:
        """See parse_document."""
        document = self.find(source, max_tokens=max_tokens)
        if document is None:
            document = parse_anew(source, max_tokens=max_tokens)
            self.keep(document)
        return document

    def find(self, source: str, *, max_tokens: int) -> Document | None:
        """The document that this text is, if it is kept. LimitExceeded over `max_tokens`."""
        kept = self._documents.get(source)
        if kept is None:
            return None
        self._documents.move_to_end(source)
        if kept[0].tokens > max_tokens:
            raise _too_many_tokens(max_tokens)
        return kept[0]

    def keep(self, document: Document) -> None:
        """Keep a document, as the one that was used last, until others need its place."""
        source = document.source
        if source in self._documents:
            self._documents.move_to_end(source)
            return
        source_bytes = len(source.encode("utf-8", "surrogatepass"))
        if source_bytes > self.max_source_bytes:
            return
        weight = source_bytes + BYTES_A_TOKEN * document.tokens
        self._documents[source] = (document, weight)
        self.bytes += weight
        while self.bytes > self.max_bytes or len(self._documents) > self.max_documents:
            _, (_, weight) = self._documents.popitem(last=False)
            self.bytes -= weight


_cache = DocumentCache()


def parse_document(source: str, *, max_tokens: int) -> Document:
    """The document that this text is, from the cache where it is there.

    Raises LimitExceeded over `max_tokens` lexical tokens or when nested too deeply to be read, and
    GraphQLSyntaxError where the text is not GraphQL. Neither is kept.
    """
    return _cache.parse(source, max_tokens=max_tokens)


def choose_operation(document: Document, operation_name: str | None) -> OperationDefinitionNode:
    """The operation to run: the named one, or the only one. GraphQLError when that is not clear.

    https://spec.graphql.org/draft/#GetOperation(); an empty name counts as none, as clients send it so.
    """
    operations = document.operations
    if not operations:
        raise _unclear("The document has no operation. Send a query, a mutation or a subscription.")
    if operation_name:
        if operation_name not in operations:
            raise _unclear(f"The document has no operation named {_shown(operation_name)}. {_offer(document)}")
        return operations[operation_name]
    if len(operations) > 1:
        raise _unclear(f"The document has {len(operations)} operations. Say with operationName which one to run.")
    return next(iter(operations.values()))


def validate_document(schema: GraphQLSchema, document: Document, *, suggestions: bool = True) -> list[GraphQLError]:
    """What is wrong with the document by this schema, in the document's order; at most MAX_ERRORS and a
    note that there are more. Worked out once for each schema.

    Suggestions tell names of the schema: they are for those who may read it. Run the limits first.
    """
    errors = document.remember(("errors", schema), lambda: _validate(schema, document))
    if not suggestions or not suggestible(document, errors):
        return list(errors)
    return list(document.remember(("suggestions", schema), lambda: _with_suggestions(schema, document, errors)))


def suggestible(document: Document, errors: Sequence[GraphQLError]) -> bool:
    """Whether suggestions are looked for, which takes long, when these are the errors without any."""
    few = 0 < len(errors) <= MAX_ERRORS_WITH_SUGGESTIONS
    return few and document.tokens <= MAX_TOKENS_WITH_SUGGESTIONS


def parse_anew(source: str, *, max_tokens: int) -> Document:
    """As parse_document, but of what is kept there is no use made, and nothing is kept: on any thread."""
    try:
        with paused():
            ast = parse(LinedSource(source), max_tokens=max_tokens)
            untrack(_parts_of(ast))
    except GraphQLSyntaxError as error:
        raise _explained(error, max_tokens) from None
    return document_of(source, ast, ast.token_count)


def document_of(source: str, ast: DocumentNode, tokens: int) -> Document:
    """The document of a syntax tree."""
    operations: dict[str | None, OperationDefinitionNode] = {}
    fragments: dict[str, FragmentDefinitionNode] = {}
    for definition in ast.definitions:
        if isinstance(definition, OperationDefinitionNode):
            operations.setdefault(definition.name.value if definition.name else None, definition)
        elif isinstance(definition, FragmentDefinitionNode):
            fragments.setdefault(definition.name.value, definition)
    return Document(source, ast, operations, fragments, tokens)


def _parts_of(ast: DocumentNode) -> Iterator[object]:
    """Every object of a syntax tree, which thereby becomes one. Its tokens, which refer to each other in a circle, are
    let go: only the parser wants them."""
    assert ast.loc is not None
    token: Token | None = ast.loc.start_token
    while token is not None:
        token.prev, token.next, token = None, None, token.next
    waiting: list[Node] = [ast]
    while waiting:
        node = waiting.pop()
        yield node
        if node.loc is not None:
            node.loc.start_token = node.loc.end_token = None  # type: ignore[assignment]
            yield node.loc
        for name in node.keys:
            part = getattr(node, name)
            if isinstance(part, Node):
                waiting.append(part)
            elif isinstance(part, tuple):
                yield part
                waiting.extend(part)


def _explained(error: GraphQLSyntaxError, max_tokens: int) -> GraphQLError:
    # graphql-core gives its limits no type of their own. The whole message is compared, since a part of it
    # could also be a quotation from the source.
    if error.message == f"Syntax Error: Document contains more than {max_tokens} tokens. Parsing aborted.":
        return _too_many_tokens(max_tokens)
    if error.message == "Syntax Error: Document is nested too deeply. Parsing aborted.":
        return LimitExceeded(
            "The document is nested too deeply to be read. Ask for fewer nested levels.", limit="nesting"
        )
    assert error.source is not None and error.positions
    return GraphQLSyntaxError(error.source, next(iter(error.positions)), _unquoted(error.description))


# Of what is quoted only punctuation stays: "Expected ':', found String.", not the string.
_QUOTED = re.compile(
    r"(?<=Name|.Int) '.*'|(?<=Float) '.*'|(?<=String) '.*'|(?<=Comment) '.*'|(?<=sequence): '.*'|(?<=String): '.*'"
    r"|(?<=got): '.*'|(?<=after 0): '.*'|, did you mean '0.*'\?$",
    re.DOTALL,
)


def _unquoted(description: str) -> str:
    return _QUOTED.sub("", description)


def _too_many_tokens(max_tokens: int) -> LimitExceeded:
    return LimitExceeded(
        f"The document has more than {max_tokens} tokens. Ask for less, or send it as several requests.",
        limit="tokens",
        allowed=max_tokens,
    )


def _unclear(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "INVALID"})


def _offer(document: Document) -> str:
    names = [name for name in document.operations if name is not None]
    if not names:
        return "Its operation has no name: leave operationName out."
    more = ", …" if len(names) > 5 else ""
    return f"It has: {', '.join(_shown(name) for name in names[:5])}{more}."


def _shown(name: str) -> str:
    return f"'{name[:60]}…'" if len(name) > 60 else f"'{name}'"


class TolerantOneOfInputRule(OneOfInputValidationRule):
    """Strawberry's rule looks up a variable in the operation visited last, also from within a fragment that
    comes before it or belongs to another. It then fails with no GraphQL error. What it passes over here,
    coercion still refuses when the operation runs."""

    def enter_object_value(self, node: ObjectValueNode, *args: Any) -> None:
        try:
            super().enter_object_value(node, *args)
        except (AttributeError, KeyError):
            return


_INSTEAD: dict[type[ASTValidationRule], type[ASTValidationRule] | None] = {
    OverlappingFieldsCanBeMergedRule: None,
    ValuesOfCorrectTypeRule: UnquotedValuesRule,
}
# Classes of the module, never made per request, so that what they find can be cached.
PLAIN_RULES: tuple[type[ASTValidationRule], ...] = (
    *(rule for each in specified_rules if (rule := _INSTEAD.get(each, each)) is not None),
    MaybeNullValidationRule,
    TolerantOneOfInputRule,
)
RULES_FOR_THE_WELL_FORMED: tuple[type[ASTValidationRule], ...] = (FieldsMergeRule,)
_SUGGESTING_RULES = (FieldsOnCorrectTypeRule, KnownArgumentNamesRule, UnquotedValuesRule)


def _validate(schema: GraphQLSchema, document: Document) -> list[GraphQLError]:
    """In two passes: the rules that assume a sound document run on one only."""
    errors = validate(schema, document.ast, PLAIN_RULES, max_errors=MAX_ERRORS, hide_suggestions=True) or validate(
        schema, document.ast, RULES_FOR_THE_WELL_FORMED, max_errors=MAX_ERRORS, hide_suggestions=True
    )
    return [_clearer(error) for error in errors]


def _with_suggestions(schema: GraphQLSchema, document: Document, errors: Sequence[GraphQLError]) -> list[GraphQLError]:
    found = validate(schema, document.ast, _SUGGESTING_RULES, max_errors=MAX_SUGGESTIONS, hide_suggestions=False)
    told = {(error.message.partition(" Did you mean ")[0], _place(error)): error for error in found}
    return [told.get((error.message, _place(error)), error) for error in errors]


def _place(error: GraphQLError) -> int | None:
    return next(iter(error.positions or ()), None)


def _clearer(error: GraphQLError) -> GraphQLError:
    if error.message != "Validation aborted.":
        return error
    return LimitExceeded(
        "The document is too intricate to check: it selects the same fields of too many types, or nests fragments too"
        " deeply. Select each field once, and use fewer fragments.",
        limit="validation",
    )
