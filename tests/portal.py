"""The portal as a contact asks it, and what the firm shows them there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson

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
