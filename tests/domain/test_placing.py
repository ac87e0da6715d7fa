"""Cards land where they are dropped: any run of moves gives the order that a plain list would."""

import random
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from models.commands.moves import move_job, move_jobs
from models.commands.pipelines import update_pipeline
from models.errors import RuleBroken
from models.order import LONGEST_KEY
from models.reasons import Reason
from models.rows import Job, JobOrder, Stage
from models.targets import Target
from tests.domain.refusal import counted, refused, told
from tests.world import World

#: As long as a key may be, and next to each other: nothing fits between two of them.
CROWDED = "a0" + "V" * (LONGEST_KEY - 3)


class Board:
    """Two stages, and lists that say how their cards must stand."""

    def __init__(self, world: World, stages: Sequence[Stage], dice: random.Random) -> None:
        self.world, self.stages, self.dice = world, stages, dice
        self.expected: dict[UUID, list[UUID]] = {stage.id: [] for stage in stages}

    async def fill(self, count: int) -> None:
        """Put cards on the first stage."""
        stage = self.stages[0].id
        self.expected[stage] = [(await self.world.job(str(n), stage_id=stage)).id for n in range(count)]

    async def crowd(self) -> None:
        """Leave no room between the cards of a stage; or give all of them one key, which only their ids tell apart."""
        cards = self.expected[self.dice.choice(self.stages).id]
        if self.dice.random() < 0.5:
            cards.sort()
            await Job.filter(id__in=cards).update(position="a0")
        for number, card in enumerate(cards if len(cards) < 8 else (), start=1):
            await Job.filter(id=card).update(position=CROWDED + str(number))

    async def move(self) -> None:
        """Drop some cards anywhere."""
        every = [card for cards in self.expected.values() for card in cards]
        moving = self.dice.sample(every, self.dice.choice([1, 1, 1, 2, 3]))
        stage = self.dice.choice(self.stages).id
        anchors = [card for card in self.expected[stage] if card not in moving]
        anchor = self.dice.choice([None, *anchors])
        side = self.dice.choice(["before_job_id", "after_job_id"])
        await self._drop(moving, stage, {side: anchor})
        for cards in self.expected.values():
            cards[:] = [card for card in cards if card not in moving]
        cards = self.expected[stage]
        place = len(cards) if anchor is None else cards.index(anchor) + (side == "after_job_id")
        cards[place:place] = moving

    async def _drop(self, moving: list[UUID], stage: UUID, where: dict[str, UUID | None]) -> None:
        actor = self.world.acting(self.world.employee)
        if len(moving) == 1:
            await move_job(actor, job_id=moving[0], stage_id=stage, **where)  # type: ignore[arg-type]
        else:
            await move_jobs(actor, jobs=[Target(id) for id in moving], stage_id=stage, **where)  # type: ignore[arg-type]

    async def check(self) -> None:
        """The database has the order of the lists, in keys that are not too long."""
        for stage, cards in self.expected.items():
            found = await Job.filter(stage_id=stage).order_by("position", "id")
            assert [card.id for card in found] == cards


@pytest.mark.parametrize("seed", range(6))
async def test_any_run_of_moves_gives_the_order_of_a_list(world: World, seed: int) -> None:
    dice = random.Random(seed)
    board = Board(world, (await world.stages())[:2], dice)
    await board.fill(7)
    for step in range(30):
        if step % 5 == 4:
            await board.crowd()
        await board.move()
        await board.check()


@pytest.mark.parametrize("order", [order for order in JobOrder if order is not JobOrder.MANUAL])
async def test_where_a_board_sorts_its_cards_nobody_places_them(world: World, order: JobOrder) -> None:
    stage, actor = (await world.stages())[0], world.acting(world.employee)
    first, second = await world.job("first"), await world.job("second")
    await update_pipeline(world.acting(world.owner), pipeline_id=world.pipeline.id, job_order=order)
    for side in ("before_job_id", "after_job_id"):
        beside: dict[str, Any] = {side: second.id}
        async with refused(world, RuleBroken, match=f"sorts its cards by {order}") as caught:
            await move_job(actor, job_id=first.id, stage_id=stage.id, **beside)
        assert (caught.value.reason, caught.value.path) == (Reason.SORTED, (side,))
        async with refused(world, RuleBroken, match="nobody places them"):
            await move_jobs(actor, jobs=[Target(first.id)], stage_id=stage.id, **beside)
    # To its end it goes as ever; and what people dragged is kept meanwhile.
    await move_job(actor, job_id=first.id, stage_id=stage.id)
    assert await world.names_on(stage) == ["second", "first"]
    await update_pipeline(world.acting(world.owner), pipeline_id=world.pipeline.id, job_order=JobOrder.MANUAL)
    await move_job(actor, job_id=first.id, stage_id=stage.id, before_job_id=second.id)
    assert await world.names_on(stage) == ["first", "second"]


async def test_hundreds_of_drops_into_one_gap(world: World) -> None:
    stage, actor = (await world.stages())[0], world.acting(world.employee)
    top, first, second, bottom = [await world.job(name) for name in ("top", "first", "second", "bottom")]
    # As some 550 earlier drops into this gap would have left them.
    for job, digit in ((first, "2"), (second, "4")):
        await Job.filter(id=job.id).update(position="a0" + "0" * 90 + digit)
    longest, spread_anew = 0, False
    for drop in range(250):
        moving = (first, second)[drop % 2]
        version = (await world.row(Job, bottom.id)).version
        await move_job(actor, job_id=moving.id, stage_id=stage.id, after_job_id=top.id)
        longest = max(longest, *[len(job.position) for job in await Job.filter(stage_id=stage.id)])
        spread_anew |= (await world.row(Job, bottom.id)).version > version
    assert await world.names_on(stage) == ["top", "second", "first", "bottom"]
    assert spread_anew
    assert longest <= LONGEST_KEY


async def test_cards_without_room_are_spread_anew_and_all_are_told(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    counts = []
    for stage, count in zip((await world.stages())[:2], (3, 12), strict=True):
        jobs = sorted([await world.job(stage_id=stage.id) for _ in range(count)], key=lambda job: job.id)
        await Job.filter(stage_id=stage.id).update(position="a0")
        moving, before = jobs[-1], await world.revision()
        with counted(caplog) as statements:
            moved = await move_job(
                world.acting(world.employee), job_id=moving.id, stage_id=stage.id, after_job_id=jobs[0].id
            )
        counts.append(len(statements))
        assert await told(world, before) == ["JobMoved"] * (count + 1)
        cards = await Job.filter(stage_id=stage.id).order_by("position", "id")
        assert [card.id for card in cards] == [jobs[0].id, moving.id, *(job.id for job in jobs[1:-1])]
        assert {card.version for card in cards} == {moved.value.version} == {2}
    assert counts[0] == counts[1]
