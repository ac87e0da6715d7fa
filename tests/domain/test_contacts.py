"""Contacts: who sees whom, what is refused, and two that become one."""

import asyncio
import random
from typing import Any
from uuid import UUID

import pytest

from models.commands.accounts import archive_account
from models.database import sql
from models.errors import Conflict, Forbidden, Invalid, NotFound, Refusal, RuleBroken
from models.firm.account_contacts import link_contact, unlink_contact, update_account_contact
from models.firm.contact_merging import merge_contacts
from models.firm.contacts import ContactFields, archive_contact, create_contact, restore_contact, update_contact
from models.ids import Kind, new_id
from models.reasons import Reason
from models.rights import Right, Role
from models.rows import Account, Member
from models.rows.contacts import AccountContact, Contact
from models.scope import Scope
from models.searching import search
from models.viewers import viewer
from models.visibility import shown
from models.visibility_in_sql import shown_condition, shown_values
from tests.domain.refusal import counted, refused, told
from tests.locks import held, until_waiting
from tests.world import World


async def new_contact(world: World, name: str = "Ada", *accounts: Account, **fields: Any) -> Contact:
    """A contact at these accounts."""
    first, *others = accounts or [None]
    owner = world.acting(world.owner)
    place = None if first is None else first.id
    contact = (await create_contact(owner, name=name, account_id=place, **fields)).value
    for account in others:
        assert account is not None
        await link_contact(owner, contact_id=contact.id, account_id=account.id)
    return contact


async def link_of(contact: Contact, account: Account) -> AccountContact:
    """What a contact is at an account."""
    return await AccountContact.get(contact_id=contact.id, account_id=account.id)


async def scope_of(member: Member) -> Scope:
    """What a member may see."""
    looking = await viewer(member.id)
    assert looking is not None
    return looking.scope


async def seen_by(member: Member) -> set[str]:
    """The names of the contacts that a member sees: as the ORM has it, as SQL does, and as a search finds them."""
    scope = await scope_of(member)
    rows = scope.rows(Contact)
    found = {contact.name for contact in await rows.where()}
    assert found == {contact.name for contact in await rows.read("true")}
    hits = await search(scope, "x@mail", [Kind.CONTACT], 50)
    assert {hit.id for hit in hits.hits} == {contact.id for contact in await rows.where()}
    return found


async def test_one_is_added_once_and_told_where_it_is(world: World) -> None:
    owner, id = world.acting(world.owner), new_id()
    before = await world.revision()
    fields: ContactFields = {"name": " Ada ", "emails": ["Ada@Mail.example", "ada@mail.example"], "language": "EN-gb"}
    first = await create_contact(owner, **fields, account_id=world.account.id, title="CEO", signs=True, id=id)
    again = await create_contact(owner, **fields, account_id=world.account.id, title="CEO", signs=True, id=id)
    assert again.revision == first.revision == await world.revision() == before + 1
    assert (first.value.name, first.value.emails, first.value.language) == ("Ada", ["ada@mail.example"], "en-GB")
    link = await link_of(first.value, world.account)
    assert (link.title, link.signs, link.gets_mail) == ("CEO", True, False)
    assert await told(world, before) == ["ContactCreated", "ContactLinked"]
    # Where it is already, nothing changes.
    assert (await link_contact(owner, contact_id=id, account_id=world.account.id)).revision == first.revision
    assert await told(world, first.revision) == []


_INVALID: list[tuple[dict[str, Any], tuple[str | int, ...], Reason]] = [
    ({"name": " "}, ("name",), Reason.BLANK),
    ({"emails": ["ada@mail.example", "ada"]}, ("emails", 1), Reason.FORMAT),
    ({"emails": ["ada..b@mail.example"]}, ("emails", 0), Reason.FORMAT),
    ({"emails": ["ada@-mail.example"]}, ("emails", 0), Reason.FORMAT),
    ({"emails": ["ada@localhost"]}, ("emails", 0), Reason.FORMAT),
    ({"emails": [f"{number}@mail.example" for number in range(6)]}, ("emails",), Reason.TOO_MANY),
    ({"phone": "1" * 51}, ("phone",), Reason.TOO_LONG),
    ({"language": "German"}, ("language",), Reason.FORMAT),
    ({"language": "de_CH"}, ("language",), Reason.FORMAT),
    ({"language": "und"}, ("language",), Reason.FORMAT),
    ({"language": "x-ours"}, ("language",), Reason.FORMAT),
]


async def test_what_can_never_be_right(world: World) -> None:
    owner, contact = world.acting(world.owner), await new_contact(world)
    for fields, path, reason in _INVALID:
        async with refused(world, Invalid, *path) as caught:
            await update_contact(owner, contact_id=contact.id, **fields)
        assert caught.value.reason is reason, fields
    # All of it at once, and as of a new one.
    with pytest.raises(Invalid) as several:
        await create_contact(owner, name="", emails=["a", "b"], language="", title=" ", account_id=world.account.id)
    assert [each.path for each in several.value.all] == [
        ("name",),
        ("emails", 0),
        ("emails", 1),
        ("language",),
        ("title",),
    ]


