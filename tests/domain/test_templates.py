"""Templates: saved, made of existing things, changed, deleted; and what is made of them."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from models.commands.accounts import archive_account
from models.commands.members import deactivate_member
from models.commands.tasks import create_task
from models.database import sql
from models.errors import Conflict, Forbidden, Invalid, NotFound, RuleBroken
from models.firm.account_roles import create_account_role, delete_account_role, set_account_role_holders
from models.firm.contacts import create_contact
from models.ids import new_id
from models.items.client_requests import ClientRequest, answer_client_request, create_client_request
from models.items.invoice_lines import NewLine
from models.items.organizer_content import content_of
from models.items.organizer_questions import Condition, Question, QuestionType, Section
from models.items.organizers import create_organizer
from models.items.proposal_services import Service
from models.items.recipients import recipients_of
from models.items.request_entries import EntryAnswer, RequestEntry
from models.reasons import Parameter, Reason
from models.rights import Right, Role
from models.rows import Member, Task, TaskAssignee
from models.scope import Scope
from models.templates.content import Content, TemplateKind, content_classes, expect_known, read
from models.templates.email_content import EmailContent
from models.templates.folder_content import Folder, FolderTreeContent
from models.templates.invoice_content import InvoiceContent
from models.templates.job_content import JobContent
from models.templates.job_tasks import JobTask
from models.templates.organizer_content import OrganizerTemplateContent
from models.templates.preview import preview
from models.templates.proposal_content import ProposalContent
from models.templates.relative_dates import Anchor, DayUnit, RelativeDate
from models.templates.request_content import ClientRequestContent
from models.templates.task_content import TaskContent
from models.templates.templates import (
    Template,
    TemplateContent,
    TemplateCreated,
    TemplateUpdated,
    contents_of,
    create_template,
    delete_template,
    save_as_template,
    update_template,
)
from models.templates.things import (
    create_client_request_from_template,
    create_organizer_from_template,
    create_task_from_template,
)
from models.viewers import viewer
from tests.domain.refusal import refused, told
from tests.world import World

SOON = RelativeDate(Anchor.CREATED, 10)
REQUEST = ClientRequestContent(
    "Papers of [PREVIOUS_YEAR]",
    (RequestEntry("w2", "W-2 of [PREVIOUS_YEAR] for [ACCOUNT_NAME]"), RequestEntry("more", "More?", False)),
    "For **[JOB_NAME]**",
    SOON,
)
ORGANIZER = OrganizerTemplateContent(
    "[PERIOD]",
    (
        Section(
            "[ACCOUNT_NAME]",
            (
                Question("year", "Which?", QuestionType.CHOICE, True, ("[PREVIOUS_YEAR]", "[CURRENT_YEAR]")),
                Question("why", "Why?", shown_when=(Condition("year", ("[CURRENT_YEAR]",)),)),
            ),
        ),
    ),
)


async def new_template(world: World, name: str = "Usual", **contents: Any) -> Template:
    """A template, by default of tasks."""
    contents = contents or {"task": TaskContent("Review [ACCOUNT_NAME]")}
    return (await create_template(world.acting(world.owner), name=name, **contents)).value


async def sight(member: Member) -> Scope:
    """What a member sees now."""
    seen = await viewer(member.id)
    assert seen is not None
    return seen.scope


async def content_in(template: Template) -> Any:
    """What is in it."""
    (content,) = (await contents_of([template.id]))[template.id]
    return content


async def make_task(world: World, template: Template, **more: Any) -> Task:
    """A task of it, at the world's account unless told otherwise."""
    place: dict[str, Any] = {} if "job_id" in more else {"account_id": world.account.id}
    made = create_task_from_template(world.acting(world.owner), template_id=template.id, **place, **more)
    return (await made).value


async def test_a_template_is_saved_once_and_says_nothing_of_what_is_in_it(world: World) -> None:
    owner, id = world.acting(world.owner), new_id()
    before = await world.revision()
    for _ in range(2):
        made = await create_template(owner, name=" Review ", task=TaskContent(" Review "), id=id)
        assert (made.value.name, made.value.template_kind, made.revision) == ("Review", TemplateKind.TASK, before + 1)
    assert await content_in(made.value) == TaskContent("Review")
    (logged,) = await world.events(before)
    assert logged.event == TemplateCreated(template=id)


