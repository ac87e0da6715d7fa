"""What an automation does: what the settings of each type have to say of themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import Any, ClassVar, NamedTuple, Self, TypeVar, cast
from uuid import UUID

from models import checks
from models.actions import Command
from models.automation.json_values import fields_of, read_fields
from models.gathered import Gathered
from models.ids import Kind
from models.rows import AutomationType
from models.templates.content import Kept, Path, Rewrite, TemplateKind


class Pointer(NamedTuple):
    """A thing that settings or conditions point to, and where they do."""

    kind: Kind
    id: UUID
    path: Path
    #: Of a template, of which kind it has to be.
    template_kind: TemplateKind | None = None
    #: Of a status, whether it has to be a custom one.
    custom: bool = False


#: Keys of the metadata of a field of settings that holds ids: of what, of templates of which kind, and whether statuses
#: have to be custom ones.
_KIND, _TEMPLATE_KIND, _CUSTOM = "kind", "template kind", "custom"


def points_to(kind: Kind) -> dict[str, Any]:
    """The metadata of a field of settings that holds the id of a thing, or ids of things."""
    return {_KIND: kind}


def template_of(kind: TemplateKind) -> dict[str, Any]:
    """The metadata of a field of settings that holds the id of a template of this kind, or ids of such."""
    return {_KIND: Kind.TEMPLATE, _TEMPLATE_KIND: kind}


def custom_status() -> dict[str, Any]:
    """The metadata of a field of settings that holds the id of a custom status: what a job returns from."""
    return {_KIND: Kind.STATUS, _CUSTOM: True}


class Settings(Kept):
    """What an automation of one type does, as a frozen dataclass.

    It is kept, checked and looked up by its fields: those that hold ids say of what."""

    type: ClassVar[AutomationType]
    #: The commands that it does its work with, the very ones that people call: whoever saves it needs what these need.
    does: ClassVar[tuple[Command[..., Any], ...]]

    @classmethod
    def spoken(cls) -> str:
        return "automation"

    def stored(self) -> dict[str, Any]:
        return fields_of(self)

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        read: Self = read_fields(cls, stored)
        return read

    def checked(self) -> Self:
        with Gathered() as check:
            told = {name: tuple(check(checks.at_most, ids, name)) for name, ids in self._lists()}
            told |= check(self.more_checked) or {}
            check(self.expect_sense)
        return cast(Self, replace(cast(Any, self), **told))

    def _lists(self) -> Iterator[tuple[str, tuple[UUID, ...]]]:
        for each in fields(self):  # type: ignore[arg-type]
            if _KIND in each.metadata and isinstance(ids := getattr(self, each.name), tuple):
                yield each.name, ids

    def more_checked(self) -> dict[str, Any]:
        """The fields, besides ids, as they are to be kept; or all that is wrong with them."""
        return {}

    def expect_sense(self) -> None:
        """A refusal where the fields together say nothing to do."""

    def rewritten(self, each: Rewrite) -> Self:
        return self

    def pointers(self) -> Iterator[Pointer]:
        """What it points to."""
        for each in fields(self):  # type: ignore[arg-type]
            if (kind := each.metadata.get(_KIND)) is not None:
                value = getattr(self, each.name)
                ids = value if isinstance(value, tuple) else (value,)
                for id in ids:
                    if id is not None:
                        of, custom = each.metadata.get(_TEMPLATE_KIND), each.metadata.get(_CUSTOM, False)
                        yield Pointer(kind, id, (each.name,), of, custom)


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
    """The classes of settings, by their types. `TypeError` where a type has none."""
    if missing := set(AutomationType) - _SETTINGS.keys():
        told = "see models/automation/contents.py"
        raise TypeError(f"No settings are registered for {', '.join(sorted(missing))}: {told}.")
    return _SETTINGS
