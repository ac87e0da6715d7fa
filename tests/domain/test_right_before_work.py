"""Nothing is done for whoever may not have it done: the right is looked at before the work."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from models.actor import Actor, ActorKind
from models.commands.members import change_password, create_member
from models.commands.time import log_time
from models.errors import Forbidden, Invalid, Refusal, RuleBroken
from models.ids import new_id
from models.passwords import hash_password
from models.rights import Right, Role
from models.rows import Member
from models.templates.jobs import create_job
from tests.domain.refusal import counted
from tests.world import World

PASSWORD = "correct horse battery"
Call = Callable[[World, dict[str, Member]], Coroutine[Any, Any, object]]


def _new(who: str, **fields: Any) -> Call:
    def call(world: World, people: dict[str, Member]) -> Coroutine[Any, Any, object]:
        fields.setdefault("email", f"new@{world.tag}.test")
        return create_member(world.acting(people[who]), name="Nina New", password=PASSWORD, **fields)

    return call


def _automation(world: World, people: dict[str, Member]) -> Coroutine[Any, Any, object]:
    actor = Actor(ActorKind.SCHEDULE, world.firm.id, label="Nightly")
    return change_password(actor, current_password=PASSWORD, new_password=PASSWORD)


#: Calls that would hash a password, were they not refused.
HASHING: dict[str, tuple[Call, type[Refusal]]] = {
    "without the right": (_new("employee"), Forbidden),
    "a client": (
        lambda world, _: create_member(
            Actor(ActorKind.CONTACT, world.firm.id, new_id()), email="c@x.test", name="C", password=PASSWORD
        ),
        Forbidden,
    ),
    "an admin, by an admin": (_new("admin", role=Role.ADMIN), Forbidden),
    "an owner": (_new("owner", role=Role.OWNER), RuleBroken),
    "rights that the caller lacks": (_new("lead", rights=[Right.MANAGE_RATES]), Forbidden),
    "no address": (_new("admin", email="nobody"), Invalid),
    "no name": (lambda world, people: _new("admin", capacity=-1)(world, people), Invalid),
    "nobody's password": (_automation, Forbidden),
}


@pytest.mark.usefixtures("costly_hashes")
async def test_what_is_refused_hashes_no_password(world: World) -> None:
    lead = await world.member("Lena Lead", Role.EMPLOYEE, Right.MANAGE_TEAM)
    people = {"lead": lead, "employee": world.employee, "admin": world.admin, "owner": world.owner}
    # They are hashed in the order in which they are asked for: one that waited for its turn would come last.
    others = [asyncio.create_task(hash_password(PASSWORD)) for _ in range(8)]
    await asyncio.sleep(0)
    refusals = await asyncio.gather(*(call(world, people) for call, _ in HASHING.values()), return_exceptions=True)
    assert not all(other.done() for other in others)
    assert dict(zip(HASHING, map(type, refusals), strict=True)) == {name: kind for name, (_, kind) in HASHING.items()}
    await asyncio.gather(*others)


async def test_a_right_that_an_input_needs_is_looked_at_first(world: World, caplog: pytest.LogCaptureFixture) -> None:
    employee, stranger = world.acting(world.employee), world.stranger.id
    place: dict[str, Any] = {"account_id": world.account.id, "pipeline_id": world.pipeline.id}
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: create_job(employee, name="1040", budget=5, id=new_id(), **place),
        lambda: log_time(employee, minutes=5, member_id=stranger, account_id=world.account.id, id=new_id()),
        lambda: create_member(employee, email="n@x.test", name="N", id=new_id()),
    ]
    for call in calls:
        with counted(caplog) as statements, pytest.raises(Forbidden):
            await call()
        asked = [statement for statement in statements if statement.startswith(("SELECT", "INSERT", "UPDATE"))]
        assert all("FROM member m JOIN firm f" in statement for statement in asked), asked
