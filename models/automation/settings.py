"""What an automation does: what the settings of each type have to say of themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NamedTuple, TypeVar
from uuid import UUID

from models.actions import Command
from models.ids import Kind
from models.rows import AutomationType
from models.templates.content import Kept, Path, TemplateKind


class Pointer(NamedTuple):
    """A thing that settings or conditions point to, and where they do."""

    kind: Kind
    id: UUID
    path: Path
    #: Of a template, of which kind it has to be.
    template_kind: TemplateKind | None = None


class Settings(Kept):
    """What an automation of one type does, as a frozen dataclass."""

    type: ClassVar[AutomationType]
    #: The commands that it does its work with, the very ones that people call: whoever saves it needs what these need.
    does: ClassVar[tuple[Command[..., Any], ...]]

    @classmethod
    def spoken(cls) -> str:
        return "automation"

    def pointers(self) -> Iterator[Pointer]:
        """What it points to."""
        yield from ()


_SETTINGS: dict[AutomationType, type[Settings]] = {}
S = TypeVar("S", bound=type[Settings])


def settings(cls: S) -> S:
    """Make this class the settings of the automations of its type."""
    if _SETTINGS.setdefault(cls.type, cls) is not cls:
        raise TypeError(f"{cls.__name__} has the type of {_SETTINGS[cls.type].__name__}: {cls.type}.")
    return cls


def settings_class(type: AutomationType) -> type[Settings]:
    """The class of the settings of this type."""
    return _SETTINGS[type]


def settings_classes() -> Mapping[AutomationType, type[Settings]]:
    """The classes of settings, by their types."""
    return _SETTINGS
