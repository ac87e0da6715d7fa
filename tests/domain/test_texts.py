"""What texts may hold, and how they are kept."""

import sys
from typing import Any
from unicodedata import category, is_normalized

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.actor import Actor
from models.commands.firms import create_firm
from models.commands.imports import NewEntry, NewJob, NewTask, import_jobs
from models.commands.jobs import update_job
from models.errors import Invalid
from models.invisible import BLANK, nothing_to_see
from models.passwords import hash_password, password_fits
from models.rows import Job, Member
from models.texts import DESCRIPTION, EMAIL, IDEMPOTENCY_KEY, MARKDOWN, NAME
from tests.domain.refusal import refused
from tests.texts import CONTROLS, GOOD, NO_LINE, NOTHING
from tests.world import World

SURROGATE = "a\ud800b"
#: With much of what is seldom, and all that is told apart.
ANY = st.text(
    st.one_of(st.characters(), st.sampled_from("".join([*NOTHING.values(), *NO_LINE.values()]) + "Aa \ud800"))
)


@pytest.mark.parametrize("value", [*NOTHING.values(), *NO_LINE.values(), SURROGATE], ids=ascii)
def test_what_is_no_line(value: str) -> None:
    with pytest.raises(Invalid):
        NAME.check(value)


@pytest.mark.parametrize("what", GOOD)
def test_what_people_need_is_kept(what: str) -> None:
    given, kept = GOOD[what]
    assert NAME.check(given) == kept


@given(ANY)
@example("\u1100\u1161\u200b\u11a8")
def test_a_line_is_one_line_of_visible_text(value: str) -> None:
    try:
        kept = NAME.check(value)
    except Invalid:
        return
    assert 1 <= len(kept) <= NAME.most
    assert is_normalized("NFC", kept)
    assert not nothing_to_see(kept)
    assert not {category(each) for each in kept} & {"Cc", "Cs", "Zl", "Zp"}
    assert kept == kept.strip() == NAME.check(kept)


@pytest.mark.parametrize("value", [*CONTROLS.values(), SURROGATE], ids=ascii)
def test_what_is_no_text(value: str) -> None:
    with pytest.raises(Invalid, match="control character"):
        DESCRIPTION.check(value)
    with pytest.raises(Invalid, match="control character"):
        IDEMPOTENCY_KEY.check(value, "idempotency_key")


@pytest.mark.parametrize(
    ("given", "kept"),
    [("", ""), (" a\tb \r\n\rc\n", " a\tb \n\nc\n"), ("Cafe\u0301", "Café"), ("\u200b", "\u200b")],
    ids=ascii,
)
def test_a_text_has_lines_and_may_be_empty(given: str, kept: str) -> None:
    assert DESCRIPTION.check(given) == kept


@pytest.mark.parametrize("value", NOTHING.values(), ids=ascii)
def test_a_text_for_its_own_sake_says_something(value: str) -> None:
    with pytest.raises(Invalid, match="blank"):
        MARKDOWN.check(value, "text")
    assert MARKDOWN.check(f"{value}\n a", "text").endswith("\n a")


@given(ANY)
def test_a_text_holds_no_controls(value: str) -> None:
    try:
        kept = DESCRIPTION.check(value)
    except Invalid:
        return
    assert is_normalized("NFC", kept)
    assert {each for each in kept if category(each) in ("Cc", "Cs")} <= {"\t", "\n"}
    assert kept == DESCRIPTION.check(kept)


#: Alone they show nothing, on a letter they do.
MARKS = {"a mark alone", "a sign that vowels stand on"}


HIDDEN = NOTHING | CONTROLS | {"surrogate": SURROGATE}


@pytest.mark.parametrize("what", list(HIDDEN))
def test_an_address_holds_nothing_hidden(what: str) -> None:
    hidden = HIDDEN[what]
    within = (f"ada{hidden}lovelace@x.test", f"ada@x{hidden}y.test") if hidden and what not in MARKS else ()
    for address in (*within, f"{hidden}@x.test", f"ada@{hidden}.test", f"ada@x.{hidden}"):
        with pytest.raises(Invalid):
            EMAIL.check(address)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (" Ada@X.test\n", "ada@x.test"),
        ("ａｄａ＠x．test", "ada@x.test"),
        ("cafe\u0301@x.test", "café@x.test"),
        ("straße@x.test", "straße@x.test"),
    ],
    ids=ascii,
)
def test_an_address_is_kept_plain(given: str, kept: str) -> None:
    assert EMAIL.check(given) == kept


@pytest.mark.parametrize("bad", [NOTHING["zero width space"], NO_LINE["line feed"], NO_LINE["escape"]], ids=ascii)
async def test_jobs_that_are_taken_over_hold_no_less(world: World, bad: str) -> None:
    (stage, *_) = await world.stages()
    day = world.firm.today(world.firm.created_at)

    def wanted(**fields: Any) -> NewJob:
        fields = {"name": "1040", **fields}
        return NewJob(account_id=world.account.id, pipeline_id=world.pipeline.id, stage_id=stage.id, **fields)

    entry = NewEntry(member_id=world.owner.id, day=day, minutes=5, note="\x1b")
    for job, field in (
        (wanted(name=bad), "name"),
        (wanted(tasks=[NewTask(name=bad)]), "tasks"),
        (wanted(description="\0"), "description"),
        (wanted(tasks=[NewTask(name="Call", description="\0")]), "tasks"),
        (wanted(entries=[entry]), "entries"),
    ):
        async with refused(world, Invalid) as refusal:
            await import_jobs(world.acting(world.owner), jobs=[job])
        assert refusal.value.path == ("jobs", 0, field)


@pytest.mark.parametrize("bad", [*NOTHING.values(), *NO_LINE.values(), SURROGATE], ids=ascii)
async def test_a_firm_begins_with_names_that_can_be_read(world: World, bad: str) -> None:
    email = f"new@{world.tag}.test"
    for name, owner_name in ((bad, "Olive"), ("Firm", bad)):
        with pytest.raises(Invalid):
            await create_firm(name=name, owner_name=owner_name, owner_email=email, password=None)
    assert not await Member.exists(email=email)


async def test_what_is_kept_by_an_older_rule_may_be_sent_back(world: World) -> None:
    job, actor = await world.job(), world.acting(world.owner)
    await Job.filter(id=job.id).update(description="\x0b")
    kept = (await update_job(actor, job_id=job.id, description="\x0b", due_date=None)).value
    assert (kept.description, kept.version) == ("\x0b", 1)
    async with refused(world, Invalid, "description"):
        await update_job(actor, job_id=job.id, description="\x0b\x0b")


@pytest.mark.parametrize("key", ["", "x" * 201, "a\0", "a\nb", SURROGATE], ids=ascii)
def test_what_is_no_idempotency_key(world: World, key: str) -> None:
    with pytest.raises(Invalid) as refusal:
        Actor.member(world.firm.id, world.owner.id).calling(key, "createTag", {})
    assert refusal.value.path == ("idempotency_key",)


@pytest.mark.parametrize("password", ["x" * 7, "x" * 1_001, f"12345678{SURROGATE}"], ids=ascii)
async def test_what_is_no_password(password: str) -> None:
    with pytest.raises(Invalid):
        await hash_password(password)
    assert await password_fits(await hash_password("12345678\0\n"), "12345678\0\n")


def test_no_white_space_is_beyond_what_is_taken_off() -> None:
    assert all(character in BLANK for character in map(chr, range(sys.maxunicode + 1)) if character.isspace())
