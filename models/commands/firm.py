"""The firm's own settings."""

from asyncio import to_thread
from typing import TypedDict, Unpack

from models import checks
from models.bounds import UNDO_WINDOW
from models.command import Change, command
from models.errors import Invalid, RuleBroken
from models.events import FirmUpdated, changes_of
from models.gathered import Gathered, Rules
from models.items.invoice_states import hold_for_switching, restate
from models.looking_again import look_again
from models.mail_addresses import mail_address
from models.reasons import Reason
from models.rights import Role
from models.rows import Firm, Weekday
from models.texts import NAME


class FirmFields(TypedDict, total=False):
    """What `update_firm` may change; what is left out stays."""

    name: str
    time_zone: str
    currency: str
    week_start: Weekday
    country: str | None
    region: str | None
    client_status_enabled: bool
    count_pending_ach: bool
    undo_window: int
    reply_to: str | None


def _undo_window(minutes: int, field: str) -> int:
    return checks.minutes(minutes, field, UNDO_WINDOW)


_RULES: Rules = {
    "name": NAME.check,
    "time_zone": checks.time_zone,
    "currency": checks.currency,
    "undo_window": _undo_window,
    "reply_to": mail_address,
}


@command("updateFirm", Role.ADMIN)
async def update_firm(change: Change, *, expected_version: int | None = None, **fields: Unpack[FirmFields]) -> Firm:
    """Change the firm's name, time zone, currency, first day of the week, country, region or switches, its undo window,
    or where its clients answer to.

    Another currency converts no amount."""
    counts = fields.get("count_pending_ach")
    waiting = [] if counts is None else await hold_for_switching(change, counts=counts)
    firm = await change.scope.rows(Firm).lock(change.actor.firm_id)
    firm.expect(expected_version)
    with Gathered() as check:
        differing = firm.differing(fields)
        wanted = check.each(differing, _RULES)
        if differing.keys() & {"country", "region"}:
            # The first time, what knows about countries is imported: beside the event loop.
            await to_thread(check, _check_place, firm, fields)
    if changed := firm.change_to(wanted):
        await firm.store(*changed)
        change.record(FirmUpdated(changes=changes_of(changed)))
    if changed.keys() & {"time_zone", "country", "region"}:
        await look_again(firm.id, change.now)
    if "count_pending_ach" in changed:
        await restate(change, waiting, {}, counts=firm.count_pending_ach)
    return firm


def _check_place(firm: Firm, fields: FirmFields) -> None:
    """A region is one of the country, and goes with it: the same code may be a region of another country too."""
    country, region = fields.get("country", firm.country), fields.get("region", firm.region)
    moved = country != firm.country
    if country is not None and moved:
        checks.country(country)
    if region is None:
        return
    if moved and "region" not in fields:
        raise RuleBroken(
            "The firm has a region of its present country. Send the new one along, or null for none.",
            "country",
            reason=Reason.MISSING,
            field="region",
        )
    if country is None:
        told = "A region is one of a country: send the country as well."
        raise Invalid(told, "region", reason=Reason.MISSING, field="country")
    checks.region(region, country)
