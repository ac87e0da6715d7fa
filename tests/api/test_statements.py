"""How many statements an answer takes: never more because there are more rows."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from models.commands.jobs import create_job
from models.commands.tasks import create_task
from models.commands.time import log_time
from models.database import sql
from models.ids import Kind, encode
from models.rows import AccountMember, AccountTag, JobAssignee, PipelineMember, Tag, TaskAssignee
from tests.api.furnished import Furnished
from tests.api.samples import Id, asked, filled
from tests.api.selections import PAGE, document, root_fields
from tests.serving import Api


class _Counter(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.statements: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        statement = record.getMessage()
        # What the hub and the keys' cache ask in the background is nobody's operation.
        if not statement.startswith("SELECT id, revision, scope_revision") and "signing_key" not in statement:
            self.statements.append(statement)


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that this process sends to PostgreSQL, the server in it included."""
    logger, counter = logging.getLogger("tortoise.db_client"), _Counter()
    level, propagate = logger.level, logger.propagate
    logger.addHandler(counter)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    try:
        yield counter.statements
    finally:
        logger.removeHandler(counter)
        logger.setLevel(level)
        logger.propagate = propagate


@pytest.fixture(scope="module")
async def small(database: str) -> Furnished:
    """A firm with a few of everything."""
    firm = await Furnished.build()
    await grow(firm, 2)
    return firm


@pytest.fixture(scope="module")
async def large(database: str) -> Furnished:
    """A firm with five times as many."""
    firm = await Furnished.build()
    await grow(firm, 10)
    return firm


async def grow(firm: Furnished, by: int) -> None:
    """So many more of each thing, each linked to others of its own."""
    world = firm.world
    owner, usual = world.acting(world.owner), world.pipeline.id
    for number in range(by):
        member = await world.member(f"Member{number} More")
        account = await world.new_account(f"Account {number}", member)
        pipeline = await world.new_pipeline(f"Pipeline {number}", member)
        await PipelineMember.create(pipeline_id=usual, member_id=member.id)
        tag = await Tag.create(firm_id=world.firm.id, name=f"Tag {number}", color="#ffffff")
        for carrier in (account.id, world.account.id):
            await AccountTag.create(account_id=carrier, tag_id=tag.id)
        await AccountMember.create(account_id=world.account.id, member_id=member.id)
        for of in (pipeline.id, usual):
            job = (
                await create_job(owner, name=f"Job {number}", account_id=account.id, pipeline_id=of, budget=60)
            ).value
            task = (await create_task(owner, name=f"Task {number}", job_id=job.id)).value
            await create_task(owner, name=f"Task {number}", job_id=firm.things["job"])
            await log_time(owner, minutes=5, job_id=job.id, member_id=member.id)
            await JobAssignee.create(job_id=job.id, member_id=member.id)
            await TaskAssignee.create(task_id=task.id, member_id=member.id)
    await sql("UPDATE time_entry SET rate = 100 WHERE firm_id = $1", world.firm.id)
    await sql("UPDATE job SET due_date = '2026-01-31' WHERE firm_id = $1", world.firm.id)


#: Two branches of a document that load things of one kind share a statement when what they wait for arrives together,
#: and take one each when it does not. That is a matter of the moment, not of rows: a statement for each row would be
#: eight more at least.
SPLIT = 3


async def statements(api: Api, firm: Furnished, query: str, **variables: Any) -> list[str]:
    """What one operation of the owner asks of PostgreSQL."""
    await api.token(firm.world.owner)
    with counted() as found:
        await api.ask(firm.world.owner, query, **variables)
    return list(found)


@pytest.mark.parametrize("query", sorted(root_fields("query")))
async def test_more_rows_take_no_more_statements(small: Furnished, large: Furnished, api: Api, query: str) -> None:
    for arguments, _ in asked(query, root_fields("query")[query]):
        text = document("query", query, arguments).replace(f"first: {PAGE}", "first: 40", 1)
        few, many = [await statements(api, firm, text, **filled(arguments, firm.id)) for firm in (small, large)]
        assert len(many) <= len(few) + SPLIT, (arguments, sorted(many))


