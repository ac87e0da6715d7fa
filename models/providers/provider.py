"""What a payment provider is to us: something whose messages can be verified, and say what became of money."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from models.rows.payment_providers import ProviderFact
from models.rows.payments import PaymentMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A verified message about money. What is `UNREADABLE` has no more than its id, its time and its mode."""

    #: What the provider calls the message: sent again, it is the same.
    event_id: str
    fact: ProviderFact
    happened_at: datetime
    test_mode: bool
    #: What the provider calls the payment that it is about, and what it calls the refund or the dispute.
    reference: str | None = None
    returned: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    method: PaymentMethod = PaymentMethod.CARD
    #: What whoever began the payment has written on it: the id of the invoice that it is for.
    invoice: str | None = None
    #: Why it failed, in the provider's one word.
    failure: str | None = None


class NotVerified(Exception):
    """A message that the provider did not send, or not just now."""


class Malformed(Exception):
    """A message that was verified, and that nothing can be read of: not even what it is called."""


class Provider(Protocol):
    """A payment provider's way to sign its messages, and its words for what happens."""

    @property
    def label(self) -> str:
        """Its name, as the log has it."""

    def is_plausible(self, headers: Mapping[str, str], now: datetime) -> bool:
        """Whether a message with these headers may be its own: by what can be told before the body is read."""

    def prepare(self) -> None:
        """Have ready what takes long at first."""

    def read(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime) -> Told | None:
        """What a message says; None where it is nothing to us. `NotVerified` unless it was signed with one of these
        secrets, less than five minutes ago."""
