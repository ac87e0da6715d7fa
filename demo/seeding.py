"""Filling the demo firms."""

from collections.abc import Callable

from demo.automations import add_automations
from demo.board import Board, boards
from demo.firms import DemoFirm, demo_firm, other_firm
from demo.hours import within_working_days
from demo.jobs import job
from demo.owing import plant
from demo.past import number_of_past, past_job
from models.clock import now
from models.commands.imports import import_jobs
from models.errors import RuleBroken
from models.ids import Kind
from models.reasons import Reason
from models.seen import Firm, Job

#: Jobs to a revision: enough to be quick, few enough that the progress is seen.
BATCH = 500
OTHER_JOBS = 12

Progress = Callable[[int, int], None]


async def seed(*, jobs: int = 300, progress: Progress | None = None) -> None:
    """Make the demo firms if they are not there, and jobs until the first has this many. What is there stays.

    `progress` is told how many of the missing jobs have been made, and how many there are to make.
    """
    await _fill(await other_firm(), OTHER_JOBS, None)
    await _fill(await demo_firm(), jobs, progress, waits=True)


async def _fill(firm: DemoFirm, wanted: int, progress: Progress | None, *, waits: bool = False) -> None:
    """Make jobs until there are as many; of a firm that has none the last one `waits` for its client."""
    present = await firm.scope.rows(Job).where().count()
    if present >= wanted:
        return
    found = await boards(firm)
    if not found:
        told = "The demo firm's pipelines or clients are gone. Start again with an empty database."
        raise RuleBroken(told, reason=Reason.NONE_YET, kind=Kind.PIPELINE.value)
    for board in () if present else found:
        await add_automations(firm, board.service, board.pipeline_id)
    _tell(progress, 0, wanted - present)
    past = 0 if present else number_of_past(wanted)
    planted = int(waits and not present)
    for first in range(present, wanted - planted, BATCH):
        last = min(first + BATCH, wanted - planted)
        await _import(firm, found, range(first, last), past)
        _tell(progress, last - present, wanted - present)
    if planted:
        await plant(firm, found[0])
        _tell(progress, wanted - present, wanted - present)


async def _import(firm: DemoFirm, found: list[Board], numbers: range, past: int) -> None:
    moment = now()
    today = (await firm.scope.rows(Firm).get(firm.owner.firm_id)).today(moment)
    made = [
        past_job(number, found, today) if number < past else job(number, found, moment, today) for number in numbers
    ]
    await import_jobs(firm.owner, jobs=await within_working_days(made))


def _tell(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)
