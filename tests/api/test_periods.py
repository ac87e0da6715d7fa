"""A job's period goes in as one text, and comes out with its days."""

from typing import Any

import pytest

from models.bounds import FILTER
from models.ids import Kind, encode
from models.texts import LABEL
from tests.serving import Api
from tests.world import World

JOB = "id period { text unit firstDay lastDay }"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("2026 q1", {"text": "2026-Q1", "unit": "QUARTER", "firstDay": "2026-01-01", "lastDay": "2026-03-31"}),
        ("Tax  season", {"text": "Tax season", "unit": "OTHER", "firstDay": None, "lastDay": None}),
        (None, None),
    ],
)
async def test_a_period_is_shown_with_its_days(world: World, api: Api, given: str | None, shown: Any) -> None:
    job = encode(Kind.JOB, (await world.job(period="2025")).id)
    update = f"updateJob(input: $input) {{ job {{ {JOB} }} errors {{ path }} }}"
    query = f"mutation Update($input: UpdateJobInput!) {{ {update} }}"
    answer = (await api.ask(world.employee, query, input={"jobId": job, "period": given}))["updateJob"]
    assert answer == {"job": {"id": job, "period": shown}, "errors": []}
    read = await api.ask(
        world.employee,
        f"query Job($id: ID!) {{ job(id: $id) {{ {JOB} history(first: 1) {{ nodes {{ "
        "... on JobUpdated { changes { field before after } } } } } }",
        id=job,
    )
    changes = [{"field": "period", "before": "2025", "after": shown and shown["text"]}]
    assert read["job"] == {"id": job, "period": shown, "history": {"nodes": [{"changes": changes}]}}


async def test_jobs_are_found_by_any_spelling_of_their_period(world: World, api: Api) -> None:
    for period in ("2026-Q1", "2026", "Tax season"):
        await world.job(period, period=period)
    query = "query Of($period: [String!]) { jobs(filter: { period: $period }) { nodes { name } } }"
    for wanted, found in [
        (["q1 2026"], {"2026-Q1"}),
        (["2026", "TAX   SEASON", "2026-01"], {"2026", "Tax season"}),
        (["a\0b", "Tax season" + " " * LABEL.most], set()),
        ([], set()),
    ]:
        nodes = (await api.ask(world.employee, query, period=wanted))["jobs"]["nodes"]
        assert {node["name"] for node in nodes} == found
    answer = await api.post(world.employee, query, period=["2026"] * (FILTER.most + 1))
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INVALID"]
