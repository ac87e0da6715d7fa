"""Templates of jobs: what is made of one, whom it assigns, when, and what becomes of what has gone since."""

import asyncio
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from models.bounds import TEMPLATE_TASKS
from models.clock import day_in
from models.commands.accounts import archive_account
from models.commands.client_statuses import create_client_status, delete_client_status
from models.commands.firm import update_firm
from models.commands.jobs import set_job_client_status
from models.commands.members import deactivate_member
from models.commands.tasks import check_task_entry, create_task, set_task_state
from models.errors import Forbidden, Invalid, NotFound, Refusal, RuleBroken
from models.events import JobCreated, TaskCreated
from models.firm.account_roles import AccountRole, create_account_role, delete_account_role, set_account_role_holders
from models.ids import new_id
from models.reasons import Reason
from models.rights import Right, Role
from models.rows import Job, JobAssignee, JobItem, Member, Priority, Task, TaskAssignee, TaskState
from models.templates.job_content import JobContent, LeftOut
from models.templates.job_tasks import JobTask
from models.templates.jobs import create_job_from_template
from models.templates.relative_dates import Anchor, DayUnit, RelativeDate
from models.templates.templates import (
    Template,
    contents_of,
    create_template,
    save_as_template,
    update_template,
)
from tests.api.test_statements import counted
from tests.domain.refusal import refused
from tests.world import World

BUSINESS = DayUnit.BUSINESS_DAYS
#: A Friday.
START = date(2026, 1, 2)


async def new_template(world: World, content: JobContent, name: str = "Usual") -> Template:
    """A template of jobs."""
    return (await create_template(world.acting(world.owner), name=name, job=content)).value


async def content_in(template: Template) -> Any:
    """What is in it."""
    (content,) = (await contents_of([template.id]))[template.id]
    return content


async def make(world: World, content: JobContent | Template, by: Member | None = None, **more: Any) -> Job:
    """A job of a template, at the world's account."""
    template = content if isinstance(content, Template) else await new_template(world, content, str(new_id()))
    place = {"account_id": world.account.id, "pipeline_id": world.pipeline.id}
    made = create_job_from_template(world.acting(by or world.owner), template_id=template.id, **place | more)
    return (await made).value


async def new_role(world: World, name: str, *holders: Member) -> UUID:
    """A role that these members hold at the world's account."""
    owner = world.acting(world.owner)
    role: AccountRole = (await create_account_role(owner, name=name)).value
    ids = [holder.id for holder in holders]
    await set_account_role_holders(owner, account_id=world.account.id, account_role_id=role.id, member_ids=ids)
    return role.id


async def tasks_of(job: Job) -> list[Task]:
    """Its tasks, as lists of them have them."""
    items = await JobItem.filter(job_id=job.id, unlinked_at=None).values_list("item", flat=True)
    return await Task.filter(id__in=items).order_by("created_at", "id")


async def assigned_to(thing: Job | Task) -> set[UUID]:
    """Who is assigned."""
    links: Any = JobAssignee if isinstance(thing, Job) else TaskAssignee
    return set(await links.filter(**{f"{thing.kind}_id": thing.id}).values_list("member_id", flat=True))


