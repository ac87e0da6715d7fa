"""Sight that is taken away while a change is being made: nothing of a later revision is done by somebody who may not
see it, nor named to them."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from models.audiences import Audience
from models.command import settle
from models.commands.accounts import set_account_team
from models.commands.jobs import update_job
from models.commands.members import (
    deactivate_member,
    reactivate_member,
    set_member_rights,
    set_member_role,
    transfer_ownership,
)
from models.commands.moves import complete_job, move_job, move_jobs
from models.commands.pipelines import set_pipeline_members
from models.errors import NotFound, Refusal, RuleBroken, SignInRefused
from models.event_kinds import KINDS
from models.events import Event
from models.log import Logged
from models.rights import Right, Role
from models.rows import Account, Category, Job, Member, Pipeline
from models.scope import Scope
from models.targets import Target
from models.viewers import viewer
from models.visibility import saw, shown
from tests.locks import held, until_waiting
from tests.world import World

Act = Callable[[World, Member], Awaitable[object]]


async def team(world: World, member: Member) -> object:
    """They are taken off the account."""
    return await set_account_team(world.acting(world.owner), account_id=world.account.id, member_ids=[])


async def availability(world: World, member: Member) -> object:
    """The pipeline is taken from them."""
    return await set_pipeline_members(world.acting(world.owner), pipeline_id=world.pipeline.id, member_ids=[])


async def rights(world: World, member: Member) -> object:
    """They lose sight of all accounts."""
    return await set_member_rights(world.acting(world.owner), member_id=member.id, rights=[])


async def role(world: World, member: Member) -> object:
    """They cease to be an admin."""
    return await set_member_role(world.acting(world.owner), member_id=member.id, role=Role.EMPLOYEE)


async def deactivation(world: World, member: Member) -> object:
    """They are shut out."""
    return await deactivate_member(world.acting(world.owner), member_id=member.id)


#: For each kind of event that changes a scope: how it takes sight away, and what the member has to begin with.
REVOCATIONS: dict[str, tuple[Act, Role, tuple[Right, ...], bool]] = {
    "AccountTeamChanged": (team, Role.EMPLOYEE, (), True),
    "PipelineMembersChanged": (availability, Role.EMPLOYEE, (), True),
    "MemberRightsChanged": (rights, Role.EMPLOYEE, (Right.VIEW_ALL_ACCOUNTS,), False),
    "MemberRoleChanged": (role, Role.ADMIN, (), False),
    "MemberDeactivated": (deactivation, Role.EMPLOYEE, (), True),
}
#: Those that only give.
GIVING = {"MemberReactivated"}
#: What ends a token takes nothing from whoever has signed in: tests/domain/test_personal_tokens.py is about it.
OF_TOKENS = {"PersonalTokenRevoked"}


def test_each_event_that_changes_a_scope_is_tried() -> None:
    rescoping = {name for name, kind in KINDS.items() if kind.rescoped is not Event.rescoped}
    assert rescoping == REVOCATIONS.keys() | GIVING | OF_TOKENS


async def mover(world: World, kind: str) -> tuple[Member, Act]:
    """A member who sees the account and the pipeline, and how that ends."""
    act, role, given, on_the_team = REVOCATIONS[kind]
    member = await world.member("Mona Mover", role, *given)
    await set_account_team(
        world.acting(world.owner), account_id=world.account.id, member_ids=[member.id] if on_the_team else []
    )
    if role is Role.EMPLOYEE:
        await set_pipeline_members(world.acting(world.owner), pipeline_id=world.pipeline.id, member_ids=[member.id])
    return member, act


async def stray(world: World, member: Member, after: int) -> list[Logged]:
    """What the member did after this revision and may not see."""
    now = await viewer(member.id)
    done = [logged for logged in await world.events(after) if logged.actor["id"] == str(member.id)]
    return [logged for logged in done if now is None or shown(logged.event, now.scope) is None]


@pytest.mark.parametrize("kind", REVOCATIONS)
async def test_a_bulk_move_under_way_does_not_outlive_its_sight(world: World, database: str, kind: str) -> None:
    member, revoke = await mover(world, kind)
    jobs, stages = [await world.job() for _ in range(3)], await world.stages()
    targets = [Target(job.id) for job in jobs]
    async with held(database, "stage", stages[1].id):
        attempt = move_jobs(world.acting(member), jobs=targets, stage_id=stages[1].id)
        moving = asyncio.create_task(_started(attempt))
        await until_waiting(moving)
        # Whoever is to lose their sight does not hold that up.
        await asyncio.wait_for(revoke(world, member), 20)
        revoked = await world.revision()
    with pytest.raises(SignInRefused if kind == "MemberDeactivated" else NotFound):
        await moving
    assert await world.events(revoked) == []
    assert await world.names_on(stages[1]) == []


@pytest.mark.parametrize("kind", REVOCATIONS)
async def test_nor_does_one_that_only_waits_for_its_revision(world: World, database: str, kind: str) -> None:
    member, revoke = await mover(world, kind)
    job, stages = await world.job(), await world.stages()
    async with held(database, "firm", world.firm.id):
        revoking = asyncio.create_task(_started(revoke(world, member)))
        await until_waiting(revoking)
        moving = asyncio.create_task(_started(move_job(world.acting(member), job_id=job.id, stage_id=stages[1].id)))
        await until_waiting(revoking, moving)
    await revoking
    revoked = await world.revision()
    outcome: Any = (await asyncio.gather(moving, return_exceptions=True))[0]
    # Who came first to the firm is not settled here; what must not be is.
    assert isinstance(outcome, NotFound | SignInRefused) or outcome.revision < revoked
    assert await stray(world, member, revoked - 1) == []


async def _started(work: Awaitable[Any]) -> Any:
    return await work


@pytest.mark.parametrize("kind", REVOCATIONS)
async def test_a_refusal_names_nothing_that_came_later(world: World, database: str, kind: str) -> None:
    member, revoke = await mover(world, kind)
    job = await world.job()
    async with held(database, "job", job.id) as connection:
        attempt = update_job(world.acting(member), job_id=job.id, name="mine", expected_version=1)
        updating = asyncio.create_task(_started(attempt))
        await until_waiting(updating)
        await revoke(world, member)
        await connection.execute("UPDATE job SET description = 'secret', version = 2 WHERE id = $1", job.id)
    with pytest.raises((NotFound, SignInRefused)):
        await updating


@pytest.mark.parametrize("kind", REVOCATIONS)
async def test_nor_does_a_call_that_changes_nothing(world: World, database: str, kind: str) -> None:
    member, revoke = await mover(world, kind)
    job = await world.job()
    done = (await world.status(Category.COMPLETED)).id
    async with held(database, "job", job.id) as connection:
        completing = asyncio.create_task(_started(complete_job(world.acting(member), job_id=job.id)))
        await until_waiting(completing)
        await revoke(world, member)
        await connection.execute("UPDATE job SET status_id = $2, description = 'secret' WHERE id = $1", job.id, done)
    with pytest.raises((NotFound, SignInRefused)):
        await completing


async def test_whose_sight_stays_is_not_disturbed_by_others(world: World, database: str) -> None:
    job, stages = await world.job(), await world.stages()
    async with held(database, "stage", stages[1].id):
        moving = asyncio.create_task(
            _started(move_job(world.acting(world.employee), job_id=job.id, stage_id=stages[1].id))
        )
        await until_waiting(moving)
        await set_member_rights(
            world.acting(world.owner), member_id=world.stranger.id, rights=[Right.VIEW_ALL_ACCOUNTS]
        )
        given = await world.revision()
    assert (await moving).revision == given + 1


async def test_what_comes_into_sight_meanwhile_is_no_obstacle(world: World, database: str) -> None:
    job, stages = await world.job(), await world.stages()
    async with held(database, "stage", stages[1].id):
        moving = asyncio.create_task(
            _started(move_job(world.acting(world.employee), job_id=job.id, stage_id=stages[1].id))
        )
        await until_waiting(moving)
        await set_member_rights(
            world.acting(world.owner), member_id=world.employee.id, rights=[Right.VIEW_ALL_ACCOUNTS]
        )
        given = await world.revision()
    assert (await moving).revision == given + 1


async def test_ownership_that_was_handed_over_is_used_no_more(world: World, database: str) -> None:
    async with held(database, "member", world.employee.id):
        demoting = asyncio.create_task(
            _started(set_member_role(world.acting(world.owner), member_id=world.employee.id, role=Role.ADMIN))
        )
        await until_waiting(demoting)
        await transfer_ownership(world.acting(world.owner), member_id=world.admin.id)
        handed_over = await world.revision()
    with pytest.raises(Refusal):
        await demoting
    assert await world.events(handed_over) == []


@pytest.mark.parametrize("seed", range(2))
async def test_in_a_storm_of_changes_of_sight_nobody_acts_out_of_it(world: World, seed: int) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    accounts = [world.account, await world.new_account("Globex")]
    pipelines = [world.pipeline, await world.new_pipeline("Payroll")]
    jobs = [await world.job(account_id=a.id, pipeline_id=p.id) for a in accounts for p in pipelines for _ in range(2)]
    before = await world.revision()
    movers = [_keep_moving(world, random.Random(seed * 7 + number), jobs, pipelines) for number in range(3)]
    rescoping = asyncio.create_task(_keep_rescoping(world, chance, accounts, pipelines))
    async with asyncio.timeout(60):
        await asyncio.gather(*movers)
    rescoping.cancel()
    await asyncio.gather(rescoping, return_exceptions=True)
    await settle()
    scopes = _Replay({world.account.id}, {world.pipeline.id}, world)
    done = 0
    for logged in await world.events(before):
        if logged.actor["id"] == str(world.employee.id):
            done += 1
            assert scopes.active
            assert saw(logged.event, scopes.now) or shown(logged.event, scopes.now) is not None, logged
        scopes.follow(logged.event)
    assert done >= 18


async def _keep_moving(world: World, chance: random.Random, jobs: list[Job], pipelines: list[Pipeline]) -> None:
    stages = [stage for pipeline in pipelines for stage in await world.stages(pipeline)]
    moves = 0
    while moves < 6:
        some = [Target(job.id) for job in chance.sample(jobs, 4)]
        try:
            outcome = await move_jobs(
                world.acting(world.employee), jobs=some, stage_id=chance.choice(stages).id, atomic=chance.random() < 0.3
            )
            moves += bool(outcome.value.rows)
        except (Refusal, SignInRefused):
            await asyncio.sleep(0)


async def _keep_rescoping(
    world: World, chance: random.Random, accounts: list[Account], pipelines: list[Pipeline]
) -> None:
    owner, employee = world.acting(world.owner), world.employee.id
    while True:
        on = chance.choice(([], [employee]))
        what = chance.choice(("team", "team", "availability", "availability", "active"))
        # Whoever is deactivated is not assigned anew.
        with contextlib.suppress(RuleBroken):
            if what == "team":
                await set_account_team(owner, account_id=chance.choice(accounts).id, member_ids=on)
            elif what == "availability":
                await set_pipeline_members(owner, pipeline_id=chance.choice(pipelines).id, member_ids=on)
            else:
                await (reactivate_member if on else deactivate_member)(owner, member_id=employee)


class _Replay:
    """The employee's scope as the log tells it."""

    def __init__(self, accounts: set[Any], pipelines: set[Any], world: World) -> None:
        self.accounts, self.pipelines, self.active, self._world = accounts, pipelines, True, world

    @property
    def now(self) -> Scope:
        """What they see."""
        return Scope(
            self._world.firm.id, Audience.TEAM, frozenset(), frozenset(self.accounts), frozenset(self.pipelines)
        )

    def follow(self, event: Any) -> None:
        """Take an event into account."""
        if self._world.employee.id not in event.rescoped:
            return
        name = type(event).__name__
        if name in ("MemberDeactivated", "MemberReactivated"):
            self.active = name == "MemberReactivated"
            return
        seen, place = (
            (self.accounts, event.account) if name == "AccountTeamChanged" else (self.pipelines, event.pipeline)
        )
        (seen.add if self._world.employee.id in event.added else seen.discard)(place)
