"""The rights table, row by row: who is refused, and that a refusal changes nothing. That whoever has the
right is not is in `tests/api/test_leaks_of_changes.py`, and what is withheld from whom in `tests/api/test_leaks.py`.

All of it is made from what commands, rows and events declare: an action or a withheld field that is added is tested
here.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import GraphQLObjectType, ObjectTypeDefinitionNode, parse

from models.commands.time import delete_time_entry, log_time
from models.commands.timers import stop_timer
from models.database import sql
from models.ids import Kind
from models.rights import EVERY_MEMBER, Requirement, Right, Role
from models.rows import Member
from models.rows.base import known_models
from resolvers.mutations import ACTIONS
from resolvers.root import graphql_schema, printed
from schema.permissions import FIELDS
from tests.api.asking import SESSIONS
from tests.api.furnished import Furnished
from tests.api.samples import Id, Sampler, filled
from tests.api.selections import document, root_fields
from tests.api.untouched import untouched
from tests.commands import every_command
from tests.serving import Api

RESTRICTED = sorted(name for name, needed in ACTIONS.items() if needed != EVERY_MEMBER)


@dataclass
class Staff:
    """A firm, and people in it who differ in one right."""

    firm: Furnished

    async def without(self, *rights: Right) -> Member:
        """An employee who sees everything, and has all rights but these."""
        return await self.firm.employee(*(right for right in Right if right not in rights))

    async def hand_over_time(self, member: Member) -> None:
        """Make all that has an owner a member's own: others' they would not see."""
        for model in known_models().values():
            if owner := model.policy.owner:
                given = f"UPDATE {model._meta.db_table} SET {owner} = $2 WHERE firm_id = $1 AND {owner} IS NOT NULL"
                await sql(given, self.firm.world.firm.id, member.id)
        await self.firm.give_messages_to(member)

    async def hand_over_files(self, member: Member) -> None:
        """Make a member the uploader of what nothing has taken."""
        given = "UPDATE file SET kept_for_id = $2 WHERE firm_id = $1 AND kept_for_id IS NOT NULL"
        await sql(given, self.firm.world.firm.id, member.id)


@pytest.fixture
async def staff(database: str) -> Staff:
    """A firm of the test's own: what is allowed below is done."""
    return Staff(await Furnished.build())


@pytest.fixture(scope="module")
async def watched(database: str) -> Staff:
    """A firm in which nothing changes any more, with events of every kind that has withheld fields."""
    firm = await Furnished.build()
    owner = firm.world.acting(firm.world.owner)
    await stop_timer(owner)
    entry = (await log_time(owner, minutes=5, job_id=firm.things["job"])).value
    await delete_time_entry(owner, time_entry_id=entry.id)
    return Staff(firm)


async def attempt(api: Api, firm: Furnished, member: Member, mutation: str, **instead: Any) -> list[dict[str, Any]]:
    """The errors of a mutation that the owner could make."""
    variables = filled(Sampler(mutation, firm.word).input(), firm.id)
    for name in instead.keys() & variables["input"].keys():
        variables["input"][name] = instead[name]
    # What the payload then shows may be withheld from this member: not the matter here.
    answer = await api.post(member, document("mutation", mutation, ["input"]), **variables)
    return answer["data"][mutation]["errors"]  # type: ignore[no-any-return]


# Roles are given by the owner alone, rights by whoever has them: rules of their own, tested in tests/domain.
HARMLESS = {"role": "EMPLOYEE", "rights": []}


@pytest.mark.parametrize("mutation", RESTRICTED)
async def test_whoever_lacks_it_is_refused_and_nothing_changes(watched: Staff, api: Api, mutation: str) -> None:
    needed, world = ACTIONS[mutation], watched.firm.world
    lacking = [await watched.without(*filter(None, [needed.right]))]
    if needed.role is Role.OWNER:
        lacking.append(world.admin)
    for member in lacking:
        await api.token(member)
        async with untouched():
            (error,) = await attempt(api, watched.firm, member, mutation)
            assert (error["code"], error["right"]) == ("FORBIDDEN", needed.right and needed.right.value)
            assert error["path"] == ["input"]
            assert str(needed) in error["message"]


#: What needs another right besides, of what is named.
NEEDS_ALSO = {
    "billTimeEntries": Right.MANAGE_RATES,
    # To have it invoiced.
    "createProposal": Right.MANAGE_INVOICES,
    "lockDocument": Right.MANAGE_INVOICES,
    "unlockDocument": Right.MANAGE_INVOICES,
    "updateProposal": Right.MANAGE_INVOICES,
}


@pytest.mark.parametrize("mutation", NEEDS_ALSO)
async def test_the_other_right_is_needed_too(staff: Staff, api: Api, mutation: str) -> None:
    member = await staff.without(NEEDS_ALSO[mutation])
    await staff.hand_over_time(member)
    async with untouched():
        (error,) = await attempt(api, staff.firm, member, mutation)
        assert (error["code"], error["right"]) == ("FORBIDDEN", NEEDS_ALSO[mutation].value)


