"""Events of accounts."""

from dataclasses import dataclass

from models.events.base import Event
from models.events.values import Changes
from models.ids import AccountId, MemberId, TagId
from models.scope import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEvent(Event):
    """Something happened to an account, or it came into or left sight."""

    subject = "account"

    account: AccountId

    def now(self) -> tuple[Place, ...]:
        return (Place(account=self.account),)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCreated(AccountEvent):
    """A client was added."""

    def before(self) -> tuple[Place, ...]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountUpdated(AccountEvent):
    """An account's name or type changed."""

    changes: Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTagsChanged(AccountEvent):
    """Tags were put on an account, or taken off."""

    called = {"added": "added_tags", "removed": "removed_tags"}

    added: tuple[TagId, ...]
    removed: tuple[TagId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTeamChanged(AccountEvent):
    """Members were assigned to an account, or taken off: their scope changes."""

    added: tuple[MemberId, ...]
    removed: tuple[MemberId, ...]

    @property
    def rescoped(self) -> frozenset[MemberId]:
        return frozenset(self.added + self.removed)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountArchived(AccountEvent):
    """An account was archived: no new jobs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRestored(AccountEvent):
    """An archived account is back."""
