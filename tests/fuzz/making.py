"""Requests at random: made from the schema, so that they come deep, and then spoilt in places."""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    OperationType,
    is_required_input_field,
)

from resolvers.root import graphql_schema
from tests.engine.execution_documents import Generator
from tests.fuzz import seeds

SCHEMA = graphql_schema()
_PIECES = (
    ["{", "}", "(", ")", "[", "]", ":", "...", "$", "@include(if: true)", "!", '"', "#", "\n", "null", "1", "\0"]
)  # fmt: skip


@dataclass
class Maker:
    """Makes whatever a client may send. `ids` are those of things that there are."""

    random: Random
    ids: list[str]

    def value(self, type_: Any, levels: int = 4) -> Any:
        """A value of an input's type; seldom another one."""
        if self.random.random() < 0.04:
            return self.random.choice(seeds.VALUES)
        if isinstance(type_, GraphQLNonNull):
            return self.value(type_.of_type, levels)
        if self.random.random() < 0.05:
            return None
        if isinstance(type_, GraphQLList):
            return [self.value(type_.of_type, levels - 1) for _ in range(self.random.choice([0, 1, 1, 2, 5]))]
        if isinstance(type_, GraphQLInputObjectType):
            return self._object(type_, levels)
        if isinstance(type_, GraphQLEnumType):
            return self.random.choice(list(type_.values))
        return self._scalar(type_.name)

    def _object(self, type_: GraphQLInputObjectType, levels: int) -> dict[str, Any]:
        made = {
            name: self.value(field.type, levels - 1)
            for name, field in type_.fields.items()
            if is_required_input_field(field) or (levels > 0 and self.random.random() < 0.5)
        }
        if self.random.random() < 0.03:
            made[self.random.choice(["unknown", "__proto__", "", "x" * 300])] = self.random.choice(seeds.VALUES)
        return made

    def _scalar(self, name: str) -> Any:
        chance = self.random.random()
        if name == "ID" and chance < 0.8:
            return self.random.choice(self.ids)
        if name == "Int":
            return self.random.choice([0, 1, 2, 3, 45, 60, 100, -1, 1_440, 2**31 - 1])
        if name == "Boolean":
            return chance < 0.5
        if name in ("Date", "DateTime", "Decimal", "Revision") and chance < 0.7:
            usual = {"Date": "2026-04-15", "DateTime": "2026-04-15T09:30:00Z", "Decimal": "32.25", "Revision": "3"}
            return usual[name]
        return f"Text {self.random.randrange(10**6)}" if chance < 0.4 else self.random.choice(seeds.TEXTS)

    def arguments(self, _parent: str, _name: str, field: GraphQLField, number: int) -> dict[str, Any] | None:
        """As the generator of documents asks for them."""
        made = {}
        for name, argument in field.args.items():
            required = isinstance(argument.type, GraphQLNonNull)
            if required or (number and self.random.random() < 0.6):
                made[name] = 3 if name in ("first", "last", "limit") and number < 2 else self.value(argument.type)
        return made

    def operation(self) -> dict[str, Any]:
        """An operation on the product's schema, with its variables."""
        kind = self.random.choice([OperationType.QUERY, OperationType.QUERY, OperationType.MUTATION])
        if kind is OperationType.MUTATION:
            return self.mutation()
        generator = Generator(SCHEMA, self.random, self.arguments, size=self.random.choice([4, 10, 30]))
        document = generator.document(depth=self.random.choice([2, 3, 4]), kind=kind)
        return {"query": document, "variables": generator.values}

    def mutation(self) -> dict[str, Any]:
        """One command, with an input that may be right."""
        assert SCHEMA.mutation_type is not None
        name, field = self.random.choice(list(SCHEMA.mutation_type.fields.items()))
        declared = ", ".join(f"${argument}: {definition.type}" for argument, definition in field.args.items())
        passed = ", ".join(f"{argument}: ${argument}" for argument in field.args)
        head = f"mutation M({declared}) {{ {name}({passed})" if declared else f"mutation M {{ {name}"
        variables = {argument: self.value(definition.type) for argument, definition in field.args.items()}
        return {"query": f"{head} {{ __typename errors {{ code message path }} }} }}", "variables": variables}

    def body(self) -> bytes:
        """The body of a request: often whole, sometimes spoilt."""
        chance = self.random.random()
        if chance < 0.55:
            return json.dumps(self.operation()).encode()
        if chance < 0.7:
            return json.dumps({"query": self.spoilt(self.operation()["query"])}).encode()
        if chance < 0.85:
            return json.dumps({"query": self.spoilt(self.random.choice(seeds.DOCUMENTS))}).encode()
        if chance < 0.93:
            return json.dumps(self.random.choice(seeds.BODIES)).encode()
        return self.spoilt_bytes(self.random.choice([*seeds.RAW_BODIES, json.dumps(self.operation()).encode()]))

    def frame(self) -> str:
        """A frame on a websocket."""
        chance = self.random.random()
        if chance < 0.5:
            id = self.random.choice(["1", "2", "3"])
            return json.dumps({"id": id, "type": "subscribe", "payload": self.operation()})
        if chance < 0.6:
            return json.dumps({"id": self.random.choice(["1", "2", "3"]), "type": "complete"})
        if chance < 0.9:
            return json.dumps(self.random.choice(seeds.FRAMES))
        return self.spoilt(self.random.choice([*seeds.RAW_FRAMES, json.dumps(self.random.choice(seeds.FRAMES))]))

    def head(self) -> bytes:
        """A whole request, as bytes."""
        return self.spoilt_bytes(seeds.request(self.random.choice(seeds.HEADS)))

    def spoilt(self, text: str) -> str:
        """The text with a piece taken out, put in, repeated or moved; or as it is."""
        for _ in range(self.random.choice([0, 1, 1, 2, 4])):
            at, to = sorted(self.random.randrange(len(text) + 1) for _ in range(2))
            to = min(to, at + 30)
            piece = self.random.choice([*_PIECES, text[at:to], text[at:to] * 3, self.random.choice(seeds.TEXTS)[:300]])
            text = text[:at] + piece + text[self.random.choice([at, to]) :]
        return text

    def spoilt_bytes(self, data: bytes) -> bytes:
        """The same of bytes, whatever they mean."""
        return self.spoilt(data.decode("latin-1")).encode("utf-8", "replace")
