"""The schema, assembled: types, roots, the checks in front of withheld fields."""

from __future__ import annotations

from functools import cache

import strawberry
from graphql import GraphQLSchema
from strawberry.schema.config import StrawberryConfig

from resolvers.mutations import Mutation
from resolvers.queries import Query
from resolvers.subscriptions import Subscription
from schema.event_types import EVENT_TYPES, resolve_events
from schema.field_resolvers import resolve_directly
from schema.permissions import guard
from schema.scalars import SCALARS


def assembled() -> strawberry.Schema:
    """A schema of its own, put together anew."""
    schema = strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=EVENT_TYPES,
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
    )
    resolve_directly(schema._schema)
    guard(schema._schema)
    resolve_events(schema._schema)
    return schema


@cache
def _schema() -> strawberry.Schema:
    return assembled()


def graphql_schema() -> GraphQLSchema:
    """What operations are validated against and executed on."""
    return _schema()._schema


def printed() -> str:
    """The schema in its definition language, as schema/schema.graphql holds it."""
    return _schema().as_str() + "\n"
