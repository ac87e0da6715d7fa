"""Payment providers over the wire: set up by admins, believed when they sign, and nobody else."""

import asyncio
import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from app import webhooks
from models.bounds import PROVIDERS
from models.command import settle
from models.database import sql
from models.ids import Kind, decode, encode
from models.items.payment_providers import PATH
from models.rights import Right, Role
from models.rows.payment_providers import PaymentProvider, PaymentProviderSecret, ProviderDelivery
from models.rows.payments import Payment
from tests.domain.test_invoices import kept, new_invoice
from tests.live.eventually import eventually
from tests.locks import held, until_waiting
from tests.plain_http import NO_TLS
from tests.serving import Api
from tests.telling import SECRET, as_sent, event, intent, refund, signed
from tests.transport.raw import connection, head
from tests.world import World
from transport.options import TransportOptions

CREATE = """mutation A($i: CreatePaymentProviderInput!) { createPaymentProvider(input: $i) {
  paymentProvider { id webhookPath service testMode secretSetAt formerSecretGood } errors { code reason } } }"""
SET = """mutation A($i: SetPaymentProviderSecretInput!) { setPaymentProviderSecret(input: $i) {
  paymentProvider { secretSetAt formerSecretGood } errors { code reason path message } } }"""
REVOKE = """mutation A($i: PaymentProviderInput!) { revokeFormerProviderSecret(input: $i) {
  paymentProvider { formerSecretGood } errors { code reason } } }"""
DELETE = """mutation A($i: PaymentProviderInput!) { deletePaymentProvider(input: $i) {
  paymentProvider { id } errors { code reason } } }"""
DELIVERIES = """{ providerDeliveries(filter: { outcome: [APPLIED, UNMATCHED, IGNORED] }) { nodes {
  event fact reference amount { amount currency } outcome reason payment { id } account { id } } } }"""
OTHER = "whsec_" + "o" * 32
NEXT = "whsec_" + "n" * 32


@dataclass
class Line:
    """A firm's line to its provider."""

    api: Api
    world: World
    id: str
    path: str

    @property
    def url(self) -> str:
        return self.api.url.removesuffix("/graphql") + self.path

    async def send(
        self, body: bytes, signature: str | None = None, path: str | None = None, method: str = "POST", **headers: str
    ) -> httpx.Response:
        """What is answered; signed as Stripe does it unless told otherwise."""
        url = self.url if path is None else self.api.url.removesuffix("/graphql") + path
        given = {"Stripe-Signature": signed(body) if signature is None else signature} | headers
        async with httpx.AsyncClient(verify=NO_TLS) as client:
            return await client.request(method, url, content=body, headers=given)

    async def tell(self, what: dict[str, Any], secret: str = SECRET) -> httpx.Response:
        """What is answered to an event."""
        body = as_sent(what)
        return await self.send(body, signed(body, secret))

    async def counts(self) -> tuple[int, int, int]:
        """The firm's revision, its payments, and what its providers told."""
        of_firm = {"firm_id": self.world.firm.id}
        payments, told = await Payment.filter(**of_firm).count(), await ProviderDelivery.filter(**of_firm).count()
        return await self.world.revision(), payments, told


@pytest.fixture
async def line(api: Api, world: World) -> Line:
    """A provider that was set up, with its secret."""
    made = await api.ask(world.admin, CREATE, i={"name": "Stripe"})
    provider = made["createPaymentProvider"]["paymentProvider"]
    assert (provider["secretSetAt"], provider["testMode"], provider["formerSecretGood"]) == (None, False, False)
    given = {"paymentProviderId": provider["id"], "secret": SECRET}
    (answer,) = (await api.ask(world.admin, SET, i=given)).values()
    assert answer["errors"] == [] and answer["paymentProvider"]["secretSetAt"] is not None
    return Line(api, world, provider["id"], provider["webhookPath"])


async def test_a_payment_comes_in_and_is_read_by_those_who_may(line: Line) -> None:
    invoice = await new_invoice(line.world, sent=True)
    what = intent(invoice=invoice.id, amount=20_000)
    answer = await line.tell(what)
    assert (answer.status_code, answer.json()) == (200, {"received": True})
    assert answer.headers["cache-control"] == "no-store"
    # It is committed when it is answered.
    assert (await kept(invoice)).state == "PAID"
    (told,) = (await line.api.ask(line.world.owner, DELIVERIES))["providerDeliveries"]["nodes"]
    payment = await Payment.get(firm_id=line.world.firm.id)
    assert told == {
        "event": what["id"],
        "fact": "RECEIVED",
        "reference": what["data"]["object"]["id"],
        "amount": {"amount": "200.00", "currency": "USD"},
        "outcome": "APPLIED",
        "reason": None,
        "payment": {"id": encode(Kind.PAYMENT, payment.id)},
        "account": {"id": encode(Kind.ACCOUNT, line.world.account.id)},
    }
    (none,) = (await line.api.ask(line.world.employee, DELIVERIES)).values()
    assert none["nodes"] == []


