"""Admission: which documents are read at all, and whose.

Members and those who have not signed in are kept apart: each sort has limits of its own, its own documents that are
kept, and its own budget. So whoever is nobody's caller can neither take long, nor push out what members use.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from graphql import GraphQLError, GraphQLSchema

from engine.budgets import Budgets
from engine.documents import Document, DocumentCache, LimitExceeded, suggestible, validate_document
from engine.limits import TO_SIGN_IN, Limits, check_outline, has_more_values
from engine.reading import Reading
from models.turns import Turns

#: Of one network, in requests: an office that signs in at nine, or all who come through a proxy that is not trusted to
#: say for whom. The budget is refilled by so many a second.
REQUESTS = 1_200
REQUESTS_A_SECOND = 20
#: A document that was not seen before counts for so many requests, and leaves a part of the budget to those that were.
#: So nobody's inventions keep others of their network from signing in as everybody does.
NEW_DOCUMENT = 10
KEPT_FOR_KNOWN = 200

#: Variables with more values than this take long to read, too.
FEW_VALUES = 500
#: A document of more than this is not read on the event loop, where it would take milliseconds.
FEW_TOKENS, FEW_TOKENS_OF_ANYBODY = 100, 10
FEW_CHARACTERS = 1_000
#: Whatever takes long waits for its turn, in seconds at most. After it as much of the interpreter's time is everybody
#: else's, and three times as much after what nobody has signed in for. What somebody who signs in waits here counts
#: where they wait for the hash (models/hashing.py).
LONGEST_WAIT, LONGEST_WAIT_OF_ANYBODY = 5.0, 0.5
REST_OF_MEMBERS, REST_OF_ANYBODY = 1.0, 3.0
_GUESS = 0.01

#: Of one member, in tokens of documents that were not seen before. The shortest document counts for LEAST_TOKENS.
TOKENS = 50_000
TOKENS_A_SECOND = 2_000
LEAST_TOKENS = 100


class BudgetSpent(LimitExceeded):
    """A caller is to wait for so many whole seconds."""

    def __init__(self, message: str, limit: str, seconds: float) -> None:
        self.retry_after = max(1, math.ceil(seconds))
        unit = "second" if self.retry_after == 1 else "seconds"
        super().__init__(f"{message} Try again in {self.retry_after} {unit}.", limit=limit)
        self.extensions = {**(self.extensions or {}), "retryAfter": self.retry_after}


@dataclass(slots=True)
class Admission:
    """What one sort of callers may send."""

    limits: Limits
    budgets: Budgets
    #: Whether they are told names of the schema.
    suggestions: bool
    charge: Callable[["Admission", str, str], int | None]
    #: A new document of more tokens than this is read beside the event loop.
    few_tokens: int
    turns: Turns
    reading: Reading
    documents: DocumentCache = field(default_factory=DocumentCache)
    #: Those that whoever operates the server has listed: they cost nobody's budget.
    trusted: DocumentCache = field(default_factory=lambda: DocumentCache(max_documents=0))
    #: Those that somebody has signed in with: what others only send pushes out none of them.
    proven: DocumentCache = field(default_factory=lambda: DocumentCache(max_documents=200, max_bytes=8 * 1024 * 1024))
    clock: Callable[[], float] = monotonic

    def admit(self, source: str, caller: str) -> tuple[Document | None, int | None]:
        """Let the caller have a document read, at their cost: the document if it is kept, or else the number of its
        tokens. GraphQLError when it is not to be read, or not now."""
        tokens = self.charge(self, source, caller)
        kept = next((kept for kept in (self.trusted, self.proven) if source in kept), self.documents)
        return kept.find(source, max_tokens=self.limits.tokens), tokens

    def keep(self, document: Document) -> None:
        """Keep a document that was read."""
        if not self.knows(document.source):
            self.documents.keep(document)

    def waits(self, source: str, variables: Mapping[str, Any]) -> bool:
        """Whether a request waits for its turn: it would take milliseconds, until it is executed."""
        return not self.knows(source) or has_more_values(variables, FEW_VALUES)

    def takes_long(self, source: str, tokens: int | None, variables: Mapping[str, Any]) -> bool:
        """Whether it takes so many that they are to be another thread's, when so many tokens are to be read: None of a
        document that is kept. One of which none can be counted is read all the same, as far as it goes."""
        is_large = tokens is not None and (tokens > self.few_tokens or len(source) > FEW_CHARACTERS)
        return is_large or has_more_values(variables, FEW_VALUES)

    def knows(self, source: str) -> bool:
        """Whether it is kept."""
        return source in self.documents or source in self.proven or source in self.trusted

    def miss(self, caller: str) -> None:
        """Count somebody's document that was named, and is none that they may name."""
        if wait := self.budgets.spend(caller, 1, self.clock()):
            raise _too_many_requests(wait)

    def validate(self, schema: GraphQLSchema, document: Document) -> list[GraphQLError]:
        """What is wrong with it."""
        return validate_document(schema, document, suggestions=self.suggestions)

    def has_suggestions(self, schema: GraphQLSchema, document: Document) -> bool:
        """Whether suggestions are looked for when it is validated, which takes long however small it is."""
        return self.suggestions and suggestible(document, validate_document(schema, document, suggestions=False))


