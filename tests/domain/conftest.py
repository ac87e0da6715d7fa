"""A member who can sign in, and one who has; and a firm whose log is followed."""

import itertools
from collections.abc import AsyncIterator

import pytest

import embedded
from models.database import sql
from models.followers.standing import followers, release
from models.rows import Member
from models.sign_in import SignedIn, sign_in
from tests.databases import on, own_database
from tests.signing_in import KEPT, NOW, PASSWORD
from tests.world import World


@pytest.fixture
async def member(world: World) -> Member:
    """The world's employee, with a password."""
    await Member.filter(id=world.employee.id).update(password_hash=KEPT)
    return world.employee


@pytest.fixture
async def signed_in(member: Member) -> SignedIn:
    """The employee's session, begun at NOW."""
    return await sign_in(member.email, PASSWORD, now=NOW)


_numbers = itertools.count(1)


@pytest.fixture(scope="session")
async def followed_url(servers: embedded.Servers) -> AsyncIterator[str]:
    """A database in which nobody else is: followers follow all firms. With the table of `tests.domain.following`."""
    async with own_database(servers, "followed") as url:
        async with on(url):
            await sql("CREATE TABLE heard (place bigserial PRIMARY KEY, firm_id uuid, revision bigint)")
        yield url


@pytest.fixture
async def followed(followed_url: str) -> AsyncIterator[World]:
    """A firm in it, and no follower yet."""
    async with on(followed_url):
        yield await World.build(f"f{next(_numbers)}")
        for follower in await followers():
            await release(follower.name)
        await sql("UPDATE firm SET behind_since = NULL")