async def test_what_is_nothing_to_us_is_taken_and_forgotten(line: Line) -> None:
    before = await line.counts()
    assert (await line.tell(event("customer.created", {"id": "cus_1"}))).status_code == 200
    assert await line.counts() == before


def _late(body: bytes) -> str:
    return signed(body, at=datetime.now(UTC) - timedelta(minutes=6))


FORGED: dict[str, Callable[[bytes], str]] = {
    "with another secret": lambda body: signed(body, OTHER),
    "late": _late,
    "of another body": lambda _: signed(b"{}"),
    "unsigned": lambda _: "",
}


@pytest.mark.parametrize("forged", FORGED)
async def test_what_is_forged_changes_nothing(line: Line, forged: str) -> None:
    invoice = await new_invoice(line.world, sent=True)
    body, before = as_sent(intent(invoice=invoice.id)), await line.counts()
    answer = await line.send(body, FORGED[forged](body))
    assert answer.status_code == 400
    assert await line.counts() == before
    assert (await kept(invoice)).state == "UNPAID"


async def test_a_path_that_is_not_there_is_told_apart_from_a_bad_signature_by_nothing(line: Line) -> None:
    body = as_sent(intent())
    unknown = line.path[:-4] + "AAAA"
    bad = await line.send(body, signed(body, OTHER))
    for signature in (signed(body, OTHER), signed(body)):
        answer = await line.send(body, signature, unknown)
        assert (answer.status_code, answer.content) == (bad.status_code, bad.content)
        assert {*answer.headers} == {*bad.headers}


async def test_another_firms_event_and_another_firms_invoice_are_nobodys(line: Line, api: Api) -> None:
    other = await World.build(f"{line.world.tag}-other")
    theirs = await new_invoice(other, sent=True)
    made = await api.ask(other.owner, CREATE, i={"name": "Theirs"})
    provider = made["createPaymentProvider"]["paymentProvider"]
    await api.ask(other.owner, SET, i={"paymentProviderId": provider["id"], "secret": OTHER})
    # Signed by us, sent to them; and theirs to us.
    body = as_sent(intent(invoice=theirs.id))
    assert (await line.send(body, path=provider["webhookPath"])).status_code == 400
    assert (await line.tell(intent(), OTHER)).status_code == 400
    before = await other.revision()
    # Signed by us, of their invoice.
    assert (await line.send(body)).status_code == 200
    assert await other.revision() == before and (await kept(theirs)).state == "UNPAID"
    (told,) = await ProviderDelivery.filter(firm_id=line.world.firm.id)
    assert (told.outcome, told.reason, told.payment_id) == ("UNMATCHED", "INVOICE_UNKNOWN", None)
    # A provider that is not theirs is none to change.
    for mutation in (SET, REVOKE, DELETE):
        given = {"paymentProviderId": provider["id"], **({"secret": SECRET} if mutation is SET else {})}
        (answer,) = (await api.ask(line.world.owner, mutation, i=given)).values()
        assert [error["code"] for error in answer["errors"]] == ["NOT_FOUND"]