async def test_of_one_kind_each_has_its_own_name(world: World) -> None:
    await new_template(world, "Review")
    await new_template(world, "review", client_request=ClientRequestContent("T", (RequestEntry("k", "P"),)))
    async with refused(world, RuleBroken, "name", match="There is a template of kind TASK 'Review'") as error:
        await new_template(world, "REVIEW")
    assert error.value.reason is Reason.TAKEN
    other = await new_template(world, "Another")
    async with refused(world, RuleBroken, "name"):
        await update_template(world.acting(world.owner), template_id=other.id, name="reView")
    both = await asyncio.gather(*(new_template(world, "At once") for _ in range(2)), return_exceptions=True)
    assert {type(one) for one in both} == {Template, RuleBroken}


async def test_a_template_has_one_content(world: World) -> None:
    owner = world.acting(world.owner)
    request = ClientRequestContent("T", (RequestEntry("k", "P"),))
    async with refused(world, Invalid, "task") as error:
        await create_template(owner, name="None")
    assert error.value.reason is Reason.MISSING
    async with refused(world, Invalid, "client_request") as error:
        await create_template(owner, name="Two", task=TaskContent("T"), client_request=request)
    assert (error.value.reason, error.value.parameters) == (Reason.ONLY_ONE, {Parameter.FIELD: "task"})
    template = await new_template(world)
    async with refused(world, RuleBroken, "client_request", match="of kind TASK, and not CLIENT_REQUEST"):
        await update_template(owner, template_id=template.id, client_request=request)
    for things in ({}, {"from_task_id": new_id(), "from_organizer_id": new_id()}):
        async with refused(world, Invalid):
            await save_as_template(owner, name="Of", **things)


async def test_all_that_is_wrong_is_told_at_once_with_the_way_to_it(world: World) -> None:
    bad = ClientRequestContent(
        "[ACOUNT_NAME]", (RequestEntry("", "[NOPE] [CONTACT_NAME] [NOPE]"), RequestEntry("k", " ")), "\0"
    )
    async with refused(world, Invalid) as error:
        await create_template(world.acting(world.owner), name=" ", client_request=bad)
    found = [(each.reason, each.path) for each in error.value.all]
    prompt = ("client_request", "entries", 0, "prompt")
    assert sorted(found, key=str) == sorted(
        [
            (Reason.BLANK, ("name",)),
            (Reason.CHARACTER, ("client_request", "description")),
            (Reason.BLANK, ("client_request", "entries", 0, "key")),
            (Reason.BLANK, ("client_request", "entries", 1, "prompt")),
            (Reason.UNKNOWN_SHORTCODE, ("client_request", "title")),
            (Reason.UNKNOWN_SHORTCODE, prompt),
            (Reason.UNKNOWN_SHORTCODE, prompt),
        ],
        key=str,
    )
    told = {each.parameters[Parameter.NAME]: each for each in error.value.all if Parameter.NAME in each.parameters}
    assert told["ACOUNT_NAME"].parameters[Parameter.VALUES].startswith("ACCOUNT_NAME")
    assert "Did you mean [ACCOUNT_NAME]" in told["ACOUNT_NAME"].message
    assert told["NOPE"].parameters[Parameter.VALUES] == ""
    assert "is not known of a client request" in told["CONTACT_NAME"].message


async def test_what_was_unknown_many_times_is_told_a_few_times(world: World) -> None:
    text = "".join(f"[NO_{number}]" for number in range(1_000))
    async with refused(world, Invalid) as error:
        await new_template(world, task=TaskContent("Review", text, checklist=("[NOPE]",)))
    assert len(list(error.value.all)) == 50


