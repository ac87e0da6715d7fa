"""Signatures of clients' contacts on items: who is asked and in which order, and what is kept of each signature.

It is the same for every kind of item that is signed: its rows are a `SignedItem`, and it says what of them is signed
(`digest_of`)."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, TypeVar
from uuid import UUID

from models.bounds import FILES_OF_SIGNED
from models.command import Change
from models.database import fetch, sql
from models.errors import RuleBroken
from models.files.taking import take_one
from models.gathered import Gathered
from models.ids import Kind, encode
from models.reasons import Reason
from models.rows import Item
from models.rows.contacts import AccountContact, Contact
from models.rows.signing import SIGNATURE, Signature, SignatureMethod, SignedItem, Signer
from models.scope import not_found
from models.texts import EVIDENCE


@dataclass(frozen=True, slots=True)
class ShownSigner:
    """A signer as they are shown, with what is kept of their signature."""

    contact_id: UUID
    name: str
    signature: Signature | None

    @property
    def signed(self) -> bool:
        """Whether they have signed."""
        return self.signature is not None


A = TypeVar("A", Signer, ShownSigner)


def whose_turn(signers: Sequence[A], in_order: bool) -> list[A]:
    """Those who may sign now: whoever has not yet, or in order the first of them."""
    left = [signer for signer in signers if not signer.signed]
    return left[:1] if in_order else left


def place_of(signers: Sequence[A], contact_id: UUID, in_order: bool) -> A:
    """Where a contact signs next. `RuleBroken` where they are no signer, have signed already, or others sign before."""
    places = [signer for signer in signers if signer.contact_id == contact_id]
    if not places:
        told = "This contact is not asked to sign. Choose one of the signers."
        raise RuleBroken(told, "contact_id", reason=Reason.NOT_ASKED)
    left = [signer for signer in places if not signer.signed]
    if not left:
        told = "This contact has signed already. A signature is given once."
        raise RuleBroken(told, "contact_id", reason=Reason.SIGNED_ALREADY)
    if left[0] not in whose_turn(signers, in_order):
        told = "The signers sign in order, and it is not this contact's turn. Record the signatures before it first."
        raise RuleBroken(told, "contact_id", reason=Reason.OUT_OF_TURN)
    return left[0]


def digest_of(kind: Kind, id: UUID, content: Mapping[str, Any]) -> str:
    """The SHA-256 of what is signed, as JSON in its canonical form (https://www.rfc-editor.org/rfc/rfc8785): texts,
    whole numbers, lists and objects of them. The thing's own id is part of it, so that equal texts are not one."""
    content = {**content, "id": encode(kind, id)}
    # In that form for these types of values, as the names of the fields are ASCII.
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def electronic(change: Change, digest: str) -> Signature:
    """The signature of a contact who signs what has this digest here."""
    return Signature(
        method=SignatureMethod.ELECTRONIC,
        signed_at=change.now,
        signed_on=change.today,
        digest=digest,
        address=change.actor.caller.address,
    )


def recorded(change: Change, evidence: str, signed_on: date | None) -> Signature:
    """A signature that was obtained elsewhere, as a member records it: on this day, or today."""
    with Gathered() as check:
        evidence = check(EVIDENCE.check, evidence, "evidence")
        check(_not_yet_to_come, signed_on, change.today)
    return Signature(
        method=SignatureMethod.RECORDED,
        signed_at=change.now,
        signed_on=signed_on or change.today,
        evidence=evidence,
        recorded_by_id=change.member_id,
    )


async def with_file(change: Change, item: SignedItem, signature: Signature, file_id: UUID | None) -> Signature:
    """A recorded signature with a file as evidence, which the item takes; as it is where there is none."""
    if file_id is None:
        return signature
    file = await take_one(change, item, file_id, most=FILES_OF_SIGNED.most, path="evidence_file_id")
    return replace(signature, evidence_file_id=file.id)


def _not_yet_to_come(signed_on: date | None, today: date) -> None:
    # A day's grace: where they signed, the date may already be tomorrow's.
    if signed_on is not None and signed_on > today + timedelta(days=1):
        told = f"{signed_on} is yet to come. Name the day on which it was signed."
        raise RuleBroken(told, "signed_on", reason=Reason.YET_TO_COME, day=signed_on)


# Shared: what is asked of one contact at once, and what they answer, has nothing to wait for.
_HOLD = "SELECT FROM contact WHERE id = ANY($1) ORDER BY id FOR SHARE"


async def contacts_to_ask(change: Change, account_id: UUID, ids: Sequence[UUID], path: str) -> list[Contact]:
    """Contacts of an account, in the order of these ids, who are to be asked something. They are held, so that they are
    merged with nobody meanwhile: before the item is. `NotFound` or `RuleBroken` of one who cannot be asked."""
    contacts = change.scope.rows(Contact)
    # Before they are held: nobody waits for somebody whom they do not see.
    await sql(_HOLD, list(await contacts.many(ids)))
    found = await contacts.many(ids)
    links = await AccountContact.filter(account_id=account_id, contact_id__in=ids)
    there = {link.contact_id for link in links}
    for id in ids:
        if id not in found:
            raise not_found(Kind.CONTACT, id, path)
        if id not in there:
            told = "Not all of these contacts are at the account. Choose those who are, or put them there first."
            raise RuleBroken(told, path, reason=Reason.ELSEWHERE, kind=Kind.ACCOUNT.value)
        if found[id].archived:
            told = "One of these contacts is archived. Restore them first, or choose others."
            raise RuleBroken(told, path, reason=Reason.ARCHIVED, kind=Kind.CONTACT.value)
    return [found[id] for id in ids]


async def hold_asked(change: Change, asked: Collection[UUID], contact_id: UUID) -> None:
    """Hold one of the contacts who are asked something, in sight or not, so that they are merged with nobody meanwhile:
    before the item is. `NotFound` of somebody else who is not in sight."""
    if contact_id in asked:
        await sql(_HOLD, [contact_id])
    else:
        await change.scope.rows(Contact).get(contact_id, "contact_id")


async def hold_signer(change: Change, item_id: UUID, contact_id: UUID) -> None:
    """As `hold_asked`, of a signer of an item that is in sight."""
    await hold_asked(change, [signer.contact_id for signer in await signers_of(item_id)], contact_id)


async def signers_of(item_id: UUID) -> list[Signer]:
    """The signers of an item, in their order."""
    return await Signer.filter(item=item_id).order_by("place")


async def ask_to_sign(item: Item, contacts: Sequence[Contact]) -> None:
    """Make just these contacts the signers of an item, in this order, none of whom has signed."""
    await forget_signers(item)
    await Signer.bulk_create(
        [
            Signer(firm_id=item.firm_id, item=item.id, contact_id=contact.id, name=contact.name, place=place)
            for place, contact in enumerate(contacts, 1)
        ]
    )


async def forget_signers(item: Item) -> None:
    """An item has no signers any more, nor anything of their signatures."""
    await Signer.filter(item=item.id).delete()


_SIGNERS = f"""
SELECT item, contact_id, name, {", ".join(SIGNATURE)} FROM signer WHERE item = ANY($1) ORDER BY item, place
"""


def signed_by(_item: Any, signers: Sequence[ShownSigner]) -> list[ShownSigner]:
    """Those of the signers of an item who have signed."""
    return [signer for signer in signers if signer.signature is not None]


async def signers_of_items(items: Sequence[UUID]) -> dict[UUID, list[ShownSigner]]:
    """The signers of each item, in their order."""
    found: dict[UUID, list[ShownSigner]] = defaultdict(list)
    for row in await fetch(_SIGNERS, items):
        kept = {name: row[name] for name in SIGNATURE}
        signature = None if row["method"] is None else Signature(**{**kept, "method": SignatureMethod(row["method"])})
        found[row["item"]].append(ShownSigner(row["contact_id"], row["name"], signature))
    return found


_LEFT = """
SELECT signer.item, signer.contact_id, item.signs_in_order FROM signer JOIN {table} AS item ON item.id = signer.item
WHERE signer.item = ANY($1) AND signer.signed_at IS NULL ORDER BY signer.item, signer.place
"""


async def awaited_signers(model: type[SignedItem], items: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """The contacts whose turn it is to sign each of these items."""
    found: dict[UUID, dict[UUID, None]] = defaultdict(dict)
    for row in await fetch(_LEFT.format(table=model._meta.db_table), items):
        if not (found[row["item"]] and row["signs_in_order"]):
            found[row["item"]][row["contact_id"]] = None
    return {item: list(contacts) for item, contacts in found.items()}


async def merge_signers(contact_id: UUID, into_id: UUID) -> None:
    """What a contact is asked to sign, and has signed, is the other's, with whom they turned out to be one person."""
    await sql("UPDATE signer SET contact_id = $2 WHERE contact_id = $1", contact_id, into_id)
