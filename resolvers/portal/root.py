"""The portal's schema, assembled: a schema of its own, of types of its own. Nothing of the team's is in it that is not
named here."""

from __future__ import annotations

from functools import cache

import strawberry
from graphql import GraphQLSchema
from strawberry.schema.config import StrawberryConfig

from resolvers.portal.queries import Query
from resolvers.portal.sign_in import Mutation
from schema.field_resolvers import resolve_directly
from schema.portal.base import SHOWN
from schema.scalars import SCALARS


def assembled() -> strawberry.Schema:
    """A schema of its own, put together anew."""
    config = StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True)
    schema = strawberry.Schema(query=Query, mutation=Mutation, types=list(SHOWN.values()), config=config)
    resolve_directly(schema._schema)
    return schema


@cache
def _schema() -> strawberry.Schema:
    return assembled()


def portal_schema() -> GraphQLSchema:
    """What operations of clients are validated against and executed on."""
    return _schema()._schema


def printed() -> str:
    """The schema in its definition language, as schema/portal.graphql holds it."""
    return _schema().as_str() + "\n"