@pytest.mark.parametrize(
    ("content", "path"),
    [
        ({"task": TaskContent("Pay [NO\u00adWHERE]")}, ("name",)),
        ({"task": TaskContent("Pay", checklist=("A", "A", "[NO\u200bWHERE]"))}, ("checklist", 2)),
        # The sign of Kelvin is a K in NFC.
        ({"email": EmailContent("Hi", "[\u212aNOWHERE]")}, ("text",)),
        ({"job": JobContent("[JOB_\u2060NAME]")}, ("name",)),
        ({"folder_tree": FolderTreeContent((Folder("[NOWHERE\ufeff]", 1),))}, ("folders", 0, "name")),
    ],
)
async def test_a_shortcode_is_checked_as_it_is_kept(
    world: World, content: dict[str, Any], path: tuple[str | int, ...]
) -> None:
    ((field, _),) = content.items()
    async with refused(world, Invalid, field, *path) as error:
        await new_template(world, **content)
    assert [each.reason for each in error.value.all] == [Reason.UNKNOWN_SHORTCODE]


async def test_what_is_not_visible_in_a_known_shortcode_is_taken_out(world: World) -> None:
    template = await new_template(world, task=TaskContent("Pay [ACCOUNT\u00ad_NAME]"))
    assert (await make_task(world, template)).name == "Pay Acme"


@pytest.mark.parametrize("rights", [(), (Right.MANAGE_ORGANIZERS,), (Right.MANAGE_TEMPLATES,)])
async def test_who_may_save_what(world: World, rights: tuple[Right, ...]) -> None:
    member = world.acting(await world.member("Mia", Role.EMPLOYEE, *rights, Right.VIEW_ALL_ACCOUNTS))
    request = await new_template(world, client_request=REQUEST)
    organizer = await new_template(world, organizer=ORGANIZER)
    asked = create_organizer(
        world.acting(world.owner), title="T", sections=ORGANIZER.sections, account_id=world.account.id
    )
    thing = (await asked).value.id
    refusals: list[Any] = [
        create_template(member, name="N", organizer=ORGANIZER),
        update_template(member, template_id=organizer.id, organizer=ORGANIZER),
        save_as_template(member, name="N", from_organizer_id=thing),
    ]
    if Right.MANAGE_TEMPLATES not in rights:
        refusals += [
            create_template(member, name="N", client_request=REQUEST),
            update_template(member, template_id=request.id, name="N"),
            delete_template(member, template_id=request.id),
        ]
    for refusal in refusals:
        async with refused(world, Forbidden):
            await refusal
    if Right.MANAGE_TEMPLATES in rights:
        # What it is called is shown to everybody.
        renamed = await update_template(member, template_id=organizer.id, name="Renamed")
        assert renamed.value.name == "Renamed"
        await delete_template(member, template_id=organizer.id)


async def test_an_update_changes_what_differs(world: World) -> None:
    owner, template = world.acting(world.owner), await new_template(world, client_request=REQUEST)
    before = await world.revision()
    same = await update_template(owner, template_id=template.id, name="Usual", client_request=REQUEST)
    assert (same.value.version, await world.revision()) == (1, before)
    other = ClientRequestContent("Others", REQUEST.entries)
    changed = await update_template(owner, template_id=template.id, client_request=other, expected_version=1)
    assert (changed.value.version, await content_in(template)) == (2, other)
    await update_template(owner, template_id=template.id, name="Renamed")
    events = [logged.event for logged in await world.events(before)]
    assert events == [
        TemplateUpdated(template=template.id, changes={}, content_changed=True),
        TemplateUpdated(template=template.id, changes={"name": ("Usual", "Renamed")}, content_changed=False),
    ]
    async with refused(world, Conflict, "expected_version"):
        await update_template(owner, template_id=template.id, name="Late", expected_version=1)
    async with refused(world, Invalid, "client_request", "title"):
        bad = ClientRequestContent("[NOPE]", REQUEST.entries)
        await update_template(owner, template_id=template.id, client_request=bad)


async def test_what_an_older_server_allowed_may_be_sent_back_and_is_not_made(world: World) -> None:
    template = await new_template(world)
    await sql(
        """UPDATE template_content SET content = content || '{"name": "[GONE]"}' WHERE template_id = $1""", template.id
    )
    owner = world.acting(world.owner)
    await update_template(owner, template_id=template.id, task=TaskContent("[GONE]"), name="Sent back")
    async with refused(world, RuleBroken, "template_id") as error:
        await make_task(world, template)
    assert (error.value.reason, error.value.parameters) == (Reason.UNFILLED_SHORTCODE, {Parameter.VALUES: "GONE"})


