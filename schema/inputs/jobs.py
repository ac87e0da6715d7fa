"""Inputs of the mutations on jobs."""

from __future__ import annotations

import strawberry

from models.bounds import AUTOMATIONS, BUDGET, BULK, LINKED
from models.commands import jobs, moves, relations
from models.ids import Kind
from models.targets import Target
from models.templates.jobs import create_job
from models.texts import CLIENT_TEXT, DESCRIPTION, LABEL, NAME
from schema.declarations import mutation
from schema.enums import OpenItems, Priority, Relation
from schema.inputs.base import (
    Expecting,
    Keyed,
    change,
    clearable,
    explicit,
    id_of,
    input_type,
    maybe_id_of,
    needed,
    optional,
    own_id,
)
from schema.scalars import Date


@input_type
class JobTarget:
    """One of the jobs of a bulk call."""

    job_id: strawberry.ID = id_of(Kind.JOB, "The job.")
    expected_version: int | None = optional("The version that you saw; CONFLICT if it has another one.")

    @staticmethod
    def build(job_id: object, expected_version: int | None = None) -> Target:
        """The target that the command takes."""
        return Target(job_id, expected_version)  # type: ignore[arg-type]


@input_type
class CreateJobInput(Keyed):
    """What to open. Where the pipeline has a default template, what is left out is as that says."""

    id: strawberry.ID | None = own_id(Kind.JOB)
    account_id: strawberry.ID = id_of(Kind.ACCOUNT, "The client it is for.")
    pipeline_id: strawberry.ID = id_of(Kind.PIPELINE, "The pipeline it goes through.")
    stage_id: strawberry.ID | None = maybe_id_of(Kind.STAGE, "Where it starts; the first stage when left out.")
    name: str = needed(f"What the card says: {NAME.bounds}.")
    description: str | None = optional(f"As long as needed: {DESCRIPTION.bounds}.")
    priority: Priority | None = optional("MEDIUM when left out, and no template says otherwise.")
    start_date: Date | None = optional("When work should start; not after the due date.")
    due_date: Date | None = optional("When it must be done; not after a deadline that is still to come.")
    deadline: Date | None = optional("The statutory day.")
    period: str | None = optional(
        f"The time that the work is about: `2026`, `2026-Q1`, `2026-01`, or other text, {LABEL.bounds}."
    )
    budget: int | None = optional(f"How many minutes it may take, {BUDGET}. Needs the right MANAGE_TIME_BUDGETS.")
    assignee_ids: list[strawberry.ID] | None = maybe_id_of(
        Kind.MEMBER,
        f"The assigned members; at most {LINKED.most}. An empty list is for nobody, whatever a template says.",
    )
    use_default_template: bool | None = optional(
        "Whether the pipeline's default template says what is left out, and brings its tasks; true when left out."
    )


@input_type
class UpdateJobInput(Expecting):
    """What to change. What is left out stays."""

    job_id: strawberry.ID = id_of(Kind.JOB, "The job.")
    name: str | None = change(f"What the card says: {NAME.bounds}.")
    description: str | None = change(f"As long as needed: {DESCRIPTION.bounds}.")
    priority: Priority | None = change("How urgent it is.")
    start_date: Date | None = clearable("When work should start; not after the due date. Null for none.")
    due_date: Date | None = clearable(
        "When it must be done; not after a deadline that is still to come. Null for none."
    )
    deadline: Date | None = clearable("The statutory day. Null for none.")
    period: str | None = clearable(
        f"The time that the work is about: `2026`, `2026-Q1`, `2026-01`, or other text, {LABEL.bounds}. Null for none."
    )


@input_type
class RelateJobInput(Expecting):
    """What a job is to another one."""

    job_id: strawberry.ID = id_of(Kind.JOB, "The job: the expected version is its own.")
    other_job_id: strawberry.ID = id_of(Kind.JOB, "The other one, of whichever account.")
    relation: Relation = needed("What the job is to the other one.")


@input_type
class UnrelateJobInput(Expecting):
    """Which job is nothing to which other one any more."""

    job_id: strawberry.ID = id_of(Kind.JOB, "The job: the expected version is its own.")
    other_job_id: strawberry.ID = id_of(Kind.JOB, "The other one.")


@input_type
class SetJobBudgetInput(Expecting):
    """How long a job may take."""

    job_id: strawberry.ID = id_of(Kind.JOB, "The job.")
    budget: int | None = explicit(f"In minutes, {BUDGET}. Null for no budget.")


