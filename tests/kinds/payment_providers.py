"""Payment providers: how one is set up, and how their events come about."""

from collections.abc import AsyncIterator
from uuid import UUID

from models.actor import Actor
from models.ids import Kind
from models.items import payment_providers as providers
from tests.live.scenarios import causes, owner_of
from tests.specimens import Specimens, Spot
from tests.world import World

SECRETS = ("whsec_" + "a" * 32, "whsec_" + "b" * 32)


async def make(actor: Actor, word: str, _spot: Spot) -> UUID:
    """One whose secret was changed a moment ago."""
    made = providers.create_payment_provider(actor, name=word)
    provider = (await made).value.id
    for secret in SECRETS:
        await providers.set_payment_provider_secret(actor, payment_provider_id=provider, secret=secret)
    return provider


async def make_new(actor: Actor, word: str, _spot: Spot) -> UUID:
    """One without a secret."""
    made = providers.create_payment_provider(actor, name=word, test_mode=True)
    return (await made).value.id


SPECIMENS = Specimens(
    kind=Kind.PAYMENT_PROVIDER,
    make=make,
    hidden_with=frozenset(),
    further={"new payment provider": make_new},
    chosen={"setPaymentProviderSecret.paymentProviderId": "new payment provider"},
)


async def made(world: World) -> UUID:
    """The firm's."""
    return await make(owner_of(world), "Stripe", Spot(world.account.id))


@causes(providers.PaymentProviderCreated)
async def created(world: World) -> AsyncIterator[None]:
    yield
    await make_new(owner_of(world), "Stripe", Spot(world.account.id))


@causes(providers.PaymentProviderSecretSet)
async def secret_set(world: World) -> AsyncIterator[None]:
    provider = await make_new(owner_of(world), "Stripe", Spot(world.account.id))
    yield
    await providers.set_payment_provider_secret(owner_of(world), payment_provider_id=provider, secret=SECRETS[0])


@causes(providers.FormerProviderSecretRevoked)
async def revoked(world: World) -> AsyncIterator[None]:
    provider = await made(world)
    yield
    await providers.revoke_former_provider_secret(owner_of(world), payment_provider_id=provider)


@causes(providers.PaymentProviderDeleted)
async def deleted(world: World) -> AsyncIterator[None]:
    provider = await made(world)
    yield
    await providers.delete_payment_provider(owner_of(world), payment_provider_id=provider)
