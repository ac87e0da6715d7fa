"""The folders of an account as a tree: what may be put where, worked out of all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from models.bounds import FOLDER_LEVELS, FOLDERS_OF_ACCOUNT
from models.errors import RuleBroken
from models.ids import Kind
from models.reasons import Reason


class InTree(Protocol):
    """What a tree has to know of a folder."""

    id: UUID
    parent_id: UUID | None
    name_key: str
    name_order: str


F = TypeVar("F", bound=InTree)


class FolderTree(Generic[F]):
    """The folders of one account, each within another one or at the top."""

    def __init__(self, folders: Iterable[F]) -> None:
        self._folders: dict[UUID, F] = {}
        self._within: defaultdict[UUID | None, dict[str, F]] = defaultdict(dict)
        for folder in folders:
            self.add(folder)

    def add(self, folder: F) -> None:
        """One more."""
        self._folders[folder.id] = folder
        self._within[folder.parent_id][folder.name_key] = folder

    def within(self, parent_id: UUID | None) -> Mapping[str, F]:
        """The folders right within one, or at the top, by what their names have in common with those taken for the
        same."""
        return self._within[parent_id]

    def way_to(self, id: UUID | None) -> list[F]:
        """The folder, the one that it is in, and so on up to the top."""
        way = []
        while id is not None:
            way.append(self._folders[id])
            id = way[-1].parent_id
        return way

    def levels(self, id: UUID) -> int:
        """How many levels there are of a folder and those within it."""
        return 1 + max((self.levels(inner.id) for inner in self._within[id].values()), default=0)

    def expect_room(self, *path: str) -> None:
        """`RuleBroken` unless one more may be there."""
        if len(self._folders) >= FOLDERS_OF_ACCOUNT.most:
            raise RuleBroken(
                f"An account has at most {FOLDERS_OF_ACCOUNT.most} folders, and this would be one more. Delete some "
                "first.",
                *path,
                reason=Reason.FULL,
                kind=Kind.FOLDER.value,
                maximum=FOLDERS_OF_ACCOUNT.most,
            )

    def expect_level(self, parent_id: UUID | None, levels: int) -> None:
        """`RuleBroken` unless so many levels may be within this folder, or at the top."""
        if len(self.way_to(parent_id)) + levels > FOLDER_LEVELS.most:
            told = f"Folders are within each other {FOLDER_LEVELS.most} levels deep at most. Choose another one."
            raise RuleBroken(told, "parent_id", reason=Reason.TOO_DEEP, maximum=FOLDER_LEVELS.most)

    def expect_no_circle(self, id: UUID, parent_id: UUID | None) -> None:
        """`RuleBroken` where a folder would be within itself."""
        if any(folder.id == id for folder in self.way_to(parent_id)):
            told = "A folder is not within itself, nor within one that is in it. Choose another one."
            raise RuleBroken(told, "parent_id", reason=Reason.CIRCLE)

    def outline(self) -> list[F]:
        """Each before those within it, and those beside each other by name."""
        return list(self._outline(None))

    def _outline(self, parent_id: UUID | None) -> Iterator[F]:
        for folder in sorted(self._within[parent_id].values(), key=lambda each: (each.name_order, each.id)):
            yield folder
            yield from self._outline(folder.id)
