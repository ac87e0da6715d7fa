"""What a rule about all jobs says to somebody who does not see all of them."""

from collections.abc import Awaitable, Callable

import pytest

from models.commands.accounts import archive_account
from models.commands.pipelines import delete_pipeline
from models.commands.stages import delete_stage
from models.commands.statuses import delete_status
from models.errors import RuleBroken
from models.rights import Right, Role
from models.rows import AccountMember, Category, Job, Member, PipelineMember, Status
from tests.domain.refusal import refused
from tests.world import World

Act = Callable[[World, Member], Awaitable[object]]


async def account(world: World, member: Member) -> object:
    return await archive_account(world.acting(member), account_id=world.account.id)


async def pipeline(world: World, member: Member) -> object:
    return await delete_pipeline(world.acting(member), pipeline_id=world.pipeline.id)


async def stage(world: World, member: Member) -> object:
    return await delete_stage(world.acting(member), stage_id=(await world.stages())[0].id)


async def status(world: World, member: Member) -> object:
    (custom,) = await Status.filter(pipeline_id=world.pipeline.id, category=Category.CUSTOM)
    return await delete_status(world.acting(member), status_id=custom.id)


async def narrow(world: World) -> Member:
    """Who sees the account and the pipeline, and no others, and may do it all."""
    rights = (Right.MANAGE_ACCOUNTS, Right.MANAGE_PIPELINES)
    member = await world.member("Nora Narrow", Role.EMPLOYEE, *rights)
    await AccountMember.create(account_id=world.account.id, member_id=member.id)
    await PipelineMember.create(pipeline_id=world.pipeline.id, member_id=member.id)
    return member


async def furnish(world: World, seen: int, unseen: int) -> None:
    """So many jobs that the member sees, and that they do not: at another account, or in another pipeline."""
    custom = await Status.create(
        firm_id=world.firm.id, pipeline_id=world.pipeline.id, category=Category.CUSTOM, name="Q", color="#ffffff"
    )
    if unseen:
        hidden, elsewhere = await world.new_account("Secret"), await world.new_pipeline("Secret")
    for _ in range(unseen):
        await world.job("secret", account_id=hidden.id)
        await world.job("secret", pipeline_id=elsewhere.id)
    for _ in range(seen):
        await world.job()
    await Job.filter(pipeline_id=world.pipeline.id).update(status_id=custom.id)


@pytest.mark.parametrize("act", [account, pipeline, stage, status])
async def test_what_is_seen_is_counted_and_nothing_else(world: World, act: Act) -> None:
    await furnish(world, 2, 3)
    member = await narrow(world)
    async with refused(world, RuleBroken, match=r"\b2\b") as caught:
        await act(world, member)
    assert "Secret" not in caught.value.message
    async with refused(world, RuleBroken, match=r"\b5\b"):
        await act(world, world.owner)


@pytest.mark.parametrize("act", [account, pipeline, stage, status])
async def test_that_there_are_others_is_said_where_nothing_is_seen(world: World, act: Act) -> None:
    told = set()
    for number in (1, 3):
        firm = await World.build(f"{world.tag}x{number}")
        await furnish(firm, 0, number)
        member = await narrow(firm)
        async with refused(firm, RuleBroken, match="that you do not see") as caught:
            await act(firm, member)
        told.add(caught.value.message)
    assert len(told) == 1