async def test_a_job_comes_with_its_tasks_in_one_revision(world: World) -> None:
    tasks = tuple(JobTask(f"Step {number}", checklist=("a", "b")) for number in range(30))
    content = JobContent("1040", "Long", Priority.HIGH, budget=90, tasks=tasks)
    before = await world.revision()
    template, id = await new_template(world, content), new_id()
    for _ in range(2):
        made = await create_job_from_template(
            world.acting(world.employee),
            template_id=template.id,
            account_id=world.account.id,
            pipeline_id=world.pipeline.id,
            id=id,
        )
        assert made.revision == await world.revision() == before + 2
    job = await world.row(Job, id)
    first = (await world.stages())[0]
    assert (job.name, job.description, job.priority, job.budget) == ("1040", "Long", Priority.HIGH, 90)
    assert (job.stage_id, job.created_by_id) == (first.id, world.employee.id)
    found = await tasks_of(job)
    assert [task.name for task in found] == [task.name for task in tasks]
    assert {task.created_by_id for task in found} == {world.employee.id}
    assert [entry.name for entry in found[0].entries] == ["a", "b"]
    # Nothing of it differs from what people add themselves.
    by_hand = (
        await create_task(world.acting(world.employee), name="By hand", job_id=job.id, checklist=["a", "b"])
    ).value
    (link, other) = [await JobItem.get(item=each.id) for each in (found[0], by_hand)]
    assert (link.open, link.open_since_stay, link.minutes) == (other.open, other.open_since_stay, other.minutes)
    assert (found[0].checklist, found[0].last_checklist_entry) == (by_hand.checklist, by_hand.last_checklist_entry)
    opened, *added = [logged.event for logged in await world.events(before + 1)][:31]
    place: Any = {"account": world.account.id, "pipeline": world.pipeline.id}
    assert opened == JobCreated(job=id, **place, stage=first.id, template=template.id)
    assert added == [TaskCreated(task=task.id, job=id, **place) for task in found]


async def test_more_tasks_take_no_more_statements(world: World) -> None:
    role = await new_role(world, "Preparer", world.admin)
    taken = []
    for many in (2, TEMPLATE_TASKS.most):
        tasks = tuple(
            JobTask(f"[JOB_NAME] {number}", assignee_role_ids=(role,), assignee_ids=(world.employee.id,))
            for number in range(many)
        )
        template = await new_template(world, JobContent("[ACCOUNT_NAME]", tasks=tasks), str(many))
        with counted() as statements:
            job = await make(world, template)
        assert len(await tasks_of(job)) == many
        taken.append(len(statements))
    assert taken[0] == taken[1]


async def test_shortcodes_are_told_of_the_job_that_is_made(world: World) -> None:
    content = JobContent(
        "[PERIOD_YEAR] return of [ACCOUNT_NAME]",
        "Due [DUE_DATE], by [PIPELINE_NAME]",
        period="[PREVIOUS_YEAR]",
        start_date=RelativeDate(Anchor.CREATED, 0),
        due_date=RelativeDate(Anchor.START_DATE, 3),
        tasks=(JobTask("Prepare [JOB_NAME]", "\\[JOB_NAME]", checklist=("[PERIOD]",)),),
    )
    job = await make(world, content, start_date=START, period="2024")
    assert (job.name, job.period) == ("2024 return of Acme", "2024")
    assert job.description == "Due 2026-01-05, by Tax returns"
    (task,) = await tasks_of(job)
    assert (task.name, task.description) == ("Prepare 2024 return of Acme", "[JOB_NAME]")
    assert [entry.name for entry in task.entries] == ["2024"]
    # What somebody calls it is no text with shortcodes.
    named = await make(world, content, name="[ACCOUNT_NAME]", start_date=START)
    assert named.name == "[ACCOUNT_NAME]"
    assert (await tasks_of(named))[0].name == "Prepare [ACCOUNT_NAME]"


async def test_dates_are_counted_in_the_days_that_the_firm_works(world: World) -> None:
    await update_firm(world.acting(world.owner), country="US")
    content = JobContent(
        "1040",
        start_date=RelativeDate(Anchor.DUE_DATE, -1, BUSINESS),
        due_date=RelativeDate(Anchor.DEADLINE, -2, BUSINESS),
        tasks=(JobTask("A", start_date=RelativeDate(Anchor.START_DATE, 0), due_date=RelativeDate(Anchor.DUE_DATE, 1)),),
    )
    # The Monday before is Martin Luther King's day.
    job = await make(world, content, deadline=date(2026, 1, 21))
    assert (job.start_date, job.due_date, job.deadline) == (date(2026, 1, 15), date(2026, 1, 16), date(2026, 1, 21))
    (task,) = await tasks_of(job)
    assert (task.start_date, task.due_date) == (date(2026, 1, 15), date(2026, 1, 17))
    # What is given is not counted, and what is counted from it follows.
    job = await make(world, content, deadline=date(2026, 1, 21), due_date=date(2026, 1, 20))
    assert (job.start_date, job.due_date) == (date(2026, 1, 16), date(2026, 1, 20))


