"""The store of `jobwire watch`, on messages written by hand."""

from typing import Any

import pytest

from models.reading_order import order_key
from watch.store import Gap, Store

Data = dict[str, Any]


def thing(kind: str, id: str, **fields: Any) -> Data:
    sorted_by = {"nameOrder": order_key(fields["name"])} if kind in ("Member", "Status", "Tag") else {}
    return {"__typename": kind, "id": id, "version": 1, **sorted_by, **fields}


def status(id: str = "active", **fields: Any) -> Data:
    return thing("Status", id, **{"name": id.title(), "category": "ACTIVE", "color": "#111111", **fields})


def stage(id: str, position: str, **fields: Any) -> Data:
    return thing("Stage", id, **{"name": id.title(), "position": position, **fields})


def account(*tags: Data, name: str = "Acme") -> Data:
    return thing("Account", "acme", name=name, tags=list(tags))


def card(id: str, position: str = "a0", **fields: Any) -> Data:
    plain: Data = {"name": id, "position": position, "archivedAt": None, "status": status(), "assignees": []}
    return thing("Job", id, **{**plain, "account": account(), "openTaskCount": 0, "tracked": 0, **fields})


def placed(id: str, stage_id: str = "todo", position: str = "a0", pipeline_id: str = "tax", **fields: Any) -> Data:
    """A card as an event has it."""
    place = {
        "stage": {"__typename": "Stage", "id": stage_id, "name": stage_id.title()},
        "pipeline": {"__typename": "Pipeline", "id": pipeline_id, "name": pipeline_id.title()},
    }
    return card(id, position, **place, **fields)


def pipeline(id: str = "tax", cards: list[Data] | None = None, **fields: Any) -> Data:
    stages = [{**stage("todo", "a0"), "jobs": cards or []}, {**stage("done", "a1"), "jobs": []}]
    return thing("Pipeline", id, **{"name": "Tax", "stages": stages, "statuses": [status()], **fields})


def store(*cards: Data) -> Store:
    made = Store()
    firm = {"__typename": "Firm", "id": "firm", "name": "Firm", "timeZone": "UTC"}
    made.apply_snapshot({"revision": "10", "epoch": "e", "firm": firm, "pipeline": pipeline(cards=list(cards))})
    return made


def tell(store: Store, *events: Data, previous: str = "10", revision: str = "11", **fields: Any) -> Gap | None:
    message = {"revision": revision, "previous": previous, "resync": False, "epoch": "e", "events": list(events)}
    return store.apply_changes({**message, **fields})


def job_event(job: Data | None, id: str | None = None, kind: str = "JobMoved") -> Data:
    return {"__typename": kind, "jobId": id or (job or {})["id"], "job": job}


def cards(store: Store) -> dict[str, list[str]]:
    board = store.board("tax")
    assert board is not None
    return {stage["id"]: [job["id"] for job in stage["jobs"]] for stage in board["stages"]}


def first(store: Store) -> Data:
    board = store.board("tax")
    assert board is not None
    return next(job for stage in board["stages"] for job in stage["jobs"])


def test_the_board_is_given_back_as_it_was_read() -> None:
    team = [thing("Member", "ann", name="Ann"), thing("Member", "zoe", name="Zoe")]
    read = card("a", assignees=team, account=account(thing("Tag", "vip", name="VIP")))
    assert store(read).board("tax") == pipeline(cards=[read])


def test_a_moved_card_is_on_its_new_stage_only_and_once_however_often_it_is_told() -> None:
    board = store(card("a"), card("b", "a1"))
    assert tell(board, job_event(placed("a", "done"))) is None
    assert cards(board) == {"todo": ["b"], "done": ["a"]}
    assert tell(board, job_event(placed("a", "done")), previous="11", revision="12") is None
    assert cards(board) == {"todo": ["b"], "done": ["a"]}
    assert board.cursor == "12"


def test_cards_are_in_the_order_of_the_bytes_of_their_positions_then_of_their_ids() -> None:
    board = store(card("a", "a1"), card("b", "a1"), card("c", "Zz"))
    tell(board, job_event(placed("d", position="a0V")), job_event(placed("e", position="a0")))
    assert cards(board)["todo"] == ["c", "e", "d", "a", "b"]


@pytest.mark.parametrize(
    "event",
    [
        job_event(None, "a", "JobRemoved"),
        job_event(None, "a", "JobDeleted"),
        job_event(None, "a", "JobMoved"),
        job_event(placed("a", archivedAt="2026-01-01T00:00:00Z"), kind="JobStatusChanged"),
        job_event(placed("a", pipeline_id="payroll")),
        {"__typename": "PipelineUpdated", "pipelineId": "tax", "pipeline": pipeline(stages=[stage("done", "a1")])},
    ],
    ids=["removed", "deleted", "gone by now", "archived", "moved to another board", "its stage is gone"],
)
def test_a_card_leaves(event: Data) -> None:
    board = store(card("a"))
    tell(board, event)
    assert [id for ids in cards(board).values() for id in ids] == []