def test_a_content_of_an_earlier_format_is_read() -> None:
    class Later(TaskContent):
        format = 3
        upgrades = {
            1: lambda stored: {"name": stored.pop("title"), **stored},
            2: lambda stored: {**stored, "name": f"{stored['name']}!"},
        }

    kept = TaskContent("Review").stored()
    old = {"title": kept.pop("name"), **kept}
    assert read(Later, old, 1).name == "Review!"
    assert read(Later, {**kept, "name": "Review"}, 2).name == "Review!"
    assert read(Later, {**kept, "name": "Review"}, 3).name == "Review"


async def test_a_deleted_template_is_gone_and_what_was_made_of_it_stays(world: World) -> None:
    owner, template = world.acting(world.owner), await new_template(world)
    task = await make_task(world, template)
    before = await world.revision()
    await delete_template(owner, template_id=template.id)
    assert await told(world, before) == ["TemplateDeleted"]
    assert not await TemplateContent.exists(template_id=template.id)
    assert await Task.exists(id=task.id)
    for use in (make_task(world, template), delete_template(owner, template_id=template.id)):
        async with refused(world, NotFound, "template_id"):
            await use
    # Called again, it answers what it made.
    again = create_task_from_template(owner, template_id=template.id, account_id=world.account.id, id=task.id)
    assert (await again).value.id == task.id


async def test_a_task_is_made_with_its_shortcodes_dates_and_whoever_holds_its_roles(world: World) -> None:
    owner = world.acting(world.owner)
    roles = [(await create_account_role(owner, name=name)).value.id for name in ("Preparer", "Reviewer", "Nobody's")]
    gone = await world.member("Gone")
    held = {roles[0]: [world.admin, world.employee, gone], roles[1]: [world.admin], roles[2]: []}
    for role, holders in held.items():
        members = [member.id for member in holders]
        await set_account_role_holders(owner, account_id=world.account.id, account_role_id=role, member_ids=members)
    await deactivate_member(owner, member_id=gone.id)
    content = TaskContent(
        "[JOB_NAME] for [ACCOUNT_NAME]",
        "Due **[DUE_DATE]**",
        start_date=RelativeDate(Anchor.START_DATE, -3),
        due_date=RelativeDate(Anchor.DUE_DATE, -1, DayUnit.BUSINESS_DAYS),
        estimate=30,
        assignee_role_ids=tuple(roles),
        checklist=("[PERIOD_QUARTER]", "Send"),
    )
    template = await new_template(world, task=content)
    # A Monday, before which there is a weekend.
    due = date(2026, 3, 16)
    job = await world.job("1120 [X]", start_date=date(2026, 1, 5), due_date=due, period="2025-Q4")
    before = await world.revision()
    task = await make_task(world, template, job_id=job.id)
    assert await world.revision() == before + 1
    assert await told(world, before) == ["TaskCreated"]
    assert (task.name, task.description, task.estimate) == ("1120 [X] for Acme", "Due **2026-03-16**", 30)
    assert (task.start_date, task.due_date) == (date(2026, 1, 2), date(2026, 3, 13))
    assert [entry.name for entry in task.entries] == ["2025-Q4", "Send"]
    assigned = set(await TaskAssignee.filter(task_id=task.id).values_list("member_id", flat=True))
    assert assigned == {world.admin.id, world.employee.id}
    # What is said takes the place of what the template says.
    said = await make_task(world, template, job_id=job.id, start_date=due, due_date=due)
    assert (said.start_date, said.due_date) == (due, due)