async def test_dates_that_are_counted_from_none_are_asked_for_all_at_once(world: World) -> None:
    content = JobContent(
        "1040",
        start_date=RelativeDate(Anchor.DUE_DATE, -1),
        tasks=(JobTask("A", due_date=RelativeDate(Anchor.DEADLINE, 1)),),
    )
    template = await new_template(world, content)
    async with refused(world, RuleBroken, "due_date", match="counted from the job's due date") as error:
        await make(world, template)
    assert [(each.reason, each.path) for each in error.value.all] == [
        (Reason.MISSING, ("due_date",)),
        (Reason.MISSING, ("deadline",)),
    ]
    await make(world, template, due_date=START, deadline=START)


@pytest.mark.parametrize(
    ("given", "kind", "path", "reason"),
    [
        ({"due_date": date(2025, 12, 31)}, Invalid, "due_date", Reason.DATE_ORDER),
        ({"start_date": date(9999, 12, 30)}, RuleBroken, "template_id", Reason.OUT_OF_RANGE),
        ({"name": "\n"}, Invalid, "name", Reason.BLANK),
        ({"period": " "}, Invalid, "period", Reason.BLANK),
    ],
)
async def test_what_is_given_is_checked(
    world: World, given: dict[str, Any], kind: type[Refusal], path: str, reason: Reason
) -> None:
    content = JobContent(
        "1040",
        start_date=RelativeDate(Anchor.CREATED, 0),
        due_date=RelativeDate(Anchor.START_DATE, 5, BUSINESS),
    )
    template = await new_template(world, content)
    async with refused(world, kind, path) as error:
        await make(world, template, **{"start_date": START} | given)
    assert error.value.reason is reason


async def test_roles_become_those_who_hold_them_and_the_others_are_named(world: World) -> None:
    gone = await world.member("Gina Gone")
    held = await new_role(world, "Preparer", world.admin, gone)
    loose = await new_role(world, "Reviewer")
    left = await new_role(world, "Bookkeeper", gone)
    deleted = await new_role(world, "Signer", world.owner)
    tasks = (
        JobTask("A", assignee_ids=(world.employee.id, gone.id), assignee_role_ids=(held, deleted)),
        JobTask("B", assignee_role_ids=(loose, left)),
        JobTask("C", assignee_ids=(world.admin.id,), assignee_role_ids=(held,)),
    )
    content = JobContent("1040", assignee_ids=(gone.id, world.owner.id), assignee_role_ids=(held, loose), tasks=tasks)
    template = await new_template(world, content)
    owner = world.acting(world.owner)
    await deactivate_member(owner, member_id=gone.id)
    await delete_account_role(owner, account_role_id=deleted)
    before = await world.revision()
    # Whoever makes it need not see those who are assigned, nor they the pipeline: as when a job is assigned.
    job = await make(world, template, world.employee)
    assert await assigned_to(job) == {world.owner.id, world.admin.id}
    assert [await assigned_to(task) for task in await tasks_of(job)] == [
        {world.employee.id, world.admin.id},
        set(),
        {world.admin.id},
    ]
    opened: Any = (await world.events(before))[0].event
    assert (opened.unfilled_roles, opened.deactivated_members, opened.deleted_roles) == ((loose, left), (gone.id,), 1)
    # At another account nobody holds any of them.
    other = await world.new_account("Other")
    before = await world.revision()
    assert await assigned_to(await make(world, template, account_id=other.id)) == {world.owner.id}
    opened = (await world.events(before))[0].event
    assert set(opened.unfilled_roles) == {held, loose, left}


async def test_what_the_client_is_told_is_a_copy_of_what_the_firm_says_then(world: World) -> None:
    owner = world.acting(world.owner)
    planned = (await create_client_status(owner, name="Waiting", color="#112233", description="Soon")).value
    content = JobContent("1040", client_status_id=planned.id, client_status_visible=True)
    template = await new_template(world, content)
    job = await make(world, template)
    told_so = (
        job.client_status_visible,
        job.client_status_name,
        job.client_status_color,
        job.client_status_description,
    )
    assert told_so == (True, "Waiting", "#112233", "Soon")
    assert job.client_status_changed_at == job.created_at
    await delete_client_status(owner, client_status_id=planned.id)
    before = await world.revision()
    job = await make(world, template)
    # Nothing is shown to a client but what somebody chose.
    assert (job.client_status_visible, job.client_status_name) == (False, None)
    opened: Any = (await world.events(before))[0].event
    assert opened.client_status_deleted


