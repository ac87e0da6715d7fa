"""Jobs made of templates, each with its tasks in one change."""

from datetime import date
from uuid import UUID

from models.command import Change, command
from models.command_steps import made_before
from models.commands.jobs import create_job
from models.commands.wanted_jobs import JOB_RULES, account_and_pipeline
from models.events import JobCreated
from models.gathered import checked
from models.rows import Job
from models.templates.job_content import JobContent
from models.templates.job_opening import Origin, Told, open_of_content
from models.templates.making import content_for
from models.templates.relative_dates import Anchor


@command("createJobFromTemplate", create_job.action.needs)
async def create_job_from_template(
    change: Change,
    *,
    template_id: UUID,
    account_id: UUID,
    pipeline_id: UUID,
    stage_id: UUID | None = None,
    name: str | None = None,
    start_date: date | None = None,
    due_date: date | None = None,
    deadline: date | None = None,
    period: str | None = None,
    id: UUID | None = None,
) -> Job:
    """Open a job with its tasks as a template says, in one change: Active, as the last card of its stage. Its roles
    become the active members who hold them at the account.

    What the template names and has gone since is left out, and the event says so."""
    if earlier := await made_before(change, Job, id, JobCreated):
        return earlier
    texts = checked({"name": name, "period": period}, JOB_RULES)
    content = await content_for(change, JobContent, template_id)
    account, pipeline = await account_and_pipeline(change, account_id, pipeline_id)
    days = {Anchor.START_DATE: start_date, Anchor.DUE_DATE: due_date, Anchor.DEADLINE: deadline}
    told = Told(
        day=change.today,
        counted_from=change.today,
        days={anchor: day for anchor, day in days.items() if day is not None},
        **texts,
    )
    return await open_of_content(change, content, account, pipeline, stage_id, told, Origin(template_id), id)
