"""Taking back a revision."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

from models.actor import Actor
from models.bounds import REVISION
from models.command import Change, command, rehearsed
from models.errors import Forbidden, Invalid, NotFound, Refusal
from models.events import Event, field_types
from models.log import Logged
from models.reasons import Reason
from models.rights import EVERY_MEMBER
from models.undo.inverses import ORDER, Cannot, Follows, declared
from models.undo.report import Lasting, Undoable, UndoReport
from models.undo.runs import skip_runs
from models.undo.taking import Act, Inverse, Taking


@command("undoRevision", EVERY_MEMBER)
async def undo(change: Change, *, revision: int) -> UndoReport:
    """Take back what a revision did, and what automations did because of it: as far as it can be, and only where all of
    that still stands as it was left. Whoever sees all of it may, if they may do what takes it back.

    The undo is a revision itself, whose cause is the one that is taken back: so it can be taken back, too. It lets no
    automation run."""
    _expect_number(revision)
    taking = await Taking.of(change, revision)
    acts = await _look(taking)
    taking.expect_possible()
    change.actor = replace(change.actor, cause=revision)
    await taking.act(acts)
    await skip_runs(taking)
    return taking.report


def _expect_number(revision: int) -> None:
    if revision not in REVISION:
        raise Invalid(
            f"Revisions are counted from {REVISION.least}.",
            "revision",
            reason=Reason.OUT_OF_RANGE,
            minimum=REVISION.least,
            maximum=REVISION.most,
            unit="THINGS",
        )


async def _look(taking: Taking) -> list[Act]:
    """What takes it back, in the order in which inverses are declared; that is the order in which rows are held."""
    taken_back: dict[Inverse, list[Logged]] = defaultdict(list)
    made = {each.event.thing: each for each in taking.logged if not each.event.before()}
    ended = {each.event.thing for each in taking.logged if each.event.ends}
    for each in taking.logged:
        how = declared(type(each.event))
        if made.get(each.event.thing, each) is not each and not isinstance(how, Follows):
            taking.goes_with(each, made[each.event.thing])
        elif isinstance(how, Cannot):
            taking.leave(each, how.why)
        elif isinstance(how, Inverse) and not ended.isdisjoint(_named(each.event)):
            # Nothing goes back to what was deleted with it.
            taking.leave(each, Lasting.DELETED)
        elif isinstance(how, Inverse):
            taken_back[how].append(each)
        else:
            taking.pass_over(each)
    await taking.hold_jobs(each for logged in taken_back.values() for each in logged)
    return [await inverse.look(taking, taken_back[inverse]) for inverse in ORDER if inverse in taken_back]


def _named(event: Event) -> Iterator[Any]:
    """The ids of all things that an event names."""
    for name, of in field_types(type(event)).items():
        if of.of is UUID:
            value = getattr(event, name)
            yield from value if of.many else [value]


async def undoable(actor: Actor, revision: int) -> Undoable | None:
    """What an undo would do now: it is done, and rolled back. None for a revision that there is not, or of which
    something is out of sight."""

    async def rehearse(change: Change) -> Undoable | None:
        taking = None
        try:
            taking = await Taking.of(change, revision)
            acts = await _look(taking)
            taking.expect_possible()
            await taking.act(acts)
        except Refusal as refusal:
            if taking is None and isinstance(refusal, NotFound):
                return None
            return Undoable(revision, [] if taking is None else taking.entries, refusal)
        return Undoable(revision, taking.entries, None)

    try:
        return await rehearsed(actor, undo.action, rehearse)
    except Forbidden as refusal:
        # With a token that only reads, say: whoever asks may ask.
        return Undoable(revision, [], refusal)
