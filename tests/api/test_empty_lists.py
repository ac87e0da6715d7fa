"""An empty list is given, and means nobody, nothing or none: it is never taken for one that was left out."""

from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type

from tests.api.asking import MUTATIONS
from tests.api.furnished import Furnished
from tests.api.samples import Sampler, filled
from tests.api.selections import root_fields
from tests.serving import Api


def lists_of(mutation: str) -> list[str]:
    """The fields of a mutation's input that take a list."""
    type_: Any = get_named_type(root_fields("mutation")[mutation].args["input"].type)
    return [name for name, field in type_.fields.items() if "[" in str(field.type)]


PLACES = [(mutation, field) for mutation in MUTATIONS for field in lists_of(mutation)]
#: What is empty afterwards.
EMPTIED = {
    ("assignJob", "memberIds"): "assignees",
    ("assignJobs", "memberIds"): "assignees",
    ("assignTask", "memberIds"): "assignees",
    ("createAccount", "tagIds"): "tags",
    ("createAccount", "teamIds"): "team",
    ("createClientRequest", "recipientIds"): "recipients",
    ("createChat", "clientTasks"): "clientTasks",
    ("createClientRequestFromTemplate", "recipientIds"): "recipients",
    ("createContact", "emails"): "emails",
    ("createInvoice", "lines"): "lines",
    ("createJob", "assigneeIds"): "assignees",
    ("createMember", "rights"): "rights",
    ("createOrganizer", "recipientIds"): "recipients",
    ("createOrganizerFromTemplate", "recipientIds"): "recipients",
    ("createPipeline", "cardFields"): "cardFields",
    ("createPersonalToken", "rights"): "rights",
    ("createPipeline", "memberIds"): "members",
    ("createSavedView", "cardFields"): "cardFields",
    ("createSavedView", "sort"): "sort",
    ("createTask", "assigneeIds"): "assignees",
    ("createTask", "checklist"): "checklist",
    ("postMessage", "mentionIds"): "mentions",
    ("setAccountRoleHolders", "memberIds"): "roles",
    ("setAccountTags", "tagIds"): "tags",
    ("setAccountTeam", "memberIds"): "team",
    ("setClientTasks", "clientTasks"): "clientTasks",
    ("setMemberRights", "rights"): "rights",
    ("setTaskChecklist", "checklist"): "checklist",
    ("setPipelineMembers", "memberIds"): "members",
    ("updateClientRequest", "recipientIds"): "recipients",
    ("updateContact", "emails"): "emails",
    ("updateMessage", "mentionIds"): "mentions",
    ("updateOrganizer", "recipientIds"): "recipients",
    ("updatePipeline", "cardFields"): "cardFields",
    ("updateSavedView", "cardFields"): "cardFields",
    ("updateSavedView", "sort"): "sort",
    ("updateInvoice", "lines"): "lines",
    ("recordPayment", "allocations"): "allocations",
}
#: Of these there must be one.
NEEDED = {"answers", "approverIds", "entries", "jobs", "sections", "services", "signerIds", "stages", "timeEntryIds"}
NEEDED_IN = {("applyPayment", "allocations")}
#: And of these, because of the thing that they are about: one of its options is to be chosen.
NEEDED_THERE = {("recordProposalSignature", "chosen")}


@pytest.mark.parametrize(("mutation", "field"), PLACES)
async def test_an_empty_list_in_an_input(database: str, api: Api, mutation: str, field: str) -> None:
    firm = await Furnished.build()
    given = filled(Sampler(mutation, firm.word).input(), firm.id)["input"] | {field: []}
    definition = root_fields("mutation")[mutation]
    input_type, payload = definition.args["input"].type, definition.type
    assert isinstance(payload, GraphQLObjectType)
    thing = next(iter(payload.fields))
    shown = EMPTIED.get((mutation, field), "id")
    selected = shown if shown in ("rights", "cardFields", "emails", "id") else f"{shown} {{ __typename }}"
    query = (
        f"mutation Empty($input: {input_type}) {{ {mutation}(input: $input) "
        f"{{ {thing} {{ {selected} }} revision errors {{ code path }} }} }}"
    )
    answer = (await api.ask(firm.world.owner, query, input=given))[mutation]
    if field in NEEDED or (mutation, field) in NEEDED_IN | NEEDED_THERE:
        code = "RULE" if (mutation, field) in NEEDED_THERE else "INVALID"
        assert answer["errors"] == [{"code": code, "path": ["input", field]}]
        assert answer["revision"] is None
        return
    assert answer["errors"] == []
    assert (mutation, field) in EMPTIED, "Say in EMPTIED what of the thing is empty afterwards, or in NEEDED."
    (changed,) = answer[thing] if isinstance(answer[thing], list) else [answer[thing]]
    assert changed[shown] == []


async def test_an_empty_list_in_a_query(database: str, api: Api) -> None:
    firm = await Furnished.build()
    answer = await api.ask(
        firm.world.owner,
        "{ nodes(ids: []) { id } usual: jobs { nodes { id } } jobs(sort: []) { nodes { id } } }",
    )
    assert answer["nodes"] == []
    assert answer["jobs"] == answer["usual"]
