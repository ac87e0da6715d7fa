"""What a subscription or a query finds ready-made is what a fresh process would make: nobody inherits what they did not
ask for, or might not have been given."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from itertools import product
from typing import Any

import orjson
import pytest

import embedded
from engine.documents import choose_operation, parse_anew
from engine.engine import Engine
from engine.prepared import Prepared
from engine.session import Session
from engine.sharing import may_be_per_viewer
from models.commands.accounts import archive_account, set_account_team
from models.commands.jobs import delete_job
from models.commands.members import deactivate_member, set_member_rights, set_member_role
from models.commands.moves import archive_job, move_job
from models.commands.pipelines import delete_pipeline, set_pipeline_members
from models.errors import NotFound
from models.ids import Kind, encode
from models.log import on_commit
from models.rights import Right, Role
from models.rows import AccountMember, Job, Member, PipelineMember
from models.scope import Viewer, not_found
from models.viewers import viewer
from resolvers.root import graphql_schema
from schema.reports import REPORTS
from subscriptions.cohorts import Cohorts
from subscriptions.interest import BoardInterest
from subscriptions.rank import Rank
from subscriptions.subscribe import Standing, subscribe
from tests.api.samples import asked, camel, filled
from tests.api.selections import call, root_fields
from tests.live.direct import Told, open_stream, outcome, signed_in
from tests.live.eventually import eventually
from tests.live.house import Bulletin, Reader, hub_on
from tests.live.replica import SNAPSHOTS
from tests.live.scenarios_of_work import SCENARIOS, at_once
from tests.world import World
from transport.engine import Request


@contextlib.asynccontextmanager
async def process(servers: embedded.Servers) -> AsyncIterator[Engine]:
    """An engine as a process of its own has it: it hears of changes by its sweeps and by the bell."""
    async with hub_on(servers.redis_url) as hub:
        silence = on_commit(hub.bell.ring)
        yield Engine(graphql_schema(), hub)
        silence()


@pytest.fixture(scope="module")
async def engine(database: str, servers: embedded.Servers) -> AsyncIterator[Engine]:
    """The one that is asked again and again."""
    async with process(servers) as engine:
        yield engine


@pytest.fixture(scope="module")
async def fresh(database: str, servers: embedded.Servers) -> AsyncIterator[Engine]:
    """One that has not been asked of the test's firm, nor by its members. What it keeps beside that are documents."""
    async with process(servers) as engine:
        yield engine


class Case:
    """Two members who see the same account and pipeline, with one job, and a way for both to lose sight of it."""

    def __init__(self, world: World, peer: Member, job: Job, other: Job) -> None:
        self.world, self.peer, self.job, self.other = world, peer, job, other
        self.members = (world.employee, peer)

    @classmethod
    async def build(cls, world: World) -> Case:
        """Both see all that there is."""
        peer = await world.member("Pete Peer")
        kept_account = await world.new_account("Kept", world.employee, peer)
        kept = await world.new_pipeline("Kept", world.employee, peer)
        await AccountMember.create(account_id=world.account.id, member_id=peer.id)
        await PipelineMember.create(pipeline_id=world.pipeline.id, member_id=peer.id)
        other = await world.job("kept", account_id=kept_account.id, pipeline_id=kept.id)
        return cls(world, peer, await world.job("lost"), other)

    def lost(self, kind: Kind) -> str:
        """The id of what is lost."""
        return encode(kind, {Kind.PIPELINE: self.world.pipeline.id, Kind.JOB: self.job.id}[kind])

    def kept(self, kind: Kind) -> str:
        """The id of what both go on to see."""
        return encode(kind, {Kind.PIPELINE: self.other.pipeline_id, Kind.JOB: self.other.id}[kind])


async def team(case: Case) -> int:
    """Off the account's team."""
    owner = case.world.acting(case.world.owner)
    return (await set_account_team(owner, account_id=case.world.account.id, member_ids=[])).revision


async def back_on_the_team(case: Case) -> int:
    """And on it again."""
    members = [member.id for member in case.members]
    owner = case.world.acting(case.world.owner)
    return (await set_account_team(owner, account_id=case.world.account.id, member_ids=members)).revision


