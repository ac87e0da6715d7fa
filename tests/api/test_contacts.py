"""Contacts as clients read them: by name at an account, where they are as far as one sees it, and what they are found
by."""

from typing import Any

from models.firm.account_contacts import link_contact
from models.firm.contacts import create_contact
from models.ids import Kind, encode
from models.rows import Member
from models.rows.contacts import AccountContact, Contact
from tests.serving import Api
from tests.world import World

_AT_ACCOUNT = """
query At($id: ID!, $filter: AccountContactFilter) {
  account(id: $id) { contacts(filter: $filter) { totalCount nodes { title signs contact { name nameOrder } } } }
}
"""
_WHERE = """
query Where($id: ID!) { contact(id: $id) { accounts { totalCount nodes { account { name } } } } }
"""
_FIND = "query Find($filter: ContactFilter) { contacts(filter: $filter) { nodes { name } } }"
_UNLINK = """
mutation Unlink($input: AccountContactInput!) {
  unlinkContact(input: $input) { accountContact { id contact { id } } errors { code } }
}
"""


async def new_contact(world: World, name: str, **fields: Any) -> Contact:
    """A contact at the world's account."""
    return (await create_contact(world.acting(world.owner), name=name, account_id=world.account.id, **fields)).value


async def found(api: Api, member: Member, **filter: Any) -> list[str]:
    """The names of those whom a filter finds."""
    answer = await api.ask(member, _FIND, filter=filter)
    return [contact["name"] for contact in answer["contacts"]["nodes"]]


async def test_at_an_account_they_are_in_the_order_of_their_names(world: World, api: Api) -> None:
    for name in ("Zoë", "Ämilie", "émile", "Anna"):
        await new_contact(world, name, title=f"{name}'s", signs=name == "Anna")
    id = encode(Kind.ACCOUNT, world.account.id)
    page = (await api.ask(world.employee, _AT_ACCOUNT, id=id))["account"]["contacts"]
    assert page["totalCount"] == 4
    assert [node["title"] for node in page["nodes"]] == ["Ämilie's", "Anna's", "émile's", "Zoë's"]
    orders = [node["contact"]["nameOrder"] for node in page["nodes"]]
    assert orders == sorted(orders)
    signing = (await api.ask(world.employee, _AT_ACCOUNT, id=id, filter={"signs": True}))["account"]["contacts"]
    assert [node["contact"]["name"] for node in signing["nodes"]] == ["Anna"]


async def test_where_they_are_is_told_as_far_as_it_is_seen(world: World, api: Api) -> None:
    hidden = await world.new_account("Hidden")
    contact = await new_contact(world, "Ada")
    link = (
        await link_contact(world.acting(world.owner), contact_id=contact.id, account_id=hidden.id)
    ).value  # Which the employee does not see.
    id = encode(Kind.CONTACT, contact.id)
    for member, names in ((world.owner, ["Acme", "Hidden"]), (world.employee, ["Acme"])):
        page = (await api.ask(member, _WHERE, id=id))["contact"]["accounts"]
        assert page["totalCount"] == len(names)
        assert [node["account"]["name"] for node in page["nodes"]] == names
    # Nor is it found by what is hidden.
    at_hidden = {"in": [encode(Kind.ACCOUNT, hidden.id)]}
    assert await found(api, world.owner, account=at_hidden) == ["Ada"]
    assert await found(api, world.employee, account=at_hidden) == []
    assert await found(api, world.employee, account={"notIn": at_hidden["in"]}) == ["Ada"]
    assert (await api.ask(world.stranger, _WHERE, id=id))["contact"] is None
    assert link.account_id == hidden.id


async def test_they_are_found_by_address_language_and_words(world: World, api: Api) -> None:
    await new_contact(world, "Ada", emails=["ada@mail.example", "shared@mail.example"], language="de-CH")
    await new_contact(world, "Bert", emails=["shared@mail.example"], language="den", phone="+41 44 555 01 02")
    employee = world.employee
    assert await found(api, employee, email=["SHARED@mail.example"]) == ["Ada", "Bert"]
    assert await found(api, employee, email=["ada@mail.example", "no address"]) == ["Ada"]
    assert await found(api, employee, email=["ada@mail"]) == []
    # A language is its varieties too, and no other one that begins with the same letters.
    assert await found(api, employee, language=["DE"]) == ["Ada"]
    assert await found(api, employee, language=["de-CH", "none of them"]) == ["Ada"]
    assert await found(api, employee, language=[]) == []
    assert await found(api, employee, search="shared mail") == ["Ada", "Bert"]
    assert await found(api, employee, search="555") == ["Bert"]
    hits = await api.ask(
        employee, '{ search(text: "ada", kinds: [CONTACT]) { hits { kind thing { ... on Contact { emails } } } } }'
    )
    assert hits["search"]["hits"] == [
        {"kind": "CONTACT", "thing": {"emails": ["ada@mail.example", "shared@mail.example"]}}
    ]


async def test_who_takes_one_off_the_last_account_in_sight_sees_them_no_more(world: World, api: Api) -> None:
    contact = await new_contact(world, "Ada")
    await Member.filter(id=world.employee.id).update(given_rights=["MANAGE_ACCOUNTS"])
    link = await AccountContact.get(contact_id=contact.id)
    input = {"accountContactId": encode(Kind.ACCOUNT_CONTACT, link.id)}
    answer = (await api.ask(world.employee, _UNLINK, input=input))["unlinkContact"]
    assert answer == {"accountContact": {"id": input["accountContactId"], "contact": None}, "errors": []}
