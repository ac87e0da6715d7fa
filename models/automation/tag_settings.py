"""What an automation of the type UPDATE_TAGS does."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self
from uuid import UUID

from models import checks
from models.automation.settings import Pointer, Settings, settings
from models.commands.accounts import set_account_tags
from models.errors import Invalid
from models.gathered import Gathered
from models.ids import Kind
from models.reasons import Reason
from models.rows import AutomationType
from models.templates.content import Rewrite


@settings
@dataclass(frozen=True, slots=True)
class TagSettings(Settings):
    """Tags that the job's account gets, and others that it loses."""

    type = AutomationType.UPDATE_TAGS
    does = (set_account_tags,)

    add_tag_ids: tuple[UUID, ...] = ()
    remove_tag_ids: tuple[UUID, ...] = ()

    def stored(self) -> dict[str, Any]:
        return {
            "add_tag_ids": [str(id) for id in self.add_tag_ids],
            "remove_tag_ids": [str(id) for id in self.remove_tag_ids],
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        return cls(tuple(map(UUID, stored["add_tag_ids"])), tuple(map(UUID, stored["remove_tag_ids"])))

    def checked(self) -> Self:
        with Gathered() as check:
            added = check(checks.at_most, self.add_tag_ids, "add_tag_ids")
            removed = check(checks.at_most, self.remove_tag_ids, "remove_tag_ids")
            check(self._expect_sense)
        return replace(self, add_tag_ids=tuple(added), remove_tag_ids=tuple(removed))

    def _expect_sense(self) -> None:
        if not self.add_tag_ids and not self.remove_tag_ids:
            told = "Say which tags it adds or removes."
            raise Invalid(told, "add_tag_ids", reason=Reason.TOO_FEW, minimum=1, actual=0)
        if set(self.add_tag_ids) & set(self.remove_tag_ids):
            told = "It would remove a tag that it adds. Take it out of one of the lists."
            raise Invalid(told, "remove_tag_ids", reason=Reason.NAMED_TWICE)

    def rewritten(self, each: Rewrite) -> Self:
        return self

    def pointers(self) -> Iterator[Pointer]:
        for field in ("add_tag_ids", "remove_tag_ids"):
            for id in getattr(self, field):
                yield Pointer(Kind.TAG, id, (field,))
