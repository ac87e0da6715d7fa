"""What lines of files make of a firm: by the commands of its people, once, and with the rights of whoever imports."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from models.commands.accounts import update_account
from models.commands.jobs import delete_job
from models.commands.tags import create_tag
from models.errors import Code, Refusal
from models.firm.contact_merging import merge_contacts
from models.firm.contacts import create_contact
from models.ids import Kind
from models.imports.batches import MOST_LINES, take_lines, try_lines
from models.imports.lines import (
    AccountSaid,
    Called,
    ClientLine,
    ContactSaid,
    Done,
    EntryLine,
    JobLine,
    Line,
    Taken,
    TaskLine,
)
from models.imports.origins import Origin
from models.reasons import Reason
from models.rights import Right
from models.rows import (
    Account,
    AccountMember,
    AccountTag,
    ExternalKey,
    Job,
    JobAssignee,
    Member,
    Priority,
    Task,
    TaskState,
    TimeEntry,
)
from models.rows.contacts import AccountContact, Contact
from tests.api.untouched import untouched
from tests.world import World


def client(account: str | None = None, contact: str | None = None, **more: Any) -> ClientLine:
    """A contact of this name at an account of this name, or one of the two."""
    said = None if account is None else AccountSaid(key=more.get("account_key"), fields={"name": account})
    person = None
    if contact is not None:
        person = ContactSaid(
            key=more.get("key"), fields={"name": contact}, emails=more.get("emails", ()), there=more.get("there", {})
        )
    return ClientLine(account=said, contact=person)


async def take(world: World, *lines: Line, by: Member | None = None, source: str = "old") -> Sequence[Taken]:
    """Import these lines as the owner, or another member."""
    return await take_lines(world.acting(by or world.owner), origin=Origin(source), lines=lines)


def done(taken: Sequence[Taken]) -> list[list[tuple[Kind, Done]]]:
    """What became of the things of each line; none of them was refused."""
    assert [line.refusal for line in taken if line.refusal is not None] == []
    return [[(each.kind, each.done) for each in line.differences] for line in taken]


def refused(taken: Taken) -> tuple[Reason, tuple[str | int, ...]]:
    """Why a line was refused, and where."""
    assert taken.refusal is not None
    return taken.refusal.reason, taken.refusal.path


async def test_accounts_and_contacts_come_once_however_often_lines_name_them(world: World) -> None:
    lines = (
        client("Blue Ltd", "Ann Blue", emails=["ann@blue.org"], there={"title": "Owner", "signs": True}),
        client("Blue Ltd", "Bob Blue", emails=["bob@blue.org"]),
        client("BLUE LTD", "Ann Blue", emails=["ann@blue.org"]),
        client("Green Ltd", "Ann Blue", emails=["Ann@Blue.org"], there={"title": "Advisor"}),
        client("Green Ltd", "Cy Green"),
        client("Green Ltd", "Cy Green"),
    )
    before = await world.revision()
    told = done(await take(world, *lines))
    assert await world.revision() == before + 1
    account, contact, there = Kind.ACCOUNT, Kind.CONTACT, Kind.ACCOUNT_CONTACT
    assert told == [
        [(account, Done.CREATED), (contact, Done.CREATED)],
        [(account, Done.SAME), (contact, Done.CREATED)],
        # The names are taken for the same, and without a key that is all that they are for.
        [(account, Done.SAME), (contact, Done.SAME), (there, Done.SAME)],
        [(account, Done.CREATED), (contact, Done.SAME), (there, Done.CREATED)],
        [(account, Done.SAME), (contact, Done.CREATED)],
        [(account, Done.SAME), (contact, Done.SAME), (there, Done.SAME)],
    ]
    people = await Contact.filter(firm_id=world.firm.id).order_by("name")
    assert [(each.name, each.emails) for each in people] == [
        ("Ann Blue", ["ann@blue.org"]),
        ("Bob Blue", ["bob@blue.org"]),
        ("Cy Green", []),
    ]
    titles = await AccountContact.filter(contact_id=people[0].id).order_by("title").values_list("title", "signs")
    assert titles == [("Advisor", False), ("Owner", True)]
    async with untouched():
        again = await take(world, *lines[2:], lines[1])
    assert {each.done for line in again for each in line.differences} == {Done.SAME}


async def test_keys_know_things_again_whatever_they_are_called(world: World) -> None:
    first = client("Blue Ltd", "Ann Blue", account_key="A1", key="C1")
    assert done(await take(world, first)) == [[(Kind.ACCOUNT, Done.CREATED), (Kind.CONTACT, Done.CREATED)]]
    renamed = client("Blue & Sons", "Ann Green", account_key="A1", key="C1", emails=["ann@blue.org"])
    (told,) = await take(world, renamed)
    assert [each.changes for each in told.differences] == [
        {"name": ("Blue Ltd", "Blue & Sons")},
        {"name": ("Ann Blue", "Ann Green"), "emails": ([], ["ann@blue.org"])},
        {},
    ]
    # What it is called in another source is another matter; a name then finds what has no key there.
    assert done(await take(world, client("Blue & Sons", account_key="77"), source="older")) == [
        [(Kind.ACCOUNT, Done.SAME)]
    ]
    assert await ExternalKey.filter(firm_id=world.firm.id).order_by("id").values_list("source", "kind", "key") == [
        ("old", Kind.ACCOUNT, "A1"),
        ("old", Kind.CONTACT, "C1"),
        ("older", Kind.ACCOUNT, "77"),
    ]
    # Two of one name with keys of their own are two.
    assert done(await take(world, client("Blue & Sons", account_key="A2"))) == [[(Kind.ACCOUNT, Done.CREATED)]]
    assert await Account.filter(firm_id=world.firm.id, name="Blue & Sons").count() == 2
    async with untouched():
        (unclear,) = await take(world, client("Blue & Sons"))
    assert refused(unclear) == (Reason.NAMED_TWICE, ("account", "name"))


async def test_a_line_that_is_refused_leaves_nothing_and_the_others_land_in_one_revision(world: World) -> None:
    before = await world.revision()
    taken = await take(
        world,
        client("Blue Ltd", "Ann Blue", emails=["ann@blue.org"]),
        client("Red Ltd", "Rob Red", emails=["rob@red..org"]),
        client("Green Ltd", "x" * 201),
        client(None, "Nobody"),
        client("Blue Ltd", "Bob Blue"),
    )
    assert [line.refusal and line.refusal.code for line in taken] == [
        None,
        Code.INVALID,
        Code.INVALID,
        Code.INVALID,
        None,
    ]
    assert refused(taken[1]) == (Reason.FORMAT, ("emails", 0))
    assert refused(taken[2]) == (Reason.TOO_LONG, ("name",))
    assert refused(taken[3]) == (Reason.MISSING, ("key",))
    assert await world.revision() == before + 1
    assert [each.name for each in await Account.filter(firm_id=world.firm.id).order_by("id")] == ["Acme", "Blue Ltd"]
    assert [each.event.__class__.__name__ for each in await world.events(before)] == [
        "AccountCreated",
        "ContactCreated",
        "ContactLinked",
        "ContactCreated",
        "ContactLinked",
    ]


async def test_trying_says_what_would_be_and_changes_nothing(world: World) -> None:
    await take(world, client("Blue Ltd", "Ann Blue", key="C1"))
    lines = (client("Blue Ltd", "Ann Green", key="C1"), client("Red Ltd", "x" * 201), client("Red Ltd"))
    async with untouched():
        tried = await try_lines(world.acting(world.owner), origin=Origin("old"), lines=lines)
    taken = await take(world, *lines)
    assert [line.differences for line in tried] == [line.differences for line in taken]
    assert refused(tried[1]) == refused(taken[1]) == (Reason.TOO_LONG, ("name",))
    assert tried[0].differences[1].changes == {"name": ("Ann Blue", "Ann Green")}


async def test_tags_and_team_are_added_and_never_taken_away(world: World) -> None:
    tag = (await create_tag(world.acting(world.owner), name="VIP", color="#2f80ed")).value
    line = ClientLine(account=AccountSaid(fields={"name": "Acme"}, tags=["vip"], team=[world.admin.email]))
    (told,) = await take(world, line)
    assert told.differences[0].changes == {"tags": (None, ["vip"]), "team": (None, [world.admin.email])}
    assert await AccountTag.filter(account_id=world.account.id).values_list("tag_id", flat=True) == [tag.id]
    team = {world.admin.id, world.employee.id}
    assert set(await AccountMember.filter(account_id=world.account.id).values_list("member_id", flat=True)) == team
    async with untouched():
        assert done(await take(world, line)) == [[(Kind.ACCOUNT, Done.SAME)]]
        unknown = await take(world, ClientLine(account=AccountSaid(fields={"name": "Acme"}, tags=["Gold"])))
        stranger = await take(world, ClientLine(account=AccountSaid(fields={"name": "Acme"}, team=["x@y.org"])))
    assert unknown[0].refusal is not None and "There is: VIP." in unknown[0].refusal.message
    assert refused(stranger[0]) == (Reason.NOT_ONE_OF, ("account", "team"))


async def test_a_merged_contact_is_known_again_and_what_was_deleted_is_not_made_anew(world: World) -> None:
    await take(world, client("Blue Ltd", "Ann Blue", key="C1"), client("Blue Ltd", "A. Blue", key="C2"))
    ann, other = await Contact.filter(firm_id=world.firm.id).order_by("id")
    await merge_contacts(world.acting(world.owner), contact_id=other.id, into_id=ann.id)
    assert done(await take(world, client("Blue Ltd", "Ann Blue", key="C2"))) == [
        [(Kind.ACCOUNT, Done.SAME), (Kind.CONTACT, Done.SAME), (Kind.ACCOUNT_CONTACT, Done.SAME)]
    ]
    job = JobLine(key="W1", account=Called(name="Blue Ltd"), pipeline="Tax returns", fields={"name": "1040"})
    assert done(await take(world, job)) == [[(Kind.JOB, Done.CREATED)]]
    await delete_job(world.acting(world.owner), job_id=(await Job.get(firm_id=world.firm.id)).id)
    async with untouched():
        (told,) = await take(world, job)
    assert refused(told) == (Reason.NOT_FOUND, ("key",))


async def test_jobs_stand_where_lines_say_once_and_are_people_s_afterwards(world: World) -> None:
    line = JobLine(
        key="W1",
        account=Called(name="acme"),
        pipeline="tax returns",
        stage="Doing",
        status="Completed",
        fields={
            "name": "1040",
            "priority": Priority.HIGH,
            "due_date": date(2026, 4, 15),
            "budget": 90,
            "period": "2025",
        },
        assignees=[world.employee.email],
    )
    assert done(await take(world, line)) == [[(Kind.JOB, Done.CREATED)]]
    job = await Job.get(firm_id=world.firm.id)
    _, doing, _ = await world.stages()
    assert (job.stage_id, job.priority, job.budget, job.completed_at is not None) == (doing.id, Priority.HIGH, 90, True)
    assert await JobAssignee.filter(job_id=job.id).values_list("member_id", flat=True) == [world.employee.id]
    async with untouched():
        assert done(await take(world, line)) == [[(Kind.JOB, Done.SAME)]]
    moved = JobLine(
        key="W1",
        account=Called(name="Acme"),
        pipeline="Tax returns",
        stage="Done",
        fields={"name": "1040", "budget": 120},
        assignees=[world.admin.email],
    )
    (told,) = await take(world, moved)
    assert told.differences[0].changes == {"budget": (90, 120), "assignees": (None, [world.admin.email])}
    assert (await Job.get(id=job.id)).stage_id == doing.id
    lost = [
        JobLine(key="W2", account=Called(name="Nobody"), pipeline="Tax returns", fields={"name": "1040"}),
        JobLine(key="W3", account=Called(key="A9"), pipeline="Tax returns", fields={"name": "1040"}),
        JobLine(key="W4", account=Called(name="Acme"), pipeline="Audits", fields={"name": "1040"}),
        JobLine(key="W5", account=Called(name="Acme"), pipeline="Tax returns", stage="Gone", fields={"name": "1040"}),
        JobLine(key="W6", account=Called(name="Acme"), pipeline="Tax returns", status="Gone", fields={"name": "1040"}),
    ]
    async with untouched():
        told_lost = await take(world, *lost)
    assert [refused(line)[1] for line in told_lost] == [
        ("account",),
        ("account",),
        ("pipeline",),
        ("stage",),
        ("status",),
    ]
    assert told_lost[3].refusal is not None and "There is: Doing, Done, To do." in told_lost[3].refusal.message


async def test_tasks_and_time_come_to_accounts_and_jobs(world: World) -> None:
    job = JobLine(key="W1", account=Called(name="Acme"), pipeline="Tax returns", fields={"name": "1040"})
    await take(world, job)
    tasks = (
        TaskLine(key="T1", job=Called(key="W1"), fields={"name": "Call"}, state=TaskState.COMPLETED),
        TaskLine(
            key="T2",
            account=Called(name="Acme"),
            job=Called(name="1040"),
            fields={"name": "File", "estimate": 30},
            assignees=[world.employee.email],
        ),
        TaskLine(key="T3", account=Called(name="Acme"), fields={"name": "Plan"}),
    )
    entries = (
        EntryLine(key="E1", job=Called(key="W1"), fields={"minutes": 90, "day": date(2026, 3, 1), "note": "Calls"}),
        EntryLine(
            key="E2",
            member=world.employee.email,
            account=Called(name="Acme"),
            fields={"minutes": 30, "day": date(2026, 3, 2), "billable": False},
            rate=Decimal("95.50"),
        ),
    )
    assert done(await take(world, *tasks)) == [[(Kind.TASK, Done.CREATED)]] * 3
    assert done(await take(world, *entries)) == [[(Kind.TIME_ENTRY, Done.CREATED)]] * 2
    states = await Task.filter(firm_id=world.firm.id).order_by("name").values_list("name", "state", "estimate")
    assert states == [
        ("Call", TaskState.COMPLETED, None),
        ("File", TaskState.PLANNED, 30),
        ("Plan", TaskState.PLANNED, None),
    ]
    first, second = await TimeEntry.filter(firm_id=world.firm.id).order_by("day")
    assert (first.member_id, first.on_job, first.minutes) == (
        world.owner.id,
        (await Job.get(firm_id=world.firm.id)).id,
        90,
    )
    assert (second.member_id, second.on_job, second.rate) == (world.employee.id, None, Decimal("95.50"))
    async with untouched():
        assert done(await take(world, *tasks)) == [[(Kind.TASK, Done.SAME)]] * 3
        assert done(await take(world, *entries)) == [[(Kind.TIME_ENTRY, Done.SAME)]] * 2
    (task,) = await take(world, TaskLine(key="T3", fields={"name": "Plan"}, state=TaskState.IN_PROGRESS))
    assert task.differences[0].changes == {"state": ("PLANNED", "IN_PROGRESS")}
    (entry,) = await take(world, EntryLine(key="E2", job=Called(key="W1"), fields={"minutes": 45}))
    assert entry.differences[0].changes == {"minutes": (30, 45), "job": (None, "W1")}
    (full,) = await take(
        world, EntryLine(key="E3", job=Called(key="W1"), fields={"minutes": 1400, "day": date(2026, 3, 1)})
    )
    assert refused(full) == (Reason.DAY_FULL, ("minutes",))


async def test_whoever_imports_may_do_no_more_than_otherwise(world: World) -> None:
    hidden = await world.new_account("Hidden")
    await take(world, client("Hidden", account_key="A7"))
    async with untouched():
        (told,) = await take(world, client("Blue Ltd"), by=world.employee)
        (job,) = await take(
            world,
            JobLine(key="W1", account=Called(name="Hidden"), pipeline="Tax returns", fields={"name": "x"}),
            by=world.employee,
        )
        (others,) = await take(
            world,
            EntryLine(
                key="E1",
                member=world.admin.email,
                account=Called(name="Acme"),
                fields={"minutes": 5, "day": date(2026, 3, 1)},
            ),
            by=world.employee,
        )
    assert refused(told) == (Reason.RIGHT_MISSING, ("account",))
    assert refused(job) == (Reason.NOT_ONE_OF, ("account",))
    assert "Hidden" not in str(job.refusal and job.refusal.message).replace("'Hidden'", "")
    assert refused(others) == (Reason.RIGHT_MISSING, ("member_id",))
    helper = await _helper(world)
    # They see what they make, within the same batch, and nothing else: not even that there is one called so.
    lines = (client("Hidden", "Ann Blue"), client("Hidden", "Bob Blue"))
    assert [[each for _, each in line] for line in done(await take(world, *lines, by=helper))] == [
        [Done.CREATED, Done.CREATED],
        [Done.SAME, Done.CREATED],
    ]
    assert await AccountContact.filter(account_id=hidden.id).count() == 0
    async with untouched():
        (unseen,) = await take(world, client("Hidden", account_key="A7"), by=helper)
    assert refused(unseen) == (Reason.NOT_FOUND, ("account", "key"))


async def _helper(world: World) -> Member:
    member = await world.member("Hal Helper")
    member.given_rights = [Right.MANAGE_ACCOUNTS.value]
    await member.save()
    return member


async def test_of_another_firm_there_is_nothing(world: World, other: World) -> None:
    await take(world, client("Blue Ltd", "Ann Blue", account_key="A1", key="C1", emails=["ann@blue.org"]))
    told = await take(other, client("Blue Ltd", "Ann Blue", account_key="A1", key="C1", emails=["ann@blue.org"]))
    assert done(told) == [[(Kind.ACCOUNT, Done.CREATED), (Kind.CONTACT, Done.CREATED)]]
    async with untouched():
        (job,) = await take(
            other, JobLine(key="W1", account=Called(name="Acme"), pipeline="Tax returns", assignees=[world.owner.email])
        )
    assert refused(job) == (Reason.NOT_ONE_OF, ("assignees",))


@pytest.fixture
async def other(database: str) -> World:
    return await World.build("imports-other")


async def test_a_batch_has_a_bound(world: World) -> None:
    for lines in ((), (client("Blue Ltd"),) * (MOST_LINES + 1)):
        with pytest.raises(Refusal):
            await take(world, *lines)


async def test_what_people_changed_meanwhile_is_what_the_file_says_again(world: World) -> None:
    line = client("Blue Ltd", account_key="A1")
    await take(world, line)
    account = await Account.get(firm_id=world.firm.id, name="Blue Ltd")
    await update_account(world.acting(world.owner), account_id=account.id, name="Blue")
    (told,) = await take(world, line)
    assert told.differences[0].changes == {"name": ("Blue", "Blue Ltd")}


async def test_who_shares_an_address_is_told_apart_by_name(world: World) -> None:
    await create_contact(
        world.acting(world.owner), name="Ann Blue", emails=["home@blue.org"], account_id=world.account.id
    )
    lines = (
        client("Acme", "Bob Blue", emails=["home@blue.org"]),
        client("Acme", "ann blue", emails=["home@blue.org", "ann@blue.org"]),
    )
    told = done(await take(world, *lines))
    assert [each[1] for each in told] == [(Kind.CONTACT, Done.CREATED), (Kind.CONTACT, Done.UPDATED)]
    ann = await Contact.get(firm_id=world.firm.id, name="Ann Blue")
    assert ann.emails == ["home@blue.org", "ann@blue.org"]


async def test_lines_that_mean_the_same_thing_agree_though_they_call_it_otherwise(world: World) -> None:
    origin = Origin("old")

    async def said(*lines: Line) -> Sequence[Taken]:
        return await take_lines(world.acting(world.owner), origin=origin, lines=lines)

    def phone(number: str, *emails: str) -> ClientLine:
        person = ContactSaid(fields={"name": "Ann Blue", "phone": number}, emails=emails)
        return ClientLine(account=AccountSaid(fields={"name": "Acme"}), contact=person)

    assert [line.refusal for line in await said(phone("555", "ann@blue.org", "a@blue.org"))] == [None]
    async with untouched():
        (told,) = await said(phone("556", "ann@blue.org"))
    assert refused(told) == (Reason.NAMED_TWICE, ("phone",))
    assert [line.refusal for line in await said(phone("555", "ann@blue.org"))] == [None]
    # Another file is another matter.
    (later,) = await take(world, phone("556", "ann@blue.org"))
    assert later.differences[1].changes == {"phone": ("555", "556")}
