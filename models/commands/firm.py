"""The firm's own settings."""

import re
from typing import Any, TypedDict, Unpack

from models import checks
from models.command import Change, command
from models.errors import Invalid
from models.events import FirmUpdated, changes_of
from models.rows import Firm
from models.texts import NAME

_CURRENCY = re.compile(r"[A-Z]{3}")


class FirmFields(TypedDict, total=False):
    """What `update_firm` may change; what is left out stays."""

    name: str
    time_zone: str
    currency: str
    client_status_enabled: bool
    count_pending_ach: bool


@command("updateFirm")
async def update_firm(change: Change, *, expected_version: int | None = None, **fields: Unpack[FirmFields]) -> Firm:
    """Change the firm's name, time zone, currency or switches. Another currency converts no amount."""
    firm = await change.scope.firms.lock(change.actor.firm_id)
    firm.expect(expected_version)
    wanted: dict[str, Any] = dict(fields)
    if "name" in fields:
        wanted["name"] = NAME.check(fields["name"], kept=firm.name)
    if "time_zone" in fields:
        wanted["time_zone"] = checks.time_zone(fields["time_zone"])
    if "currency" in fields:
        wanted["currency"] = _currency(fields["currency"])
    if changed := firm.change_to(wanted):
        await firm.store(*changed)
        change.record(FirmUpdated(changes=changes_of(changed)))
    return firm


def _currency(value: str) -> str:
    if not _CURRENCY.fullmatch(value):
        raise Invalid("A currency is its ISO 4217 code: three capital letters, such as USD.", "currency")
    return value