async def test_what_is_not_known_is_named_and_nothing_is_made(world: World) -> None:
    named = await new_template(world, "Named", task=TaskContent("[JOB_NAME] [DUE_DATE]", checklist=("[PERIOD_MONTH]",)))
    async with refused(world, RuleBroken, "template_id") as error:
        await make_task(world, named)
    assert error.value.parameters == {Parameter.VALUES: "JOB_NAME, DUE_DATE, PERIOD_MONTH"}
    job = (await world.job(period="2026")).id
    async with refused(world, RuleBroken, "template_id") as error:
        await make_task(world, named, job_id=job)
    assert error.value.parameters == {Parameter.VALUES: "DUE_DATE, PERIOD_MONTH"}
    dated = await new_template(world, "Dated", task=TaskContent("T", due_date=RelativeDate(Anchor.DEADLINE, 1)))
    async with refused(world, RuleBroken, "template_id", match="counted from the job's deadline") as error:
        await make_task(world, dated, job_id=job)
    assert (error.value.reason, error.value.parameters) == (Reason.MISSING, {Parameter.FIELD: "due_date"})
    assert (await make_task(world, dated, due_date=date(2026, 1, 1))).due_date == date(2026, 1, 1)
    beyond = (await world.job("Late", deadline=date(9999, 12, 31))).id
    async with refused(world, RuleBroken, "template_id", match="beyond the last day"):
        await make_task(world, dated, job_id=beyond)


async def test_a_text_that_is_too_long_once_it_is_filled_in_is_refused(world: World) -> None:
    template = await new_template(world, task=TaskContent("[ACCOUNT_NAME]" * 14))
    account = await world.new_account("A" * 20)
    place: dict[str, Any] = {"template_id": template.id, "account_id": account.id}
    async with refused(world, Invalid, "template_id") as error:
        await create_task_from_template(world.acting(world.owner), **place)
    told = "As the template is filled in, its name: This has 280 characters; at most 200 are allowed."
    assert error.value.message == told


async def test_a_client_request_and_an_organizer_are_made_for_recipients(world: World) -> None:
    owner, job = world.acting(world.owner), await world.job("1040", period="2025")
    ada = (await create_contact(owner, name="Ada", account_id=world.account.id)).value.id
    asking: dict[str, Any] = {"job_id": job.id, "recipient_ids": [ada]}
    template = await new_template(world, client_request=REQUEST)
    request = (await create_client_request_from_template(owner, template_id=template.id, **asking)).value
    year = request.created_at.year
    assert (request.title, request.description) == (f"Papers of {year - 1}", "For **1040**")
    assert [entry.prompt for entry in request.asked] == [f"W-2 of {year - 1} for Acme", "More?"]
    assert request.due_date is not None
    template = await new_template(world, organizer=ORGANIZER)
    organizer = (await create_organizer_from_template(owner, template_id=template.id, **asking)).value
    (section,) = (await content_of(organizer.id)).asked
    assert (organizer.title, section.title, organizer.due_date) == ("2025", "Acme", None)
    assert section.questions[0].options == (str(year - 1), str(year))
    assert section.questions[1].shown_when == (Condition("year", (str(year),)),)
    assert await recipients_of([request.id, organizer.id]) == {request.id: [ada], organizer.id: [ada]}


async def test_what_is_made_obeys_the_rules_of_what_is_made(world: World) -> None:
    owner, template = world.acting(world.owner), await new_template(world, organizer=ORGANIZER)
    place: dict[str, Any] = {"template_id": template.id, "account_id": world.account.id}
    async with refused(world, Forbidden):
        await create_organizer_from_template(world.acting(world.employee), **place)
    async with refused(world, RuleBroken, "template_id", match="of kind ORGANIZER, and not TASK"):
        await make_task(world, template)
    requests = await new_template(world, client_request=ClientRequestContent("T", REQUEST.entries))
    place["template_id"] = requests.id
    async with refused(world, NotFound, "account_id"):
        await create_client_request_from_template(world.acting(world.stranger), **place)
    async with refused(world, NotFound, "job_id"):
        await create_client_request_from_template(owner, template_id=requests.id, job_id=new_id())
    async with refused(world, Invalid, "account_id"):
        await create_client_request_from_template(owner, template_id=requests.id)
    elsewhere = (await create_contact(owner, name="B", account_id=(await world.new_account("B")).id)).value.id
    async with refused(world, RuleBroken, "recipient_ids"):
        await create_client_request_from_template(owner, **place, recipient_ids=[elsewhere])
    other = await world.job(account_id=(await world.new_account("Other")).id)
    async with refused(world, RuleBroken, "job_id"):
        await create_client_request_from_template(owner, **place, job_id=other.id)
    await archive_account(owner, account_id=world.account.id)
    async with refused(world, RuleBroken, "account_id"):
        await create_client_request_from_template(owner, **place)


