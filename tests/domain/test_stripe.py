"""What Stripe signs is believed, and nothing else; and what its events say of money."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from models.ids import Kind, encode, new_id
from models.providers.provider import Malformed, NotVerified, Told
from models.providers.stripe import INVOICE, Stripe
from models.rows.payment_providers import ProviderFact
from models.rows.payments import PaymentMethod
from tests.telling import SECRET, as_sent, dispute, event, intent, refund, signed

OTHER = "whsec_" + "o" * 32
HEADER = "stripe-signature"


def read(body: bytes, signature: str | None = None, *secrets: str) -> Told | None:
    """What it says, signed as Stripe does it unless told otherwise."""
    header = signed(body) if signature is None else signature
    return Stripe().read({HEADER: header}, body, secrets or (SECRET,), datetime.now(UTC))


def said(what: dict[str, Any]) -> Told:
    """What an event says."""
    told = read(as_sent(what))
    assert told is not None
    return told


def test_what_is_signed_with_a_good_secret_is_believed() -> None:
    invoice = encode(Kind.INVOICE, new_id())
    what = intent(invoice=invoice, of="pi_1", id="evt_1", created=1_700_000_000)
    told = said(what)
    assert told == Told(
        event_id="evt_1",
        fact=ProviderFact.RECEIVED,
        happened_at=datetime.fromtimestamp(1_700_000_000, UTC),
        test_mode=False,
        reference="pi_1",
        amount=Decimal("100.00"),
        currency="USD",
        invoice=invoice,
    )
    body = as_sent(what)
    # While a secret is changed, both are good, and Stripe signs with both.
    assert read(body, signed(body, OTHER), SECRET, OTHER) == told
    both = f"{signed(body, 'whsec_gone')},{signed(body).partition(',')[2]}"
    assert read(body, both) == told


FORGED: dict[str, Callable[[bytes], str]] = {
    "with another secret": lambda body: signed(body, OTHER),
    "of another body": lambda _: signed(b"{}"),
    "too old": lambda body: signed(body, at=datetime.now(UTC) - timedelta(minutes=6)),
    "of the future": lambda body: signed(body, at=datetime.now(UTC) + timedelta(minutes=6)),
    "with another time": lambda body: f"t={int(datetime.now(UTC).timestamp()) + 9},{signed(body).partition(',')[2]}",
    "of another scheme": lambda body: signed(body).replace("v1=", "v0="),
    "without a time": lambda body: signed(body).partition(",")[2],
    "without a signature": lambda body: signed(body).partition(",")[0],
    "none": lambda _: "",
    "with a letter that is none": lambda body: signed(body) + "é",
    "with a line": lambda body: signed(body) + "\n",
    "without end": lambda body: signed(body) + ",v1=" + "a" * 1_000_000,
    "of many": lambda body: signed(body) + ",v1=aa" * 100,
    "a number of thousands of digits": lambda body: "t=" + "1" * 5000 + signed(body)[12:],
}


@pytest.mark.parametrize("forged", FORGED)
def test_what_is_not_is_not(forged: str) -> None:
    body = as_sent(intent())
    assert read(body) is not None
    with pytest.raises(NotVerified):
        read(body, FORGED[forged](body))


def test_bytes_that_are_no_text_are_nobodys() -> None:
    with pytest.raises(NotVerified):
        read(b"\xff\xfe", signed("{}"))


def test_whatever_is_signed_without_a_name_cannot_be_read() -> None:
    deep = '{"id": "evt_1", "data": ' + "[" * 50_000 + "]" * 50_000 + "}"
    whole = intent()
    for what in (
        *("", "{", "[]", "1", "null", '"evt_1"', deep, '{"id": NaN}'),
        *(
            json.dumps({name: value for name, value in whole.items() if name != left})
            for left in ("id", "type", "data")
        ),
        *(json.dumps(whole | {"created": at}) for at in (-1, 0, 10**30, 4_000_000_000, "1", True, None)),
        *(json.dumps(whole | {"id": id}) for id in ("", "evt 1", "evt_" + "x" * 300, 1, None, "evt_\u0000")),
        *(json.dumps(whole | {"livemode": live}) for live in (None, "true", 1)),
    ):
        body = what.encode()
        with pytest.raises(Malformed):
            read(body, signed(body))


ODD_AMOUNTS: list[Any] = [0, -1, 1.5, 100.0, "100", True, None, 10**13, 10**30, [], float("inf")]
UNREADABLE: dict[str, dict[str, Any]] = {
    "nothing": {},
    **{f"an amount of {amount!r}": {"amount_received": amount} for amount in ODD_AMOUNTS},
    **{
        f"the currency {currency!r}": {"currency": currency}
        for currency in ("", "USD", "us", "xxx", "xau", "zzz", "usd\n", None, 840)
    },
    "no id": {"id": None},
    "an id that is none": {"id": "pi 1"},
    "metadata that are none": {"metadata": "none"},
    "parts of a shilling": {"currency": "ugx", "amount_received": 550},
}


@pytest.mark.parametrize("wrong", UNREADABLE)
def test_of_what_lacks_something_its_name_is_kept(wrong: str) -> None:
    what = intent()
    of = what["data"]["object"]
    what["data"]["object"] = {} if wrong == "nothing" else of | UNREADABLE[wrong]
    body = json.dumps(what).encode()
    if "inf" in wrong:
        with pytest.raises(Malformed):  # It is no JSON.
            read(body)
        return
    told = read(body)
    assert told is not None
    assert (told.event_id, told.fact, told.amount, told.reference) == (what["id"], ProviderFact.UNREADABLE, None, None)


@pytest.mark.parametrize(
    ("currency", "sent", "amount"),
    [
        *(("usd", 1, "0.01"), ("eur", 12_345, "123.45"), ("jpy", 500, "500"), ("krw", 1, "1"), ("mga", 100, "100")),
        *(("kwd", 5_120, "5.12"), ("tnd", 10, "0.01"), ("isk", 500, "5"), ("ugx", 500, "5"), ("huf", 1_050, "10.50")),
    ],
)
def test_amounts_are_in_the_minor_units_that_stripe_has(currency: str, sent: int, amount: str) -> None:
    told = said(intent(currency=currency, amount=sent))
    assert (told.amount, told.currency) == (Decimal(amount), currency.upper())


@pytest.mark.parametrize(
    ("what", "fact"),
    [
        (intent("processing"), ProviderFact.PENDING),
        (intent("payment_failed"), ProviderFact.FAILED),
        (intent("canceled"), ProviderFact.FAILED),
        (refund("pi_1"), ProviderFact.RETURNED),
        (refund("pi_1", kind="refund.updated"), ProviderFact.RETURNED),
        (refund("pi_1", status="failed", kind="refund.failed"), ProviderFact.RETURN_FAILED),
        (refund("pi_1", status="canceled", kind="refund.updated"), ProviderFact.RETURN_FAILED),
        (dispute("pi_1", "created", "needs_response"), ProviderFact.DISPUTED),
        (dispute("pi_1", "closed", "lost"), ProviderFact.RETURNED),
        (refund("pi_1", status="pending"), None),
        (refund("pi_1", status="requires_action"), None),
        (dispute("pi_1", "closed", "won"), ProviderFact.RETURN_FAILED),
        (dispute("pi_1", "updated", "under_review"), None),
        (intent("created"), None),
        (intent("succeeded.later"), None),
        (event("charge.succeeded", {}), None),
        (event("customer.created", {}), None),
        (event("invoice.paid", {"nonsense": [1]}), None),
    ],
)
def test_what_each_event_says(what: dict[str, Any], fact: ProviderFact | None) -> None:
    told = read(as_sent(what))
    assert (told and told.fact) == fact


def test_how_it_was_paid_why_it_failed_and_in_which_mode() -> None:
    assert said(intent(types=["us_bank_account"])).method is PaymentMethod.BANK_DEBIT
    assert said(intent(types=["card", "us_bank_account"])).method is PaymentMethod.CARD
    assert said(intent("processing", types=["card", "sepa_debit"])).method is PaymentMethod.BANK_DEBIT
    declined = intent("payment_failed", error={"code": "insufficient_funds", "message": "No."})
    assert said(declined).failure == "insufficient_funds"
    assert said(intent("payment_failed", error={"code": None})).failure is None
    assert said(intent(livemode=False)).test_mode
    assert said(refund(None)).reference is None
    for named in ({INVOICE: 1}, {INVOICE: ""}, {INVOICE: None}, {"invoice": "invoice_1"}):
        what = intent()
        what["data"]["object"]["metadata"] = named
        assert said(what).invoice is None


def test_its_library_is_loaded_where_it_is_needed() -> None:
    """It takes longer than all that a server does before it listens."""
    code = "import sys, app.application as _; sys.exit(not {'models.providers.stripe'} == {*sys.modules} & {*NAMES})"
    code = f"NAMES = ['stripe', 'models.providers.stripe']; {code}"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
