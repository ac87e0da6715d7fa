"""The tasks of a template of jobs, and who is assigned to them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self
from uuid import UUID

from models import checks
from models.command import Change
from models.command_steps import deactivated
from models.firm.account_roles import AccountRole
from models.gathered import Gathered
from models.ids import Kind
from models.rows import Member
from models.scope import not_found
from models.templates.content import Path
from models.templates.task_content import TaskContent


@dataclass(frozen=True, slots=True)
class JobTask(TaskContent):
    """A task that comes with a job: as in a template of its own, and members may be assigned to it by name."""

    assignee_ids: tuple[UUID, ...] = ()

    def stored(self) -> dict[str, Any]:
        return {**TaskContent.stored(self), "assignee_ids": [str(id) for id in self.assignee_ids]}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        return super(JobTask, cls).of({**stored, "assignee_ids": tuple(map(UUID, stored["assignee_ids"]))})

    def checked(self) -> Self:
        with Gathered() as check:
            kept = check(TaskContent.checked, self)
            assignees = check(checks.at_most, self.assignee_ids, "assignee_ids")
        return replace(kept, assignee_ids=tuple(assignees))


class Assigns(Protocol):
    """A job or a task of a template: whom it assigns."""

    @property
    def assignee_ids(self) -> tuple[UUID, ...]: ...

    @property
    def assignee_role_ids(self) -> tuple[UUID, ...]: ...


async def expect_assigned(change: Change, assigning: Sequence[tuple[Path, Assigns]], known: Collection[UUID]) -> None:
    """`NotFound` for each member or role that is newly assigned somewhere and is not there, `RuleBroken` for each
    member who is deactivated: all at once, in one statement for members and one for roles. What is `known` was
    assigned before, and may have gone since."""
    members = await change.scope.rows(Member).many(id for id, _ in _new(assigning, "assignee_ids", known))
    roles = await change.scope.rows(AccountRole).many(id for id, _ in _new(assigning, "assignee_role_ids", known))
    with Gathered() as check:
        for id, path in _new(assigning, "assignee_ids", known):
            check(_expect_active, members.get(id), id, path)
        for id, path in _new(assigning, "assignee_role_ids", known):
            check(_expect_there, roles.get(id), id, path)


def _new(assigning: Sequence[tuple[Path, Assigns]], field: str, known: Collection[UUID]) -> Iterator[tuple[UUID, Path]]:
    for path, each in assigning:
        for id in getattr(each, field):
            if id not in known:
                yield id, (*path, field)


def _expect_active(member: Member | None, id: UUID, path: Path) -> None:
    if member is None:
        raise not_found(Kind.MEMBER, id, *path)
    if not member.active:
        raise deactivated(member).within(*path)


def _expect_there(role: AccountRole | None, id: UUID, path: Path) -> None:
    if role is None:
        raise not_found(Kind.ACCOUNT_ROLE, id, *path)
