"""The page on the way of a change is the way that a change goes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from models.ids import Kind, encode
from tests.docs.pages import ROOT, rows, section
from tests.serving import Api
from tests.world import World

CHANGES = "subscription { boardChanges { events { ... on JobMoved { job { id stage { id } } } } } }"
MOVE = "mutation Move($input: MoveJobInput!) { moveJob(input: $input) { revision errors { message } } }"

Station = tuple[str, str]


def stations() -> list[Station]:
    """The files and functions of the page, in its order."""
    return [(cells[1].strip("`"), cells[2].strip("`")) for cells in rows(section("docs/one-change.md", "The stations"))]


def in_order(wanted: Sequence[Station], passed: Sequence[Station]) -> bool:
    """Whether all of them were passed, one after the other."""
    way = iter(passed)
    return all(station in way for station in wanted)


async def test_a_change_passes_the_stations_in_their_order(world: World, api: Api) -> None:
    job, (*stages, _) = await world.job("1040"), await world.stages()
    wanted, passed = stations(), list[Station]()
    known = {(str(ROOT / file), function): (file, function) for file, function in wanted}

    def note(frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call" and (found := known.get((frame.f_code.co_filename, frame.f_code.co_name))):
            passed.append(found)

    async with api.socket(world.owner) as socket:
        await socket.subscribe(CHANGES)
        await socket.next()
        # A sweep may find a change before its ring is heard: the next one goes the way of the page.
        for number in range(1, 6):
            passed.clear()
            sys.setprofile(note)
            try:
                given = {"jobId": encode(Kind.JOB, job.id), "stageId": encode(Kind.STAGE, stages[number % 2].id)}
                answer = await api.ask(world.admin, MOVE, input=given)
                assert answer["moveJob"]["errors"] == []
                while not (told := (await socket.next())["boardChanges"]["events"]):
                    pass
            finally:
                sys.setprofile(None)
            assert told[0]["job"]["stage"]["id"] == given["stageId"]
            if in_order(wanted, passed):
                break
    assert {station for station in wanted if station not in passed} == set()
    assert in_order(wanted, passed)
    # The control: it is not as if any order would do.
    assert not any(
        in_order([*wanted[:at], wanted[at + 1], wanted[at], *wanted[at + 2 :]], passed) for at in range(3, 10)
    )


def test_the_drawing_has_the_rooms_of_the_stations() -> None:
    drawing = (ROOT / "docs/one-change.md").read_text().split("```")[1]
    for number, (file, _) in enumerate(stations(), start=1):
        assert f"{Path(file).parts[0]}/" in drawing
        assert f"{number} " in drawing
