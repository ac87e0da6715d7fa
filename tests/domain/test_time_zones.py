"""The time zones are those of the tzdata package, whatever files the machine has besides."""

import shutil
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path

import pytest
import structlog

from models import clock
from models.commands.firm import update_firm
from models.commands.firms import create_firm
from models.errors import Invalid
from models.rows import Firm, Member
from tests.domain.refusal import refused
from tests.world import World

#: Names that a machine may have a file for, and that mean something else on the next machine, or nothing.
NO_ZONES = (
    "localtime",
    "posixrules",
    "Factory",
    "posix/Europe/Paris",
    "right/Europe/Paris",
    "europe/paris",
    "EUROPE/PARIS",
    "Europe",
    "tzdata.zi",
    "zone.tab",
    "leapseconds",
    "Mars/Olympus",
    "../Europe/Paris",
    "/etc/localtime",
    "Europe/../Europe/Paris",
    "Europe//Paris",
    " Europe/Paris",
    "Europe/Paris\n",
    "Europe/Paris\0",
    "\ud800",
    "",
)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Path]:
    """A machine with files of its own: of all these names, and Tokyo's time for Paris."""
    tokyo = str(files("tzdata") / "zoneinfo" / "Asia" / "Tokyo")
    for name in ("Europe/Paris", *(name for name in NO_ZONES if name.isprintable() and name.strip("/. ") == name)):
        if name and not (tmp_path / name).is_dir():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(tokyo, tmp_path / name)
    zoneinfo.reset_tzpath(to=[tmp_path])
    zoneinfo.ZoneInfo.clear_cache()
    yield tmp_path
    zoneinfo.reset_tzpath()
    zoneinfo.ZoneInfo.clear_cache()


@pytest.mark.parametrize("name", NO_ZONES, ids=ascii)
async def test_what_is_no_zone_of_the_package_is_refused(world: World, machine: Path, name: str) -> None:
    async with refused(world, Invalid, "time_zone"):
        await update_firm(world.acting(world.owner), time_zone=name)
    with pytest.raises(Invalid):
        await create_firm(
            name="New", owner_email=f"new@{world.tag}.test", owner_name="New", password=None, time_zone=name
        )
    assert not await Member.exists(email=f"new@{world.tag}.test")


async def test_all_others_of_the_package_are_taken(world: World, machine: Path) -> None:
    for name in (files("tzdata") / "zones").read_text().split():
        if name not in NO_ZONES:
            firm = (await update_firm(world.acting(world.owner), time_zone=name)).value
            assert isinstance(clock.zone(firm.time_zone), zoneinfo.ZoneInfo), name


def test_the_machines_own_files_say_nothing(machine: Path) -> None:
    assert zoneinfo.ZoneInfo("Europe/Paris").utcoffset(datetime(2026, 1, 1)) != clock.zone("Europe/Paris").utcoffset(
        datetime(2026, 1, 1)
    )
    assert clock.day_in("Europe/Paris", datetime(2026, 1, 1, 22, 30, tzinfo=UTC)) == date(2026, 1, 1)
    assert clock.day_in("Europe/Paris", datetime(2026, 1, 1, 23, 30, tzinfo=UTC)) == date(2026, 1, 2)


async def test_a_stored_name_that_is_unknown_here_is_told_once_and_means_utc(world: World) -> None:
    name = f"Mars/{world.tag}"
    await Firm.filter(id=world.firm.id).update(time_zone=name)
    firm = await Firm.get(id=world.firm.id)
    with structlog.testing.capture_logs() as logged:
        for hour in (0, 23):
            assert firm.today(datetime(2026, 1, 1, hour, 59, tzinfo=UTC)) == date(2026, 1, 1)
    assert logged == [{"event": "time_zone.unknown", "time_zone": name, "log_level": "error"}]
    # And it can be set right.
    assert (await update_firm(world.acting(world.owner), time_zone="Asia/Tokyo")).value.time_zone == "Asia/Tokyo"
