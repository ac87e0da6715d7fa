"""The texts of a template as they would be filled in."""

from __future__ import annotations

from typing import Any, Optional

import strawberry
from strawberry.types.info import Info

from models.ids import Kind, decode
from models.templates.preview import preview
from resolvers.reports import today_of
from schema.list_fields import argument, declare
from schema.list_size import ListSize
from schema.templates.shortcodes import TemplateText


async def _read(info: Info, template_id: Any, account_id: Any = None, job_id: Any = None) -> Any:
    context = info.context
    template = decode(Kind.TEMPLATE, template_id)
    account = None if account_id is None else decode(Kind.ACCOUNT, account_id)
    job = None if job_id is None else decode(Kind.JOB, job_id)
    found = await preview(context.scope, template, account, job, await today_of(context)())
    return found if found is None or context.holds(len(found)) else []


declare(
    _read,
    [
        argument("template_id", strawberry.ID, "The template."),
        argument("account_id", Optional[strawberry.ID], "An account; follows from the job.", default=None),  # noqa: UP045 - at run time
        argument("job_id", Optional[strawberry.ID], "A job.", default=None),  # noqa: UP045 - at run time
    ],
    Optional[list[TemplateText]],  # noqa: UP045 - at run time
)
template_preview: Any = strawberry.field(
    resolver=_read,
    description="The texts of a template as they would be filled in today, of an account or a job, or of neither: what "
    "is not known stays as it is, and is named. Null where something is out of your sight; what is in a template may "
    "need a right.",
    directives=[ListSize(assumed_size=20)],
)
