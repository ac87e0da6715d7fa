"""What automations change of the job's account."""

from typing import Any

from models.automation.effects.effect import Effect, Occasion, does
from models.automation.effects.people import changed, said_of
from models.automation.people_settings import AccessSettings
from models.automation.tag_settings import TagSettings
from models.command import Change, part_of
from models.commands.accounts import set_account_tags, set_account_team
from models.errors import Conflict
from models.rows import Account, AccountMember, AccountTag


@does(TagSettings)
async def update_tags(change: Change, occasion: Occasion, settings: TagSettings) -> Effect:
    """The account gets tags, and loses others; the rest it keeps."""
    account_id = occasion.job.account_id
    # Tags are held before the account, so it is known only then whether it still has those that it is to keep. The
    # second time the account is held.
    for last in (False, True):
        account = await change.scope.rows(Account).get(account_id, "job_id")
        present = await AccountTag.filter(account_id=account_id).order_by("id").values_list("tag_id", flat=True)
        kept = [id for id in present if id not in settings.remove_tag_ids]
        wanted = list(dict.fromkeys([*kept, *settings.add_tag_ids]))
        given = {"account_id": account_id, "tag_ids": wanted, "expected_version": account.version}
        try:
            await part_of(change, set_account_tags, **given)
        except Conflict:
            if last:
                raise
        else:
            break
    return Effect()


@does(AccessSettings)
async def update_access(change: Change, occasion: Occasion, settings: AccessSettings) -> Effect:
    """Members, and those who hold roles at the account, are put on its team or taken off."""
    account = await change.scope.rows(Account).lock(occasion.job.account_id, "job_id")
    present: Any = await AccountMember.filter(account_id=account.id).order_by("id").values_list("member_id", flat=True)
    wanted, unheld = await changed(change, account.id, present, settings)
    await part_of(change, set_account_team, account_id=account.id, member_ids=wanted)
    return Effect(unheld_roles=unheld, message=await said_of(change, unheld))
