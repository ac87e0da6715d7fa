"""A member who can sign in, and one who has."""

import pytest

from models.rows import Member
from models.sign_in import SignedIn, sign_in
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
