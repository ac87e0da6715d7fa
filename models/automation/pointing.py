"""What automations point to: whether it is there when one is saved, and that they point to it."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from models.automation.settings import Pointer
from models.command import Change
from models.command_steps import deactivated
from models.errors import RuleBroken
from models.gathered import Gathered
from models.ids import Kind
from models.reasons import Reason
from models.rows import Automation, AutomationPointer, Category
from models.scope import not_found
from models.templates.templates import expect_kind


async def expect_there(
    change: Change, automation: Automation, pointers: Iterable[Pointer], known: Collection[UUID]
) -> None:
    """A refusal of each thing that is newly pointed to and is not there, or is not of use: all at once, in one
    statement for each kind. What is `known` was pointed to before, and may have gone since."""
    # First what is not there: whether other things are of use is asked where all are.
    await _expect(change, automation, pointers, known, _expect_found, _expect_of_use)


async def expect_found(
    change: Change, automation: Automation, pointers: Iterable[Pointer], known: Collection[UUID]
) -> None:
    """The same, of what is not there alone: it is told before anything else is said of what points to it."""
    await _expect(change, automation, pointers, known, _expect_found)


async def _expect(
    change: Change,
    automation: Automation,
    pointers: Iterable[Pointer],
    known: Collection[UUID],
    *rules: Callable[[Automation, Pointer, Any], None],
) -> None:
    wanted: dict[Kind, list[Pointer]] = defaultdict(list)
    for pointer in pointers:
        if pointer.id not in known:
            wanted[pointer.kind].append(pointer)
    things = {kind: await change.scope.of_kind(kind).many({each.id for each in wanted[kind]}) for kind in wanted}
    asked = [(pointer, things[kind].get(pointer.id)) for kind in wanted for pointer in wanted[kind]]
    for rule in rules:
        with Gathered() as check:
            for pointer, thing in asked:
                check(rule, automation, pointer, thing)


def _expect_found(_automation: Automation, pointer: Pointer, thing: Any) -> None:
    if thing is None:
        raise not_found(pointer.kind, pointer.id, *pointer.path)


def _expect_of_use(automation: Automation, pointer: Pointer, thing: Any) -> None:
    if pointer.kind is Kind.MEMBER and not thing.active:
        raise deactivated(thing).within(*pointer.path)
    if pointer.kind is Kind.STATUS and thing.pipeline_id != automation.pipeline_id:
        told = "That status is of another pipeline. Choose one of this automation's."
        raise RuleBroken(told, *pointer.path, reason=Reason.ELSEWHERE, kind=Kind.PIPELINE.value)
    if pointer.custom and thing.category is not Category.CUSTOM:
        told = "A job waits for the client under a custom status. Choose one of those, or none."
        raise RuleBroken(told, *pointer.path, reason=Reason.BUILT_IN)
    if pointer.template_kind is not None:
        expect_kind(thing, pointer.template_kind, *pointer.path)


async def keep_pointers(automation: UUID, pointers: Sequence[Pointer]) -> None:
    """Let an automation point to just these things."""
    await AutomationPointer.filter(automation_id=automation).delete()
    things = {pointer.id: pointer.kind for pointer in pointers}
    await AutomationPointer.bulk_create(
        [AutomationPointer(automation_id=automation, kind=kind, thing=id) for id, kind in things.items()]
    )