async def availability(case: Case) -> int:
    """The pipeline is taken from them."""
    owner = case.world.acting(case.world.owner)
    return (await set_pipeline_members(owner, pipeline_id=case.world.pipeline.id, member_ids=[])).revision


async def right(case: Case) -> int:
    """What was seen by a right alone is not any more."""
    last = 0
    for member in case.members:
        owner = case.world.acting(case.world.owner)
        last = (await set_member_rights(owner, member_id=member.id, rights=[])).revision
    return last


async def role(case: Case) -> int:
    """Admins become employees."""
    last = 0
    for member in case.members:
        owner = case.world.acting(case.world.owner)
        last = (await set_member_role(owner, member_id=member.id, role=Role.EMPLOYEE)).revision
    return last


async def moved(case: Case) -> int:
    """The job goes where they do not follow."""
    hidden = await case.world.new_pipeline("Hidden")
    (stage, *_) = await case.world.stages(hidden)
    owner = case.world.acting(case.world.owner)
    return (await move_job(owner, job_id=case.job.id, stage_id=stage.id)).revision


async def moved_and_back(case: Case) -> int:
    """The job goes, and comes back."""
    await moved(case)
    (stage, *_) = await case.world.stages()
    owner = case.world.acting(case.world.owner)
    return (await move_job(owner, job_id=case.job.id, stage_id=stage.id)).revision


async def deleted(case: Case) -> int:
    """The job and the pipeline are gone."""
    owner = case.world.acting(case.world.owner)
    await delete_job(owner, job_id=case.job.id)
    return (await delete_pipeline(owner, pipeline_id=case.world.pipeline.id)).revision


async def archived(case: Case) -> int:
    """The job and its account are put away, which hides neither."""
    owner = case.world.acting(case.world.owner)
    await archive_job(owner, job_id=case.job.id)
    return (await archive_account(owner, account_id=case.world.account.id)).revision


async def shut_out(case: Case) -> int:
    """Both are no longer members."""
    last = 0
    for member in case.members:
        last = (await deactivate_member(case.world.acting(case.world.owner), member_id=member.id)).revision
    return last


WAYS: list[Callable[[Case], Awaitable[int]]] = [
    *(team, availability, right, role, moved, moved_and_back, deleted, archived, shut_out)
]
#: Each argument of each subscription that names something.
ARGUMENTS = [
    (name, argument, places)
    for name, field in root_fields("subscription").items()
    for arguments, named in asked(name, field)
    if named
    for argument, places in arguments.items()
]


async def prepare(case: Case, way: Any) -> None:
    """What must be the case for this way to take sight away."""
    ids = [member.id for member in case.members]
    if way is right:
        await Member.filter(id__in=ids).update(given_rights=[Right.VIEW_ALL_ACCOUNTS.value])
        await AccountMember.filter(account_id=case.world.account.id).delete()
    if way is role:
        await Member.filter(id__in=ids).update(role=Role.ADMIN)
        await AccountMember.filter(account_id=case.world.account.id).delete()
        await PipelineMember.filter(pipeline_id=case.world.pipeline.id).delete()


async def settled(engine: Engine, streams: list[Told], revision: int) -> None:
    """Until all of it has been told, and whoever goes on stands in a cohort."""

    async def all_stand() -> bool:
        places = [told.subscriber.place for told in streams if told.subscriber and told.ended is None]
        return all(isinstance(place, Rank) for place in places)

    for told in streams:
        await told.reach(revision)
    await eventually(all_stand)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("name", "argument", "places"), ARGUMENTS, ids=[f"{n}.{a}" for n, a, _ in ARGUMENTS])