@pytest.mark.parametrize(
    ("content", "faults"),
    [
        (
            JobContent("[NOWHERE] [JOB_NAME]", period="[PERIOD]", tasks=(JobTask(""), JobTask("A", "[CONTACT_NAME]"))),
            {
                (Reason.UNKNOWN_SHORTCODE, ("name",)),
                (Reason.UNKNOWN_SHORTCODE, ("period",)),
                (Reason.BLANK, ("tasks", 0, "name")),
                (Reason.UNKNOWN_SHORTCODE, ("tasks", 1, "description")),
            },
        ),
        (
            JobContent(
                "A",
                budget=-1,
                start_date=RelativeDate(Anchor.DUE_DATE, -3_661),
                due_date=RelativeDate(Anchor.START_DATE, 1),
                client_status_visible=True,
                tasks=(JobTask("A", due_date=RelativeDate(Anchor.CREATED, 3_661), estimate=-1),),
            ),
            {
                (Reason.OUT_OF_RANGE, ("budget",)),
                (Reason.OUT_OF_RANGE, ("start_date", "offset")),
                (Reason.CIRCLE, ("start_date",)),
                (Reason.NOTHING_TO_SHOW, ("client_status_visible",)),
                (Reason.OUT_OF_RANGE, ("tasks", 0, "due_date", "offset")),
                (Reason.OUT_OF_RANGE, ("tasks", 0, "estimate")),
            },
        ),
        (
            JobContent("A", tasks=(JobTask("A"),) * (TEMPLATE_TASKS.most + 1)),
            {(Reason.TOO_MANY, ("tasks",))},
        ),
        (
            JobContent("A", assignee_ids=tuple(new_id() for _ in range(101))),
            {(Reason.TOO_MANY, ("assignee_ids",))},
        ),
    ],
)
async def test_all_that_is_wrong_with_one_is_told_at_once(
    world: World, content: JobContent, faults: set[tuple[Reason, tuple[str | int, ...]]]
) -> None:
    async with refused(world, Invalid) as error:
        await new_template(world, content)
    told_of = {(each.reason, each.path) for each in error.value.all}
    assert told_of == {(reason, ("job", *path)) for reason, path in faults}


async def test_one_names_what_is_there(world: World) -> None:
    gone = await world.member("Gina Gone")
    await deactivate_member(world.acting(world.owner), member_id=gone.id)
    nobody = new_id()
    content = JobContent(
        "A",
        assignee_ids=(gone.id,),
        tasks=(JobTask("A", assignee_ids=(nobody,)), JobTask("B", assignee_role_ids=(nobody,))),
    )
    async with refused(world, RuleBroken) as error:
        await new_template(world, content)
    assert [(type(each), each.path) for each in error.value.all] == [
        (RuleBroken, ("job", "assignee_ids")),
        (NotFound, ("job", "tasks", 0, "assignee_ids")),
        (NotFound, ("job", "tasks", 1, "assignee_role_ids")),
    ]
    async with refused(world, NotFound, "job", "client_status_id"):
        await new_template(world, JobContent("A", client_status_id=new_id()))


async def test_what_has_gone_stays_in_one_that_is_changed(world: World) -> None:
    owner = world.acting(world.owner)
    gone = await world.member("Gina Gone")
    role = await new_role(world, "Preparer")
    status = (await create_client_status(owner, name="Waiting", color="#112233")).value
    content = JobContent("A", client_status_id=status.id, tasks=(JobTask("A", "", assignee_ids=(gone.id,)),))
    content = replace(content, assignee_role_ids=(role,))
    template = await new_template(world, content)
    await deactivate_member(owner, member_id=gone.id)
    await delete_account_role(owner, account_role_id=role)
    await delete_client_status(owner, client_status_id=status.id)
    moved = replace(content, name="B", assignee_ids=(gone.id,))
    await update_template(owner, template_id=template.id, job=moved)
    assert await content_in(template) == moved


