"""Which texts are taken for the same, wherever a text is to be the only one of its kind, or is looked up."""

import asyncio
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tortoise.exceptions import IntegrityError

from models.attempts import MOST_FAILURES
from models.commands.firms import create_firm
from models.commands.members import create_member
from models.commands.tags import create_tag, update_tag
from models.database import sql
from models.errors import LimitReached, RuleBroken, SignInRefused
from models.lookup import member_at
from models.rows import Firm, Member, Tag
from models.sign_in import sign_in
from models.texts import LONGEST_SAMENESS, sameness
from tests.domain.refusal import refused
from tests.signing_in import KEPT, PASSWORD
from tests.world import World

#: Each is taken for the first one.
SAME = {
    "composed or not": ("Café", "Cafe\u0301", "CAFÉ", "cafe\u0301"),
    "sharp s": ("Straße", "STRASSE", "straẞe"),
    "final sigma": ("ὈΔΥΣΣΕΎΣ", "ὀδυσσεύς", "ὀδυσσεύσ"),
    "full width": ("VIP 1", "ＶＩＰ １", "vip ①"),
    "a ligature": ("fiscal", "ﬁscal"),
    "blanks": ("New York", "New\u00a0York", "New\u3000York"),
    "what cannot be seen": ("VIP", "V\u200dIP", "V\u200c\u034fIP\ufe0f"),
    "hangul": ("한글", "\u1112\u1161\u11ab\u1100\u1173\u11af"),
}
PAIRS = [(what, first, other) for what, (first, *others) in SAME.items() for other in others]


@pytest.mark.parametrize(("what", "first", "other"), PAIRS)
async def test_a_tag_is_the_only_one_of_its_name(world: World, what: str, first: str, other: str) -> None:
    owner = world.acting(world.owner)
    await create_tag(owner, name=first, color="#2f80ed")
    second = (await create_tag(owner, name="Another", color="#2f80ed")).value
    async with refused(world, RuleBroken, "name", match="already"):
        await create_tag(owner, name=other, color="#2f80ed")
    async with refused(world, RuleBroken, "name", match="already"):
        await update_tag(owner, tag_id=second.id, name=other)
    # The database does not take it either, whoever writes.
    with pytest.raises(IntegrityError):
        await Tag.create(firm_id=world.firm.id, name=other, color="#2f80ed")


async def test_a_tag_is_spelled_otherwise(world: World) -> None:
    owner = world.acting(world.owner)
    tag = (await create_tag(owner, name="Cafe\u0301", color="#2f80ed")).value
    assert tag.name == "Café"
    assert (await update_tag(owner, tag_id=tag.id, name="CAFÉ")).value.name == "CAFÉ"
    assert (await update_tag(owner, tag_id=tag.id, name="Cafe")).value.name == "Cafe"
    await create_tag(owner, name="Café", color="#2f80ed")


async def test_of_tags_that_are_added_at_once_there_is_one(world: World) -> None:
    names = ("Café", "Cafe\u0301", "CAFÉ", "ｃａｆé", "Ca\u200dfé")
    asked = [create_tag(world.acting(world.owner), name=name, color="#2f80ed") for name in names]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Outcome"] + ["RuleBroken"] * 4


@pytest.mark.parametrize(("what", "first", "other"), [pair for pair in PAIRS if " " not in pair[1]])
async def test_an_address_is_one_persons(world: World, what: str, first: str, other: str) -> None:
    at, owner = f"@{world.tag}.test", world.acting(world.owner)
    first, other = f"{first.lower()}{at}", f"{other}{at}"
    member = (await create_member(owner, email=first, name="First")).value
    if what != "what cannot be seen":  # which no address may hold
        with pytest.raises(RuleBroken):
            await create_member(owner, email=other, name="Second")
        with pytest.raises(RuleBroken):
            await create_firm(name="Other", owner_email=other, owner_name="Second", password=None)
    with pytest.raises(IntegrityError):
        await Member.create(firm_id=world.firm.id, email=other, name="Second", role="EMPLOYEE")
    # Whoever it is signs in with either.
    await Member.filter(id=member.id).update(password_hash=KEPT)
    for spelling in (first, other, other.upper(), f" {other}\n"):
        assert (await sign_in(spelling, PASSWORD)).member_id == member.id
        assert await member_at(spelling) == member.id


async def test_guesses_are_counted_for_an_address_in_any_spelling(world: World) -> None:
    for number in range(MOST_FAILURES):
        with pytest.raises(SignInRefused):
            await sign_in(("strasse", "Straße", "ＳＴＲＡＳＳＥ")[number % 3] + f"@{world.tag}.test", "wrong")
    with pytest.raises(LimitReached):
        await sign_in(f"STRASSE@{world.tag}.test", "wrong")


@pytest.mark.parametrize(
    "address",
    ["", "\0", "a\ud800@x.test", "\ud800", "x" * 50_000, "ﷺ" * 50_000, "@", "\u200b"],
    ids=lambda text: ascii(text[:9]),
)
async def test_whatever_is_sent_as_an_address_is_nobodys(world: World, address: str) -> None:
    assert await member_at(address) is None
    with pytest.raises(SignInRefused):
        await sign_in(address, "wrong")


async def test_of_owners_of_the_same_address_who_begin_at_once_there_is_one(world: World) -> None:
    spellings = (f"straße@{world.tag}.test", f"STRASSE@{world.tag}.test", f"strasse@{world.tag}.test")
    asked = [
        create_firm(name=f"Begun {world.tag}", owner_email=email, owner_name="Olive", password=None)
        for email in spellings
    ]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["RuleBroken", "RuleBroken", "tuple"]
    assert await Firm.filter(name=f"Begun {world.tag}").count() == 1


async def test_a_key_is_written_with_its_text_however_that_is_written(world: World) -> None:
    tag = Tag(firm_id=world.firm.id, name="One", color="#2f80ed")
    await Tag.bulk_create([tag, Tag(firm_id=world.firm.id, name="Two", color="#2f80ed", name_key="made up")])
    tag.name = "Three"
    await tag.save(update_fields=["name"])
    rows = await sql("SELECT name, name_key FROM tag WHERE firm_id = $1", world.firm.id)
    assert {row["name"]: row["name_key"] for row in rows} == {"Three": "three", "Two": "two"}


@given(st.text())
def test_what_is_the_same_stays_the_same(text: str) -> None:
    key = sameness(text)
    assert len(key) <= LONGEST_SAMENESS
    for other in (normalize("NFC", text), normalize("NFD", text), normalize("NFKC", text), text.casefold()):
        assert sameness(other) == key