BOARD = """
query Board($id: ID!) {
  revision
  pipeline(id: $id) {
    name statuses { id name color category }
    stages { id name jobCount jobs { id version name position priority dueDate overdue stage { id } status { id }
      account { name tags { name } } assignees { name } openTaskCount budget tracked percentUsed } }
  }
}"""
JOB = """
query Job($id: ID!) { job(id: $id) { name overdue account { name } pipeline { name } stage { name } status { name }
  assignees { name } tasks { name assignees { name } } tracked remaining } }"""
JOBS = """
{ jobs(first: 50) { nodes { id name account { name } status { name } assignees { name } } pageInfo { endCursor } } }"""
COUNT = "{ jobs { totalCount } }"
HISTORY = """
query History($id: ID!) { job(id: $id) { history(first: 50) { nodes { __typename at actor { member { name } } } } } }"""
NODE = "query Node($id: ID!) { node(id: $id) { id ... on Job { name } } }"
NODES = "query Nodes($ids: [ID!]!) { nodes(ids: $ids) { id ... on Job { name account { name } } } }"

#: Signing the caller in is one of each.
KNOWN = {
    "a board": (BOARD, 14),
    "a job": (JOB, 13),
    "a page of jobs": (JOBS, 6),
    "a count of jobs": (COUNT, 3),
    "a history": (HISTORY, 5),
    "a node": (NODE, 2),
    "nodes of one kind": (NODES, 3),
}


@pytest.mark.parametrize("what", sorted(KNOWN))
async def test_how_many_statements_an_answer_takes(large: Furnished, api: Api, what: str) -> None:
    query, number = KNOWN[what]
    kind = Kind.PIPELINE if what == "a board" else Kind.JOB
    variables: dict[str, Any] = {"id": large.id(Id(kind, ""))} if "$id:" in query else {}
    if "$ids:" in query:
        rows = await sql("SELECT id FROM job WHERE firm_id = $1", large.world.firm.id)
        variables = {"ids": [encode(Kind.JOB, row["id"]) for row in rows]}
    # The fewest of three: see SPLIT.
    found = min([await statements(api, large, query, **variables) for _ in range(3)], key=len)
    assert len(found) <= number, "\n".join(statement[:150] for statement in found)


MOVE = (
    "mutation Move($input: MoveJobInput!) { moveJob(input: $input) { job { id version } revision errors { message } } }"
)


async def test_a_move_takes_as_many_whatever_the_board(small: Furnished, large: Furnished, api: Api) -> None:
    taken = []
    for firm in (small, large):
        job = firm.id(Id(Kind.JOB, ""))
        stage = firm.id(Id(Kind.STAGE, "moveJob.stageId"))
        taken.append(await statements(api, firm, MOVE, input={"jobId": job, "stageId": stage}))
    assert len(taken[0]) == len(taken[1])
    assert len(taken[1]) == 7, "\n".join(statement[:150] for statement in taken[1])


async def test_each_further_bulk_move_takes_one_more(small: Furnished, api: Api) -> None:
    """Rows are stored one by one, and nothing else is."""
    bulk = "mutation Bulk($input: MoveJobsInput!) { moveJobs(input: $input) { revision errors { message } } }"
    world, taken = small.world, []
    stage = small.id(Id(Kind.STAGE, ""))
    for many in (2, 12):
        jobs = [{"jobId": encode(Kind.JOB, (await world.job()).id)} for _ in range(many)]
        taken.append(len(await statements(api, small, bulk, input={"jobs": jobs, "stageId": stage})))
    assert taken[1] - taken[0] == 10


def test_the_counter_counts() -> None:
    with counted() as found:
        logging.getLogger("tortoise.db_client").debug("SELECT 1")
    assert found == ["SELECT 1"]
