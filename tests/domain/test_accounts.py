"""The firm's clients."""

import asyncio

import pytest

from models.commands.accounts import (
    archive_account,
    create_account,
    restore_account,
    set_account_tags,
    set_account_team,
    update_account,
)
from models.commands.moves import archive_job, complete_job, restore_job, set_job_status
from models.commands.tags import create_tag
from models.errors import Conflict, Invalid, NotFound, RuleBroken
from models.events import (
    AccountArchived,
    AccountCreated,
    AccountRestored,
    AccountTagsChanged,
    AccountTeamChanged,
    AccountUpdated,
)
from models.ids import new_id
from models.log import heads
from models.rights import Right, Role
from models.rows import Account, AccountMember, AccountTag, AccountType, Category, Job, Member, Tag
from models.templates.jobs import create_job
from tests.domain.refusal import refused
from tests.world import World


async def manager(world: World) -> Member:
    """An employee who manages accounts, and sees only those assigned to them."""
    return await world.member("Mia Manager", Role.EMPLOYEE, Right.MANAGE_ACCOUNTS)


async def new_tag(world: World, name: str = "Tax") -> Tag:
    return (await create_tag(world.acting(world.owner), name=name, color="#2f80ed")).value


async def team_of(account: Account) -> set[object]:
    return set(await AccountMember.filter(account_id=account.id).values_list("member_id", flat=True))


async def test_a_new_account_with_its_tags_and_team_is_one_revision(world: World) -> None:
    owner, id, tag = world.acting(world.owner), new_id(), await new_tag(world)
    team = [world.employee.id, world.stranger.id]
    before = await world.revision()
    first = await create_account(
        owner, name=" Ann ", type=AccountType.INDIVIDUAL, tag_ids=[tag.id], team_ids=team, id=id
    )
    again = await create_account(owner, name="Ann", id=id)
    assert (first.value.name, first.value.type, first.value.version) == ("Ann", AccountType.INDIVIDUAL, 1)
    assert again.value.id == id
    assert again.revision == first.revision == await world.revision() == before + 1
    assert [logged.event for logged in await world.events(before)] == [
        AccountCreated(account=id),
        AccountTagsChanged(account=id, added=(tag.id,), removed=()),
        AccountTeamChanged(account=id, added=tuple(team), removed=()),
    ]
    assert (await heads([world.firm.id]))[world.firm.id].scope_revision == before + 1


async def test_an_employee_sees_the_account_that_they_made(world: World) -> None:
    mia = await manager(world)
    account = (await create_account(world.acting(mia), name="Ann")).value
    assert await team_of(account) == {mia.id}
    assert (await update_account(world.acting(mia), account_id=account.id, name="Anna")).value.name == "Anna"
    # The owner sees it anyway, and is not put on the team.
    assert await team_of((await create_account(world.acting(world.owner), name="Bob")).value) == set()


async def test_nothing_is_created_when_a_tag_or_member_does_not_fit(world: World) -> None:
    other = await World.build(f"{world.tag}x")
    owner, theirs = world.acting(world.owner), await new_tag(other)
    await Member.filter(id=world.stranger.id).update(active=False)
    before = await world.revision()
    with pytest.raises(NotFound) as refused:
        await create_account(owner, name="Ann", tag_ids=[theirs.id])
    assert refused.value.path == ("tag_ids",)
    with pytest.raises(NotFound) as refused:
        await create_account(owner, name="Ann", team_ids=[other.employee.id])
    assert refused.value.path == ("team_ids",)
    with pytest.raises(RuleBroken, match="deactivated"):
        await create_account(owner, name="Ann", team_ids=[world.stranger.id])
    with pytest.raises(Invalid):
        await create_account(owner, name=" ")
    assert await world.revision() == before
    assert await Account.filter(firm_id=world.firm.id).count() == 1


async def test_an_update_says_what_changed(world: World) -> None:
    owner, id = world.acting(world.owner), world.account.id
    before = await world.revision()
    outcome = await update_account(owner, account_id=id, type=AccountType.OTHER, name="Acme", expected_version=1)
    assert (outcome.value.type, outcome.value.version) == (AccountType.OTHER, 2)
    assert [logged.event for logged in await world.events(before)] == [
        AccountUpdated(account=id, changes={"type": ("COMPANY", "OTHER")})
    ]
    with pytest.raises(Conflict):
        await update_account(owner, account_id=id, name="Acme Inc", expected_version=1)
    assert (await update_account(owner, account_id=id, name="Acme")).revision == await world.revision() == before + 1


async def test_an_account_that_one_does_not_see_does_not_exist(world: World) -> None:
    mia, id = world.acting(await manager(world)), world.account.id
    before = await world.revision()
    for attempt in (
        update_account(mia, account_id=id, name="Mine"),
        set_account_tags(mia, account_id=id, tag_ids=[]),
        set_account_team(mia, account_id=id, member_ids=[]),
        archive_account(mia, account_id=id),
        restore_account(mia, account_id=id),
    ):
        with pytest.raises(NotFound) as refused:
            await attempt
        assert refused.value.path == ("account_id",)
    assert await world.revision() == before
    assert await team_of(world.account) == {world.employee.id}


