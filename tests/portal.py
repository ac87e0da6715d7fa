"""The portal as a contact asks it, and what the firm shows them there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import orjson
from graphql import GraphQLField, GraphQLSchema, get_named_type, is_leaf_type, is_required_argument

from engine.engine import Engine
from engine.session import Session
from models.audiences import Audience
from models.commands.jobs import set_job_client_status
from models.firm.contacts import create_contact
from models.ids import Kind, encode
from models.rows import Account, Job
from models.scope import Viewer
from models.viewers import client_viewers
from resolvers.portal.root import portal_schema
from resolvers.portal.sign_in import OPEN_MUTATIONS
from subscriptions.hub import Hub
from tests.world import World
from transport.engine import Request

#: What is asked for, from a root field on, and of each list: more would cost too much.
DEPTH, LIMIT = 3, 3


def portal_on(hub: Hub) -> Engine:
    """An engine of the portal, which nobody has asked anything yet."""
    return Engine(portal_schema(), hub, audience=Audience.CLIENT, open_mutations=OPEN_MUTATIONS)


async def client(contact_id: UUID) -> Viewer:
    """What a contact sees now."""
    return (await client_viewers([contact_id]))[contact_id]


def session_of(viewer: Viewer) -> Session:
    """Of a contact who has just come."""
    return Session(
        "192.0.2.1",
        member_key=encode(Kind.CONTACT, viewer.member_id),
        member_id=viewer.member_id,
        firm_id=viewer.scope.firm_id,
        fresh=viewer,
        audience=Audience.CLIENT,
    )


async def post(engine: Engine, contact_id: UUID, query: str, **variables: Any) -> bytes:
    """The answer to a contact, byte for byte."""
    session = session_of(await client(contact_id))
    return await engine.execute(engine.prepare(Request(query, variables=variables), session), session)


async def ask(engine: Engine, contact_id: UUID, query: str, **variables: Any) -> Any:
    """What a contact is answered, of which nothing is refused."""
    answer = orjson.loads(await post(engine, contact_id, query, **variables))
    assert "errors" not in answer, answer
    return answer["data"]


async def contact_at(world: World, account: Account, name: str = "Clara Client") -> UUID:
    """Another contact of the firm's, at this account."""
    made = await create_contact(world.acting(world.owner), name=name, account_id=account.id)
    return made.value.id


async def show(world: World, job: Job, name: str = "In review", **fields: Any) -> None:
    """Let the client of a job read this about it."""
    await set_job_client_status(world.acting(world.owner), job_id=job.id, name=name, visible=True, **fields)


def broadest(schema: GraphQLSchema, depth: int = DEPTH) -> Iterator[str]:
    """For each root field that takes nothing a document with all that can be read below it."""
    assert schema.query_type is not None
    for name, asked in schema.query_type.fields.items():
        if not any(map(is_required_argument, asked.args.values())):
            yield f"{{ {name}{_limited(asked, 20)} {below(asked, depth)} }}"


def _limited(asked: GraphQLField, number: int = LIMIT) -> str:
    return next((f"({name}: {number})" for name in ("limit", "first") if name in asked.args), "")


def below(asked: GraphQLField, depth: int) -> str:
    """All that can be read of a field: of what is beside itself on a page, once."""
    type_: Any = get_named_type(asked.type)
    if is_leaf_type(type_):
        return ""
    read = [
        f"{name}{_limited(each)} {below(each, depth - (name not in ('nodes', 'pageInfo')))}"
        for name, each in type_.fields.items()
        if name != "edges"
        and (is_leaf_type(get_named_type(each.type)) or depth)
        and not any(map(is_required_argument, each.args.values()))
    ]
    return f"{{ __typename {' '.join(read)} }}"