async def test_a_budget_needs_its_right_to_be_saved_and_none_to_be_applied(world: World) -> None:
    manager = await world.member("Mia Manager", Role.EMPLOYEE, Right.MANAGE_TEMPLATES)
    acting = world.acting(manager)
    async with refused(world, Forbidden, "job", "budget"):
        await create_template(acting, name="A", job=JobContent("A", budget=60))
    template = await new_template(world, JobContent("A", budget=60))
    # As it is now, as another, as none: whichever it is would tell what it is.
    for budget in (60, 61, None):
        async with refused(world, Forbidden, "job", "budget"):
            await update_template(acting, template_id=template.id, job=JobContent("A", budget=budget))
    await update_template(acting, template_id=template.id, job=JobContent("B", budget=LeftOut.LEFT_OUT))
    assert await content_in(template) == JobContent("B", budget=60)
    assert (await make(world, template, world.employee)).budget == 60
    without = (await create_template(acting, name="C", job=JobContent("C", budget=LeftOut.LEFT_OUT))).value
    assert await content_in(without) == JobContent("C")
    await update_template(world.acting(world.owner), template_id=template.id, job=JobContent("B", budget=None))
    assert await content_in(template) == JobContent("B")


@pytest.mark.parametrize("who", ["stranger", "other account", "other pipeline", "archived", "other stage"])
async def test_whoever_may_not_open_a_job_there_makes_none(world: World, who: str) -> None:
    template = await new_template(world, JobContent("A", tasks=(JobTask("A"),)))
    other = await world.new_account("Other")
    hidden = await world.new_pipeline("Hidden")
    expected: Any
    by, more, expected, path = {
        "stranger": (world.stranger, {}, NotFound, "account_id"),
        "other account": (world.employee, {"account_id": other.id}, NotFound, "account_id"),
        "other pipeline": (world.employee, {"pipeline_id": hidden.id}, NotFound, "pipeline_id"),
        "archived": (world.employee, {}, RuleBroken, "account_id"),
        "other stage": (world.owner, {"stage_id": (await world.stages(hidden))[0].id}, RuleBroken, "stage_id"),
    }[who]
    if who == "archived":
        await archive_account(world.acting(world.owner), account_id=world.account.id)
    async with refused(world, expected, path):
        await make(world, template, by, **more)


async def test_a_filled_in_text_that_is_too_long_makes_nothing(world: World) -> None:
    content = JobContent("[ACCOUNT_NAME]" + "x" * 186, tasks=(JobTask("A"), JobTask("[ACCOUNT_NAME]" + "x" * 186)))
    template = await new_template(world, content)
    account = await world.new_account("A" * 30)
    async with refused(world, Invalid, "template_id") as error:
        await make(world, template, account_id=account.id)
    assert [each.reason for each in error.value.all] == [Reason.TOO_LONG, Reason.TOO_LONG]
    (other,) = error.value.beside
    assert other.message.startswith("As the template is filled in, its task 2 name: This has 216 characters; at most")


async def test_nobody_is_assigned_to_more_than_a_job_may_have(world: World) -> None:
    many = [await world.member(f"Member{number} More") for number in range(60)]
    first, second = await new_role(world, "First", *many[:55]), await new_role(world, "Second", *many[5:])
    template = await new_template(world, JobContent("A", assignee_role_ids=(first, second)))
    assert len(await assigned_to(await make(world, template))) == 60


async def test_two_at_once_are_two_jobs(world: World) -> None:
    template = await new_template(world, JobContent("A", tasks=(JobTask("A"),) * 5))
    jobs = await asyncio.gather(*(make(world, template, world.employee) for _ in range(4)))
    assert len({job.position for job in jobs}) == 4
    assert [len(await tasks_of(job)) for job in jobs] == [5] * 4


