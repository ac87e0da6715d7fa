"""`jobwire watch` shows cards as their pipeline says: in its `jobOrder`, with its `cardFields`, live."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import pytest

from models.commands.accounts import set_account_tags
from models.commands.jobs import update_job
from models.commands.moves import move_job
from models.commands.pipelines import update_pipeline
from models.commands.tags import create_tag
from models.ids import Kind, encode
from models.rights import Role
from models.rows import CardField, JobOrder
from models.templates.jobs import create_job
from resolvers.root import graphql_schema
from tests.serving import Api
from tests.system.terminals import drawn, on_a_terminal, picture
from tests.system.watching import following, until, with_password
from tests.world import World
from watch.cards import Fields, Look, card
from watch.client import Client
from watch.order import in_order

NOW = datetime(2026, 4, 15, 12, tzinfo=UTC)
#: What the list `jobs` has an order for.
SORTS = {
    JobOrder.DUE_DATE: "DUE_DATE",
    JobOrder.NAME: "NAME",
    JobOrder.CREATED: "CREATED_AT",
    JobOrder.STAGE_ENTERED: "STAGE_ENTERED_AT",
}


def job(**fields: Any) -> dict[str, Any]:
    """A card that has something to show for each field."""
    whole = {
        "name": "1040 Smith",
        "priority": "URGENT",
        "startDate": "2026-04-01",
        "dueDate": "2026-04-20",
        "deadline": "2026-04-30",
        "period": {"text": "2026-Q1"},
        "createdAt": "2026-03-01T00:00:00.000Z",
        "stageEnteredAt": "2026-04-12T11:00:00.000Z",
        "openTaskCount": 2,
        "blocked": True,
        "budget": 120,
        "tracked": 30,
        "description": "Ask about the home office",
        "status": {"name": "Missing docs", "category": "CUSTOM", "color": "#aa0000", "countsAsOverdue": True},
        "account": {"name": "Acme", "tags": [{"name": "VIP", "color": "#00aa00"}]},
        "assignees": [{"name": "Adam Brooks"}],
        "clientStatus": {"visible": True, "name": "In review", "color": "#0000aa"},
    }
    return whole | fields


def shown(*fields: CardField, **given: Any) -> str:
    """The text of such a card."""
    lines = card(job(**given), 60, Fields(frozenset(fields)), Look(date(2026, 4, 15), NOW), moved=False)
    assert len(lines) == Fields(frozenset(fields)).height
    assert {line.cell_len for line in lines} == {60}
    return " ".join(" ".join(line.plain for line in lines).split())


@pytest.mark.parametrize("field", CardField)
def test_every_field_is_shown_where_it_is_wanted_and_only_there(field: CardField) -> None:
    text = {
        CardField.ACCOUNT: "Acme",
        CardField.ASSIGNEES: "AB",
        CardField.BLOCKED: "⊘ blocked",
        CardField.BUDGET: "0.5/2h",
        CardField.CLIENT_STATUS: "»In review",
        CardField.DEADLINE: "by Apr 30",
        CardField.DESCRIPTION: "Ask about the home office",
        CardField.DUE_DATE: "Apr 20",
        CardField.PERIOD: "2026-Q1",
        CardField.PRIORITY: "‼",
        CardField.START_DATE: "from Apr 1",
        CardField.STATUS: "Missing docs",
        CardField.TAGS: "#VIP",
        CardField.TASKS: "☐ 2",
        CardField.TIME_IN_STAGE: "since 3d",
    }[field]
    assert text in shown(field)
    assert text not in shown(*(other for other in CardField if other is not field))
    assert shown() == "▎ 1040 Smith"


@pytest.mark.parametrize(
    ("field", "nothing"),
    [
        (CardField.ACCOUNT, {"account": None}),
        (CardField.ASSIGNEES, {"assignees": []}),
        (CardField.BLOCKED, {"blocked": False}),
        (CardField.BUDGET, {"budget": None, "tracked": None}),
        (CardField.CLIENT_STATUS, {"clientStatus": {"visible": False, "name": "In review", "color": None}}),
        (CardField.CLIENT_STATUS, {"clientStatus": {"visible": True, "name": None, "color": None}}),
        (CardField.DEADLINE, {"deadline": None}),
        (CardField.DESCRIPTION, {"description": ""}),
        (CardField.DUE_DATE, {"dueDate": None}),
        (CardField.PERIOD, {"period": None}),
        (CardField.PRIORITY, {"priority": "MEDIUM"}),
        (CardField.START_DATE, {"startDate": None}),
        (CardField.STATUS, {"status": None}),
        (CardField.TAGS, {"account": {"name": "Acme", "tags": []}}),
        (CardField.TASKS, {"openTaskCount": 0}),
    ],
)
def test_what_is_not_there_leaves_the_card_as_high(field: CardField, nothing: dict[str, Any]) -> None:
    assert shown(field, **nothing).strip("▎ ") == "1040 Smith"


@pytest.mark.parametrize(
    ("deadline", "category", "missed"),
    [
        ("2026-04-14", "ACTIVE", True),
        ("2026-04-14", "CUSTOM", True),
        ("2026-04-14", "COMPLETED", False),
        ("2026-04-15", "ACTIVE", False),
    ],
)
def test_a_deadline_that_was_missed_stands_out(deadline: str, category: str, missed: bool) -> None:
    """Also under a status that does not count as overdue: the law does not wait for documents."""
    late = job(deadline=deadline, status={"category": category, "countsAsOverdue": False})
    _, line, _ = card(late, 60, Fields(frozenset({"DEADLINE"})), Look(date(2026, 4, 15), NOW), moved=False)
    at = line.plain.index("by Apr")
    styles = {str(span.style) for span in line.spans if span.start <= at < span.end}
    assert ("bold red" in styles) is missed


@pytest.mark.parametrize("order", JobOrder)
def test_every_order_is_known(order: JobOrder) -> None:
    """Those that come first by this order alone come first; equal ones stay as people dragged them."""
    first = {
        JobOrder.MANUAL: {},
        JobOrder.DUE_DATE: {"dueDate": "2026-04-19"},
        JobOrder.PRIORITY: {"priority": "URGENT"},
        JobOrder.NAME: {"name": "0 before"},
        JobOrder.CREATED: {"createdAt": "2026-02-28T00:00:00.000Z"},
        JobOrder.STAGE_ENTERED: {"stageEnteredAt": "2026-04-11T00:00:00.000Z"},
    }[order]
    plain = {"priority": "HIGH"}
    dragged = [job(id=1, **plain), job(id=2, **plain), job(id=3, **plain | first), job(id=4, **plain)]
    expected = [1, 2, 3, 4] if order is JobOrder.MANUAL else [3, 1, 2, 4]
    assert [one["id"] for one in in_order(dragged, order.value)] == expected


def test_an_order_of_another_version_is_that_of_people() -> None:
    dragged = [job(id=2), job(id=1, priority="NEW")]
    assert in_order(dragged, "BY_MOON") == dragged
    assert [one["id"] for one in in_order(dragged, "PRIORITY")] == [2, 1]


def test_the_api_has_no_other_orders_and_fields() -> None:
    kinds = graphql_schema().type_map
    assert set(kinds["JobOrder"].values) == {order.value for order in JobOrder}  # type: ignore[attr-defined]
    assert set(kinds["CardField"].values) == {field.value for field in CardField}  # type: ignore[attr-defined]


@pytest.fixture
async def crowded(world: World) -> AsyncIterator[World]:
    """Cards on the first stage whose orders all differ, some of which have equals and nulls."""
    actor = world.acting(world.owner)
    _, doing, _ = await world.stages()
    for number, (name, due) in enumerate([("delta", 9), ("alpha", None), ("charlie", 3), ("bravo", None), ("echo", 3)]):
        day = None if due is None else date(2026, 4, due)
        made = await world.job(name, due_date=day, priority=["LOW", "HIGH", "URGENT", "MEDIUM", "HIGH"][number])
        if number % 2:
            # There and back: it has entered the stage later than it was made.
            await move_job(actor, job_id=made.id, stage_id=doing.id)
            await move_job(actor, job_id=made.id, stage_id=(await world.stages())[0].id)
    yield world


async def test_cards_are_in_the_order_of_the_server_whenever_it_changes(crowded: World, api: Api) -> None:
    world = crowded
    async with following(api.url, api, world.admin, world.pipeline) as (client, _):
        for order in [*JobOrder, JobOrder.MANUAL]:
            await update_pipeline(world.acting(world.owner), pipeline_id=world.pipeline.id, job_order=order)
            await until(partial(_has_order, client, order), "it has the order")
            board = client.store.board(client.pipeline)
            assert board is not None
            cards = in_order(board["stages"][0]["jobs"], board["jobOrder"])
            names = [one["name"] for one in cards]
            assert names == await _on_server(api, world)
            if order in SORTS:
                told = await _sorted(api, world, SORTS[order])
                # Where the list's order says nothing, it is by id there, and as dragged here.
                assert _without_ties(names, order) == _without_ties(told, order)
            dragged = await world.names_on((await world.stages())[0])
            if order is JobOrder.MANUAL:
                assert names == dragged
            if order is JobOrder.PRIORITY:
                assert names == ["charlie", *sorted(("alpha", "echo"), key=dragged.index), "bravo", "delta"]
            if order is JobOrder.DUE_DATE:
                later = sorted(("alpha", "bravo"), key=dragged.index)
                assert names == [*sorted(("charlie", "echo"), key=dragged.index), "delta", *later]


async def _on_server(api: Api, world: World) -> list[str]:
    """The cards of the first stage, as the server orders those of the board."""
    query = """query Cards($id: ID!) { node(id: $id) { ... on Stage { cards(order: BOARD) { nodes { name } } } } }"""
    answer = await api.ask(world.admin, query, id=encode(Kind.STAGE, (await world.stages())[0].id))
    return [card["name"] for card in answer["node"]["cards"]["nodes"]]


async def test_the_terminal_follows_the_pipelines_wishes(world: World, api: Api) -> None:
    watcher = await with_password(world, "Wanda Watcher", role=Role.ADMIN)
    owner = world.acting(world.owner)
    tag = (await create_tag(owner, name="VIP", color="#00aa00")).value
    await set_account_tags(owner, account_id=world.account.id, tag_ids=[tag.id])
    for name in ("Bravo", "Alpha"):
        await create_job(
            owner,
            account_id=world.account.id,
            pipeline_id=world.pipeline.id,
            name=name,
            description=f"Text of {name}",
        )
    pipeline: dict[str, Any] = {"pipeline_id": world.pipeline.id}
    await update_pipeline(owner, **pipeline, card_fields=[CardField.ACCOUNT])
    words = ("watch", "--url", api.url, "--token", await api.token(watcher))
    async with on_a_terminal(*words) as board:
        await until(lambda: drawn(board.output, "Bravo", "Acme", "Alpha", "● live"), "it is drawn")
        assert "Text of" not in board.output
        await update_pipeline(owner, **pipeline, card_fields=[CardField.DESCRIPTION, CardField.TAGS])
        await until(lambda: drawn(board.output, "Text of Bravo", "Text of Alpha", "● live"), "texts are drawn")
        assert "#VIP" in picture(board.output)
        assert "Acme" not in picture(board.output)
        await update_pipeline(owner, **pipeline, job_order=JobOrder.NAME)
        told = "Olive changed the pipeline Tax returns"
        await until(lambda: drawn(board.output, "Text of Alpha", "Text of Bravo", told), "they are in order")
        board.process.send_signal(signal.SIGINT)
        await board.ends()


async def test_a_description_that_changes_is_shown(world: World, api: Api) -> None:
    made = await world.job("1040", description="as it was")
    await update_pipeline(world.acting(world.owner), pipeline_id=world.pipeline.id, card_fields=[CardField.DESCRIPTION])
    async with following(api.url, api, world.admin, world.pipeline) as (client, _):

        def description() -> Any:
            board = client.store.board(client.pipeline)
            return board and board["stages"][0]["jobs"][0].get("description")

        assert description() == "as it was"
        await update_job(world.acting(world.owner), job_id=made.id, description="as it is")
        await until(lambda: description() == "as it is", "the change comes with it")
        await update_pipeline(world.acting(world.owner), pipeline_id=world.pipeline.id, card_fields=[])
        await until(lambda: description() is None, "nobody asks for it any more")


def _has_order(client: Client, order: JobOrder) -> bool:
    board = client.store.board(client.pipeline)
    return board is not None and board["jobOrder"] == order.value


async def _sorted(api: Api, world: World, sort: str) -> list[str]:
    stage = encode(Kind.STAGE, (await world.stages())[0].id)
    query = f"""query ($stage: ID!) {{
      jobs(filter: {{ stage: {{ in: [$stage] }} }}, sort: [{{ field: {sort}, direction: ASC }}]) {{ nodes {{ name }} }}
    }}"""
    return [node["name"] for node in (await api.ask(world.admin, query, stage=stage))["jobs"]["nodes"]]


def _without_ties(names: list[str], order: JobOrder) -> list[str]:
    """With those that are equal by this order in the order of their names, so that two lists can be compared."""
    equal = [{"charlie", "echo"}, {"alpha", "bravo"}] if order is JobOrder.DUE_DATE else []
    for group in equal:
        places = [place for place, name in enumerate(names) if name in group]
        for place, name in zip(places, sorted(group), strict=True):
            names = [*names[:place], name, *names[place + 1 :]]
    return names