async def test_one_event_twenty_times_at_once_has_one_effect(line: Line) -> None:
    invoice = await new_invoice(line.world, sent=True)
    body = as_sent(intent(invoice=invoice.id, amount=5_000))
    revision, *_ = await line.counts()
    answers = await asyncio.gather(*(line.send(body) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert await line.counts() == (revision + 1, 1, 1)
    assert (await kept(invoice)).balance == 150


async def test_secrets_are_changed_over_without_a_gap(line: Line, api: Api) -> None:
    world, given = line.world, {"paymentProviderId": line.id}

    async def accepted() -> list[int]:
        return [(await line.tell(intent(), secret)).status_code for secret in (SECRET, NEXT)]

    assert await accepted() == [200, 400]
    (answer,) = (await api.ask(world.owner, SET, i=given | {"secret": NEXT})).values()
    assert answer["paymentProvider"]["formerSecretGood"] is True
    assert await accepted() == [200, 200]
    before = await world.revision()
    (again,) = (await api.ask(world.owner, SET, i=given | {"secret": NEXT})).values()
    assert again["errors"] == [] and await world.revision() == before
    (third,) = (await api.ask(world.owner, SET, i=given | {"secret": OTHER})).values()
    assert [(error["reason"], error["path"]) for error in third["errors"]] == [("TOO_MANY", ["input", "secret"])]
    (revoked,) = (await api.ask(world.owner, REVOKE, i=given)).values()
    assert revoked["paymentProvider"]["formerSecretGood"] is False
    assert await accepted() == [400, 200]
    await api.ask(world.owner, DELETE, i=given)
    assert await accepted() == [400, 400]
    provider = decode(Kind.PAYMENT_PROVIDER, line.id)
    assert await PaymentProviderSecret.filter(payment_provider_id=provider).count() == 0


async def test_admins_set_it_up_and_nobody_is_told_a_secret(line: Line, api: Api, caplog: Any) -> None:
    world = line.world
    clerk = await world.member("Cleo Clerk", Role.EMPLOYEE, Right.MANAGE_PAYMENTS)
    shown = "{ paymentProviders { nodes { id name webhookPath secretSetAt } } }"
    assert len((await api.ask(clerk, shown))["paymentProviders"]["nodes"]) == 1
    assert (await api.ask(world.employee, shown))["paymentProviders"]["nodes"] == []
    before = await world.revision()
    for mutation, given in (
        (CREATE, {"name": "Mine"}),
        (SET, {"paymentProviderId": line.id, "secret": OTHER}),
        (REVOKE, {"paymentProviderId": line.id}),
        (DELETE, {"paymentProviderId": line.id}),
    ):
        (answer,) = (await api.ask(clerk, mutation, i=given)).values()
        assert [(error["code"], error["reason"]) for error in answer["errors"]] == [("FORBIDDEN", "ROLE_MISSING")]
    assert await world.revision() == before
    for wrong in ("", "hunter2", "sk_live_" + "a" * 32, "whsec_", "whsec_" + "é" * 32, SECRET + "\n", SECRET * 20):
        (answer,) = (await api.ask(world.owner, SET, i={"paymentProviderId": line.id, "secret": wrong})).values()
        assert [error["reason"] for error in answer["errors"]] == ["FORMAT"]
        assert wrong in ("", "whsec_") or wrong not in json.dumps(answer, ensure_ascii=False)
    assert await world.revision() == before
    row = await PaymentProvider.get(firm_id=world.firm.id)
    log = json.dumps([str(logged) for logged in await world.events()])
    for secret in (SECRET, SECRET.removeprefix("whsec_")):
        assert secret not in log + repr(vars(row)) + caplog.text


async def test_a_firm_has_so_many(line: Line, api: Api) -> None:
    made = [await api.ask(line.world.owner, CREATE, i={"name": "Another"}) for _ in range(PROVIDERS.most)]
    assert [each["createPaymentProvider"]["errors"] for each in made[:-1]] == [[]] * (PROVIDERS.most - 1)
    assert [error["reason"] for error in made[-1]["createPaymentProvider"]["errors"]] == ["FULL"]
    paths = {each["createPaymentProvider"]["paymentProvider"]["webhookPath"] for each in made[:-1]}
    assert len(paths) == PROVIDERS.most - 1 and all(PATH.fullmatch(path.rpartition("/")[2]) for path in paths)


ELSEWHERE = ["GET", "PUT", "DELETE", "OPTIONS", "PATCH"]


async def test_a_wrong_method_and_a_wrong_path_are_answered_alike_and_cheaply(line: Line) -> None:
    body = as_sent(intent())
    answers = [await line.send(body, method=method) for method in ELSEWHERE]
    answers += [
        await line.send(body, path=path)
        for path in (
            "/webhooks/stripe/short",
            line.path.replace("stripe", "paypal"),
            line.path.replace("stripe", "STRIPE"),
            line.path + "x",
            line.path[:-1] + "%00",
            line.path + "/",
            "/webhooks",
        )
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}
    assert "There is nothing here" in answers[0].text


async def test_who_shows_no_signature_is_not_read(line: Line) -> None:
    """Nor kept waiting: the answer is there before the body is."""
    for header in ("", "Stripe-Signature: t=1,v1=aa", f"Stripe-Signature: {_late(b'{}')}"):
        async with connection(httpx.URL(line.url).port or 80) as raw:
            lines = ["Host: localhost", "Content-Length: 200000", *filter(None, [header])]
            await raw.say(head(f"POST {line.path} HTTP/1.1", *lines))
            assert (await raw.answer()).status == 400


async def test_two_signatures_in_two_headers_are_none(line: Line) -> None:
    body = as_sent(intent())
    async with connection(httpx.URL(line.url).port or 80) as raw:
        twice = [f"Stripe-Signature: {signed(body)}", f"Stripe-Signature: {signed(body)}"]
        await raw.say(
            head(f"POST {line.path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}", *twice), body
        )
        assert (await raw.answer()).status == 400


async def test_a_payment_with_all_the_metadata_that_it_may_have_is_taken(line: Line) -> None:
    invoice = await new_invoice(line.world, sent=True)
    what = intent(invoice=invoice.id, amount=20_000)
    what["data"]["object"]["metadata"] |= {f"{place:40}": "é" * 500 for place in range(49)}
    assert len(as_sent(what)) > 150_000
    assert (await line.tell(what)).status_code == 200
    assert (await kept(invoice)).state == "PAID"


async def test_a_body_that_is_too_large_is_refused(line: Line) -> None:
    before = await line.counts()
    body = as_sent(intent() | {"filling": "x" * webhooks.BODY_LIMIT})
    assert (await line.send(body)).status_code == 413
    assert await line.counts() == before


async def test_what_is_signed_and_hostile_is_refused_or_kept_and_moves_nothing(line: Line) -> None:
    revision, *_ = await line.counts()
    for body in (b"", b"[1]", b'{"id": 1}', b"[" * 60_000, b'{"created": NaN}'):
        answer = await line.send(body)
        assert (answer.status_code, "INTERNAL" in answer.text) == (400, False)
    odd = intent(amount=20_000)
    odd["data"]["object"]["amount_received"] = -20_000
    assert (await line.tell(odd)).status_code == 200
    assert (await line.tell(refund(None))).status_code == 200
    assert await line.counts() == (revision + 2, 0, 2)


async def test_what_takes_too_long_is_sent_again_and_has_one_effect(line: Line, database: str) -> None:
    """What was begun is committed all the same, when it can be: then it is known when it comes again."""
    invoice = await new_invoice(line.world, sent=True)
    body = as_sent(intent(invoice=invoice.id, amount=20_000))
    app = Starlette(routes=[webhooks.webhook_route(TransportOptions(deadline=0.2))])
    async with held(database, "firm", line.world.firm.id):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
            answer = await client.post(line.path, content=body, headers={"Stripe-Signature": signed(body)})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert (await line.send(body)).status_code == 200
    await settle()
    assert (await kept(invoice)).state == "PAID"
    assert await Payment.filter(firm_id=line.world.firm.id).count() == 1


async def test_while_the_database_is_away_it_is_sent_again(line: Line, database: str) -> None:
    invoice = await new_invoice(line.world, sent=True)
    body = as_sent(intent(invoice=invoice.id, amount=20_000))
    before = await line.counts()
    async with held(database, "firm", line.world.firm.id):
        sent = asyncio.create_task(line.send(body))
        await until_waiting(sent)
        await sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        answer = await sent
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "Connection" not in answer.text
    assert await line.counts() == before
    assert (await line.send(body)).status_code == 200
    assert (await kept(invoice)).state == "PAID"


async def test_networks_and_processes_are_bounded(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """For a server of its own, which many would share."""
    monkeypatch.setattr(webhooks, "REQUESTS", 3)
    app = Starlette(routes=[webhooks.webhook_route(TransportOptions())])
    body = as_sent(intent())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        forged = {"Stripe-Signature": signed(body, OTHER)}
        statuses = [(await client.post(line.path, content=body, headers=forged)).status_code for _ in range(4)]
        assert statuses == [400, 400, 400, 429]
        monkeypatch.setattr(webhooks, "AT_ONCE", 0)
        app = Starlette(routes=[webhooks.webhook_route(TransportOptions())])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        answer = await client.post(line.path, content=body, headers={"Stripe-Signature": signed(body)})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


async def test_who_sends_drop_by_drop_holds_up_nobody_else(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "READ_OF_NETWORK", 2)
    body, port = as_sent(intent()), httpx.URL(line.url).port or 80
    async with AsyncExitStack() as slow:
        for drop in range(3):
            raw = await slow.enter_async_context(connection(port))
            lines = ["Host: localhost", "Content-Length: 60000", f"Stripe-Signature: {signed(body)}"]
            await raw.say(head(f"POST {line.path} HTTP/1.1", *lines, "X-Forwarded-For: 192.0.2.7"), b"{")
            if drop == 2:
                assert (await raw.answer()).status == 429
        # Another network's.
        assert (await line.tell(intent())).status_code == 200

    # Once they have left, there is room again.
    async def has_room() -> bool:
        return (await line.send(body, **{"X-Forwarded-For": "192.0.2.7"})).status_code == 200

    assert await eventually(has_room)
