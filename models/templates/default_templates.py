"""The default template of a pipeline: what its jobs are like as far as whoever opens one says nothing."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from models.commands.wanted_jobs import WantedJob
from models.errors import Refusal
from models.rows import Pipeline
from models.templates.job_content import JobContent
from models.templates.shortcodes import literal
from models.templates.templates import contents_of


async def default_of(pipeline: Pipeline) -> JobContent | None:
    """What is in the default template of a pipeline; None where it has none, or it is deleted meanwhile."""
    if pipeline.default_template_id is None:
        return None
    found: list[Any] = (await contents_of([pipeline.default_template_id])).get(pipeline.default_template_id, [])
    return found[0] if found else None


def said_over(content: JobContent, wanted: WantedJob, said: Collection[str]) -> JobContent:
    """The content with what somebody `said` of a job, field by field, in place of its own. Its name, period and dates
    are told besides, as `Told`. Nobody's text is taken for one of a template: there are no shortcodes in it."""
    over: dict[str, Any] = {field: getattr(wanted, field) for field in ("priority", "budget") if field in said}
    if "description" in said:
        over["description"] = literal(wanted.description, markdown=False)
    if "assignee_ids" in said:
        over |= {"assignee_ids": tuple(wanted.assignee_ids), "assignee_role_ids": ()}
    return replace(content, **over)


@contextmanager
def told_of_default() -> Iterator[None]:
    """A block of which the refusals that name the template name the pipeline, whose it is: nobody gave the template."""
    try:
        yield
    except Refusal as refusal:
        for each in refusal.all:
            if each.path == ("template_id",):
                each.path = ("pipeline_id",)
                each.message = f"The pipeline's default template cannot be used. {each.message}"
        raise
