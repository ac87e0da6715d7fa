"""A server that is killed while it takes what a payment provider tells: it is sent again, and has one effect."""

import asyncio
import contextlib
import signal
from contextlib import ExitStack
from typing import Any

import httpx

import embedded
from models.rows.payment_providers import PaymentProvider, ProviderDelivery
from models.rows.payments import Payment
from tests.domain.test_invoices import kept, new_invoice
from tests.kinds.payment_providers import SECRETS, make
from tests.live.eventually import eventually
from tests.live.scenarios import owner_of
from tests.locks import held, until_waiting
from tests.plain_http import NO_TLS
from tests.specimens import Spot
from tests.system.jobwire import Jobwire, jobwire
from tests.telling import as_sent, intent, signed
from tests.world import World


async def test_killed_servers_lose_nothing_and_take_nothing_twice(
    world: World, database: str, servers: embedded.Servers
) -> None:
    provider = await PaymentProvider.get(id=await make(owner_of(world), "Stripe", Spot(world.account.id)))
    urls = {"database_url": database, "redis_url": servers.redis_url}
    with ExitStack() as running:
        processes = [running.enter_context(jobwire("serve", port=0, **urls)) for _ in range(3)]
        addresses = [process.says("Listening on").split()[-1].removesuffix("/graphql") for process in processes]

        async def send(place: int, body: bytes) -> int | None:
            """The status; None where nobody answers."""
            url = f"{addresses[place]}/webhooks/stripe/{provider.path}"
            async with httpx.AsyncClient(verify=NO_TLS, timeout=60) as client:
                with contextlib.suppress(httpx.TransportError):
                    headers = {"Stripe-Signature": signed(body, SECRETS[1])}
                    return (await client.post(url, content=body, headers=headers)).status_code
            return None

        async def counts() -> tuple[int, int]:
            of_firm: dict[str, Any] = {"firm_id": world.firm.id}
            return await Payment.filter(**of_firm).count(), await ProviderDelivery.filter(**of_firm).count()

        invoice = await new_invoice(world, sent=True)
        before, body = await world.revision(), as_sent(intent(invoice=invoice.id, amount=20_000))
        # Before it is committed: it waits for the firm's row.
        async with held(database, "firm", world.firm.id):
            sent = asyncio.create_task(send(0, body))
            await until_waiting(sent)
            _kill(processes[0])
            assert await sent is None
        assert (await counts(), await world.revision()) == ((0, 0), before)
        assert await send(1, body) == 200
        assert (await counts(), await world.revision()) == ((1, 1), before + 1)

        # And as soon as it is: nobody has the answer.
        invoice = await new_invoice(world, sent=True)
        before, body = await world.revision(), as_sent(intent(invoice=invoice.id, amount=20_000))
        sent = asyncio.create_task(send(1, body))

        async def committed() -> bool:
            return await counts() == (2, 2)

        await eventually(committed)
        _kill(processes[1])
        await sent
        assert await send(2, body) == 200
        assert (await counts(), await world.revision()) == ((2, 2), before + 1)
        assert (await kept(invoice)).state == "PAID"


def _kill(process: Jobwire) -> None:
    process.end(signal.SIGKILL)