#: Done to one's own alone: another's is not there.
TO_ONES_OWN = {"shareSavedView"}


@pytest.mark.parametrize("mutation", [name for name in RESTRICTED if ACTIONS[name].right and name not in TO_ONES_OWN])
async def test_nor_is_an_admin(staff: Staff, api: Api, mutation: str) -> None:
    await staff.hand_over_files(staff.firm.world.admin)
    assert await attempt(api, staff.firm, staff.firm.world.admin, mutation, **HARMLESS) == []


def test_every_command_is_a_mutation_or_internal() -> None:
    offered = {command.action.name for command in every_command() if not command.action.internal}
    assert root_fields("mutation").keys() - SESSIONS == ACTIONS.keys() == offered


def test_every_requirement_is_printed() -> None:
    sdl = printed()
    for place, needed in [*((("Mutation", name), needed) for name, needed in ACTIONS.items()), *FIELDS.items()]:
        owner, field = place
        body = sdl[sdl.index(f"\ntype {owner} ") :]
        lines = body[: body.index("\n}")].splitlines()
        start = next(i for i, line in enumerate(lines) if line.startswith((f"  {field}:", f"  {field}(")))
        end = next(line for line in lines[start:] if line.startswith((f"  {field}:", "  )")))
        if needed == EVERY_MEMBER:
            assert "@requires" not in end, place
        else:
            said = f"right: {needed.right}" if needed.right else f"role: {needed.role}"
            said += ", unlessOwn: true" if needed.unless_own else ""
            assert end.endswith(f"@requires({said})"), place


def test_every_requirement_ends_the_description_and_no_other_does() -> None:
    """Whatever the schema's directive says of a field, introspection says, which tells no directives."""
    types = [node for node in parse(printed()).definitions if isinstance(node, ObjectTypeDefinitionNode)]
    told = 0
    for place, field in [
        ((owner.name.value, field.name.value), field) for owner in types for field in owner.fields or ()
    ]:
        description = graphql_schema().type_map[place[0]].fields[place[1]].description or ""  # type: ignore[attr-defined]
        said = re.search(r"Needs the (right|role) [A-Z].*\.$", description)
        directive = next((each for each in field.directives or () if each.name.value == "requires"), None)
        if directive is None:
            assert said is None, place
            continue
        given: dict[str, Any] = {
            each.name.value: getattr(each.value, "value", None) for each in directive.arguments or ()
        }
        needed = Requirement.of(Right(given["right"]) if "right" in given else Role(given["role"]))
        unless = ", unless it is told on `viewerChanges` of what is your own" if "unlessOwn" in given else ""
        assert said is not None and said[0] == f"Needs {needed}{unless}.", place
        told += 1
    assert told >= len(FIELDS) + len([needed for needed in ACTIONS.values() if needed != EVERY_MEMBER])


def test_every_withheld_field_exists_and_may_be_null() -> None:
    for type_name, field in FIELDS:
        owner = graphql_schema().type_map[type_name]
        assert isinstance(owner, GraphQLObjectType)
        assert not str(owner.fields[field].type).endswith("!"), (type_name, field)


def _place(kind: str) -> Id:
    return Id(Kind(kind), "read")


async def test_a_budget_needs_its_right_in_a_creation_too(watched: Staff, api: Api) -> None:
    member = await watched.without(Right.MANAGE_TIME_BUDGETS)
    async with untouched():
        (error,) = await attempt(api, watched.firm, member, "createJob")
        assert (error["code"], error["right"], error["path"]) == (
            "FORBIDDEN",
            "MANAGE_TIME_BUDGETS",
            ["input", "budget"],
        )


@pytest.mark.parametrize("mutation", ["updateTimeEntry", "deleteTimeEntry", "setTimeEntryRate"])
async def test_anothers_time_does_not_exist_without_its_right(watched: Staff, api: Api, mutation: str) -> None:
    member = await watched.without(Right.MANAGE_TIME_ENTRIES)
    async with untouched():
        (error,) = await attempt(api, watched.firm, member, mutation)
        assert error["code"] == "NOT_FOUND"


async def test_a_change_in_the_history_is_withheld_like_the_field_itself(watched: Staff, api: Api) -> None:
    query = """query Changes($id: ID!) { job(id: $id) { history(first: 100) { nodes {
        ... on JobUpdated { changes { field before after } } } } } }"""
    owner = watched.firm.world.owner
    budget = """mutation Budget($input: SetJobBudgetInput!) { setJobBudget(input: $input) { errors { message } } }"""
    job = watched.firm.id(_place("job"))
    await api.ask(owner, budget, input={"jobId": job, "budget": 120})
    (told,) = [
        change
        for node in (await api.ask(owner, query, id=job))["job"]["history"]["nodes"]
        for change in node.get("changes", [])
    ]
    assert told == {"field": "budget", "before": "600", "after": "120"}
    answer = await api.post(await watched.without(Right.MANAGE_TIME_BUDGETS), query, id=job)
    assert '"120"' not in json.dumps(answer["data"])
    assert {error["extensions"]["right"] for error in answer["errors"]} == {"MANAGE_TIME_BUDGETS"}
