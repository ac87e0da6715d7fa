"""Making, editing, sharing and deleting pipelines."""

from collections.abc import Iterable, Sequence
from typing import TypedDict, Unpack
from uuid import UUID

from models import checks
from models.bounds import AVAILABLE_TO, STAGES
from models.command import Change, command
from models.command_steps import active_members, jobs_left, made_before, replace_links
from models.database import sql
from models.errors import Invalid, LimitReached, RuleBroken
from models.events import (
    PipelineCreated,
    PipelineDeleted,
    PipelineMembersChanged,
    PipelineUpdated,
    StageCreated,
    StatusCreated,
    changes_of,
)
from models.gathered import Gathered, Rules, checked
from models.ids import Kind, new_id
from models.order import spread
from models.reasons import Reason
from models.rights import Right
from models.rows import CardField, Category, Job, JobOrder, Pipeline, PipelineMember, Stage, Status
from models.texts import NAME

MOST_STAGES = STAGES.most
MOST_MEMBERS = AVAILABLE_TO.most

#: What a new pipeline's cards show.
CARD_FIELDS = (CardField.ACCOUNT, CardField.STATUS, CardField.PRIORITY, CardField.DUE_DATE, CardField.ASSIGNEES)

#: The job statuses that every pipeline has: category, name, colour.
BUILT_IN = (
    (Category.ACTIVE, "Active", "#2f80ed"),
    (Category.COMPLETED, "Completed", "#27ae60"),
    (Category.ARCHIVED, "Archived", "#8d99ae"),
)


class PipelineFields(TypedDict, total=False):
    """What `update_pipeline` may change; what is left out stays."""

    name: str
    card_fields: Sequence[CardField]
    job_order: JobOrder
    default_template_id: UUID | None


_RULES: Rules = {"name": NAME.check}


@command("createPipeline", Right.MANAGE_PIPELINES)
async def create_pipeline(
    change: Change,
    *,
    name: str,
    stages: Sequence[str] = ("To do", "In progress", "Done"),
    member_ids: Sequence[UUID] = (),
    card_fields: Sequence[CardField] = CARD_FIELDS,
    job_order: JobOrder = JobOrder.MANUAL,
    default_template_id: UUID | None = None,
    id: UUID | None = None,
) -> Pipeline:
    """Make a pipeline with its stages and built-in statuses.

    An employee who makes it is among its members: they see what they made."""
    if earlier := await made_before(change, Pipeline, id, PipelineCreated):
        return earlier
    with Gathered() as check:
        told = check.each({"name": name}, _RULES)
        titles = check(_titles, stages)
        members = check(checks.at_most, member_ids, "member_ids", most=MOST_MEMBERS)
    await active_members(change, members, "member_ids")
    await _expect_template(change, default_template_id)
    pipeline = Pipeline(
        id=id or new_id(),
        firm_id=change.actor.firm_id,
        **told,
        card_fields=_card_fields(card_fields),
        job_order=job_order,
        default_template_id=default_template_id,
    )
    await pipeline.save(force_create=True)
    change.record(PipelineCreated(pipeline=pipeline.id))
    await _add_stages(change, pipeline, titles)
    await _add_built_in_statuses(change, pipeline)
    if change.member_id is not None and not change.leads:
        members = list(dict.fromkeys([change.member_id, *members]))
    await _share(change, pipeline, members)
    return pipeline


def _titles(stages: Sequence[str]) -> list[str]:
    if not stages:
        told = "A pipeline needs at least one stage."
        raise Invalid(told, "stages", reason=Reason.TOO_FEW, minimum=1, actual=0)
    if len(stages) > MOST_STAGES:
        told = f"A pipeline has at most {MOST_STAGES} stages; these are {len(stages)}."
        raise LimitReached(told, "stages", reason=Reason.TOO_MANY, maximum=MOST_STAGES, actual=len(stages))
    with Gathered() as check:
        return [check(NAME.check, title, "stages", place) for place, title in enumerate(stages)]


async def _expect_template(change: Change, id: UUID | None) -> None:
    """A refusal unless this is a template of jobs, or none. It is held before a pipeline is, as whoever deletes one
    does: so it is there as long as it is a pipeline's."""
    if id is not None:
        template = await change.scope.of_kind(Kind.TEMPLATE).share(id, "default_template_id")
        template.expect_makes(Kind.JOB, "default_template_id")


def _card_fields(card_fields: Iterable[CardField]) -> list[str]:
    return [field.value for field in dict.fromkeys(card_fields)]


