"""The firm's own settings."""

from typing import Any

import pytest

from models.commands.firm import update_firm
from models.database import sql
from models.errors import Conflict, Invalid, Refusal, RuleBroken
from models.events import FirmUpdated
from models.rows import Firm, Weekday
from tests.world import World


async def test_what_is_left_out_stays(world: World) -> None:
    before = await world.revision()
    outcome = await update_firm(
        world.acting(world.admin),
        name=" Best Books ",
        time_zone="Europe/Berlin",
        currency="EUR",
        count_pending_ach=True,
    )
    assert outcome.revision == before + 1
    firm = await world.row(Firm, world.firm.id)
    assert (firm.name, firm.time_zone, firm.currency) == ("Best Books", "Europe/Berlin", "EUR")
    assert (firm.client_status_enabled, firm.count_pending_ach) == (True, True)
    # The row that carries the log's head keeps it.
    assert (firm.version, firm.revision) == (2, before + 1)
    (logged,) = await world.events(before)
    assert isinstance(logged.event, FirmUpdated)
    assert logged.event.changes["currency"] == ("USD", "EUR")
    assert "client_status_enabled" not in logged.event.changes


async def test_saying_what_is_so_already_is_no_revision(world: World) -> None:
    before = await world.revision()
    outcome = await update_firm(world.acting(world.owner), name=world.firm.name, client_status_enabled=True)
    assert outcome.revision == await world.revision() == before
    assert outcome.value.version == 1


@pytest.mark.parametrize(
    "fields",
    [
        *({"name": "  "}, {"time_zone": "Mars/Olympus"}),
        *({"currency": wrong} for wrong in ("usd", "EURO", "EU\n")),
        *({"country": wrong} for wrong in ("us", "USA", "UK", "ZZ", "U\n", "")),
        {"region": "NY"},
    ],
    ids=str,
)
async def test_a_wrong_setting_is_refused(world: World, fields: dict[str, Any]) -> None:
    before = await world.revision()
    with pytest.raises(Invalid) as refused:
        await update_firm(world.acting(world.owner), **{"count_pending_ach": True, **fields})
    assert refused.value.path == tuple(fields)
    assert await world.revision() == before
    assert not (await world.row(Firm, world.firm.id)).count_pending_ach


async def test_a_region_is_one_of_the_country(world: World) -> None:
    owner, before = world.acting(world.owner), await world.revision()
    firm = (await update_firm(owner, country="US", region="NY", week_start=Weekday.SUNDAY)).value
    assert (firm.country, firm.region, firm.week_start) == ("US", "NY", "SUNDAY")
    (logged,) = await world.events(before)
    assert isinstance(logged.event, FirmUpdated)
    assert logged.event.changes == {
        "country": (None, "US"),
        "region": (None, "NY"),
        "week_start": ("MONDAY", "SUNDAY"),
    }
    await unchanged(world, Invalid, "region", "AK, AL, AR, .* and 27 more", region="BY")
    await unchanged(world, Invalid, "region", "MC has no regions", country="MC", region="NY")
    await unchanged(world, Invalid, "region", "send the country", country=None, region="NY")
    assert (await update_firm(owner, region="CA")).value.region == "CA"


async def test_another_country_is_told_of_the_region_too(world: World) -> None:
    """Western Australia and Washington are both WA."""
    owner = world.acting(world.owner)
    await update_firm(owner, country="AU", region="WA")
    for country in ("US", "DE", None):
        await unchanged(world, RuleBroken, "country", "Send the new one along", country=country)
    assert (await update_firm(owner, country="US", region="WA")).value.country == "US"
    assert (await update_firm(owner, country="DE", region=None)).value.region is None
    assert (await update_firm(owner, country=None)).value.country is None


async def unchanged(world: World, kind: type[Refusal], path: str, says: str, **fields: Any) -> None:
    """The firm does not take these, says so, and stays as it is."""
    before = await sql("SELECT firm::text FROM firm WHERE id = $1", world.firm.id)
    with pytest.raises(kind, match=says) as refused:
        await update_firm(world.acting(world.owner), **fields)
    assert refused.value.path == (path,)
    assert await sql("SELECT firm::text FROM firm WHERE id = $1", world.firm.id) == before


async def test_two_who_edit_the_firm_at_once(world: World) -> None:
    await update_firm(world.acting(world.owner), name="First", expected_version=1)
    before = await world.revision()
    with pytest.raises(Conflict) as refused:
        await update_firm(world.acting(world.admin), name="Second", expected_version=1)
    assert refused.value.present.name == "First"
    assert await world.revision() == before
