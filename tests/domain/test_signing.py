"""Signing, whatever is signed: whose turn it is, what is kept of a signature, and what a digest is of."""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import RuleBroken
from models.ids import Kind, encode, new_id
from models.items.signing import ShownSigner, digest_of, place_of, whose_turn
from models.reasons import Reason
from models.rows.signing import Signature, SignatureMethod

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
PEOPLE = [new_id() for _ in range(4)]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
CONTENT = st.dictionaries(
    st.sampled_from(["name", "description", "chosen", "version"]),
    st.recursive(TEXTS | st.integers(0, 99) | st.none(), lambda inner: st.lists(inner, max_size=3), max_leaves=5),
)


SIGNATURE = Signature(method=SignatureMethod.RECORDED, signed_at=NOW, signed_on=NOW.date(), evidence="In the safe")


@dataclass
class Sheet:
    """The places of a sheet that is to be signed, each by one of a few people."""

    signers: list[ShownSigner]
    in_order: bool

    @classmethod
    def of(cls, who: list[UUID], in_order: bool) -> "Sheet":
        return cls([ShownSigner(id, f"Signer {place}", None) for place, id in enumerate(who)], in_order)

    def sign(self, contact: UUID) -> Reason | None:
        """What speaks against it that a contact signs; None where they have."""
        try:
            signer = place_of(self.signers, contact, self.in_order)
        except RuleBroken as refusal:
            return refusal.reason
        self.signers[self.signers.index(signer)] = replace(signer, signature=SIGNATURE)
        return None


def _without(who: list[UUID], done: list[UUID]) -> list[UUID]:
    left = list(who)
    for one in done:
        left.remove(one)
    return left


@given(st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=6), st.booleans(), st.data())
def test_each_place_is_signed_once_and_in_its_turn(who: list[UUID], in_order: bool, data: st.DataObject) -> None:
    sheet, done = Sheet.of(who, in_order), list[UUID]()
    for contact in data.draw(st.lists(st.sampled_from(PEOPLE), max_size=12)):
        left = _without(who, done)
        expected = None
        if contact not in who:
            expected = Reason.NOT_ASKED
        elif contact not in left:
            expected = Reason.SIGNED_ALREADY
        elif in_order and who[len(done)] != contact:
            expected = Reason.OUT_OF_TURN
        assert sheet.sign(contact) is expected
        done += [contact] if expected is None else []
    left = _without(who, done)
    turn = [signer.contact_id for signer in whose_turn(sheet.signers, in_order)]
    assert sorted(turn) == sorted(left[:1] if in_order else left)
    assert all(signer.signed for signer in sheet.signers) == (not left)


@given(CONTENT, CONTENT)
def test_contents_share_a_digest_where_they_are_equal_and_no_thing_shares_one(one: Any, other: Any) -> None:
    document, another = new_id(), new_id()
    first, second = (digest_of(Kind.DOCUMENT, document, content) for content in (one, other))
    assert (first == second) == (one == other)
    assert first == digest_of(Kind.DOCUMENT, document, dict(reversed(one.items())))
    assert first != digest_of(Kind.DOCUMENT, another, one)


def test_what_a_digest_is_of_is_what_the_documentation_says() -> None:
    """As anybody makes it who has the texts: https://www.rfc-editor.org/rfc/rfc8785."""
    id = UUID(int=7)
    text = f'{{"contentVersion":2,"description":"Ä \\"x\\"\\n","id":"{encode(Kind.DOCUMENT, id)}","name":"8879"}}'
    content = {"name": "8879", "description": 'Ä "x"\n', "contentVersion": 2}
    assert digest_of(Kind.DOCUMENT, id, content) == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("in_order", [False, True])
def test_who_was_merged_with_another_signer_signs_for_both_places(in_order: bool) -> None:
    one, two, _, _ = PEOPLE
    sheet = Sheet.of([one, one, two], in_order)
    assert [sheet.sign(one), sheet.sign(one), sheet.sign(one)] == [None, None, Reason.SIGNED_ALREADY]
    assert [signer.contact_id for signer in whose_turn(sheet.signers, in_order)] == [two]