async def test_what_left_sight_cannot_be_subscribed_to_again(
    name: str, argument: str, places: Any, way: Any, world: World, engine: Engine, fresh: Engine
) -> None:
    case = await Case.build(world)
    await prepare(case, way)
    type_ = root_fields("subscription")[name].args[argument].type
    query = (
        f"subscription ($asked: {type_}) {{ {name}({argument}: $asked) {{ revision resync events {{ __typename }} }} }}"
    )
    lost = filled(places, lambda place: case.lost(place.kind))
    mixed = filled(places, lambda place: case.kept(place.kind)) + lost
    sessions = [await signed_in(engine, member) for member in case.members]
    streams = [await open_stream(engine, each, query, asked=ids) for each in sessions for ids in (lost, mixed)]
    for session in sessions:
        # What is asked for is in sight, or it proves nothing.
        assert "data" in await outcome(engine, session, query, asked=lost)
    await settled(engine, streams, await way(case))
    for session in sessions:
        for ids in (lost, mixed):
            expected = await outcome(fresh, session, query, asked=ids)
            # Nor does asking for it help whoever asks next.
            for _ in range(2):
                assert await outcome(engine, session, query, asked=ids) == expected
    if way is team:
        await settled(engine, streams, await back_on_the_team(case))
        for session in sessions:
            for ids in (lost, mixed):
                assert "data" in await outcome(engine, session, query, asked=ids)
    for told in streams:
        assert told.subscriber
        told.subscriber.stop()


async def test_what_ends_while_it_is_looked_up_is_looked_up_again(world: World, cohorts: Cohorts) -> None:
    spare = await world.new_pipeline("Spare", world.employee)
    topic = Bulletin(interest=BoardInterest(frozenset({spare.id})))
    looked_up: list[int] = []

    async def make_topic(_viewer: Viewer) -> Bulletin:
        if looked_up:
            raise not_found(Kind.PIPELINE, spare.id)
        looked_up.append(cohorts.hub.feeds[world.firm.id].head)
        # It was there a moment ago. What follows is heard before the subscription begins.
        await delete_pipeline(world.acting(world.owner), pipeline_id=spare.id)
        await cohorts.hub.feeds[world.firm.id].reach(await world.revision())
        return topic

    with pytest.raises(NotFound):
        await subscribe(
            cohorts,
            Reader(topic),
            Standing(),
            firm_id=world.firm.id,
            member_id=world.owner.id,
            document=topic.document,
            read_viewer=lambda: present(world.owner),
            make_topic=make_topic,
        )
    assert looked_up
    assert cohorts.hub.users == cohorts.hub.counts.subscribers == cohorts.hub.counts.cohorts == 0


async def present(member: Member) -> Viewer:
    """A member as they are now."""
    found = await viewer(member.id)
    assert found is not None
    return found


def together(names: Iterable[str]) -> list[str]:
    """All that can be read below these root fields, in as few requests as may hold it."""
    parts: list[list[str]] = [[]]
    for chosen in (call("query", name) for name in sorted(names)):
        if parts[-1] and (len(parts[-1]) == FIELDS_AT_ONCE or _tokens(*parts[-1], chosen) > AT_MOST):
            parts.append([])
        parts[-1].append(chosen)
    return [f"query {{ {' '.join(part)} }}" for part in parts]


def _tokens(*selected: str) -> int:
    return sum(len(re.findall(r"\w+|[^\w\s,]", text)) for text in selected)


def is_of_the_moment(name: str) -> bool:
    """Whether an answer is of its moment where there is a history or a running timer: it is made anew each time."""
    selected = call("query", name)
    return "history" in selected or "forgotten" in selected


def is_never_given_again(name: str) -> bool:
    """Whether it is made of the log, and so always of its moment, or for each member who is no admin by themselves."""
    # Until when a firm's automations wait is of the moment, whatever the firm.
    if name in {"firm", "forecast", *(camel(report.name) for report in REPORTS if report.of_log)}:
        return True
    (query,) = together([name])
    read = parse_anew(query, max_tokens=10_000)
    return may_be_per_viewer(graphql_schema(), read, choose_operation(read, None))


