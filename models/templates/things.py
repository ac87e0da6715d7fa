"""Tasks, client requests and organizers made of templates: by the very commands that people call."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from models import checks
from models.command import Change, command
from models.command_steps import made_before
from models.commands.tasks import create_task
from models.events import TaskCreated
from models.firm.account_roles import active_holders
from models.items.client_requests import ClientRequest, ClientRequestCreated, create_client_request
from models.items.organizers import Organizer, OrganizerCreated, create_organizer
from models.rows import Task
from models.templates.making import filled_at, told_of_template
from models.templates.organizer_content import OrganizerTemplateContent
from models.templates.request_content import ClientRequestContent
from models.templates.task_content import TaskContent

_OWN = ("account_id", "job_id", "id", "recipient_ids")


@command("createTaskFromTemplate", create_task.action.needs)
async def create_task_from_template(
    change: Change,
    *,
    template_id: UUID,
    account_id: UUID | None = None,
    job_id: UUID | None = None,
    start_date: date | None = None,
    due_date: date | None = None,
    id: UUID | None = None,
) -> Task:
    """Add a task to an account, or to a job of it, as a template says: its roles become the active members who hold
    them at the account."""
    if earlier := await made_before(change, Task, id, TaskCreated):
        return earlier
    made, known = await filled_at(change, TaskContent, template_id, account_id, job_id)
    starts = start_date or await known.day(made.start_date, "start_date")
    due = due_date or await known.day(made.due_date, "due_date")
    holders = await active_holders(known.account_id, made.assignee_role_ids)
    with told_of_template(*_OWN, start_date=start_date, due_date=due_date):
        # Of dates that are out of order one that was given is at fault.
        checks.dates(starts, due, ("due_date",) if due_date is not None else ())
        task: Task = await create_task.within(
            change,
            name=made.name,
            description=made.description,
            priority=made.priority,
            estimate=made.estimate,
            checklist=made.checklist,
            assignee_ids=holders,
            start_date=starts,
            due_date=due,
            account_id=account_id,
            job_id=job_id,
            id=id,
        )
    return task


@command("createClientRequestFromTemplate", create_client_request.action.needs)
async def create_client_request_from_template(
    change: Change,
    *,
    template_id: UUID,
    account_id: UUID | None = None,
    job_id: UUID | None = None,
    due_date: date | None = None,
    recipient_ids: Sequence[UUID] = (),
    id: UUID | None = None,
) -> ClientRequest:
    """Ask a client for what a template says: for an account, or for a job of it."""
    if earlier := await made_before(change, ClientRequest, id, ClientRequestCreated):
        return earlier
    made, known = await filled_at(change, ClientRequestContent, template_id, account_id, job_id)
    due = due_date or await known.day(made.due_date, "due_date")
    with told_of_template(*_OWN, due_date=due_date):
        request: ClientRequest = await create_client_request.within(
            change,
            title=made.title,
            description=made.description,
            entries=made.entries,
            due_date=due,
            recipient_ids=recipient_ids,
            account_id=account_id,
            job_id=job_id,
            id=id,
        )
    return request


@command("createOrganizerFromTemplate", create_organizer.action.needs)
async def create_organizer_from_template(
    change: Change,
    *,
    template_id: UUID,
    account_id: UUID | None = None,
    job_id: UUID | None = None,
    due_date: date | None = None,
    recipient_ids: Sequence[UUID] = (),
    id: UUID | None = None,
) -> Organizer:
    """Draw up an organizer as a template says, for an account, or for a job of it. It is a draft until it is sent."""
    if earlier := await made_before(change, Organizer, id, OrganizerCreated):
        return earlier
    made, known = await filled_at(change, OrganizerTemplateContent, template_id, account_id, job_id)
    due = due_date or await known.day(made.due_date, "due_date")
    with told_of_template(*_OWN, due_date=due_date):
        organizer: Organizer = await create_organizer.within(
            change,
            title=made.title,
            sections=made.sections,
            due_date=due,
            recipient_ids=recipient_ids,
            account_id=account_id,
            job_id=job_id,
            id=id,
        )
    return organizer
