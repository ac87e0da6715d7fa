"""Secrets are handed out in answers to mutations alone: that is why those are not compressed, and the rest may be."""

import re
from collections.abc import Iterator

from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLUnionType, get_named_type

from resolvers.root import graphql_schema

#: What a client is asked is known by it in its organizer or its request.
NO_SECRETS = {f"{of}{what}.key" for of in ("OrganizerQuestion", "RequestEntry") for what in ("", "Template")}
SECRET = re.compile("token|secret|password|credential|key$", re.IGNORECASE)


def secrets_below(root: GraphQLObjectType | None) -> Iterator[str]:
    schema, seen, left = graphql_schema(), set(), [root]
    while left:
        kind = left.pop()
        if kind is None or kind.name in seen:
            continue
        seen.add(kind.name)
        if isinstance(kind, GraphQLUnionType | GraphQLInterfaceType):
            left += schema.get_possible_types(kind)
        if isinstance(kind, GraphQLUnionType):
            continue
        for name, field in kind.fields.items():
            named = get_named_type(field.type)
            # A thing that is called so is no secret, nor is its id, nor a day on which something happened to it.
            if SECRET.search(name) and named.name == "String":
                yield f"{kind.name}.{name}"
            if isinstance(named, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType):
                left.append(named)  # type: ignore[arg-type]


def test_no_query_and_no_subscription_answers_with_a_secret() -> None:
    schema = graphql_schema()
    assert {*secrets_below(schema.query_type), *secrets_below(schema.subscription_type)} == NO_SECRETS


def test_the_walk_finds_those_of_mutations() -> None:
    assert {
        "SessionPayload.accessToken",
        "SessionPayload.refreshToken",
        "CreatePersonalTokenPayload.secret",
    } <= set(secrets_below(graphql_schema().mutation_type))
