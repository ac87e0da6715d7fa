"""Taking back that a thing was made, and what was changed of one, by the commands that anybody would take for it."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, get_args, get_type_hints
from uuid import UUID

from models.actions import Command
from models.bounds import BULK
from models.changed_fields import changes_in
from models.command import part_of
from models.commands.jobs import delete_jobs
from models.ids import Kind
from models.log import Logged
from models.scope import not_found
from models.targets import Target
from models.undo.links import Links
from models.undo.report import Lasting
from models.undo.sets import hold
from models.undo.taking import Act, Inverse, Taking, by_thing, changed_since


@cache
def _takes(command: Command[..., Any]) -> frozenset[str]:
    """The fields that a command changes, of those that may be left out."""
    body = inspect.unwrap(command)
    hints = get_type_hints(body)
    parameters = inspect.signature(body).parameters.values()
    (fields,) = (hints[each.name] for each in parameters if each.kind is each.VAR_KEYWORD)
    (typed,) = get_args(fields)
    return frozenset(typed.__annotations__)


class Fields(Inverse):
    """Puts back the fields of things that stand as they were left. What the command does not take is left as it is."""

    def __init__(self, command: Command[..., Any]) -> None:
        self._command = command

    async def look(self, taking: Taking, logged: Sequence[Logged]) -> Act:
        """See `Inverse`."""
        kind = self._command.makes.model.kind
        there = await hold(taking, kind, by_thing(logged))
        calls: list[dict[str, Any]] = []
        for id, told in by_thing(logged).items():
            then, left = self._way(taking, told)
            row: Any = there.get(id)
            if row is None:
                taking.refuse(not_found(kind, id))
                continue
            for field in left:
                if getattr(row, field) != left[field]:
                    taking.refuse(changed_since(kind, id, field))
            calls.append({f"{kind}_id": id, **then})

        async def act() -> None:
            for values in calls:
                await part_of(taking.change, self._command, **values)

        return act

    def _way(self, taking: Taking, told: Sequence[Logged]) -> tuple[dict[str, Any], dict[str, Any]]:
        """By field, what stood there before the events, and what they left."""
        then: dict[str, Any] = {}
        left: dict[str, Any] = {}
        for each in told:
            changes = changes_in(each.event)
            if changes.keys() - _takes(self._command):
                taking.leave(each, Lasting.BY_HAND)
                continue
            for field, (before, after) in changes.items():
                then.setdefault(field, before)
                left[field] = after
        return then, left


class Turned(Inverse):
    """Turns things back that are still as they were turned, by the command that does."""

    def __init__(
        self,
        command: Command[..., Any],
        field: str,
        left: Callable[[Any, Any], bool],
        values: Callable[[Any], Mapping[str, Any]] = lambda event: {},
    ) -> None:
        self._command, self._field, self._left, self._values = command, field, left, values

    async def look(self, taking: Taking, logged: Sequence[Logged]) -> Act:
        """See `Inverse`."""
        kind = self._command.makes.model.kind
        there = await hold(taking, kind, by_thing(logged))
        calls: list[dict[str, Any]] = []
        for id, told in by_thing(logged).items():
            if (row := there.get(id)) is None:
                taking.refuse(not_found(kind, id))
            elif not self._left(row, told[-1].event):
                taking.refuse(changed_since(kind, id, self._field))
            else:
                calls.append({f"{kind}_id": id, **self._values(told[0].event)})

        async def act() -> None:
            links = await Links.of_items(there)
            for values in calls:
                await part_of(taking.change, self._command, **values)
            await links.restore()

        return act


class Made(Inverse):
    """Deletes things that were made, where nobody did anything to them since.

    What went out to the client with that (`sent`) is withdrawn first, by a command of its own. What has a number by
    then is not deleted: it `stays`, withdrawn."""

    def __init__(
        self,
        command: Command[..., Any],
        *,
        sent: Callable[[Any], bool] = lambda row: False,
        withdraw: Command[..., Any] | None = None,
        stays: bool = False,
    ) -> None:
        self._command, self._sent, self._withdraw, self._stays = command, sent, withdraw, stays

    async def look(self, taking: Taking, logged: Sequence[Logged]) -> Act:
        """See `Inverse`."""
        kind = self._command.makes.model.kind
        made = by_thing(logged)
        there = await hold(taking, kind, made)
        touched = await taking.touched(list(made))
        calls: list[tuple[Command[..., Any], UUID]] = []
        # What was made within something else goes before that.
        for id, told in reversed(made.items()):
            if id not in there:
                _leave(taking, told, Lasting.GONE)
            elif id in touched:
                taking.refuse(changed_since(kind, id, "version"))
            else:
                calls += [(command, id) for command in self._commands(taking, told, there[id])]

        async def act() -> None:
            for command, id in calls:
                await part_of(taking.change, command, **{f"{kind}_id": id})

        return act

    def _commands(self, taking: Taking, told: Sequence[Logged], row: Any) -> list[Command[..., Any]]:
        if self._withdraw is None or not self._sent(row):
            return [self._command]
        if self._stays:
            _leave(taking, told, Lasting.SENT)
            taking.withdraws = True
            return [self._withdraw]
        return [self._withdraw, self._command]


class MadeJobs(Inverse):
    """Deletes jobs that were made, where nothing happened to them since, in as many statements however many there
    are."""

    async def look(self, taking: Taking, logged: Sequence[Logged]) -> Act:
        """See `Inverse`."""
        made = by_thing(logged)
        touched = await taking.touched(list(made))
        for id, told in made.items():
            if id not in taking.jobs:
                _leave(taking, told, Lasting.GONE)
            elif id in touched:
                taking.refuse(changed_since(Kind.JOB, id, "version"))
        targets = [Target(id) for id in made if id in taking.jobs]

        async def act() -> None:
            for first in range(0, len(targets), BULK.most):
                await part_of(taking.change, delete_jobs, jobs=targets[first : first + BULK.most])

        return act


def _leave(taking: Taking, told: Sequence[Logged], why: Lasting) -> None:
    for each in told:
        taking.leave(each, why)
