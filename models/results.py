"""What commands return that is no row, nor rows."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

from models.scope import Scope, Viewer

_KINDS: dict[str, type["Result"]] = {}


class Result(ABC):
    """It says itself what is kept of it, for a call that is sent again."""

    #: What it is called where it is kept: it never changes.
    name: ClassVar[str]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        _KINDS[cls.name] = cls

    @abstractmethod
    def kept(self) -> Any:
        """What is kept, as JSON has it."""

    @classmethod
    @abstractmethod
    async def recalled(cls, seen: Scope | Viewer, kept: Any) -> Self:
        """What was kept so, as far as it may be seen now."""


def kept_result(result: Result) -> dict[str, Any]:
    """A result as it is kept."""
    return {"result": result.name, "kept": result.kept()}


async def recalled_result(seen: Scope | Viewer, kept: dict[str, Any]) -> Result:
    """The result that was kept so."""
    return await _KINDS[kept["result"]].recalled(seen, kept["kept"])
