"""Taking back: its input, and what is said of it, before it and after."""

from __future__ import annotations

from typing import Any

import strawberry

from models.undo.report import Lasting as _Lasting
from models.undo.undo import undo
from schema.declarations import Answer, mutation
from schema.describing import described
from schema.field_resolvers import TypeCheck
from schema.inputs.base import Keyed, input_type, needed
from schema.payloads import UserError
from schema.scalars import Revision
from schema.types.base import value
from schema.types.events import Event

Lasting: Any = described(
    _Lasting,
    "Lasting",
    "Why something is not taken back.",
    CLIENT="A client did it, or a member did it for them.",
    SENT="It went out to a client, who may have read it.",
    MONEY="Money moved by it, or what is owed became another.",
    DELETED="What was deleted is gone. Its history stays.",
    ACCESS="It says who may see or do what: change it on purpose, if you may.",
    BY_HAND="There is no way back at once. Change it back by hand.",
    NOT_KEPT="An older version wrote it, and did not keep what was there before.",
    GONE="What it made is gone already.",
)


@strawberry.type(description="Something that happened, and whether an undo takes it back.")
class UndoEntry:
    """Its objects are `models.undo.report.UndoEntry`."""

    event: Event = value(lambda entry: entry.logged, "What happened; of an item once, whatever its jobs.")
    taken_back: bool = value(lambda entry: entry.taken_back, "Whether it is taken back.")
    lasting: Lasting | None = value(lambda entry: entry.lasting, "Why it is not; null where it is.")

    is_type_of = TypeCheck(lambda source: type(source).__name__ == "UndoEntry")


@strawberry.type(description="What was taken back.")
class UndoReport:
    """Its objects are `models.undo.report.UndoReport`."""

    undone: Revision = value(lambda report: report.revision, "The revision that was taken back.")
    entries: list[UndoEntry] = value(
        lambda report: report.entries,
        "What it did, and what automations did because of it, in the order in which it happened.",
        size=20,
    )


@strawberry.type(description="What an undo would do now. It takes back all that can be, or nothing.")
class Undoable:
    """Its objects are `models.undo.report.Undoable`, with the refusals as clients read them."""

    revision: Revision = value(lambda found: found.revision, "The revision.")
    possible: bool = value(lambda found: not found.errors, "Whether it can be taken back now, by you.")
    entries: list[UndoEntry] = value(
        lambda found: found.entries,
        "What it did, and what automations did because of it, in the order in which it happened.",
        size=20,
    )
    errors: list[UserError] = value(lambda found: found.errors, "Why not; empty where it can be.", size=3)


@input_type
class UndoInput(Keyed):
    """What to take back."""

    revision: Revision = needed(
        "The revision, as the answer to a mutation and each event have it. Nothing needs to be expected: the undo is "
        "refused where what it did does not stand as it was left."
    )


MUTATIONS = [mutation(undo, UndoInput, answers=Answer("undo", UndoReport, "What was taken back, and what was not."))]