async def test_a_preview_shows_what_would_stand_there_and_names_what_is_not_known(world: World) -> None:
    seen, day = await sight(world.owner), date(2026, 2, 3)
    template = await new_template(world, client_request=REQUEST)
    told = [
        (("title",), "Papers of 2025", ()),
        (("description",), "For **[JOB_NAME]**", ("JOB_NAME",)),
        (("entries", 0, "prompt"), "W-2 of 2025 for Acme", ()),
        (("entries", 1, "prompt"), "More?", ()),
    ]
    found = await preview(seen, template.id, world.account.id, None, day)
    assert found is not None and [(text.path, text.text, text.unfilled) for text in found] == told
    job = await world.job("1040")
    of_job = await preview(seen, template.id, None, job.id, day)
    assert of_job is not None and (of_job[1].text, of_job[1].unfilled) == ("For **1040**", ())
    assert await preview(seen, template.id, world.account.id, job.id, day) == of_job
    of_none = await preview(seen, template.id, None, None, day)
    assert of_none is not None and of_none[2].text == "W-2 of 2025 for [ACCOUNT_NAME]"
    other = await world.new_account("Other")
    gone = new_id()
    assert await preview(seen, gone, None, None, day) is None
    assert await preview(seen, template.id, gone, None, day) is None
    assert await preview(seen, template.id, None, gone, day) is None
    assert await preview(seen, template.id, other.id, job.id, day) is None
    hidden = await sight(world.stranger)
    assert await preview(hidden, template.id, world.account.id, None, day) is None
    assert await preview(hidden, template.id, None, job.id, day) is None


async def test_a_preview_shows_as_much_of_a_text_as_it_may_be_long(world: World) -> None:
    seen, day = await sight(world.owner), date(2026, 2, 3)
    template = await new_template(world, email=EmailContent("[ACCOUNT_NAME]", "[ACCOUNT_NAME]" * 1_400))
    account = await world.new_account("*" * 200)
    found = await preview(seen, template.id, account.id, None, day)
    assert found is not None
    subject, text = found
    assert (subject.text, subject.too_long) == ("*" * 200, False)
    assert (text.text, text.too_long, text.unfilled) == ("\\*" * 10_000, True, ())


async def test_a_preview_needs_the_right_that_the_content_does(world: World) -> None:
    template, day = await new_template(world, organizer=ORGANIZER), date(2026, 2, 3)
    with pytest.raises(Forbidden) as error:
        await preview(await sight(world.employee), template.id, None, None, day)
    assert error.value.right is Right.MANAGE_ORGANIZERS
    mia = await world.member("Mia", Role.EMPLOYEE, Right.MANAGE_ORGANIZERS)
    found = await preview(await sight(mia), template.id, None, None, day)
    assert found is not None and [text.text for text in found[:4]] == ["[PERIOD]", "[ACCOUNT_NAME]", "Which?", "2025"]


async def test_a_role_is_one_of_the_firm_and_may_go(world: World) -> None:
    owner = world.acting(world.owner)
    stranger = await World.build(f"{world.tag}-other")
    theirs = (await create_account_role(stranger.acting(stranger.owner), name="Preparer")).value.id
    async with refused(world, NotFound, "task", "assignee_role_ids"):
        await new_template(world, task=TaskContent("T", assignee_role_ids=(theirs,)))
    role = (await create_account_role(owner, name="Preparer")).value.id
    template = await new_template(world, task=TaskContent("T", assignee_role_ids=(role,)))
    await delete_account_role(owner, account_role_id=role)
    task = await make_task(world, template)
    assert not await TaskAssignee.exists(task_id=task.id)
    # It stays where it was named, and is named nowhere else.
    await update_template(owner, template_id=template.id, task=TaskContent("U", assignee_role_ids=(role,)))
    async with refused(world, NotFound, "task", "assignee_role_ids"):
        await new_template(world, "Other", task=TaskContent("T", assignee_role_ids=(role,)))


