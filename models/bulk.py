"""What a bulk command made."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from models.errors import Refusal

T = TypeVar("T")


@dataclass(slots=True)
class Bulk(Generic[T]):
    """The rows that were changed, and, where the call was not atomic, why others were not."""

    rows: list[T] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
