"""Every mutation, made by somebody who is shut out between its work and its revision: it has not been made."""

import asyncio

import asyncpg
import pytest

from models.commands.members import set_member_rights
from models.ids import Kind, encode
from models.rights import Right, Role
from models.rows import AccountMember, Member, PipelineMember
from tests.api.asking import MUTATIONS
from tests.api.furnished import Furnished
from tests.api.samples import Sampler, filled
from tests.api.selections import document
from tests.locks import held, until_waiting
from tests.serving import Api
from tests.world import World

#: It makes no event, and waits for its own member instead.
WITHOUT_REVISION = {"changePassword"}

_SHUT_OUT = "UPDATE member SET active = false WHERE id = $1"
_RAISE = "UPDATE firm SET revision = revision + 1, scope_revision = revision + 1 WHERE id = $1"
_RECORD = """
INSERT INTO event (firm_id, revision, index, type, data, subject, actor, at)
SELECT id, revision, 0, 'MemberDeactivated', jsonb_build_object('member', $2::text), $2::uuid,
       '{"kind": "SCHEDULE", "id": null, "label": "Test"}', now()
FROM firm WHERE id = $1
"""


async def shut_out(connection: asyncpg.Connection, member: Member) -> None:
    """What deactivating somebody does, in the transaction of this connection."""
    await connection.execute(_SHUT_OUT, member.id)
    await connection.execute(_RAISE, member.firm_id)
    await connection.execute(_RECORD, member.firm_id, str(member.id))


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_what_waits_for_its_revision_when_its_maker_is_shut_out_is_not_made(
    api: Api, database: str, mutation: str
) -> None:
    firm = await Furnished.build()
    world = firm.world
    actor = world.owner  # Who may do it all.
    await api.token(actor)
    variables = filled(Sampler(mutation, firm.word).input(), firm.id)
    variables["input"]["idempotencyKey"] = "once"
    before = (await Member.get(id=actor.id)).password_hash
    place = ("member", actor.id) if mutation in WITHOUT_REVISION else ("firm", world.firm.id)
    async with held(database, *place) as connection:
        asking = asyncio.create_task(api.post(actor, document("mutation", mutation, ["input"]), **variables))
        await until_waiting(asking)
        assert not asking.done(), "Nothing waited: this proves nothing."
        await shut_out(connection, actor)
    answer = await asking
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]
    assert answer["data"] == {mutation: None}
    last = (await world.events())[-1]
    assert type(last.event).__name__ == "MemberDeactivated"
    assert last.revision == await world.revision()
    assert (await Member.get(id=actor.id)).password_hash == before


BUDGETS = """
mutation Budgets($first: UpdateJobInput!, $second: UpdateJobInput!) {
  first: updateJob(input: $first) { job { name budget } errors { code } }
  second: updateJob(input: $second) { job { name budget } errors { code } }
}"""


@pytest.mark.parametrize("conflict", [False, True])
async def test_the_answer_is_held_to_what_the_change_was_held_to(
    world: World, api: Api, database: str, conflict: bool
) -> None:
    member = await world.member("Bea Budgets", Role.EMPLOYEE, Right.MANAGE_TIME_BUDGETS, Right.VIEW_ALL_ACCOUNTS)
    await PipelineMember.create(pipeline_id=world.pipeline.id, member_id=member.id)
    jobs = [await world.job(budget=600) for _ in range(2)]
    targets: list[dict[str, object]] = [{"jobId": encode(Kind.JOB, job.id), "name": "New"} for job in jobs]
    first, second = targets
    if conflict:
        second["expectedVersion"] = 5
    await api.token(member)
    async with held(database, "job", jobs[0].id):
        asking = asyncio.create_task(api.post(member, BUDGETS, first=first, second=second))
        await until_waiting(asking)
        assert not asking.done()
        left = [Right.VIEW_ALL_ACCOUNTS]
        await set_member_rights(world.acting(world.owner), member_id=member.id, rights=left)
    answer = await asking
    assert answer["data"]["first"]["job"] == {"name": "New", "budget": None}
    assert answer["data"]["second"]["job"] == {"name": "1040" if conflict else "New", "budget": None}
    assert {error["extensions"]["right"] for error in answer["errors"]} == {"MANAGE_TIME_BUDGETS"}


async def test_whoever_changes_what_they_see_still_signs_out(world: World, api: Api) -> None:
    member = await world.member("Amy Accounts", Role.EMPLOYEE, Right.MANAGE_ACCOUNTS)
    await AccountMember.create(account_id=world.account.id, member_id=member.id)
    query = """
    mutation Leave($input: SetAccountTeamInput!) {
      setAccountTeam(input: $input) { errors { code } } signOut { errors { code } } }"""
    await api.ask(member, query, input={"accountId": encode(Kind.ACCOUNT, world.account.id), "memberIds": []})
    answer = await api.post(member, "{ viewer { role } }")
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