async def saved(world: World, **things: UUID) -> Any:
    """What is in a template that is made of this thing."""
    return await content_in((await save_as_template(world.acting(world.owner), name="Saved", **things)).value)


async def test_of_a_task_what_is_general_is_taken(world: World) -> None:
    owner = world.acting(world.owner)
    members: dict[str, list[Member]] = {"Both": [world.admin, world.employee], "One": [world.admin], "More": []}
    members["More"] = [world.admin, world.stranger]
    roles = {name: (await create_account_role(owner, name=name)).value.id for name in (*members, "None")}
    for name, holders in members.items():
        ids = [member.id for member in holders]
        await set_account_role_holders(owner, account_id=world.account.id, account_role_id=roles[name], member_ids=ids)
    made = await create_task(
        owner,
        name="Review [DRAFT] of [ACCOUNT_NAME]",
        description="See [IRS](https://irs.example), [NOTE]",
        account_id=world.account.id,
        assignee_ids=[world.admin.id, world.employee.id],
        checklist=["[X] Sign", "[YES] Send"],
        due_date=date.today() + timedelta(400),
    )
    task = made.value
    content = await saved(world, from_task_id=task.id)
    # Those whose holders are all assigned.
    assert content.assignee_role_ids == (roles["Both"], roles["One"])
    assert content.due_date.anchor is Anchor.CREATED and 398 <= content.due_date.offset <= 401
    template = await Template.get(name="Saved", firm_id=world.firm.id)
    again = await make_task(world, template)
    assert (again.name, again.description) == (task.name, task.description)
    assert [entry.name for entry in again.entries] == ["[X] Sign", "[YES] Send"]


async def test_of_what_a_client_answered_no_answer_is_taken(world: World) -> None:
    owner = world.acting(world.owner)
    entries = [RequestEntry("w2", "W-2 [PREVIOUS_YEAR]"), RequestEntry("more", "More?", False)]
    made = await create_client_request(owner, title="T", entries=entries, account_id=world.account.id)
    await answer_client_request(owner, client_request_id=made.value.id, answers=[EntryAnswer("w2", "secret")])
    content = await saved(world, from_client_request_id=made.value.id)
    assert content == ClientRequestContent("T", (RequestEntry("w2", r"W-2 \[PREVIOUS_YEAR]"), entries[1]))
    template = await Template.get(name="Saved", firm_id=world.firm.id)
    again = create_client_request_from_template(owner, template_id=template.id, account_id=world.account.id)
    request: ClientRequest = (await again).value
    assert request.asked == entries


async def test_of_what_is_out_of_sight_nothing_is_made(world: World) -> None:
    made = await create_task(world.acting(world.owner), name="T", account_id=world.account.id)
    member = world.acting(await world.member("Mia", Role.EMPLOYEE, Right.MANAGE_TEMPLATES))
    async with refused(world, NotFound, "from_task_id"):
        await save_as_template(member, name="N", from_task_id=made.value.id)


async def test_what_is_too_much_for_a_template_is_the_things_fault(world: World) -> None:
    owner, account = world.acting(world.owner), world.account.id
    made = await create_task(owner, name="N", account_id=account, due_date=date.today() + timedelta(4_000))
    async with refused(world, Invalid, "from_task_id") as error:
        await save_as_template(owner, name="N", from_task_id=made.value.id)
    assert error.value.reason is Reason.OUT_OF_RANGE
    assert error.value.message.startswith("In a template of it, its due date offset: This must be from")


async def test_what_quotes_a_text_makes_it_no_longer(world: World) -> None:
    owner, account = world.acting(world.owner), world.account.id
    name, prompt = "[NOTE]".rjust(200, "n"), "[AB]".rjust(500, "n")
    task = (await create_task(owner, name=name, account_id=account)).value
    await save_as_template(owner, name="N", from_task_id=task.id)
    assert (await make_task(world, await Template.get(name="N", firm_id=world.firm.id))).name == name
    asked = await create_client_request(owner, title="T", entries=[RequestEntry("k", prompt)], account_id=account)
    template = (await save_as_template(owner, name="N", from_client_request_id=asked.value.id)).value
    again = create_client_request_from_template(owner, template_id=template.id, account_id=account)
    assert [entry.prompt for entry in (await again).value.asked] == [prompt]


