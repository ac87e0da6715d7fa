"""What would happen by itself, asked before it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Optional

import strawberry
from strawberry.types.info import Info

from models.automation.preview import dry_run, preview_change
from models.bounds import AUTOMATIONS
from models.errors import NotFound
from models.ids import Kind, decode
from models.items.links import OpenItems as _OpenItems
from schema.automation.previews import AutomationDryRun, AutomationPreview
from schema.enums import OpenItems
from schema.list_fields import argument, declare, left_out
from schema.list_size import ListSize
from schema.per_viewer import always, per_viewer


async def _preview(info: Info, job_id: Any, **asked: Any) -> Any:
    context = info.context
    job = decode(Kind.JOB, job_id)
    given = {name: _READ[name](value) for name, value in asked.items() if value is not None}
    # As of this moment, with what is not told of as well.
    _ = context.now
    try:
        return await preview_change(context.actor, job_id=job, **given)
    except NotFound:
        return None


#: What is made of what a client gives.
_READ: Mapping[str, Callable[[Any], Any]] = {
    "stage_id": partial(decode, Kind.STAGE),
    "status_id": partial(decode, Kind.STATUS),
    "open_items": lambda given: _OpenItems(given.value),
    "skip_automations": lambda given: [decode(Kind.AUTOMATION, id) for id in given],
}
declare(
    _preview,
    [
        argument("job_id", strawberry.ID, "The job."),
        *left_out(
            {
                "stage_id": (strawberry.ID, "The stage that it would be moved to, of any pipeline."),
                "status_id": (strawberry.ID, "Or the status of its pipeline that it would be given."),
                "open_items": (OpenItems, "What would become of the items that hold it, where it is moved."),
                "skip_automations": (
                    list[strawberry.ID],
                    f"Automations of the stage that would not run, where it is moved; at most {AUTOMATIONS.most}.",
                ),
            }
        ),
    ],
    Optional[AutomationPreview],  # noqa: UP045 - at run time
)
automation_preview: Any = strawberry.field(
    resolver=_preview,
    description="What would happen if a job were moved, or given another status: one of them is named. That, and all "
    "that it sets off, is made and undone, so it is what then happens, unless something changes meanwhile. For whoever "
    "may change the job so. It knows nothing of what people and clients will do, nor whether mail will arrive. Null "
    "where something is out of your sight.",
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
    "their turn. Each job is tried as if it were the only one, and nothing is known of what would be done about what "
    "it then waits for. Null where the pipeline is out of your sight.",
    metadata=per_viewer(always),
)
