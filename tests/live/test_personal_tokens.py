"""A socket that was opened with a personal token: what it is told, and that it ends with the token."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from models.commands.jobs import update_job
from models.commands.members import deactivate_member, set_member_rights
from models.firm.personal_tokens import PersonalToken, create_personal_token, revoke_personal_token
from models.rights import Right
from models.rows import Member
from tests.live.follower import Follower, following
from tests.live.replica import CHANGES
from tests.live.test_rescoping import marker
from tests.serving import Api, Socket
from tests.world import World


async def token_of(world: World, member: Member, *rights: Right) -> PersonalToken:
    """A token that the member made."""
    return (await create_personal_token(world.acting(member), name="Board", days=30, rights=rights)).value


@asynccontextmanager
async def with_token(api: Api, token: PersonalToken) -> AsyncIterator[None]:
    """In the block its owner comes with the token."""
    assert token.secret is not None
    earlier = api.tokens.pop(token.member_id, None)
    api.tokens[token.member_id] = token.secret
    yield
    del api.tokens[token.member_id]
    if earlier is not None:
        api.tokens[token.member_id] = earlier


async def all_that_comes(socket: Socket) -> tuple[list[dict[str, Any]], int | None]:
    """Every frame until it is closed, and the code that it is closed with."""
    frames = []
    try:
        while True:
            frames.append(await socket.receive())
    except ConnectionClosed as closed:
        return frames, closed.rcvd.code if closed.rcvd else None


async def revoked(world: World, token: PersonalToken) -> None:
    await revoke_personal_token(world.acting(world.employee), personal_token_id=token.id)


async def shut_out(world: World, _token: PersonalToken) -> None:
    await deactivate_member(world.acting(world.owner), member_id=world.employee.id)


@pytest.mark.parametrize("over", [revoked, shut_out])
async def test_from_the_revision_on_that_ends_it_nothing_is_told(
    world: World, api: Api, over: Callable[[World, PersonalToken], Any]
) -> None:
    job, token = await world.job(), await token_of(world, world.employee)
    async with with_token(api, token), following(api, world.employee) as client:
        await update_job(world.acting(world.owner), job_id=job.id, name="seen")
        await client.receive()
        assert client.replica.things  # It was told until then.
        await over(world, token)
        await update_job(world.acting(world.owner), job_id=job.id, name="never told")
        frames, code = await all_that_comes(client.socket)
        assert code == 4401
        assert "never told" not in json.dumps(frames)
    assert "seen" in json.dumps(client.messages)


async def test_its_owners_own_socket_goes_on(world: World, api: Api) -> None:
    job, token = await world.job(), await token_of(world, world.employee)
    async with following(api, world.employee) as client:
        await revoked(world, token)
        await update_job(world.acting(world.owner), job_id=job.id, name="still told")
        await marker(world, client)
        assert "still told" in json.dumps(client.messages)
        assert client.resyncs == 0


async def test_when_it_expires_the_socket_closes_as_with_every_token(world: World, api: Api) -> None:
    token = await token_of(world, world.employee)
    # Not before the socket is open, also where that takes its time.
    await PersonalToken.filter(id=token.id).update(expires_at=datetime.now(UTC) + timedelta(seconds=5))
    async with with_token(api, token), api.socket(world.employee) as socket:
        await socket.subscribe(CHANGES, after=None, epoch=None, pipelines=None)
        _, code = await asyncio.wait_for(all_that_comes(socket), 20)
    assert code == 4403


async def test_a_change_of_its_owners_rights_is_a_change_of_what_it_sees(world: World, api: Api) -> None:
    """As far as the token has the right at all."""
    hidden = await world.new_account("Hidden")
    job, unseen = await world.job(), await world.job("unseen", account_id=hidden.id)
    owner, member = world.acting(world.owner), world.employee
    await set_member_rights(owner, member_id=member.id, rights=[Right.VIEW_ALL_ACCOUNTS])
    narrow, wide = await token_of(world, member), await token_of(world, member, Right.VIEW_ALL_ACCOUNTS)

    async def after_loss(client: Follower) -> None:
        await set_member_rights(owner, member_id=member.id, rights=[])
        await marker(world, client)

    async with with_token(api, wide), following(api, member) as client:
        assert "unseen" in str(client.replica.things)
        await after_loss(client)
        assert "unseen" not in str(client.replica.things)
    await set_member_rights(owner, member_id=member.id, rights=[Right.VIEW_ALL_ACCOUNTS])
    async with with_token(api, narrow), following(api, member) as client:
        assert "unseen" not in str(client.replica.things)
        await update_job(owner, job_id=unseen.id, name="unseen still")
        await update_job(owner, job_id=job.id, name="seen")
        await after_loss(client)
        assert "unseen" not in json.dumps(client.messages)
        assert client.resyncs == 0
