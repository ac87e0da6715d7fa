"""What automations did, or were to do, is taken back with what caused it."""

import pytest

from models.automation.tag_settings import TagSettings
from models.commands.moves import move_job
from models.commands.tags import create_tag
from models.rows import AccountTag, RunReason, RunState
from models.undo.undo import undo
from tests.domain.automating import automation, begin, runs_of
from tests.domain.following import go_on_to_the_end
from tests.world import World


@pytest.fixture
async def world(followed: World) -> World:
    return followed


@pytest.mark.parametrize("heard", [True, False], ids=["done", "still to be done"])
async def test_a_move_is_taken_back_with_what_automations_did(world: World, heard: bool) -> None:
    following, owner = await begin(), world.acting(world.owner)
    tag = (await create_tag(owner, name="A", color="#112233")).value
    await automation(world, update_tags=TagSettings(add_tag_ids=(tag.id,)))
    job, (first, second, _) = await world.job(), await world.stages()
    moved = await move_job(owner, job_id=job.id, stage_id=second.id)
    if heard:
        await go_on_to_the_end(following)
        assert await AccountTag.filter(tag_id=tag.id).count() == 1
    await undo(owner, revision=moved.revision)
    await go_on_to_the_end(following)
    assert await AccountTag.filter(tag_id=tag.id).count() == 0
    assert await world.names_on(first) == ["1040"]
    (run,) = await runs_of(job)
    assert (run.state, run.reason) == (RunState.SKIPPED, RunReason.UNDONE)
    # The next time there is another stay, for which they run.
    await move_job(owner, job_id=job.id, stage_id=second.id)
    await go_on_to_the_end(following)
    assert [run.state for run in await runs_of(job)] == [RunState.SKIPPED, RunState.DONE]
    assert await AccountTag.filter(tag_id=tag.id).count() == 1
