"""The job that waits for its client, and the client who hands in what it waits for."""

from dataclasses import dataclass

from demo.automations import REQUEST
from demo.board import Board
from demo.firms import DemoFirm
from demo.people import OWNER, found
from demo.pipelines import MISSING_DOCS
from models.actor import Actor
from models.boards import jobs_of_items
from models.commands.moves import set_job_status
from models.errors import RuleBroken
from models.ids import Kind
from models.items.client_requests import submit_client_request
from models.reasons import Reason
from models.scope import Scope
from models.seen import Pipeline, named
from models.templates.jobs import create_job
from workers.followers import FOLLOWERS
from workers.following import Following

#: What the job is called.
WAITING_JOB = "Form 1040, waiting for documents"


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A job that waited for what was handed in, and the pipeline on whose board it is."""

    job: str
    pipeline: str


async def plant(firm: DemoFirm, board: Board) -> None:
    """Open a job that is held by its client: under the status whose automation asks them for what is missing."""
    client = board.clients[0]
    job = await create_job(
        firm.owner,
        account_id=client.account_id,
        pipeline_id=board.pipeline_id,
        name=WAITING_JOB,
        assignee_ids=client.staff[:1],
    )
    # A worker that is there as well does it, or this: each step is done once.
    following = Following({follower.name: follower for follower in FOLLOWERS})
    await following.register()
    if (status := board.custom.get(MISSING_DOCS.name)) is not None:
        await set_job_status(firm.owner, job_id=job.value.id, status_id=status)
    while await following.go_on_in(firm.owner.firm_id):
        pass


async def hand_in() -> list[HandedIn]:
    """Submit it on the client's behalf: the jobs that waited for it. `RuleBroken` where there is nothing to hand in."""
    owner = await found(OWNER)
    if owner is None:
        raise _nothing_owed()
    scope = Scope.whole(owner.scope.firm_id)
    requests = await scope.rows(named(Kind.CLIENT_REQUEST)).where(title=REQUEST).order_by("created_at")
    pending = next((request for request in requests if request.open), None)
    if pending is None:
        raise _nothing_owed()
    await submit_client_request(Actor.member(owner.scope.firm_id, owner.member_id), client_request_id=pending.id)
    jobs = (await jobs_of_items(scope, [pending.id])).get(pending.id, [])
    pipelines = await scope.rows(Pipeline).many(job.pipeline_id for job in jobs)
    return [HandedIn(job.name, pipelines[job.pipeline_id].name) for job in jobs]


def _nothing_owed() -> RuleBroken:
    told = "The demo's client owes nothing: it was handed in already, or the demo firm is not there."
    return RuleBroken(told, reason=Reason.NONE_YET, kind=Kind.CLIENT_REQUEST.value)