async def _add_stages(change: Change, pipeline: Pipeline, titles: Sequence[str]) -> None:
    stages = [
        Stage(id=new_id(), firm_id=pipeline.firm_id, pipeline_id=pipeline.id, name=title, position=position)
        for title, position in zip(titles, spread(len(titles)), strict=True)
    ]
    await Stage.bulk_create(stages)
    for stage in stages:
        change.record(StageCreated(pipeline=pipeline.id, stage=stage.id))


async def _add_built_in_statuses(change: Change, pipeline: Pipeline) -> None:
    statuses = [
        Status(
            id=new_id(), firm_id=pipeline.firm_id, pipeline_id=pipeline.id, category=category, name=title, color=color
        )
        for category, title, color in BUILT_IN
    ]
    await Status.bulk_create(statuses)
    for status in statuses:
        change.record(StatusCreated(pipeline=pipeline.id, status=status.id))


async def _share(change: Change, pipeline: Pipeline, members: Sequence[UUID]) -> bool:
    added, removed = await replace_links(PipelineMember, {"pipeline_id": pipeline.id}, "member_id", members)
    if added or removed:
        change.record(PipelineMembersChanged(pipeline=pipeline.id, added=added, removed=removed))
    return bool(added or removed)


@command("updatePipeline", Right.MANAGE_PIPELINES)
async def update_pipeline(
    change: Change, *, pipeline_id: UUID, expected_version: int | None = None, **fields: Unpack[PipelineFields]
) -> Pipeline:
    """Change a pipeline's name, card fields, order of cards or default template."""
    await _expect_template(change, fields.get("default_template_id"))
    pipeline = await change.scope.rows(Pipeline).lock(pipeline_id, "pipeline_id")
    pipeline.expect(expected_version)
    wanted = checked(pipeline.differing(fields), _RULES)
    if "card_fields" in wanted:
        wanted["card_fields"] = _card_fields(fields["card_fields"])
    if changed := pipeline.change_to(wanted):
        await pipeline.store(*changed)
        change.record(PipelineUpdated(pipeline=pipeline.id, changes=changes_of(changed)))
    return pipeline


@command("setPipelineMembers", Right.MANAGE_PIPELINES)
async def set_pipeline_members(
    change: Change, *, pipeline_id: UUID, member_ids: Sequence[UUID], expected_version: int | None = None
) -> Pipeline:
    """Make a pipeline available to just these members.

    Admins and the owner see them all."""
    pipeline = await change.scope.rows(Pipeline).lock(pipeline_id, "pipeline_id")
    pipeline.expect(expected_version)
    wanted = checks.at_most(member_ids, "member_ids", most=MOST_MEMBERS)
    present = set(await PipelineMember.filter(pipeline_id=pipeline.id).values_list("member_id", flat=True))
    await active_members(change, [id for id in wanted if id not in present], "member_ids")
    if await _share(change, pipeline, wanted):
        await pipeline.store()
    return pipeline


@command("deletePipeline", Right.MANAGE_PIPELINES)
async def delete_pipeline(change: Change, *, pipeline_id: UUID, expected_version: int | None = None) -> Pipeline:
    """Delete a pipeline that has no jobs and no recurrences."""
    pipeline = await change.scope.rows(Pipeline).lock(pipeline_id, "pipeline_id")
    pipeline.expect(expected_version)
    # Whoever opens a job in it, or moves one to it, holds a stage: they are done before the jobs are counted.
    await Stage.filter(pipeline_id=pipeline.id).order_by("id").select_for_update(no_key=True)
    if await Job.filter(pipeline_id=pipeline.id).exists():
        seen = await change.scope.rows(Job).where(pipeline_id=pipeline.id).count()
        raise jobs_left(seen, "in this pipeline", "They are moved or deleted first.", "pipeline_id")
    recurrences = await change.scope.of_kind(Kind.RECURRENCE).where(pipeline_id=pipeline.id).count()
    if recurrences:
        told = f"Recurrences of this pipeline, ended ones included: {recurrences:,}. Delete them first."
        kind = Kind.RECURRENCE.value
        raise RuleBroken(told, "pipeline_id", reason=Reason.NOT_EMPTY, kind=kind, actual=recurrences)
    await _share(change, pipeline, ())
    await sql("DELETE FROM pipeline WHERE id = $1", pipeline.id)
    change.record(PipelineDeleted(pipeline=pipeline.id, name=pipeline.name))
    return pipeline
