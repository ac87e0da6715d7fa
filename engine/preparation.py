"""What is done to a request before it is executed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLSchema, OperationDefinitionNode

from engine.admission import Admission
from engine.coercion import read_variables
from engine.costs import Measured
from engine.documents import Document, choose_operation, parse_anew
from engine.faults import formatted
from engine.limits import check_limits, check_variables
from engine.passwords import check_passwords
from engine.prepared import Prepared
from transport.engine import Refused, Request


@dataclass(slots=True)
class Preparation:
    """One request on its way to be executed, when it was admitted.

    `examine` takes long, and may be done on another thread: it touches nothing that other requests may change. What is
    to be kept of it is kept by whoever has called it, on the event loop's.
    """

    schema: GraphQLSchema
    admission: Admission
    request: Request
    source: str
    #: To be read; of a document that was read before, None.
    tokens: int | None
    #: Raises what keeps the caller from asking for an operation.
    check_asker: Callable[[OperationDefinitionNode], None]
    #: By which it can be sent from then on, if it may be executed.
    name: str | None
    #: If it was read before; and from `examine` on in any case, but when it is none.
    document: Document | None
    #: Whether it may be executed.
    done: bool = False

    @property
    def variables(self) -> dict[str, Any]:
        """As they were sent."""
        return self.request.variables or {}

    @property
    def takes_long(self) -> bool:
        """Whether `examine` would keep the event loop for milliseconds."""
        return self.admission.takes_long(self.source, self.tokens, self.variables)

    def examine(self) -> Prepared:
        """Parse, check who may ask, measure, validate, read the variables: in this order, cheapest first. GraphQLError
        or `Refused` for what may not be executed."""
        document, chosen, measured = self._measure()
        variables = self.variables
        definitions = chosen.variable_definitions or ()
        if errors := self.admission.validate(self.schema, document):
            raise Refused([formatted(error) for error in errors])
        read = read_variables(self.schema, definitions, variables)
        if isinstance(read, list):
            raise Refused([formatted(error) for error in read])
        check_passwords(self.schema, document, chosen, variables)
        # What the operation does not declare is of no use to it.
        declared = {definition.variable.name.value for definition in definitions}
        variables = {name: value for name, value in variables.items() if name in declared}
        prepared = Prepared(self.schema, document, chosen, self.request.operation_name, variables, measured, read)
        if self.takes_long:
            prepared.look_through()
        self.done = True
        return prepared

    def is_misspelt(self) -> bool:
        """Whether names that it may have meant are to be looked for, so that `examine` takes long after all. It raises
        what `examine` raises before that."""
        document, _, _ = self._measure()
        return self.admission.has_suggestions(self.schema, document)

    def _measure(self) -> tuple[Document, OperationDefinitionNode, Measured]:
        limits, variables = self.admission.limits, self.variables
        if self.document is None:
            self.document = parse_anew(self.source, max_tokens=limits.tokens)
        chosen = choose_operation(self.document, self.request.operation_name)
        self.check_asker(chosen)
        check_variables(variables, limits)
        return self.document, chosen, check_limits(self.schema, self.document, chosen, variables, limits)