async def test_tags_are_replaced(world: World) -> None:
    owner, id = world.acting(world.owner), world.account.id
    tax, payroll = await new_tag(world), await new_tag(world, "Payroll")
    await set_account_tags(owner, account_id=id, tag_ids=[tax.id, tax.id])
    before = await world.revision()
    outcome = await set_account_tags(owner, account_id=id, tag_ids=[payroll.id], expected_version=2)
    assert outcome.value.version == 3
    assert [logged.event for logged in await world.events(before)] == [
        AccountTagsChanged(account=id, added=(payroll.id,), removed=(tax.id,))
    ]
    with pytest.raises(NotFound):
        await set_account_tags(owner, account_id=id, tag_ids=[new_id()])
    assert (await set_account_tags(owner, account_id=id, tag_ids=[payroll.id])).revision == before + 1
    assert await AccountTag.filter(account_id=id).values_list("tag_id", flat=True) == [payroll.id]


async def test_a_new_team_sees_the_account_and_the_old_one_no_longer(world: World) -> None:
    owner, id = world.acting(world.owner), world.account.id
    job = await world.job()
    before = await world.revision()
    outcome = await set_account_team(owner, account_id=id, member_ids=[world.stranger.id], expected_version=1)
    assert outcome.value.version == 2
    (logged,) = await world.events(before)
    assert logged.event.rescoped == {world.employee.id, world.stranger.id}
    with pytest.raises(NotFound):
        await complete_job(world.acting(world.employee), job_id=job.id)
    repeated = await set_account_team(owner, account_id=id, member_ids=[world.stranger.id])
    assert repeated.revision == await world.revision() == before + 1


async def test_whoever_takes_themselves_off_no_longer_sees_it(world: World) -> None:
    mia = await manager(world)
    account = await world.new_account("Ann", mia)
    left = (await set_account_team(world.acting(mia), account_id=account.id, member_ids=[world.stranger.id])).value
    assert left.id == account.id
    with pytest.raises(NotFound):
        await update_account(world.acting(mia), account_id=account.id, name="Anna")


async def test_a_deactivated_member_stays_assigned_but_is_not_newly_assigned(world: World) -> None:
    owner = world.acting(world.owner)
    await Member.filter(id__in=[world.employee.id, world.stranger.id]).update(active=False)
    before = await world.revision()
    with pytest.raises(RuleBroken, match="deactivated"):
        await set_account_team(owner, account_id=world.account.id, member_ids=[world.stranger.id])
    assert await world.revision() == before
    team = [world.employee.id, world.admin.id]
    await set_account_team(owner, account_id=world.account.id, member_ids=team)
    assert await team_of(world.account) == set(team)


async def test_an_account_with_open_jobs_is_not_archived(world: World) -> None:
    owner, id = world.acting(world.owner), world.account.id
    jobs = [await world.job(name) for name in "abc"]
    await complete_job(owner, job_id=jobs[0].id)
    before = await world.revision()
    with pytest.raises(RuleBroken, match="2 open jobs"):
        await archive_account(owner, account_id=id)
    assert await world.revision() == before
    await archive_job(owner, job_id=jobs[1].id)
    with pytest.raises(RuleBroken, match="1 open job"):
        await archive_account(owner, account_id=id)
    await complete_job(owner, job_id=jobs[2].id)
    assert (await archive_account(owner, account_id=id)).value.archived


async def test_an_archived_account_takes_no_jobs_until_it_is_back(world: World) -> None:
    owner, id = world.acting(world.owner), world.account.id
    before = await world.revision()
    await archive_account(owner, account_id=id, expected_version=1)
    assert (await archive_account(owner, account_id=id)).revision == before + 1
    with pytest.raises(RuleBroken, match="archived"):
        await world.job()
    restored = await restore_account(owner, account_id=id, expected_version=2)
    assert (restored.value.archived, restored.value.version) == (False, 3)
    assert (await restore_account(owner, account_id=id)).revision == before + 2
    assert [logged.event for logged in await world.events(before)] == [
        AccountArchived(account=id),
        AccountRestored(account=id),
    ]
    await world.job()


async def test_no_job_slips_into_an_account_that_is_being_archived(world: World) -> None:
    owner, admin = world.acting(world.owner), world.acting(world.admin)
    for number in range(8):
        account = await world.new_account(f"Client {number}")
        await asyncio.gather(
            archive_account(owner, account_id=account.id),
            create_job(admin, account_id=account.id, pipeline_id=world.pipeline.id, name="1040"),
            return_exceptions=True,
        )
        archived = (await world.row(Account, account.id)).archived
        assert archived is not await Job.exists(account_id=account.id)


async def test_no_job_of_an_archived_account_is_opened_again(world: World) -> None:
    owner, active = world.acting(world.owner), await world.status(Category.ACTIVE)
    archived, completed, both = [await world.job(name) for name in ("archived", "completed", "both")]
    await archive_job(owner, job_id=archived.id)
    for job in (completed, both):
        await complete_job(owner, job_id=job.id)
    await archive_job(owner, job_id=both.id)
    await archive_account(owner, account_id=world.account.id)
    async with refused(world, RuleBroken, "job_id", match="Restore the account first"):
        await restore_job(owner, job_id=archived.id)
    async with refused(world, RuleBroken, "job_id", match="Restore the account first"):
        await set_job_status(owner, job_id=completed.id, status_id=active.id)
    # What was completed comes back as completed, which is no open job.
    assert (await restore_job(owner, job_id=both.id)).value.completed_at is not None
    await restore_account(owner, account_id=world.account.id)
    assert (await restore_job(owner, job_id=archived.id)).value.archived_at is None
    assert (await set_job_status(owner, job_id=completed.id, status_id=active.id)).value.completed_at is None