async def test_who_sees_whom_and_who_may_do_it(world: World) -> None:
    hidden = await world.new_account("Hidden")
    at_both = await new_contact(world, "Both", world.account, hidden, emails=["x@mail.example"])
    at_hidden = await new_contact(world, "Hidden's", hidden, emails=["x@mail.example"])
    loose = await new_contact(world, "Loose", emails=["x@mail.example"])
    clerk = await world.member("Clara Clerk", Role.EMPLOYEE, Right.MANAGE_ACCOUNTS)
    reader = await world.member("Rita Reader", Role.EMPLOYEE, Right.VIEW_ALL_ACCOUNTS)
    await sql("INSERT INTO account_member (account_id, member_id) VALUES ($1, $2)", world.account.id, clerk.id)
    assert await seen_by(world.stranger) == set()
    assert await seen_by(world.employee) == await seen_by(clerk) == {"Both"}
    assert await seen_by(world.owner) == await seen_by(reader) == {"Both", "Hidden's", "Loose"}

    # Seeing is not changing.
    for member in (world.employee, reader):
        async with refused(world, Forbidden):
            await update_contact(world.acting(member), contact_id=at_both.id, name="Mine")
    acting = world.acting(clerk)
    # What is out of sight is as if it were not there: the contact, and the account that one is to come to.
    for unseen in (at_hidden.id, loose.id, new_id()):
        async with refused(world, NotFound, "contact_id"):
            await archive_contact(acting, contact_id=unseen)
        async with refused(world, NotFound, "contact_id"):
            await link_contact(acting, contact_id=unseen, account_id=world.account.id)
    async with refused(world, NotFound, "account_id"):
        await link_contact(acting, contact_id=at_both.id, account_id=hidden.id)
    async with refused(world, NotFound, "account_contact_id"):
        await unlink_contact(acting, account_contact_id=(await link_of(at_both, hidden)).id)
    # Nobody makes what they then do not see.
    async with refused(world, Invalid, "account_id"):
        await create_contact(acting, name="Mine")
    async with refused(world, Invalid, "account_id"):
        await create_contact(world.acting(world.owner), name="Hers", signs=True)
    for one, other, field in ((at_both.id, at_hidden.id, "into_id"), (at_hidden.id, at_both.id, "contact_id")):
        async with refused(world, NotFound, field):
            await merge_contacts(acting, contact_id=one, into_id=other)

    # Two in sight are merged where they are out of sight, too.
    twin = (await create_contact(acting, name="Both too", emails=["x@mail.example"], account_id=world.account.id)).value
    await merge_contacts(acting, contact_id=at_both.id, into_id=twin.id)
    assert await seen_by(clerk) == {"Both too"}
    assert await seen_by(world.owner) == {"Both too", "Hidden's", "Loose"}
    at_both = await Contact.get(id=twin.id)
    mine = (await create_contact(acting, name="Mine", emails=["x@mail.example"], account_id=world.account.id)).value

    # Taken off the last account in sight, it is gone from there; whoever sees every account goes on to see it.
    await unlink_contact(acting, account_contact_id=(await link_of(at_both, world.account)).id)
    assert await seen_by(clerk) == await seen_by(world.employee) == {"Mine"}
    await unlink_contact(acting, account_contact_id=(await link_of(mine, world.account)).id)
    assert await seen_by(clerk) == set()
    assert await seen_by(reader) == {"Both too", "Hidden's", "Loose", "Mine"}


