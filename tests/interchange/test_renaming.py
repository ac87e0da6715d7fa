"""New ids: none twice, in the order of the first ones, and nowhere but where ids are."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.firm.saved_views import named_in
from models.ids import Kind, encode, new_id
from models.portable.renaming import FARTHEST, moved_by, rename_in_event, rename_in_row

IDS = st.integers(0, 2**128 - FARTHEST).map(lambda number: UUID(int=number))


@given(st.lists(IDS, unique=True), st.integers(1, FARTHEST - 1))
def test_ids_stay_apart_and_in_order(ids: list[UUID], distance: int) -> None:
    moved = [moved_by(distance)(id) for id in ids]
    assert all(before != after for before, after in zip(ids, moved, strict=True))
    assert len(set(moved)) == len(ids)
    assert sorted(moved) == [moved_by(distance)(id) for id in sorted(ids)]
    # As clients have them, too.
    assert sorted(encode(Kind.JOB, id) for id in moved) == [encode(Kind.JOB, id) for id in sorted(moved)]


@given(st.integers(1, FARTHEST - 1))
def test_an_id_stays_one_that_says_when_it_was_made(distance: int) -> None:
    id = new_id()
    moved = moved_by(distance)(id)
    assert (moved.version, moved.int >> 80) == (7, id.int >> 80)


def test_an_id_that_nobody_made() -> None:
    with pytest.raises(ValueError, match="int is out of range"):
        moved_by(1)(UUID(int=2**128 - 1))


def test_what_only_looks_like_an_id_stays() -> None:
    """A client may answer with one, and call a question so."""
    id, move = str(new_id()), moved_by(7)
    moved = str(move(UUID(id)))
    entry = {"number": 1, "name": id, "checked_at": None, "checked_by": id, "checked_for": id}
    task = {"id": id, "description": id, "checklist": [entry]}
    rename_in_row("task", ["id"], task, move)
    assert task == {"id": moved, "description": id, "checklist": [entry | {"checked_by": moved}]}
    given = {"member_id": id, "files": [id], "paper": {"files": [id]}}
    answers = {"organizer_id": id, "answers": given, "sections": [{"key": "member_id"}]}
    expected = answers | {"organizer_id": moved, "answers": given | {"paper": {"files": [moved]}}}
    rename_in_row("organizer_content", ["organizer_id"], answers, move)
    assert answers == expected
    entry = {"key": "file_ids", "answer": id}
    request = {"entries": [entry | {"file_ids": [id]}, entry]}
    rename_in_row("client_request", [], request, move)
    assert request == {"entries": [entry | {"file_ids": [moved]}, entry]}
    for table in ("wiki_page", "wiki_page_version"):
        page = {"text": id, "file_ids": [id]}
        rename_in_row(table, [], page, move)
        assert page == {"text": id, "file_ids": [moved]}


def test_what_a_saved_view_names() -> None:
    ids = [new_id(), new_id()]
    texts = [encode(Kind.MEMBER, id) for id in ids]
    row = {"job_filter": {"or": [{"assigneeId": {"in": texts}}, {"not": {"name": {"contains": texts[0]}}}]}}
    rename_in_row("saved_view", [], row, moved_by(7))
    assert list(named_in(row["job_filter"])) == [(Kind.MEMBER, moved_by(7)(id)) for id in ids]
    assert row["job_filter"]["or"][1] == {"not": {"name": {"contains": texts[0]}}}


def test_what_an_event_says() -> None:
    job, account, contact = (new_id() for _ in range(3))
    move = moved_by(7)
    changes = {"payer_id": [None, str(contact)], "memo": [str(job), str(contact)]}
    acted = {"kind": "MEMBER", "id": str(contact), "label": str(contact)}
    row: dict[str, Any] = {
        "type": "InvoiceUpdated",
        "subject": str(job),
        "job": None,
        "actor": {**acted, "causer": acted},
        "data": {"invoice": str(job), "account": str(account), "changes": changes, "gone_since": str(job)},
    }
    rename_in_event(row, move)
    assert row["subject"] == row["data"]["invoice"] == str(move(job))
    moved = {**acted, "id": str(move(contact))}
    assert row["actor"] == {**moved, "causer": moved}
    assert row["data"]["changes"] == {"payer_id": [None, str(move(contact))], "memo": [str(job), str(contact)]}
    # What this version does not know any more is read by nobody.
    assert row["data"]["gone_since"] == str(job)
