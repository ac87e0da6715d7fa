"""The lives of linked items: what is done to one from its beginning to its end, as the API is asked for it, and what is
told of it. The walk over all of them is tests/system/test_lives_of_items.py.

A module of tests/kinds says the lives of its kind: `Specimens.lives`. Those of older kinds stand here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from models.ids import Kind

Object = dict[str, Any]


@dataclass
class Cast:
    """Whom and what a step may name, by ids."""

    account: str
    jobs: tuple[str, str]
    #: That the jobs are on.
    stage: str
    contact: str
    member: str
    #: The item, as `Life.reads` read it last.
    item: Object = field(default_factory=dict)
    #: The other things that were made, each by the mutation that did.
    made: dict[str, Object] = field(default_factory=dict)


Given = Callable[[Cast], Object]


def nothing(_cast: Cast) -> Object:
    """What a step is given that needs to know which item, and no more."""
    return {}


@dataclass(frozen=True, kw_only=True)
class Step:
    """Something that is done to an item, or that changes it. `event` is told with each job that it is linked to."""

    #: It is given the item's id, where its input has a field for it.
    mutation: str
    given: Given = nothing
    event: str
    #: What the item waits for afterwards.
    awaits: str | None = None
    #: Whether the client does it: then it is done on behalf of the contact, and the event says so.
    for_client: bool = False
    #: Whether it is told without a job, too, where that is not what an item of the kind does.
    apart: bool = False
    #: What is answered, where it is not the item.
    answers: str | None = None
    #: The types of events of other things that are told with it.
    also: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Before:
    """Something that has to be there before the item. `thing` is the field of the answer, `reads` what is asked of
    it."""

    mutation: str
    given: Given
    thing: str
    reads: str = "id"


@dataclass(frozen=True, kw_only=True)
class Life:
    """What is done to an item. It is made on the account, without a job; it is linked; then come the steps; then it is
    unlinked, and comes to its end if it has one. As soon as it is linked and open, it is dismissed, and linked anew."""

    made: Step
    steps: Sequence[Step] = ()
    end: Step | None = None
    before: Sequence[Before] = ()
    #: What a step needs to know of the item.
    reads: str = ""
    #: How it is linked and unlinked, where that is not `link…` and `unlink…`. The job is a step's to name.
    link: Callable[[str], Step] | None = None
    unlink: Callable[[str], Step] | None = None


def given(**fields: Any) -> Given:
    """The same for whoever is there."""
    return lambda _cast: fields


_in_state = partial(Step, mutation="setTaskState", event="TaskStateChanged")


def _on_account(cast: Cast) -> Object:
    return {"accountId": cast.account, "name": "All of it"}


def _entry_on(job: str | None) -> Step:
    # Both places' sums change: it is told with the one that it left and with the one that it is at.
    return Step(mutation="updateTimeEntry", given=given(jobId=job), event="TimeEntryUpdated", apart=job is None)


#: Of kinds that have no module of their own in tests/kinds.
OLDER: dict[Kind, Sequence[Life]] = {
    Kind.TASK: [
        Life(
            made=Step(mutation="createTask", given=given(name="File it"), event="TaskCreated", awaits="START"),
            steps=[
                Step(
                    mutation="assignTask",
                    given=lambda cast: {"memberIds": [cast.member]},
                    event="TaskAssigneesChanged",
                    awaits="START",
                ),
                _in_state(given=given(state="IN_PROGRESS"), awaits="COMPLETION"),
                Step(
                    mutation="setTaskChecklist",
                    given=given(checklist=["Bank", "Cards"]),
                    event="TaskChecklistChanged",
                    awaits="COMPLETION",
                ),
                Step(
                    mutation="checkTaskEntry",
                    given=given(number=2, checked=True),
                    event="TaskEntryChecked",
                    awaits="COMPLETION",
                ),
                _in_state(given=given(state="COMPLETED")),
                _in_state(given=given(state="PLANNED"), awaits="START"),
                # It becomes a part of another task, which is told of that task too.
                Step(
                    mutation="setTaskParent",
                    given=lambda cast: {"parentId": cast.made["createTask"]["id"]},
                    event="SubtaskChanged",
                    awaits="START",
                    also=frozenset({"SubtaskChanged"}),
                ),
                Step(mutation="updateTask", given=given(name="File all of it"), event="TaskUpdated", awaits="START"),
                _in_state(given=given(state="CANCELED")),
            ],
            unlink=lambda _job: Step(mutation="unlinkTask", event="TaskUnlinked"),
            end=Step(mutation="deleteTask", event="TaskDeleted", also=frozenset({"SubtaskChanged"})),
            before=[Before(mutation="createTask", given=_on_account, thing="task")],
        )
    ],
    Kind.TIME_ENTRY: [
        Life(
            made=Step(mutation="logTime", given=given(minutes=30), event="TimeLogged"),
            steps=[Step(mutation="updateTimeEntry", given=given(minutes=45), event="TimeEntryUpdated")],
            link=_entry_on,
            unlink=lambda _job: _entry_on(None),
            end=Step(mutation="deleteTimeEntry", event="TimeEntryDeleted"),
        )
    ],
}
