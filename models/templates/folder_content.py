"""What is in a template of folder trees."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from models import checks
from models.bounds import FOLDER_LEVELS, FOLDERS, FOLDERS_WITHIN
from models.errors import Invalid
from models.folder_names import expect_no_path
from models.gathered import Gathered
from models.reasons import Reason
from models.templates.content import Content, Rewrite, TemplateKind, Text, content
from models.texts import LABEL, sameness

_UNESCAPED = re.compile(r"\\(?=\[)")


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder, and how deep it is in the tree: it is within the last one before it that is less deep."""

    name: str
    level: int


@content
@dataclass(frozen=True, slots=True)
class FolderTreeContent(Content):
    """Folders within each other, as an outline has them: each before those within it."""

    kind = TemplateKind.FOLDER_TREE

    folders: tuple[Folder, ...]

    def stored(self) -> dict[str, Any]:
        return {"folders": [asdict(folder) for folder in self.folders]}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        return cls(tuple(Folder(**folder) for folder in stored["folders"]))

    def checked(self) -> Self:
        checks.count_of(self.folders, FOLDERS, "folders", "folders")
        with Gathered() as check:
            kept = [check(_checked, folder, place) for place, folder in enumerate(self.folders)]
        _expect_tree(kept)
        return replace(self, folders=tuple(kept))

    def rewritten(self, each: Rewrite) -> Self:
        folders = enumerate(self.folders)
        return replace(
            self,
            folders=tuple(
                replace(folder, name=each(Text(folder.name, ("folders", place, "name"), LABEL)))
                for place, folder in folders
            ),
        )


def _checked(folder: Folder, place: int) -> Folder:
    at = ("folders", place)
    with Gathered() as check:
        name = check(_name, folder.name, *at, "name")
        check(_expect_level, folder.level, *at, "level")
    return Folder(name, folder.level)


def _name(value: str, *path: str | int) -> str:
    name = LABEL.check(value, *path)
    # A backslash before a bracket says that there is no shortcode.
    expect_no_path(_UNESCAPED.sub("", name), *path)
    return name


def _expect_level(value: int, *path: str | int) -> None:
    try:
        checks.things(value, "level", FOLDER_LEVELS)
    except Invalid as refusal:
        raise refusal.within(*path[:-1]) from None


def _expect_tree(folders: Sequence[Folder]) -> None:
    """`Invalid` for each folder that is in none, is called as one beside it, or is one too many there."""
    #: Of each folder that the present one may be within, what the folders in it are called.
    beside: list[set[str]] = [set()]
    with Gathered() as check:
        for place, folder in enumerate(folders):
            if folder.level > len(beside):
                # Those after it are then within the last one that there is.
                check(_refuse_level, len(beside), place)
                continue
            del beside[folder.level :]
            check(_expect_room, beside[-1], folder.name, place)
            beside[-1].add(sameness(folder.name))
            beside.append(set())


def _refuse_level(deepest: int, place: int) -> None:
    told = f"There is no folder that this one could be within: its level is {deepest} at most."
    raise Invalid(
        told, "folders", place, "level", reason=Reason.OUT_OF_RANGE, minimum=1, maximum=deepest, unit="THINGS"
    )


def _expect_room(beside: set[str], name: str, place: int) -> None:
    if sameness(name) in beside:
        told = "Another folder beside it is called so, in some spelling. Give each its own name."
        raise Invalid(told, "folders", place, "name", reason=Reason.NAMED_TWICE)
    if len(beside) >= FOLDERS_WITHIN.most:
        told = f"A folder has at most {FOLDERS_WITHIN.most} within it, and this is one more."
        most = FOLDERS_WITHIN.most
        raise Invalid(told, "folders", place, "name", reason=Reason.TOO_MANY, maximum=most, actual=most + 1)