@strawberry.input
class Placing:
    """Where among the cards of a stage."""

    stage_id: strawberry.ID = id_of(Kind.STAGE, "The stage, of this pipeline or of another one.")
    before_job_id: strawberry.ID | None = maybe_id_of(
        Kind.JOB, "Right before this card of the stage. RULE unless the pipeline's `jobOrder` is MANUAL."
    )
    after_job_id: strawberry.ID | None = maybe_id_of(
        Kind.JOB,
        "Right after this card of the stage. RULE unless the pipeline's `jobOrder` is MANUAL. With neither, it becomes "
        "the last card.",
    )
    open_items: OpenItems | None = optional("What becomes of the items that hold the job; KEEP when left out.")
    skip_automations: list[strawberry.ID] | None = maybe_id_of(
        Kind.AUTOMATION, f"Automations of the stage that are not to run for this move, at most {AUTOMATIONS.most}."
    )


@input_type
class MoveJobInput(Placing, Expecting):
    """Where to put a job."""

    job_id: strawberry.ID = id_of(Kind.JOB, "The job.")


@strawberry.input
class ManyJobs(Keyed):
    """What every bulk call takes."""

    jobs: list[JobTarget] = needed(f"From {BULK} jobs.")
    atomic: bool = strawberry.field(
        default=True,
        description="All or nothing. False: those that can be are changed, each other one has an error in `errors`.",
    )


@input_type
class MoveJobsInput(Placing, ManyJobs):
    """Where to put jobs: one after the other, in the order given."""


@input_type
class SetJobStatusInput(Expecting):
    """Which status to give."""

    job_id: strawberry.ID = id_of(Kind.JOB, "The job.")
    status_id: strawberry.ID = id_of(Kind.STATUS, "A status of the job's pipeline.")


@input_type
class SetJobsStatusInput(ManyJobs):
    """Which status to give to jobs."""

    status_id: strawberry.ID = id_of(Kind.STATUS, "A status of the jobs' pipeline.")


@input_type
class JobInput(Expecting):
    """Which job."""

    job_id: strawberry.ID = id_of(Kind.JOB, "The job.")


@input_type
class JobsInput(ManyJobs):
    """Which jobs."""


@input_type
class AssignJobInput(Expecting):
    """Who is to work on a job."""

    job_id: strawberry.ID = id_of(Kind.JOB, "The job.")
    member_ids: list[strawberry.ID] = id_of(
        Kind.MEMBER, f"Just these members, at most {LINKED.most}; others are taken off."
    )


@input_type
class AssignJobsInput(ManyJobs):
    """Who is to work on jobs."""

    member_ids: list[strawberry.ID] = id_of(
        Kind.MEMBER, f"Just these members, at most {LINKED.most}; others are taken off."
    )


@input_type
class SetJobClientStatusInput(Expecting):
    """What the client of a job is told. What is left out stays."""

    job_id: strawberry.ID = id_of(Kind.JOB, "The job.")
    visible: bool | None = change("Whether the client is told at all.")
    client_status_id: strawberry.ID | None = maybe_id_of(
        Kind.CLIENT_STATUS, "Copy this template first; the fields below then change the copy."
    )
    name: str | None = clearable(f"What the client reads: {LABEL.bounds}. Null for nothing.")
    color: str | None = clearable("As #rrggbb. Null for none.")
    description: str | None = change(f"What it means: {CLIENT_TEXT.bounds}.")


MUTATIONS = (
    mutation(create_job, CreateJobInput),
    mutation(jobs.update_job, UpdateJobInput),
    mutation(jobs.set_job_budget, SetJobBudgetInput),
    mutation(moves.move_job, MoveJobInput),
    mutation(moves.move_jobs, MoveJobsInput),
    mutation(moves.set_job_status, SetJobStatusInput),
    mutation(moves.set_jobs_status, SetJobsStatusInput),
    mutation(moves.complete_job, JobInput),
    mutation(moves.complete_jobs, JobsInput),
    mutation(moves.archive_job, JobInput),
    mutation(moves.archive_jobs, JobsInput),
    mutation(moves.restore_job, JobInput),
    mutation(moves.restore_jobs, JobsInput),
    mutation(jobs.assign_job, AssignJobInput),
    mutation(jobs.assign_jobs, AssignJobsInput),
    mutation(jobs.set_job_client_status, SetJobClientStatusInput),
    mutation(relations.relate_job, RelateJobInput),
    mutation(relations.unrelate_job, UnrelateJobInput),
    mutation(jobs.delete_job, JobInput),
    mutation(jobs.delete_jobs, JobsInput),
)
