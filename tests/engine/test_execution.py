"""The executor answers as graphql-core's does on the product's own schema, as Strawberry makes it, and on its rows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any, NamedTuple

import pytest
import strawberry
from graphql import ExecutionResult, GraphQLField, GraphQLSchema, OperationType, parse, validate
from graphql import execute as stock_execute
from hypothesis import given, note, settings
from hypothesis import strategies as st
from strawberry.schema.config import StrawberryConfig

from engine.documents import parse_document
from engine.execution.executor import DirectExecutor, execute
from models.ids import Kind
from models.items.kinds import item_kinds
from models.position import Position
from models.rights import Right
from models.rows import JobAssignee, Member
from models.viewers import viewer
from resolvers.context import Context
from resolvers.mutations import Mutation
from resolvers.queries import Query
from resolvers.root import graphql_schema
from resolvers.subscriptions import Subscription
from schema.event_types import EVENT_TYPES, resolve_events
from schema.field_resolvers import Load, Read
from schema.kinds import type_of
from schema.permissions import Guard, guard
from schema.scalars import SCALARS
from subscriptions.message import Message
from tests.api.furnished import Furnished
from tests.api.samples import Id, asked, filled
from tests.api.selections import root_fields
from tests.api.test_statements import counted
from tests.engine.execution_comparing import apart, assert_same, result_of
from tests.engine.execution_documents import Generator
from tests.serving import Api

QUERIES = sorted(root_fields("query"))
RANDOM = st.integers(0, 2**32).map(Random)


@cache
def strawberrys() -> GraphQLSchema:
    """The schema with every resolver as Strawberry wraps it."""
    schema = strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=EVENT_TYPES,
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
    )._schema
    guard(schema)
    resolve_events(schema)
    return schema


class Case:
    """A firm, and who may ask in it."""

    def __init__(self, firm: Furnished, members: list[Member]) -> None:
        self.firm = firm
        self.members = members

    def arguments(self, parent: str, name: str, field: GraphQLField, number: int) -> dict[str, Any] | None:
        """Of each field that takes any, some that are fine and some that are refused."""
        passed: dict[str, Any] = {}
        if parent == "Query" and name == "nodes":
            return {"ids": [self.firm.id(Id(kind, "nodes.ids")) for kind in Kind]}
        if parent == "Query":
            choices = [filled(arguments, self.firm.id) for arguments, _ in asked(name, field)]
            passed |= choices[number % len(choices)]
        size = next((argument for argument in ("first", "limit") if argument in field.args), None)
        return passed | {size: (3, 100, 0)[number]} if size and number else passed

    async def compare(self, text: str, variables: dict[str, Any], member: Member, root: Any = None) -> ExecutionResult:
        """Our answer, when it is the same as graphql-core's."""
        each, together = apart(text)
        possible, _ = await self.stock(each, variables, member, root)
        apart_too, _ = await self.ours(each, variables, member, root)
        assert_same(apart_too, possible)
        ours, mine = await self.ours(together, variables, member, root)
        try:
            stock, its = await self.stock(together, variables, member, root)
        except asyncio.CancelledError:
            # It cancelled a loader's future that another field was waiting for, and so the whole operation.
            assert ours.errors
            return ours
        assert_same(ours, stock, possible.errors or [])
        # Where something fails graphql-core cuts off what is around it, and ours goes on to its end.
        if not stock.errors:
            assert mine.statements <= its.statements
            assert mine.things == its.things
        return ours

    async def ours(self, text: str, variables: dict[str, Any], member: Member, root: Any) -> Answered:
        """Our answer, and what it took."""
        document = parse_document(text, max_tokens=100_000)
        return await answered(member, lambda context: execute(graphql_schema(), document, root, context, variables))

    async def stock(self, text: str, variables: dict[str, Any], member: Member, root: Any) -> Answered:
        """graphql-core's."""
        return await answered(
            member, lambda context: stock_execute(strawberrys(), parse(text), root, context, variables)
        )


class Took(NamedTuple):
    """What an answer took."""

    statements: int
    things: int


Answered = tuple[ExecutionResult, Took]


async def answered(member: Member, run: Callable[[Context], Any]) -> Answered:
    """Run it for the member, with loaders of its own."""
    context = Context.of(await viewer(member.id))
    with counted() as sent:
        result = await result_of(lambda: run(context))
    return result, Took(len(sent), context.things)


@pytest.fixture(scope="module")
async def case(database: str) -> Case:
    """Nothing here changes it."""
    firm = await Furnished.build("executed")
    for number in range(4):
        job = await firm.world.job(f"Job {number}", budget=60)
        await JobAssignee.create(job_id=job.id, member_id=firm.world.employee.id)
    some = await firm.employee(Right.MANAGE_TIME_BUDGETS, Right.VIEW_ALL_ACCOUNTS)
    return Case(firm, [firm.world.owner, firm.world.employee, some, firm.world.stranger])


@settings(max_examples=100, deadline=None)
@given(random=RANDOM, who=st.integers(0, 3))
async def test_queries(case: Case, random: Random, who: int) -> None:
    generator = Generator(graphql_schema(), random, case.arguments)
    text = generator.document(random.sample(QUERIES, 3))
    note(text)
    assert not validate(graphql_schema(), parse(text))
    for variables in generator.variants():
        await case.compare(text, variables, case.members[who])


@settings(max_examples=30, deadline=None)
@given(random=RANDOM, who=st.integers(0, 2))
async def test_messages_of_subscriptions(case: Case, random: Random, who: int) -> None:
    generator = Generator(graphql_schema(), random, case.arguments)
    text = generator.document(["boardChanges"], 6, OperationType.SUBSCRIPTION)
    note(text)
    member = case.members[who]
    known = await viewer(member.id)
    assert known is not None
    events = random.sample(await case.firm.world.events(), 10)
    message = Message(Position(known.epoch, 7), None, False, events, known.scope)
    for variables in generator.variants():
        await case.compare(text, variables, member, message)