async def test_a_template_of_a_job_has_what_others_will_have_too(world: World) -> None:
    owner = world.acting(world.owner)
    await update_firm(owner, country="US")
    preparer = await new_role(world, "Preparer", world.admin)
    # One of them is not assigned, so it is not the role that is.
    await new_role(world, "Reviewer", world.admin, world.owner)
    planned = (await create_client_status(owner, name="Waiting", color="#112233")).value
    job = await world.job(
        "Acme [JOB_NAME]",
        description="Long",
        priority=Priority.HIGH,
        period="2025",
        budget=90,
        start_date=START,
        due_date=date(2026, 1, 20),
        deadline=date(2026, 1, 24),
        assignee_ids=[world.admin.id, world.employee.id],
    )
    await set_job_client_status(owner, job_id=job.id, client_status_id=planned.id, visible=True)
    first = (
        await create_task(
            owner,
            name="First",
            job_id=job.id,
            description="Do",
            due_date=date(2026, 1, 5),
            estimate=30,
            assignee_ids=[world.admin.id],
            checklist=["a"],
        )
    ).value
    canceled = (await create_task(owner, name="Canceled", job_id=job.id)).value
    await create_task(owner, name="Last", job_id=job.id, start_date=date(2025, 12, 31))
    await set_task_state(owner, task_id=canceled.id, state=TaskState.CANCELED)
    await check_task_entry(owner, task_id=first.id, number=1, checked=True)
    await set_task_state(owner, task_id=first.id, state=TaskState.COMPLETED)
    template = (await save_as_template(owner, name="Acme's", from_job_id=job.id)).value
    assert await content_in(template) == JobContent(
        "Acme \\[JOB_NAME]",
        "Long",
        Priority.HIGH,
        "2025",
        90,
        start_date=RelativeDate(Anchor.CREATED, 0),
        # Business days from one to another, and days to the Saturday.
        due_date=RelativeDate(Anchor.START_DATE, 11, BUSINESS),
        deadline=RelativeDate(Anchor.START_DATE, 22),
        client_status_id=planned.id,
        client_status_visible=True,
        assignee_ids=(world.employee.id,),
        assignee_role_ids=(preparer,),
        tasks=(
            JobTask(
                "First",
                "Do",
                due_date=RelativeDate(Anchor.START_DATE, 1, BUSINESS),
                estimate=30,
                assignee_role_ids=(preparer,),
                checklist=("a",),
            ),
            JobTask("Last", start_date=RelativeDate(Anchor.START_DATE, -1, BUSINESS)),
        ),
    )
    again = await make(world, template, start_date=START)
    assert (again.name, again.due_date, again.deadline) == (job.name, job.due_date, job.deadline)
    assert [task.state for task in await tasks_of(again)] == [TaskState.PLANNED] * 2


async def test_a_job_without_a_start_date_is_counted_from_the_day_that_it_was_made(world: World) -> None:
    job = await world.job(due_date=date(9998, 1, 1))
    async with refused(world, Invalid, "from_job_id") as error:
        await save_as_template(world.acting(world.owner), name="Far", from_job_id=job.id)
    assert error.value.reason is Reason.OUT_OF_RANGE
    # As the firm has it: in UTC it may be tomorrow.
    today = day_in(world.firm.time_zone, (await world.job(due_date=None)).created_at)
    job = await world.job(due_date=today, deadline=today)
    template = (await save_as_template(world.acting(world.owner), name="Near", from_job_id=job.id)).value
    content = await content_in(template)
    assert content.start_date is None
    assert (content.due_date.anchor, content.due_date.offset) == (Anchor.CREATED, 0)


async def test_a_template_of_a_job_needs_sight_of_it_and_the_right_to_its_budget(world: World) -> None:
    manager = await world.member("Mia Manager", Role.EMPLOYEE, Right.MANAGE_TEMPLATES)
    job = await world.job(budget=60)
    async with refused(world, NotFound, "from_job_id"):
        await save_as_template(world.acting(manager), name="A", from_job_id=job.id)
    async with refused(world, Forbidden):
        await save_as_template(world.acting(world.employee), name="A", from_job_id=job.id)
    await Member.filter(id=world.employee.id).update(given_rights=[Right.MANAGE_TEMPLATES.value])
    template = (await save_as_template(world.acting(world.employee), name="A", from_job_id=job.id)).value
    assert (await content_in(template)).budget is None
