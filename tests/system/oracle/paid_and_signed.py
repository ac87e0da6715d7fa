"""Random commands on invoices, payments, documents and proposals."""

from __future__ import annotations

import random

from tests.system.oracle.atlas import Atlas, Item
from tests.system.oracle.folders import of_account
from tests.system.oracle.item_kind import Deed, ItemKind, another, contact_of, in_state
from tests.system.oracle.picking import Input, pick_name
from tests.system.oracle.replica import Object


def _lines(chance: random.Random, atlas: Atlas, account: str) -> Input:
    line = {"description": atlas.named(account, "advice"), "unitPrice": str(chance.randint(1, 90))}
    return {"lines": [line | {"quantity": str(chance.randint(1, 3))}]}


def _rated_entry(chance: random.Random, atlas: Atlas, item: Item) -> Input | None:
    there = [id for id in sorted(atlas.rated) if atlas.entries.get(id) == item.account]
    return {"timeEntryIds": [chance.choice(there)]} if there else None


def _draft(read: Object) -> bool:
    return read["number"] is None


def _owed(read: Object) -> bool:
    return read["number"] is not None and read["state"] in ("UNPAID", "PARTIALLY_PAID")


def _untouched(read: Object) -> bool:
    return read["number"] is not None and read["state"] == "UNPAID"


def _asked(chance: random.Random, atlas: Atlas, item: Item, field: str) -> Input:
    return {field: [contact_of(chance, atlas, item.account)]}


def _decision(chance: random.Random, atlas: Atlas, item: Item) -> Input:
    asked = [contact["id"] for contact in item.read["approvers"]] or [contact_of(chance, atlas, item.account)]
    return {"contactId": chance.choice(asked), "approved": chance.random() < 0.5}


def _signature(chance: random.Random, atlas: Atlas, item: Item) -> Input:
    asked = [signer["contactId"] for signer in item.read["signers"] if signer["signedAt"] is None]
    signs = {"contactId": chance.choice(asked or [contact_of(chance, atlas, item.account)])}
    return signs | {"evidence": atlas.named(item.account, "in the safe")}


def _services(chance: random.Random, atlas: Atlas, account: str) -> Input:
    service = {"name": pick_name(chance, atlas, account, "service"), "price": str(chance.randint(1, 90))}
    return {"services": [service | {"taxRate": chance.choice(["0", "19"])}]}


def _proposal(chance: random.Random, atlas: Atlas, account: str) -> Input:
    named = {"name": pick_name(chance, atlas, account, "proposal"), "invoicedOnce": chance.random() < 0.7}
    return named | _services(chance, atlas, account)


def _payment(chance: random.Random, atlas: Atlas, account: str) -> Input:
    method = chance.choice(["CARD", "BANK_DEBIT", "BANK_DEBIT", "CHEQUE"])
    paid = {"method": method, "amount": str(chance.randint(50, 500))}
    return paid | (_allocation(chance, atlas, account) or {})


def _allocation(chance: random.Random, atlas: Atlas, account: str) -> Input | None:
    """A part that is small, or all that it may be, of an invoice of the account."""
    invoices = [id for id, item in atlas.items["invoice"].items() if item.account == account and _owed(item.read)]
    if not invoices:
        return None
    return {"allocations": [{"invoiceId": chance.choice(invoices), "amount": str(chance.choice([1, 5, 20, 90]))}]}


def _to_be_paid(chance: random.Random, atlas: Atlas, account: str) -> Input | None:
    invoices = [id for id, item in atlas.items["invoice"].items() if item.account == account and _owed(item.read)]
    return {"invoiceId": chance.choice(invoices)} if invoices else None


INVOICE = ItemKind(
    "invoice",
    _lines,
    [
        Deed("updateInvoice", 1, another("memo", "memo"), lambda read: read["state"] != "VOID"),
        Deed("billTimeEntries", 2, _rated_entry, _draft),
        Deed("sendInvoice", 4, fits=_draft),
        Deed("creditInvoice", 2, lambda c, _a, _i: {"amount": str(c.randint(1, 90)), "reason": "A gift"}, _owed),
        Deed("voidInvoice", 1, fits=_untouched),
    ],
    reads="number state",
    deleted=_draft,
    lead=True,
)
PAID_AND_SIGNED = (
    INVOICE,
    ItemKind(
        "payment",
        _payment,
        [
            Deed("applyPayment", 2, lambda c, a, item: _allocation(c, a, item.account), in_state("CLEARED", "PENDING")),
            Deed("clearPayment", 2, fits=in_state("PENDING")),
            Deed("failPayment", 1, fits=in_state("PENDING", "CLEARED")),
            Deed("refundPayment", 1, lambda c, _a, _i: {"amount": str(c.randint(1, 40))}, in_state("CLEARED")),
        ],
        makes="recordPayment",
        reads="state",
        deleted=None,
        lead=True,
    ),
    ItemKind(
        "document",
        lambda chance, atlas, account: {
            "name": pick_name(chance, atlas, account, "document"),
            "folderId": of_account(chance, atlas, account),
        },
        [
            Deed("updateDocument", 1, another("document", "name"), in_state("PLAIN", "PENDING_APPROVAL")),
            Deed("addDocumentVersion", 3, lambda c, a, _item: {"fileId": c.choice(a.files)}, in_state("PLAIN")),
            Deed("lockDocument", 2, lambda c, a, item: _to_be_paid(c, a, item.account)),
            Deed("unlockDocument", 1),
            Deed(
                "requestApproval", 3, lambda c, a, i: _asked(c, a, i, "approverIds"), in_state("PLAIN", "DISAPPROVED")
            ),
            Deed("decideDocument", 3, _decision, in_state("PENDING_APPROVAL")),
            Deed("requestSignatures", 3, lambda c, a, i: _asked(c, a, i, "signerIds"), in_state("PLAIN", "APPROVED")),
            Deed("recordDocumentSignature", 3, _signature, in_state("PENDING_SIGNATURE", "PARTIALLY_SIGNED")),
            Deed("voidDocument", 1, fits=lambda read: read["state"] != "VOID"),
        ],
        reads="state approvers { id } signers { contactId signedAt }",
        deleted=in_state("PLAIN", "VOID"),
        lead=True,
    ),
    ItemKind(
        "proposal",
        _proposal,
        [
            Deed("updateProposal", 1, lambda c, a, item: _services(c, a, item.account), in_state("DRAFT")),
            Deed("sendProposal", 3, lambda c, a, i: _asked(c, a, i, "signerIds"), in_state("DRAFT")),
            Deed("recordProposalSignature", 3, _signature, in_state("PENDING", "PARTIALLY_SIGNED")),
            Deed("withdrawProposal", 1, fits=in_state("PENDING", "PARTIALLY_SIGNED")),
        ],
        reads="state signers { contactId signedAt }",
        deleted=in_state("DRAFT"),
        lead=True,
        beside=INVOICE,
    ),
)
