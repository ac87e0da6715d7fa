"""How many statements an answer takes: never more because there are more rows."""

import itertools
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tortoise.models import Model

from models.commands.tasks import create_task
from models.commands.time import log_time
from models.database import sql
from models.ids import Kind, encode
from models.rights import Right
from models.rows import AccountMember, AccountTag, JobAssignee, PipelineMember, Tag, TaskAssignee
from models.templates.jobs import create_job
from tests.api.furnished import Furnished
from tests.api.samples import Id, asked, filled
from tests.api.selections import PAGE, document, root_fields
from tests.serving import Api
from tests.specimens import Spot, specimens


class _Statement(str):
    """A statement with its values, as it is told when a test fails; `text` is without them."""

    text: str


class _Counter(logging.Handler):
    def __init__(self, of_the_hub: bool) -> None:
        super().__init__()
        self.statements: list[str] = []
        self._of_the_hub = of_the_hub

    def emit(self, record: logging.LogRecord) -> None:
        statement = _Statement(record.getMessage())
        statement.text = str(record.args[0]) if isinstance(record.args, tuple) and record.args else statement
        # What the hub and the keys' cache ask in the background is nobody's operation.
        of_the_hub = statement.startswith("SELECT id, revision, scope_revision")
        if (self._of_the_hub or not of_the_hub) and "signing_key" not in statement:
            self.statements.append(statement)


@contextmanager
def counted(*, of_the_hub: bool = False) -> Iterator[list[str]]:
    """The statements that this process sends to PostgreSQL, the server in it included. What the hub asks of heads is
    left out, if it is not wanted."""
    logger, counter = logging.getLogger("tortoise.db_client"), _Counter(of_the_hub)
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
            for known in specimens():
                await known.make(owner, f"{number} more", Spot(account.id, job.id))
                await known.make(owner, f"{number} more", Spot(world.account.id, firm.things["job"]))
    await sql("UPDATE time_entry SET rate = 100 WHERE firm_id = $1", world.firm.id)
    await sql("UPDATE job SET due_date = '2026-01-31' WHERE firm_id = $1", world.firm.id)


#: Two branches of a document that load things of one kind share a statement when what they wait for arrives together,
#: and take one each when it does not. That is a matter of the moment, not of rows: a statement for each row would be
#: eight more at least.
SPLIT = 3


_numbers = itertools.count()


def anew(query: str) -> str:
    """The query as a document that has no answer yet which could be given again."""
    return f"{query} # {next(_numbers)}"


async def statements(api: Api, firm: Furnished, query: str, **variables: Any) -> list[str]:
    """What one operation of the owner asks of PostgreSQL, which they have not asked before."""
    await api.token(firm.world.owner)
    with counted() as found:
        await api.ask(firm.world.owner, query, **variables)
    return list(found)


@pytest.mark.parametrize("query", sorted(root_fields("query")))
async def test_more_rows_take_no_more_statements(small: Furnished, large: Furnished, api: Api, query: str) -> None:
    # All that events of all kinds lead to costs more than a thing does.
    size = {"activity": 30, "automations": 15}.get(query, 40)
    # Neither firm is asked for the same twice, so that no answer could be given again.
    for arguments, _ in asked(query, root_fields("query")[query]):
        text = re.sub(rf"^([^{{]*{{[^{{]*first: ){PAGE}", rf"\g<1>{size}", document("query", query, arguments))
        few = await statements(api, small, text, **filled(arguments, small.id))
        for _ in range(3):
            many = await statements(api, large, text, **filled(arguments, large.id))
            if len(many) <= len(few) + SPLIT:
                break
            # On a busy machine there may be more moments: what takes more because of rows takes more each time.
            text = anew(text)
        else:
            pytest.fail(f"{arguments}: {sorted(many)}")


