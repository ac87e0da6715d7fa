"""The walls within a firm: for a member without the account or without the pipeline, what is there does not exist."""

import json
from dataclasses import dataclass

import pytest

from models.commands.tasks import create_task
from models.commands.time import log_time
from models.database import sql
from models.ids import Kind, encode, new_id
from models.rights import Right
from models.rows import Member
from resolvers.mutations import ACTIONS
from tests.api.asking import MUTATIONS, QUERIES, SUBSCRIPTIONS, post, post_each, said_by_server
from tests.api.furnished import Furnished
from tests.api.samples import Id, Sampler, asked, filled, ids_in
from tests.api.selections import document, root_fields
from tests.api.untouched import untouched
from tests.serving import Api
from tests.specimens import Spot, specimens

ALL_BUT_SIGHT = tuple(right for right in Right if right is not Right.VIEW_ALL_ACCOUNTS)
#: What of each kind goes out of sight with an account, or with a pipeline.
HIDDEN = {
    "account": {Kind.ACCOUNT, Kind.JOB, Kind.TASK, Kind.TIME_ENTRY},
    "pipeline": {Kind.PIPELINE, Kind.STAGE, Kind.STATUS, Kind.JOB, Kind.TASK, Kind.TIME_ENTRY},
}
for _place, _kinds in HIDDEN.items():
    _kinds |= {known.kind for known in specimens() if _place in known.hidden_with}


@dataclass
class Partly:
    """A firm, a member of it who sees half, and the things of the other half."""

    firm: Furnished
    member: Member
    hidden: dict[str, str]
    word: str

    def unseen(self, place: Id) -> str:
        """The id of a thing that is there, out of the member's sight."""
        return self.hidden.get(place.kind.value) or self.firm.id(place)

    def unheard_of(self, place: Id) -> str:
        """An id that nothing has."""
        return encode(place.kind, new_id()) if place.kind.value in self.hidden else self.firm.id(place)


@pytest.fixture(scope="module", params=sorted(HIDDEN))
async def partly(database: str, request: pytest.FixtureRequest) -> Partly:
    """The member has every right but to see all accounts."""
    firm = await Furnished.build("seen")
    world, word = firm.world, f"unseen{firm.word}"
    member = await firm.employee(*ALL_BUT_SIGHT)
    await sql(
        "INSERT INTO account_member (account_id, member_id) SELECT id, $2 FROM account WHERE firm_id = $1",
        world.firm.id,
        member.id,
    )
    await sql("UPDATE time_entry SET started_at = NULL WHERE firm_id = $1", world.firm.id)
    await firm.give_messages_to(member)
    account, pipeline = world.account, world.pipeline
    if request.param == "account":
        account = await world.new_account(f"{word} account")
    else:
        pipeline = await world.new_pipeline(f"{word} pipeline", stages=(f"{word} stage", f"{word} other"))
    job = await world.job(f"{word} job", account_id=account.id, pipeline_id=pipeline.id)
    stage = (await world.stages(pipeline))[0]
    task, entry = new_id(), new_id()
    owner = world.acting(world.owner)
    await create_task(owner, name=f"{word} task", job_id=job.id, id=task)
    await log_time(owner, minutes=5, job_id=job.id, note=word, id=entry)
    # Their own time they see wherever it was spent, but not what it was spent on.
    await log_time(owner, minutes=7, job_id=job.id, member_id=member.id)
    ids = {
        Kind.ACCOUNT: account.id,
        Kind.PIPELINE: pipeline.id,
        Kind.STAGE: stage.id,
        Kind.STATUS: job.status_id,
        Kind.JOB: job.id,
        Kind.TASK: task,
        Kind.TIME_ENTRY: entry,
    }
    for known in specimens():
        if known.kind in HIDDEN[request.param]:
            ids[known.kind] = await known.make(owner, word, Spot(account.id, job.id))
    hidden = {kind.value: encode(kind, ids[kind]) for kind in HIDDEN[request.param]}
    return Partly(firm, member, hidden, word)


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_what_a_member_may_not_see_is_as_if_it_were_not_there(partly: Partly, api: Api, mutation: str) -> None:
    await api.token(partly.member)
    query = document("mutation", mutation, ["input"])
    sample = Sampler(mutation, partly.firm.word).input()
    async with untouched():
        for path, place in ids_in(sample):
            if place.mine or place.kind.value not in partly.hidden:
                continue
            tries = [filled(sample, partly.firm.id, other, path) for other in (partly.unseen, partly.unheard_of)]
            hidden, nothing = [
                said_by_server(await post(api, partly.member, query, variables), variables) for variables in tries
            ]
            assert hidden == nothing, path
            if ACTIONS[mutation].role is not None:
                continue  # An employee may not do it to anything.
            assert json.loads(hidden)["data"][mutation]["errors"][0]["code"] == "NOT_FOUND", (path, hidden)


@pytest.mark.parametrize("query", QUERIES)
async def test_a_query_shows_nothing_of_what_a_member_may_not_see(partly: Partly, api: Api, query: str) -> None:
    for arguments, named in asked(query, root_fields("query")[query]):
        text = document("query", query, arguments)
        tries = [filled(arguments, choose) for choose in (partly.unseen, partly.unheard_of, partly.firm.id)]
        told = await post_each(api, partly.member, text, tries)
        answers = [said_by_server(answer, variables) for answer, variables in zip(told, tries, strict=True)]
        for answer in answers:
            assert partly.word.encode() not in answer, (arguments, answer)
            assert not any(hidden.encode() in answer for hidden in partly.hidden.values()), (arguments, answer)
        if named:
            assert answers[0] == answers[1], arguments


@pytest.mark.parametrize("subscription", SUBSCRIPTIONS)
async def test_a_subscription_to_the_unseen_is_one_to_nothing(partly: Partly, api: Api, subscription: str) -> None:
    for arguments, named in asked(subscription, root_fields("subscription")[subscription]):
        text = document("subscription", subscription, [*arguments, "after"])
        frames = []
        for choose in (partly.unseen, partly.unheard_of) if named else (partly.firm.id,):
            async with api.socket(partly.member) as socket:
                variables = filled(arguments, choose) | {"after": "0"}
                await socket.subscribe(text, **variables)
                frames.append(said_by_server(json.dumps(await socket.receive()).encode(), variables))
        assert not any(partly.word.encode() in frame for frame in frames)
        if named and set(partly.hidden) & {place.kind.value for _, place in ids_in(arguments)}:
            assert frames[0] == frames[1]
            assert json.loads(frames[0])["type"] == "error"