SHARED_FUTURES = {
    "job": """query Both($id: ID!) {
      bad: job(id: $id) { account { name } history(first: 0) { pageInfo { hasNextPage } } }
      good: job(id: $id) { account { id } }
    }""",
    "stage": """query Both($id: ID!) {
      bad: node(id: $id) { ... on Stage { few: jobs(limit: 0) { id } jobs(limit: 5) { id } } }
      good: node(id: $id) { ... on Stage { jobs(limit: 5) { id } } }
    }""",
}


@pytest.mark.parametrize("kind", SHARED_FUTURES)
async def test_what_fails_does_not_take_what_others_wait_for(case: Case, api: Api, kind: str) -> None:
    """graphql-core cancels what is loaded for the siblings of a field that fails, and whoever else waits for it."""
    id = case.firm.id(Id(Kind(kind), kind))
    answer = await api.post(case.members[0], SHARED_FUTURES[kind], id=id)
    assert answer["data"]["bad"] is None
    assert len(answer["data"]["good"]) == 1 and all(answer["data"]["good"].values())
    assert [error["path"][0] for error in answer["errors"]] == ["bad"]


async def test_a_withheld_field_is_refused_for_each_object(case: Case) -> None:
    query = "query { jobs { nodes { name budget assignees { name rights } } } }"
    owner, employee, some, _ = case.members
    refused = await case.compare(query, {}, employee)
    assert refused.data is not None
    jobs = refused.data["jobs"]["nodes"]
    at: list[list[str | int] | None] = [["jobs", "nodes", place, "budget"] for place in range(len(jobs))]
    at += [
        ["jobs", "nodes", place, "assignees", number, "rights"]
        for place, job in enumerate(jobs)
        for number in range(len(job["assignees"]))
    ]
    assert sorted(map(str, at)) == sorted(str(error.path) for error in refused.errors or [])
    assert sum(bool(job["assignees"]) for job in jobs) > 2
    for member, missing in (owner, set()), (some, {"rights"}):
        allowed = await case.compare(query, {}, member)
        assert {error.path[-1] for error in allowed.errors or [] if error.path} == missing
        assert allowed.data is not None and 60 in [job["budget"] for job in allowed.data["jobs"]["nodes"]]


async def test_nearly_every_field_of_things_is_read_or_loaded_directly() -> None:
    """Or there would be nothing to compare: a field that is not goes graphql-core's way, and always the same."""
    usual = []
    for name in ("Job", "Task", "Account", "Member", "Pipeline", "Stage", "Status", "TimeEntry", "Firm", "Tag"):
        for field_name, field in graphql_schema().type_map[name].fields.items():  # type: ignore[attr-defined]
            resolve = field.resolve.resolve if isinstance(field.resolve, Guard) else field.resolve
            if not isinstance(resolve, Read | Load):
                usual.append(f"{name}.{field_name}")
    pages = [
        "Account.contacts",
        "Account.jobs",
        "Account.mails",
        "Member.jobs",
        "Member.tasks",
        "Pipeline.jobs",
        "Stage.jobs",
        "Stage.jobsCut",
        "Stage.cards",
    ]
    assert usual == ["Job.items", "Job.mails", "Job.history", *pages]


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The interfaces and unions of which single values have been completed as graphql-core does."""
    names: list[str] = []
    usual = DirectExecutor.complete_abstract_value

    def noted(self: DirectExecutor, return_type: Any, *args: Any) -> Any:
        names.append(return_type.name)
        return usual(self, return_type, *args)

    monkeypatch.setattr(DirectExecutor, "complete_abstract_value", noted)
    return names


async def test_items_are_completed_in_batches_whatever_their_kinds(case: Case, one_by_one: list[str]) -> None:
    text = """query Q($id: ID!) { job(id: $id) { outstanding { item { id title } } items(first: 100) {
      nodes { __typename id title account { name } ... on Task { state } ... on TimeEntry { minutes } }
      edges { cursor } } } }"""
    answer, _ = await case.ours(text, {"id": case.firm.id(Id(Kind.JOB, "job"))}, case.members[0], None)
    assert answer.data is not None and not answer.errors
    job = answer.data["job"]
    assert {node["__typename"] for node in job["items"]["nodes"]} == {type_of(kind).__name__ for kind in item_kinds()}
    assert job["outstanding"]
    assert one_by_one == []


async def test_events_are_completed_in_batches_whatever_their_types(case: Case, one_by_one: list[str]) -> None:
    member = case.members[0]
    known = await viewer(member.id)
    assert known is not None
    events = await case.firm.world.events()
    assert len({type(logged.event) for logged in events}) > 5
    message = Message(Position(known.epoch, 7), None, False, events, known.scope)
    text = """subscription { boardChanges { events { __typename revision actor { kind member { name } }
      ... on JobEvent { job { id name } } ... on TaskEvent { task { name } }
      ... on JobUpdated { changes { field } } } } }"""
    answer, _ = await case.ours(text, {}, member, message)
    assert answer.data is not None and not answer.errors
    assert [event["__typename"] for event in answer.data["boardChanges"]["events"]] == [
        type(logged.event).__name__ for logged in events
    ]
    assert one_by_one == []
    # The control: one thing by itself.
    id = case.firm.id(Id(Kind.JOB, "job"))
    await case.ours("query Q($id: ID!) { node(id: $id) { id } }", {"id": id}, member, None)
    assert one_by_one == ["Node"]
