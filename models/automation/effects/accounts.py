"""What automations change of the job's account."""

from models.automation.effects.effect import Effect, Occasion, does
from models.automation.tag_settings import TagSettings
from models.command import Change, part_of
from models.commands.accounts import set_account_tags
from models.errors import Conflict
from models.rows import Account, AccountTag


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