async def test_what_is_told_of_them_is_told_where_they_are(world: World) -> None:
    """At random: of each event, everybody is told who then saw the contact there; and the log's condition in SQL finds
    for each just what is told."""
    chance, owner = random.Random(7), world.acting(world.owner)
    accounts = [world.account, await world.new_account("B", world.employee), await world.new_account("C")]
    people = [await new_contact(world, f"P{number}") for number in range(4)]
    # By name: what each is at which account.
    at: dict[UUID, dict[UUID, bool]] = {contact.id: {} for contact in people}
    start = await world.revision()
    for _ in range(60):
        contact, account = chance.choice(people), chance.choice(accounts)
        there = at.get(contact.id)
        if there is None:
            continue
        match chance.randrange(5):
            case 0 | 1:
                signs = chance.random() < 0.5
                await link_contact(owner, contact_id=contact.id, account_id=account.id, signs=signs)
                there.setdefault(account.id, signs)
            case 2 if account.id in there:
                await unlink_contact(owner, account_contact_id=(await link_of(contact, account)).id)
                del there[account.id]
            case 3:
                await update_contact(owner, contact_id=contact.id, phone=str(chance.random()))
            case 4 if len(at) > 2:
                into = chance.choice([id for id in at if id != contact.id])
                await merge_contacts(owner, contact_id=contact.id, into_id=into)
                del at[contact.id]
                for place, signs in there.items():
                    at[into][place] = at[into].get(place, False) or signs
    links = await AccountContact.filter(firm_id=world.firm.id)
    assert sorted((link.contact_id, link.account_id, link.signs) for link in links) == sorted(
        (contact, account, signs) for contact, there in at.items() for account, signs in there.items()
    )
    assert {contact.id for contact in await Contact.filter(firm_id=world.firm.id)} == set(at)
    events = await world.events(start)
    for member in (world.owner, world.employee, world.stranger):
        scope = await scope_of(member)
        told_here = {(each.revision, each.index) for each in events if shown(each.event, scope) is not None}
        rows = await sql(
            f"SELECT revision, index FROM event WHERE firm_id = $1 AND revision > $2 AND {shown_condition('event', 3)}",
            world.firm.id,
            start,
            *shown_values(scope),
        )
        assert told_here == {(row["revision"], row["index"]) for row in rows}
        if scope.accounts is not None:
            stood = {(each.revision, each.index) for each in events if each.event.account in scope.accounts}  # type: ignore[attr-defined]
            assert told_here == stood
        else:
            assert len(told_here) == len(events)


async def test_merging_joins_what_was_the_ones(world: World, caplog: pytest.LogCaptureFixture) -> None:
    owner = world.acting(world.owner)
    other = await world.new_account("Other")
    lost = await new_contact(
        world, "Ada", world.account, other, emails=["ada@mail.example", "both@mail.example"], language="de", title="CEO"
    )
    stays = await new_contact(
        world, "A. Lovelace", other, emails=["both@mail.example"], phone="12", signs=True, gets_mail=False
    )
    before = await world.revision()
    await merge_contacts(owner, contact_id=lost.id, into_id=stays.id, expected_version=1, into_expected_version=1)
    assert await told(world, before) == [
        "AccountContactUpdated",
        "ContactUnlinked",
        *["ContactMerged"] * 2,
        *["ContactUpdated"] * 2,
    ]
    assert await world.revision() == before + 1
    one = await Contact.get(id=stays.id)
    assert (one.name, one.emails, one.phone, one.language, one.version) == (
        "A. Lovelace",
        ["both@mail.example", "ada@mail.example"],
        "12",
        "de",
        2,
    )
    there = {link.account_id: link for link in await AccountContact.filter(contact_id=stays.id)}
    assert there.keys() == {world.account.id, other.id}
    assert (there[world.account.id].title, there[other.id].signs) == ("CEO", True)
    assert {link.contact_order for link in there.values()} == {one.name_order}
    assert await sql("SELECT FROM search_entry WHERE thing = $1", lost.id) == []

    # As many statements, however many accounts there are.
    sizes = []
    for number in (2, 12):
        at = [await world.new_account(f"{number} {each}") for each in range(number)]
        person, again = await new_contact(world, f"Bob {number}", *at), await new_contact(world, "Rob", at[0])
        with counted(caplog) as statements:
            await merge_contacts(owner, contact_id=person.id, into_id=again.id)
        sizes.append(len(statements))
    assert sizes[0] == sizes[1]


async def test_what_is_refused_by_the_state_of_things(world: World) -> None:
    owner = world.acting(world.owner)
    gone = await world.new_account("Gone")
    await archive_account(owner, account_id=gone.id)
    one, two = await new_contact(world, "One", world.account), await new_contact(world, "Two")
    stranger = await World.build("others")
    theirs = await new_contact(stranger, "Theirs", stranger.account)

    async def merging(**given: Any) -> None:
        await merge_contacts(owner, **({"contact_id": one.id, "into_id": two.id} | given))

    async with refused(world, RuleBroken, "account_id", match="Restore"):
        await link_contact(owner, contact_id=one.id, account_id=gone.id)
    async with refused(world, RuleBroken, "account_id"):
        await create_contact(owner, name="New", account_id=gone.id)
    async with refused(world, NotFound, "account_id"):
        await link_contact(owner, contact_id=one.id, account_id=stranger.account.id)
    async with refused(world, Invalid, "into_id", match="itself"):
        await merging(into_id=one.id)
    async with refused(world, NotFound, "into_id"):
        await merging(into_id=theirs.id)
    async with refused(world, NotFound, "contact_id"):
        await merging(contact_id=theirs.id)
    async with refused(world, Conflict, "expected_version") as caught:
        await merging(expected_version=7)
    assert caught.value.present.id == one.id  # type: ignore[attr-defined]
    async with refused(world, Conflict, "into_expected_version") as caught:
        await merging(into_expected_version=7)
    assert caught.value.present.id == two.id  # type: ignore[attr-defined]
    link = await link_of(one, world.account)
    async with refused(world, Conflict, "expected_version"):
        await update_account_contact(owner, account_contact_id=link.id, signs=True, expected_version=2)
    for contact, letter in ((one, "a"), (two, "b")):
        emails = [f"{letter}{number}@mail.example" for number in range(3)]
        await update_contact(owner, contact_id=contact.id, emails=emails)
    async with refused(world, RuleBroken, "contact_id", match="6 addresses"):
        await merging()
    await update_contact(owner, contact_id=one.id, emails=[])
    await archive_contact(owner, contact_id=two.id)
    async with refused(world, RuleBroken, "contact_id", match="Restore"):
        await link_contact(owner, contact_id=two.id, account_id=world.account.id)
    async with refused(world, RuleBroken, "into_id", match="Restore"):
        await merging()
    await restore_contact(owner, contact_id=two.id)
    await merging()
    async with refused(world, NotFound, "contact_id"):
        await merging()


