"""What would happen by itself, asked before it does."""

from __future__ import annotations

from typing import Any, Optional

import strawberry
from strawberry.types.info import Info

from models.automation.preview import dry_run, preview_move
from models.errors import NotFound
from models.ids import Kind, decode
from models.items.links import OpenItems as _OpenItems
from schema.automation.previews import AutomationDryRun, AutomationPreview
from schema.enums import OpenItems
from schema.list_fields import argument, declare
from schema.list_size import ListSize
from schema.per_viewer import always, per_viewer


async def _preview(info: Info, job_id: Any, stage_id: Any, open_items: Any = None) -> Any:
    context = info.context
    job, stage = decode(Kind.JOB, job_id), decode(Kind.STAGE, stage_id)
    items = _OpenItems.KEEP if open_items is None else _OpenItems(open_items.value)
    # As of this moment, with what is not told of as well.
    _ = context.now
    try:
        return await preview_move(context.actor, job_id=job, stage_id=stage, open_items=items)
    except NotFound:
        return None


declare(
    _preview,
    [
        argument("job_id", strawberry.ID, "The job."),
        argument("stage_id", strawberry.ID, "The stage that it would be moved to, of any pipeline."),
        argument("open_items", Optional[OpenItems], "What would become of the items that hold it.", default=None),  # noqa: UP045 - at run time
    ],
    Optional[AutomationPreview],  # noqa: UP045 - at run time
)
automation_preview: Any = strawberry.field(
    resolver=_preview,
    description="What would happen if a job were moved: the move and all that it sets off is made and undone, so it is "
    "what then happens, unless something changes meanwhile. For whoever may move the job. Null where something is out "
    "of your sight.",
    directives=[ListSize(assumed_size=20)],
    metadata=per_viewer(always),
)


async def _dry_run(info: Info, pipeline_id: Any) -> Any:
    context = info.context
    pipeline = decode(Kind.PIPELINE, pipeline_id)
    _ = context.now
    try:
        found = await dry_run(context.actor, pipeline_id=pipeline)
    except NotFound:
        return None
    return found if context.holds(len(found.jobs)) else None


declare(_dry_run, [argument("pipeline_id", strawberry.ID, "The pipeline.")], Optional[AutomationDryRun])  # noqa: UP045 - at run time
automation_dry_run: Any = strawberry.field(
    resolver=_dry_run,
    description="What would become of the present jobs of a pipeline, were automove on for each stage and all its "
    "automations on, drafts too. Nothing of it is done. Automations act where a job comes to: where it is, they had "
    "their turn. Null where the pipeline is out of your sight.",
    metadata=per_viewer(always),
)