BOARD = """
query Board($id: ID!) {
  revision
  pipeline(id: $id) {
    name statuses { id name color category }
    stages { id name jobCount jobs { id version name position priority dueDate overdue stage { id } status { id }
      account { name tags { name } } assignees { name } openTaskCount budget tracked percentUsed } }
  }
}"""
ITEMS = """
query Items($id: ID!) {
  pipeline(id: $id) { stages { jobs { openItemCount outstanding { title awaited since members { id } item { id } }
    items(first: 2) { totalCount nodes { id title open } pageInfo { endCursor } } } } }
}"""
WAITING = """
query Waiting($id: ID!) {
  pipeline(id: $id) { stages { jobs { waiting { reason text item { itemId title } runId until } } } }
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
    "a board": (BOARD, 12),
    # What holds jobs, of each kind that does; and the jobs, their stages, their runs and what automations made.
    "a board with why jobs wait": (WAITING, 16),
    # A few for each kind of items that holds jobs among them: the items, what they wait for, and whom.
    "a board with items": (ITEMS, 34),
    "a job": (JOB, 11),
    "a page of jobs": (JOBS, 5),
    "a count of jobs": (COUNT, 3),
    "a history": (HISTORY, 5),
    "a node": (NODE, 2),
    "nodes of one kind": (NODES, 3),
}


async def variables_of(what: str, firm: Furnished) -> dict[str, Any]:
    """Which of the firm's things an answer is about."""
    if "$ids:" in KNOWN[what][0]:
        rows = await sql("SELECT id FROM job WHERE firm_id = $1", firm.world.firm.id)
        return {"ids": [encode(Kind.JOB, row["id"]) for row in rows]}
    kind = Kind.PIPELINE if what.startswith("a board") else Kind.JOB
    return {"id": firm.id(Id(kind, ""))} if "$id:" in KNOWN[what][0] else {}


@pytest.mark.parametrize("what", sorted(KNOWN))
async def test_how_many_statements_an_answer_takes(large: Furnished, api: Api, what: str) -> None:
    query, number = KNOWN[what]
    variables = await variables_of(what, large)
    # The fewest of three: see SPLIT.
    found = min([await statements(api, large, anew(query), **variables) for _ in range(3)], key=len)
    assert len(found) <= number, "\n".join(statement[:150] for statement in found)


@pytest.mark.parametrize("what", sorted(KNOWN.keys() - {"a count of jobs", "a page of jobs"}))
async def test_the_text_of_a_statement_does_not_depend_on_rows_or_scopes(
    small: Furnished, large: Furnished, api: Api, what: str
) -> None:
    """PostgreSQL prepares each text once a connection: one a number of ids would be prepared for nearly each answer."""
    texts = []
    for firm in (small, large):
        employee = await firm.employee(Right.MANAGE_TIME_BUDGETS)
        await AccountMember.create(account_id=firm.world.account.id, member_id=employee.id)
        for viewer in (firm.world.owner, employee):
            await api.token(viewer)
            with counted() as found:
                await api.ask(viewer, anew(KNOWN[what][0]), **await variables_of(what, firm))
            texts.append({statement.text for statement in found})  # type: ignore[attr-defined]
    apart = set.union(*texts) - set.intersection(*texts)
    assert len(apart) <= SPLIT, apart
    assert not [text for text in set.union(*texts) if re.search(r"IN \(\$\d+,", text)]


@pytest.mark.parametrize("what", sorted(KNOWN))
async def test_nothing_shown_is_an_instance_of_the_orm(
    large: Furnished, api: Api, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_columns: Any) -> None:
        raise AssertionError("An instance was made.")

    monkeypatch.setattr(Model, "_init_from_db", refuse)
    await api.ask(large.world.owner, anew(KNOWN[what][0]), **await variables_of(what, large))


MOVE = (
    "mutation Move($input: MoveJobInput!) { moveJob(input: $input) { job { id version } revision errors { message } } }"
)


async def test_a_move_takes_as_many_whatever_the_board(small: Furnished, large: Furnished, api: Api) -> None:
    for firm in (small, large):
        job = firm.id(Id(Kind.JOB, ""))
        stages = [firm.id(Id(Kind.STAGE, where)) for where in ("moveJob.stageId", "", "moveJob.stageId")]
        # The fewest of three: on a busy machine one of them may take more.
        taken = min(
            [await statements(api, firm, MOVE, input={"jobId": job, "stageId": stage}) for stage in stages], key=len
        )
        assert len(taken) == 7, "\n".join(statement[:150] for statement in taken)


async def test_a_bulk_move_takes_as_many_however_many_move(small: Furnished, api: Api) -> None:
    bulk = "mutation Bulk($input: MoveJobsInput!) { moveJobs(input: $input) { revision errors { message } } }"
    world, taken = small.world, []
    stage = small.id(Id(Kind.STAGE, ""))
    for many in (2, 12):
        jobs = [{"jobId": encode(Kind.JOB, (await world.job()).id)} for _ in range(many)]
        taken.append(len(await statements(api, small, bulk, input={"jobs": jobs, "stageId": stage})))
    assert taken[0] == taken[1]


def test_the_counter_counts() -> None:
    with counted() as found:
        logging.getLogger("tortoise.db_client").debug("SELECT 1")
    assert found == ["SELECT 1"]
