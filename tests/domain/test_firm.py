"""The firm's own settings."""

from typing import Any

import pytest

from models.commands.firm import update_firm
from models.errors import Conflict, Invalid
from models.events import FirmUpdated
from models.rows import Firm
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
    [{"name": "  "}, {"time_zone": "Mars/Olympus"}, {"currency": "usd"}, {"currency": "EURO"}, {"currency": "EU\n"}],
    ids=str,
)
async def test_a_wrong_setting_is_refused(world: World, fields: dict[str, Any]) -> None:
    before = await world.revision()
    with pytest.raises(Invalid) as refused:
        await update_firm(world.acting(world.owner), **{"count_pending_ach": True, **fields})
    assert refused.value.path == tuple(fields)
    assert await world.revision() == before
    assert not (await world.row(Firm, world.firm.id)).count_pending_ach


async def test_two_who_edit_the_firm_at_once(world: World) -> None:
    await update_firm(world.acting(world.owner), name="First", expected_version=1)
    before = await world.revision()
    with pytest.raises(Conflict) as refused:
        await update_firm(world.acting(world.admin), name="Second", expected_version=1)
    assert refused.value.present.name == "First"
    assert await world.revision() == before
