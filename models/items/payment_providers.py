"""A firm's payment providers: set up, given their secrets, ended.

See docs/decisions/0078-what-a-payment-provider-says.md.
"""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

from models.bounds import PROVIDER_SECRETS, PROVIDERS
from models.command import Change, command
from models.command_steps import made_before
from models.database import hold_names, sql
from models.errors import Invalid, RuleBroken
from models.events import OfFirm
from models.ids import Kind, PaymentProviderId, new_id
from models.reasons import Reason
from models.rights import Right, Role
from models.rows import register
from models.rows.payment_providers import PaymentProvider, PaymentProviderSecret, PaymentService
from models.texts import LABEL

_SECRET = re.compile(r"whsec_[A-Za-z0-9+/=_-]{16,200}")
#: What the path of each ends with: 256 random bits.
PATH = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentProviderEvent(OfFirm):
    """Something happened to a payment provider of the firm's. Seen with the right to payments."""

    subject = "payment_provider"
    needs: ClassVar[frozenset[Right]] = frozenset({Right.MANAGE_PAYMENTS})

    payment_provider: PaymentProviderId


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentProviderCreated(PaymentProviderEvent):
    """A payment provider was set up. It needs a secret before anything that it says is believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentProviderSecretSet(PaymentProviderEvent):
    """The secret that a payment provider signs with was set. The one before, if there was one, is good until it is
    revoked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerProviderSecretRevoked(PaymentProviderEvent):
    """The former secret of a payment provider is good no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentProviderDeleted(PaymentProviderEvent):
    """A payment provider was ended: nothing that it sends is believed any more. What it said stays."""

    ends = True


register(PaymentProvider)


@command("createPaymentProvider", Role.ADMIN)
async def create_payment_provider(
    change: Change, *, name: str, test_mode: bool = False, id: UUID | None = None
) -> PaymentProvider:
    """Set up Stripe as a payment provider: it gets a path of its own, for what it has to tell. Nothing is believed
    before it has a secret."""
    if earlier := await made_before(change, PaymentProvider, id, PaymentProviderCreated):
        return earlier
    called = LABEL.check(name, "name")
    # One after another: two at once would both find room for the last one.
    await hold_names(f"providers of {change.actor.firm_id}")
    if await PaymentProvider.filter(firm_id=change.actor.firm_id).count() >= PROVIDERS.most:
        told = f"The firm has {PROVIDERS.most} payment providers. Delete one that it does not use."
        raise RuleBroken(told, reason=Reason.FULL, kind=Kind.PAYMENT_PROVIDER.value, maximum=PROVIDERS.most)
    provider = PaymentProvider(
        id=id or new_id(),
        firm_id=change.actor.firm_id,
        service=PaymentService.STRIPE,
        name=called,
        test_mode=test_mode,
        path=secrets.token_urlsafe(32),
    )
    await provider.save(force_create=True)
    change.record(PaymentProviderCreated(payment_provider=provider.id))
    return provider


@command("setPaymentProviderSecret", Role.ADMIN)
async def set_payment_provider_secret(
    change: Change, *, payment_provider_id: UUID, secret: str, expected_version: int | None = None
) -> PaymentProvider:
    """Say with which secret a payment provider signs. The one before is good until it is revoked, so that nothing is
    lost while the provider changes over.

    No answer, event or log has it, then or later."""
    provider = await _lock(change, payment_provider_id, expected_version)
    if _SECRET.fullmatch(secret) is None:
        told = "This is no signing secret: it begins with whsec_, and is shown where the webhook was set up."
        raise Invalid(told, "secret", reason=Reason.FORMAT, format="WEBHOOK_SECRET")
    good = await PaymentProviderSecret.filter(payment_provider_id=provider.id).order_by("-id")
    if good and good[0].secret == secret:
        return provider
    if len(good) >= PROVIDER_SECRETS.most:
        told = "Two secrets of this payment provider are good by now. Revoke the former one first."
        raise RuleBroken(told, "secret", reason=Reason.TOO_MANY, maximum=PROVIDER_SECRETS.most, actual=len(good) + 1)
    await PaymentProviderSecret(payment_provider_id=provider.id, secret=secret).save(force_create=True)
    provider.secret_set_at, provider.former_secret_good = change.now, bool(good)
    await provider.store("secret_set_at", "former_secret_good")
    change.record(PaymentProviderSecretSet(payment_provider=provider.id))
    return provider


@command("revokeFormerProviderSecret", Role.ADMIN)
async def revoke_former_provider_secret(
    change: Change, *, payment_provider_id: UUID, expected_version: int | None = None
) -> PaymentProvider:
    """Have the former secret of a payment provider be good no more: the provider signs with the new one by now, or the
    former one has leaked."""
    provider = await _lock(change, payment_provider_id, expected_version)
    if not provider.former_secret_good:
        return provider
    await sql(
        "DELETE FROM payment_provider_secret WHERE payment_provider_id = $1 "
        "AND id < (SELECT max(id) FROM payment_provider_secret WHERE payment_provider_id = $1)",
        provider.id,
    )
    provider.former_secret_good = False
    await provider.store("former_secret_good")
    change.record(FormerProviderSecretRevoked(payment_provider=provider.id))
    return provider


@command("deletePaymentProvider", Role.ADMIN)
async def delete_payment_provider(
    change: Change, *, payment_provider_id: UUID, expected_version: int | None = None
) -> PaymentProvider:
    """End a payment provider: nothing that it sends is believed any more, and its secrets are forgotten. Its payments,
    and what is known of them, stay."""
    provider = await _lock(change, payment_provider_id, expected_version)
    await provider.delete()
    change.record(PaymentProviderDeleted(payment_provider=provider.id))
    return provider


async def _lock(change: Change, payment_provider_id: UUID, expected_version: int | None) -> PaymentProvider:
    provider = await change.scope.rows(PaymentProvider).lock(payment_provider_id, "payment_provider_id")
    provider.expect(expected_version)
    return provider


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who a message is for that came on a path, and the secrets that it may be signed with."""

    provider_id: UUID
    firm_id: UUID
    test_mode: bool
    secrets: Sequence[str] = field(repr=False)


_AT_PATH = """
SELECT provider.id, provider.firm_id, provider.test_mode, array_agg(signs.secret ORDER BY signs.id DESC) AS secrets
FROM payment_provider AS provider JOIN payment_provider_secret AS signs ON signs.payment_provider_id = provider.id
WHERE provider.path = $1 AND provider.service = $2 GROUP BY provider.id
"""


async def receiver_at(service: PaymentService, path: str) -> Receiver | None:
    """Who a message on this path is for; None where there is nobody, or no secret yet."""
    rows = await sql(_AT_PATH, path, service.value)
    return Receiver(*rows[0].values()) if rows else None


async def still_signs(receiver: Receiver) -> bool:
    """Whether the provider is still there with all the secrets that a message was verified with, held until the
    transaction ends: by then one may have been revoked, and it may have been that one."""
    if not await sql("SELECT FROM payment_provider WHERE id = $1 FOR SHARE", receiver.provider_id):
        return False
    # On its own, for what whoever was waited for has left.
    good = await sql("SELECT secret FROM payment_provider_secret WHERE payment_provider_id = $1", receiver.provider_id)
    return {*receiver.secrets} <= {row["secret"] for row in good}


def webhook_path(provider: PaymentProvider) -> str:
    """Where it sends its messages."""
    return f"/webhooks/{provider.service.value.lower()}/{provider.path}"