#: So many tokens are below the limit of a request, which has some besides; and so many fields of a root it may have.
AT_MOST = 1_900
FIELDS_AT_ONCE = 20
#: What a member reads: any change of the firm shows in one of these.
FIELDS = {name for name, field in root_fields("query").items() for arguments, _ in asked(name, field) if not arguments}
NEVER_GIVEN_AGAIN = set(filter(is_never_given_again, FIELDS))
OF_THE_MOMENT = set(filter(is_of_the_moment, FIELDS - NEVER_GIVEN_AGAIN))
#: What no change of the firm changes, and what each does.
EPOCH, REVISION = together(["epoch"])[0], together(["revision"])[0]
#: Those that are made anew each time, where there is something of the moment: each by itself, that it is given again
#: where there is nothing.
MOMENTARY = [query for name in OF_THE_MOMENT for query in together([name])]
#: All that may be given again.
KEPT = [EPOCH, REVISION, *MOMENTARY, *together(FIELDS - NEVER_GIVEN_AGAIN - OF_THE_MOMENT)]
QUESTIONS = [*KEPT, *SNAPSHOTS, *together(NEVER_GIVEN_AGAIN)]

#: Of whoever sees nothing there is less to ask.
ASKED = [
    *(("employee", question) for question in QUESTIONS),
    *(("stranger", question) for question in (EPOCH, REVISION, *SNAPSHOTS)),
]

#: Of a member and a question, the data and the errors.
Said = dict[tuple[str, str], Any]


class Asking:
    """An engine, and members who ask it."""

    def __init__(self, engine: Engine, sessions: dict[str, Session]) -> None:
        self.engine, self.sessions = engine, sessions
        self._prepared: dict[str, Prepared] = {}

    async def ask(self, asked: Iterable[tuple[str, str]]) -> Said:
        """What each of these members is answered to this question."""
        return {(member, query): await self._ask(self.sessions[member], query) for member, query in asked}

    async def ask_again(self, said: Said) -> Said:
        """What is said when the same is asked again, and none of it made that was kept."""
        kept = [(member, query) for member, query in said if query in KEPT]
        given, made = self.engine.answers.hits, self.engine.answers.made
        again = await self.ask(kept)
        # Or nothing was given again.
        assert self.engine.answers.hits > given
        assert self.engine.answers.made <= made + sum(query in MOMENTARY for _, query in kept)
        return again

    async def _ask(self, session: Session, query: str) -> Any:
        if query not in self._prepared:
            self._prepared[query] = self.engine.prepare(Request(query), session)
        return _readable(await self.engine.execute(self._prepared[query], session))


def _readable(body: bytes) -> Any:
    """An answer, with its errors in no order: which of two loads comes first is a matter of chance. And without what
    says when a link to a file was made."""
    answer = orjson.loads(re.sub(rb"(?<=[?]link=)[\w.-]+", b"", body))
    return answer["data"], sorted(map(str, answer.get("errors", ())))


@pytest.mark.parametrize("kinds", at_once(), ids=", ".join)
async def test_an_answer_that_is_given_again_is_what_a_fresh_process_says(
    kinds: tuple[str, ...], world: World, engine: Engine, fresh: Engine
) -> None:
    happenings = [SCENARIOS[kind](world) for kind in kinds]
    for happening in happenings:
        await anext(happening)
    members = {"employee": world.employee, "stranger": world.stranger}
    sessions = {name: await signed_in(engine, member) for name, member in members.items()}
    asking = Asking(engine, sessions)
    before = await asking.ask(ASKED)
    assert before == before | await asking.ask_again(before)
    for happening in happenings:
        assert await anext(happening, "over") == "over"
        made = engine.answers.made
        now = await asking.ask(product(sessions, (EPOCH, REVISION)))
        # What the event has nothing to do with is made anew, too: so fields do not keep each other from being given
        # again, and they and events may be asked about together. If that is not so any more, each has to be asked by
        # itself.
        assert engine.answers.made == made + len(now)
    expected = await Asking(fresh, sessions).ask(ASKED)
    # An answer that is the same as before is right, whichever of the two is given.
    changed = [each for each in expected if expected[each] != before[each]]
    now |= await asking.ask(changed)
    assert now == {each: expected[each] for each in now}
    assert now == now | await asking.ask_again(now)