async def test_what_is_done_at_once_is_done_one_after_the_other(world: World) -> None:
    """Two are merged into each other, renamed and linked meanwhile: one is left, at all accounts, by its name."""
    owner = world.acting(world.owner)
    accounts = [await world.new_account(f"At {number}") for number in range(4)]
    one, two = await new_contact(world, "One", accounts[0]), await new_contact(world, "Two", accounts[1])
    outcomes = await asyncio.gather(
        merge_contacts(owner, contact_id=one.id, into_id=two.id),
        merge_contacts(owner, contact_id=two.id, into_id=one.id),
        link_contact(owner, contact_id=one.id, account_id=accounts[2].id),
        link_contact(owner, contact_id=two.id, account_id=accounts[3].id),
        update_contact(owner, contact_id=one.id, name="Renamed"),
        return_exceptions=True,
    )
    assert all(isinstance(each, NotFound) for each in outcomes if isinstance(each, BaseException)), outcomes
    (left,) = await Contact.filter(id__in=[one.id, two.id])
    links = await AccountContact.filter(contact_id=left.id)
    done = sum(not isinstance(each, Refusal) for each in outcomes[2:4])
    assert len(links) == 2 + done
    assert {link.contact_order for link in links} == {left.name_order}
    assert await AccountContact.filter(firm_id=world.firm.id).count() == len(links)


async def test_who_waited_finds_what_is_then_in_sight(world: World, database: str) -> None:
    """A contact that left somebody's sight while they waited for it is not there for them; and what a contact is at an
    account is changed when that one is held whose it is by then."""
    hidden = await world.new_account("Hidden")
    clerk = await world.member("Clara Clerk", Role.EMPLOYEE, Right.MANAGE_ACCOUNTS)
    await sql("INSERT INTO account_member (account_id, member_id) VALUES ($1, $2)", world.account.id, clerk.id)
    contact, into = await new_contact(world, "Ada", world.account, hidden), await new_contact(world, "Augusta", hidden)
    renaming: Any = update_contact(world.acting(clerk), contact_id=contact.id, name="Mine")
    link = await link_of(contact, world.account)
    async with held(database, "contact", contact.id) as connection:
        waiting = asyncio.create_task(renaming)
        await until_waiting(waiting)
        await connection.execute("DELETE FROM account_contact WHERE id = $1", link.id)
    with pytest.raises(NotFound):
        await waiting
    assert (await Contact.get(id=contact.id)).name == "Ada"

    link = await link_of(contact, hidden)
    changing: Any = update_account_contact(world.acting(world.owner), account_contact_id=link.id, signs=True)
    async with held(database, "contact", into.id):
        async with held(database, "contact", contact.id) as connection:
            waiting = asyncio.create_task(changing)
            await until_waiting(waiting)
            await connection.execute("DELETE FROM account_contact WHERE contact_id = $1", into.id)
            await connection.execute("UPDATE account_contact SET contact_id = $2 WHERE id = $1", link.id, into.id)
        await until_waiting(waiting)
        assert not waiting.done()
    await waiting
    assert (await link_of(into, hidden)).signs


async def test_merging_knows_all_that_points_at_a_contact(world: World) -> None:
    # Also what is no thing of its own, but ties two together.
    pointing = await sql(
        "SELECT conrelid::regclass::text AS table FROM pg_constraint WHERE confrelid = 'contact'::regclass ORDER BY 1"
    )
    told = "Say in models/firm/contact_merging.py, or with `names_contact`, what becomes of it."
    tables = (
        "account_contact document document_approver invoice item_recipient mail payment session sign_in_letter signer"
    )
    assert [row["table"] for row in pointing] == tables.split(), told