def test_a_card_that_left_comes_back_whole() -> None:
    board = store(card("a"))
    tell(board, job_event(placed("a", archivedAt="2026-01-01T00:00:00Z")))
    tell(board, job_event(placed("a", "done", name="back")), previous="11", revision="12")
    assert cards(board) == {"todo": [], "done": ["a"]}
    assert first(board)["name"] == "back"


def test_what_cards_are_made_of_changes_on_every_card() -> None:
    ann, tag = thing("Member", "ann", name="Ann"), thing("Tag", "vip", name="VIP")
    board = store(card("a", assignees=[ann, thing("Member", "bob", name="Bob")], account=account(tag)))
    tell(
        board,
        {"__typename": "MemberUpdated", "memberId": "ann", "member": thing("Member", "ann", name="Zoe")},
        {"__typename": "AccountUpdated", "accountId": "acme", "account": account(tag, name="Bolt")},
        {"__typename": "TagUpdated", "tagId": "vip", "tag": thing("Tag", "vip", name="Gold")},
        {"__typename": "StatusUpdated", "statusId": "active", "pipelineId": "tax", "status": status(color="#222222")},
    )
    shown = first(board)
    assert [member["name"] for member in shown["assignees"]] == ["Bob", "Zoe"]
    assert (shown["account"]["name"], shown["account"]["tags"][0]["name"]) == ("Bolt", "Gold")
    assert shown["status"]["color"] == "#222222"


def test_lists_by_name_are_in_the_order_of_the_api() -> None:
    names = ["Zoe", "émile", "Emma", "Änne", "anna"]
    team = [thing("Member", name, name=name) for name in names]
    board = store(card("a", assignees=team, account=account(*(thing("Tag", name, name=name) for name in names))))
    assert [member["name"] for member in first(board)["assignees"]] == ["anna", "Änne", "émile", "Emma", "Zoe"]
    assert [tag["name"] for tag in first(board)["account"]["tags"]] == ["anna", "Änne", "émile", "Emma", "Zoe"]


def test_tasks_and_time_change_the_figures_of_a_card_that_is_known_and_make_none() -> None:
    board = store(card("a"))
    tell(
        board,
        {"__typename": "TaskCreated", "taskId": "t", "linkedJob": {"__typename": "Job", "id": "a", "openTaskCount": 3}},
        {"__typename": "TimeLogged", "timeEntryId": "t", "linkedJob": {"__typename": "Job", "id": "a", "tracked": 90}},
        {"__typename": "TaskCreated", "taskId": "u", "linkedJob": {"__typename": "Job", "id": "x", "openTaskCount": 1}},
    )
    assert (first(board)["openTaskCount"], first(board)["tracked"]) == (3, 90)
    assert cards(board) == {"todo": ["a"], "done": []}


def test_stages_come_go_and_change_places() -> None:
    board = store(card("a"))
    tell(
        board,
        {"__typename": "StageCreated", "stageId": "new", "pipelineId": "tax", "stage": stage("new", "Zz")},
        {"__typename": "StageDeleted", "stageId": "done", "pipelineId": "tax", "stage": None},
        {"__typename": "StageMoved", "stageId": "todo", "pipelineId": "tax", "stage": stage("todo", "Zy")},
    )
    assert list(cards(board)) == ["todo", "new"]


def test_a_pipeline_that_is_lost_takes_everything_with_it_and_comes_back() -> None:
    board = store(card("a"))
    tell(board, {"__typename": "PipelineRemoved", "pipelineId": "tax", "pipeline": None})
    assert board.board("tax") is None
    assert not board.things["Job"]
    assert not board.things["Stage"]
    back = {"__typename": "PipelineAdded", "pipelineId": "tax", "pipeline": pipeline()}
    tell(board, job_event(placed("a"), kind="JobAdded"), back, previous="11", revision="12")
    assert cards(board) == {"todo": ["a"], "done": []}


def test_the_firm_says_what_changed_about_it() -> None:
    board = store()
    tell(board, {"__typename": "FirmUpdated", "changes": [{"field": "timeZone", "after": "Asia/Tokyo"}]})
    assert board.firm is not None
    assert board.firm["timeZone"] == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("gap", "fields"),
    [(Gap.MISSED, {"previous": "9"}), (Gap.RESYNC, {"resync": True}), (Gap.EPOCH, {"epoch": "another"})],
)
def test_with_a_gap_nothing_is_applied(gap: Gap, fields: Data) -> None:
    board = store(card("a"))
    assert tell(board, job_event(placed("a", "done")), **fields) is gap
    assert (board.cursor, cards(board)) == ("10", {"todo": ["a"], "done": []})


def test_a_heartbeat_moves_the_cursor() -> None:
    board = store(card("a"))
    assert tell(board, revision="40") is None
    assert board.cursor == "40"


def test_reading_anew_forgets_what_was() -> None:
    board = store(card("a"))
    board.apply_snapshot({"revision": "20", "epoch": "f", "pipeline": pipeline(cards=[card("b")])}, most_cards=1)
    assert (board.cursor, board.epoch, cards(board)) == ("20", "f", {"todo": ["b"], "done": []})
    assert board.cut_off == {"todo"}
