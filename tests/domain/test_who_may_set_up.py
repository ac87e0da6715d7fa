"""Who may set up the firm: the table of rights, held against each command that needs a right or a role."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from models.actor import Actor
from models.audiences import Audience
from models.commands import accounts, client_statuses, firm, members, tags
from models.errors import Forbidden
from models.rights import ALL_RIGHTS, Role
from models.rows import Account, ClientStatus, Member, Tag
from resolvers.mutations import ACTIONS
from tests.world import World


@dataclass
class Things:
    """What the commands act on."""

    colleague: Member
    absent: Member
    tag: Tag
    template: ClientStatus
    account: Account
    archived: Account


CALLS: dict[str, Callable[[Actor, Things], Awaitable[Any]]] = {
    "updateFirm": lambda actor, on: firm.update_firm(actor, name="Renamed"),
    "createMember": lambda actor, on: members.create_member(actor, email=f"new@{on.colleague.id}.test", name="Nina"),
    "updateMember": lambda actor, on: members.update_member(actor, member_id=on.colleague.id, capacity=60),
    "setMemberRole": lambda actor, on: members.set_member_role(actor, member_id=on.colleague.id, role=Role.EMPLOYEE),
    "setMemberRights": lambda actor, on: members.set_member_rights(actor, member_id=on.colleague.id, rights=[]),
    "deactivateMember": lambda actor, on: members.deactivate_member(actor, member_id=on.colleague.id),
    "reactivateMember": lambda actor, on: members.reactivate_member(actor, member_id=on.absent.id),
    "transferOwnership": lambda actor, on: members.transfer_ownership(actor, member_id=on.colleague.id),
    "createTag": lambda actor, on: tags.create_tag(actor, name="Payroll", color="#2f80ed"),
    "updateTag": lambda actor, on: tags.update_tag(actor, tag_id=on.tag.id, name="Taxes"),
    "deleteTag": lambda actor, on: tags.delete_tag(actor, tag_id=on.tag.id),
    "createAccount": lambda actor, on: accounts.create_account(actor, name="Ann"),
    "updateAccount": lambda actor, on: accounts.update_account(actor, account_id=on.account.id, name="Ann"),
    "setAccountTags": lambda actor, on: accounts.set_account_tags(actor, account_id=on.account.id, tag_ids=[on.tag.id]),
    "setAccountTeam": lambda actor, on: accounts.set_account_team(actor, account_id=on.account.id, member_ids=[]),
    "archiveAccount": lambda actor, on: accounts.archive_account(actor, account_id=on.account.id),
    "restoreAccount": lambda actor, on: accounts.restore_account(actor, account_id=on.archived.id),
    "createClientStatus": lambda actor, on: client_statuses.create_client_status(actor, name="X", color="#2f80ed"),
    "updateClientStatus": lambda actor, on: client_statuses.update_client_status(
        actor, client_status_id=on.template.id, name="Sent"
    ),
    "deleteClientStatus": lambda actor, on: client_statuses.delete_client_status(
        actor, client_status_id=on.template.id
    ),
}


async def caller(world: World, who: str, action: str) -> Member:
    """The owner, an admin, or an employee with just the right that is needed, or with every other."""
    needed = {ACTIONS[action].right} - {None}
    if who == "holder":
        return await world.member("Hal Holder", Role.EMPLOYEE, *(needed or ALL_RIGHTS))
    if who == "other":
        return await world.member("Otto Other", Role.EMPLOYEE, *(ALL_RIGHTS - needed))
    member: Member = getattr(world, who)
    return member


async def things(world: World, seen_by: Member) -> Things:
    archived = await world.new_account("Gone", seen_by)
    archived.archived_at = datetime.now(UTC)
    await archived.save()
    await Member.filter(id=world.stranger.id).update(active=False)
    return Things(
        colleague=world.employee,
        absent=world.stranger,
        tag=await Tag.create(firm_id=world.firm.id, name="Tax", color="#2f80ed"),
        template=await ClientStatus.create(firm_id=world.firm.id, name="Filed", color="#2f80ed"),
        account=await world.new_account("Ann & Sons", seen_by),
        archived=archived,
    )


@pytest.mark.parametrize("who", ["owner", "admin", "holder", "other"])
@pytest.mark.parametrize("action", CALLS)
async def test_who_may(world: World, action: str, who: str) -> None:
    member = await caller(world, who, action)
    on = await things(world, member)
    before = await world.revision()
    attempt = CALLS[action](world.acting(member), on)
    if ACTIONS[action].met_by(Audience.TEAM, member.role, member.effective):
        # Those two say here what is so already: whether they may do more is the business of test_members.
        await attempt
        assert await world.revision() == before + (action not in ("setMemberRole", "setMemberRights"))
        return
    with pytest.raises(Forbidden) as refused:
        await attempt
    assert str(ACTIONS[action]) in refused.value.message
    assert await world.revision() == before
