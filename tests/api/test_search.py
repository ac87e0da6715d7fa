"""Text search: what is found, in which order, by whom; and that nobody finds, or counts, what they do not see."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest

from models.commands.accounts import update_account
from models.commands.jobs import delete_job, update_job
from models.commands.tasks import create_task
from models.database import sql
from models.ids import Kind, new_id
from models.items.notes import create_note, delete_note, update_note
from models.rights import Right, Role
from models.rows import Job, Member, PipelineMember
from models.scope import Scope
from models.search_entries import prefix_of
from models.searching import Match, search
from models.templates.jobs import create_job
from models.words import words_of
from tests.api.test_statements import counted
from tests.locks import held, until_waiting
from tests.serving import Api
from tests.world import World

SEARCH = """query Search($text: String!, $kinds: [SearchedKind!], $first: Int! = 20) {
  search(text: $text, kinds: $kinds, first: $first) {
    cut
    hits { kind match thing { id ... on Job { name } ... on Account { name } ... on Task { name } ... on Note { title }
      ... on Member { name } } }
  }
}"""


async def found(api: Api, member: Member, text: str, **options: Any) -> list[tuple[str, str]]:
    """What a search finds: how well it fits, and what it is called."""
    result = (await api.ask(member, SEARCH, text=text, **options))["search"]
    return [(hit["match"], hit["thing"].get("name") or hit["thing"]["title"]) for hit in result["hits"] if hit["thing"]]


async def names(api: Api, member: Member, text: str, **options: Any) -> set[str]:
    """What is called what a search finds."""
    return {name for _, name in await found(api, member, text, **options)}


@pytest.fixture
async def firm(world: World) -> World:
    """Things of every kind, some of which nobody but the leaders sees."""
    owner = world.acting(world.owner)
    await world.job("Payroll, week 48 of 2026", description="Ask Brünhilde about the bonus")
    await world.job("Quarterly payroll")
    await world.job("Form 1099")
    await create_task(owner, name="Check the payroll totals", account_id=world.account.id)
    await create_note(owner, text="# Wishes\n\nThey asked for payroll by e-mail", account_id=world.account.id)
    return world


async def test_words_are_found_wherever_they_stand_the_best_fit_first(firm: World, api: Api) -> None:
    await firm.job("Payroll")
    assert await found(api, firm.owner, "payroll") == [
        ("TITLE", "Payroll"),
        ("BEGINNING", "Payroll, week 48 of 2026"),
        ("WORDS", "Check the payroll totals"),
        ("WORDS", "Quarterly payroll"),
        ("TEXT", "Wishes"),
    ]
    assert await found(api, firm.owner, "bonus") == [("TEXT", "Payroll, week 48 of 2026")]


@pytest.mark.parametrize(
    "text",
    ["pay", "PAYR", "week 48", "48 payroll", "Week-48!", "wekk 48", "payrol wekk", "brunhilde", "BRÜN", "2026 pay"],
)
async def test_beginnings_slips_and_accents_find_it(firm: World, api: Api, text: str) -> None:
    assert "Payroll, week 48 of 2026" in await names(api, firm.owner, text)


@pytest.mark.parametrize("text", ["roll", "payroll zebra", "1098", "49", "pay' | 'x", "zebra:* | pay", "weekly"])
async def test_nothing_else_does(firm: World, api: Api, text: str) -> None:
    assert await names(api, firm.owner, text) == set()


async def test_a_slip_comes_last(firm: World, api: Api) -> None:
    await firm.job("Payrol")
    assert (await found(api, firm.owner, "payrol"))[0] == ("TITLE", "Payrol")
    await firm.job("Patroll")
    assert (await found(api, firm.owner, "payroll"))[-2:] == [("SIMILAR", "Patroll"), ("SIMILAR", "Payrol")]


async def test_what_is_written_is_found_at_once_and_what_is_gone_is_not(firm: World, api: Api) -> None:
    owner = firm.acting(firm.owner)
    job = await firm.job("Zebra crossing")
    assert await names(api, firm.owner, "zebra") == {"Zebra crossing"}
    await update_job(owner, job_id=job.id, name="Lion crossing", description="zoo")
    assert await names(api, firm.owner, "zebra") == set()
    assert await names(api, firm.owner, "zoo lion") == {"Lion crossing"}
    await delete_job(owner, job_id=job.id)
    assert await names(api, firm.owner, "lion") == set()
    note = (await create_note(owner, text="Giraffe", account_id=firm.account.id)).value
    await update_note(owner, note_id=note.id, text="Okapi")
    assert await names(api, firm.owner, "okapi") == {"Okapi"}
    assert await names(api, firm.owner, "giraffe") == set()
    await delete_note(owner, note_id=note.id)
    assert await names(api, firm.owner, "okapi") == set()
    await update_account(owner, account_id=firm.account.id, name="Müller & Söhne")
    assert await names(api, firm.owner, "sohne muller", kinds=["ACCOUNT"]) == {"Müller & Söhne"}
    assert await names(api, firm.owner, "acme", kinds=["ACCOUNT"]) == set()
    left = "SELECT FROM search_entry WHERE firm_id = $1 AND thing NOT IN (SELECT id FROM job UNION SELECT id FROM task "
    left += "UNION SELECT id FROM note UNION SELECT id FROM account UNION SELECT id FROM member)"
    assert await sql(left, firm.firm.id) == []


async def test_jobs_are_found_by_their_account_too_below_those_that_are_called_so(firm: World, api: Api) -> None:
    owner = firm.acting(firm.owner)
    zebra = await firm.new_account("Zebra & Söhne")
    returns = await firm.job("1040", account_id=zebra.id, description="with the forms")
    await firm.job("Zoo", description="for the zebra")
    await firm.job("New zebra fence")
    await firm.job("Zebra")
    found_by = {
        "zebra": [
            *(("TITLE", "Zebra"), ("BEGINNING", "Zebra & Söhne"), ("WORDS", "New zebra fence")),
            *(("ACCOUNT", "1040"), ("TEXT", "Zoo")),
        ],
        "SOHNE 10": [("ACCOUNT", "1040")],
        "1040 zeb": [("ACCOUNT", "1040")],
        "forms sohne": [("TEXT", "1040")],
        "1040 zerba": [("SIMILAR", "1040")],
        "1040 acme": [],
    }
    assert {text: await found(api, firm.owner, text) for text in found_by} == found_by
    listed = "query Jobs($text: String!) { jobs(filter: { search: $text }) { nodes { name } } }"
    assert (await api.ask(firm.owner, listed, text="sohne"))["jobs"]["nodes"] == [{"name": "1040"}]
    await firm.new_account("Emma Zebra", firm.employee)
    assert await found(api, firm.employee, "zebra") == [
        *(("TITLE", "Zebra"), ("WORDS", "Emma Zebra"), ("WORDS", "New zebra fence"), ("TEXT", "Zoo")),
    ]
    # However many jobs there are of an account, to rename it takes as many statements.
    for number in range(5):
        await firm.job(f"Payroll {number}", account_id=zebra.id)
    sent = []
    for account, name in ((firm.account.id, "Okapi"), (zebra.id, "Giraffe & Söhne")):
        with counted() as statements:
            await update_account(owner, account_id=account, name=name)
        sent.append(len(statements))
    assert sent[0] == sent[1]
    assert await found(api, firm.owner, "sohne zebra") == []
    assert len(await names(api, firm.owner, "giraffe", kinds=["JOB"])) == 6
    await update_job(owner, job_id=returns.id, name="1120")
    assert await found(api, firm.owner, "1120 giraffe sohne") == [("ACCOUNT", "1120")]
    assert await found(api, firm.owner, "1040 giraffe") == []


async def test_a_job_that_is_written_while_its_account_is_renamed_is_found_by_the_new_name(
    world: World, database: str
) -> None:
    job, owner = await world.job("Quagga"), world.acting(world.owner)
    renaming = "UPDATE search_entry SET title = ' tapir ', words = array_to_tsvector(ARRAY[$2::text]) WHERE thing = $1"
    async with held(database, "account", world.account.id) as connection:
        await connection.execute(renaming, world.account.id, f"{prefix_of(world.firm.id, Kind.ACCOUNT)}tapir")
        writing = asyncio.create_task(update_job(owner, job_id=job.id, name="Quagga foal"))
        await until_waiting(writing)
    await writing
    hits = (await search(Scope.whole(world.firm.id), "tapir foal", None, 10)).hits
    assert [(hit.id, hit.match) for hit in hits] == [(job.id, Match.ACCOUNT)]


_LONG = "gone two three four five six seven eight"
_NAMES = [
    *(" ".join(name) for length in (1, 2) for name in product(("fa", "fab", "ga", "e"), repeat=length)),
    *(f"{_LONG} {end}" for end in ("fa", "fab", "z", "\U0001f600")),
]


def _fit(name: str, text: str) -> Match | None:
    """How well a name of short words fits, worked out one by one."""
    title, words = words_of(name), words_of(text)
    if not all(any(word.startswith(wanted) for word in title) for wanted in words):
        return None
    if title == words:
        return Match.TITLE
    return Match.BEGINNING if " ".join(title).startswith(" ".join(words)) else Match.WORDS


@pytest.mark.parametrize("text", ["f", "fa", "fa f", "g", "e", "e ga", _LONG, f"{_LONG} f", f"{_LONG} fa", "ga fa"])
async def test_whatever_begins_so_comes_first_however_much_of_it_there_is(world: World, text: str) -> None:
    jobs = [await world.job(name) for name in _NAMES]
    fits = [(list(Match).index(fit), job.id) for job in jobs if (fit := _fit(job.name, text)) is not None]
    expected = [id for _, id in sorted(fits, key=lambda fit: (fit[0], -fit[1].int))]
    assert len(expected) > 1
    for most in range(1, len(expected) + 2):
        result = await search(Scope.whole(world.firm.id), text, [Kind.JOB], most)
        assert [hit.id for hit in result.hits] == expected[:most]
        assert result.cut is (most < len(expected))


async def test_kinds_can_be_chosen(firm: World, api: Api) -> None:
    assert await names(api, firm.owner, "payroll", kinds=["TASK"]) == {"Check the payroll totals"}
    assert await names(api, firm.owner, "payroll", kinds=["TASK", "NOTE"]) == {"Check the payroll totals", "Wishes"}
    assert await names(api, firm.owner, "payroll", kinds=[]) == set()
    assert await names(api, firm.owner, "emma") == {"Emma Employee"}


BLANK = ["", "  ", "…!", "\u200b", "\U0001f600"]


@pytest.mark.parametrize("text", BLANK)
async def test_a_blank_search_is_refused(firm: World, api: Api, text: str) -> None:
    for query in (SEARCH, "query Jobs($text: String!) { jobs(filter: { search: $text }) { totalCount } }"):
        answer = await api.post(firm.owner, query, text=text)
        assert answer["errors"][0]["extensions"]["code"] == "INVALID"
        assert "no letter and no digit" in answer["errors"][0]["message"]


@pytest.mark.parametrize(
    ("text", "told"), [("x" * 201, "1 to 200 characters"), ("a b c d e f g h i j k", "at most 10")]
)
async def test_a_search_is_bounded(firm: World, api: Api, text: str, told: str) -> None:
    answer = await api.post(firm.owner, SEARCH, text=text)
    assert told in answer["errors"][0]["message"]
    for first in (0, 51):
        answer = await api.post(firm.owner, SEARCH, text="payroll", first=first)
        assert "1 to 50" in answer["errors"][0]["message"]


async def test_more_than_was_asked_for_is_said(firm: World, api: Api) -> None:
    for first, cut in ((3, True), (4, False), (5, False)):
        result = (await api.ask(firm.owner, SEARCH, text="payroll", first=first))["search"]
        assert (len(result["hits"]), result["cut"]) == (min(first, 4), cut)


async def test_lists_are_narrowed_by_words(firm: World, api: Api) -> None:
    query = """query Lists($text: String!) {
      jobs(filter: { search: $text }, sort: [{ field: NAME }]) { totalCount nodes { name } }
      tasks(filter: { search: $text }) { totalCount } notes(filter: { search: $text }) { totalCount }
      accounts(filter: { search: $text }) { totalCount } members(filter: { search: $text }) { totalCount }
    }"""
    lists = await api.ask(firm.owner, query, text="payrol")
    assert [job["name"] for job in lists["jobs"]["nodes"]] == ["Payroll, week 48 of 2026", "Quarterly payroll"]
    assert {name: page["totalCount"] for name, page in lists.items()} == {
        "jobs": 2,
        "tasks": 1,
        "notes": 1,
        "accounts": 0,
        "members": 0,
    }
    emma = await api.ask(firm.owner, query, text="Emma")
    assert emma["members"]["totalCount"] == 1


@dataclass
class Hidden:
    """A firm of which somebody sees a part, and the word that stands in all the rest of it."""

    world: World
    job: Job


WORD = "zanzibar"


@pytest.fixture(scope="module")
async def hidden(database: str) -> Hidden:
    """Nothing changes in it."""
    world = await World.build("planted")
    owner = world.acting(world.owner)
    elsewhere = await world.new_account(f"{WORD} traders")
    line = await world.new_pipeline(f"{WORD} line")
    for number in range(60):
        await world.job(f"{WORD} books {number}", account_id=elsewhere.id, description=WORD)
    for account, pipeline in ((elsewhere, world.pipeline), (world.account, line)):
        job = await world.job(f"{WORD} return", account_id=account.id, pipeline_id=pipeline.id)
        await create_task(owner, name=f"{WORD} task", job_id=job.id)
    await create_task(owner, name=f"{WORD} task", account_id=elsewhere.id)
    await create_note(owner, text=f"{WORD} note", account_id=elsewhere.id)
    return Hidden(world, await world.job("zanjob", description="in sight"))


PLANTED = [WORD, WORD[:4], WORD.upper(), "zanzbiar", f"{WORD} return", f"{WORD} task", "traders", "return", "books 7"]


@pytest.mark.parametrize("text", PLANTED)
async def test_words_of_what_is_hidden_find_nothing(hidden: Hidden, api: Api, text: str) -> None:
    world = hidden.world
    lists = """query Lists($text: String!) {
      jobs(filter: { search: $text }) { totalCount pageInfo { hasNextPage } }
      tasks(filter: { search: $text }) { totalCount }
      notes(filter: { search: $text }) { totalCount } accounts(filter: { search: $text }) { totalCount }
      inverse: jobs(filter: { not: { search: $text } }) { totalCount }
    }"""
    other = await World.build(f"planted{new_id().hex[-8:]}")
    for who in (world.employee, world.stranger, other.owner):
        result = (await api.ask(who, SEARCH, text=text, first=1))["search"]
        assert result == {"cut": False, "hits": []}
        counts = await api.ask(who, lists, text=text)
        assert {counts[name]["totalCount"] for name in ("jobs", "tasks", "notes", "accounts")} == {0}
        assert counts["jobs"]["pageInfo"] == {"hasNextPage": False}
        assert counts["inverse"]["totalCount"] == (1 if who is world.employee else 0)
    # The control: it is there.
    assert (await api.ask(world.owner, SEARCH, text=text, first=50))["search"]["hits"]


async def test_what_is_hidden_takes_nobodys_place(hidden: Hidden, api: Api) -> None:
    """However much of it fits better."""
    result = (await api.ask(hidden.world.employee, SEARCH, text="zan", first=1))["search"]
    assert [hit["thing"]["name"] for hit in result["hits"]] == ["zanjob"]
    assert not result["cut"]
    assert (await api.ask(hidden.world.owner, SEARCH, text="zan", first=50))["search"]["cut"]


async def test_whoever_sees_all_accounts_finds_what_is_in_their_pipelines(hidden: Hidden, api: Api) -> None:
    world = hidden.world
    member = await world.member("Vera Viewer", Role.EMPLOYEE, Right.VIEW_ALL_ACCOUNTS)
    await PipelineMember.create(pipeline_id=world.pipeline.id, member_id=member.id)
    jobs = "query Jobs($text: String!) { jobs(filter: { search: $text }) { totalCount nodes { pipeline { name } } } }"
    seen = (await api.ask(member, jobs, text=f"{WORD} return"))["jobs"]
    assert seen == {"totalCount": 1, "nodes": [{"pipeline": {"name": "Tax returns"}}]}
    assert await names(api, member, f"{WORD} traders", kinds=["ACCOUNT"]) == {f"{WORD} traders"}


async def test_a_search_takes_as_many_statements_whatever_it_finds(firm: World, api: Api) -> None:
    async def statements() -> int:
        with counted() as sent:
            await api.ask(firm.owner, SEARCH, text="payroll", first=50)
        return len(sent)

    await api.ask(firm.owner, SEARCH, text="form")
    few = await statements()
    for number in range(10):
        await firm.job(f"Payroll {number}")
        await create_task(firm.acting(firm.owner), name=f"Payroll {number}", account_id=firm.account.id)
    assert await statements() == few


async def test_an_id_that_was_taken_keeps_its_words(firm: World, api: Api) -> None:
    """A create that is sent again writes nothing."""
    id, owner = new_id(), firm.acting(firm.owner)
    place = {"account_id": firm.account.id, "pipeline_id": firm.pipeline.id, "id": id}
    await create_job(owner, name="Ostrich", **place)  # type: ignore[arg-type]
    await create_job(owner, name="Emu", **place)  # type: ignore[arg-type]
    assert await names(api, firm.owner, "ostrich") == {"Ostrich"}


async def test_no_search_goes_through_all_that_was_written_lately(database: str) -> None:
    """An index keeps what is still to be merged into it, 4 MB unless told otherwise, which each search reads."""
    options = await sql(
        "SELECT relname, reloptions FROM pg_class JOIN pg_am ON pg_am.oid = relam "
        "WHERE amname = 'gin' AND relkind = 'i'"
    )
    assert {row["relname"] for row in options} >= {"search_entry_words", "contact_emails"}
    assert all(row["reloptions"] == ["gin_pending_list_limit=64"] for row in options), options