async def test_of_dates_that_are_out_of_order_the_one_that_was_given_is_at_fault(world: World) -> None:
    content = TaskContent("T", start_date=RelativeDate(Anchor.DEADLINE, 0), due_date=RelativeDate(Anchor.CREATED, 0))
    template = await new_template(world, task=content)
    job = (await world.job(deadline=date(9000, 1, 1))).id
    async with refused(world, Invalid, "template_id") as error:
        await make_task(world, template, job_id=job)
    assert error.value.message.startswith("As the template is filled in, its start date: The due date")
    async with refused(world, Invalid, "due_date") as error:
        await make_task(world, template, job_id=job, due_date=date(2030, 1, 1))
    assert error.value.reason is Reason.DATE_ORDER
    assert error.value.message.startswith("The due date 2030-01-01 is before")
    async with refused(world, Invalid, "start_date"):
        await make_task(world, template, start_date=date(8000, 1, 1))


@pytest.mark.parametrize("unit", DayUnit)
async def test_a_start_that_is_after_the_due_date_whatever_the_day_is_not_saved(world: World, unit: DayUnit) -> None:
    start, due = RelativeDate(Anchor.START_DATE, 3, unit), RelativeDate(Anchor.START_DATE, 2, unit)
    async with refused(world, Invalid, "task", "due_date", "offset", match="Give 3 at least"):
        await new_template(world, task=TaskContent("T", start_date=start, due_date=due))
    job = JobContent("J", tasks=(JobTask("T"), JobTask("U", start_date=start, due_date=due)))
    async with refused(world, Invalid, "job", "tasks", 1, "due_date", "offset"):
        await new_template(world, job=job)
    first, last = RelativeDate(Anchor.CREATED, 1, unit), RelativeDate(Anchor.CREATED, 0, unit)
    async with refused(world, Invalid, "job", "due_date", "offset"):
        await new_template(world, job=JobContent("J", start_date=first, due_date=last))
    await new_template(world, task=TaskContent("T", start_date=due, due_date=start))
    other = DayUnit.DAYS if unit is DayUnit.BUSINESS_DAYS else DayUnit.BUSINESS_DAYS
    await new_template(world, "N", task=TaskContent("T", start_date=start, due_date=replace(due, unit=other)))


def test_every_kind_has_a_content_that_tells_its_texts() -> None:
    """Each text that is kept is one that may hold shortcodes, or is known not to."""
    task = TaskContent("[NO]", "[NO]", checklist=("[NO]",))
    job = JobContent("[A B]", "[C D]", period="[E F]", tasks=(JobTask("[G]", "[H]", checklist=("[I]",)),))
    line = NewLine("[J K]", Decimal("1.50"), minutes=7)
    invoice = InvoiceContent("USD", (line, NewLine("[L]", Decimal(1), Decimal("0.5"))), "[M]")
    service = Service(name="[N]", price=Decimal("1.50"), description="[O]", group="[P Q]")
    proposal = ProposalContent("[R]", "USD", (service,), "[S]")
    kept: list[Content] = [EmailContent("[T]", "[U]"), FolderTreeContent((Folder("[V]", 1), Folder("[W]", 2)))]
    samples: list[Content] = [task, job, REQUEST, ORGANIZER, invoice, proposal, *kept]
    assert {type(sample) for sample in samples} == set(content_classes().values())
    for sample in samples:
        assert type(sample).of(sample.stored()) == sample
        texts: list[str] = []
        sample.rewritten(lambda text, texts=texts: texts.append(text.value) or text.value)  # type: ignore[misc]
        found = sorted(text for text in _texts(sample.stored()) if "[" in text or " " in text)
        assert found == sorted(text for text in texts if "[" in text or " " in text)
    with pytest.raises(Invalid):
        expect_known(samples[0])


def _texts(stored: Any) -> list[str]:
    if isinstance(stored, dict):
        return [text for value in stored.values() for text in _texts(value)]
    if isinstance(stored, list | tuple):
        return [text for value in stored for text in _texts(value)]
    return [stored] if isinstance(stored, str) else []