def of_members(limits: Limits, trusted: DocumentCache | None = None) -> Admission:
    """For those who have signed in, by member."""
    turns, reading = _turns(REST_OF_MEMBERS, LONGEST_WAIT)
    budgets = Budgets(TOKENS, TOKENS_A_SECOND)
    return Admission(limits, budgets, True, _charge_member, FEW_TOKENS, turns, reading, trusted=_or_none(trusted))


def of_anybody(limits: Limits = TO_SIGN_IN, trusted: DocumentCache | None = None) -> Admission:
    """For all others, by network."""
    turns, reading = _turns(REST_OF_ANYBODY, LONGEST_WAIT_OF_ANYBODY)
    budgets = Budgets(REQUESTS, REQUESTS_A_SECOND)
    documents = DocumentCache(max_documents=200, max_bytes=8 * 1024 * 1024)
    few = FEW_TOKENS_OF_ANYBODY
    trusted = _or_none(trusted)
    return Admission(limits, budgets, False, _charge_network, few, turns, reading, documents, trusted=trusted)


def _or_none(trusted: DocumentCache | None) -> DocumentCache:
    return DocumentCache(max_documents=0) if trusted is None else trusted


def _turns(rest: float, patience: float) -> tuple[Turns, Reading]:
    told = "Too many new documents, or large variables, are being read just now."
    reading = Reading()
    turns = Turns(
        told,
        longest_wait=LONGEST_WAIT,
        patience=patience,
        rest=rest,
        first_guess=_GUESS,
        clock=lambda: reading.spent,
    )
    return turns, reading


def _charge_member(admission: Admission, source: str, member: str) -> int | None:
    if admission.knows(source):
        return None
    tokens = check_outline(source, admission.limits).tokens
    wait = admission.budgets.spend(member, max(tokens, LEAST_TOKENS), admission.clock())
    if wait:
        raise BudgetSpent("You have sent too many different documents: send values as variables.", "documents", wait)
    return tokens


def _too_many_requests(wait: float) -> BudgetSpent:
    return BudgetSpent("Too many requests have come from your network without signing in.", "requests", wait)


def _charge_network(admission: Admission, source: str, network: str) -> int | None:
    known = admission.knows(source)
    units, keeping = (1, 0) if known else (NEW_DOCUMENT, KEPT_FOR_KNOWN)
    wait = admission.budgets.spend(network, units, admission.clock(), keeping=keeping)
    if wait:
        raise _too_many_requests(wait)
    return None if known else check_outline(source, admission.limits).tokens
