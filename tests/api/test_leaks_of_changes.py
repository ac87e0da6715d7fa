"""What a change answers, what it is refused with, and what is told of it: no secret to whoever lacks the right to it.
Each mutation is made by somebody who may, and has no right besides; each stream is followed by everybody."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from itertools import count
from typing import Any

import pytest

from models.database import sql
from models.rights import EVERY_MEMBER, Role
from resolvers.mutations import ACTIONS
from tests.api.asking import MUTATIONS, SUBSCRIPTIONS, post
from tests.api.leaking import leaks
from tests.api.planted import OF_ROWS, Onlooker, Planted, tell, who
from tests.api.samples import Sampler, asked, filled
from tests.api.selections import document, root_fields
from tests.api.test_permissions import NEEDS_ALSO, Staff
from tests.planting import Planting, planted
from tests.serving import Api, Socket
from tests.signing_in import KEPT

#: More than there is of anything, and than anything may be.
TOO_MUCH = "987654321.98"


@pytest.fixture(scope="module")
async def firm(database: str) -> Planted:
    """Nothing changes in it but that others see other things."""
    return await Planted.build()


async def who_may(firm: Planted, mutation: str) -> Onlooker:
    """Somebody with just the right to it. What is some member's own is theirs: others' they would not see."""
    needed, world = ACTIONS[mutation], firm.firm.world
    if needed.role is not None:
        return firm.onlookers["owner" if needed.role is Role.OWNER else "admin"]
    rights = frozenset(right for right in (needed.right, NEEDS_ALSO.get(mutation)) if right is not None)
    member = await firm.firm.employee(*rights)
    seeing = "INSERT INTO account_member (account_id, member_id) SELECT id, $2 FROM account WHERE firm_id = $1"
    await sql(seeing, world.firm.id, member.id)
    await sql("UPDATE member SET password_hash = $2 WHERE id = $1", member.id, KEPT)
    await Staff(firm.firm).hand_over_time(member)
    return Onlooker(member, rights | OF_ROWS)


def much(value: Any, key: str = "") -> Any:
    """The input, with more money in it than there is."""
    if isinstance(value, dict):
        return {name: much(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [much(inner, key) for inner in value]
    return TOO_MUCH if value == "99.50" else value


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_whoever_may_change_something_is_told_no_secret(database: str, api: Api, mutation: str) -> None:
    firm = await Planted.copy(f"leak{MUTATIONS.index(mutation):03}")
    onlooker = await who_may(firm, mutation)
    hidden = [secret for secret in firm.secrets if not onlooker.may_know(secret)]
    text = document("mutation", mutation, ["input"])
    given = filled(Sampler(mutation, firm.firm.word).input(), firm.firm.id)
    given["input"] |= {name: value for name, value in _instead(mutation).items() if name in given["input"]}
    tries = [{"input": given["input"] | {"expectedVersion": 999}}] if "expectedVersion" in _takes(mutation) else []
    tries += [] if (more := much(given)) == given else [more]
    told = [await post(api, onlooker.member, text, each) for each in [*tries, given]]
    assert json.loads(told[-1])["data"][mutation]["errors"] == []
    assert leaks(told, hidden) == []


def _instead(mutation: str) -> dict[str, Any]:
    """What is given where the usual needs another right besides."""
    harmless = {"role": "EMPLOYEE", "rights": []}
    return harmless if ACTIONS[mutation] != EVERY_MEMBER else harmless | {"budget": None, "memberId": None}


def _takes(mutation: str) -> set[str]:
    type_: Any = root_fields("mutation")[mutation].args["input"].type
    return set(type_.of_type.fields)


@pytest.mark.parametrize("name", who())
async def test_no_stream_tells_a_secret(firm: Planted, api: Api, name: str) -> None:
    """From the beginning on, everything that ever happened."""
    onlooker = firm.onlookers[name]
    hidden = [secret for secret in firm.secrets if not onlooker.may_know(secret)]
    told = []
    async with api.socket(onlooker.member) as socket:
        for number, subscription in enumerate(SUBSCRIPTIONS):
            for arguments, _ in asked(subscription, root_fields("subscription")[subscription]):
                text = document("subscription", subscription, [*arguments, "after"])
                await socket.subscribe(text, id=str(number), **filled(arguments, firm.firm.id), after="0")
                told.append(json.dumps(await socket.receive()).encode())
                await socket.send(id=str(number), type="complete")
    assert any(b"events" in each for each in told)
    assert leaks(told, hidden) == []


async def test_nor_does_one_while_it_happens(database: str, api: Api) -> None:
    firm = await Planted.copy("leakslive")
    text = document("subscription", "boardChanges")
    with planted(Planting(_numbers=count(300))) as planting:
        async with AsyncExitStack() as open_sockets:
            sockets = {name: await open_sockets.enter_async_context(api.socket(one.member)) for name, one in _few(firm)}
            for socket in sockets.values():
                await socket.subscribe(text)
                await socket.receive()
            await tell(firm.firm)
            last = await firm.firm.world.revision()
            told = {name: await _until(socket, last) for name, socket in sockets.items()}
    for name, onlooker in _few(firm):
        assert leaks(told[name], [each for each in planting.secrets if not onlooker.may_know(each)]) == [], name
    assert leaks(told["owner"], planting.secrets)


def _few(firm: Planted) -> list[tuple[str, Onlooker]]:
    """Some of them, who are told other things at once."""
    names = ("nothing", "all but MANAGE_INVOICES", "only MANAGE_PAYMENTS", "elsewhere", "owner")
    return [(name, firm.onlookers[name]) for name in names]


async def _until(socket: Socket, revision: int) -> list[bytes]:
    """What is told up to this revision."""
    told, reached = [], 0
    while reached < revision:
        frame = await socket.receive()
        told.append(json.dumps(frame).encode())
        reached = int(frame["payload"]["data"]["boardChanges"]["revision"])
    return told
