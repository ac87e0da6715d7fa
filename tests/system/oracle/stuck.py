"""A client that subscribes and never reads: others must not notice, and its server must get rid of it."""

from __future__ import annotations

import asyncio
import socket
from urllib.parse import urlsplit

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.system.oracle.api import Api
from tests.system.oracle.atlas import Person
from tests.system.oracle.documents import changes

PATIENCE = 30.0
OPERATIONS = 10


async def subscribed(api: Api, person: Person) -> ClientConnection:
    """A socket at the first server whose peer will find it full."""
    address = urlsplit(api.servers[0].url)
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    await asyncio.to_thread(raw.connect, (address.hostname, address.port))
    raw.setblocking(False)
    stuck = await connect(
        api.servers[0].socket_url,
        sock=raw,
        subprotocols=[Subprotocol("graphql-transport-ws")],
        compression=None,
        ping_interval=None,
    )
    token = await api.token(person.email, 0)
    init = {"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}
    await stuck.send(orjson.dumps(init).decode())
    assert orjson.loads(await stuck.recv())["type"] == "connection_ack"
    payload = {"query": changes(holds_items=person.holds_items), "variables": {}}
    # More than one, so that what the kernel holds for it is full soon.
    for number in range(OPERATIONS):
        await stuck.send(orjson.dumps({"id": str(number), "type": "subscribe", "payload": payload}).decode())
    stuck.transport.pause_reading()
    return stuck


async def was_cut(stuck: ClientConnection) -> bool:
    """Whether the server has closed it: what the kernel still holds can be read, and then nothing more."""
    stuck.transport.resume_reading()
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                await stuck.recv()
    except ConnectionClosed:
        return True
    except TimeoutError:
        return False
