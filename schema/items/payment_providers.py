"""Payment providers, as admins set them up."""

from __future__ import annotations

from typing import Any

import strawberry

from models.bounds import PROVIDERS
from models.ids import Kind
from models.items import payment_providers as providers
from models.seen import PaymentService as _PaymentService
from models.seen import named
from models.texts import LABEL
from schema.declarations import listing, mutation
from schema.describing import described
from schema.inputs.base import Expecting, Keyed, id_of, input_type, needed, optional, own_id
from schema.scalars import DateTime
from schema.types.base import Versioned, column, entity, value

PaymentService: Any = described(
    _PaymentService,
    "PaymentService",
    "Which payment provider.",
    STRIPE="Stripe.",
)


@entity(named(Kind.PAYMENT_PROVIDER))
class PaymentProvider(Versioned):
    """A payment provider of the firm's. Seen with the right to payments. Its signing secrets are shown to nobody."""

    service: PaymentService = column("Which one.")
    name: str = column("What the firm calls it.")
    test_mode: bool = column("Whether it tells of test payments, and of nothing else.")
    webhook_path: str = value(
        providers.webhook_path, "Where it is to send its events, on the address of this server. Nobody can guess it."
    )
    secret_set_at: DateTime | None = column(
        "When the secret that it signs with was set; null while there is none, and nothing that it sends is believed."
    )
    former_secret_good: bool = column("Whether what is signed with the secret before that is believed too.")


@input_type
class CreatePaymentProviderInput(Keyed):
    """A payment provider to set up."""

    id: strawberry.ID | None = own_id(Kind.PAYMENT_PROVIDER)
    name: str = needed(f"What it is to be called: {LABEL.bounds}.")
    test_mode: bool | None = optional("Whether it tells of test payments, and of nothing else; false when left out.")


@input_type
class SetPaymentProviderSecretInput(Expecting):
    """With which secret a payment provider signs."""

    payment_provider_id: strawberry.ID = id_of(Kind.PAYMENT_PROVIDER, "The payment provider.")
    secret: str = needed("The signing secret of the webhook, `whsec_…`. It is never shown again.")


@input_type
class PaymentProviderInput(Expecting):
    """Which payment provider."""

    payment_provider_id: strawberry.ID = id_of(Kind.PAYMENT_PROVIDER, "The payment provider.")


MUTATIONS = (
    mutation(
        providers.create_payment_provider,
        CreatePaymentProviderInput,
        "Set up Stripe as a payment provider: it gets a path of its own, for what it has to tell. Nothing is believed "
        f"before it has a secret. A firm has at most {PROVIDERS.most}.",
    ),
    mutation(providers.set_payment_provider_secret, SetPaymentProviderSecretInput),
    mutation(providers.revoke_former_provider_secret, PaymentProviderInput),
    mutation(providers.delete_payment_provider, PaymentProviderInput),
)
LISTS = (
    listing(
        named(Kind.PAYMENT_PROVIDER),
        order="-created_at",
        description="The firm's payment providers, newest first.",
    ),
)
