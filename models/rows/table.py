"""What the class of every table is made of."""

from __future__ import annotations

from typing import Any

from tortoise.models import Model, ModelMeta


class _WithoutComments(ModelMeta):
    """The ORM parses the source of each class for comments that begin with `#:`, as descriptions of its columns. Ours
    say nothing of columns, and that takes a twentieth of the time in which a process begins."""

    def __new__(cls, name: str, bases: tuple[type, ...], attributes: dict[str, Any]) -> _WithoutComments:
        return super().__new__(cls, name, bases, {"_no_comments": True, **attributes})  # type: ignore[return-value]


class Table(Model, metaclass=_WithoutComments):
    """The rows of a table."""

    class Meta:
        abstract = True
