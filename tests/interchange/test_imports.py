"""Files are taken over whole: what their lines say is there once, what is refused comes back to be mended."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interchange.imports.cells import DateOrder
from interchange.imports.faults import FileRefused
from interchange.imports.fields import What
from interchange.imports.files import opened
from interchange.imports.mappings import generic, preset_of, read_mapping
from models.commands.accounts import update_account
from models.database import sql
from models.errors import Forbidden
from models.ids import Kind
from models.imports.batches import expect_may_import
from models.imports.lines import ClientLine, JobLine
from models.rows import Account, AccountType, ExternalKey, Job, Status, Task, TimeEntry
from models.rows.contacts import AccountContact, Contact
from tests.api.untouched import untouched
from tests.interchange.importing import Told, imported, workbook, written
from tests.world import World

CLIENTS = """\
Account name,Account type,First name,Last name,Emails,Phone,Title,Signs
Blue Ltd,company,Ann,Blue,ann@blue.org,+1 555 0100,Owner,yes
Blue Ltd,,Bob,Blue,bob@blue.org; robert@blue.org,,,no
Red GmbH,,Ann,Blue,ann@blue.org,,Advisor,
,,,,,,,
"Green, Inc.",individual,=1+1,@Green,,,,
"""


async def test_a_line_is_a_contact_at_an_account(world: World, tmp_path: Path) -> None:
    path = written(tmp_path / "clients.csv", CLIENTS)
    before = await world.revision()
    told = await imported(world, path, What.CONTACTS)
    assert told.refused == {}
    assert told.done == {
        2: "account CREATED, contact CREATED",
        3: "account SAME, contact CREATED",
        4: "account CREATED, contact SAME, account_contact CREATED",
        6: "account CREATED, contact CREATED",
    }
    assert await world.revision() == before + 1
    links = AccountContact.filter(firm_id=world.firm.id).order_by("id")
    assert await links.values_list("account__name", "contact__name", "title", "signs") == [
        ("Blue Ltd", "Ann Blue", "Owner", True),
        ("Blue Ltd", "Bob Blue", None, False),
        ("Red GmbH", "Ann Blue", "Advisor", False),
        ("Green, Inc.", "=1+1 @Green", None, False),
    ]
    assert (await Account.get(firm_id=world.firm.id, name="Green, Inc.")).type is AccountType.INDIVIDUAL
    async with untouched():
        again = await imported(world, path, What.CONTACTS)
    assert same(again)


def same(told: Told) -> bool:
    """Whether nothing was made, changed or refused."""
    return not told.refused and all(
        word in ("SAME", each.split()[0])
        for line in told.done.values()
        for each in line.split(", ")
        for word in each.split()
    )


async def test_what_is_refused_comes_back_and_lands_once_it_is_mended(world: World, tmp_path: Path) -> None:
    path = written(
        tmp_path / "time.csv",
        "Account name;Day;Minutes;Note\r\n"
        "Acme;01.03.2026;60;Calls\r\n"
        "Acme;01.03.2026;60;Calls\r\n"
        "Acme;32.03.2026;an hour;Zoë\r\n"
        "Nobody;01.03.2026;60;Calls\r\n"
        "Acme;02.03.2026;30;Calls;too many\r\n"
        "Acme;03.03.2026;30;Calls\r\n",
        "windows-1252",
    )
    german = replace(
        generic(What.TIME_ENTRIES), reading=replace(generic(What.TIME_ENTRIES).reading, dates=DateOrder.DMY)
    )
    back = tmp_path / "refused.csv"
    before = await world.revision()
    told = await imported(world, path, What.TIME_ENTRIES, german, refused=back)
    assert told.done.keys() == {2, 3, 7}
    assert told.refused == {
        4: "Day: '32.03.2026' is no date. Write it as 31.01.2026. Minutes: 'an hour' is no length of time. Write "
        "minutes as 90, or 1:30, or 1.5 h.",
        5: "Account name: There is no account 'Nobody' that you see. Import the accounts first, or mend the name.",
        6: "The line has 5 cells, and the header 4. Does a text with a delimiter lack quotes?",
    }
    assert (told.summary.lines, told.summary.refused, told.summary.revisions) == (6, 3, 1)
    assert await world.revision() == before + 1
    text = back.read_bytes().decode("windows-1252")
    assert text.splitlines()[0] == "Jobwire line;Jobwire reason;Jobwire key;Account name;Day;Minutes;Note"
    assert text.splitlines()[1].startswith("4;Day: '32.03.2026' is no date.")
    assert text.splitlines()[1].endswith(";Acme;32.03.2026;an hour;Zoë")
    mended = text.replace("32.03.2026", "31.03.2026").replace("an hour;", "60;").replace(";Nobody;", ";Acme;")
    path2 = written(tmp_path / "mended.csv", mended.replace(";too many", ""), "windows-1252")
    again = await imported(world, path2, What.TIME_ENTRIES, german)
    assert (again.refused, len(again.done)) == ({}, 3)
    # Three lines say the same: one of each file of it was refused first, and none of them is lost.
    assert await TimeEntry.filter(firm_id=world.firm.id, day=date(2026, 3, 1)).count() == 3
    async with untouched():
        assert same(await imported(world, path2, What.TIME_ENTRIES, german))
    with pytest.raises(FileRefused, match="Name another file"):
        await imported(world, path, What.TIME_ENTRIES, german, refused=back)


async def test_a_workbook_comes_back_as_one(world: World, tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "jobs.xlsx",
        ["Key", "Account name", "Pipeline", "Name", "Due date", "Budget"],
        [17, "Acme", "Tax returns", "1040", date(2026, 4, 15), 90],
        [18, "Acme", "Gone", "=1040", date(2026, 4, 15), "1:30"],
    )
    back = tmp_path / "refused.xlsx"
    told = await imported(world, path, What.JOBS, refused=back)
    assert told.refused == {3: "Pipeline: There is no pipeline 'Gone' that you see. There is: Tax returns."}
    assert [each.key for each in await ExternalKey.filter(firm_id=world.firm.id, kind=Kind.JOB)] == ["17"]
    with opened(back) as table:
        (row,) = table.rows()
    assert row.cells[0] == 3
    assert row.cells[3:] == [18, "Acme", "Gone", "=1040", date(2026, 4, 15), "1:30"]
    await world.new_pipeline("Gone")
    assert (await imported(world, back, What.JOBS)).done == {2: "job CREATED"}
    async with untouched():
        assert same(await imported(world, path, What.JOBS))
    assert await Job.filter(firm_id=world.firm.id).order_by("name").values_list("name", "budget", "due_date") == [
        ("1040", 90, date(2026, 4, 15)),
        ("=1040", 90, date(2026, 4, 15)),
    ]


async def test_lines_that_contradict_each_other_are_refused(world: World, tmp_path: Path) -> None:
    path = written(
        tmp_path / "clients.csv",
        "Account key,Account name,Account type,Key,Name,Phone,Title\n"
        "A1,Blue Ltd,COMPANY,C1,Ann Blue,555,Owner\n"
        "A1,Blue Ltd,,C2,Bob Blue,,\n"
        "A1,Blue and Sons,,C3,Cy Blue,,\n"
        "A1,Blue Ltd,INDIVIDUAL,,,,\n"
        "A2,Red Ltd,,C1,Ann Blue,556,\n"
        "A1,Blue Ltd,,C1,Ann Blue,,Friend\n"
        "A2,Red Ltd,,C1,Ann Blue,,Friend\n",
    )
    told = await imported(world, path, What.CONTACTS)
    assert told.refused == {
        4: "Account name: Line 2 says another name of the same thing. Make them agree.",
        5: "Account type: Line 2 says another type of the same thing. Make them agree.",
        6: "Phone: Line 2 says another phone of the same thing. Make them agree.",
        7: "Title: Line 2 says another title of the same thing. Make them agree.",
    }
    jobs = written(
        tmp_path / "jobs.csv",
        "Key,Account name,Pipeline,Name,Due date\n"
        "W1,Acme,Tax returns,1040,\nW1,Acme,Tax returns,1040,2026-04-15\nW1,Acme,Tax returns,1041,\n",
    )
    told = await imported(world, jobs, What.JOBS)
    assert told.done == {2: "job CREATED", 3: "job UPDATED"}
    assert told.refused == {4: "Name: Line 2 says another name of the same thing. Make them agree."}


async def test_a_dry_run_says_what_a_run_does_and_changes_nothing(world: World, tmp_path: Path) -> None:
    lines = [f"Client {number % 90},Person {number},p{number}@blue.org,{number}" for number in range(450)]
    path = written(tmp_path / "clients.csv", "Account name,Name,Emails,Phone\n" + "\n".join(lines))
    await imported(
        world, written(tmp_path / "first.csv", f"Account name,Name,Emails,Phone\n{lines[7]}0\n"), What.CONTACTS
    )
    async with untouched():
        tried = await imported(world, path, What.CONTACTS, dry=True)
    told = await imported(world, path, What.CONTACTS)
    assert tried.done == told.done
    assert tried.changes == told.changes
    assert tried.changes[9] == {"phone": ("70", "7")}
    assert tried.summary.things == told.summary.things
    assert (tried.summary.revisions, told.summary.revisions) == (0, 3)


async def test_karbon(world: World, tmp_path: Path) -> None:
    cards = written(
        tmp_path / "contacts.csv",
        "ContactKey,FirstName,MiddleName,LastName,OrganizationKey,OrganizationName,EmailAddress,PhoneNumber,RoleOrTitle\n"
        "2h3,Ann,,Blue,9k1,Blue Ltd,ann@blue.org,555,Owner\n"
        "2h3,Ann,,Blue,9k2,Red Ltd,ann@red.org,,Director\n"
        "7x7,Cy,J.,Green,,,cy@green.org,,\n",
    )
    contacts = preset_of("karbon-contacts", What.CONTACTS)
    assert (await imported(world, cards, What.CONTACTS, contacts)).refused == {}
    ann = await Contact.get(firm_id=world.firm.id, name="Ann Blue")
    assert ann.emails == ["ann@blue.org", "ann@red.org"]
    own = await Account.get(firm_id=world.firm.id, name="Cy J. Green")
    assert own.type is AccountType.INDIVIDUAL
    mapping = written(
        tmp_path / "work.toml",
        'preset = "karbon-work"\n[places]\n"In Progress - In review" = { stage = "Doing" }\n[values.pipeline]\n'
        '"Individual Tax" = "Tax returns"\n',
    )
    work = written(
        tmp_path / "work.csv",
        "WorkItemKey,Title,ClientKey,ClientName,WorkType,WorkStatus,StartDate,DueDate,DeadlineDate,AssigneeEmailAddress\n"
        "w1,1040,7x7,Cy,Individual Tax,In Progress - In review,2026-01-05T00:00:00Z,2026-04-01,2026-04-15,"
        f"{world.admin.email}\n"
        "w2,Books,9k1,Blue Ltd,Tax returns,Completed,,,,\n"
        "w3,Books,9k2,Red Ltd,Tax returns,Planned - Later,,,,\n"
        "w4,Books,9k2,Red Ltd,Tax returns,On fire,,,,\n"
        "w5,Books,none,Nobody,Tax returns,Planned,,,,\n",
    )
    told = await imported(world, work, What.JOBS, read_mapping(mapping, What.JOBS))
    assert told.refused == {
        5: "WorkStatus: The mapping does not say where 'On fire' is. Its [places] are: Planned, Ready To Start, In "
        "Progress, Waiting, Completed, Complete, In Progress - In review.",
        6: "ClientKey, ClientName: No account was imported with this key. Import the accounts first, from the same "
        "source.",
    }
    stages = {stage.id: stage.name for stage in await world.stages()}
    statuses = {status.id: status.name for status in await Status.filter(firm_id=world.firm.id)}
    found = [
        (job.name, job.account_id == own.id, stages[job.stage_id], statuses[job.status_id], job.deadline)
        for job in await Job.filter(firm_id=world.firm.id).order_by("id")
    ]
    assert found == [
        ("1040", True, "Doing", "Active", date(2026, 4, 15)),
        ("Books", False, "To do", "Completed", None),
        ("Books", False, "To do", "Active", None),
    ]
    people = written(
        tmp_path / "time.toml", f'preset = "karbon-time"\n[values]\nmember = {{ u1 = "{world.admin.email}" }}\n'
    )
    time = written(
        tmp_path / "time.csv",
        "UserKey,ClientKey,WorkItemKey,Date,Minutes,Description,TaskTypeIsBillable,HourlyRate\n"
        "u1,7x7,w1,2026-02-01T00:00:00Z,90,Calls,true,95.5\n"
        "u1,7x7,w1,2026-02-01T00:00:00Z,90,Calls,true,95.5\n"
        "u1,9k1,,2026-02-02T00:00:00Z,30,,False,\n"
        "u2,9k1,,2026-02-02T00:00:00Z,30,,False,\n",
    )
    told = await imported(world, time, What.TIME_ENTRIES, read_mapping(people, What.TIME_ENTRIES))
    assert list(told.refused) == [5]
    assert told.refused[5].startswith("UserKey: Nobody of the team signs in with this address.")
    assert await TimeEntry.filter(firm_id=world.firm.id).order_by("id").values_list("minutes", "billable", "rate") == [
        (90, True, 95.5),
        (90, True, 95.5),
        (30, False, None),
    ]
    async with untouched():
        assert same(await imported(world, cards, What.CONTACTS, contacts))
        for path, what, map in ((work, What.JOBS, mapping), (time, What.TIME_ENTRIES, people)):
            again = await imported(world, path, what, read_mapping(map, what))
            assert set(again.done.values()) == {f"{'job' if what is What.JOBS else 'time_entry'} SAME"}


async def test_taxdome(world: World, tmp_path: Path) -> None:
    path = written(
        tmp_path / "export.csv",
        "Account name,Account type,Tags,First name,Middle name,Last name,Email,Phone number,Zip\n"
        "Smith Family,Individual,,John,,Smith,home@smith.org,555,10001\n"
        "Smith Family,Individual,,Jane,,Smith,home@smith.org,,10001\n"
        "Smith LLC,Company,,John,,Smith,home@smith.org,555,10001\n"
        ",Individual,,Sol,,Solo,sol@solo.org,,\n",
    )
    map = preset_of("taxdome-contacts", What.CONTACTS)
    told = await imported(world, path, What.CONTACTS, map)
    assert told.refused == {}
    links = AccountContact.filter(firm_id=world.firm.id).order_by("id")
    assert await links.values_list("account__name", "account__type", "contact__name") == [
        ("Smith Family", AccountType.INDIVIDUAL, "John Smith"),
        ("Smith Family", AccountType.INDIVIDUAL, "Jane Smith"),
        ("Smith LLC", AccountType.COMPANY, "John Smith"),
        ("Sol Solo", AccountType.INDIVIDUAL, "Sol Solo"),
    ]
    async with untouched():
        assert same(await imported(world, path, What.CONTACTS, map))


async def test_tasks_of_jobs(world: World, tmp_path: Path) -> None:
    await imported(
        world, written(tmp_path / "jobs.csv", "Account name,Pipeline,Name\nAcme,Tax returns,1040\n"), What.JOBS
    )
    path = written(
        tmp_path / "tasks.csv",
        "Account name,Job name,Name,State,Estimate\n"
        "Acme,1040,Review,in progress,1 h\nAcme,1040,Review,planned,\nAcme,,Call,,\nAcme,1099,Call,,\n,1040,Call,,\n",
    )
    told = await imported(world, path, What.TASKS)
    assert told.refused == {
        5: "Job name: Acme has no job '1099' that you see.",
        6: "Account name: Say which account the job is of, or give the job's key.",
    }
    assert await Task.filter(firm_id=world.firm.id).order_by("id").values_list("name", "state", "estimate") == [
        ("Review", "IN_PROGRESS", 60),
        ("Review", "PLANNED", None),
        ("Call", "PLANNED", None),
    ]


async def test_an_employee_imports_with_their_own_rights(world: World, tmp_path: Path) -> None:
    jobs = written(
        tmp_path / "jobs.csv", "Account name,Pipeline,Name,Budget\nAcme,Tax returns,1040,\nAcme,Tax returns,1041,60\n"
    )
    with pytest.raises(Forbidden, match="MANAGE_ACCOUNTS"):
        await expect_may_import(world.acting(world.employee), ClientLine)
    await expect_may_import(world.acting(world.employee), JobLine)
    told = await imported(world, jobs, What.JOBS, by=world.employee)
    assert told.refused.keys() == {3}
    assert told.refused[3].startswith("Budget: Setting a time budget needs")
    assert (await imported(world, jobs, What.JOBS, by=world.stranger, dry=True)).refused.keys() == {2, 3}


async def test_what_people_change_between_two_runs_is_said_by_the_next(world: World, tmp_path: Path) -> None:
    path = written(tmp_path / "accounts.csv", "Key,Name,Type\n1,Blue Ltd,COMPANY\n2,Red Ltd,\n")
    await imported(world, path, What.ACCOUNTS)
    account = await Account.get(firm_id=world.firm.id, name="Blue Ltd")
    await update_account(world.acting(world.owner), account_id=account.id, name="Azure", type=AccountType.OTHER)
    told = await imported(world, path, What.ACCOUNTS)
    assert told.changes == {2: {"name": ("Azure", "Blue Ltd"), "type": ("OTHER", "COMPANY")}, 3: {}}


def _cells() -> Any:
    name = st.sampled_from(["Blue", "BLUE", "Red & Co", "Émile", " Green ", "=1+1"])
    mail = st.sampled_from(["", "a@blue.org", "A@blue.org", "b@red.org, a@blue.org", "nonsense"])
    key = st.sampled_from(["", "", "1", "2", "3"])
    return st.tuples(
        key, name, st.sampled_from(["", "company", "other", "x"]), key, name, mail, st.sampled_from(["", "5"])
    )


@settings(max_examples=12)
@given(lines=st.lists(_cells(), min_size=1, max_size=10))
async def test_two_times_is_once(database: str, tmp_path_factory: pytest.TempPathFactory, lines: list[Any]) -> None:
    world = await World.build("imports-twice")
    rows = [",".join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines]
    header = "Account key,Account name,Account type,Key,Name,Emails,Phone"
    path = written(tmp_path_factory.mktemp("twice") / "clients.csv", "\n".join([header, *rows]))
    tried = await imported(world, path, What.CONTACTS, dry=True)
    first = await imported(world, path, What.CONTACTS)
    assert (tried.done, tried.refused) == (first.done, first.refused)
    state, revision = await _state(world), await world.revision()
    second = await imported(world, path, What.CONTACTS)
    assert await world.revision() == revision
    assert await _state(world) == state
    # For the first reason that there is: by now there may be two accounts that a line may mean.
    assert second.refused.keys() == first.refused.keys()
    assert same(Told(second.summary, second.done))


async def _state(world: World) -> list[str]:
    rows = []
    for table in ("account", "contact", "account_contact", "external_key"):
        rows += await sql(f"SELECT t::text AS row FROM {table} AS t WHERE firm_id = $1 ORDER BY id", world.firm.id)
    return [row["row"] for row in rows]
