"""Taking back who or what was added to a thing, and taken off: assignees, tags, a team, the holders of a role."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from models.actions import Command
from models.command import part_of
from models.command_steps import expect_active
from models.commands.jobs import Reassigned, reassign
from models.database import sql
from models.events import Event
from models.ids import Kind
from models.items.item import lock_visible
from models.log import Logged
from models.rows import Item, JobAssignee, Member, Row, model_of
from models.rows.base import Link
from models.scope import not_found
from models.undo.taking import Act, Inverse, Taking, by_thing, changed_since


def set_then(present: Iterable[UUID], events: Sequence[Any]) -> set[UUID] | None:
    """What the set was before these events, the oldest first; None where it is not as they left it."""
    found = set(present)
    for event in reversed(events):
        if not found.issuperset(event.added) or not found.isdisjoint(event.removed):
            return None
        found = found - set(event.added) | set(event.removed)
    return found


async def _members_of(link: type[Link], owner: str, member: str, owners: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    found: dict[UUID, set[UUID]] = {id: set() for id in owners}
    statement = f"SELECT {owner} AS owner, {member} AS member FROM {link._meta.db_table} WHERE {owner} = ANY($1)"
    for row in await sql(statement, list(found)) if found else ():
        found[row["owner"]].add(row["member"])
    return found


class JobAssignees(Inverse):
    """Makes those the assignees of jobs who were, in as many statements however many jobs there are."""

    async def look(self, taking: Taking, logged: Sequence[Logged]) -> Act:
        """See `Inverse`."""
        told = by_thing(logged)
        present = await _members_of(JobAssignee, "job_id", "member_id", told)
        wanted: list[Reassigned] = []
        for id, events in told.items():
            then = set_then(present[id], [each.event for each in events])
            if id not in taking.jobs:
                taking.refuse(not_found(Kind.JOB, id))
            elif then is None:
                taking.refuse(changed_since(Kind.JOB, id, "assignees"))
            else:
                added, removed = then - present[id], present[id] - then
                wanted.append((taking.jobs[id], tuple(sorted(added)), tuple(sorted(removed))))

        async def act() -> None:
            new = {member for _, added, _ in wanted for member in added}
            expect_active((await taking.change.scope.rows(Member).many(new)).values())
            await reassign(taking.change, wanted)

        return act


class Set(Inverse):
    """Makes what belonged to things that which belongs to them again, by the command that says what does: `takes` is
    its parameter. `called` is the thing's field, `beside` what else the command needs to know of an event."""

    def __init__(
        self,
        command: Command[..., Any],
        takes: str,
        *,
        link: type[Link],
        member: str,
        called: str,
        beside: Callable[[Any], dict[str, UUID]] = lambda event: {},
    ) -> None:
        self._command, self._takes, self._called, self._beside = command, takes, called, beside
        self._link, self._member = link, member

    async def look(self, taking: Taking, logged: Sequence[Logged]) -> Act:
        """See `Inverse`."""
        kind = self._command.makes.model.kind
        there = await hold(taking, kind, by_thing(logged))
        calls: list[dict[str, Any]] = []
        for values, events in self._by_place(kind, logged).items():
            place = dict(values)
            members: Any = self._link.filter(**place).values_list(self._member, flat=True)
            present = set(await members)
            then = set_then(present, events)
            if place[f"{kind}_id"] not in there:
                taking.refuse(not_found(kind, place[f"{kind}_id"]))
            elif then is None:
                taking.refuse(changed_since(kind, place[f"{kind}_id"], self._called))
            else:
                calls.append({**place, self._takes: sorted(then)})

        async def act() -> None:
            for values in calls:
                await part_of(taking.change, self._command, **values)

        return act

    def _by_place(self, kind: Kind, logged: Sequence[Logged]) -> dict[tuple[tuple[str, UUID], ...], list[Event]]:
        found: dict[tuple[tuple[str, UUID], ...], list[Event]] = defaultdict(list)
        for id, told in by_thing(logged).items():
            for each in told:
                found[(f"{kind}_id", id), *self._beside(each.event).items()].append(each.event)
        return found


async def hold(taking: Taking, kind: Kind, ids: Iterable[UUID]) -> dict[UUID, Row]:
    """Those of the things of a kind that are there and seen, held; items with their jobs."""
    model: Any = model_of(kind)
    rows = taking.change.scope.rows(model)
    if issubclass(model, Item):
        return {id: held.item for id, held in (await lock_visible(rows, ids)).items()}
    return dict(await rows.lock_many(ids))
