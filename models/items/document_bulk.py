"""What is done to many documents in one call, each held with its jobs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from models.bulk import Bulk
from models.command import Change
from models.command_steps import each
from models.items import item as items
from models.items.documents import Document
from models.items.item import Held
from models.targets import Target


@dataclass(frozen=True, slots=True)
class Targets:
    """The documents of a bulk call, as far as they are visible, held with their jobs; and which of their accounts are
    in use."""

    named: Sequence[Target]
    held: Mapping[UUID, Held[Document]]
    used: frozenset[UUID]

    @classmethod
    async def lock(cls, change: Change, named: Sequence[Target]) -> "Targets":
        """Those that are named."""
        held = await items.lock_visible(change.scope.rows(Document), [target.id for target in named])
        return cls(named, held, await items.hold_accounts({each.item.account_id for each in held.values()}))

    def each(self, atomic: bool, accept: Callable[[Document], bool]) -> tuple[Bulk[Document], list[Held[Document]]]:
        """What the call answers, and those of them that `accept` says are to be changed: it may refuse one."""
        there = {id: each.item for id, each in self.held.items()}
        changed: list[Held[Document]] = []

        def take(target: Target) -> Document:
            document = target.among(there)
            if accept(document):
                changed.append(self.held[document.id])
            return document

        return each(self.named, "documents", atomic, take), changed

    def expect_used(self, document: Document) -> None:
        """`RuleBroken` where its account is archived."""
        items.expect_used(document.account_id, self.used, "document_id")
