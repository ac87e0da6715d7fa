"""The firm's own settings."""

from typing import TypedDict, Unpack

from models import checks
from models.command import Change, command
from models.events import FirmUpdated, changes_of
from models.rights import Role
from models.rows import Firm
from models.texts import NAME


class FirmFields(TypedDict, total=False):
    """What `update_firm` may change; what is left out stays."""

    name: str
    time_zone: str
    currency: str
    client_status_enabled: bool
    count_pending_ach: bool


@command("updateFirm", Role.ADMIN)
async def update_firm(change: Change, *, expected_version: int | None = None, **fields: Unpack[FirmFields]) -> Firm:
    """Change the firm's name, time zone, currency or switches.

    Another currency converts no amount."""
    firm = await change.scope.rows(Firm).lock(change.actor.firm_id)
    firm.expect(expected_version)
    wanted = firm.differing(fields)
    if "name" in wanted:
        wanted["name"] = NAME.check(fields["name"])
    if "time_zone" in wanted:
        wanted["time_zone"] = checks.time_zone(fields["time_zone"])
    if "currency" in wanted:
        wanted["currency"] = checks.currency(fields["currency"])
    if changed := firm.change_to(wanted):
        await firm.store(*changed)
        change.record(FirmUpdated(changes=changes_of(changed)))
    return firm
