"""What is done about files by itself: what nobody has is removed, and a scanner is shown what is new. Each task is safe
to repeat, to miss, and to be killed in."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import structlog
from docket import Perpetual

from common.settings import Settings
from files.place import place_of
from files.scanner import Scanner, ScannerAway
from files.segments import name_of, named_by, pieces
from files.store import STORE_ERRORS, Store, Stored
from models.files.checking import ToCheck, checked, waiting_for_a_scanner
from models.files.sweeping import BYTES_KEPT, expire, forget, given_up, unknown
from models.files.uploads import segments_of

log = structlog.get_logger("jobwire.worker")

HOURLY = Perpetual(every=timedelta(hours=1), automatic=True)
#: All of the store is listed for it.
NOW_AND_THEN = Perpetual(every=timedelta(hours=6), automatic=True)
SOON = Perpetual(every=timedelta(seconds=5), automatic=True)
#: So many files are removed, and looked into, at once.
AT_ONCE, SCANNED_AT_ONCE = 100, 4


async def sweep_files(_again: Perpetual = HOURLY) -> None:
    """Give up what nothing has taken in time, and remove what was given up."""
    now = datetime.now(UTC)
    if expired := await expire(now):
        log.info("files.expired", number=expired)
    if removed := await remove_given_up(Store(place_of(Settings())), now):
        log.info("files.removed", number=removed)


async def remove_given_up(store: Store, now: datetime) -> int:
    """Remove the bytes of what was given up, and then its rows. Returns how many files."""
    removed = 0
    while gone := await given_up(now, AT_ONCE):
        await store.remove([name_of(each.firm_id, each.file_id, key) for each in gone for key in each.keys])
        await forget([each.file_id for each in gone])
        removed += len(gone)
    return removed


async def sweep_store(_again: Perpetual = NOW_AND_THEN) -> None:
    """Remove what is in the store and in no row: of uploads that were killed between the one and the other."""
    place = place_of(Settings())
    if place.is_there and (removed := await remove_stray(Store(place), datetime.now(UTC))):
        log.info("files.stray_removed", number=removed)


async def remove_stray(store: Store, now: datetime) -> int:
    """Remove such objects that have been there for long enough. Returns how many."""
    removed = 0
    async for page in store.walk():
        ours = {each: named for each in page if _is_old(each, now) and (named := named_by(each.name)) is not None}
        stray = await unknown(list(ours.values())) if ours else []
        names = [list(ours)[place].name for place in stray]
        await store.remove_stray(names)
        removed += len(names)
    return removed


def _is_old(stored: Stored, now: datetime) -> bool:
    return stored.written_at < now - BYTES_KEPT


async def check_files(_again: Perpetual = SOON) -> None:
    """Show a scanner the files that wait for it. While it is away they wait."""
    settings = Settings()
    if settings.scanner_url is not None:
        await scan(Store(place_of(settings)), Scanner(settings.scanner_url))


async def scan(store: Store, scanner: Scanner) -> int:
    """Have a scanner answer on what waits, the oldest first. Returns on how many it did; what it does not answer on is
    asked again the next time, and does not hold up the rest."""
    asked: list[ToCheck] = []
    answered = 0
    while waiting := await waiting_for_a_scanner(SCANNED_AT_ONCE, [each.file_id for each in asked]):
        asked += waiting
        answers = await asyncio.gather(*(_scan_one(store, scanner, each) for each in waiting))
        answered += sum(answers)
        if not any(answers):
            break
    return answered


async def _scan_one(store: Store, scanner: Scanner, file: ToCheck) -> bool:
    segments = await segments_of(file.file_id)
    try:
        clean = await scanner.is_clean(pieces(store, file.firm_id, file.file_id, segments, 0, file.size))
    except ScannerAway as away:
        log.warning("scanner.away", reason=str(away), bytes=file.size)
        return False
    except STORE_ERRORS as fault:
        log.warning("store.away", reason=type(fault).__name__)
        return False
    if not clean:
        log.warning("scanner.found", bytes=file.size)
    await checked(file, clean=clean)
    return True


#: Named to the worker as "workers.files:TASKS".
TASKS = (sweep_files, sweep_store, check_files)
